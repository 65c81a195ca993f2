#include "core/kernels/maxsim.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>

#include "tests/core/test_vectors.h"

namespace sg {
namespace {

struct Shape {
  size_t query_tokens, passage_tokens, dim;
};

// Below, at and above registers and tiles; odd dimensions.
constexpr Shape kShapes[] = {{1, 1, 1},     {1, 3, 7},      {15, 4, 96},  {16, 5, 128},
                             {17, 31, 128}, {32, 180, 128}, {33, 2, 129}, {300, 9, 64},
                             {32, 7, 384},  {5, 4, 1024},   {3, 6, 30}};

// The error of a float sum of `dim` products of values about 1 in size.
float FloatTolerance(size_t dim) { return 4e-6f * static_cast<float>(dim); }

// The largest error that rounding the query to 16 bits adds to a dot product with any of `rows`.
float RoundingError(const MaxSimQuery& query, std::span<const float> rows) {
  float largest_sum = 0;
  for (size_t at = 0; at < rows.size(); at += query.dim) {
    float sum = 0;
    for (float x : rows.subspan(at, query.dim)) sum += std::fabs(x);
    largest_sum = std::max(largest_sum, sum);
  }
  return 0.5f * largest_sum * *std::max_element(query.scales.begin(), query.scales.end());
}

// The same for 8 bits, which packed passages may take.
float ByteRoundingError(const MaxSimQuery& query, std::span<const float> rows) {
  MaxSimQuery bytes = query;
  bytes.scales = query.byte_scales;
  return RoundingError(bytes, rows);
}

TEST(MaxSim, FloatEqualsPlain) {
  std::mt19937 random(1);
  for (const Shape& s : kShapes) {
    const MaxSimQuery query =
        PackMaxSimQuery(RandomFloats(s.query_tokens * s.dim, &random), s.query_tokens, s.dim);
    const std::vector<float> rows = RandomFloats(s.passage_tokens * s.dim, &random);
    std::vector<float> fast(s.query_tokens), plain(s.query_tokens);
    MaxSimFloat(query, rows, fast);
    plain::MaxSimFloat(query, rows, plain);
    for (size_t q = 0; q < s.query_tokens; ++q) {
      ASSERT_NEAR(fast[q], plain[q], FloatTolerance(s.dim)) << "q " << q << " dim " << s.dim;
    }
    std::vector<float> fast_dots(s.passage_tokens * query.padded), plain_dots(fast_dots.size());
    MaxSimDots(query, rows, fast_dots);
    plain::MaxSimDots(query, rows, plain_dots);
    for (size_t i = 0; i < fast_dots.size(); ++i) {
      ASSERT_NEAR(fast_dots[i], plain_dots[i], FloatTolerance(s.dim)) << i;
    }
  }
}

TEST(MaxSim, Int8EqualsPlain) {
  std::mt19937 random(2);
  for (const Shape& s : kShapes) {
    const MaxSimQuery query =
        PackMaxSimQuery(RandomFloats(s.query_tokens * s.dim, &random), s.query_tokens, s.dim);
    std::vector<int8_t> codes(s.passage_tokens * s.dim);
    for (int8_t& code : codes) code = static_cast<int8_t>(static_cast<int>(random() % 255) - 127);
    std::vector<float> scales(s.passage_tokens);
    for (float& scale : scales) scale = static_cast<float>(random() % 100) * 1e-4f;
    std::vector<float> fast(s.query_tokens), plain(s.query_tokens);
    MaxSimInt8(query, codes, scales, fast);
    plain::MaxSimInt8(query, codes, scales, plain);
    std::vector<float> rows(codes.size());
    for (size_t i = 0; i < rows.size(); ++i) rows[i] = scales[i / s.dim] * codes[i];
    const float tolerance = FloatTolerance(s.dim) + RoundingError(query, rows);
    for (size_t q = 0; q < s.query_tokens; ++q) {
      ASSERT_NEAR(fast[q], plain[q], tolerance) << "q " << q << " dim " << s.dim;
    }
  }
}

ResidualCode SomeCode(size_t dim, size_t bits) {
  ResidualCode code{.dim = dim, .bits = bits, .level_step = 0.01f};
  std::mt19937 random(5);
  code.books.resize(code.token_bytes() * ResidualCode::kEntries * code.group());
  for (int8_t& value : code.books)
    value = static_cast<int8_t>(static_cast<int>(random() % 255) - 127);
  return code;
}

TEST(MaxSim, PackedEqualsPlainAndUnpacked) {
  std::mt19937 random(3);
  constexpr size_t kCentroids = 37;
  for (const size_t bits : {size_t{2}, size_t{4}}) {
    for (const Shape& s : kShapes) {
      const ResidualCode code = SomeCode(s.dim, bits);
      const MaxSimQuery query =
          PackMaxSimQuery(RandomFloats(s.query_tokens * s.dim, &random), s.query_tokens, s.dim);
      const std::vector<float> centroids = RandomFloats(kCentroids * s.dim, &random);
      std::vector<float> dots(kCentroids * query.padded);
      MaxSimDots(query, centroids, dots);
      std::vector<uint16_t> ids(s.passage_tokens);
      std::vector<uint8_t> gains(2 * s.passage_tokens),
          codes(s.passage_tokens * code.token_bytes());
      for (uint16_t& id : ids) id = static_cast<uint16_t>(random() % kCentroids);
      for (uint8_t& gain : gains) gain = static_cast<uint8_t>(random());
      for (uint8_t& byte : codes) byte = static_cast<uint8_t>(random());
      const PackedTokens tokens{.centroids = ids, .gains = gains, .codes = codes};
      // Whole tokens, and what they are without their centroids: that part is multiplied as
      // integers.
      std::vector<float> rows(s.passage_tokens * s.dim), residuals(rows.size());
      const std::vector<float> zero(s.dim);
      for (size_t t = 0; t < s.passage_tokens; ++t) {
        UnpackToken(code, zero, tokens, t, std::span(residuals).subspan(t * s.dim, s.dim));
        UnpackToken(code, std::span(centroids).subspan(ids[t] * s.dim, s.dim), tokens, t,
                    std::span(rows).subspan(t * s.dim, s.dim));
      }
      std::vector<float> fast(s.query_tokens), plain(s.query_tokens), unpacked(s.query_tokens);
      MaxSimPacked(query, code, dots, tokens, fast);
      plain::MaxSimPacked(query, code, dots, tokens, plain);
      plain::MaxSimFloat(query, rows, unpacked);
      for (size_t q = 0; q < s.query_tokens; ++q) {
        const float tolerance = 4 * FloatTolerance(s.dim) + ByteRoundingError(query, residuals);
        ASSERT_NEAR(fast[q], plain[q], tolerance) << "q " << q << " dim " << s.dim;
        ASSERT_NEAR(fast[q], unpacked[q], tolerance) << "q " << q << " dim " << s.dim;
      }
      MaxSimCentroids(query, dots, ids, fast);
      plain::MaxSimCentroids(query, dots, ids, plain);
      ASSERT_EQ(fast, plain);
    }
  }
}

TEST(MaxSim, CodeOfADimensionIsWhereTheHeaderSays) {
  ResidualCode code = SomeCode(/*dim=*/126, /*bits=*/2);
  ASSERT_EQ(code.token_bytes(), 32u);
  std::fill(code.books.begin(), code.books.end(), int8_t{0});
  code.books[(17 * ResidualCode::kEntries + 200) * 4 + 1] = 60;
  std::vector<uint8_t> codes(32);
  codes[17] = 200;
  const uint16_t centroid = 0;
  const uint8_t gains[] = {0, 128};
  const PackedTokens tokens{.centroids = {&centroid, 1}, .gains = gains, .codes = codes};
  std::vector<float> row(126);
  UnpackToken(code, std::vector<float>(126), tokens, 0, row);
  for (size_t d = 0; d < row.size(); ++d) {
    EXPECT_FLOAT_EQ(row[d], d == 69 ? 0.6f : 0.0f) << d;
  }
}

TEST(MaxSim, NothingScoresMinusInfinity) {
  const MaxSimQuery query = PackMaxSimQuery(std::vector<float>(8, 1.0f), 2, 4);
  std::vector<float> best(2);
  MaxSimFloat(query, {}, best);
  EXPECT_EQ(best[0], -std::numeric_limits<float>::infinity());
  MaxSimInt8(query, {}, {}, best);
  EXPECT_EQ(best[1], -std::numeric_limits<float>::infinity());
  // A query without a direction scores 0 everywhere.
  const MaxSimQuery zero = PackMaxSimQuery(std::vector<float>(4), 1, 4);
  MaxSimInt8(zero, std::vector<int8_t>(4, 5), std::vector<float>(1, 1.0f), best);
  EXPECT_EQ(best[0], 0);
}

}  // namespace
}  // namespace sg
