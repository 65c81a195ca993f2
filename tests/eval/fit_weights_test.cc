#include "eval/fit_weights.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "index/rank/ranking_weights.h"

namespace sg {
namespace {

// Queries whose wanted candidate is drawn from the softmax of `weights`.
std::vector<JudgedQuery> Draw(size_t count, const FeatureValues& weights, unsigned seed) {
  std::mt19937 random(seed);
  std::uniform_real_distribution<double> uniform(0, 1);
  std::vector<JudgedQuery> queries(count);
  for (JudgedQuery& query : queries) {
    query.candidates.resize(12);
    std::vector<double> shares;
    for (auto& candidate : query.candidates) {
      double score = 0;
      for (size_t i = 0; i < kFeatureCount; ++i) {
        candidate.features[i] = uniform(random);
        score += weights[i] * candidate.features[i];
      }
      shares.push_back(std::exp(score));
    }
    std::discrete_distribution<size_t> draw(shares.begin(), shares.end());
    query.candidates[draw(random)].wanted = 1;
  }
  return queries;
}

std::vector<const JudgedQuery*> Pointers(const std::vector<JudgedQuery>& queries) {
  std::vector<const JudgedQuery*> pointers;
  for (const JudgedQuery& query : queries) pointers.push_back(&query);
  return pointers;
}

TEST(FitWeights, FindsPlantedWeights) {
  const FeatureValues& prior = CompiledWeights().prose;
  FeatureValues planted = prior;
  for (size_t i = 0; i < kFeatureCount; ++i) planted[i] *= i % 2 == 0 ? 2.0 : 0.3;
  const auto queries = Draw(4000, planted, 1);
  const FeatureValues fitted = FitWeights(Pointers(queries), prior, {.prior_queries = 1});
  for (size_t i = 0; i < kFeatureCount; ++i) {
    EXPECT_NEAR(fitted[i], planted[i], 0.5) << kFeatureWeights[i].name;
  }
  const auto fresh = Draw(1000, planted, 2);
  EXPECT_LT(RankingLoss(Pointers(fresh), fitted), RankingLoss(Pointers(fresh), prior) - 0.1);
  EXPECT_NEAR(RankingLoss(Pointers(fresh), fitted), RankingLoss(Pointers(fresh), planted), 0.02);
}

TEST(FitWeights, LittleEvidenceMovesLittle) {
  const FeatureValues& prior = CompiledWeights().prose;
  FeatureValues planted = prior;
  planted[0] += 5;
  const auto queries = Draw(200, planted, 3);
  const auto change = [&](double prior_queries) {
    const auto fitted = FitWeights(Pointers(queries), prior, {.prior_queries = prior_queries});
    return fitted[0] - prior[0];
  };
  EXPECT_GT(change(1), change(30));
  EXPECT_GT(change(30), change(1000));
  EXPECT_GT(change(1000), 0);
  EXPECT_NEAR(change(1e9), 0, 1e-3);
}

// Opposite evidence stops at zero; the rest of the weights is held by the bounds.
TEST(FitWeights, NoWeightChangesItsSign) {
  const FeatureValues& prior = CompiledWeights().prose;
  FeatureValues opposite = prior;
  for (double& weight : opposite) weight = -3 * weight;
  const auto queries = Draw(2000, opposite, 4);
  const FeatureValues fitted = FitWeights(Pointers(queries), prior, {.prior_queries = 1});
  for (size_t i = 0; i < kFeatureCount; ++i) {
    EXPECT_GE(fitted[i] * prior[i], 0) << kFeatureWeights[i].name;
    EXPECT_LE(std::abs(fitted[i]), LargestWeight(kFeatureWeights[i]));
  }
}

// Wanted files that are never tests are no proof that nobody looks for tests.
TEST(FitWeights, WhatIsSeenFromOneSideOnlyStays) {
  const FeatureValues& prior = CompiledWeights().prose;
  const auto test = static_cast<size_t>(Feature::kTest);
  const auto init = static_cast<size_t>(Feature::kInit);
  auto queries = Draw(300, prior, 5);
  size_t at = 0;
  for (JudgedQuery& query : queries) {
    for (auto& candidate : query.candidates) {
      candidate.features[test] = candidate.wanted == 0 && ++at % 2 == 0 ? 1 : 0;
      candidate.features[init] = ++at % 3 == 0 ? 1 : 0;
      candidate.features[0] = 0.5;  // says nothing
    }
  }
  const FeatureValues fitted = FitWeights(Pointers(queries), prior);
  EXPECT_EQ(fitted[test], prior[test]);
  EXPECT_EQ(fitted[0], prior[0]);
  EXPECT_NE(fitted[init], prior[init]);
}

TEST(FitWeights, WithoutEvidenceThePriorStays) {
  const FeatureValues& prior = CompiledWeights().symbol;
  EXPECT_EQ(FitWeights({}, prior), prior);
  std::vector<JudgedQuery> queries = Draw(20, prior, 6);
  for (size_t i = 0; i < queries.size(); ++i) {
    for (auto& candidate : queries[i].candidates) candidate.wanted = i % 2 == 0 ? 0 : 1;
  }
  queries.push_back({});
  for (const JudgedQuery& query : queries) EXPECT_FALSE(query.Teaches());
  EXPECT_EQ(FitWeights(Pointers(queries), prior), prior);
  EXPECT_EQ(RankingLoss(Pointers(queries), prior), 0);
}

TEST(FitWeights, TheSameEvidenceGivesTheSameWeights) {
  const FeatureValues& prior = CompiledWeights().prose;
  FeatureValues planted = prior;
  planted[3] += 2;
  const auto queries = Draw(150, planted, 7);
  EXPECT_EQ(FitWeights(Pointers(queries), prior), FitWeights(Pointers(queries), prior));
}

}  // namespace
}  // namespace sg
