#include "apps/sg/render/models.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "apps/sg/render/json.h"
#include "apps/sg/render/safe_text.h"
#include "apps/sg/sizes.h"
#include "core/base/hash.h"
#include "core/text/ascii.h"

namespace sg {
namespace {

using Json = nlohmann::ordered_json;

constexpr size_t kMemoryLengths[] = {512, 1024, 2048, 4096, 8192};

std::string Dump(const Json& json) {
  return json.dump(/*indent=*/-1, ' ', /*ensure_ascii=*/false, Json::error_handler_t::replace) +
         "\n";
}

std::string RightAligned(std::string text, size_t width) {
  text.insert(0, text.size() < width ? width - text.size() : 0, ' ');
  return text;
}

bool IsInstalled(const KnownModel& model, const std::vector<CatalogueEntry>& installed) {
  return std::any_of(installed.begin(), installed.end(),
                     [&](const CatalogueEntry& entry) { return entry.repo == model.repo; });
}

// The name to type for an installed model.
std::string NameOf(const CatalogueEntry& entry) {
  const KnownModel* known = entry.repo.empty() ? nullptr : FindKnownModel(entry.repo);
  return known != nullptr ? std::string(known->name) : SafeName(entry.folder.name);
}

const char* VectorsWord(bool multi_vector) {
  return multi_vector ? "one vector a token" : "one vector a chunk";
}

// "768 -> 128".
std::string ProjectionText(const ModelDescription& model) {
  std::string text = std::to_string(model.hidden_size);
  for (const size_t width : model.projections) text += " -> " + std::to_string(width);
  return text;
}

std::string LicenseOf(const ModelReport& report) {
  if (!report.folder.license.empty()) return report.folder.license;
  const KnownModel* known = FindKnownModel(report.folder.name);
  return known == nullptr ? "" : std::string(known->license);
}

bool IsStatic(const ModelFolder& folder) {
  return folder.kind == ModelKind::kSgStatic || folder.kind == ModelKind::kModel2Vec;
}

std::string KindText(const ModelReport& report) {
  if (report.folder.kind == ModelKind::kConcat) return "concatenation";
  return IsStatic(report.folder) ? "static table"
                                 : "transformer, " + SafeName(report.description.architecture);
}

// The lengths that the model can read.
std::vector<size_t> UsableLengths(const ModelDescription& model) {
  std::vector<size_t> lengths;
  for (const size_t length : kMemoryLengths) {
    if (length <= model.passage_max_tokens) lengths.push_back(length);
  }
  if (lengths.empty()) lengths.push_back(model.passage_max_tokens);
  return lengths;
}

std::string RenderLengths(const ModelDescription& model) {
  std::string out = "length    queries " + FormatCount(model.query_max_tokens) + ", passages " +
                    FormatCount(model.passage_max_tokens) + " tokens at most\n";
  out += "memory    about";
  const char* between = " ";
  for (const size_t length : UsableLengths(model)) {
    out += between + FormatSize(EstimatedMemoryBytes(model, length)) + " at " +
           FormatCount(length) + " tokens a chunk";
    between = ", ";
  }
  return out + "\n";
}

std::string RenderTransformer(const ModelDescription& model) {
  std::string out = "layers    " + std::to_string(model.layers) + ", " +
                    std::to_string(model.heads) + " heads, " + std::to_string(model.hidden_size) +
                    " wide, " + FormatCount(model.parameters) + " parameters\n";
  out += "pooling   " + model.pooling + (model.lower_case ? ", text in lower case" : "") + "\n";
  if (!model.projections.empty()) out += "projects  " + ProjectionText(model) + "\n";
  if (!model.query_prefix.empty())
    out += "queries   begin with " + SafeName(model.query_prefix) + "\n";
  if (!model.passage_prefix.empty()) {
    out += "passages  begin with " + SafeName(model.passage_prefix) + "\n";
  }
  if (!model.tasks.empty()) {
    out += "tasks    ";
    for (const std::string& task : model.tasks) out += " " + SafeName(task);
    out += " (an adapter each)\n";
  }
  return out + RenderLengths(model);
}

std::string RenderParts(const ModelDescription& model) {
  std::string out = "joins    ";
  for (const ModelDescription& part : model.parts) out += " " + SafeName(part.name);
  return out + "\n" + RenderLengths(model);
}

const char* VerdictOf(const Status& status) {
  switch (status.code()) {
    case StatusCode::kOk: return "good";
    case StatusCode::kUnsupported: return "not checked";
    case StatusCode::kNotFound: return "missing";
    default: return "BAD";
  }
}

}  // namespace

std::string RenderModels(const std::vector<CatalogueEntry>& installed,
                         std::string_view default_name) {
  size_t width = 0;
  for (const CatalogueEntry& entry : installed) width = std::max(width, NameOf(entry).size());
  for (const KnownModel& model : KnownModels()) width = std::max(width, model.name.size());
  std::string out = "installed\n";
  for (const CatalogueEntry& entry : installed) {
    out += "  " + Padded(NameOf(entry), width) + "  " +
           RightAligned(FormatSize(entry.size_bytes), 7) + "  " + SafeName(entry.folder.path) +
           (entry.folder.name == default_name ? "  (default)\n" : "\n");
  }
  if (installed.empty()) out += "  none\n";
  out += "known (sg model pull NAME)\n";
  for (const KnownModel& model : KnownModels()) {
    if (IsInstalled(model, installed)) continue;
    out += "  " + Padded(std::string(model.name), width) + "  " +
           RightAligned(FormatSize(uint64_t{model.size_mb} * 1000000), 7) + "  " +
           Padded(std::string(ModelRouteName(model.route)), 5) + "  " +
           (model.multi_vector ? "multi " : "single") + "  " + std::string(model.repo) + ", " +
           std::string(model.license) + (model.non_commercial ? " (no commercial use)\n" : "\n");
  }
  return out;
}

std::string RenderModel(const ModelReport& report) {
  std::string out = "name      " + SafeName(report.space.model_name) + "\n";
  out += "folder    " + SafeName(report.folder.path) + " (" + FormatSize(report.size_bytes) + ")\n";
  const std::string license = LicenseOf(report);
  out += "licence   " + (license.empty() ? "not stated" : SafeName(license)) +
         (IsNonCommercialLicense(license) ? " (no commercial use)\n" : "\n");
  out += "kind      " + KindText(report) + ", " + VectorsWord(report.space.multi_vector) + "\n";
  if (report.folder.kind == ModelKind::kTransformer) out += RenderTransformer(report.description);
  if (report.folder.kind == ModelKind::kConcat) out += RenderParts(report.description);
  out += "vectors   " + std::to_string(report.space.dim) + " dimensions\n";
  return out + "revision  " + HashHex(report.space.revision) + "\n";
}

std::string RenderPull(const PullSummary& summary, const std::string& name) {
  std::string what = summary.snapshot.repo + " is in " + SafeName(summary.snapshot.path) + "\n";
  if (summary.bytes_downloaded == 0) return what;
  return what + "use it: sg index --model " + SafeName(name) + "\n";
}

std::string RenderVerified(std::span<const VerifiedModel> models) {
  std::string out;
  for (const VerifiedModel& model : models) {
    out += model.snapshot.repo + " (" + model.snapshot.commit.substr(0, 12) + ")\n";
    for (const VerifiedFile& file : model.files) {
      out += "  " + Padded(VerdictOf(file.status), 11) + "  " +
             RightAligned(FormatSize(file.size_bytes), 7) + "  " + SafeName(file.name) +
             (file.status.ok() ? "\n" : ": " + SafeName(file.status.message()) + "\n");
    }
  }
  return out.empty() ? "no models in the hub's cache\n" : out;
}

std::string RenderJsonModels(const std::vector<CatalogueEntry>& installed) {
  Json list = Json::array(), known = Json::array();
  for (const CatalogueEntry& entry : installed) {
    list.push_back({{"name", NameOf(entry)},
                    {"folder", JsonPath(entry.folder.path)},
                    {"size_bytes", entry.size_bytes},
                    {"kind", ModelKindName(entry.folder.kind)},
                    {"repo", entry.repo.empty() ? Json(nullptr) : Json(entry.repo)}});
  }
  for (const KnownModel& model : KnownModels()) {
    known.push_back({{"name", model.name},
                     {"repo", model.repo},
                     {"revision", model.revision},
                     {"route", ModelRouteName(model.route)},
                     {"multi_vector", model.multi_vector},
                     {"license", model.license},
                     {"non_commercial", model.non_commercial},
                     {"size_bytes_about", uint64_t{model.size_mb} * 1000000},
                     {"installed", IsInstalled(model, installed)}});
  }
  return Dump(
      {{"version", kJsonVersion}, {"models", std::move(list)}, {"known", std::move(known)}});
}

std::string RenderJsonModel(const ModelReport& report) {
  const ModelDescription& model = report.description;
  const bool is_static = IsStatic(report.folder);
  Json json = {{"version", kJsonVersion},
               {"name", report.space.model_name},
               {"folder", JsonPath(report.folder.path)},
               {"size_bytes", report.size_bytes},
               {"license", LicenseOf(report)},
               {"kind", is_static ? "static" : ModelKindName(report.folder.kind)},
               {"multi_vector", report.space.multi_vector},
               {"dimensions", report.space.dim},
               {"revision", HashHex(report.space.revision)},
               {"architecture", model.architecture},
               {"parameters", model.parameters}};
  if (is_static) return Dump(json);
  json.update({{"layers", model.layers},
               {"heads", model.heads},
               {"hidden_size", model.hidden_size},
               {"pooling", model.pooling},
               {"projections", model.projections},
               {"query_prefix", model.query_prefix},
               {"passage_prefix", model.passage_prefix},
               {"query_max_tokens", model.query_max_tokens},
               {"passage_max_tokens", model.passage_max_tokens},
               {"lower_case", model.lower_case},
               {"tasks", model.tasks}});
  for (const ModelDescription& part : model.parts) json["joins"].push_back(part.name);
  Json memory = Json::object();
  for (const size_t length : UsableLengths(model)) {
    memory[std::to_string(length)] = EstimatedMemoryBytes(model, length);
  }
  json["memory_bytes_about"] = std::move(memory);
  return Dump(json);
}

std::string RenderJsonPull(const PullSummary& summary) {
  return Dump({{"version", kJsonVersion},
               {"repo", summary.snapshot.repo},
               {"commit", summary.snapshot.commit},
               {"folder", JsonPath(summary.snapshot.path)},
               {"files", summary.files},
               {"size_bytes", summary.bytes_total},
               {"downloaded_bytes", summary.bytes_downloaded}});
}

std::string RenderJsonVerified(std::span<const VerifiedModel> models) {
  Json list = Json::array();
  for (const VerifiedModel& model : models) {
    Json files = Json::array();
    for (const VerifiedFile& file : model.files) {
      files.push_back({{"name", JsonPath(file.name)},
                       {"digest", file.digest},
                       {"size_bytes", file.size_bytes},
                       {"good", file.status.ok()},
                       {"message", file.status.message()}});
    }
    list.push_back({{"repo", model.snapshot.repo},
                    {"commit", model.snapshot.commit},
                    {"files", std::move(files)}});
  }
  return Dump({{"version", kJsonVersion}, {"models", std::move(list)}});
}

}  // namespace sg
