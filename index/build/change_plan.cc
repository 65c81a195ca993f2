#include "index/build/change_plan.h"

#include <string_view>
#include <unordered_map>

namespace sg {
namespace {

// Linux stamps files with the time of the last timer tick (up to 10 ms old at 100 Hz); a full
// second means a file system that counts in seconds (or two: FAT).
constexpr int64_t kTickNs = 20'000'000;
constexpr int64_t kSecondNs = 1'000'000'000;
constexpr int64_t kCoarseTickNs = 2 * kSecondNs;

bool SameState(const FileEntry& a, const FileEntry& b) {
  return a.size_bytes == b.size_bytes && a.mtime_ns == b.mtime_ns && a.inode == b.inode;
}

// An index inside the tree is no part of it.
bool IsIndexFile(std::string_view path) {
  return path.starts_with(".sg/") || path.find("/.sg/") != std::string_view::npos;
}

}  // namespace

ChangePlan PlanChanges(std::span<const FileEntry> walked, std::span<const FileRecord> known,
                       std::span<const SkippedFile> known_skipped) {
  std::unordered_map<std::string_view, const FileRecord*> records;
  for (const FileRecord& record : known) records[record.entry.path] = &record;
  std::unordered_map<std::string_view, const SkippedFile*> skipped;
  for (const SkippedFile& file : known_skipped) skipped[file.entry.path] = &file;
  ChangePlan plan;
  for (const FileEntry& entry : walked) {
    if (IsIndexFile(entry.path)) continue;
    const auto record = records.find(entry.path);
    if (record != records.end()) {
      const FileRecord* old = record->second;
      records.erase(record);
      if (SameState(old->entry, entry)) {
        ++plan.unchanged;
      } else {
        plan.to_read.push_back({.entry = entry, .known = old});
      }
      continue;
    }
    const auto skip = skipped.find(entry.path);
    if (skip != skipped.end() && SameState(skip->second->entry, entry)) {
      plan.still_skipped.push_back(*skip->second);
    } else {
      plan.to_read.push_back({.entry = entry});
    }
  }
  for (const FileRecord& record : known) {
    if (records.contains(record.entry.path)) plan.removed.push_back(record.id);
  }
  return plan;
}

int64_t RecordedTime(int64_t mtime_ns, int64_t read_at_ns) {
  const int64_t tick = mtime_ns % kSecondNs == 0 ? kCoarseTickNs : kTickNs;
  return mtime_ns + tick >= read_at_ns ? kUncertainTime : mtime_ns;
}

}  // namespace sg
