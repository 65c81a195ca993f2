#pragma once
// From the hidden states of a text to one vector: the modes of sentence-transformers' Pooling.
// Several modes give their outputs side by side, in the order of the enum. Pure.

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace sg {

enum class Pooling {
  kCls,  // the first token
  kMax,  // largest value of each dimension
  kMean,
  kMeanSqrtLength,  // sum by the square root of the number of tokens
  kWeightedMean,    // the token at position p counts p + 1 times
  kLastToken,
};

struct PoolingName {
  Pooling mode;
  const char* flag;  // in 1_Pooling/config.json
  const char* word;  // the same since sentence-transformers 6
  const char* text;  // for people
};
std::span<const PoolingName> PoolingNames();
// "mean", "cls + mean"; "none (one vector a token)" if there is none.
std::string PoolingText(std::span<const Pooling> modes);

// out [width] = the tokens `first` to `last` of `rows` [tokens, width], pooled; zero if there are
// none. Positions count from the first row.
void Pool(Pooling mode, const float* rows, size_t width, size_t first, size_t last, float* out);

}  // namespace sg
