#include "apps/sg/render/budget.h"

#include <utility>

namespace sg {

BudgetedResults RenderWithinBudget(std::span<const SearchResult> results, size_t max_tokens,
                                   const RenderResult& render) {
  BudgetedResults out;
  size_t left_bytes = max_tokens * kBytesPerToken;
  for (const SearchResult& result : results) {
    bool fits = false;
    for (ResultForm form : {ResultForm::kFull, ResultForm::kShort, ResultForm::kHeader}) {
      std::string text = render(result, form);
      fits = max_tokens == 0 || text.size() <= left_bytes;
      if (!fits) continue;
      left_bytes -= max_tokens == 0 ? 0 : text.size();
      out.rendered.push_back(std::move(text));
      break;
    }
    if (!fits) break;
  }
  out.omitted = results.size() - out.rendered.size();
  return out;
}

}  // namespace sg
