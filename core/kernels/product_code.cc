// Compiled once for every instruction set (Highway's foreach_target).
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/kernels/product_code.cc"
#include <hwy/foreach_target.h>
// foreach_target.h comes first.
#include <hwy/highway.h>

#include <algorithm>

#include "core/kernels/product_code.h"

HWY_BEFORE_NAMESPACE();
namespace sg {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

constexpr size_t kEntries = 256;

// The nearest entry of one book [group, 256].
HWY_INLINE uint8_t Nearest(const float* book, size_t group, const float* row) {
  const hn::CappedTag<float, 16> d;
  const hn::RebindToSigned<decltype(d)> di;
  const size_t lanes = hn::Lanes(d);
  auto least = hn::Set(d, 3e38f);
  auto where = hn::Zero(di);
  for (size_t e = 0; e < kEntries; e += lanes) {
    auto distance = hn::Zero(d);
    for (size_t k = 0; k < group; ++k) {
      const auto apart = hn::Sub(hn::LoadU(d, book + k * kEntries + e), hn::Set(d, row[k]));
      distance = hn::MulAdd(apart, apart, distance);
    }
    const auto closer = hn::Lt(distance, least);
    least = hn::Min(distance, least);
    where =
        hn::IfThenElse(hn::RebindMask(di, closer), hn::Iota(di, static_cast<int32_t>(e)), where);
  }
  HWY_ALIGN float distances[16];
  HWY_ALIGN int32_t places[16];
  hn::Store(least, d, distances);
  hn::Store(where, di, places);
  size_t best = 0;
  for (size_t i = 1; i < lanes; ++i) {
    const bool first_of_equals = distances[i] == distances[best] && places[i] < places[best];
    if (distances[i] < distances[best] || first_of_equals) best = i;
  }
  return static_cast<uint8_t>(places[best]);
}

void AllNearest(const float* books, size_t group, const float* row, size_t count, uint8_t* codes) {
  for (size_t j = 0; j < count; ++j) {
    codes[j] = Nearest(books + j * group * kEntries, group, row + j * group);
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace sg
HWY_AFTER_NAMESPACE();

#if HWY_ONCE

namespace sg {
namespace {
HWY_EXPORT(AllNearest);
constexpr size_t kBookEntries = 256;
}  // namespace

void NearestEntries(std::span<const float> books, size_t group, std::span<const float> row,
                    std::span<uint8_t> codes) {
  HWY_DYNAMIC_DISPATCH(AllNearest)(books.data(), group, row.data(), codes.size(), codes.data());
}

namespace plain {
void NearestEntries(std::span<const float> books, size_t group, std::span<const float> row,
                    std::span<uint8_t> codes) {
  for (size_t j = 0; j < codes.size(); ++j) {
    double least = 1e300;
    for (size_t e = 0; e < kBookEntries; ++e) {
      double distance = 0;
      for (size_t k = 0; k < group; ++k) {
        const double apart =
            double{books[(j * group + k) * kBookEntries + e]} - double{row[j * group + k]};
        distance += apart * apart;
      }
      if (distance >= least) continue;
      least = distance;
      codes[j] = static_cast<uint8_t>(e);
    }
  }
}
}  // namespace plain
}  // namespace sg
#endif  // HWY_ONCE
