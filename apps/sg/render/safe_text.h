#pragma once
// Text from files and file names, made safe and narrow enough to print. What a terminal would obey
// (escape sequences, carriage returns, bidirectional overrides) is shown instead: a file must not
// be able to change the title, hide lines or reorder code ("Trojan Source", CVE-2021-42574). Pure
// functions, callable from any thread.

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "core/text/cells.h"

namespace sg {

// SGR sequences for the parts of the output; empty strings when color is off.
struct Palette {
  std::string_view path, line_number, symbol, match, dim, reset;
};
const Palette& PaletteFor(bool color);

// How output must be adapted to where it goes.
struct Style {
  bool color = false;
  bool make_safe = false;  // on a terminal: escape what it would obey, expand tabs
  size_t columns = 0;      // cut lines to this width; 0: no limit
};

// Returns `text` with control characters as "\x1b", bidirectional controls as "\u202e" and invalid
// UTF-8 bytes as "\xff". Newlines and tabs count as control characters.
std::string SafeName(std::string_view text);

// Returns one line of a file (no line end) for printing: highlighted where `spans` (sorted or not,
// byte ranges, clipped to the line) say so, safe if the style asks, cut with "…" beyond `columns`
// cells (0: no limit).
std::string RenderLine(std::string_view line, std::span<const std::pair<uint32_t, uint32_t>> spans,
                       const Style& style, size_t columns);

}  // namespace sg
