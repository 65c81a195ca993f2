#pragma once
// The word embeddings of a checkpoint, read where the file is mapped: a vocabulary of 250,000 words
// and 1,024 dimensions is 1 GB in 32-bit floats, of which a text needs a few rows. Immutable,
// thread-safe; looks into the file, which must outlive it. Private to core/model.

#include <cstdint>
#include <span>
#include <vector>

#include "core/base/status.h"
#include "core/model/tensor.h"

namespace sg {

class TokenTable {
 public:
  // `tensor` is a matrix [rows, width]; its update, if any, is added to the rows as they are read.
  // kUnsupported if its elements are no floats.
  static Result<TokenTable> Create(const Tensor& tensor);
  TokenTable() = default;

  size_t rows() const { return rows_; }
  // out[t, :] = row ids[t]. REQUIRES: ids below rows().
  void Gather(std::span<const uint32_t> ids, float* out) const;

 private:
  Tensor tensor_;
  size_t rows_ = 0, width_ = 0, rank_ = 0;
  std::vector<float> left_, right_;  // of the update, scaled: [rows, rank], [rank, width]
};

}  // namespace sg
