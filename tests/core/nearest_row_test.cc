#include "core/kernels/nearest_row.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>

namespace sg {
namespace {

constexpr size_t kDim = 24;

// Rows around some random directions, as the centroids of a model's tokens lie.
std::vector<float> Clustered(size_t count, std::mt19937* random) {
  std::normal_distribution<float> normal;
  std::mt19937 fixed(3);
  std::vector<float> middles(40 * kDim), rows;
  for (float& x : middles) x = normal(fixed);
  for (size_t i = 0; i < count; ++i) {
    const size_t middle = (*random)() % 40;
    double squares = 0;
    for (size_t d = 0; d < kDim; ++d) {
      rows.push_back(middles[middle * kDim + d] + 0.7f * normal(*random));
      squares += double{rows.back()} * double{rows.back()};
    }
    for (size_t d = 0; d < kDim; ++d) rows[i * kDim + d] /= static_cast<float>(std::sqrt(squares));
  }
  return rows;
}

float Dot(std::span<const float> a, size_t i, std::span<const float> b, size_t j) {
  float sum = 0;
  for (size_t d = 0; d < kDim; ++d) sum += a[i * kDim + d] * b[j * kDim + d];
  return sum;
}

TEST(NearestRow, FewRowsAreExact) {
  std::mt19937 random(1);
  for (const size_t count : {size_t{1}, size_t{7}, size_t{16}, size_t{250}}) {
    const std::vector<float> rows = Clustered(count, &random), queries = Clustered(90, &random);
    const std::vector<uint32_t> fast = NearestRow(rows, kDim).Find(queries);
    const std::vector<uint32_t> plain = plain::NearestRows(rows, kDim, queries);
    ASSERT_EQ(fast.size(), plain.size());
    for (size_t i = 0; i < fast.size(); ++i) {
      EXPECT_NEAR(Dot(queries, i, rows, fast[i]), Dot(queries, i, rows, plain[i]), 1e-5);
    }
  }
}

TEST(NearestRow, ManyRowsAreNearlyExact) {
  std::mt19937 random(2);
  const std::vector<float> rows = Clustered(2000, &random), queries = Clustered(500, &random);
  const NearestRow index(rows, kDim);
  const std::vector<uint32_t> fast = index.Find(queries);
  const std::vector<uint32_t> plain = plain::NearestRows(rows, kDim, queries);
  size_t same = 0;
  double lost = 0;
  for (size_t i = 0; i < fast.size(); ++i) {
    same += fast[i] == plain[i] ? 1 : 0;
    lost += double{Dot(queries, i, rows, plain[i])} - double{Dot(queries, i, rows, fast[i])};
  }
  EXPECT_GE(same, 475u);
  EXPECT_LE(lost / 500, 0.001);
  // A row is its own nearest one.
  const std::vector<uint32_t> self = index.Find(std::span(rows).first(100 * kDim));
  for (uint32_t i = 0; i < 100; ++i) EXPECT_EQ(self[i], i);
}

TEST(NearestRow, OddQueries) {
  std::mt19937 random(3);
  const std::vector<float> rows = Clustered(600, &random);
  const NearestRow index(rows, kDim);
  EXPECT_TRUE(index.Find({}).empty());
  std::vector<float> queries(2 * kDim);
  for (size_t d = 0; d < kDim; ++d) queries[kDim + d] = std::numeric_limits<float>::quiet_NaN();
  const std::vector<uint32_t> found = index.Find(queries);
  EXPECT_EQ(found[0], 0u);  // equal products: the first
  EXPECT_LT(found[1], 600u);
  // Equal rows.
  const std::vector<float> equal(600 * kDim, 1.0f);
  EXPECT_EQ(NearestRow(equal, kDim).Find(std::span(equal).first(kDim)), std::vector<uint32_t>{0});
}

}  // namespace
}  // namespace sg
