#pragma once
// Candidates: both arms over the whole index, joined per chunk and per file, with feedback from the
// best chunks (Rocchio 1971). The recipe: docs/ranking.md. Deterministic. Thread-compatible.

#include <cstdint>
#include <span>
#include <vector>

#include "core/base/status.h"
#include "core/model/embedder.h"
#include "core/model/static_model.h"
#include "index/query/query.h"
#include "index/rank/features.h"
#include "index/retrieve/file_cache.h"
#include "index/retrieve/keyword.h"
#include "index/retrieve/scope.h"
#include "index/retrieve/vectors.h"
#include "index/store/store.h"

namespace sg {

struct RetrievalOptions {
  bool use_keywords = true;
  bool use_vectors = true;
  // Files per candidate list. Default: kCandidatesPerList; more for long result lists.
  size_t candidates_per_list = kCandidatesPerList;
  // Searches with this vector in place of one made of the query's words ("more like this").
  std::vector<float> query_vector;
  // Files that are candidates whatever these arms say (found in further spaces).
  std::vector<FileId> extra_candidates;
  KeywordOptions keywords;
  VectorScanOptions vectors;
};

struct ChunkScore {
  ChunkId chunk = 0;
  FileId file = 0;
  float keyword = 0;   // BM25
  float semantic = 0;  // mm(X.q)
  float cosine = 0;    // X.q
  float feedback = 0;  // mm(X.q')
  float combined = 0;  // c in docs/ranking.md
};

struct FileCandidate {
  FileId file = 0;
  FileSignals signals;
};

class Retrieval {
 public:
  // In order of FileId.
  const std::vector<FileCandidate>& files() const { return files_; }
  // The best chunks of the index by combined score, best first, at most kDensityChunks.
  const std::vector<ChunkScore>& best_chunks() const { return best_chunks_; }
  // Statistics of the query's terms, in its order.
  const std::vector<TermStatistics>& terms() const { return terms_; }
  // For each of query.stems the number of chunks that hold it.
  std::vector<uint64_t> StemChunks(const Query& query) const;

  ChunkScore Chunk(ChunkId id) const;

 private:
  friend class RetrievalRun;

  std::vector<TermStatistics> terms_;
  KeywordScores keywords_;
  std::span<const FileId> chunk_files_;
  Similarities similarity_;  // X.q, by ChunkId
  ValueRange similarity_range_;
  Similarities feedback_;  // X.q', by ChunkId
  ValueRange feedback_range_;
  std::vector<ChunkScore> best_chunks_;
  std::vector<FileCandidate> files_;
};

// `embedder` made the index's vectors; `files` serves the chunks that feedback reads.
// kInvalidArgument if options.query_vector does not fit the index.
Result<Retrieval> Retrieve(const Snapshot& snapshot, const Embedder& embedder, const Query& query,
                           const SearchScope& scope, const RetrievalOptions& options,
                           FileCache* files);

}  // namespace sg
