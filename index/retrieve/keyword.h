#pragma once
// The keyword arm: BM25 over the index's posting lists. Thread-compatible, like the snapshot that
// it reads.

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "core/base/status.h"
#include "index/retrieve/scope.h"
#include "index/store/store.h"

namespace sg {

struct TermStatistics {
  std::string term;
  uint64_t chunks = 0;  // that hold the term
  uint64_t files = 0;   // that hold the term; 0 if the term was not read
  double idf = 0;       // Bm25Idf
  bool read = false;    // false: skipped as too common, or beyond the posting budget
};

struct KeywordScores {
  std::vector<float> by_chunk;  // [ChunkId]; 0: no term, or not allowed
  float best = 0;
};

struct KeywordOptions {
  // Postings read at most, rarest terms first; a term that would go beyond is left out. Keeps the
  // time bounded on very large indexes.
  // Default: enough for every term of a usual query over 100,000 chunks.
  uint64_t max_postings = 4'000'000;
};

// The posting lists of a query's terms.
struct KeywordPostings {
  std::vector<TermStatistics> terms;            // in the order of the query
  std::vector<size_t> order;                    // of reading; scores are summed in it
  std::vector<std::vector<TermPosting>> lists;  // [terms]; empty where not read
};

// Reads the lists and counts; what is left to do, ScoreKeywords, reads nothing and can run beside
// other uses of the snapshot.
Result<KeywordPostings> ReadKeywords(const Snapshot& snapshot, std::span<const std::string> terms,
                                     const SearchScope& scope, const KeywordOptions& options);

// `row_terms` is Snapshot::RowTerms(), `mean_row_terms` of its counts. Pure.
KeywordScores ScoreKeywords(const KeywordPostings& postings, const SearchScope& scope,
                            std::span<const uint16_t> row_terms, double mean_row_terms);

// [FileId] the best score of a file's chunks, 0 without any.
std::vector<float> BestOfFiles(const KeywordScores& scores, const SearchScope& scope);

}  // namespace sg
