#include "eval/tune_ranking.h"

#include <algorithm>
#include <map>
#include <numeric>

#include "core/base/format.h"
#include "core/base/hash.h"
#include "eval/corpus_index.h"
#include "eval/make_queries.h"
#include "index/rank/score.h"

namespace sg {
namespace {

// Measured: docs/evaluation.md "Tuning".
constexpr char kHumanLoss[] = "by .006";

// Asks the queries of one corpus.
class Collector {
 public:
  Collector(const Spec& spec, const SpecCorpus& corpus, const TuneOptions& options)
      : spec_(spec), corpus_(corpus), options_(options) {}

  Status Open(const Embedder& embedder, const StaticModel& lexical,
              std::vector<std::string>* warnings) {
    CorpusIndexOptions options = CorpusOptionsFor(spec_, options_.evaluate);
    options.on_progress = [this](const IndexProgress& progress) {
      Report("", progress.files_done, progress.files_total);
    };
    SG_ASSIGN_OR_RETURN(const CorpusIndex index, PrepareCorpus(corpus_, embedder, options));
    warnings->insert(warnings->end(), index.warnings.begin(), index.warnings.end());
    SG_ASSIGN_OR_RETURN(auto snapshot, Snapshot::Open(index.db_path));
    SG_ASSIGN_OR_RETURN(searcher_, Searcher::Open(std::move(snapshot), embedder, lexical));
    return Status::Ok();
  }

  Status AskAll(std::vector<TuneQuery>* queries, std::vector<std::string>* warnings) {
    const std::atomic<bool>* cancel = options_.evaluate.cancel;
    for (size_t i = 0; i < corpus_.queries.size(); ++i) {
      const SpecQuery& query = corpus_.queries[i];
      if (cancel != nullptr && *cancel) return CancelledError("tuning interrupted");
      Report("asking", i + 1, corpus_.queries.size());
      if (query.targets.empty() || !IsSelected(query, options_.evaluate.split)) continue;
      SG_RETURN_IF_ERROR(Ask(query, &queries->emplace_back(), warnings));
    }
    return Status::Ok();
  }

 private:
  void Report(const std::string& what, uint64_t done, uint64_t total) const {
    if (!options_.evaluate.on_progress) return;
    options_.evaluate.on_progress(
        {.corpus = corpus_.name, .system = what, .done = done, .total = total});
  }

  Status Ask(const SpecQuery& query, TuneQuery* tune, std::vector<std::string>* warnings) {
    SG_ASSIGN_OR_RETURN(tune->targets,
                        ResolveTargets(query, searcher_->snapshot(), spec_.path_rule, warnings));
    SG_ASSIGN_OR_RETURN(
        const SearchResponse response,
        searcher_->Search(query.text, {.max_chunks_per_file = 1, .every_candidate = true}));
    tune->one_word = query.text.find_first_of(" \t\r\n") == std::string::npos;
    tune->path_rule = spec_.path_rule;
    tune->made = spec_.source == kMadeSource;
    if (tune->made) tune->judged.weight = kMadeQueryWeight;
    tune->group = corpus_.name + '\0' + GroupOf(tune->targets.front().path);
    for (const SearchResult& result : response.results) AddCandidate(result, tune);
    return Status::Ok();
  }

  std::string GroupOf(const std::string& path) const {
    return options_.by_folder ? path.substr(0, path.rfind('/') + 1) : path;
  }

  void AddCandidate(const SearchResult& result, TuneQuery* tune) const {
    const double explained = ScoreFeatures(result.features, tune->one_word);
    JudgedQuery::Candidate candidate{.features = result.features,
                                     .offset = result.score - explained};
    for (const Target& target : tune->targets) {
      if (PathsMatch(result.path, target.path, spec_.path_rule)) candidate.wanted += target.grade;
    }
    tune->judged.candidates.push_back(candidate);
    tune->spans.push_back(
        {.path = result.path,
         .lines = {.begin = result.best.line_begin, .end = result.best.line_end}});
  }

