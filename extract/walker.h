#pragma once
// Walks a source tree: every regular file that is not ignored, in deterministic order (bytewise by
// path component). Follows git's ignore semantics (gitignore(5)) plus .ignore and .sgignore; which
// rule wins is written in docs/walking.md. May be called from any thread.

#include <functional>
#include <string>
#include <vector>

#include "core/base/status.h"
#include "extract/file_entry.h"

namespace sg {

struct WalkOptions {
  // .gitignore, .git/info/exclude, core.excludesFile, .ignore, .sgignore, and the built-in list of
  // folders that hold dependencies (kDependencyFolders in walker.cc).
  bool use_ignore_files = true;
  bool include_hidden = false;
  bool follow_symlinks = false;      // each directory is walked once: loops are safe
  std::vector<std::string> include;  // globs in gitignore syntax; empty: everything
  std::vector<std::string> exclude;  // likewise; stronger than every ignore file
  bool force = false;                // allow `/` and $HOME as root
};

struct WalkResult {
  std::vector<FileEntry> files;
  // Number of files skipped by reason [SkipReason::kCount]; ignored and hidden directories count
  // once.
  std::vector<uint64_t> skipped;
  std::vector<std::string>
      errors;  // "cannot open a/b: Permission denied", one per unreadable directory
};

// Returns all files below `root`. kNotFound, kInvalidArgument (root is `/` or $HOME without force;
// not a directory). One unreadable folder does not fail the walk. One directory is open at a time;
// version control folders (.git, .hg, .svn, ...) and .sg are never entered.
Result<WalkResult> WalkTree(const std::string& root, const WalkOptions& options);

}  // namespace sg
