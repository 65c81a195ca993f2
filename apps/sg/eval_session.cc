#include "apps/sg/eval_session.h"

#include <algorithm>
#include <cstdlib>

#include "apps/sg/spaces.h"
#include "apps/sg/update.h"
#include "core/model/catalogue.h"

namespace sg {
namespace {

std::string ProgressText(uint64_t done, uint64_t total, const std::string& what) {
  constexpr uint64_t kCells = 20;
  const uint64_t filled = total == 0 ? 0 : std::min(kCells, kCells * done / total);
  return "[" + std::string(filled, '=') + std::string(kCells - filled, ' ') + "] " +
         std::to_string(done) + "/" + std::to_string(total) + "  " + what;
}

}  // namespace

Result<std::string> EvalCacheFolder() {
  const auto set = [](const char* name) -> std::string {
    const char* value = std::getenv(name);
    return value == nullptr ? "" : value;
  };
  if (const std::string own = set("SG_EVAL_CACHE"); !own.empty()) return own;
  if (const std::string cache = set("XDG_CACHE_HOME"); !cache.empty()) return cache + "/sg/eval";
  if (const std::string home = set("HOME"); !home.empty()) return home + "/.cache/sg/eval";
  return InvalidArgumentError("no place for the indexes of corpora: set SG_EVAL_CACHE or HOME");
}

Result<EvalModel> OpenEvalModel(Settings settings, const std::string& precision) {
  if (settings.model == kAutoModel) settings.model.reset();
  EvalModel model;
  SG_ASSIGN_OR_RETURN(model.embedder, OpenModel(settings, std::string(kBundledModelName),
                                                {.precision = precision}));
  if (model.embedder->static_model() == nullptr) {
    SG_ASSIGN_OR_RETURN(const std::string dir, FindBundledModel());
    SG_ASSIGN_OR_RETURN(model.own_lexical, StaticModel::Open(dir));
  }
  return model;
}

std::string EvalProgressText(const EvalProgress& progress) {
  const std::string what = progress.system.empty() ? "indexing" : progress.system;
  return ProgressText(progress.done, progress.total, progress.corpus + ": " + what);
}

std::string MakeProgressText(uint64_t done, uint64_t total) {
  return ProgressText(done, total, "looking for questions");
}

}  // namespace sg
