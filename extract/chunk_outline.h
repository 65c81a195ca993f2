#pragma once
// What the first half of the chunker (syntax tree or structure) tells the second half (merging):
// where the file may be cut and what it defines. Rows are 0-based lines. Plain data.

#include <cstdint>
#include <string>
#include <vector>

#include "extract/chunk.h"
#include "extract/source_text.h"

namespace sg {

enum class Cut : uint8_t {
  kNone = 0,
  kStatement = 1,   // a good place to end a chunk that is full
  kDefinition = 2,  // ends a chunk that is large enough
};

struct OutlinedDefinition {
  Definition definition;
  uint32_t row_begin = 0;
  uint32_t row_end = 0;       // inclusive
  uint32_t row_body = 0;      // first row after the signature; row_begin + 1 where unknown
  bool is_signature = false;  // `f :: Int`, before the equations of f
  uint32_t level = 0;         // of a heading, 1 the highest; 0: no heading
  uint32_t row_attached = 0;  // first row of the comments and attributes above it
};

struct Outline {
  std::vector<Cut> cuts;           // [rows], before the row
  std::vector<bool> comment_rows;  // [rows]
  std::vector<bool> glued_rows;    // [rows], never cut before it: inside a fence or table
  std::vector<OutlinedDefinition> definitions;  // by row_begin, outer before inner
  bool is_document = false;

  explicit Outline(uint32_t row_count)
      : cuts(row_count), comment_rows(row_count), glued_rows(row_count) {}

  uint32_t row_count() const { return static_cast<uint32_t>(cuts.size()); }
  // Raises the cut before `row`; the first row and rows outside of the file are left alone.
  void AddCut(uint32_t row, Cut cut) {
    if (row > 0 && row < cuts.size() && cuts[row] < cut) cuts[row] = cut;
  }
};

// Lets the headings among the definitions reach to the next heading of their level or a higher one,
// and gives them the headings above them as scope.
void NestHeadings(Outline* outline);

// The bytes of row `row` of `source`, without its line end.
std::string_view RowText(const SourceText& source, uint32_t row);

}  // namespace sg
