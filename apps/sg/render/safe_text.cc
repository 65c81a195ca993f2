#include "apps/sg/render/safe_text.h"

#include <algorithm>
#include <cstdio>
#include <vector>

namespace sg {
namespace {

constexpr Palette kPlain = {};
constexpr Palette kColored = {.path = "\x1b[35m",
                              .line_number = "\x1b[32m",
                              .symbol = "\x1b[1m",
                              .match = "\x1b[1;31m",
                              .dim = "\x1b[2m",
                              .reset = "\x1b[0m"};
constexpr size_t kTabStop = 4;

struct CodeRange {
  char32_t first, last;
};

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
// C0, DEL, C1; bidirectional marks, embeddings, overrides and isolates; line separators.
constexpr CodeRange kObeyed[] = {{0x00, 0x1F},     {0x7F, 0x9F},     {0x061C, 0x061C},
                                 {0x200E, 0x200F}, {0x2028, 0x202E}, {0x2066, 0x2069},
                                 {0xFEFF, 0xFEFF}, {0xFFF9, 0xFFFB}};

template <size_t n>
bool Contains(const CodeRange (&ranges)[n], char32_t c) {
  return std::any_of(std::begin(ranges), std::end(ranges),
                     [c](const CodeRange& r) { return r.first <= c && c <= r.last; });
}

void AppendEscape(std::string& out, const CodePoint& point, unsigned char byte) {
  char text[16];
  if (!point.valid || point.value < 0x100) {
    std::snprintf(text, sizeof(text), "\\x%02x",
                  point.valid ? static_cast<unsigned>(point.value) : static_cast<unsigned>(byte));
  } else {
    std::snprintf(text, sizeof(text), "\\u%04x", static_cast<unsigned>(point.value));
  }
  out += text;
}

// What one code point becomes on the screen.
struct Cell {
  std::string text;
  size_t width = 0;
};

Cell MakeCell(std::string_view line, const CodePoint& point, size_t column, bool make_safe) {
  Cell cell;
  if (make_safe && point.valid && point.value == '\t') {
    cell.text.assign(kTabStop - column % kTabStop, ' ');
    cell.width = cell.text.size();
  } else if (make_safe && (!point.valid || Contains(kObeyed, point.value))) {
    AppendEscape(cell.text, point, static_cast<unsigned char>(line[0]));
    cell.width = cell.text.size();
  } else {
    cell.text.assign(line.substr(0, point.length));
    cell.width = CellWidth(point.value);
  }
  return cell;
}

using Span = std::pair<uint32_t, uint32_t>;

bool Covers(std::span<const Span> spans, size_t byte) {
  return std::any_of(spans.begin(), spans.end(),
                     [byte](const Span& s) { return s.first <= byte && byte < s.second; });
}

}  // namespace

const Palette& PaletteFor(bool color) { return color ? kColored : kPlain; }

CodePoint DecodeOne(std::string_view text) {
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(0);
  if (lead < 0x80) return {.value = lead};
  const size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  const CodePoint invalid{.value = 0xFFFD, .length = 1, .valid = false};
  if (lead < 0xC2 || lead > 0xF4 || text.size() < length) return invalid;
  char32_t value = lead & (0xFF >> (length + 1));
  for (size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return invalid;
    value = value << 6 | (byte(i) & 0x3F);
  }
  const bool overlong = (length == 3 && value < 0x800) || (length == 4 && value < 0x10000);
  const bool surrogate = value >= 0xD800 && value <= 0xDFFF;
  if (overlong || surrogate || value > 0x10FFFF) return invalid;
  return {.value = value, .length = length};
}

size_t CellWidth(char32_t c) {
  if (c < 0x300) return 1;
  if (Contains(kZeroWidth, c)) return 0;
  return Contains(kWide, c) ? 2 : 1;
}

std::string SafeName(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const CodePoint point = DecodeOne(text);
    if (!point.valid || Contains(kObeyed, point.value)) {
      AppendEscape(out, point, static_cast<unsigned char>(text[0]));
    } else {
      out += text.substr(0, point.length);
    }
    text.remove_prefix(point.length);
  }
  return out;
}

std::string RenderLine(std::string_view line, std::span<const Span> spans, const Style& style,
                       size_t columns) {
  const Palette& palette = PaletteFor(style.color);
  std::string out;
  size_t column = 0;
  bool marked = false;
  // Where to cut back to when the line turns out too long: room for "…".
  size_t cut_bytes = 0;
  bool cut_marked = false;
  for (size_t at = 0; at < line.size();) {
    const CodePoint point = DecodeOne(line.substr(at));
    const Cell cell = MakeCell(line.substr(at), point, column, style.make_safe);
    if (columns != 0 && column + cell.width > columns) {
      out.resize(cut_bytes);
      if (cut_marked) out += palette.reset;
      return out + "…";
    }
    if (const bool mark = Covers(spans, at); mark != marked) {
      out += mark ? palette.match : palette.reset;
      marked = mark;
    }
    out += cell.text;
    column += cell.width;
    if (columns != 0 && column < columns) {
      cut_bytes = out.size();
      cut_marked = marked;
    }
    at += point.length;
  }
  if (marked) out += palette.reset;
  return out;
}

}  // namespace sg