  const Spec& spec_;
  const SpecCorpus& corpus_;
  const TuneOptions& options_;
  std::unique_ptr<Searcher> searcher_;
};

// The scores of a query with its candidates in the order that `weights` give.
Scores Measure(const TuneQuery& query, const RankingWeights& weights, size_t k) {
  std::vector<std::pair<double, size_t>> order;
  for (size_t i = 0; i < query.spans.size(); ++i) {
    const JudgedQuery::Candidate& c = query.judged.candidates[i];
    order.emplace_back(ScoreFeatures(c.features, query.one_word, weights) + c.offset, i);
  }
  std::sort(order.begin(), order.end(), [&](const auto& a, const auto& b) {
    if (a.first != b.first) return a.first > b.first;
    return query.spans[a.second].path < query.spans[b.second].path;
  });
  std::vector<RankedSpan> found;
  for (size_t i = 0; i < std::min(k, order.size()); ++i) {
    found.push_back(query.spans[order[i].second]);
  }
  const auto ranks = TargetRanks(found, query.targets, query.path_rule, Level::kChunk, k);
  return ScoreRanks(ranks, query.targets, k);
}

// The fold of each group: groups in the order of their hashes, dealt in turn.
std::map<std::string, size_t> DealFolds(const std::vector<TuneQuery>& queries, size_t folds) {
  std::map<std::pair<uint64_t, std::string>, bool> groups;
  for (const TuneQuery& query : queries) groups[{Hash64(query.group), query.group}] = true;
  std::map<std::string, size_t> dealt;
  for (const auto& [key, unused] : groups) dealt.emplace(key.second, dealt.size() % folds);
  return dealt;
}

// Both sets of weights, each fitted if it has the evidence.
RankingWeights FitBoth(const std::vector<const TuneQuery*>& queries, const FitOptions& options) {
  RankingWeights weights = CompiledWeights();
  for (const bool one_word : {false, true}) {
    std::vector<const JudgedQuery*> judged;
    for (const TuneQuery* query : queries) {
      if (query->one_word == one_word && query->judged.Teaches()) judged.push_back(&query->judged);
    }
    if (judged.size() < kFewestQueriesOfSet) continue;
    FeatureValues& set = one_word ? weights.symbol : weights.prose;
    set = FitWeights(judged, set, options);
    (one_word ? weights.symbol_origin : weights.prose_origin) =
        "tuned on " + std::to_string(judged.size()) + " queries";
  }
  return weights;
}

void CountEvidence(const std::vector<TuneQuery>& queries, TuneReport* report) {
  std::map<std::string, size_t> groups;
  report->queries = queries.size();
  for (const TuneQuery& query : queries) {
    if (!query.judged.Teaches()) continue;
    ++report->usable;
    report->made += query.made;
    ++(query.one_word ? report->symbol : report->prose);
    ++groups[query.group];
  }
  report->groups = groups.size();
}

// Before and after of every query, the latter by weights that have not seen its fold.
void CrossValidate(const std::vector<TuneQuery>& queries, const TuneOptions& options,
                   TuneReport* report) {
  const std::map<std::string, size_t> fold_of = DealFolds(queries, options.folds);
  std::map<std::string, std::vector<double>> differences;
  for (size_t fold = 0; fold < options.folds; ++fold) {
    std::vector<const TuneQuery*> seen;
    for (const TuneQuery& query : queries) {
      if (fold_of.at(query.group) != fold) seen.push_back(&query);
    }
    const RankingWeights weights = FitBoth(seen, options.fit);
    for (const TuneQuery& query : queries) {
      if (fold_of.at(query.group) != fold) continue;
      const Scores before = Measure(query, CompiledWeights(), options.evaluate.k);
      const Scores after = Measure(query, weights, options.evaluate.k);
      report->ndcg_before += before.ndcg;
      report->ndcg_after += after.ndcg;
      report->p_at_1_before += before.p_at_1;
      report->p_at_1_after += after.p_at_1;
      differences[query.group].push_back(after.ndcg - before.ndcg);
    }
  }
  const double count = std::max<double>(1, static_cast<double>(queries.size()));
  for (double* mean :
       {&report->ndcg_before, &report->ndcg_after, &report->p_at_1_before, &report->p_at_1_after}) {
    *mean /= count;
  }
  Groups groups;
  for (auto& [name, values] : differences) groups.push_back(std::move(values));
  report->difference = BootstrapPooled(groups);
}

std::string RefuseMade(const TuneReport& report) {
  return std::to_string(report.made) + " of " + std::to_string(report.usable) +
         " queries were made from comments, READMEs, commits and tests, which are not what people "
         "ask: weights learned from them find such texts better (here NDCG " +
         Format("%.3f", report.ndcg_before) + " to " + Format("%.3f", report.ndcg_after) +
         "), but answered people's questions to other projects slightly worse (" + kHumanLoss +
         "). Give questions of your own with --spec, or take these with --made";
}

std::string RefuseFor(const TuneReport& report, const TuneOptions& options) {
  const std::string usable = std::to_string(report.usable) + " of " +
                             std::to_string(report.queries) +
                             " queries have a wanted file among the candidates";
  if (report.usable < kFewestTuneQueries) {
    return "too few queries: " + usable + ", at least " + std::to_string(kFewestTuneQueries) +
           " are needed";
  }
  const size_t fewest = std::max(options.by_folder ? size_t{2} : kFewestTuneFiles, options.folds);
  if (report.groups < fewest) {
    return "too few " + std::string(options.by_folder ? "folders" : "files") +
           ": the queries want " + std::to_string(report.groups) + ", at least " +
           std::to_string(fewest) + " are needed";
  }
  if (report.weights.prose_origin.empty() && report.weights.symbol_origin.empty()) {
    return "too few queries of one kind: " + std::to_string(report.prose) +
           " of several words and " + std::to_string(report.symbol) + " of one, at least " +
           std::to_string(kFewestQueriesOfSet) + " of either are needed";
  }
  if (report.difference.low > 0) {
    const bool from_people = 2 * report.made <= report.usable;
    return from_people || options.accept_made ? "" : RefuseMade(report);
  }
  return "no sure gain: the cross-validated NDCG@" + std::to_string(options.evaluate.k) + " of " +
         std::to_string(report.queries) + " queries goes from " +
         Format("%.3f", report.ndcg_before) + " to " + Format("%.3f", report.ndcg_after) +
         ", a difference of " + Format("%+.3f", report.difference.value) +
         " whose 95 % interval [" + Format("%+.3f", report.difference.low) + ", " +
         Format("%+.3f", report.difference.high) + "] is not above zero";
}

}  // namespace

Result<std::vector<TuneQuery>> CollectTuneQueries(const Spec& spec, const Embedder& embedder,
                                                  const StaticModel& lexical,
                                                  const TuneOptions& options,
                                                  std::vector<std::string>* warnings) {
  std::vector<TuneQuery> queries;
  for (const SpecCorpus& corpus : spec.corpora) {
    Collector collector(spec, corpus, options);
    SG_RETURN_IF_ERROR(collector.Open(embedder, lexical, warnings));
    SG_RETURN_IF_ERROR(collector.AskAll(&queries, warnings));
  }
  return queries;
}

TuneReport TuneRanking(const std::vector<TuneQuery>& queries, const TuneOptions& options) {
  TuneReport report{.folds = options.folds, .weights = CompiledWeights()};
  CountEvidence(queries, &report);
  if (report.usable >= kFewestTuneQueries) {
    CrossValidate(queries, options, &report);
    std::vector<const TuneQuery*> all;
    for (const TuneQuery& query : queries) all.push_back(&query);
    report.weights = FitBoth(all, options.fit);
  }
  report.refusal = RefuseFor(report, options);
  return report;
}

}  // namespace sg
