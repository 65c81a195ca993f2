#include "index/retrieve/keyword.h"

#include <algorithm>
#include <numeric>

#include "core/text/words.h"
#include "index/retrieve/bm25.h"

namespace sg {
namespace {

// The chunks of a file have neighbouring ids, and postings ascend.
uint64_t CountFiles(const std::vector<TermPosting>& postings, std::span<const FileId> chunk_files) {
  uint64_t count = 0;
  FileId last = 0;
  for (const TermPosting& p : postings) {
    const FileId file = chunk_files[p.chunk];
    count += file != last;
    last = file;
  }
  return count;
}

// Bm25Weight for small arguments, computed once: the divisions were a large part of a search.
class WeightTable {
 public:
  explicit WeightTable(double mean_row_terms) : mean_row_terms_(mean_row_terms) {}

  double Weight(float weighted_tf, uint16_t row_terms) const {
    const auto weight = static_cast<size_t>(weighted_tf);
    if (row_terms < rows_ && weight < kWeights) return table_[weight * kRows + row_terms];
    return Bm25Weight(weighted_tf, row_terms, mean_row_terms_);
  }

  // Worth it for more weights than the table has.
  void Fill() {
    if (rows_ != 0) return;
    table_.resize(kWeights * kRows);
    for (size_t weight = 0; weight < kWeights; ++weight) {
      for (size_t row = 0; row < kRows; ++row) {
        table_[weight * kRows + row] =
            Bm25Weight(static_cast<double>(weight), static_cast<double>(row), mean_row_terms_);
      }
    }
    rows_ = kRows;
  }
  static constexpr size_t kSize() { return kWeights * kRows; }

 private:
  static constexpr size_t kWeights = 8, kRows = 1024;
  const double mean_row_terms_;
  size_t rows_ = 0;
  std::vector<double> table_;  // [weighted_tf, row_terms]
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

Result<KeywordPostings> ReadKeywords(const Snapshot& snapshot, std::span<const std::string> terms,
                                     const SearchScope& scope, const KeywordOptions& options) {
  KeywordPostings out{.order = ReadingOrder(terms)};
  out.terms.resize(terms.size());
  out.lists.resize(terms.size());
  const uint64_t rows = snapshot.counts().chunks;
  uint64_t read = 0;
  std::vector<TermPosting> postings;
  for (size_t i : out.order) {
    TermStatistics& statistics = out.terms[i];
    statistics.term = terms[i];
    statistics.read = read < options.max_postings;
    if (!statistics.read) continue;
    postings.clear();
    SG_RETURN_IF_ERROR(snapshot.ReadPostings(terms[i], &postings));
    out.lists[i] = postings;  // a copy of its size: growing leaves twice the memory touched
    read += postings.size();
    statistics.chunks = postings.size();
    statistics.files = CountFiles(postings, scope.chunk_files);
    statistics.idf = Bm25Idf(rows, statistics.chunks);
  }
  return out;
}

KeywordScores ScoreKeywords(const KeywordPostings& postings, const SearchScope& scope,
                            std::span<const uint16_t> row_terms, double mean_row_terms) {
  KeywordScores scores;
  scores.by_chunk.assign(scope.chunk_files.size(), 0.0f);
  WeightTable weights(std::max(mean_row_terms, 1e-9));
  for (size_t i : postings.order) {
    const double idf = postings.terms[i].idf;
    const std::vector<TermPosting>& list = postings.lists[i];
    if (list.size() > WeightTable::kSize()) weights.Fill();
    for (const TermPosting& p : list) {
      if (!scope.AllowsChunk(p.chunk)) continue;
      float& score = scores.by_chunk[p.chunk];
      score += static_cast<float>(idf * weights.Weight(p.weighted_tf, row_terms[p.chunk]));
      scores.best = std::max(scores.best, score);  // scores only grow
    }
  }
  return scores;
}

std::vector<float> BestOfFiles(const KeywordScores& scores, const SearchScope& scope) {
  std::vector<float> by_file(scope.file_limit, 0.0F);
  // No branch on the score: about half of the chunks hold a word of a sentence.
  for (ChunkId chunk = 0; chunk < scores.by_chunk.size(); ++chunk) {
    float& slot = by_file[scope.chunk_files[chunk]];
    slot = std::max(slot, scores.by_chunk[chunk]);
  }
  return by_file;
}

}  // namespace sg
