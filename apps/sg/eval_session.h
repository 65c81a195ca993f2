#pragma once
// What `sg eval` and `sg tune` share: where indexes for evaluation lie, which model asks, and how
// progress is said. Used by commands only.

#include <memory>
#include <string>

#include "apps/sg/settings.h"
#include "core/model/embedder.h"
#include "core/model/static_model.h"
#include "eval/evaluate.h"

namespace sg {

// $SG_EVAL_CACHE, else $XDG_CACHE_HOME/sg/eval, else ~/.cache/sg/eval.
Result<std::string> EvalCacheFolder();

struct EvalModel {
  std::unique_ptr<Embedder> embedder;
  std::unique_ptr<StaticModel> own_lexical;  // null if the embedder is static itself

  const StaticModel& lexical() const {
    return own_lexical ? *own_lexical : *embedder->static_model();
  }
};

// The model that `settings` name ("auto" and nothing: the bundled one). `precision`: of encoders.
Result<EvalModel> OpenEvalModel(Settings settings, const std::string& precision = "auto");

// "[====      ] 12/60  corpus: hybrid".
std::string EvalProgressText(const EvalProgress& progress);
// The same while queries are made of files.
std::string MakeProgressText(uint64_t done, uint64_t total);

}  // namespace sg
