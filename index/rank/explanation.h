#pragma once
// How a score came about, as a tree that a person can read (`sg search --explain`). Idea: the
// Explanation of Lucene and tantivy. Plain data.

#include <string>
#include <vector>

namespace sg {

// A number with the parts that make it: leaves have no children.
struct Explanation {
  std::string label;   // "b6 (keyword score of the best chunk)"
  double value = 0;    // contribution to the parent
  std::string detail;  // "0.83 x weight 1.621"
  std::vector<Explanation> parts;
};

}  // namespace sg
