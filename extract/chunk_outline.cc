#include "extract/chunk_outline.h"

#include <string_view>

namespace sg {

std::string_view RowText(const SourceText& source, uint32_t row) {
  const size_t begin = source.line_starts[row];
  const size_t end =
      row + 1 < source.line_starts.size() ? source.line_starts[row + 1] : source.utf8.size();
  std::string_view text = std::string_view(source.utf8).substr(begin, end - begin);
  if (text.ends_with('\n')) text.remove_suffix(1);
  return text;
}

std::string_view ClipUtf8(std::string_view text, size_t limit) {
  if (text.size() <= limit) return text;
  size_t end = limit;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  return text.substr(0, end);
}

}  // namespace sg
