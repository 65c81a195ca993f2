#pragma once
// What `sg index` and `sg status` say to people. Pure functions.

#include <string>
#include <vector>

#include "apps/sg/render/json.h"
#include "index/build/indexer.h"

namespace sg {

// "3 ignored, 2 binary": the reasons with their counts, most frequent first; empty if none.
std::string RenderSkipped(const std::vector<uint64_t>& skipped);

// One line: what is in the index now, what this run did, how fast, what was skipped.
std::string RenderIndexSummary(const IndexSummary& summary);

// A few lines, one fact each. `now_ms` is Unix time.
std::string RenderStatus(const StatusReport& report, int64_t now_ms);

}  // namespace sg
