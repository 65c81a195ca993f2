#pragma once
// The weights of the ranking that settings ask for, and how they get into a project's settings file
// and out again. Used by commands only.

#include <optional>
#include <string>

#include "apps/sg/settings.h"
#include "core/base/status.h"
#include "index/rank/ranking_weights.h"

namespace sg {

// What `settings` say about the ranking, checked.
struct RankingChoice {
  std::optional<RankingWeights> weights;  // nullopt: the compiled-in ones
  std::string warning;  // why the weights of the settings are not used; empty if they are
};
RankingChoice ChooseRanking(const Settings& settings);

// The weights as the JSON object of the key "ranking", one a line, and the figures that people
// judge them by.
struct TunedFigures {
  uint64_t queries = 0;
  double ndcg_before = 0, ndcg_after = 0;
};
std::string RenderTunedWeights(const RankingWeights& weights, const TunedFigures& figures);

// Puts `ranking` (from RenderTunedWeights) into the settings file of `root`, or with nullopt takes
// it out; a file that holds nothing else then is deleted. Everything else in it stays as it is.
// Returns whether the file changed.
Result<bool> WriteProjectRanking(const std::string& root,
                                 const std::optional<std::string>& ranking);

}  // namespace sg
