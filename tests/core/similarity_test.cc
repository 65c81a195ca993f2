#include "core/model/similarity.h"

#include <gtest/gtest.h>

#include <vector>

namespace sg {
namespace {

TokenEmbeddings Tokens(const std::vector<std::vector<float>>& rows) {
  TokenEmbeddings tokens;
  tokens.vectors = Matrix(rows.size(), rows.empty() ? 2 : rows[0].size());
  for (size_t i = 0; i < rows.size(); ++i) {
    std::copy(rows[i].begin(), rows[i].end(), tokens.vectors.row(i).begin());
  }
  return tokens;
}

TEST(Similarity, CosineDoesNotDependOnLength) {
  const std::vector<float> a = {3, 4}, b = {8, 6}, zero = {0, 0};
  EXPECT_FLOAT_EQ(CosineSimilarity(a, b), 0.96f);
  EXPECT_FLOAT_EQ(CosineSimilarity(a, a), 1.0f);
  EXPECT_EQ(CosineSimilarity(a, zero), 0.0f);
}

TEST(Similarity, EveryQueryTokenTakesItsBest) {
  const TokenEmbeddings query = Tokens({{1, 0}, {0, 1}, {-1, 0}});
  const TokenEmbeddings passage = Tokens({{0.6f, 0.8f}, {0.8f, 0.6f}, {0.8f, 0.6f}});
  const MaxSimScore score = AlignTokens(query, passage);
  ASSERT_EQ(score.tokens.size(), 3u);
  EXPECT_EQ(score.tokens[0].passage_token, 1u);  // of equal ones the earlier
  EXPECT_EQ(score.tokens[1].passage_token, 0u);
  EXPECT_FLOAT_EQ(score.tokens[2].similarity, -0.6f);
  EXPECT_FLOAT_EQ(score.sum, 0.8f + 0.8f - 0.6f);
  EXPECT_EQ(AlignTokens(query, Tokens({})).sum, 0.0f);
  EXPECT_TRUE(AlignTokens(Tokens({}), passage).tokens.empty());
}

}  // namespace
}  // namespace sg
