// RenderEvalJson of report.h.

#include <nlohmann/json.hpp>

#include "eval/report.h"
#include "eval/summary.h"

namespace sg {
namespace {

using Json = nlohmann::ordered_json;

Json IntervalJson(const Interval& interval) {
  return {{"value", interval.value}, {"low", interval.low}, {"high", interval.high}};
}

void AddMetrics(const MetricSummary& metrics, size_t k, Json* json) {
  const std::string at = "_at_" + std::to_string(k);
  (*json)["queries"] = metrics.queries;
  (*json)["p_at_1"] = IntervalJson(metrics.p_at_1);
  (*json)["mrr"] = IntervalJson(metrics.mrr);
  (*json)["recall" + at] = IntervalJson(metrics.recall);
  (*json)["ndcg" + at] = IntervalJson(metrics.ndcg);
}

Json MetricsJson(const MetricSummary& metrics, size_t k) {
  Json json = Json::object();
  AddMetrics(metrics, k, &json);
  return json;
}

Json SpanJson(const RankedSpan& span) {
  Json json = {{"path", span.path}};
  if (!span.lines.whole_file()) {
    json["start_line"] = span.lines.begin;
    json["end_line"] = span.lines.end;
  }
  return json;
}

Json QueryJson(const CorpusOutcome& corpus, const QueryOutcome& query) {
  Json json = {{"corpus", corpus.name},
               {"number", query.number},
               {"query", query.text},
               {"category", query.category},
               {"p_at_1", query.chunk.p_at_1},
               {"mrr", query.chunk.mrr},
               {"recall", query.chunk.recall},
               {"ndcg", query.chunk.ndcg},
               {"latency_ms", query.latency_ms},
               {"ranks", query.ranks}};
  json["relevant"] = Json::array();
  for (const Target& target : query.targets) {
    Json wanted = SpanJson({.path = target.path, .lines = target.lines});
    if (target.grade != 1) wanted["grade"] = target.grade;
    json["relevant"].push_back(std::move(wanted));
  }
  json["found"] = Json::array();
  for (const RankedSpan& span : query.found) json["found"].push_back(SpanJson(span));
  return json;
}

Json CorpusJson(const CorpusOutcome& corpus) {
  Groups ndcg(1);
  for (const QueryOutcome& query : corpus.queries) {
    if (!query.targets.empty()) ndcg[0].push_back(query.chunk.ndcg);
  }
  return {{"name", corpus.name},
          {"language", corpus.language},
          {"files", corpus.files},
          {"chunks", corpus.chunks},
          {"queries", corpus.queries.size()},
          {"ndcg", GroupedMean(ndcg)},
          {"index_seconds", corpus.index_seconds},
          {"index_reused", corpus.index_reused},
          {"warnings", corpus.warnings}};
}

Json RunJson(const EvalRun& run) {
  const RunSummary summary = Summarize(run);
  Json json = {{"model", run.model}, {"mode", run.system}, {"corpus", run.spec}, {"k", run.k}};
  AddMetrics(summary.chunk, run.k, &json);
  json["file_level"] = MetricsJson(summary.file, run.k);
  json["by_category"] = Json::object();
  for (const auto& [name, metrics] : summary.categories) {
    json["by_category"][name] = MetricsJson(metrics, run.k);
  }
  json["line_precision"] = {{"right_files", summary.lines.files_found},
                            {"defining_line_held", summary.lines.lines_held}};
  json["unanswerable"] = {{"queries", summary.unanswerable}, {"rejected", summary.rejected}};
  json["latency_ms"] = {{"p50", summary.latency_p50_ms}, {"p95", summary.latency_p95_ms}};
  json["corpora"] = Json::array();
  json["per_query"] = Json::array();
  for (const CorpusOutcome& corpus : run.corpora) {
    json["corpora"].push_back(CorpusJson(corpus));
    for (const QueryOutcome& query : corpus.queries) {
      json["per_query"].push_back(QueryJson(corpus, query));
    }
  }
  return json;
}

}  // namespace

std::string RenderEvalJson(const std::vector<EvalRun>& runs) {
  Json json = {{"version", kEvalJsonVersion}};
  json["results"] = Json::array();
  for (const EvalRun& run : runs) json["results"].push_back(RunJson(run));
  return json.dump(1, ' ', /*ensure_ascii=*/false, Json::error_handler_t::replace) + "\n";
}

}  // namespace sg
