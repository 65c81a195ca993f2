#pragma once
// Downloads a model from the Hugging Face hub into the shared cache (core/hub/hub_cache.h).
//
// Whatever happens (a kill, a full disk, a cut connection), the cache stays valid: bytes go to
// blobs/<hash>.incomplete and go on from there next time; a file gets its name when its hash is
// what the hub promised; a snapshot becomes a model (its config.json appears) when all its files
// are there. Several processes, also Python's, may pull the same model: they take the same locks.

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>

#include "core/base/status.h"
#include "core/hub/hub_cache.h"

namespace sg {

// What will be downloaded, once that is known.
struct PullPlan {
  std::string repo, commit;
  std::string license;  // as the hub says; may be empty
  size_t files = 0;
  uint64_t bytes_total = 0;
  uint64_t bytes_missing = 0;  // less than the total where some are in the cache
};

struct PullProgress {
  size_t files_done = 0, files_total = 0;
  uint64_t bytes_done = 0, bytes_total = 0;
};

struct PullOptions {
  std::string repo;
  std::string revision = "main";
  size_t parallel = 4;  // files at once
  // Asked before any file is downloaded; an error ends the pull with it. Default: all is well.
  std::function<Status(const PullPlan&)> approve;
  // Called on the calling thread some ten times a second.
  std::function<void(const PullProgress&)> on_progress;
  const std::atomic<bool>* cancel = nullptr;
};

struct PullSummary {
  HubSnapshot snapshot;
  size_t files = 0;
  uint64_t bytes_total = 0;
  uint64_t bytes_downloaded = 0;  // in this run
};

// kInvalidArgument for names that are none, kNotFound, kIo, kBusy (try later), kCorrupt (wrong
// hash), kResourceExhausted (disk), kCancelled. With settings.offline only looks into the cache.
Result<PullSummary> PullModel(const HubSettings& settings, const PullOptions& options);

}  // namespace sg
