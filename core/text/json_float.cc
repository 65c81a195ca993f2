#include "core/text/json_float.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>
#include <limits>
#include <string>

namespace sg {
namespace {

constexpr int kMaxPower = 308;

// 10^0 .. 10^308, each the nearest double.
const std::array<double, kMaxPower + 1>& PowersOfTen() {
  static const std::array<double, kMaxPower + 1> kPowers = [] {
    std::array<double, kMaxPower + 1> powers{};
    for (int i = 0; i <= kMaxPower; ++i) {
      powers[static_cast<size_t>(i)] = std::strtod(("1e" + std::to_string(i)).c_str(), nullptr);
    }
    return powers;
  }();
  return kPowers;
}

// significand * 10^exponent by one rounding multiplication or division where one is enough.
double Scale(uint64_t significand, int exponent) {
  auto value = static_cast<double>(significand);
  while (exponent < -kMaxPower && value != 0) {
    value /= 1e308;
    exponent += kMaxPower;
  }
  if (value == 0) return value;
  if (exponent > kMaxPower) return std::numeric_limits<double>::infinity();
  const double power = PowersOfTen()[static_cast<size_t>(std::abs(exponent))];
  return exponent >= 0 ? value * power : value / power;
}

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

}  // namespace

double ReadJsonFloat(std::string_view number) {
  constexpr uint64_t kMax = std::numeric_limits<uint64_t>::max();
  const bool negative = number.starts_with('-');
  if (negative) number.remove_prefix(1);
  uint64_t significand = 0;
  int exponent = 0;
  bool full = false;      // no further digit fits: the rest only counts before the point
  bool fraction = false;  // behind the point
  size_t i = 0;
  for (; i < number.size() && (IsDigit(number[i]) || number[i] == '.'); ++i) {
    if (number[i] == '.') {
      fraction = true;
      continue;
    }
    const auto digit = static_cast<uint64_t>(number[i] - '0');
    full = full || significand > kMax / 10 || (significand == kMax / 10 && digit > kMax % 10);
    if (full) {
      exponent += fraction ? 0 : 1;
      continue;
    }
    significand = significand * 10 + digit;
    exponent -= fraction ? 1 : 0;
  }
  if (i < number.size()) {  // e or E
    const long written = std::strtol(std::string(number.substr(i + 1)).c_str(), nullptr, 10);
    exponent += static_cast<int>(std::clamp(written, -100'000L, 100'000L));
  }
  const double value = Scale(significand, exponent);
  return negative ? -value : value;
}

}  // namespace sg
