#pragma once
// A dense row-major matrix of floats that owns its memory; the form in which embeddings leave
// core/model. Value type; thread-compatible.

#include <cstddef>
#include <span>
#include <vector>

namespace sg {

struct Matrix {
  size_t rows = 0;
  size_t cols = 0;
  std::vector<float> data;  // [rows * cols]

  Matrix() = default;
  Matrix(size_t rows_in, size_t cols_in) : rows(rows_in), cols(cols_in), data(rows_in * cols_in) {}

  std::span<float> row(size_t i) { return {data.data() + i * cols, cols}; }
  std::span<const float> row(size_t i) const { return {data.data() + i * cols, cols}; }
};

}  // namespace sg
