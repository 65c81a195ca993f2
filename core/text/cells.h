#pragma once
// Code points as a terminal shows them: UTF-8 without exceptions, and widths. Pure functions,
// callable from any thread.

#include <cstddef>
#include <string_view>

namespace sg {

// One code point of UTF-8 at the start of `text` (REQUIRES: not empty). An invalid byte has
// `valid` false and length 1.
struct CodePoint {
  char32_t value = 0;
  size_t length = 1;
  bool valid = true;
};
CodePoint DecodeOne(std::string_view text);

// Cells that a terminal uses for `c`: 0 for combining marks, 2 for East Asian wide and emoji
// (Unicode TR11, coarse ranges), else 1.
size_t CellWidth(char32_t c);

// Cells of valid text without tabs; an invalid byte counts as one.
size_t CellsOf(std::string_view text);

}  // namespace sg
