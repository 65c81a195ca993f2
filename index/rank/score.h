#pragma once
// From features to one number and back to its parts, and the choice of the chunk that stands for a
// file. Pure; callable from any thread.

#include "extract/chunk.h"
#include "index/rank/explanation.h"
#include "index/rank/features.h"
#include "index/rank/ranking_weights.h"
#include "index/rank/weights.h"

namespace sg {

// Returns the sum of weight x feature; `one_word` selects the symbol weights.
double ScoreFeatures(const FeatureValues& values, bool one_word,
                     const RankingWeights& weights = CompiledWeights());

// The same sum as a tree: one part per feature that is not zero, the largest first.
Explanation ExplainFeatures(const FeatureValues& values, bool one_word,
                            const RankingWeights& weights = CompiledWeights());

// Returns the bonus of a chunk in which the definition starts. Added to the chunk's combined score
// when the best chunk of a file is chosen.
double DefinitionBonus(const MatchedDefinition& matched);

}  // namespace sg
