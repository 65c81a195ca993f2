#include "eval/summary.h"

#include <functional>
#include <set>

namespace sg {
namespace {

using Selection = std::function<bool(const QueryOutcome&)>;

// One group per corpus that has a selected query.
template <typename Value>
Groups GroupsOf(const EvalRun& run, const Selection& select, Value&& value) {
  Groups groups;
  for (const CorpusOutcome& corpus : run.corpora) {
    std::vector<double> values;
    for (const QueryOutcome& query : corpus.queries) {
      if (!query.targets.empty() && select(query)) values.push_back(value(query));
    }
    if (!values.empty()) groups.push_back(std::move(values));
  }
  return groups;
}

MetricSummary SummarizeLevel(const EvalRun& run, const Selection& select,
                             Scores QueryOutcome::*level) {
  const auto interval = [&](double Scores::*metric) {
    return BootstrapMean(
        GroupsOf(run, select, [&](const QueryOutcome& query) { return (query.*level).*metric; }));
  };
  MetricSummary summary{.p_at_1 = interval(&Scores::p_at_1),
                        .mrr = interval(&Scores::mrr),
                        .recall = interval(&Scores::recall),
                        .ndcg = interval(&Scores::ndcg)};
  for (const auto& group : GroupsOf(run, select, [](const QueryOutcome&) { return 0; })) {
    summary.queries += group.size();
  }
  return summary;
}

std::set<std::string> CategoriesOf(const EvalRun& run) {
  std::set<std::string> names;
  for (const CorpusOutcome& corpus : run.corpora) {
    for (const QueryOutcome& query : corpus.queries) {
      if (!query.category.empty() && !query.targets.empty()) names.insert(query.category);
    }
  }
  return names;
}

void AddCounts(const QueryOutcome& query, RunSummary* summary) {
  summary->lines.files_found += query.lines.files_found;
  summary->lines.lines_held += query.lines.lines_held;
  if (!query.targets.empty()) return;
  ++summary->unanswerable;
  if (query.found.empty()) ++summary->rejected;
}

}  // namespace

RunSummary Summarize(const EvalRun& run) {
  const Selection all = [](const QueryOutcome&) { return true; };
  RunSummary summary{.model = run.model,
                     .system = run.system,
                     .spec = run.spec,
                     .k = run.k,
                     .corpora = run.corpora.size(),
                     .chunk = SummarizeLevel(run, all, &QueryOutcome::chunk),
                     .file = SummarizeLevel(run, all, &QueryOutcome::file)};
  for (const std::string& name : CategoriesOf(run)) {
    const Selection one = [&name](const QueryOutcome& query) { return query.category == name; };
    summary.categories.emplace_back(name, SummarizeLevel(run, one, &QueryOutcome::chunk));
  }
  std::vector<double> latencies;
  for (const CorpusOutcome& corpus : run.corpora) {
    for (const QueryOutcome& query : corpus.queries) {
      AddCounts(query, &summary);
      latencies.push_back(query.latency_ms);
    }
  }
  summary.latency_p50_ms = Percentile(latencies, 50);
  summary.latency_p95_ms = Percentile(latencies, 95);
  return summary;
}

}  // namespace sg
