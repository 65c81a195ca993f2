#pragma once
// Builds or updates the index of a tree: walk -> decode -> chunk -> embed -> write, as a pipeline
// with bounded queues. Prints nothing: progress goes to a callback. Interruptible at any moment;
// what is committed stays.

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/base/status.h"
#include "core/model/embedder.h"
#include "extract/chunker.h"
#include "extract/source_text.h"
#include "extract/walker.h"
#include "index/store/store.h"

namespace sg {

struct IndexProgress {
  enum class Phase { kScan, kIndex, kFinish } phase = Phase::kScan;
  uint64_t files_done = 0;
  uint64_t files_total = 0;  // files to be (re)indexed in this run
  uint64_t bytes_done = 0;
  uint64_t bytes_total = 0;
};

struct IndexOptions {
  std::string root;     // directory (or one file)
  std::string db_path;  // default layout: DefaultIndexPath(root)
  WalkOptions walk;
  SourceLimits limits;
  ChunkOptions chunk;
  size_t max_tokens_per_chunk = 512;  // that the embedder reads; recorded with the index
  size_t threads = 0;                 // 0: all cores
  uint64_t max_memory_bytes = uint64_t{1} << 30;  // bound on what the queues hold
  bool rebuild = false;                           // forget what is there
  // Called from the writer's thread, at most about 20 times a second.
  std::function<void(const IndexProgress&)> on_progress;
  const std::atomic<bool>* cancel = nullptr;
};

struct IndexSummary {
  uint64_t files_total = 0;  // in the index now
  uint64_t chunks_total = 0;
  uint64_t files_added = 0, files_changed = 0, files_removed = 0, files_unchanged = 0;
  uint64_t bytes_indexed = 0;       // source bytes read and chunked in this run
  uint64_t index_bytes = 0;         // size of the database file
  std::vector<uint64_t> skipped;    // [SkipReason::kCount]
  std::vector<std::string> errors;  // unreadable files and folders, at most 1,000
  double seconds = 0;
  bool rebuilt = false;  // settings or model changed, everything was done anew
};

// `<root>/.sg/index.db`.
std::string DefaultIndexPath(const std::string& root);
// Walks up from `start` to the first folder that holds .sg/index.db; returns that folder, or
// kNotFound.
Result<std::string> FindIndexRoot(const std::string& start);
// Where a new index belongs if none exists: the enclosing git work tree's top, else `start`.
std::string FindProjectRoot(const std::string& start);

// Brings the index at options.db_path up to date with options.root. `embedder` gives the vectors of
// the primary space.
Result<IndexSummary> UpdateIndex(const IndexOptions& options, const Embedder& embedder);

// Whether the tree differs from the index: counts only, reads no file contents. Cheap (5,000 files:
// well under 100 ms).
struct StaleReport {
  uint64_t added = 0, changed = 0, removed = 0;
  uint64_t changed_bytes = 0;  // size of added and changed files
  bool stale() const { return added + changed + removed > 0; }
};
Result<StaleReport> CheckStale(const Snapshot& snapshot, const WalkOptions& walk);

}  // namespace sg
