#pragma once
// Decides whether a file in a folder `vN` is an old version: only if a newer or an unversioned
// counterpart of the folder holds more files. Thread-compatible.

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/status.h"
#include "index/store/store.h"

namespace sg {

class OldVersions {
 public:
  // `snapshot` must outlive this. Reads the list of files at the first path with such a folder.
  explicit OldVersions(const Snapshot& snapshot) : snapshot_(snapshot) {}

  // False for every path of an index with more than 10,000 files.
  Result<bool> IsOld(std::string_view path);

 private:
  Status CountFiles();

  const Snapshot& snapshot_;
  bool counted_ = false;
  // Parent folder -> version number (-1: outside of all version folders) -> files below.
  std::map<std::string, std::map<int, uint64_t>, std::less<>> files_;
};

// The counting on plain paths, for tests: true if `path` is an old version among `paths`.
bool IsOldVersion(std::string_view path, const std::vector<std::string_view>& paths);

}  // namespace sg
