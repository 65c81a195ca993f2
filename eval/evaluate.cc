#include "eval/evaluate.h"

#include <algorithm>
#include <chrono>

#include "index/rank/weights.h"

namespace sg {
namespace {

bool IsCancelled(const std::atomic<bool>* cancel) {
  return cancel != nullptr && cancel->load(std::memory_order_relaxed);
}

// The contribution of a feature to a score; labels begin with the feature's name.
double PartOf(const Explanation& tree, const std::string& feature) {
  for (const Explanation& part : tree.parts) {
    if (part.label == feature || part.label.starts_with(feature + " ")) return part.value;
  }
  return 0;
}

// Orders the results by their score without one feature.
void LeaveOut(const std::string& feature, std::vector<SearchResult>* results) {
  for (SearchResult& result : *results) result.score -= PartOf(result.explanation, feature);
  std::stable_sort(results->begin(), results->end(),
                   [](const SearchResult& a, const SearchResult& b) { return a.score > b.score; });
}

SearchOptions OptionsOf(const System& system, size_t k) {
  SearchOptions options{.mode = system.mode, .max_results = k, .ranking = system.ranking};
  if (!system.without.empty()) {
    options.max_results = std::max(k, kAblationDepth);
    options.explain = true;
  }
  return options;
}

std::vector<RankedSpan> SpansOf(const std::vector<SearchResult>& results, size_t k) {
  std::vector<RankedSpan> spans;
  for (const SearchResult& result : results) {
    if (spans.size() == k) break;
    spans.push_back({.path = result.path,
                     .lines = {.begin = result.best.line_begin, .end = result.best.line_end}});
  }
  return spans;
}

bool AsksAnything(const Spec& spec, Split split) {
  const auto selected = [split](const SpecQuery& query) { return IsSelected(query, split); };
  return std::any_of(spec.corpora.begin(), spec.corpora.end(), [&](const SpecCorpus& corpus) {
    return std::any_of(corpus.queries.begin(), corpus.queries.end(), selected);
  });
}

// Everything that the queries of one corpus share.
class CorpusEvaluation {
 public:
  CorpusEvaluation(const Spec& spec, const SpecCorpus& corpus, const EvaluateOptions& options)
      : spec_(spec), corpus_(corpus), options_(options) {}

  Status Open(const Embedder& embedder, const StaticModel& lexical) {
    SG_RETURN_IF_ERROR(Prepare(embedder));
    SG_ASSIGN_OR_RETURN(auto snapshot, Snapshot::Open(index_.db_path));
    for (const SpecQuery& query : corpus_.queries) {
      if (!IsSelected(query, options_.split)) continue;
      QueryOutcome outcome{.number = query.number, .text = query.text, .category = query.category};
      SG_ASSIGN_OR_RETURN(outcome.targets,
                          ResolveTargets(query, *snapshot, spec_.path_rule, &shape_.warnings));
      shape_.queries.push_back(std::move(outcome));
    }
    shape_.files = snapshot->counts().files;
    shape_.chunks = snapshot->counts().chunks;
    SG_ASSIGN_OR_RETURN(searcher_, Searcher::Open(std::move(snapshot), embedder, lexical));
    return Status::Ok();
  }

  Result<CorpusOutcome> Run(const System& system) {
    CorpusOutcome outcome = shape_;
    SearchOptions search = OptionsOf(system, options_.k);
    if (system.tuned) {
      SG_ASSIGN_OR_RETURN(search.weights, options_.tuned_weights(corpus_.directory));
    }
    SG_RETURN_IF_ERROR(WarmUp(search));
    for (size_t i = 0; i < outcome.queries.size(); ++i) {
      if (IsCancelled(options_.cancel)) return CancelledError("evaluation interrupted");
      SG_RETURN_IF_ERROR(Ask(system, search, &outcome.queries[i]));
      Report(system.name, i + 1, outcome.queries.size());
    }
    return outcome;
  }

 private:
  void Report(const std::string& system, uint64_t done, uint64_t total) const {
    if (!options_.on_progress) return;
    options_.on_progress({.corpus = corpus_.name, .system = system, .done = done, .total = total});
  }

  Status Prepare(const Embedder& embedder) {
    CorpusIndexOptions options = CorpusOptionsFor(spec_, options_);
    options.on_progress = [this](const IndexProgress& progress) {
      Report("", progress.files_done, progress.files_total);
    };
    SG_ASSIGN_OR_RETURN(index_, PrepareCorpus(corpus_, embedder, options));
    shape_.warnings = index_.warnings;
    const IndexSummary& summary = index_.summary;
    shape_.name = corpus_.name;
    shape_.language = corpus_.language;
    shape_.index_seconds = summary.seconds;
    shape_.index_reused = summary.files_added + summary.files_changed + summary.files_removed == 0;
    return Status::Ok();
  }

