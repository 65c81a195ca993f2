#include "apps/sg/render/models.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "apps/sg/render/json.h"
#include "apps/sg/render/safe_text.h"
#include "apps/sg/sizes.h"
#include "core/base/hash.h"

namespace sg {
namespace {

using Json = nlohmann::ordered_json;

std::string Dump(const Json& json) {
  return json.dump(/*indent=*/-1, ' ', /*ensure_ascii=*/false, Json::error_handler_t::replace) +
         "\n";
}

const char* VectorsWord(const Space& space) {
  return space.multi_vector ? "one vector a token" : "one vector a chunk";
}

}  // namespace

std::string RenderModels(const std::vector<InstalledModel>& models, std::string_view default_name) {
  size_t width = 0;
  for (const InstalledModel& model : models) width = std::max(width, model.name.size());
  std::string out;
  for (const InstalledModel& model : models) {
    std::string name = SafeName(model.name);
    name.resize(std::max(width, name.size()), ' ');
    std::string size = FormatSize(model.size_bytes);
    size.insert(0, size.size() < 7 ? 7 - size.size() : 0, ' ');
    out += name + "  " + size + "  " + SafeName(model.dir);
    out += model.name == default_name ? "  (default)\n" : "\n";
  }
  return out;
}

std::string RenderModel(const ModelReport& report) {
  std::string out = "name      " + SafeName(report.space.model_name) + "\n";
  out += "folder    " + SafeName(report.dir) + " (" + FormatSize(report.size_bytes) + ")\n";
  out += std::string("kind      ") + (report.is_static ? "static table" : "transformer") + ", " +
         VectorsWord(report.space) + "\n";
  out += "vectors   " + std::to_string(report.space.dim) + " dimensions\n";
  return out + "revision  " + HashHex(report.space.revision) + "\n";
}

std::string RenderJsonModels(const std::vector<InstalledModel>& models) {
  Json list = Json::array();
  for (const InstalledModel& model : models) {
    list.push_back(
        {{"name", model.name}, {"folder", JsonPath(model.dir)}, {"size_bytes", model.size_bytes}});
  }
  return Dump({{"version", kJsonVersion}, {"models", std::move(list)}});
}

std::string RenderJsonModel(const ModelReport& report) {
  return Dump({{"version", kJsonVersion},
               {"name", report.space.model_name},
               {"folder", JsonPath(report.dir)},
               {"size_bytes", report.size_bytes},
               {"kind", report.is_static ? "static" : "transformer"},
               {"multi_vector", report.space.multi_vector},
               {"dimensions", report.space.dim},
               {"revision", HashHex(report.space.revision)}});
}

}  // namespace sg
