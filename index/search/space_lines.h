#pragma once
// What a further space says about a result, for people: which lines of a chunk answer the query's
// tokens, and how. Pure.

#include <string>
#include <string_view>
#include <vector>

#include "index/rank/explanation.h"
#include "index/retrieve/space_set.h"
#include "index/search/searcher.h"

namespace sg {

// Returns the lines of a chunk that begins at `line_begin` and holds `text`, ordered by the share
// of the MaxSim score that they carry; blank ones and those that answer no token are left out.
// Spans are those of `lexical` (FindMatchedLines). At most `limit`; `lexical` itself where no token
// is answered on a line of the chunk.
std::vector<SearchHit::LineMatch> LinesOfAlignments(const std::vector<TokenAlignment>& alignments,
                                                    uint32_t line_begin, std::string_view text,
                                                    std::vector<SearchHit::LineMatch> lexical,
                                                    size_t limit);

// One part per query token that has text: the token, the line that answers it, and its share of the
// MaxSim score.
std::vector<Explanation> ExplainAlignments(const std::vector<TokenAlignment>& alignments,
                                           uint32_t line_begin, std::string_view query);

}  // namespace sg