  // The first search reads the vectors; its time is not a query's.
  Status WarmUp(const SearchOptions& search) {
    if (shape_.queries.empty()) return Status::Ok();
    return searcher_->Search(shape_.queries.front().text, search).status();
  }

  Status Ask(const System& system, const SearchOptions& search, QueryOutcome* outcome) {
    const auto begin = std::chrono::steady_clock::now();
    Result<SearchResponse> response = searcher_->Search(outcome->text, search);
    const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - begin;
    if (!response.ok()) {
      return response.status().WithContext(corpus_.name + ": query " +
                                           std::to_string(outcome->number));
    }
    outcome->latency_ms = took.count();
    if (!system.without.empty()) LeaveOut(system.without, &response->results);
    outcome->found = SpansOf(response->results, options_.k);
    Score(outcome);
    return Status::Ok();
  }

  void Score(QueryOutcome* outcome) const {
    const auto& targets = outcome->targets;
    const auto ranks = [&](Level level) {
      return TargetRanks(outcome->found, targets, spec_.path_rule, level, options_.k);
    };
    outcome->ranks = ranks(Level::kChunk);
    outcome->chunk = ScoreRanks(outcome->ranks, targets, options_.k);
    outcome->file = ScoreRanks(ranks(Level::kFile), targets, options_.k);
    outcome->lines = MeasureLines(outcome->found, targets, spec_.path_rule, options_.k);
  }

  const Spec& spec_;
  const SpecCorpus& corpus_;
  const EvaluateOptions& options_;
  CorpusIndex index_;
  CorpusOutcome shape_;  // what all systems have in common
  std::unique_ptr<Searcher> searcher_;
};

}  // namespace

CorpusIndexOptions CorpusOptionsFor(const Spec& spec, const EvaluateOptions& options) {
  return {.cache_dir = options.cache_dir,
          .split = options.split,
          .use_ignore_files = spec.use_ignore_files,
          .spec_path = spec.path,
          .how_to_get = spec.how_to_get,
          .threads = options.threads,
          .cancel = options.cancel};
}

Result<System> SystemOfMode(std::string_view mode) {
  if (mode == "hybrid") return System{.name = "hybrid", .mode = SearchMode::kHybrid};
  if (mode == "semantic") return System{.name = "semantic", .mode = SearchMode::kSemantic};
  if (mode == "keyword") return System{.name = "keyword", .mode = SearchMode::kKeyword};
  return InvalidArgumentError("unknown mode '" + std::string(mode) +
                              "': hybrid, semantic or keyword");
}

std::vector<System> AblationSystems() {
  std::vector<System> systems = {
      {.name = "keyword: BM25 alone", .mode = SearchMode::kKeyword, .ranking = "bm25"},
      {.name = "semantic: vectors alone", .mode = SearchMode::kSemantic, .ranking = "static"},
      {.name = "fused: both, no ranking", .ranking = "fused"},
      {.name = kWholeRanking},
  };
  for (const FeatureWeight& row : kFeatureWeights) {
    const std::string name(row.name);
    systems.push_back({.name = "without " + name, .without = name});
  }
  return systems;
}

Result<std::vector<EvalRun>> Evaluate(const Spec& spec, const std::vector<System>& systems,
                                      const Embedder& embedder, const StaticModel& lexical,
                                      const EvaluateOptions& options) {
  std::vector<EvalRun> runs;
  for (const System& system : systems) {
    runs.push_back({.model = embedder.space().model_name,
                    .system = system.name,
                    .spec = spec.name,
                    .k = options.k});
  }
  if (!AsksAnything(spec, options.split)) {
    return InvalidArgumentError("no query of '" + spec.name + "' is in the half '" +
                                std::string(SplitName(options.split)) + "'");
  }
  for (const SpecCorpus& corpus : spec.corpora) {
    CorpusEvaluation evaluation(spec, corpus, options);
    SG_RETURN_IF_ERROR(evaluation.Open(embedder, lexical));
    for (size_t i = 0; i < systems.size(); ++i) {
      SG_ASSIGN_OR_RETURN(CorpusOutcome outcome, evaluation.Run(systems[i]));
      runs[i].corpora.push_back(std::move(outcome));
    }
  }
  return runs;
}

}  // namespace sg
