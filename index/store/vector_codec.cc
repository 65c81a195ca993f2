#include "index/store/vector_codec.h"

#include <algorithm>
#include <cmath>

namespace sg {
namespace {

constexpr float kMaxCode = 127;

void QuantizeRow(std::span<const float> row, float* scale, uint8_t* signs, int8_t* codes) {
  float largest = 0;
  for (float value : row) largest = std::max(largest, std::fabs(value));
  *scale = largest / kMaxCode;
  if (!(largest > 0) || !std::isfinite(largest)) {
    *scale = 0;
    return;
  }
  const float inverse = kMaxCode / largest;
  for (size_t d = 0; d < row.size(); ++d) {
    const float value = row[d] * inverse;
    if (std::isnan(value)) continue;  // from a damaged model; the cast below would be undefined
    codes[d] = static_cast<int8_t>(value + (value < 0 ? -0.5f : 0.5f));
    if (codes[d] > 0) signs[d / 8] |= static_cast<uint8_t>(1u << d % 8);
  }
}

}  // namespace

QuantizedRows Quantize(const Matrix& vectors) {
  QuantizedRows out{.rows = vectors.rows, .dim = vectors.cols};
  out.scales.resize(out.rows);
  out.signs.resize(out.rows * SignBytes(out.dim));
  out.codes.resize(out.rows * out.dim);
  for (size_t i = 0; i < out.rows; ++i) {
    QuantizeRow(vectors.row(i), &out.scales[i], &out.signs[i * SignBytes(out.dim)],
                &out.codes[i * out.dim]);
  }
  return out;
}

}  // namespace sg
