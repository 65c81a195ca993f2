#include "index/search/old_versions.h"

#include "index/rank/path_class.h"

namespace sg {
namespace {

// Listing the files of a larger index costs more than the answer is worth.
constexpr uint64_t kMaxFilesCounted = 10'000;

using VersionCounts = std::map<std::string, std::map<int, uint64_t>, std::less<>>;

// Every parent of a version folder has an entry before files are counted.
void AddParent(std::string_view path, VersionCounts* counts) {
  const VersionFolder version = FindVersionFolder(path);
  if (version.number >= 0) counts->try_emplace(std::string(version.parent));
}

// Counts `path` for each parent of a version folder above it. O(depth).
void AddFile(std::string_view path, VersionCounts* counts) {
  const VersionFolder version = FindVersionFolder(path);
  for (size_t end = 0; end != std::string_view::npos;) {
    const auto parent = counts->find(path.substr(0, end));
    if (parent != counts->end()) {
      ++parent
            ->second[version.number >= 0 && version.parent == parent->first ? version.number : -1];
    }
    const size_t slash = path.find('/', end);
    end = slash == std::string_view::npos ? slash : slash + 1;
  }
}

bool Decide(std::string_view path, const VersionCounts& counts) {
  const VersionFolder version = FindVersionFolder(path);
  if (version.number < 0) return false;
  const auto entry = counts.find(version.parent);
  if (entry == counts.end()) return false;
  const auto own = entry->second.find(version.number);
  const uint64_t own_files = own == entry->second.end() ? 0 : own->second;
  for (const auto& [number, files] : entry->second) {
    if ((number == -1 || number > version.number) && files > own_files) return true;
  }
  return false;
}

}  // namespace

Status OldVersions::CountFiles() {
  SG_ASSIGN_OR_RETURN(const std::vector<FileRecord> files, snapshot_.Files());
  for (const FileRecord& file : files) AddParent(file.entry.path, &files_);
  for (const FileRecord& file : files) AddFile(file.entry.path, &files_);
  counted_ = true;
  return Status::Ok();
}

Result<bool> OldVersions::IsOld(std::string_view path) {
  if (FindVersionFolder(path).number < 0) return false;
  if (snapshot_.counts().files > kMaxFilesCounted) return false;
  if (!counted_) SG_RETURN_IF_ERROR(CountFiles());
  return Decide(path, files_);
}

bool IsOldVersion(std::string_view path, const std::vector<std::string_view>& paths) {
  VersionCounts counts;
  for (std::string_view p : paths) AddParent(p, &counts);
  for (std::string_view p : paths) AddFile(p, &counts);
  return Decide(path, counts);
}

}  // namespace sg
