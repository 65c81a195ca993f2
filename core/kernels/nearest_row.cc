// Compiled once for every instruction set (Highway's foreach_target).
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/kernels/nearest_row.cc"
#include <hwy/foreach_target.h>
// foreach_target.h comes first.
#include <hwy/highway.h>

#include <algorithm>

#include "core/kernels/nearest_row.h"

HWY_BEFORE_NAMESPACE();
namespace sg {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// The place of the largest of `values`, the first of equals. `count` is a multiple of 16.
uint32_t LargestAt(const float* values, size_t count) {
  const hn::CappedTag<float, 16> d;
  const hn::RebindToSigned<decltype(d)> di;
  const size_t lanes = hn::Lanes(d);
  auto most = hn::LoadU(d, values);
  auto where = hn::Iota(di, 0);
  for (size_t i = lanes; i < count; i += lanes) {
    const auto some = hn::LoadU(d, values + i);
    const auto larger = hn::Gt(some, most);
    most = hn::Max(some, most);
    where =
        hn::IfThenElse(hn::RebindMask(di, larger), hn::Iota(di, static_cast<int32_t>(i)), where);
  }
  HWY_ALIGN float largest[16];
  HWY_ALIGN int32_t places[16];
  hn::Store(most, d, largest);
  hn::Store(where, di, places);
  size_t best = 0;
  for (size_t i = 1; i < lanes; ++i) {
    const bool first_of_equals = largest[i] == largest[best] && places[i] < places[best];
    if (largest[i] > largest[best] || first_of_equals) best = i;
  }
  return static_cast<uint32_t>(places[best]);
}

}  // namespace HWY_NAMESPACE
}  // namespace sg
HWY_AFTER_NAMESPACE();

#if HWY_ONCE

#include <cmath>
#include <limits>
#include <numeric>

