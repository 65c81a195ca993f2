#include "apps/sg/render/safe_text.h"

#include <algorithm>
#include <cstdio>
#include <vector>

#include "core/text/unicode.h"

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

// C0, DEL, C1; bidirectional marks, embeddings, overrides and isolates; line separators.
constexpr CodeRange kObeyed[] = {{0x00, 0x1F},     {0x7F, 0x9F},     {0x061C, 0x061C},
                                 {0x200E, 0x200F}, {0x2028, 0x202E}, {0x2066, 0x2069},
                                 {0xFEFF, 0xFEFF}, {0xFFF9, 0xFFFB}};

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
  } else if (make_safe && (!point.valid || InRanges(point.value, kObeyed))) {
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

std::string SafeName(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const CodePoint point = DecodeOne(text);
    if (!point.valid || InRanges(point.value, kObeyed)) {
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
