// Compiled once for every instruction set (Highway's foreach_target).
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/kernels/dot.cc"
#include <hwy/foreach_target.h>
// foreach_target.h comes first.
#include <hwy/highway.h>

#include "core/kernels/dot.h"

HWY_BEFORE_NAMESPACE();
namespace sg {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using FloatTag = hn::ScalableTag<float>;

// One query with one row: four sums so that the additions do not wait for each other.
float DotRow(const float* query, const float* row, size_t dim) {
  const FloatTag d;
  const size_t lanes = hn::Lanes(d);
  auto sum0 = hn::Zero(d), sum1 = hn::Zero(d), sum2 = hn::Zero(d), sum3 = hn::Zero(d);
  size_t i = 0;
  for (; i + 4 * lanes <= dim; i += 4 * lanes) {
    sum0 = hn::MulAdd(hn::LoadU(d, query + i), hn::LoadU(d, row + i), sum0);
    sum1 = hn::MulAdd(hn::LoadU(d, query + i + lanes), hn::LoadU(d, row + i + lanes), sum1);
    sum2 = hn::MulAdd(hn::LoadU(d, query + i + 2 * lanes), hn::LoadU(d, row + i + 2 * lanes), sum2);
    sum3 = hn::MulAdd(hn::LoadU(d, query + i + 3 * lanes), hn::LoadU(d, row + i + 3 * lanes), sum3);
  }
  for (; i + lanes <= dim; i += lanes) {
    sum0 = hn::MulAdd(hn::LoadU(d, query + i), hn::LoadU(d, row + i), sum0);
  }
  float sum = hn::GetLane(hn::SumOfLanes(d, hn::Add(hn::Add(sum0, sum1), hn::Add(sum2, sum3))));
  for (; i < dim; ++i) sum += query[i] * row[i];
  return sum;
}

void FloatRows(const float* query, const float* rows_data, size_t rows, size_t dim, float* out) {
  for (size_t r = 0; r < rows; ++r) out[r] = DotRow(query, rows_data + r * dim, dim);
}

// The sum of all products must fit int32; LargestQueryCode sees to that.
int32_t DotCodes(const int16_t* query, const int8_t* row, size_t dim) {
  const hn::ScalableTag<int16_t> d16;
  const hn::Rebind<int8_t, decltype(d16)> d8;
  const hn::RepartitionToWide<decltype(d16)> d32;
  const size_t lanes = hn::Lanes(d16);
  auto sum0 = hn::Zero(d32), sum1 = hn::Zero(d32), carry0 = hn::Zero(d32), carry1 = hn::Zero(d32);
  const auto widened = [&](size_t i) { return hn::PromoteTo(d16, hn::LoadU(d8, row + i)); };
  size_t i = 0;
  for (; i + 2 * lanes <= dim; i += 2 * lanes) {
    sum0 = hn::ReorderWidenMulAccumulate(d32, hn::LoadU(d16, query + i), widened(i), sum0, carry0);
    sum1 = hn::ReorderWidenMulAccumulate(d32, hn::LoadU(d16, query + i + lanes), widened(i + lanes),
                                         sum1, carry1);
  }
  for (; i + lanes <= dim; i += lanes) {
    sum0 = hn::ReorderWidenMulAccumulate(d32, hn::LoadU(d16, query + i), widened(i), sum0, carry0);
  }
  const auto total = hn::Add(hn::Add(sum0, carry0), hn::Add(sum1, carry1));
  int32_t sum = hn::GetLane(hn::SumOfLanes(d32, total));
  for (; i < dim; ++i) sum += query[i] * row[i];
  return sum;
}

void IntegerRows(const int16_t* query, float query_scale, const int8_t* codes, size_t rows,
                 size_t dim, const float* scales, float* out) {
  for (size_t r = 0; r < rows; ++r) {
    out[r] = query_scale * scales[r] * static_cast<float>(DotCodes(query, codes + r * dim, dim));
  }
}

// The compiler turns this into the population count of the instruction set at hand.
void Hamming(const uint64_t* query, const uint64_t* rows_data, size_t rows, size_t words,
             uint32_t* out) {
  const hn::CappedTag<uint64_t, 8> d;
  const size_t lanes = hn::Lanes(d);
  for (size_t r = 0; r < rows; ++r) {
    const uint64_t* row = rows_data + r * words;
    auto sum = hn::Zero(d);
    size_t i = 0;
    for (; i + lanes <= words; i += lanes) {
      sum = hn::Add(sum,
                    hn::PopulationCount(hn::Xor(hn::LoadU(d, query + i), hn::LoadU(d, row + i))));
    }
    auto count = static_cast<uint32_t>(hn::GetLane(hn::SumOfLanes(d, sum)));
    for (; i < words; ++i) count += static_cast<uint32_t>(hwy::PopCount(query[i] ^ row[i]));
    out[r] = count;
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace sg
HWY_AFTER_NAMESPACE();

#if HWY_ONCE

#include <algorithm>
#include <bit>
#include <cmath>
#include <vector>

namespace sg {
namespace {

HWY_EXPORT(FloatRows);
HWY_EXPORT(IntegerRows);
HWY_EXPORT(Hamming);

// The largest 16-bit code of a query whose dot product with `dim` codes of size 128 fits int32.
float LargestQueryCode(size_t dim) {
  constexpr double kLargestSum = 2147483647.0;
  return static_cast<float>(
      std::floor(std::min(32767.0, kLargestSum / (128.0 * static_cast<double>(dim)))));
}

// Rounds `query` to 16-bit codes and returns the scale.
float QuantizeQuery(std::span<const float> query, std::span<int16_t> codes) {
  float largest = 0;
  for (float x : query) largest = std::max(largest, std::fabs(x));
  const float limit = LargestQueryCode(query.size());
  const float scale = largest / limit;
  const float inverse = 1 / scale;
  if (!std::isfinite(inverse)) {  // zero, or too small to divide by
    std::fill(codes.begin(), codes.end(), int16_t{0});
    return 0;
  }
  for (size_t i = 0; i < query.size(); ++i) {
    codes[i] = static_cast<int16_t>(std::clamp(std::nearbyint(query[i] * inverse), -limit, limit));
  }
  return scale;
}

}  // namespace

float QuantizeRow(std::span<const float> row, std::span<int8_t> codes) {
  float largest = 0;
  for (float x : row) largest = std::max(largest, std::fabs(x));
  const float scale = largest / 127;
  const float inverse = 1 / scale;
  if (!std::isfinite(inverse)) {  // zero, or too small to divide by
    std::fill(codes.begin(), codes.end(), int8_t{0});
    return 0;
  }
  for (size_t i = 0; i < row.size(); ++i) {
    codes[i] = static_cast<int8_t>(std::clamp(std::nearbyint(row[i] * inverse), -127.0f, 127.0f));
  }
  return scale;
}

float DotFloat(std::span<const float> a, std::span<const float> b) {
  float dot = 0;
  DotFloatRows(a, b, /*rows=*/1, {&dot, 1});
  return dot;
}

void DotFloatRows(std::span<const float> query, std::span<const float> rows_data, size_t rows,
                  std::span<float> out) {
  HWY_DYNAMIC_DISPATCH(FloatRows)(query.data(), rows_data.data(), rows, query.size(), out.data());
}

void DotInt8Rows(std::span<const float> query, std::span<const int8_t> codes, size_t rows,
                 std::span<const float> scales, std::span<float> out) {
  std::vector<int16_t> query_codes(query.size());
  const float query_scale = QuantizeQuery(query, query_codes);
  HWY_DYNAMIC_DISPATCH(IntegerRows)
  (query_codes.data(), query_scale, codes.data(), rows, query.size(), scales.data(), out.data());
}

void DotInt8RowsInt8(std::span<const int8_t> query_codes, float query_scale,
                     std::span<const int8_t> codes, size_t rows, std::span<const float> scales,
                     std::span<float> out) {
  const std::vector<int16_t> query(query_codes.begin(), query_codes.end());
  HWY_DYNAMIC_DISPATCH(IntegerRows)
  (query.data(), query_scale, codes.data(), rows, query.size(), scales.data(), out.data());
}

void PackSigns(std::span<const float> row, std::span<uint64_t> bits) {
  std::fill(bits.begin(), bits.end(), uint64_t{0});
  for (size_t i = 0; i < row.size(); ++i) {
    bits[i / 64] |= static_cast<uint64_t>(row[i] > 0) << (i % 64);
  }
}

void HammingRows(std::span<const uint64_t> query, std::span<const uint64_t> rows_data, size_t rows,
                 std::span<uint32_t> out) {
  HWY_DYNAMIC_DISPATCH(Hamming)
  (query.data(), rows_data.data(), rows, query.size(), out.data());
}

namespace plain {

void DotFloatRows(std::span<const float> query, std::span<const float> rows_data, size_t rows,
                  std::span<float> out) {
  const size_t dim = query.size();
  for (size_t r = 0; r < rows; ++r) {
    double sum = 0;
    for (size_t i = 0; i < dim; ++i) sum += double{query[i]} * double{rows_data[r * dim + i]};
    out[r] = static_cast<float>(sum);
  }
}

void DotInt8Rows(std::span<const float> query, std::span<const int8_t> codes, size_t rows,
                 std::span<const float> scales, std::span<float> out) {
  const size_t dim = query.size();
  for (size_t r = 0; r < rows; ++r) {
    double sum = 0;
    for (size_t i = 0; i < dim; ++i) sum += double{query[i]} * codes[r * dim + i];
    out[r] = static_cast<float>(scales[r] * sum);
  }
}

void DotInt8RowsInt8(std::span<const int8_t> query_codes, float query_scale,
                     std::span<const int8_t> codes, size_t rows, std::span<const float> scales,
                     std::span<float> out) {
  const size_t dim = query_codes.size();
  for (size_t r = 0; r < rows; ++r) {
    int32_t sum = 0;
    for (size_t i = 0; i < dim; ++i) sum += query_codes[i] * codes[r * dim + i];
    out[r] = query_scale * scales[r] * static_cast<float>(sum);
  }
}

void HammingRows(std::span<const uint64_t> query, std::span<const uint64_t> rows_data, size_t rows,
                 std::span<uint32_t> out) {
  for (size_t r = 0; r < rows; ++r) {
    int count = 0;
    for (size_t i = 0; i < query.size(); ++i) {
      count += std::popcount(query[i] ^ rows_data[r * query.size() + i]);
    }
    out[r] = static_cast<uint32_t>(count);
  }
}

}  // namespace plain
}  // namespace sg
#endif  // HWY_ONCE
