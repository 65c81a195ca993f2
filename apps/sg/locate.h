#pragma once
// Which tree and which index file a command means. Callable from any thread.

#include <optional>
#include <string>

#include "core/base/status.h"

namespace sg {

struct IndexLocation {
  std::string root;       // absolute, no trailing slash ("/" itself apart)
  std::string db_path;    // absolute
  bool exists = false;    // there is a file at db_path
  bool own_file = false;  // the file was named (--index, SG_INDEX), it is not <root>/.sg/index.db
};

// Where `sg search` run in `dir` looks: the named index file, else the first folder from `dir`
// upwards that holds .sg/index.db, else where a new index belongs (the top of the git work tree, or
// `dir`). An index that belongs to another user who does not own its tree either is kNotFound's
// business: such files are passed over with kInvalidArgument, since whoever can write to a parent
// folder (/tmp) could otherwise feed us results.
Result<IndexLocation> LocateIndex(const std::string& dir, const std::optional<std::string>& index);

// The folder that a new index of `root` is written to by default.
IndexLocation LocationFor(const std::string& root, const std::optional<std::string>& index);

// Deletes the index file and what belongs to it; of a default location the .sg folder, too, unless
// there is something else in it.
Status RemoveIndex(const IndexLocation& location);

}  // namespace sg
