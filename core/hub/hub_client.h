#pragma once
// The few requests of the Hugging Face hub that a download needs
// (https://huggingface.co/docs/hub/api):
//
//   GET  /api/models/{repo}/revision/{revision}   commit, files, licence
//   HEAD /{repo}/resolve/{commit}/{file}          hash and size
//   GET  the same, with Range                     bytes
//
// The token goes to the endpoint alone: an answer that leads to another host is followed without.
// Nothing is followed from https to http. Answers are hostile: what becomes a name of a file or
// folder is checked here. Thread-compatible: each thread has its own client.

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/status.h"
#include "core/hub/http.h"
#include "core/hub/hub_cache.h"

namespace sg {

struct RepoInfo {
  std::string commit;   // 40 hexadecimal digits
  std::string license;  // as the model card says, e.g. "apache-2.0"; empty if it does not
  std::vector<std::string> files;  // as the server names them: unchecked
};

struct RemoteFile {
  std::string name;
  std::string digest;  // REQUIRES of users: IsFileDigest(digest) holds
  uint64_t size_bytes = 0;
};

// Bytes of a file, from `begin` to before `end`.
struct ByteRange {
  uint64_t begin = 0, end = 0;
};

class HubClient {
 public:
  // `settings` and `cancel` (may be null) must outlive it. kUnsupported without libcurl.
  static Result<HubClient> Create(const HubSettings& settings, const std::atomic<bool>* cancel);

  // REQUIRES: IsRepoId(repo), IsRevision(revision). kNotFound, kIo, kCorrupt; busy servers are
  // asked again a few times.
  Result<RepoInfo> Info(const std::string& repo, const std::string& revision);
  Result<RemoteFile> Stat(const std::string& repo, const std::string& commit,
                          const std::string& file);

  // One try to get the bytes `wanted` of `file`. begin(bytes) is called once before the first of
  // them with what the server really sends: `wanted`, or all of the file. kBusy if it broke off and
  // another try may help.
  Status Read(const std::string& repo, const std::string& commit, const RemoteFile& file,
              ByteRange wanted, const std::function<Status(ByteRange bytes)>& begin,
              const std::function<Status(std::string_view bytes)>& sink);

  // Sleeps before try number `attempt` (from 1): longer each time, or as long as the last busy
  // answer asked for. kCancelled.
  Status WaitBeforeRetry(int attempt) const;

 private:
  HubClient(const HubSettings& settings, const std::atomic<bool>* cancel,
            std::unique_ptr<HttpClient> http)
      : settings_(&settings), cancel_(cancel), http_(std::move(http)) {}

  // Performs `request`, following redirects; with `stay` only those within the endpoint.
  Result<HttpAnswer> Follow(HttpRequest request, bool stay);
  Result<HttpAnswer> FollowWithRetries(const HttpRequest& request, bool stay,
                                       const std::string& what);
  Status StatusOf(const HttpAnswer& answer, const std::string& what);
  std::string FileUrl(const std::string& repo, const std::string& commit,
                      const std::string& file) const;

  const HubSettings* settings_;
  const std::atomic<bool>* cancel_;
  std::unique_ptr<HttpClient> http_;
  int asked_wait_s_ = 0;  // Retry-After of the last busy answer
};

inline constexpr int kHubAttempts = 5;  // tries without progress before giving up

}  // namespace sg
