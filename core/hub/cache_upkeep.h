#pragma once
// Upkeep of the hub's cache: are the files still what their names say, and deleting a repository.
// Callable from any thread.

#include <atomic>
#include <cstdint>
#include <string>
#include <vector>

#include "core/base/status.h"
#include "core/hub/hub_cache.h"

namespace sg {

struct VerifiedFile {
  std::string name;    // relative to the snapshot
  std::string digest;  // as the hub names it; empty if its link names none
  uint64_t size_bytes = 0;
  Status status;  // kCorrupt: the content is another; kNotFound: gone; kUnsupported: no hash known
};

// Hashes every file of `snapshot`; by name. kIo if the folder cannot be read, kUnsupported without
// libcrypto, kCancelled.
Result<std::vector<VerifiedFile>> VerifySnapshot(const HubSnapshot& snapshot,
                                                 const std::atomic<bool>* cancel);

// Deletes everything of `repo` in the cache, whatever revisions. Returns the bytes freed.
// kNotFound. REQUIRES: IsRepoId(repo).
Result<uint64_t> RemoveRepo(const std::string& cache_dir, const std::string& repo);

}  // namespace sg
