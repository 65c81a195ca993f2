#pragma once
// Searches the further spaces of an index: for each, a first look at all passages, a better one at
// the best of them, and scores that may be compared between spaces (docs/multivector.md "Scoring",
// docs/routing.md "Calibration"). Deterministic. Thread-compatible.

#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/base/status.h"
#include "core/model/embedder.h"
#include "index/query/query.h"
#include "index/query/route.h"
#include "index/retrieve/scope.h"
#include "index/store/space_store.h"
#include "index/store/store.h"

namespace sg {

struct SpaceSearchOptions {
  // Passages whose codes are read after the first look, and of these those that are decoded and
  // scored exactly.
  size_t coded = 4096;
  size_t exact = 128;
  // Above this many passages, tokens whose centroid is near no query token are passed over in the
  // first look (PLAID's centroid pruning); what they might have added is imputed (XTR).
  size_t prune_above = 100'000;
  // Share of the centroids that survive pruning.
  double kept_centroids = 0.05;
};

// A score in [0, 1] for one that lies `z` standard deviations above the mean of its space, larger
// for larger ones above 0 (docs/routing.md "Calibration").
double CalibratedScore(double z);

// How a query token was answered in a passage.
struct TokenAlignment {
  uint32_t query_begin = 0, query_end = 0;  // bytes of the query; equal: a token without text
  uint32_t line = 0;                        // 1-based within the chunk's own text; 0: before it
  float score = 0;
};

// A chunk in the space that holds it.
struct SpaceScore {
  const SpaceInfo* space = nullptr;
  double raw = 0;         // MaxSim / query tokens, or cosine
  double calibrated = 0;  // in [0, 1]
  double weight = 0;      // RouteWeight
  double value() const { return weight * calibrated; }
};

class SpaceScores {
 public:
  Route query_route() const { return route_; }
  // Null if no space scored the chunk (or none is above average).
  const SpaceScore* Find(ChunkId chunk) const;
  // Chunks with a score, best value first.
  const std::vector<ChunkId>& best_chunks() const { return best_; }

 private:
  friend class SpaceSet;
  Route route_ = Route::kText;
  std::unordered_map<ChunkId, SpaceScore> by_chunk_;
  std::vector<ChunkId> best_;
};

class SpaceSet {
 public:
  // Reads what first looks need. `snapshot` is of the same database; spaces that belong to another
  // state of the index are left out (stale_spaces).
  static Result<std::unique_ptr<SpaceSet>> Open(const std::string& db_path,
                                                const Snapshot& snapshot,
                                                const SpaceSearchOptions& options = {});
  ~SpaceSet();

  bool empty() const { return arms_.empty(); }
  // The spaces to be searched; each needs an embedder.
  std::vector<const SpaceInfo*> spaces() const;
  const std::vector<std::string>& stale_spaces() const { return stale_; }

  // `embedder` must outlive the set. Returns false if it is not of this space (model or revision).
  bool Attach(const SpaceInfo& space, const Embedder& embedder);

  // Scores the allowed chunks of all spaces that have an embedder.
  Result<SpaceScores> Score(const Query& query, const SearchScope& scope) const;

  // For the query that Score was last called with, how its tokens were answered by `chunk`; empty
  // for single-vector spaces and chunks in no space.
  Result<std::vector<TokenAlignment>> Align(ChunkId chunk) const;

 private:
  struct Arm;
  SpaceSet() = default;

  SpaceSearchOptions options_;
  std::unique_ptr<SpaceReader> reader_;
  std::vector<std::unique_ptr<Arm>> arms_;
  std::vector<std::string> stale_;
};

}  // namespace sg
