#pragma once
// Which of some thousand rows has the largest dot product with each of many others: the search that
// assigns tokens to centroids. The rows are put into groups (an inverted file with one level, Jegou
// et al. 2011), and of each query only the groups with the nearest heads are looked at, so the
// answer may be a row that is nearly as near. Immutable after construction; thread-safe.

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "core/kernels/maxsim.h"

namespace sg {

class NearestRow {
 public:
  // `rows` [R, dim]. Deterministic. O(R^1.5 dim). REQUIRES: R > 0, dim > 0.
  NearestRow(std::span<const float> rows, size_t dim);

  // For each of `queries` [Q, dim] the number of its row; of equal products the smallest number.
  // Exact up to kExactRows rows. O(Q R^0.5 dim).
  std::vector<uint32_t> Find(std::span<const float> queries) const;

  static constexpr size_t kExactRows = 256;

 private:
  struct Group {
    MaxSimQuery panel;              // the roles of a query's tokens and of passages, exchanged
    std::vector<uint32_t> numbers;  // of its rows, ascending
  };
  // For each group the queries that look into it.
  std::vector<std::vector<uint32_t>> Visits(std::span<const float> queries) const;

  size_t dim_ = 0;
  MaxSimQuery heads_;  // a direction for each group
  std::vector<Group> groups_;
};

namespace plain {
// Looks at all rows.
std::vector<uint32_t> NearestRows(std::span<const float> rows, size_t dim,
                                  std::span<const float> queries);
}  // namespace plain

}  // namespace sg
