#pragma once
// Making and updating an index on behalf of a command: from settings to one call of UpdateIndex,
// with progress line and Ctrl-C. Shared by `sg index` and `sg search`.

#include <memory>

#include "apps/sg/locate.h"
#include "apps/sg/settings.h"
#include "core/model/embedder.h"
#include "index/build/indexer.h"
#include "index/build/walk_settings.h"

namespace sg {

// The user's file, the project's file (of `root`), the environment and `flags`, merged.
Result<Settings> EffectiveSettings(const std::string& root, const Settings& flags);

// The same without a project: for finding the index in the first place.
Result<Settings> SettingsOutsideProjects(const Settings& flags);

// What `settings` say about which files are indexed.
WalkSettings WalkSettingsFrom(const Settings& settings);

// The model that `settings` name, else `fallback_name`. Installed folders are looked through.
Result<std::unique_ptr<Embedder>> OpenModel(const Settings& settings,
                                            const std::string& fallback_name,
                                            const EmbedderOptions& options = {});

struct UpdateRequest {
  IndexLocation location;
  WalkSettings files;
  uint64_t threads = 0;
  uint64_t max_memory_bytes = 0;  // 0: the library's default
  bool rebuild = false;
  bool quiet = false;  // no progress line
};

// kCancelled after Ctrl-C; what is committed stays.
Result<IndexSummary> RunUpdate(const UpdateRequest& request, const Embedder& embedder);

// A message for an index that holds no file at all: what was skipped and why. Ok if it holds some.
Status CheckNotEmpty(const IndexSummary& summary, const std::string& root);

}  // namespace sg
