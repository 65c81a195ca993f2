#pragma once
// The models of an index: one for the primary space and, where content is routed (docs/routing.md),
// some for further spaces. Decides which model is for which content, opens them, and runs the
// update of the spaces with a progress line. Shared by `sg index` and `sg search`.

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "apps/sg/settings.h"
#include "core/base/status.h"
#include "core/model/embedder.h"
#include "index/build/space_builder.h"
#include "index/retrieve/space_set.h"
#include "index/store/store.h"

namespace sg {

// `--model auto`: content decides.
inline constexpr char kAutoModel[] = "auto";

// The model of each route, as folders; empty: the bundled model serves it.
struct RouteTable {
  std::string folder[kRouteCount];
  std::vector<std::string> notices;  // what is not installed and falls back
};
// From `settings` (route_code, route_text, route_cjk), else the first installed model that is good
// for the route, the usual ones first. `find` returns the folder of a model name.
RouteTable MakeRouteTable(const Settings& settings,
                          const std::function<Result<std::string>(const std::string&)>& find);

struct IndexModels {
  std::unique_ptr<Embedder> primary;
  std::vector<std::unique_ptr<Embedder>> further;  // what `targets` refer to
  std::vector<SpaceTarget> targets;
  bool keep_spaces = false;          // a model could not be opened: leave the spaces as they are
  std::vector<std::string> notices;  // to be said once
};

// What `settings` ask for: a model of one vector a passage is the primary space; a multi-vector
// model stands beside the bundled one for all content; "auto" routes.
Result<IndexModels> OpenModelsFor(const Settings& settings);

// Adds the models of the spaces that the index at `db_path` holds. `settings.model_path` may name
// the folder of one of them. `first_role`: see EmbedderOptions.
Status AddSpacesOf(const std::string& db_path, const Settings& settings, IndexModels* models,
                   TextRole first_role = TextRole::kPassage);

// Brings the further spaces up to date (`rebuild`: makes them anew), after RunUpdate. kCancelled
// after Ctrl-C.
Result<SpacesSummary> RunSpacesUpdate(const std::string& db_path, const IndexModels& models,
                                      bool quiet, bool rebuild = false);

}  // namespace sg
