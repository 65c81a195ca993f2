#pragma once
// Which chunk of a file answers a question in words: about a dozen numbers a chunk, and their
// weighted sum (docs/ranking.md "The chunk of a file"). Names alone are asked for in another way:
// see DefinitionBonus (index/rank/score.h). Pure. Thread-compatible.

#include <string_view>
#include <vector>

#include "extract/chunk.h"
#include "index/rank/features.h"
#include "index/rank/weights.h"

namespace sg {

// What retrieval knows of a chunk, each in [0, 1].
struct ChunkSignals {
  double semantic = 0;  // mm(X.q)
  double feedback = 0;  // mm(X.q')
};

// `matched`: the chunk's definitions as the query sees them. The feature that needs the text stays
// 0: see SignatureCoverage.
ChunkFeatureValues ComputeChunkFeatures(QueryProfile& profile, const Chunk& chunk,
                                        const std::vector<MatchedDefinition>& matched,
                                        const ChunkSignals& signals);

// The largest idf share of the query's topic in the name and the first lines of a definition that
// starts in the chunk. O(words of these lines).
double SignatureCoverage(QueryProfile& profile, const Chunk& chunk, std::string_view text);

// Returns the sum of weight x feature; about 1 apart are chunks of which the better one is right
// e times as often.
double ScoreChunk(const ChunkFeatureValues& values);

}  // namespace sg
