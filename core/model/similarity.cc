#include "core/model/similarity.h"

#include <cmath>

#include "core/kernels/dot.h"

namespace sg {

float CosineSimilarity(std::span<const float> a, std::span<const float> b) {
  const float norms = std::sqrt(DotFloat(a, a)) * std::sqrt(DotFloat(b, b));
  return norms > 0 ? DotFloat(a, b) / norms : 0;
}

MaxSimScore AlignTokens(const TokenEmbeddings& query, const TokenEmbeddings& passage) {
  MaxSimScore score;
  for (size_t q = 0; q < query.vectors.rows && passage.vectors.rows > 0; ++q) {
    TokenMatch best{.query_token = q,
                    .similarity = DotFloat(query.vectors.row(q), passage.vectors.row(0))};
    for (size_t p = 1; p < passage.vectors.rows; ++p) {
      const float similarity = DotFloat(query.vectors.row(q), passage.vectors.row(p));
      if (similarity > best.similarity) best = {q, p, similarity};
    }
    score.sum += best.similarity;
    score.tokens.push_back(best);
  }
  return score;
}

}  // namespace sg
