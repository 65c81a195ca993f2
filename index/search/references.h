#pragma once
// Which candidates the best files of a search refer to: the file that implements what a facade
// calls, the base of what was found. A reference is an identifier whose words are a name that at
// most two files of the index define; no import is resolved. Thread-compatible.

#include <vector>

#include "core/base/status.h"
#include "index/retrieve/file_cache.h"
#include "index/search/file_ranking.h"
#include "index/store/store.h"

namespace sg {

// [ranked]: true for each file that another one among the first kReferrers of `ranked` refers to.
// `ranked` is in order, best first; the texts of its first files are read.
Result<std::vector<bool>> FindReferenced(const Snapshot& snapshot,
                                         const std::vector<RankedFile>& ranked, FileCache* files);

}  // namespace sg
