#pragma once
// Search: parse the query, retrieve candidates from both arms, rank files by features, choose the
// best chunk of each. The recipe and its measurements: docs/ranking.md. Deterministic: the same
// index and query give the same results.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/base/status.h"
#include "core/model/embedder.h"
#include "core/model/static_model.h"
#include "index/rank/explanation.h"
#include "index/rank/ranking_weights.h"
#include "index/rank/weights.h"
#include "index/store/store.h"

namespace sg {

class SpaceSet;

enum class SearchMode { kHybrid, kSemantic, kKeyword };

struct SearchOptions {
  SearchMode mode = SearchMode::kHybrid;
  size_t max_results = 10;         // -k
  size_t max_chunks_per_file = 3;  // further chunks nested under a result
  std::optional<double> min_score;
  bool explain = false;
  // Returns every file that was ranked, whatever max_results says and however little it has to do
  // with the query, and max_chunks_per_file chunks of each, however far: for fitting the weights.
  bool every_candidate = false;
  // Filters, applied before ranking.
  std::vector<std::string> paths;  // path prefixes relative to the index root
  std::vector<std::string> include_globs, exclude_globs;  // gitignore syntax
  std::vector<std::string> languages;                     // Language::name
  std::optional<std::string> regex;  // RE2 syntax: the chunk must contain a match
  bool regex_is_literal = false;     // -F
  bool whole_words = false;          // -w
  bool ignore_case = false;          // -i
  // Where the regex or a quoted phrase may be in more files than this, by the literals in it, their
  // texts are read in the order of their keyword scores, until a tenth of this number of files
  // (and twice max_results) match. Bounds the time; every result matches all the same.
  size_t pattern_files = 1000;
  // --like FILE:LINE: search with the chunk at that place instead of a query text.
  std::optional<std::pair<std::string, uint32_t>> like;
  // Ablations and baselines (docs/ranking.md "Reproducing the baselines"): "default", "bm25",
  // "static", "fused".
  std::string ranking = "default";
  std::optional<RankingWeights> weights;  // instead of the compiled-in ones
};

struct SearchHit {
  ChunkId chunk = 0;
  uint32_t line_begin = 0, line_end = 0;
  std::string symbol;  // "Class.method" of the definition asked for, else of the main one, or empty
  std::string kind;    // DefinitionKindName, "text" without a definition
  double score = 0;    // of the chunk within its file
  std::optional<ChunkFeatureValues> features;  // what it was made of, for questions in words
  std::string text;                            // the chunk's lines
  // 1-based lines within [line_begin, line_end] that carry the match, best first, and byte ranges
  // to highlight.
  struct LineMatch {
    uint32_t line = 0;
    std::vector<std::pair<uint32_t, uint32_t>> spans;  // byte offsets within the line
  };
  std::vector<LineMatch> matches;
};

struct SearchResult {
  std::string path;  // relative to the index root
  std::string language;
  double score = 0;  // z of the file, higher is better; comparable within one query only
  SearchHit best;
  std::vector<SearchHit> more;  // further chunks of the same file, best first
  // Probability that this file is wanted, in [0, 1] (docs/ranking.md "Confidence"); nullopt where
  // it was not calibrated: baselines, one arm alone, filters, prose, other models.
  std::optional<double> confidence;
  Explanation explanation;    // filled if asked for
  FeatureValues features{};   // of the default ranking
  double cosine = 0;          // X.q of the best chunk
  double topic_coverage = 0;  // idf share of the topic in the best chunk; with confidence only
};

struct SearchResponse {
  std::vector<SearchResult> results;
  // Nothing in the index has to do with the query: `results` is empty, and this is what came
  // nearest. SearchOptions::min_score, if given, decides instead.
  std::optional<SearchResult> near_miss;
  std::string query_kind;  // "symbol", "prose", "path", "trace", "phrase", "cjk", "like"
  uint64_t files_searched = 0, chunks_searched = 0;
};

class Searcher {
 public:
  // `embedder` must match the snapshot's space (kInvalidArgument names both otherwise). `lexical`
  // is the bundled static model, used for path and name similarity; it may be the same model.
  // `spaces` are the further spaces of the same index, or null. All must outlive the searcher.
  static Result<std::unique_ptr<Searcher>> Open(std::unique_ptr<Snapshot> snapshot,
                                                const Embedder& embedder,
                                                const StaticModel& lexical,
                                                const SpaceSet* spaces = nullptr);
  virtual ~Searcher() = default;
  virtual const Snapshot& snapshot() const = 0;
  // kInvalidArgument: bad regex (with position), unknown language or path. No results is not an
  // error.
  virtual Result<SearchResponse> Search(const std::string& query, const SearchOptions& options) = 0;
};

}  // namespace sg
