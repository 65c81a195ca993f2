#include "core/model/pooling.h"

#include <algorithm>
#include <cmath>

namespace sg {
namespace {

constexpr PoolingName kNames[] = {
    {Pooling::kCls, "pooling_mode_cls_token", "cls", "cls"},
    {Pooling::kMax, "pooling_mode_max_tokens", "max", "max"},
    {Pooling::kMean, "pooling_mode_mean_tokens", "mean", "mean"},
    {Pooling::kMeanSqrtLength, "pooling_mode_mean_sqrt_len_tokens", "mean_sqrt_len_tokens",
     "mean by the square root of the length"},
    {Pooling::kWeightedMean, "pooling_mode_weightedmean_tokens", "weightedmean",
     "mean weighted by position"},
    {Pooling::kLastToken, "pooling_mode_lasttoken", "lasttoken", "last token"},
};

// How much the token at `position` counts in a sum over `count` tokens that is divided by the sum
// of all that count.
float WeightOf(Pooling mode, size_t position) {
  return mode == Pooling::kWeightedMean ? static_cast<float>(position + 1) : 1.0f;
}

void PoolMax(const float* rows, size_t width, size_t first, size_t last, float* out) {
  std::copy_n(rows + first * width, width, out);
  for (size_t t = first + 1; t < last; ++t) {
    for (size_t d = 0; d < width; ++d) out[d] = std::max(out[d], rows[t * width + d]);
  }
}

void PoolSum(Pooling mode, const float* rows, size_t width, size_t first, size_t last, float* out) {
  float total = 0;
  for (size_t t = first; t < last; ++t) {
    const float weight = WeightOf(mode, t);
    total += weight;
    for (size_t d = 0; d < width; ++d) out[d] += weight * rows[t * width + d];
  }
  const float divisor = mode == Pooling::kMeanSqrtLength ? std::sqrt(total) : total;
  for (size_t d = 0; d < width; ++d) out[d] /= divisor;
}

}  // namespace

std::span<const PoolingName> PoolingNames() { return kNames; }

std::string PoolingText(std::span<const Pooling> modes) {
  std::string text;
  for (const Pooling mode : modes) {
    text += (text.empty() ? "" : " + ") + std::string(kNames[static_cast<size_t>(mode)].text);
  }
  return text.empty() ? "none (one vector a token)" : text;
}

void Pool(Pooling mode, const float* rows, size_t width, size_t first, size_t last, float* out) {
  std::fill_n(out, width, 0.0f);
  if (first >= last) return;
  switch (mode) {
    case Pooling::kCls: std::copy_n(rows + first * width, width, out); return;
    case Pooling::kLastToken: std::copy_n(rows + (last - 1) * width, width, out); return;
    case Pooling::kMax: PoolMax(rows, width, first, last, out); return;
    case Pooling::kMean:
    case Pooling::kMeanSqrtLength:
    case Pooling::kWeightedMean: PoolSum(mode, rows, width, first, last, out); return;
  }
}

}  // namespace sg
