#include "eval/compare.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <map>
#include <nlohmann/json.hpp>

namespace sg {
namespace {

using Json = nlohmann::ordered_json;

struct MetricName {
  const char* key;    // in per_query
  const char* shown;  // in the report
};
constexpr std::array kMetrics = {MetricName{"p_at_1", "P@1"}, MetricName{"mrr", "MRR"},
                                 MetricName{"recall", "Recall@k"}, MetricName{"ndcg", "NDCG@k"}};
constexpr size_t kNdcg = 3;

using Values = std::array<double, kMetrics.size()>;
using QueryKey = std::pair<std::string, std::string>;  // corpus, query

struct Run {
  std::string model, mode, corpus;
  std::map<QueryKey, Values> queries;
};

Result<Run> ReadRun(const Json& json, const std::string& where) {
  Run run;
  try {
    json.at("model").get_to(run.model);
    json.at("mode").get_to(run.mode);
    json.at("corpus").get_to(run.corpus);
    for (const Json& query : json.at("per_query")) {
      if (query.at("relevant").empty()) continue;
      Values values;
      for (size_t m = 0; m < kMetrics.size(); ++m) query.at(kMetrics[m].key).get_to(values[m]);
      run.queries[{query.at("corpus").get<std::string>(), query.at("query").get<std::string>()}] =
          values;
    }
  } catch (const Json::exception& error) {
    return InvalidArgumentError(where + ": " + error.what());
  }
  return run;
}

Result<std::vector<Run>> ReadRuns(std::string_view text, const std::string& path) {
  const Json json = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object() || !json.contains("results") || !json["results"].is_array()) {
    return InvalidArgumentError(path + ": not the JSON of `sg eval --json`");
  }
  std::vector<Run> runs;
  for (const Json& entry : json["results"]) {
    const std::string where = path + ": result " + std::to_string(runs.size() + 1);
    SG_ASSIGN_OR_RETURN(Run run, ReadRun(entry, where));
    runs.push_back(std::move(run));
  }
  return runs;
}

// Null if there is none, or more than one that might be meant.
const Run* Counterpart(const Run& a, const std::vector<Run>& b) {
  const Run* only = nullptr;
  size_t candidates = 0;
  for (const Run& run : b) {
    if (run.corpus != a.corpus) continue;
    if (run.model == a.model && run.mode == a.mode) return &run;
    only = &run;
    ++candidates;
  }
  return candidates == 1 ? only : nullptr;
}

Groups ValuesOf(const std::map<std::string, std::vector<Values>>& by_corpus, size_t metric) {
  Groups groups;
  for (const auto& [corpus, queries] : by_corpus) {
    groups.emplace_back();
    for (const Values& values : queries) groups.back().push_back(values[metric]);
  }
  return groups;
}

Comparison CompareTwo(const Run& a, const Run& b) {
  Comparison result{
      .name_a = a.model + ", " + a.mode, .name_b = b.model + ", " + b.mode, .corpus = a.corpus};
  std::map<std::string, std::vector<Values>> of_a, of_b;
  for (const auto& [key, before] : a.queries) {
    const auto at = b.queries.find(key);
    if (at == b.queries.end()) continue;
    ++result.queries;
    of_a[key.first].push_back(before);
    of_b[key.first].push_back(at->second);
    if (std::abs(before[kNdcg] - at->second[kNdcg]) < 1e-9) continue;
    result.moved.push_back({.corpus = key.first,
                            .query = key.second,
                            .before = before[kNdcg],
                            .after = at->second[kNdcg]});
  }
  for (size_t m = 0; m < kMetrics.size(); ++m) {
    result.metrics.emplace_back(kMetrics[m].shown,
                                ComparePaired(ValuesOf(of_a, m), ValuesOf(of_b, m)));
  }
  std::stable_sort(result.moved.begin(), result.moved.end(),
                   [](const MovedQuery& x, const MovedQuery& y) {
                     return std::abs(x.after - x.before) > std::abs(y.after - y.before);
                   });
  return result;
}

std::string MetricLine(const std::string& name, const PairedDifference& paired) {
  char buffer[256];
  std::snprintf(buffer, sizeof buffer,
                "  %-9s %+.4f  [%+.4f, %+.4f]  p = %.4f  better %zu, worse %zu, equal %zu\n",
                name.c_str(), paired.difference.value, paired.difference.low,
                paired.difference.high, paired.p_value, paired.better, paired.worse, paired.equal);
  return buffer;
}

std::string MovedLine(const MovedQuery& moved) {
  char buffer[64];
  std::snprintf(buffer, sizeof buffer, "  %.3f -> %.3f  ", moved.before, moved.after);
  return buffer + moved.corpus + ": " + moved.query + "\n";
}

}  // namespace

