#include "index/rank/ranking_weights.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <set>

#include "index/rank/score.h"

namespace sg {
namespace {

TunedWeights Written() {
  return {.version = kTunedWeightsVersion,
          .queries = 60,
          .prose = NameWeights(CompiledWeights().prose)};
}

TEST(RankingWeights, KeysAreReadableAndDistinct) {
  std::set<std::string> keys;
  for (const FeatureWeight& row : kFeatureWeights) {
    const std::string key = WeightKey(row);
    EXPECT_TRUE(keys.insert(key).second) << key;
    EXPECT_EQ(key.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_"), std::string::npos)
        << key;
  }
  EXPECT_TRUE(keys.contains("keyword_score_of_the_best_chunk"));
}

TEST(RankingWeights, TheCompiledOnesAreWithinBounds) {
  for (const FeatureWeight& row : kFeatureWeights) {
    EXPECT_LE(std::abs(row.prose), LargestWeight(row)) << row.name;
    EXPECT_LE(std::abs(row.symbol), LargestWeight(row)) << row.name;
  }
  EXPECT_EQ(ResolveWeights(Written())->prose, CompiledWeights().prose);
}

TEST(RankingWeights, AreUsedAndSaidInExplanations) {
  TunedWeights tuned = Written();
  tuned.prose[0].second += 1;
  const Result<RankingWeights> weights = ResolveWeights(tuned);
  ASSERT_TRUE(weights.ok());
  FeatureValues values{};
  values[0] = 1;
  EXPECT_DOUBLE_EQ(ScoreFeatures(values, /*one_word=*/false, *weights),
                   ScoreFeatures(values, /*one_word=*/false) + 1);
  EXPECT_EQ(ScoreFeatures(values, /*one_word=*/true, *weights),
            ScoreFeatures(values, /*one_word=*/true));
  EXPECT_EQ(ExplainFeatures(values, false, *weights).detail, "prose weights, tuned on 60 queries");
  EXPECT_EQ(ExplainFeatures(values, true, *weights).detail, "symbol weights");
}

TEST(RankingWeights, HostileOnesAreRefused) {
  const auto code = [](const TunedWeights& tuned) { return ResolveWeights(tuned).status().code(); };
  TunedWeights tuned = Written();
  tuned.version = 2;
  EXPECT_EQ(code(tuned), StatusCode::kUnsupported);
  tuned = Written();
  tuned.prose.back().first = "sales_rank";
  EXPECT_EQ(code(tuned), StatusCode::kUnsupported);
  tuned = Written();
  tuned.prose.back() = tuned.prose.front();  // one twice, one missing
  EXPECT_EQ(code(tuned), StatusCode::kUnsupported);
  tuned = Written();
  tuned.prose.pop_back();
  EXPECT_EQ(code(tuned), StatusCode::kUnsupported);
  for (const double bad : {1e9, -41.0, std::numeric_limits<double>::infinity(),
                           std::numeric_limits<double>::quiet_NaN()}) {
    tuned = Written();
    tuned.prose.front().second = bad;
    EXPECT_EQ(code(tuned), StatusCode::kInvalidArgument) << bad;
  }
  EXPECT_EQ(code({.version = kTunedWeightsVersion}), StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace sg
