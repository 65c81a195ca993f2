#pragma once
// The tree behind a score, for --explain. Pure.

#include <string>

#include "apps/sg/render/safe_text.h"
#include "index/search/searcher.h"

namespace sg {

// One line a node, children below their parent, `indent` before each line.
std::string RenderExplanation(const Explanation& explanation, const Style& style,
                              const std::string& indent);

// The shortest text of a number that a person wants to compare: three decimals.
std::string FormatScore(double score);

}  // namespace sg
