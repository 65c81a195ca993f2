#pragma once
// The `embeddings` tensor of a static model, checked and used in place. Immutable; thread-safe.

#include <cstdint>
#include <span>
#include <vector>

#include "core/base/status.h"
#include "core/kernels/gather.h"
#include "core/model/safetensors.h"

namespace sg {

class EmbeddingTable {
 public:
  // Checks the tensor `embeddings` [rows, dim] of `weights`: I8, F16 or F32, at least one row, dim
  // 1 to 65,536. REQUIRES: `weights` outlives the table. kCorrupt, kUnsupported.
  static Result<EmbeddingTable> Find(const SafetensorsFile& weights);

  EmbeddingTable() = default;
  size_t rows() const { return rows_; }
  size_t dim() const { return dim_; }
  RowType type() const { return type_; }

  // sum += weights[i] * row ids[i]. REQUIRES: ids below rows(), sum.size() == dim().
  void AddRows(std::span<const uint32_t> ids, std::span<const float> weights,
               std::span<float> sum) const {
    AddWeightedRows(data_, type_, ids, weights, sum);
  }

  // Asks the processor to load row `id`, which will be added soon.
  void Prefetch(uint32_t id) const {
    const char* row = static_cast<const char*>(data_) + size_t{id} * row_bytes_;
    for (size_t i = 0; i < row_bytes_; i += 64) __builtin_prefetch(row + i);
  }

 private:
  const void* data_ = nullptr;
  RowType type_ = RowType::kFloat32;
  size_t rows_ = 0;
  size_t dim_ = 0;
  size_t row_bytes_ = 0;
};

// The floats of the tensor `name` [rows], or empty if there is none. kCorrupt for another shape or
// a value that is not finite.
Result<std::vector<float>> FindRowFloats(const SafetensorsFile& weights, std::string_view name,
                                         size_t rows);

}  // namespace sg
