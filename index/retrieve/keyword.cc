#include "index/retrieve/keyword.h"

#include <algorithm>
#include <numeric>

#include "index/retrieve/bm25.h"

namespace sg {
namespace {

struct Posting {
  ChunkId chunk;
  float weighted_tf;
};

// Counts distinct files by stamping them; O(1) a posting whatever the order.
class FileCounter {
 public:
  explicit FileCounter(std::span<const FileId> chunk_files) : chunk_files_(chunk_files) {}

  uint64_t Count(const std::vector<Posting>& postings) {
    ++stamp_;
    uint64_t count = 0;
    for (const Posting& p : postings) {
      const FileId file = chunk_files_[p.chunk];
      if (file >= seen_.size()) seen_.resize(std::max<size_t>(file + 1, 2 * seen_.size()), 0);
      count += seen_[file] != stamp_;
      seen_[file] = stamp_;
    }
    return count;
  }

 private:
  std::span<const FileId> chunk_files_;
  std::vector<uint32_t> seen_;
  uint32_t stamp_ = 0;
};

}  // namespace

Result<KeywordScores> ScoreKeywords(const Snapshot& snapshot, std::span<const std::string> terms,
                                    const SearchScope& scope, const KeywordOptions& options) {
  KeywordScores scores;
  scores.by_chunk.assign(scope.chunk_files.size(), 0.0f);
  SG_ASSIGN_OR_RETURN(const std::span<const uint32_t> row_terms, snapshot.RowTerms());
  const uint64_t rows = snapshot.counts().chunks;
  const double mean = std::max(snapshot.counts().mean_row_terms, 1e-9);
  FileCounter files(scope.chunk_files);
  std::vector<Posting> postings;
  uint64_t read = 0;
  for (const std::string& term : terms) {
    TermStatistics statistics{.term = term};
    postings.clear();
    if (read < options.max_postings) {
      statistics.read = true;
      SG_RETURN_IF_ERROR(snapshot.ScanPostings(term, [&](ChunkId chunk, float weighted_tf) {
        if (chunk < row_terms.size() && chunk < scope.chunk_files.size()) {
          postings.push_back({chunk, weighted_tf});
        }
      }));
    }
    read += postings.size();
    statistics.chunks = postings.size();
    statistics.files = files.Count(postings);
    statistics.idf = Bm25Idf(rows, statistics.chunks);
    for (const Posting& p : postings) {
      if (!scope.AllowsChunk(p.chunk)) continue;
      scores.by_chunk[p.chunk] +=
          static_cast<float>(statistics.idf * Bm25Weight(p.weighted_tf, row_terms[p.chunk], mean));
    }
    scores.terms.push_back(std::move(statistics));
  }
  for (float score : scores.by_chunk) scores.best = std::max(scores.best, score);
  return scores;
}

}  // namespace sg
