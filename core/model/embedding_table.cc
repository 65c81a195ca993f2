#include "core/model/embedding_table.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <string>

namespace sg {
namespace {

constexpr uint64_t kMaxDim = 65536;
constexpr uint64_t kMaxRows = uint64_t{1} << 28;

std::optional<RowType> RowTypeOf(DType dtype) {
  switch (dtype) {
    case DType::kI8: return RowType::kInt8;
    case DType::kF16: return RowType::kFloat16;
    case DType::kF32: return RowType::kFloat32;
    default: return std::nullopt;
  }
}

}  // namespace

Result<EmbeddingTable> EmbeddingTable::Find(const SafetensorsFile& weights) {
  const Tensor* tensor = weights.Find("embeddings");
  if (tensor == nullptr) return CorruptError("no tensor \"embeddings\"");
  const std::optional<RowType> type = RowTypeOf(tensor->dtype);
  if (!type) {
    return UnsupportedError("\"embeddings\" has type " + std::string(DTypeName(tensor->dtype)) +
                            "; I8, F16 and F32 are known");
  }
  const std::vector<uint64_t>& shape = tensor->shape;
  if (shape.size() != 2 || shape[0] == 0 || shape[0] > kMaxRows || shape[1] == 0 ||
      shape[1] > kMaxDim) {
    return CorruptError("\"embeddings\" has shape " + ShapeText(shape) +
                        "; expected [tokens, dimension]");
  }
  EmbeddingTable table;
  table.data_ = tensor->bytes.data();
  table.type_ = *type;
  table.rows_ = shape[0];
  table.dim_ = shape[1];
  table.row_bytes_ = shape[1] * DTypeSizeBytes(tensor->dtype);
  return table;
}

Result<std::vector<float>> FindRowFloats(const SafetensorsFile& weights, std::string_view name,
                                         size_t rows) {
  const Tensor* tensor = weights.Find(name);
  std::vector<float> values;
  if (tensor == nullptr) return values;
  if (tensor->shape.size() != 1 || tensor->shape[0] != rows) {
    return CorruptError("\"" + std::string(name) + "\" has shape " + ShapeText(tensor->shape) +
                        "; expected [" + std::to_string(rows) + "]");
  }
  values.resize(rows);
  if (Status status = CopyFloats(*tensor, values); !status.ok()) return status.WithContext(name);
  if (!std::all_of(values.begin(), values.end(), [](float x) { return std::isfinite(x); })) {
    return CorruptError("\"" + std::string(name) + "\" holds values that are not finite");
  }
  return values;
}

}  // namespace sg
