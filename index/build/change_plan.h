#pragma once
// What differs between the tree and the index: by size, mtime and inode, without reading contents.
// Pure functions.

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "extract/file_entry.h"
#include "index/store/store.h"

namespace sg {

// A file that must be read.
struct PlannedFile {
  FileEntry entry;
  const FileRecord* known = nullptr;  // the record it may replace; null for a new file
};

struct ChangePlan {
  std::vector<PlannedFile> to_read;  // in the walk's order
  std::vector<FileId> removed;       // indexed, but not in the tree any more
  std::vector<SkippedFile> still_skipped;
  uint64_t unchanged = 0;
};

// `known` must outlive the plan.
ChangePlan PlanChanges(std::span<const FileEntry> walked, std::span<const FileRecord> known,
                       std::span<const SkippedFile> known_skipped);

// The modification time to record for a file that was read at `read_at_ns`: when it changed just
// before (within the clock's granularity), a later change may leave the same time, so that
// kUncertainTime is recorded and the next run compares contents.
inline constexpr int64_t kUncertainTime = -1;
int64_t RecordedTime(int64_t mtime_ns, int64_t read_at_ns);

}  // namespace sg
