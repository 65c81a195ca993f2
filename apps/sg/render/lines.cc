#include "apps/sg/render/lines.h"

#include <algorithm>
#include <string_view>

#include "apps/sg/render/safe_text.h"
#include "core/text/ascii.h"

namespace sg {
namespace {

constexpr size_t kMostCells = 500;

uint32_t BestLineNumber(const SearchHit& hit) {
  return hit.matches.empty() ? hit.line_begin : hit.matches.front().line;
}

std::string VimgrepLine(const SearchHit& hit, const std::string& path, bool make_safe) {
  uint32_t column = 1;
  if (!hit.matches.empty()) {
    for (const auto& span : hit.matches.front().spans) {
      column = column == 1 ? span.first + 1 : std::min(column, span.first + 1);
    }
  }
  const Style style{.make_safe = make_safe};
  return path + ":" + std::to_string(BestLineNumber(hit)) + ":" + std::to_string(column) + ":" +
         RenderLine(BestLine(hit), {}, style, kMostCells) + "\n";
}

}  // namespace

std::string_view BestLine(const SearchHit& hit) {
  std::string_view text = hit.text;
  for (uint32_t line = hit.line_begin; line < BestLineNumber(hit); ++line) TakeLine(&text);
  return TakeLine(&text);
}

std::string RenderVimgrep(const SearchResult& result, const std::string& path, bool make_safe) {
  const bool breaks_lines = path.find('\n') != std::string::npos;
  const std::string shown = make_safe || breaks_lines ? SafeName(path) : path;
  std::string out = VimgrepLine(result.best, shown, make_safe);
  for (const SearchHit& hit : result.more) out += VimgrepLine(hit, shown, make_safe);
  return out;
}

std::string RenderFileName(const std::string& path, bool nul_terminated, bool make_safe) {
  if (nul_terminated) return path + '\0';
  const bool breaks_lines = path.find('\n') != std::string::npos;
  return (make_safe || breaks_lines ? SafeName(path) : path) + "\n";
}

}  // namespace sg
