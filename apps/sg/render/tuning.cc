#include "apps/sg/render/tuning.h"

#include <nlohmann/json.hpp>

#include "apps/sg/render/json.h"
#include "core/base/format.h"

namespace sg {
namespace {

using Json = nlohmann::ordered_json;

// "  0.896 ->  1.204", or the weight alone where it stays.
std::string Change(double before, double after) {
  std::string text = Format("%8.3f", before);
  if (before != after) text += " -> " + Format("%7.3f", after);
  text.resize(22, ' ');
  return text;
}

std::string WeightTable(const RankingWeights& weights) {
  const RankingWeights& compiled = CompiledWeights();
  std::string out = "  several words           one word              weight\n";
  for (const FeatureWeight& row : kFeatureWeights) {
    const auto i = static_cast<size_t>(row.feature);
    out += Change(compiled.prose[i], weights.prose[i]) + "  " +
           Change(compiled.symbol[i], weights.symbol[i]) + "  " + std::string(row.meaning) + "\n";
  }
  return out;
}

Json WeightsJson(const FeatureValues& weights) {
  Json json = Json::object();
  for (const auto& [name, value] : NameWeights(weights)) json[name] = value;
  return json;
}

}  // namespace

std::string RenderTuning(const TuningOutcome& outcome) {
  const TuneReport& report = outcome.report;
  std::string out = WeightTable(report.weights);
  out += "\n" + std::to_string(report.queries) + " queries, " + std::to_string(report.usable) +
         " with a wanted file among the candidates (" + std::to_string(report.prose) +
         " of several words, " + std::to_string(report.symbol) + " of one)\n";
  out += "cross-validated in " + std::to_string(report.folds) + " folds:  NDCG " +
         Format("%.3f", report.ndcg_before) + " -> " + Format("%.3f", report.ndcg_after) + " (" +
         Format("%+.3f", report.difference.value) + ", 95 % interval [" +
         Format("%+.3f", report.difference.low) + ", " + Format("%+.3f", report.difference.high) +
         "]), P@1 " + Format("%.3f", report.p_at_1_before) + " -> " +
         Format("%.3f", report.p_at_1_after) + "\n";
  if (outcome.written()) {
    out += "written to " + outcome.settings_path +
           "; searches here use it now. Back: sg tune rank --reset\n";
  } else if (report.refusal.empty()) {
    out += "dry run: nothing was written\n";
  }
  return out;
}

std::string RenderJsonTuning(const TuningOutcome& outcome) {
  const TuneReport& report = outcome.report;
  Json json;
  json["version"] = 1;
  json["queries"] = report.queries;
  json["usable"] = report.usable;
  json["groups"] = report.groups;
  json["folds"] = report.folds;
  json["ndcg"] = {{"before", report.ndcg_before},
                  {"after", report.ndcg_after},
                  {"difference", report.difference.value},
                  {"low", report.difference.low},
                  {"high", report.difference.high}};
  json["p_at_1"] = {{"before", report.p_at_1_before}, {"after", report.p_at_1_after}};
  Json& weights = json["weights"] = Json::object();
  if (!report.weights.prose_origin.empty()) weights["prose"] = WeightsJson(report.weights.prose);
  if (!report.weights.symbol_origin.empty()) weights["symbol"] = WeightsJson(report.weights.symbol);
  json["refusal"] = report.refusal.empty() ? Json() : Json(report.refusal);
  json["written"] = outcome.written() ? Json(JsonPath(outcome.settings_path)) : Json();
  return json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace sg
