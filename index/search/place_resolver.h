#pragma once
// Finds the indexed files that a query names: paths as tools print them, absolute, shortened or
// from another machine. Thread-compatible.

#include <vector>

#include "core/base/status.h"
#include "index/query/query.h"
#include "index/retrieve/scope.h"
#include "index/store/store.h"

namespace sg {

struct ResolvedPlace {
  FileId file = 0;
  uint32_t line = 0;  // 1-based; 0: the file as a whole
  size_t place = 0;   // index into Query::places
  int agreement = 0;  // path components that agree; more is better
};

// Returns the allowed files that `places` name, best first: by order of the places, then by
// agreement, then by path; each file once. O(files) if a place is not an exact path.
Result<std::vector<ResolvedPlace>> ResolvePlaces(const Snapshot& snapshot,
                                                 const std::vector<QueryPlace>& places,
                                                 const SearchScope& scope);

}  // namespace sg
