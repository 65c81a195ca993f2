// Compiled once for every instruction set (Highway's foreach_target).
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/kernels/gather.cc"
#include <hwy/foreach_target.h>
// foreach_target.h comes first.
#include <hwy/highway.h>

#include "core/kernels/gather.h"

HWY_BEFORE_NAMESPACE();
namespace sg {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using FloatTag = hn::ScalableTag<float>;

hn::Vec<FloatTag> LoadAsFloat(FloatTag d, const int8_t* from) {
  return hn::ConvertTo(d, hn::PromoteTo(hn::Rebind<int32_t, FloatTag>(),
                                        hn::LoadU(hn::Rebind<int8_t, FloatTag>(), from)));
}
hn::Vec<FloatTag> LoadAsFloat(FloatTag d, const hwy::float16_t* from) {
  return hn::PromoteTo(d, hn::LoadU(hn::Rebind<hwy::float16_t, FloatTag>(), from));
}
hn::Vec<FloatTag> LoadAsFloat(FloatTag d, const float* from) { return hn::LoadU(d, from); }

// Adds columns [column, column + kVectors * lanes) of all rows, held in registers.
template <size_t kVectors, typename Element>
void AddColumns(const Element* table, size_t dim, size_t column, std::span<const uint32_t> ids,
                std::span<const float> weights, float* sum) {
  static_assert(kVectors == 1 || kVectors == 4);
  const FloatTag d;
  const size_t lanes = hn::Lanes(d);
  auto sum0 = hn::LoadU(d, sum + column);
  auto sum1 = kVectors == 4 ? hn::LoadU(d, sum + column + lanes) : hn::Zero(d);
  auto sum2 = kVectors == 4 ? hn::LoadU(d, sum + column + 2 * lanes) : hn::Zero(d);
  auto sum3 = kVectors == 4 ? hn::LoadU(d, sum + column + 3 * lanes) : hn::Zero(d);
  for (size_t i = 0; i < ids.size(); ++i) {
    const Element* row = table + size_t{ids[i]} * dim + column;
    const auto weight = hn::Set(d, weights[i]);
    sum0 = hn::MulAdd(weight, LoadAsFloat(d, row), sum0);
    if constexpr (kVectors == 4) {
      sum1 = hn::MulAdd(weight, LoadAsFloat(d, row + lanes), sum1);
      sum2 = hn::MulAdd(weight, LoadAsFloat(d, row + 2 * lanes), sum2);
      sum3 = hn::MulAdd(weight, LoadAsFloat(d, row + 3 * lanes), sum3);
    }
  }
  hn::StoreU(sum0, d, sum + column);
  if constexpr (kVectors == 4) {
    hn::StoreU(sum1, d, sum + column + lanes);
    hn::StoreU(sum2, d, sum + column + 2 * lanes);
    hn::StoreU(sum3, d, sum + column + 3 * lanes);
  }
}

// Returns the number of columns that it added: all but a rest shorter than a vector.
template <typename Element>
size_t AddVectors(const void* table, std::span<const uint32_t> ids, std::span<const float> weights,
                  std::span<float> sum) {
  const auto* elements = static_cast<const Element*>(table);
  const size_t lanes = hn::Lanes(FloatTag());
  const size_t dim = sum.size();
  size_t column = 0;
  for (; column + 4 * lanes <= dim; column += 4 * lanes) {
    AddColumns<4>(elements, dim, column, ids, weights, sum.data());
  }
  for (; column + lanes <= dim; column += lanes) {
    AddColumns<1>(elements, dim, column, ids, weights, sum.data());
  }
  return column;
}

size_t AddRowVectors(const void* table, RowType type, std::span<const uint32_t> ids,
                     std::span<const float> weights, std::span<float> sum) {
  switch (type) {
    case RowType::kInt8: return AddVectors<int8_t>(table, ids, weights, sum);
    case RowType::kFloat16: return AddVectors<hwy::float16_t>(table, ids, weights, sum);
    case RowType::kFloat32: return AddVectors<float>(table, ids, weights, sum);
  }
  return 0;
}

}  // namespace HWY_NAMESPACE
}  // namespace sg
HWY_AFTER_NAMESPACE();

#if HWY_ONCE

#include <bit>
#include <cstring>

namespace sg {
namespace {

HWY_EXPORT(AddRowVectors);

float HalfBitsToFloat(uint16_t half) {
  const uint32_t sign = static_cast<uint32_t>(half & 0x8000u) << 16;
  const uint32_t exponent = (half >> 10) & 0x1fu;
  const uint32_t mantissa = half & 0x3ffu;
  if (exponent == 0) {
    const float magnitude = static_cast<float>(mantissa) * 0x1p-24f;
    return std::bit_cast<float>(std::bit_cast<uint32_t>(magnitude) | sign);
  }
  return std::bit_cast<float>(sign | (exponent == 31 ? 255u : exponent + 112u) << 23 |
                              mantissa << 13);
}

// Element `index` of a table that may begin at any address.
float ElementAsFloat(const void* table, RowType type, size_t index) {
  const char* bytes = static_cast<const char*>(table);
  switch (type) {
    case RowType::kInt8: return static_cast<float>(static_cast<const int8_t*>(table)[index]);
    case RowType::kFloat16: {
      uint16_t half;
      std::memcpy(&half, bytes + index * sizeof(half), sizeof(half));
      return HalfBitsToFloat(half);
    }
    case RowType::kFloat32: {
      float value;
      std::memcpy(&value, bytes + index * sizeof(value), sizeof(value));
      return value;
    }
  }
  return 0;
}

void AddColumnsFrom(size_t first_column, const void* table, RowType type,
                    std::span<const uint32_t> ids, std::span<const float> weights,
                    std::span<float> sum) {
  for (size_t i = 0; i < ids.size(); ++i) {
    for (size_t d = first_column; d < sum.size(); ++d) {
      sum[d] += weights[i] * ElementAsFloat(table, type, size_t{ids[i]} * sum.size() + d);
    }
  }
}

}  // namespace

void AddWeightedRows(const void* table, RowType type, std::span<const uint32_t> ids,
                     std::span<const float> weights, std::span<float> sum) {
  const size_t done = HWY_DYNAMIC_DISPATCH(AddRowVectors)(table, type, ids, weights, sum);
  AddColumnsFrom(done, table, type, ids, weights, sum);
}

void plain::AddWeightedRows(const void* table, RowType type, std::span<const uint32_t> ids,
                            std::span<const float> weights, std::span<float> sum) {
  AddColumnsFrom(/*first_column=*/0, table, type, ids, weights, sum);
}

}  // namespace sg
#endif  // HWY_ONCE
