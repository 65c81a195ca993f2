#include "index/store/vector_codec.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <cstring>

namespace sg {
namespace {

void QuantizeRow(std::span<const float> row, float max_code, float* scale, int8_t* codes) {
  float largest = 0;
  for (float value : row) largest = std::max(largest, std::fabs(value));
  *scale = largest / max_code;
  if (!(largest > 0) || !std::isfinite(largest)) {
    *scale = 0;
    return;
  }
  const float inverse = max_code / largest;
  for (size_t d = 0; d < row.size(); ++d) {
    const float value = row[d] * inverse;
    if (std::isnan(value)) continue;  // from a damaged model; the cast below would be undefined
    codes[d] = static_cast<int8_t>(value + (value < 0 ? -0.5f : 0.5f));
  }
}

constexpr uint64_t kOfEachByte = 0x0101010101010101;

// Moves eight numbers of `Bits` bits, lowest first, into the bytes of a word: halves apart, then
// quarters, then eighths.
template <int Bits>
uint64_t SpreadToBytes(uint64_t packed) {  // bits above 8 * Bits do not count
  constexpr uint64_t kHalf = (uint64_t{1} << 4 * Bits) - 1;
  constexpr uint64_t kQuarters = ((uint64_t{1} << 2 * Bits) - 1) * 0x0000000100000001;
  constexpr uint64_t kEighths = ((uint64_t{1} << Bits) - 1) * 0x0001000100010001;
  uint64_t x = (packed & kHalf) | (packed >> 4 * Bits & kHalf) << 32;
  x = (x & kQuarters) | (x & kQuarters << 2 * Bits) << (16 - 2 * Bits);
  return (x & kEighths) | (x & kEighths << Bits) << (8 - Bits);
}

// Negates those bytes of `magnitudes` (each below 128) whose bit in `positive` is 0.
uint64_t ApplySigns(uint64_t magnitudes, uint8_t positive) {
  constexpr uint64_t kHigh = 0x80 * kOfEachByte;
  constexpr uint64_t kLow = 0x7f * kOfEachByte;
  const uint64_t bits = (uint64_t{static_cast<uint8_t>(~positive)} * kOfEachByte) &
                        0x8040201008040201;            // bit i in byte i
  const uint64_t ones = ((bits + kLow) & kHigh) >> 7;  // 1 in each byte to negate
  const uint64_t mask = ones * 0xff;
  // 128 - x in 7 bits and a carry, with the high bit turned: 256 - x, or 0 for 0.
  return (((magnitudes ^ mask) & (kLow | ~mask)) + ones) ^ (mask & kHigh);
}

template <int Bits>
void JoinGroups(const char* signs, const char* magnitudes, size_t dim, int8_t* codes) {
  const size_t bytes = MagnitudeBytes(dim, Bits);
  const auto join = [&](size_t group, size_t read_bytes) {
    uint64_t packed = 0;
    std::memcpy(&packed, magnitudes + group * Bits, read_bytes);
    return ApplySigns(SpreadToBytes<Bits>(packed), static_cast<uint8_t>(signs[group]));
  };
  size_t group = 0;
  // Whole words, as long as they lie within the row: what follows a group is masked away.
  for (; group * Bits + sizeof(uint64_t) <= bytes && group < dim / 8; ++group) {
    const uint64_t joined = join(group, sizeof(uint64_t));
    std::memcpy(codes + group * 8, &joined, sizeof(joined));
  }
  for (; group * 8 < dim; ++group) {
    const uint64_t joined = join(group, Bits);
    std::memcpy(codes + group * 8, &joined, std::min<size_t>(8, dim - group * 8));
  }
}

}  // namespace

QuantizedRows Quantize(const Matrix& vectors, int magnitude_bits) {
  const auto max_code = static_cast<float>((1 << magnitude_bits) - 1);
  QuantizedRows out{.rows = vectors.rows, .dim = vectors.cols};
  out.scales.resize(out.rows);
  out.codes.resize(out.rows * out.dim);
  for (size_t i = 0; i < out.rows; ++i) {
    QuantizeRow(vectors.row(i), max_code, &out.scales[i], &out.codes[i * out.dim]);
  }
  return out;
}

void SplitRow(const int8_t* codes, size_t dim, int magnitude_bits, char* signs, char* magnitudes) {
  const auto bits = static_cast<unsigned>(magnitude_bits);
  for (size_t begin = 0; begin < dim; begin += 8) {
    uint64_t packed = 0;
    unsigned positive = 0;
    for (unsigned i = 0; i < std::min<size_t>(8, dim - begin); ++i) {
      const int code = codes[begin + i];  // NOLINT(bugprone-signed-char-misuse): signed numbers
      packed |= static_cast<uint64_t>(std::abs(code)) << (i * bits);
      positive |= (code > 0 ? 1u : 0u) << i;
    }
    std::memcpy(magnitudes + begin / 8 * bits, &packed, bits);
    signs[begin / 8] = static_cast<char>(positive);
  }
}

void JoinRow(const char* signs, const char* magnitudes, size_t dim, int magnitude_bits,
             int8_t* codes) {
  using Join = void (*)(const char*, const char*, size_t, int8_t*);
  static constexpr std::array<Join, 8> kJoin = {nullptr,       JoinGroups<1>, JoinGroups<2>,
                                                JoinGroups<3>, JoinGroups<4>, JoinGroups<5>,
                                                JoinGroups<6>, JoinGroups<7>};
  kJoin[static_cast<size_t>(magnitude_bits)](signs, magnitudes, dim, codes);
}

}  // namespace sg
