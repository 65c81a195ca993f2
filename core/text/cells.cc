#include "core/text/cells.h"

#include <algorithm>
#include <iterator>

#include "core/text/unicode.h"

namespace sg {
namespace {

// Unicode 15 East_Asian_Width W and F in coarse blocks, plus the emoji planes.
constexpr CodeRange kWide[] = {{0x1100, 0x115F},   {0x2E80, 0x303E},   {0x3041, 0xA4CF},
                               {0xA960, 0xA97C},   {0xAC00, 0xD7A3},   {0xF900, 0xFAFF},
                               {0xFE30, 0xFE6F},   {0xFF00, 0xFF60},   {0xFFE0, 0xFFE6},
                               {0x1F300, 0x1F64F}, {0x1F680, 0x1F6FF}, {0x1F900, 0x1F9FF},
                               {0x1FA70, 0x1FAFF}, {0x20000, 0x3FFFD}};
constexpr CodeRange kZeroWidth[] = {{0x0300, 0x036F}, {0x0483, 0x0489}, {0x0591, 0x05BD},
                                    {0x0610, 0x061A}, {0x064B, 0x065F}, {0x0E31, 0x0E31},
                                    {0x0E34, 0x0E3A}, {0x200B, 0x200D}, {0x20D0, 0x20F0},
                                    {0xFE00, 0xFE0F}, {0xFE20, 0xFE2F}};

}  // namespace

CodePoint DecodeOne(std::string_view text) {
  const size_t length = ValidCharLength(text, 0);
  if (length == 0) return {.value = 0xFFFD, .length = 1, .valid = false};
  size_t pos = 0;
  return {.value = NextChar(text, &pos), .length = length};
}

size_t CellWidth(char32_t c) {
  if (c < 0x300) return 1;
  if (InRanges(c, kZeroWidth)) return 0;
  return InRanges(c, kWide) ? 2 : 1;
}

size_t CellsOf(std::string_view text) {
  size_t cells = 0;
  while (!text.empty()) {
    const CodePoint point = DecodeOne(text);
    cells += CellWidth(point.value);
    text.remove_prefix(point.length);
  }
  return cells;
}

}  // namespace sg
