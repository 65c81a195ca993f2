#pragma once
// From candidates to ranked files, each with its chunks in order: the step between retrieval and
// results. Deterministic; ties go by path. Thread-compatible.

#include <optional>
#include <vector>

#include "core/base/status.h"
#include "core/model/static_model.h"
#include "index/rank/chunk_choice.h"
#include "index/rank/features.h"
#include "index/rank/ranking_weights.h"
#include "index/retrieve/retriever.h"
#include "index/retrieve/space_set.h"
#include "index/search/old_versions.h"
#include "index/search/place_resolver.h"

namespace sg {

// What the files are ordered by.
enum class Ranking {
  kDefault,  // the features of docs/ranking.md
  kBm25,     // baselines: the best chunk's keyword score,
  kStatic,   // its similarity,
  kFused,    // or both combined
};

struct RankedChunk {
  ChunkId id = 0;
  double score = 0;                   // orders the chunks of a file
  double bonus = 0;                   // of its definitions
  const SpaceScore* space = nullptr;  // in a further space; null without one
  ChunkScore signals;
  std::optional<ChunkFeatureValues>
      features;  // what the score was made of, for a question in words
};

struct RankedFile {
  const FileRecord* record = nullptr;  // owned by the FileCache
  double score = 0;
  double place_bonus = 0;  // the query names this very file
  uint32_t named_line = 0;
  const SpaceScore* space = nullptr;  // of its best chunk in the further spaces
  FeatureValues features{};
  bool by_features = false;         // RefineChunks has the last word on the order of its chunks
  std::vector<RankedChunk> chunks;  // allowed ones, best first; never empty
};

struct RankingInput {
  const Snapshot& snapshot;
  const Retrieval& retrieval;
  const SearchScope& scope;
  const std::vector<ResolvedPlace>& places;
  Ranking ranking = Ranking::kDefault;
  double document_similarity = 1;       // see FileFacts
  const SpaceScores* spaces = nullptr;  // null without further spaces
  const RankingWeights& weights = CompiledWeights();
};

// Puts the chunks of a file that is shown in their final order: by features, where the question is
// one in words. Costs too much for all candidates.
Status RefineChunks(RankedFile* file, QueryProfile& profile, FileCache* files);

// Returns all candidates, best first.
Result<std::vector<RankedFile>> RankFiles(const RankingInput& input, QueryProfile& profile,
                                          FileCache* files, OldVersions* old_versions);

}  // namespace sg
