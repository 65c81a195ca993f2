#include "core/model/token_table.h"

namespace sg {

Result<TokenTable> TokenTable::Create(const Tensor& tensor) {
  TokenTable table;
  table.tensor_ = tensor;
  table.rows_ = static_cast<size_t>(tensor.shape[0]);
  table.width_ = static_cast<size_t>(tensor.shape[1]);
  // Says whether elements of this type can be read, without reading any.
  SG_RETURN_IF_ERROR(ConvertToFloats(tensor.dtype, {}, {}));
  if (tensor.update == nullptr) return table;
  const LowRankUpdate& update = *tensor.update;
  table.rank_ = static_cast<size_t>(update.left.shape[1]);
  table.left_.resize(table.rows_ * table.rank_);
  table.right_.resize(table.rank_ * table.width_);
  SG_RETURN_IF_ERROR(CopyFloats(update.left, table.left_));
  SG_RETURN_IF_ERROR(CopyFloats(update.right, table.right_));
  for (float& value : table.left_) value *= update.scale;
  return table;
}

void TokenTable::Gather(std::span<const uint32_t> ids, float* out) const {
  const size_t row_bytes = width_ * DTypeSizeBytes(tensor_.dtype);
  for (size_t t = 0; t < ids.size(); ++t) {
    float* row = out + t * width_;
    // Cannot fail: Create() has seen the type.
    (void)ConvertToFloats(tensor_.dtype, tensor_.bytes.substr(ids[t] * row_bytes, row_bytes),
                          {row, width_});
    for (size_t r = 0; r < rank_; ++r) {
      const float factor = left_[ids[t] * rank_ + r];
      for (size_t c = 0; c < width_; ++c) row[c] += factor * right_[r * width_ + c];
    }
  }
}

}  // namespace sg
