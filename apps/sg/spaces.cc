#include "apps/sg/spaces.h"

#include <algorithm>
#include <array>
#include <thread>
#include <utility>

#include "apps/sg/interrupt.h"
#include "apps/sg/progress.h"
#include "apps/sg/terminal.h"
#include "core/base/file.h"
#include "core/model/catalogue.h"
#include "core/model/known_models.h"
#include "index/build/walk_settings.h"
#include "index/query/route.h"
#include "index/store/space_store.h"

namespace sg {
namespace {

struct RouteRow {
  Route route;
  ModelRoute model_route;
  std::optional<std::string> Settings::*setting;
  std::string_view usual;  // the model of this route if it is installed
};
constexpr std::array<RouteRow, kRouteCount> kRoutes = {
    RouteRow{Route::kCode, ModelRoute::kCode, &Settings::route_code, "unixcoder"},
    RouteRow{Route::kText, ModelRoute::kProse, &Settings::route_text, "xtr"},
    RouteRow{Route::kCjk, ModelRoute::kCjk, &Settings::route_cjk, "jina-colbert"}};

size_t ChunkTokens(const Settings& settings) {
  return settings.max_tokens_per_chunk.value_or(kDefaultChunkTokens);
}

EmbedderOptions UseThreads(const Settings& settings, TextRole first_role = TextRole::kPassage) {
  const size_t cores = std::max(1u, std::thread::hardware_concurrency());
  const auto wanted = static_cast<size_t>(settings.threads.value_or(0));
  return {.threads = wanted == 0 ? cores : wanted,
          .max_tokens = ChunkTokens(settings),
          .first_role = first_role};
}

// The folder for one route, empty if the bundled model serves it.
std::string FolderOfRoute(const RouteRow& row, const Settings& settings,
                          const std::function<Result<std::string>(const std::string&)>& find,
                          std::vector<std::string>* notices) {
  if (const std::optional<std::string>& named = settings.*row.setting) {
    if (*named == kBundledModelName) return "";
    if (const Result<std::string> folder = find(*named); folder.ok()) return *folder;
    notices->push_back("the model '" + *named + "' for " + std::string(RouteName(row.route)) +
                       " is not installed; the bundled model serves it (sg model pull " + *named +
                       ")");
    return "";
  }
  std::vector<std::string> names = {std::string(row.usual)};
  for (const KnownModel& known : KnownModels()) {
    if (known.route == row.model_route) names.emplace_back(known.name);
  }
  for (const std::string& name : names) {
    if (const Result<std::string> folder = find(name); folder.ok()) return *folder;
  }
  notices->push_back("no model for " + std::string(RouteName(row.route)) +
                     " is installed; the bundled model serves it (sg model pull " +
                     std::string(row.usual) + ")");
  return "";
}

Status OpenBundled(IndexModels* models) {
  SG_ASSIGN_OR_RETURN(const std::string dir, FindBundledModel());
  SG_ASSIGN_OR_RETURN(models->primary, OpenEmbedder(dir, {}));
  return Status::Ok();
}

void AddTarget(std::unique_ptr<Embedder> embedder, uint32_t routes, const Settings& settings,
               IndexModels* models) {
  SpaceTarget target{
      .embedder = embedder.get(), .routes = routes, .threads = UseThreads(settings).threads};
  target.bits = settings.token_bits.value_or(target.bits);
  target.pooled = settings.pool_tokens.value_or(target.pooled);
  models->targets.push_back(target);
  models->further.push_back(std::move(embedder));
}

Status OpenRoutes(const Settings& settings, IndexModels* models) {
  SG_RETURN_IF_ERROR(OpenBundled(models));
  const RouteTable table =
      MakeRouteTable(settings, [](const std::string& name) { return FindModelFolder(name); });
  models->notices = table.notices;
  for (size_t i = 0; i < kRouteCount; ++i) {
    const std::string& folder = table.folder[i];
    if (folder.empty()) continue;
    uint32_t routes = 0;  // a model that serves several routes makes one space
    for (size_t j = 0; j < kRouteCount; ++j) {
      if (table.folder[j] == folder) routes |= RouteBit(kRoutes[j].route);
    }
    const bool done = std::find(table.folder, table.folder + i, folder) != table.folder + i;
    if (done) continue;
    SG_ASSIGN_OR_RETURN(auto embedder, OpenEmbedder(folder, UseThreads(settings)));
    AddTarget(std::move(embedder), routes, settings, models);
  }
  return Status::Ok();
}

}  // namespace

RouteTable MakeRouteTable(const Settings& settings,
                          const std::function<Result<std::string>(const std::string&)>& find) {
  RouteTable table;
  for (size_t i = 0; i < kRouteCount; ++i) {
    table.folder[i] = FolderOfRoute(kRoutes[i], settings, find, &table.notices);
  }
  return table;
}

Result<IndexModels> OpenModelsFor(const Settings& settings) {
  IndexModels models;
  if (!settings.model_path && settings.model == kAutoModel) {
    SG_RETURN_IF_ERROR(OpenRoutes(settings, &models));
    return models;
  }
  std::string dir;
  if (settings.model_path) {
    dir = *settings.model_path;
  } else {
    SG_ASSIGN_OR_RETURN(dir,
                        FindModelFolder(settings.model.value_or(std::string(kBundledModelName))));
  }
  SG_ASSIGN_OR_RETURN(models.primary, OpenEmbedder(dir, {.max_tokens = ChunkTokens(settings)}));
  if (!models.primary->space().multi_vector) return models;
  // The primary space has one vector a passage.
  SG_ASSIGN_OR_RETURN(std::unique_ptr<Embedder> many, OpenEmbedder(dir, UseThreads(settings)));
  SG_RETURN_IF_ERROR(OpenBundled(&models));
  AddTarget(std::move(many), kAllRouteBits, settings, &models);
  return models;
}

Status AddSpacesOf(const std::string& db_path, const Settings& settings, IndexModels* models,
                   TextRole first_role) {
  SG_ASSIGN_OR_RETURN(const auto reader, SpaceReader::Open(db_path));
  for (const SpaceInfo& info : reader->spaces()) {
    const std::string& name = info.space.model_name;
    Result<std::string> dir = settings.model_path && LastComponent(*settings.model_path) == name
                                  ? Result<std::string>(*settings.model_path)
                                  : FindModelFolder(name);
    Result<std::unique_ptr<Embedder>> embedder =
        dir.ok() ? OpenEmbedder(*dir, UseThreads(settings, first_role))
                 : Result<std::unique_ptr<Embedder>>(dir.status());
    if (embedder.ok() && (*embedder)->space().revision == info.space.revision) {
      AddTarget(std::move(*embedder), info.routes, settings, models);
      models->targets.back().bits = info.bits == 8 ? 4 : info.bits;
      models->targets.back().pooled = info.pooled;
      continue;
    }
    models->keep_spaces = true;
    models->notices.push_back("the space of the model '" + name + "' is left out: " +
                              (embedder.ok() ? "the model is another one now; run: sg index"
                                             : embedder.status().message()));
  }
  return Status::Ok();
}

Result<SpacesSummary> RunSpacesUpdate(const std::string& db_path, const IndexModels& models,
                                      bool quiet, bool rebuild) {
  if (models.keep_spaces) return SpacesSummary{};
  const Terminal terminal = DetectTerminal();
  ProgressLine progress(terminal.stderr_is_terminal && !quiet, terminal.columns);
  const InterruptScope interrupt;
  SpacesOptions options{.db_path = db_path,
                        .targets = models.targets,
                        .rebuild = rebuild,
                        .cancel = interrupt.flag()};
  options.on_progress = [&progress](uint64_t done, uint64_t total) {
    progress.ShowText("embedding " + std::to_string(done) + " of " + std::to_string(total) +
                      " chunks");
  };
  return UpdateSpaces(options);
}

}  // namespace sg
