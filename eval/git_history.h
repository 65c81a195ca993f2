#pragma once
// The commits of a repository, asked of the installed `git`. Its configuration cannot make it run
// other programs (no pager, no text conversion, no signatures, no file-system monitor).

#include <string>
#include <vector>

#include "core/base/status.h"

namespace sg {

struct Commit {
  std::string subject;
  std::vector<std::string> files;  // added or modified, relative to the asked folder
};

// The newest `most` commits below `dir` that are no merges. kNotFound if `dir` is in no repository
// or git is not installed; kIo if git failed. Reads at most 64 MiB of its output.
Result<std::vector<Commit>> ReadCommits(const std::string& dir, size_t most);

}  // namespace sg
