#pragma once
// A set of weights for the features of ranking: the compiled-in ones (index/rank/weights.h), or
// those that `sg tune rank` fitted to one project and wrote into its settings file. The latter may
// come from a stranger's source tree, so they are checked here before anything uses them. Pure;
// callable from any thread.

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "core/base/status.h"
#include "index/rank/weights.h"

namespace sg {

struct RankingWeights {
  FeatureValues prose{};
  FeatureValues symbol{};    // for queries of one word
  std::string prose_origin;  // "tuned on 212 queries"; empty: compiled in
  std::string symbol_origin;

  const FeatureValues& For(bool one_word) const { return one_word ? symbol : prose; }
  const std::string& OriginFor(bool one_word) const {
    return one_word ? symbol_origin : prose_origin;
  }
};

const RankingWeights& CompiledWeights();

// The name of a weight in settings files, made of what it means:
// "keyword_score_of_the_best_chunk".
std::string WeightKey(const FeatureWeight& row);

// The largest magnitude that a weight may have: no feature adds more than kMostContribution to a
// score or takes more from it, so that files which a query names stay first.
inline constexpr double kMostContribution = 40;
double LargestWeight(const FeatureWeight& row);

// Changes with the meaning of the weights in settings files.
inline constexpr uint64_t kTunedWeightsVersion = 1;

// Weights as a settings file says them, unchecked.
struct TunedWeights {
  using Named = std::vector<std::pair<std::string, double>>;  // WeightKey -> weight
  uint64_t version = 0;
  uint64_t queries = 0;    // that they were fitted on; for people
  Named prose, symbol;     // empty: compiled in
  bool malformed = false;  // holds what no version of this program writes
};

// The weights to rank with. kUnsupported: other version, or the names are not those of this
// program's features; kInvalidArgument: a weight is out of bounds or not finite.
Result<RankingWeights> ResolveWeights(const TunedWeights& tuned);

// `weights` by name, in the order of the features.
TunedWeights::Named NameWeights(const FeatureValues& weights);

}  // namespace sg
