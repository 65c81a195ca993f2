#pragma once
// Which lines of a chunk carry the match, and which bytes of them to highlight. Pure.

#include <cstdint>
#include <string_view>
#include <vector>

#include "index/rank/features.h"
#include "index/search/searcher.h"
#include "index/search/text_pattern.h"

namespace sg {

// Returns at most `limit` lines of `text` (the lines of `chunk`), best first: by the idf of the
// query's words on them, with a bonus for the line of a definition that the query names, and for
// matches of `patterns`. Never empty for a chunk with text: at worst the first line that is not
// blank.
std::vector<SearchHit::LineMatch> FindMatchedLines(QueryProfile& profile, const Chunk& chunk,
                                                   std::string_view text,
                                                   const std::vector<TextPattern>& patterns,
                                                   size_t limit);

}  // namespace sg
