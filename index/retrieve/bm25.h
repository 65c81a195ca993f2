#pragma once
// BM25 as SQLite FTS5's bm25() computes it (Robertson, Zaragoza: The Probabilistic Relevance
// Framework, 2009; https://sqlite.org/fts5.html): the term frequency is weighted by column, the row
// length is not. Pure functions.

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "index/rank/weights.h"

namespace sg {

// Returns ln((N - df + .5) / (df + .5)), at least kBm25IdfFloor: a term in more than half of the
// rows tells nothing.
inline double Bm25Idf(uint64_t rows, uint64_t rows_with_term) {
  const double n = static_cast<double>(rows), df = static_cast<double>(rows_with_term);
  return std::max(std::log((n - df + 0.5) / (df + 0.5)), kBm25IdfFloor);
}

// Returns the factor of the idf, in [0, k1 + 1). REQUIRES: mean_row_terms > 0.
inline double Bm25Weight(double weighted_tf, double row_terms, double mean_row_terms) {
  const double norm = kBm25K1 * (1 - kBm25B + kBm25B * row_terms / mean_row_terms);
  return weighted_tf * (kBm25K1 + 1) / (weighted_tf + norm);
}

}  // namespace sg
