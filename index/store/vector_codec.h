#pragma once
// Vectors as small integers: a row is codes times one scale. On disk the signs of a row lie apart
// from its magnitudes, so that a first look at many rows reads the signs alone and nothing is
// stored twice. Format: docs/index_format.md "Vectors". Pure functions, callable from any thread.

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
  std::vector<float> scales;  // [rows]; 0 for a zero vector
  std::vector<int8_t> codes;  // [rows, dim]
};

inline size_t SignBytes(size_t dim) { return (dim + 7) / 8; }

// The bytes of a row's magnitudes: 8 of them take `magnitude_bits` bytes.
inline size_t MagnitudeBytes(size_t dim, int magnitude_bits) {
  return SignBytes(dim) * static_cast<size_t>(magnitude_bits);
}

// Codes lie in [-m, m], m = 2^magnitude_bits - 1; scale = largest absolute value / m; codes round
// to nearest. REQUIRES: 1 <= magnitude_bits <= 7.
QuantizedRows Quantize(const Matrix& vectors, int magnitude_bits);

// Splits a row of `dim` codes into SignBytes(dim) bytes of signs (bit d % 8 of byte d / 8: code d
// is > 0) and MagnitudeBytes(dim, magnitude_bits) bytes.
void SplitRow(const int8_t* codes, size_t dim, int magnitude_bits, char* signs, char* magnitudes);
// The reverse. Any bytes give some row.
void JoinRow(const char* signs, const char* magnitudes, size_t dim, int magnitude_bits,
             int8_t* codes);

}  // namespace sg
