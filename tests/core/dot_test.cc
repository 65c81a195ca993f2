#include "core/kernels/dot.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

#include "tests/core/test_vectors.h"

namespace sg {
namespace {

constexpr size_t kDims[] = {1, 2, 7, 8, 15, 16, 31, 33, 64, 100, 255, 256, 257, 768, 1024};
constexpr size_t kRows[] = {0, 1, 3, 8};

// Only extreme codes, so that a sum that overflows 16 bits somewhere shows.
std::vector<int8_t> RandomCodes(size_t n, bool extreme, std::mt19937* random) {
  std::vector<int8_t> v(n);
  for (int8_t& x : v) {
    x = extreme ? static_cast<int8_t>((*random)() % 4 == 0 ? -128 : 127)
                : static_cast<int8_t>((*random)());
  }
  return v;
}

// Rounding of a sum of n terms is below n * epsilon * the sum of their sizes; it is far below that
// with several partial sums.
float Tolerance(std::span<const float> query, float largest) {
  float size = 0;
  for (float x : query) size += std::fabs(x) * largest;
  return 4e-7f * size + 1e-20f;
}

TEST(DotTest, FloatRowsEqualPlain) {
  std::mt19937 random(1);
  for (const size_t dim : kDims) {
    for (const size_t rows : kRows) {
      const auto query = RandomFloats(dim, &random), data = RandomFloats(rows * dim, &random);
      std::vector<float> fast(rows), slow(rows);
      DotFloatRows(query, data, rows, fast);
      plain::DotFloatRows(query, data, rows, slow);
      for (size_t i = 0; i < rows; ++i) {
        ASSERT_NEAR(fast[i], slow[i], Tolerance(query, 5)) << "dim " << dim << " row " << i;
      }
    }
  }
}

TEST(DotTest, Int8RowsEqualPlain) {
  std::mt19937 random(2);
  for (const size_t dim : kDims) {
    for (const size_t rows : kRows) {
      const auto query = RandomFloats(dim, &random), scales = RandomFloats(rows, &random);
      const auto codes = RandomCodes(rows * dim, /*extreme=*/rows == 3, &random);
      std::vector<float> fast(rows), slow(rows);
      DotInt8Rows(query, codes, rows, scales, fast);
      plain::DotInt8Rows(query, codes, rows, scales, slow);
      for (size_t i = 0; i < rows; ++i) {
        // Half a step of the query's 16-bit codes (15 bits and less for more than 512 dimensions).
        const float steps = std::min(32767.0f, 16777215.0f / static_cast<float>(dim)) - 1;
        float code_sum = 0, largest = 0;
        for (size_t d = 0; d < dim; ++d) {
          code_sum += std::fabs(static_cast<float>(codes[i * dim + d]));
          largest = std::max(largest, std::fabs(query[d]));
        }
        const float rounding = 0.5f * largest / steps * code_sum + Tolerance(query, 128);
        ASSERT_NEAR(fast[i], slow[i], rounding * std::fabs(scales[i]))
            << "dim " << dim << " row " << i;
      }
    }
  }
}

TEST(DotTest, Int8RowsWithInt8QueryAreExact) {
  std::mt19937 random(3);
  for (const size_t dim : kDims) {
    for (const size_t rows : kRows) {
      for (const bool extreme : {false, true}) {
        const auto query = RandomCodes(dim, extreme, &random);
        const auto codes = RandomCodes(rows * dim, extreme, &random);
        const auto scales = RandomFloats(rows, &random);
        std::vector<float> fast(rows), slow(rows);
        DotInt8RowsInt8(query, 0.5f, codes, rows, scales, fast);
        plain::DotInt8RowsInt8(query, 0.5f, codes, rows, scales, slow);
        ASSERT_EQ(fast, slow) << "dim " << dim;
      }
    }
  }
}

TEST(DotTest, DegenerateQueriesGiveZero) {
  const std::vector<int8_t> codes(8, 127);
  const std::vector<float> scales = {1, 2};
  for (const float x : {0.0f, 1e-45f}) {
    std::vector<float> out(2, 9.0f);
    DotInt8Rows(std::vector<float>(4, x), codes, 2, scales, out);
    EXPECT_EQ(out, (std::vector<float>{0, 0}));
  }
}

TEST(DotTest, LongestInt8RowsDoNotOverflow) {
  const std::vector<int8_t> query(65536, -128), codes(65536, 127);
  const std::vector<float> scales = {1};
  std::vector<float> out(1);
  DotInt8RowsInt8(query, 1, codes, 1, scales, out);
  EXPECT_EQ(out[0], -128.0f * 127 * 65536);
  for (const size_t dim : {256u, 512u, 513u, 65536u}) {
    const std::vector<int8_t> lowest(dim, -128);
    DotInt8Rows(std::vector<float>(dim, -2.0f), lowest, 1, scales, out);
    EXPECT_NEAR(out[0], 256.0f * static_cast<float>(dim), 1e-4f * 256 * static_cast<float>(dim));
  }
}

TEST(DotTest, HammingRowsEqualPlain) {
  std::mt19937_64 random(4);
  for (const size_t words : {1u, 2u, 3u, 4u, 5u, 8u, 12u, 17u}) {
    for (const size_t rows : kRows) {
      std::vector<uint64_t> query(words), data(rows * words);
      for (uint64_t& x : query) x = random();
      for (uint64_t& x : data) x = random();
      std::vector<uint32_t> fast(rows), slow(rows);
      HammingRows(query, data, rows, fast);
      plain::HammingRows(query, data, rows, slow);
      ASSERT_EQ(fast, slow) << words;
    }
  }
}

TEST(DotTest, PacksSigns) {
  std::vector<float> row(70, -1.0f);
  row[0] = 1, row[63] = 2, row[64] = 0, row[69] = 1e-30f;
  std::vector<uint64_t> bits(SignWords(70), ~uint64_t{0});
  PackSigns(row, bits);
  EXPECT_EQ(bits, (std::vector<uint64_t>{(uint64_t{1} << 63) | 1, uint64_t{1} << 5}));
}

TEST(DotTest, QuantizesWithinHalfAStep) {
  std::mt19937 random(5);
  for (const size_t dim : kDims) {
    const auto row = RandomFloats(dim, &random);
    std::vector<int8_t> codes(dim);
    const float scale = QuantizeRow(row, codes);
    int largest = 0;
    for (size_t i = 0; i < dim; ++i) {
      EXPECT_LE(std::fabs(row[i] - scale * codes[i]), 0.5001f * scale);
      largest = std::max(largest, std::abs(int{codes[i]}));
    }
    EXPECT_EQ(largest, 127);
  }
}

TEST(DotTest, QuantizesByHand) {
  std::vector<int8_t> codes(4, 9);
  EXPECT_EQ(QuantizeRow(std::vector<float>{254, -254, 1, -3}, codes), 2);
  EXPECT_EQ(codes, (std::vector<int8_t>{127, -127, 0, -2}));  // halves to even
  for (const float tiny : {0.0f, 1e-44f}) {
    EXPECT_EQ(QuantizeRow(std::vector<float>(4, tiny), codes), 0);
    EXPECT_EQ(codes, std::vector<int8_t>(4, 0));
  }
}

}  // namespace
}  // namespace sg