Result<std::vector<Comparison>> CompareRuns(std::string_view json_a, const std::string& path_a,
                                            std::string_view json_b, const std::string& path_b) {
  SG_ASSIGN_OR_RETURN(const std::vector<Run> a, ReadRuns(json_a, path_a));
  SG_ASSIGN_OR_RETURN(const std::vector<Run> b, ReadRuns(json_b, path_b));
  std::vector<Comparison> comparisons;
  for (const Run& run : a) {
    const Run* other = Counterpart(run, b);
    if (other == nullptr) continue;
    Comparison comparison = CompareTwo(run, *other);
    if (comparison.queries > 0) comparisons.push_back(std::move(comparison));
  }
  if (comparisons.empty()) {
    return InvalidArgumentError(path_a + " and " + path_b + " have no query in common");
  }
  return comparisons;
}

std::string RenderComparison(const std::vector<Comparison>& comparisons, size_t most_moved) {
  std::string text;
  for (const Comparison& comparison : comparisons) {
    text += comparison.corpus + ": " + std::to_string(comparison.queries) + " queries\n";
    text += "  A: " + comparison.name_a + "\n  B: " + comparison.name_b + "\n";
    for (const auto& [name, paired] : comparison.metrics) text += MetricLine(name, paired);
    const size_t shown = std::min(comparison.moved.size(), most_moved);
    if (shown > 0) text += "Moved (NDCG, A -> B):\n";
    for (size_t i = 0; i < shown; ++i) text += MovedLine(comparison.moved[i]);
    if (comparison.moved.size() > shown) {
      text += "  and " + std::to_string(comparison.moved.size() - shown) + " more\n";
    }
    text += "\n";
  }
  return text +
         "Differences are B - A with a 95 % bootstrap interval; p is of a two-sided paired "
         "randomisation test.\n";
}

std::string RenderComparisonJson(const std::vector<Comparison>& comparisons) {
  Json json = {{"version", 1}, {"comparisons", Json::array()}};
  for (const Comparison& comparison : comparisons) {
    Json entry = {{"a", comparison.name_a},
                  {"b", comparison.name_b},
                  {"corpus", comparison.corpus},
                  {"queries", comparison.queries}};
    for (const auto& [name, paired] : comparison.metrics) {
      entry["metrics"][name] = {{"difference", paired.difference.value},
                                {"low", paired.difference.low},
                                {"high", paired.difference.high},
                                {"p_value", paired.p_value},
                                {"better", paired.better},
                                {"worse", paired.worse},
                                {"equal", paired.equal}};
    }
    entry["moved"] = Json::array();
    for (const MovedQuery& moved : comparison.moved) {
      entry["moved"].push_back({{"corpus", moved.corpus},
                                {"query", moved.query},
                                {"before", moved.before},
                                {"after", moved.after}});
    }
    json["comparisons"].push_back(std::move(entry));
  }
  return json.dump(1, ' ', /*ensure_ascii=*/false, Json::error_handler_t::replace) + "\n";
}

}  // namespace sg
