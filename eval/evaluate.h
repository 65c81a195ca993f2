#pragma once
// Asks every query of a spec and scores the answers, for one model and any number of systems (ways
// of searching). Deterministic but for times. Prints nothing; progress goes to a callback.

#include <atomic>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/status.h"
#include "core/model/embedder.h"
#include "core/model/static_model.h"
#include "eval/corpus_index.h"
#include "eval/metrics.h"
#include "eval/spec.h"
#include "index/search/searcher.h"

namespace sg {

// One way of searching.
struct System {
  std::string name;  // in tables
  SearchMode mode = SearchMode::kHybrid;
  std::string ranking = "default";  // SearchOptions::ranking
  // Name of a ranking feature to leave out (index/rank/weights.h), or empty. The candidates and
  // the choice of chunks stay; the best kAblationDepth files are put in order anew.
  std::string without;
  bool tuned = false;  // rank with EvaluateOptions::tuned_weights
};

inline constexpr size_t kAblationDepth = 30;

// "hybrid", "semantic" or "keyword"; kInvalidArgument otherwise.
Result<System> SystemOfMode(std::string_view mode);

// The name of the system that AblationSystems compares the others with.
inline constexpr char kWholeRanking[] = "hybrid: whole ranking";

// keyword, semantic, the plain fusion of both, the whole ranking, and it without each feature.
std::vector<System> AblationSystems();

struct QueryOutcome {
  size_t number = 0;  // in the spec
  std::string text, category;
  std::vector<Target> targets;    // symbols resolved
  std::vector<RankedSpan> found;  // at most k
  std::vector<size_t> ranks;      // of each target, chunk level; 0: not found
  Scores chunk, file;
  LinePrecision lines;
  double latency_ms = 0;  // one search in this process, the index open and read before
};

struct CorpusOutcome {
  std::string name, language;
  uint64_t files = 0, chunks = 0;
  double index_seconds = 0;
  bool index_reused = false;  // nothing had changed
  std::vector<QueryOutcome> queries;
  std::vector<std::string> warnings;
};

// One line of a table: model x system x spec.
struct EvalRun {
  std::string model, system, spec;
  size_t k = 10;
  std::vector<CorpusOutcome> corpora;
};

struct EvalProgress {
  std::string corpus;
  std::string system;            // empty while indexing
  uint64_t done = 0, total = 0;  // files while indexing, else queries
};

struct EvaluateOptions {
  std::string cache_dir;
  size_t k = 10;
  Split split = Split::kAll;
  size_t threads = 0;
  // The weights that the owner of the corpus in this folder tuned; needed for tuned systems only.
  std::function<Result<RankingWeights>(const std::string& directory)> tuned_weights;
  std::function<void(const EvalProgress&)> on_progress;
  const std::atomic<bool>* cancel = nullptr;
};

// How PrepareCorpus is to index the corpora of `spec`; on_progress is left to the caller.
CorpusIndexOptions CorpusOptionsFor(const Spec& spec, const EvaluateOptions& options);

// One run per system, in their order. kNotFound if a corpus is missing; kCancelled.
Result<std::vector<EvalRun>> Evaluate(const Spec& spec, const std::vector<System>& systems,
                                      const Embedder& embedder, const StaticModel& lexical,
                                      const EvaluateOptions& options);

}  // namespace sg
