#pragma once
// How similar two embedded texts are: the cosine of two vectors, or MaxSim of two lists of token
// vectors with the tokens that carry it. For showing; searching has its own scans (core/kernels).
// Pure functions.

#include <cstddef>
#include <span>
#include <vector>

#include "core/model/embedder.h"

namespace sg {

// 0 where one of them is zero. REQUIRES: a.size() == b.size().
float CosineSimilarity(std::span<const float> a, std::span<const float> b);

// A token of the query and the passage token that answers it best.
struct TokenMatch {
  size_t query_token = 0;
  size_t passage_token = 0;
  float similarity = 0;
};

struct MaxSimScore {
  float sum = 0;  // over the query's tokens of the best similarity (Khattab and Zaharia: ColBERT)
  std::vector<TokenMatch> tokens;  // by query token
};

// O(query tokens * passage tokens * dimensions); ties go to the earlier token. A text without
// tokens gives 0.
MaxSimScore AlignTokens(const TokenEmbeddings& query, const TokenEmbeddings& passage);

}  // namespace sg
