#pragma once
// Settings: what a user may fix once instead of typing it as a flag. Four layers, later ones win:
// the user's file, the project's file, the environment, flags. Files are JSON with comments.
//
// A project's file comes with the source tree and is untrusted: it can only choose what is indexed
// within the tree and how results look; keys that name places outside of it or spend the machine's
// resources are refused there (docs/settings.md has the table). Callable from any thread.

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/status.h"
#include "index/rank/ranking_weights.h"

namespace sg {

// One layer, or several merged; absent means "not said".
struct Settings {
  std::optional<std::string> index;       // path of the index file
  std::optional<std::string> model;       // name of an installed model, or "auto"
  std::optional<std::string> model_path;  // folder of a model
  // Models by content, where model is "auto".
  std::optional<std::string> route_code, route_text, route_cjk;
  std::optional<uint64_t> max_tokens_per_chunk;  // that an encoder reads: kChunkTokens
  // Of multi-vector models: bits a dimension of a stored token (kTokenBits), and whether every two
  // tokens are made one.
  std::optional<uint64_t> token_bits;
  std::optional<bool> pool_tokens;
  std::optional<uint64_t> threads;
  std::optional<uint64_t> max_memory_bytes;
  std::optional<std::vector<std::string>> include, exclude;
  std::optional<bool> hidden, ignore_files, follow;
  std::optional<uint64_t> max_file_size_bytes;
  std::optional<bool> auto_update;
  std::optional<std::string> mode;   // hybrid, semantic, keyword
  std::optional<std::string> color;  // auto, always, never
  std::optional<uint64_t> top_k, context, max_tokens;
  std::optional<TunedWeights> ranking;  // unchecked; see ResolveWeights
};

// The lengths that `--max-tokens-per-chunk` may take.
inline constexpr uint64_t kChunkTokens[] = {512, 1024, 2048, 4096, 8192};
// The values of `--token-bits`.
inline constexpr uint64_t kTokenBits[] = {2, 4};

// Returns `base` with everything that `over` says replaced by it.
Settings MergeSettings(Settings base, const Settings& over);

enum class SettingsSource { kUser, kProject };

// The settings in `json`, the content of the file `path`. kInvalidArgument names file and line, and
// for an unknown key the nearest known one.
Result<Settings> ParseSettings(std::string_view json, const std::string& path,
                               SettingsSource source);

// Reads and parses the file; no file is no settings. A project's file must be a regular file.
Result<Settings> LoadSettingsFile(const std::string& path, SettingsSource source);

// SG_INDEX, SG_MODEL, ...; `getenv` returns null for what is unset.
Result<Settings> SettingsFromEnvironment(const std::function<const char*(const char*)>& getenv);

// $SG_CONFIG, else $XDG_CONFIG_HOME/sg/config.json, else ~/.config/sg/config.json; empty if none of
// these variables is set.
std::string UserSettingsPath(const std::function<const char*(const char*)>& getenv);
// <root>/.sg.json.
std::string ProjectSettingsPath(const std::string& root);

// The table of all keys for `sg help settings` and docs: key, environment variable (or empty),
// whether a project may set it, meaning.
struct SettingRow {
  std::string_view key, environment;
  bool project = false;
  std::string_view meaning;
};
std::vector<SettingRow> SettingRows();

}  // namespace sg
