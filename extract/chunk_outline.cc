#include "extract/chunk_outline.h"

#include <algorithm>
#include <string_view>
#include <vector>

namespace sg {

std::string_view RowText(const SourceText& source, uint32_t row) {
  const size_t begin = source.line_starts[row];
  const size_t end =
      row + 1 < source.line_starts.size() ? source.line_starts[row + 1] : source.utf8.size();
  std::string_view text = std::string_view(source.utf8).substr(begin, end - begin);
  if (text.ends_with('\n')) text.remove_suffix(1);
  return text;
}

void NestHeadings(Outline* outline) {
  std::vector<OutlinedDefinition*> open;
  const auto close = [&](uint32_t level, uint32_t row) {
    while (!open.empty() && open.back()->level >= level) {
      OutlinedDefinition& closed = *open.back();
      closed.row_end = std::max(closed.row_begin, row - 1);
      closed.definition.line_end = closed.row_end + 1;
      open.pop_back();
    }
  };
  for (OutlinedDefinition& outlined : outline->definitions) {
    if (outlined.level == 0) continue;
    close(outlined.level, outlined.row_attached);
    outlined.definition.scope.clear();
    for (const OutlinedDefinition* parent : open) {
      if (!outlined.definition.scope.empty()) outlined.definition.scope += " > ";
      outlined.definition.scope += parent->definition.name;
    }
    open.push_back(&outlined);
  }
  close(/*level=*/0, outline->row_count());
}

}  // namespace sg
