#include "apps/sg/sizes.h"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <cstdlib>

#include "core/base/format.h"
#include "core/text/ascii.h"

namespace sg {
namespace {

constexpr double kMostBytes = 1125899906842624.0;  // 2^50

// The power of 1,024 that a suffix stands for; -1 for what is no suffix.
int SizePower(std::string_view suffix) {
  const std::string lower = AsciiLower(suffix);
  if (lower.empty() || lower == "b") return 0;
  if (lower == "k" || lower == "kb" || lower == "kib") return 1;
  if (lower == "m" || lower == "mb" || lower == "mib") return 2;
  if (lower == "g" || lower == "gb" || lower == "gib") return 3;
  return -1;
}

}  // namespace

Result<uint64_t> ParseSize(std::string_view text) {
  const std::string copy(text);
  char* end = nullptr;
  const bool starts_well =
      !copy.empty() && (std::isdigit(static_cast<unsigned char>(copy[0])) != 0 || copy[0] == '.');
  const double number = starts_well ? std::strtod(copy.c_str(), &end) : -1;
  const bool is_hexadecimal = copy.find_first_of("xX") != std::string::npos;
  const int power = starts_well && !is_hexadecimal ? SizePower(end) : -1;
  if (power < 0 || !std::isfinite(number)) {
    return InvalidArgumentError("'" + copy + "' is no size; write bytes or 64K, 512M, 1.5G");
  }
  const double bytes = number * std::pow(1024.0, power);
  if (bytes > kMostBytes) return InvalidArgumentError("the size " + copy + " is too large");
  return static_cast<uint64_t>(bytes);
}

std::string FormatSize(uint64_t bytes) {
  static constexpr const char* kUnits[] = {"B", "KB", "MB", "GB", "TB"};
  double value = static_cast<double>(bytes);
  size_t unit = 0;
  while (value >= 999.5 && unit + 1 < std::size(kUnits)) {
    value /= 1024;
    ++unit;
  }
  return Format(unit > 0 && value < 9.95 ? "%.1f %s" : "%.0f %s", value, kUnits[unit]);
}

std::string FormatCount(uint64_t count) {
  std::string digits = std::to_string(count);
  for (size_t at = digits.size(); at > 3; at -= 3) digits.insert(at - 3, ",");
  return digits;
}

std::string FormatDuration(double seconds) {
  const auto whole = static_cast<uint64_t>(std::max(0.0, std::round(seconds)));
  if (seconds < 9.95) return Format("%.2g s", std::max(0.0, seconds));
  if (whole < 60) return Format("%d s", static_cast<int>(whole));
  if (whole < 3600) {
    return Format("%d min %02d s", static_cast<int>(whole / 60), static_cast<int>(whole % 60));
  }
  return Format("%llu h %02d min", static_cast<unsigned long long>(whole / 3600),
                static_cast<int>(whole % 3600 / 60));
}

std::string Counted(uint64_t count, std::string_view noun) {
  std::string out = FormatCount(count) + " " + std::string(noun);
  if (count != 1) out += "s";
  return out;
}

}  // namespace sg
