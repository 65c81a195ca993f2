#include "core/kernels/product_code.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <vector>

#include "core/kernels/principal_axes.h"
#include "tests/core/test_vectors.h"

namespace sg {
namespace {

TEST(ProductCode, NearestEntriesEqualPlain) {
  std::mt19937 random(1);
  for (const size_t group : {size_t{1}, size_t{2}, size_t{4}}) {
    constexpr size_t kBooks = 9;
    const std::vector<float> books = RandomFloats(kBooks * group * 256, &random);
    for (int run = 0; run < 50; ++run) {
      const std::vector<float> row = RandomFloats(kBooks * group, &random);
      std::vector<uint8_t> fast(kBooks), plain(kBooks);
      NearestEntries(books, group, row, fast);
      plain::NearestEntries(books, group, row, plain);
      for (size_t j = 0; j < kBooks; ++j) {
        const auto distance = [&](uint8_t code) {
          double sum = 0;
          for (size_t k = 0; k < group; ++k) {
            const double apart =
                double{books[(j * group + k) * 256 + code]} - double{row[j * group + k]};
            sum += apart * apart;
          }
          return sum;
        };
        ASSERT_NEAR(distance(fast[j]), distance(plain[j]), 1e-6)
            << "group " << group << " of " << j;
      }
    }
  }
}

TEST(ProductCode, TheFirstOfEqualEntries) {
  const std::vector<float> books(256, 0.5f);
  uint8_t code = 9;
  NearestEntries(books, 1, std::vector<float>{2.0f}, {&code, 1});
  EXPECT_EQ(code, 0);
}

// Points that vary by 5 along (0.6, 0.8, 0), by 1 across it and by 0.1 in the third dimension.
TEST(PrincipalAxes, AreWherePointsVary) {
  std::mt19937 random(2);
  std::vector<float> rows;
  for (int i = 0; i < 4000; ++i) {
    const std::vector<float> x = RandomFloats(3, &random);
    rows.insert(rows.end(),
                {5 * 0.6f * x[0] - 0.8f * x[1], 5 * 0.8f * x[0] + 0.6f * x[1], 0.1f * x[2]});
  }
  const PrincipalAxes found = FindPrincipalAxes(rows, 3);
  EXPECT_NEAR(std::fabs(0.6f * found.axes[0] + 0.8f * found.axes[1]), 1, 1e-3);
  EXPECT_NEAR(std::fabs(found.axes[2 * 3 + 2]), 1, 1e-3);
  EXPECT_NEAR(found.variances[0], 25, 1.5);
  EXPECT_NEAR(found.variances[1], 1, 0.1);
  for (size_t a = 0; a < 3; ++a) {
    for (size_t b = 0; b < 3; ++b) {
      float dot = 0;
      for (size_t d = 0; d < 3; ++d) dot += found.axes[a * 3 + d] * found.axes[b * 3 + d];
      EXPECT_NEAR(dot, a == b ? 1 : 0, 1e-5);
    }
  }
}

// One row says nothing about other directions: they keep some variance.
TEST(PrincipalAxes, FewRowsTeachLittle) {
  const PrincipalAxes found = FindPrincipalAxes(std::vector<float>{0, 2, 0, 0}, 4);
  EXPECT_NEAR(std::fabs(found.axes[1]), 1, 1e-5);
  EXPECT_NEAR(found.variances[3], 0.8, 1e-4);
}

}  // namespace
}  // namespace sg
