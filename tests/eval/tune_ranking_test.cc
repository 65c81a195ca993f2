#include "eval/tune_ranking.h"

#include <gtest/gtest.h>

#include <random>

namespace sg {
namespace {

// Queries of which each has ten candidates; the wanted one is the best by the compiled-in weights,
// or with `taste` the one whose first feature is largest.
std::vector<TuneQuery> Queries(size_t count, bool taste) {
  std::mt19937 random(1);
  std::uniform_real_distribution<double> uniform(0, 1);
  std::vector<TuneQuery> queries(count);
  for (size_t q = 0; q < count; ++q) {
    TuneQuery& query = queries[q];
    query.group = "file" + std::to_string(q / 2);
    size_t best = 0;
    for (size_t c = 0; c < 10; ++c) {
      JudgedQuery::Candidate candidate;
      for (double& value : candidate.features) value = uniform(random);
      query.judged.candidates.push_back(candidate);
      query.spans.push_back({.path = "f" + std::to_string(c), .lines = {.begin = 1, .end = 9}});
      if (candidate.features[0] > query.judged.candidates[best].features[0]) best = c;
    }
    if (!taste) best = uniform(random) < .5 ? 0 : 1;
    query.judged.candidates[best].wanted = 1;
    query.targets.push_back({.path = query.spans[best].path});
  }
  return queries;
}

TEST(TuneRanking, FindsATaste) {
  const TuneReport report = TuneRanking(Queries(200, /*taste=*/true), {});
  EXPECT_EQ(report.refusal, "");
  EXPECT_EQ(report.usable, 200U);
  EXPECT_EQ(report.groups, 100U);
  EXPECT_GT(report.difference.low, 0);
  EXPECT_GT(report.ndcg_after, report.ndcg_before);
  EXPECT_GT(report.weights.prose[0], CompiledWeights().prose[0]);
  EXPECT_EQ(report.weights.prose_origin, "tuned on 200 queries");
  EXPECT_EQ(report.weights.symbol, CompiledWeights().symbol);  // no query of one word
}

TEST(TuneRanking, SaysTheSameTwice) {
  const std::vector<TuneQuery> queries = Queries(120, /*taste=*/true);
  const TuneReport a = TuneRanking(queries, {}), b = TuneRanking(queries, {});
  EXPECT_EQ(a.weights.prose, b.weights.prose);
  EXPECT_EQ(a.difference.low, b.difference.low);
}

TEST(TuneRanking, RefusesNoise) {
  const TuneReport report = TuneRanking(Queries(200, /*taste=*/false), {});
  EXPECT_NE(report.refusal.find("no sure gain"), std::string::npos) << report.refusal;
  EXPECT_LE(report.difference.low, 0);
}

TEST(TuneRanking, RefusesThinEvidence) {
  const auto refusal = [](std::vector<TuneQuery> queries, const TuneOptions& options = {}) {
    return TuneRanking(queries, options).refusal;
  };
  EXPECT_NE(refusal({}).find("too few queries: 0 of 0"), std::string::npos);
  EXPECT_NE(refusal(Queries(kFewestTuneQueries - 1, true)).find("too few queries: 49 of 49"),
            std::string::npos);
  std::vector<TuneQuery> one_file = Queries(200, true);
  for (TuneQuery& query : one_file) query.group = "same";
  EXPECT_NE(refusal(one_file).find("too few files"), std::string::npos);
  EXPECT_NE(refusal(one_file, {.by_folder = true}).find("too few folders"), std::string::npos);
  std::vector<TuneQuery> not_found = Queries(200, true);
  for (TuneQuery& query : not_found) query.judged.candidates.clear(), query.spans.clear();
  EXPECT_NE(refusal(not_found).find("too few queries: 0 of 200"), std::string::npos);
}

// Comments are not what people ask.
TEST(TuneRanking, MadeQueriesNeedConsent) {
  std::vector<TuneQuery> queries = Queries(200, true);
  for (TuneQuery& query : queries) query.made = true;
  EXPECT_NE(TuneRanking(queries, {}).refusal.find("200 of 200 queries were made"),
            std::string::npos);
  EXPECT_EQ(TuneRanking(queries, {.accept_made = true}).refusal, "");
  for (size_t i = 0; i < 120; ++i) queries[i].made = false;
  EXPECT_EQ(TuneRanking(queries, {}).refusal, "");
}

}  // namespace
}  // namespace sg
