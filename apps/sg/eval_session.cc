#include "apps/sg/eval_session.h"

#include <algorithm>
#include <cstdlib>

#include "apps/sg/spaces.h"
#include "apps/sg/update.h"
#include "core/model/catalogue.h"

namespace sg {

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
  constexpr uint64_t kCells = 20;
  const uint64_t filled = progress.total == 0 ? 0 : kCells * progress.done / progress.total;
  return "[" + std::string(filled, '=') + std::string(kCells - std::min(filled, kCells), ' ') +
         "] " + std::to_string(progress.done) + "/" + std::to_string(progress.total) + "  " +
         progress.corpus + ": " + what;
}

}  // namespace sg