namespace sg {
namespace {

HWY_EXPORT(LargestAt);

constexpr size_t kMeansRounds = 4;
constexpr size_t kRowsAtOnce = 64;
// Groups that a query looks into: with 8,192 centroids of MiniLM's tokens, 98 % get the nearest of
// all.
constexpr size_t kProbes = 16;
constexpr float kLowest = std::numeric_limits<float>::lowest();

// visit(i, at, dot) with the column of `panel` that has the largest product with each of `rows`.
template <typename Visit>
void EachLargest(const MaxSimQuery& panel, std::span<const float> rows, const Visit& visit) {
  std::vector<float> dots(kRowsAtOnce * panel.padded);
  const size_t total = rows.size() / panel.dim;
  for (size_t begin = 0; begin < total; begin += kRowsAtOnce) {
    const size_t some = std::min(kRowsAtOnce, total - begin);
    MaxSimDots(panel, rows.subspan(begin * panel.dim, some * panel.dim), dots);
    for (size_t i = 0; i < some; ++i) {
      float* const row = &dots[i * panel.padded];
      std::fill(row + panel.tokens, row + panel.padded, kLowest);
      const uint32_t at = HWY_DYNAMIC_DISPATCH(LargestAt)(row, panel.padded);
      visit(begin + i, at, row[at]);
    }
  }
}

// False for a row of zeros.
bool MakeUnit(std::span<float> row) {
  const float squares = std::inner_product(row.begin(), row.end(), row.begin(), 0.0f);
  if (!(squares > 0)) return false;
  for (float& x : row) x /= std::sqrt(squares);
  return true;
}

// Spherical k-means over the rows, from rows spread evenly.
std::vector<float> Heads(std::span<const float> rows, size_t dim, size_t count) {
  const size_t total = rows.size() / dim;
  std::vector<float> heads;
  for (size_t g = 0; g < count; ++g) {
    const std::span<const float> row = rows.subspan(g * total / count * dim, dim);
    heads.insert(heads.end(), row.begin(), row.end());
  }
  for (size_t round = 0; round < kMeansRounds; ++round) {
    std::vector<float> sums(heads.size());
    EachLargest(PackMaxSimQuery(heads, count, dim), rows, [&](size_t i, uint32_t g, float) {
      for (size_t d = 0; d < dim; ++d) sums[g * dim + d] += rows[i * dim + d];
    });
    for (size_t at = 0; at < sums.size(); at += dim) {
      const std::span<float> sum = std::span(sums).subspan(at, dim);
      // A head without rows stays.
      if (!MakeUnit(sum)) continue;
      std::copy(sum.begin(), sum.end(), heads.begin() + static_cast<std::ptrdiff_t>(at));
    }
  }
  return heads;
}

}  // namespace

NearestRow::NearestRow(std::span<const float> rows, size_t dim) : dim_(dim) {
  const size_t total = rows.size() / dim;
  if (total <= kExactRows) {
    Group& all = groups_.emplace_back();
    all.panel = PackMaxSimQuery(rows, total, dim);
    all.numbers.resize(total);
    std::iota(all.numbers.begin(), all.numbers.end(), 0u);
    return;
  }
  const auto count = static_cast<size_t>(1.5 * std::sqrt(static_cast<double>(total)));
  heads_ = PackMaxSimQuery(Heads(rows, dim, count), count, dim);
  std::vector<std::vector<float>> members(count);
  groups_.resize(count);
  EachLargest(heads_, rows, [&](size_t i, uint32_t g, float) {
    groups_[g].numbers.push_back(static_cast<uint32_t>(i));
    const std::span<const float> row = rows.subspan(i * dim, dim);
    members[g].insert(members[g].end(), row.begin(), row.end());
  });
  for (size_t g = 0; g < count; ++g) {
    groups_[g].panel = PackMaxSimQuery(members[g], groups_[g].numbers.size(), dim);
  }
}

std::vector<std::vector<uint32_t>> NearestRow::Visits(std::span<const float> queries) const {
  const size_t total = queries.size() / dim_, count = groups_.size();
  std::vector<std::vector<uint32_t>> visits(count);
  if (count == 1) {
    visits[0].resize(total);
    std::iota(visits[0].begin(), visits[0].end(), 0u);
    return visits;
  }
  std::vector<float> dots(kRowsAtOnce * heads_.padded), sorted(count);
  for (size_t begin = 0; begin < total; begin += kRowsAtOnce) {
    const size_t some = std::min(kRowsAtOnce, total - begin);
    MaxSimDots(heads_, queries.subspan(begin * dim_, some * dim_), dots);
    for (size_t i = 0; i < some; ++i) {
      const float* row = &dots[i * heads_.padded];
      // Of a query that is no number nothing can be said, but it may do no harm.
      for (size_t g = 0; g < count; ++g) sorted[g] = row[g] > kLowest ? row[g] : kLowest;
      const auto last = sorted.begin() + (std::min(kProbes, count) - 1);
      std::nth_element(sorted.begin(), last, sorted.end(), std::greater<>());
      for (size_t g = 0; g < count; ++g) {
        if (row[g] >= *last) visits[g].push_back(static_cast<uint32_t>(begin + i));
      }
    }
  }
  return visits;
}

std::vector<uint32_t> NearestRow::Find(std::span<const float> queries) const {
  const size_t total = queries.size() / dim_;
  std::vector<uint32_t> nearest(total);
  std::vector<float> best(total, kLowest), rows;
  const std::vector<std::vector<uint32_t>> visits = Visits(queries);
  for (size_t g = 0; g < groups_.size(); ++g) {
    const Group& group = groups_[g];
    if (group.numbers.empty()) continue;
    rows.clear();
    for (const uint32_t i : visits[g]) {
      const std::span<const float> row = queries.subspan(i * dim_, dim_);
      rows.insert(rows.end(), row.begin(), row.end());
    }
    EachLargest(group.panel, rows, [&](size_t i, uint32_t at, float dot) {
      const uint32_t number = group.numbers[at], query = visits[g][i];
      if (!(dot > best[query] || (dot == best[query] && number < nearest[query]))) return;
      best[query] = dot;
      nearest[query] = number;
    });
  }
  return nearest;
}

namespace plain {
std::vector<uint32_t> NearestRows(std::span<const float> rows, size_t dim,
                                  std::span<const float> queries) {
  std::vector<uint32_t> nearest;
  for (size_t q = 0; q < queries.size(); q += dim) {
    double best = -1e300;
    uint32_t number = 0;
    for (size_t r = 0; r < rows.size(); r += dim) {
      double dot = 0;
      for (size_t d = 0; d < dim; ++d) dot += double{rows[r + d]} * double{queries[q + d]};
      if (dot <= best) continue;
      best = dot;
      number = static_cast<uint32_t>(r / dim);
    }
    nearest.push_back(number);
  }
  return nearest;
}
}  // namespace plain
}  // namespace sg
#endif  // HWY_ONCE
