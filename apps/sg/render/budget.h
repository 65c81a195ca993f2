#pragma once
// --max-tokens: how much of each result to print so that everything together stays within a budget.
// A token is counted as four bytes, the usual estimate for source code and English; agents cut
// their input by tokens, and no tokenizer is exact for all of them.

#include <cstddef>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "index/search/searcher.h"

namespace sg {

inline constexpr size_t kBytesPerToken = 4;

// How much of a result is printed.
enum class ResultForm {
  kFull,
  kShort,   // the best line only, no further chunks
  kHeader,  // path, lines, symbol
};

using RenderResult = std::function<std::string(const SearchResult&, ResultForm)>;

struct BudgetedResults {
  std::vector<std::string> rendered;
  size_t omitted = 0;  // results that did not fit at all
};

// Renders results in order, each in the fullest form that fits into what is left of
// `max_tokens` (0: no limit); stops at the first that does not fit in any form.
BudgetedResults RenderWithinBudget(std::span<const SearchResult> results, size_t max_tokens,
                                   const RenderResult& render);

}  // namespace sg
