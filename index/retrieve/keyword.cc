#include "index/retrieve/keyword.h"

#include <algorithm>
#include <numeric>

#include "core/text/words.h"
#include "index/retrieve/bm25.h"

namespace sg {
namespace {

struct WeightedChunk {
  ChunkId chunk;
  float weighted_tf;
};

// Counts distinct files by stamping them; O(1) a posting whatever the order.
class FileCounter {
 public:
  explicit FileCounter(std::span<const FileId> chunk_files) : chunk_files_(chunk_files) {}

  uint64_t Count(const std::vector<WeightedChunk>& postings) {
    ++stamp_;
    uint64_t count = 0;
    for (const WeightedChunk& p : postings) {
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

// Whole identifiers are rare, stop words are everywhere: the likely shortest lists first, so that a
// posting budget cuts what tells least.
std::vector<size_t> ReadingOrder(std::span<const std::string> terms) {
  const auto rank = [&](size_t i) {
    const std::string_view term = terms[i];
    if (term.starts_with("=")) return IsStopWord(term.substr(1)) ? 2 : 0;
    return IsStopWord(term) ? 3 : 1;
  };
  std::vector<size_t> order(terms.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](size_t a, size_t b) { return rank(a) < rank(b); });
  return order;
}

}  // namespace

Result<KeywordScores> ScoreKeywords(const Snapshot& snapshot, std::span<const std::string> terms,
                                    const SearchScope& scope, const KeywordOptions& options) {
  KeywordScores scores;
  scores.by_chunk.assign(scope.chunk_files.size(), 0.0f);
  SG_ASSIGN_OR_RETURN(const std::span<const uint32_t> row_terms, snapshot.RowTerms());
  const uint64_t rows = snapshot.counts().chunks;
  const double mean = std::max(snapshot.counts().mean_row_terms, 1e-9);
  FileCounter files(scope.chunk_files);
  std::vector<WeightedChunk> postings;
  uint64_t read = 0;
  scores.terms.resize(terms.size());
  for (size_t i : ReadingOrder(terms)) {
    TermStatistics& statistics = scores.terms[i];
    statistics.term = terms[i];
    statistics.read = read < options.max_postings;
    if (!statistics.read) continue;
    postings.clear();
    SG_RETURN_IF_ERROR(snapshot.ScanPostings(terms[i], [&](ChunkId chunk, float weighted_tf) {
      if (chunk < row_terms.size() && chunk < scope.chunk_files.size()) {
        postings.push_back({chunk, weighted_tf});
      }
    }));
    read += postings.size();
    statistics.chunks = postings.size();
    statistics.files = files.Count(postings);
    statistics.idf = Bm25Idf(rows, statistics.chunks);
    for (const WeightedChunk& p : postings) {
      if (!scope.AllowsChunk(p.chunk)) continue;
      scores.by_chunk[p.chunk] +=
          static_cast<float>(statistics.idf * Bm25Weight(p.weighted_tf, row_terms[p.chunk], mean));
    }
  }
  for (float score : scores.by_chunk) scores.best = std::max(scores.best, score);
  return scores;
}

}  // namespace sg
