#include "eval/compare.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>
#include <tuple>

#include "core/base/format.h"
#include "eval/report.h"

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
using QueryKey = std::tuple<std::string, std::string, size_t>;  // corpus, query, the how manieth

struct Run {
  std::string model, mode, corpus;
  size_t k = 0;
  std::map<QueryKey, Values> queries;
};

Result<Run> ReadRun(const Json& json, const std::string& where) {
  Run run;
  try {
    json.at("model").get_to(run.model);
    json.at("mode").get_to(run.mode);
    json.at("corpus").get_to(run.corpus);
    json.at("k").get_to(run.k);
    for (const Json& query : json.at("per_query")) {
      if (query.at("relevant").empty()) continue;
      Values values;
      for (size_t m = 0; m < kMetrics.size(); ++m) query.at(kMetrics[m].key).get_to(values[m]);
      QueryKey key{query.at("corpus").get<std::string>(), query.at("query").get<std::string>(), 0};
      while (!run.queries.emplace(key, values).second) ++std::get<2>(key);  // asked more than once
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

std::string NameOf(const Run& run) { return run.model + ", " + run.mode; }

Comparison CompareTwo(const Run& a, const Run& b) {
  Comparison result{.name_a = NameOf(a), .name_b = NameOf(b), .corpus = a.corpus, .k = a.k};
  std::map<std::string, std::vector<Values>> of_a, of_b;
  for (const auto& [key, before] : a.queries) {
    const auto at = b.queries.find(key);
    if (at == b.queries.end()) continue;
    ++result.queries;
    const auto& [corpus, query, nth] = key;
    of_a[corpus].push_back(before);
    of_b[corpus].push_back(at->second);
    if (std::abs(before[kNdcg] - at->second[kNdcg]) < 1e-9) continue;
    result.moved.push_back(
        {.corpus = corpus, .query = query, .before = before[kNdcg], .after = at->second[kNdcg]});
  }
  result.only_a = a.queries.size() - result.queries;
  result.only_b = b.queries.size() - result.queries;
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
  return Format("  %-9s %+.4f  [%+.4f, %+.4f]  p = %.4f  better %zu, worse %zu, equal %zu\n",
                name.c_str(), paired.difference.value, paired.difference.low,
                paired.difference.high, paired.p_value, paired.better, paired.worse, paired.equal);
}

// ", 2 more in A and 1 in B left out"; empty if both have the same queries.
std::string OnlyInOne(const Comparison& comparison) {
  std::string text;
  if (comparison.only_a > 0) text += std::to_string(comparison.only_a) + " more in A";
  if (comparison.only_b > 0) {
    text += (text.empty() ? "" : " and ") + std::to_string(comparison.only_b) + " more in B";
  }
  return text.empty() ? "" : ", " + text + " left out";
}

std::string MovedLine(const MovedQuery& moved) {
  return Format("  %.3f -> %.3f  ", moved.before, moved.after) +
         OnOneLine(moved.corpus + ": " + moved.query) + "\n";
}

}  // namespace

Result<std::vector<Comparison>> CompareRuns(std::string_view json_a, const std::string& path_a,
                                            std::string_view json_b, const std::string& path_b) {
  SG_ASSIGN_OR_RETURN(const std::vector<Run> a, ReadRuns(json_a, path_a));
  SG_ASSIGN_OR_RETURN(const std::vector<Run> b, ReadRuns(json_b, path_b));
  std::vector<Comparison> comparisons;
  std::string unpaired;
  for (const Run& run : a) {
    const Run* other = Counterpart(run, b);
    if (other == nullptr) {
      unpaired += (unpaired.empty() ? "" : "; ") + run.corpus + ", " + NameOf(run);
      continue;
    }
    if (run.k != other->k) {
      return InvalidArgumentError(run.corpus + ": " + path_a + " counts " + std::to_string(run.k) +
                                  " results, " + path_b + " " + std::to_string(other->k) +
                                  ": measure both with the same -k");
    }
    Comparison comparison = CompareTwo(run, *other);
    if (comparison.queries > 0) comparisons.push_back(std::move(comparison));
  }
  if (comparisons.empty() && !unpaired.empty()) {
    return InvalidArgumentError(path_b + " has no result, or several, for the model and mode of " +
                                path_a + " (" + unpaired + ")");
  }
  if (comparisons.empty()) {
    return InvalidArgumentError(path_a + " and " + path_b + " have no query in common");
  }
  return comparisons;
}

std::string RenderComparison(const std::vector<Comparison>& comparisons, size_t most_moved) {
  std::string text;
  for (const Comparison& comparison : comparisons) {
    text += OnOneLine(comparison.corpus) + ": " + std::to_string(comparison.queries) +
            (comparison.queries == 1 ? " query" : " queries") + OnlyInOne(comparison) + "\n";
    text +=
        "  A: " + OnOneLine(comparison.name_a) + "\n  B: " + OnOneLine(comparison.name_b) + "\n";
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
    Json entry = {{"a", comparison.name_a},        {"b", comparison.name_b},
                  {"corpus", comparison.corpus},   {"k", comparison.k},
                  {"queries", comparison.queries}, {"only_a", comparison.only_a},
                  {"only_b", comparison.only_b}};
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
