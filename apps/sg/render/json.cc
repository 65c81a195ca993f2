#include "apps/sg/render/json.h"

#include <cmath>
#include <nlohmann/json.hpp>
#include <utility>

#include "apps/sg/render/lines.h"
#include "apps/sg/render/safe_text.h"
#include "core/base/hash.h"
#include "core/text/unicode.h"
#include "index/query/route.h"

namespace sg {
namespace {

using Json = nlohmann::ordered_json;

std::string Dump(const Json& json) {
  return json.dump(/*indent=*/-1, ' ', /*ensure_ascii=*/false, Json::error_handler_t::replace);
}

Json JsonNumber(double value) {
  if (!std::isfinite(value)) return nullptr;
  return std::round(value * 1e6) / 1e6;
}

void PutPath(Json& object, const std::string& path) {
  object["path"] = JsonPath(path);
  if (!IsValidUtf8(path)) object["path_bytes"] = Base64(path);
}

Json MatchesJson(const SearchHit& hit) {
  Json matches = Json::array();
  for (const SearchHit::LineMatch& match : hit.matches) {
    Json spans = Json::array();
    for (const auto& [begin, end] : match.spans) spans.push_back({begin, end});
    matches.push_back({{"line", match.line}, {"spans", std::move(spans)}});
  }
  return matches;
}

void PutHit(Json& object, const SearchHit& hit, ResultForm form) {
  object["start_line"] = hit.line_begin;
  object["end_line"] = hit.line_end;
  object["symbol"] = hit.symbol.empty() ? Json(nullptr) : Json(hit.symbol);
  object["kind"] = hit.kind;
  if (form == ResultForm::kHeader) return;
  object["text"] = form == ResultForm::kFull ? hit.text : BestLine(hit);
  if (form == ResultForm::kFull) object["matches"] = MatchesJson(hit);
}

Json ExplanationJson(const Explanation& explanation) {
  Json out = {{"label", explanation.label}, {"value", JsonNumber(explanation.value)}};
  if (!explanation.detail.empty()) out["detail"] = explanation.detail;
  if (!explanation.parts.empty()) {
    Json& parts = out["parts"] = Json::array();
    for (const Explanation& part : explanation.parts) parts.push_back(ExplanationJson(part));
  }
  return out;
}

Json EnvelopeJson(const SearchEnvelope& envelope, const BudgetedResults& results) {
  Json out;
  out["version"] = kJsonVersion;
  out["query"] = envelope.query;
  out["query_kind"] = envelope.query_kind;
  out["root"] = JsonPath(envelope.root);
  out["model"] = envelope.model;
  out["stale"] = envelope.stale ? Json(*envelope.stale) : Json(nullptr);
  out["files_searched"] = envelope.files_searched;
  out["chunks_searched"] = envelope.chunks_searched;
  out["omitted"] = results.omitted;
  return out;
}

Json SkippedJson(const std::vector<uint64_t>& skipped) {
  Json out = Json::object();
  for (size_t i = 0; i < skipped.size() && i < static_cast<size_t>(SkipReason::kCount); ++i) {
    if (skipped[i] > 0) out[SkipReasonName(static_cast<SkipReason>(i))] = skipped[i];
  }
  return out;
}

}  // namespace

std::string Base64(std::string_view bytes) {
  static constexpr char kAlphabet[] =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  for (size_t i = 0; i < bytes.size(); i += 3) {
    const size_t count = std::min<size_t>(3, bytes.size() - i);
    uint32_t word = 0;
    for (size_t j = 0; j < 3; ++j) {
      word = word << 8 | (j < count ? static_cast<unsigned char>(bytes[i + j]) : 0u);
    }
    for (size_t j = 0; j < 4; ++j) {
      out += j <= count ? kAlphabet[word >> (18 - 6 * j) & 63] : '=';
    }
  }
  return out;
}

std::string JsonPath(const std::string& path) {
  if (IsValidUtf8(path)) return path;
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string out;
  for (std::string_view rest = path; !rest.empty();) {
    const CodePoint point = DecodeOne(rest);
    if (point.valid) {
      out += rest.substr(0, point.length);
    } else {
      const auto byte = static_cast<unsigned char>(rest[0]);
      out += {'\\', 'x', kDigits[byte >> 4], kDigits[byte & 15]};
    }
    rest.remove_prefix(point.length);
  }
  return out;
}

std::string RenderJsonResult(const SearchResult& result, ResultForm form, bool typed) {
  Json out;
  if (typed) out["type"] = "result";
  PutPath(out, result.path);
  out["language"] = result.language;
  out["score"] = JsonNumber(result.score);
  PutHit(out, result.best, form);
  if (form != ResultForm::kFull) return Dump(out);
  Json& more = out["more"] = Json::array();
  for (const SearchHit& hit : result.more) {
    Json nested;
    PutHit(nested, hit, ResultForm::kFull);
    nested["score"] = JsonNumber(hit.score);
    more.push_back(std::move(nested));
  }
  if (!result.explanation.label.empty()) out["explanation"] = ExplanationJson(result.explanation);
  return Dump(out);
}

std::string RenderJsonDocument(const SearchEnvelope& envelope, const BudgetedResults& results,
                               bool pretty) {
  std::string out = Dump(EnvelopeJson(envelope, results));
  out.pop_back();  // the closing brace
  out += pretty ? ",\n\"results\":[" : ",\"results\":[";
  for (size_t i = 0; i < results.rendered.size(); ++i) {
    if (i > 0) out += ',';
    if (pretty) out += '\n';
    out += results.rendered[i];
  }
  return out + "]}\n";
}

std::string RenderJsonlSummary(const SearchEnvelope& envelope, const BudgetedResults& results) {
  Json out;
  out["type"] = "summary";
  out.update(EnvelopeJson(envelope, results));
  out["results"] = results.rendered.size();
  return Dump(out) + "\n";
}

std::string RenderJsonSummary(const IndexSummary& summary, const std::string& root,
                              const std::string& index_path, const std::string& model) {
  Json out;
  out["version"] = kJsonVersion;
  out["root"] = JsonPath(root);
  out["index"] = JsonPath(index_path);
  out["model"] = model;
  out["rebuilt"] = summary.rebuilt;
  out["files"] = {{"total", summary.files_total},
                  {"added", summary.files_added},
                  {"changed", summary.files_changed},
                  {"removed", summary.files_removed},
                  {"unchanged", summary.files_unchanged}};
  out["chunks"] = summary.chunks_total;
  out["bytes_indexed"] = summary.bytes_indexed;
  out["index_bytes"] = summary.index_bytes;
  out["seconds"] = JsonNumber(summary.seconds);
  out["skipped"] = SkippedJson(summary.skipped);
  out["errors"] = summary.errors;
  return Dump(out) + "\n";
}

std::string RenderJsonStatus(const StatusReport& report) {
  Json out;
  out["version"] = kJsonVersion;
  out["root"] = JsonPath(report.root);
  out["index"] = JsonPath(report.index_path);
  out["index_bytes"] = report.index_bytes;
  out["model"] = {{"name", report.space.model_name},
                  {"revision", HashHex(report.space.revision)},
                  {"dimensions", report.space.dim},
                  {"multi_vector", report.space.multi_vector}};
  out["further_spaces"] = Json::array();
  for (const SpaceInfo& info : report.further_spaces) {
    Json routes = Json::array();
    for (const Route route : kAllRoutes) {
      if ((info.routes & RouteBit(route)) != 0) routes.push_back(std::string(RouteName(route)));
    }
    out["further_spaces"].push_back({{"name", info.space.model_name},
                                     {"revision", HashHex(info.space.revision)},
                                     {"dimensions", info.space.dim},
                                     {"multi_vector", info.space.multi_vector},
                                     {"routes", std::move(routes)}});
  }
  out["ranking"] = report.ranking.empty() ? "built-in" : report.ranking;
  out["files"] = report.counts.files;
  out["chunks"] = report.counts.chunks;
  out["source_bytes"] = report.counts.source_bytes;
  out["indexed_at_ms"] = report.finished_at_ms;
  out["complete"] = report.finished_at_ms > 0;
  Json& languages = out["languages"] = Json::object();
  for (const auto& [language, files] : report.languages) languages[language] = files;
  out["skipped"] = SkippedJson(report.skipped);
  out["stale"] = nullptr;
  if (report.stale) {
    out["stale"] = {{"added", report.stale->added},
                    {"changed", report.stale->changed},
                    {"removed", report.stale->removed},
                    {"changed_bytes", report.stale->changed_bytes}};
  }
  return Dump(out) + "\n";
}

std::string RenderJsonError(const Status& status) {
  Json out;
  out["version"] = kJsonVersion;
  out["error"] = {{"code", std::string(StatusCodeName(status.code()))},
                  {"message", status.message()}};
  return Dump(out) + "\n";
}

}  // namespace sg
