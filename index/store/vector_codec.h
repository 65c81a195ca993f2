#pragma once
// Vectors as int8: a row is codes in [-127, 127] times one scale, and its sign bits for a fast
// first look.
// Pure functions, callable from any thread.

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "core/base/matrix.h"

namespace sg {

// Rows of one set, ready to be appended to blocks.
struct QuantizedRows {
  size_t rows = 0;
  size_t dim = 0;
  std::vector<float> scales;   // [rows]; 0 for a zero vector
  std::vector<uint8_t> signs;  // [rows, ceil(dim / 8)]; bit d % 8 of byte d / 8: code d is > 0
  std::vector<int8_t> codes;   // [rows, dim]
};

inline size_t SignBytes(size_t dim) { return (dim + 7) / 8; }

// Scale = largest absolute value / 127; codes round to nearest.
QuantizedRows Quantize(const Matrix& vectors);

}  // namespace sg
