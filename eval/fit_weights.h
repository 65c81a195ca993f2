#pragma once
// Fits the weights of ranking (index/rank) to judged queries: a conditional logit over the
// candidate files of a query (McFadden 1974), held near the weights that one starts from. The same
// model as tools/rank/fit.py, which fitted the compiled-in weights; here the prior is those weights
// instead of zero. Pure and deterministic; callable from any thread.

#include <cstddef>
#include <span>
#include <vector>

#include "index/rank/weights.h"

namespace sg {

// One query: its candidates, and which of them were wanted.
struct JudgedQuery {
  struct Candidate {
    FeatureValues features{};
    double offset = 0;  // part of the score that no weight touches
    double wanted = 0;  // >= 0
  };
  std::vector<Candidate> candidates;
  double weight = 1;  // how much of a query's voice it has; > 0

  // Whether anything can be learned from it: some candidates are wanted and some are not.
  bool Teaches() const;
};

struct FitOptions {
  // The prior speaks with the voice of this many queries: the penalty is half of it times the
  // squared change of a weight, in units of what one standard deviation of the feature adds.
  // Origin: cross-validated gains on queries made from 16 repositories hardly differ from 3 to 100
  // and fall beyond (docs/evaluation.md "Tuning").
  double prior_queries = 30;
};

// Returns the weights that minimise -sum over queries of log softmax(score) of the wanted
// candidates plus the penalty. No weight changes its sign (what is 0 may go either way) or leaves
// the bounds of LargestWeight; those stay as they are that the queries say nothing about, or only
// one side of: a feature must differ between candidates, and be seen on and off in wanted ones
// (queries made of comments never want a test file, which does not mean that nobody does).
// O(queries * candidates * features^2). What is learned is rounded to thousandths, as people read
// it.
FeatureValues FitWeights(std::span<const JudgedQuery* const> queries, const FeatureValues& prior,
                         const FitOptions& options = {});

// Mean over the queries that teach of -log softmax(score) of the wanted candidates.
double RankingLoss(std::span<const JudgedQuery* const> queries, const FeatureValues& weights);

}  // namespace sg
