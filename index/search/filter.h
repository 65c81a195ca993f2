#pragma once
// Filters that apply before ranking: which files and chunks of an index a search may return.
// Thread-compatible.

#include <vector>

#include "core/base/status.h"
#include "index/query/query.h"
#include "index/retrieve/scope.h"
#include "index/search/searcher.h"
#include "index/search/text_pattern.h"
#include "index/store/store.h"

namespace sg {

// Returns the patterns that a chunk must match: the regex of `options`, the quoted phrases of
// `query`. kInvalidArgument: bad regex.
Result<std::vector<TextPattern>> CompilePatterns(const SearchOptions& options, const Query& query);

// Returns the chunks that pass paths, globs and languages of `options` and match all `patterns`.
// Where more than options.pattern_files may match, those of the files that score best by the
// query's `terms`. Without filters O(chunks) and no reads. kInvalidArgument: unknown language, a
// path below which nothing is indexed.
Result<SearchScope> BuildScope(const Snapshot& snapshot, const SearchOptions& options,
                               std::span<const std::string> terms,
                               const std::vector<TextPattern>& patterns);

}  // namespace sg
