// Where indexes are and belong.

#include <filesystem>

#include "core/base/file.h"
#include "index/build/indexer.h"

namespace sg {
namespace {

namespace fs = std::filesystem;

// `start` without symbolic links, or as far as it exists; its folder if it is a file.
fs::path FolderOf(const std::string& start) {
  std::error_code error;
  fs::path path = fs::weakly_canonical(start.empty() ? "." : start, error);
  if (error) path = fs::absolute(start, error);
  if (fs::is_regular_file(path, error)) path = path.parent_path();
  return path;
}

// Returns the first of `folder` and its parents that holds `name`, or an empty path.
fs::path FindUpwards(fs::path folder, const char* name) {
  for (;;) {
    if (PathExists((folder / name).string())) return folder;
    if (!folder.has_parent_path() || folder.parent_path() == folder) return {};
    folder = folder.parent_path();
  }
}

}  // namespace

std::string DefaultIndexPath(const std::string& root) {
  return (fs::path(root) / ".sg" / "index.db").string();
}

Result<std::string> FindIndexRoot(const std::string& start) {
  const fs::path found = FindUpwards(FolderOf(start), ".sg/index.db");
  if (!found.empty()) return found.string();
  return NotFoundError("no index in " + start + " or above; make one with `sg index`");
}

std::string FindProjectRoot(const std::string& start) {
  const fs::path folder = FolderOf(start);
  const fs::path top = FindUpwards(folder, ".git");
  return top.empty() ? folder.string() : top.string();
}

}  // namespace sg
