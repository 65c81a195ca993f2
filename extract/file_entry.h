#pragma once
// What the walker hands on: one regular file of the tree, not yet read.

#include <cstdint>
#include <string>

namespace sg {

struct FileEntry {
  std::string path;  // relative to the root, '/'-separated, bytes exactly as on disk (not
                     // necessarily UTF-8)
  uint64_t size_bytes = 0;
  int64_t mtime_ns = 0;
  uint64_t inode = 0;
  bool explicitly_named = false;  // the user named this very file: ignore rules do not apply
};

// Why a file is not in the index. The order is the order of reports.
enum class SkipReason {
  kIgnored,  // .gitignore, .ignore, .sgignore, global excludes
  kHidden,
  kSymlink,
  kNotRegular,  // socket, fifo, device
  kTooLarge,
  kBinary,
  kMinified,
  kGenerated,
  kUnknownType,  // no language or text type claims the name
  kUnreadable,   // permission, vanished, I/O error
  kBadEncoding,
  kTooComplex,  // parsing exceeded its time or depth limit even in the fall-back
  kEmpty,
  kCount,
};
// Stable snake_case name used in JSON and reports, e.g. "too_large".
const char* SkipReasonName(SkipReason reason);

}  // namespace sg
