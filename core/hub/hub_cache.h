#pragma once
// The folder in which programs of this machine share what they downloaded from the Hugging Face
// hub, and its layout (https://huggingface.co/docs/hub/local-cache):
//
//   <cache>/models--ORG--NAME/blobs/<etag>              the files, named by their hash
//                             refs/<revision>           a commit, 40 hexadecimal digits
//                             snapshots/<commit>/<file> symbolic links into blobs
//
// What Python downloaded is used as it is, and Python finds what sg downloaded. Only looks; never
// goes to the network (core/hub/pull.h does). Callable from any thread.

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/status.h"

namespace sg {

// The hub's public address, used unless HF_ENDPOINT names another. Nothing is sent there except by
// `sg model pull`.
inline constexpr std::string_view kDefaultHubEndpoint = "https://huggingface.co";

using EnvironmentLookup = std::function<const char*(const char*)>;

struct HubSettings {
  std::string endpoint;      // HF_ENDPOINT, without a trailing slash
  std::string cache_dir;     // HF_HUB_CACHE, HF_HOME/hub or ~/.cache/huggingface/hub; may be empty
  std::string token;         // HF_TOKEN or the file that `hf auth login` writes; never shown
  bool offline = false;      // HF_HUB_OFFLINE
  int stall_timeout_s = 30;  // HF_HUB_DOWNLOAD_TIMEOUT
};

// kInvalidArgument for an endpoint that is no http(s) address, or a token that cannot be one.
Result<HubSettings> HubSettingsFromEnvironment(const EnvironmentLookup& getenv);
// Of the running process: the cache folder alone, which needs no further check.
std::string HubCacheFolder();

// "ORG/NAME" or "NAME" of letters, digits, '-', '_', '.'; never a path out of its folder.
bool IsRepoId(std::string_view text);
// A branch, tag or commit: as above, also with '/' between.
bool IsRevision(std::string_view text);
bool IsCommit(std::string_view text);

// "models--ORG--NAME". REQUIRES: IsRepoId(repo).
std::string RepoFolderName(std::string_view repo);

struct HubSnapshot {
  std::string repo;    // "ORG/NAME"
  std::string commit;  // 40 hexadecimal digits
  std::string path;    // <cache>/models--ORG--NAME/snapshots/<commit>
};

// The complete snapshot of `repo` that `revision` names: one with config.json and weights.
// kNotFound otherwise. REQUIRES: IsRepoId(repo).
Result<HubSnapshot> FindSnapshot(const std::string& cache_dir, std::string_view repo,
                                 std::string_view revision = "main");

// For every repository its complete snapshot: that of "main" or, without, any one. By repository.
std::vector<HubSnapshot> ListSnapshots(const std::string& cache_dir);

// The repository whose snapshot `path` is, "" if it lies in no cache.
std::string RepoOfSnapshotPath(std::string_view path);

}  // namespace sg
