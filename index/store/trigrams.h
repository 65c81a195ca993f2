#pragma once
// The byte trigrams of texts, ASCII letters lower-cased: what narrows regex and substring search to
// the files that may match (after Russ Cox, "Regular Expression Matching with a Trigram Index",
// 2012). Pure functions, callable from any thread.

#include <cstdint>
#include <string_view>
#include <vector>

namespace sg {

// Returns the distinct trigrams of `text`, b0 << 16 | b1 << 8 | b2, in no stated order. Trigrams
// across a line end are left out: searches are by line. O(n); keeps 2 MiB per calling thread.
std::vector<uint32_t> DistinctTrigrams(std::string_view text);

}  // namespace sg
