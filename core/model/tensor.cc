#include "core/model/tensor.h"

#include <bit>
#include <cstring>

namespace sg {
namespace {

static_assert(std::endian::native == std::endian::little, "weights files are little-endian");

struct DTypeRow {
  DType dtype;
  std::string_view name;
  size_t size_bytes;
};

constexpr DTypeRow kDTypes[] = {
    {DType::kF32, "F32", 4},   {DType::kF16, "F16", 2}, {DType::kBF16, "BF16", 2},
    {DType::kF64, "F64", 8},   {DType::kI8, "I8", 1},   {DType::kU8, "U8", 1},
    {DType::kI16, "I16", 2},   {DType::kU16, "U16", 2}, {DType::kI32, "I32", 4},
    {DType::kU32, "U32", 4},   {DType::kI64, "I64", 8}, {DType::kU64, "U64", 8},
    {DType::kBool, "BOOL", 1},
};

template <typename Element, typename Convert>
void ConvertAll(std::string_view bytes, std::span<float> out, Convert convert) {
  for (size_t i = 0; i < out.size(); ++i) {
    Element element;
    std::memcpy(&element, bytes.data() + i * sizeof(Element), sizeof(Element));
    out[i] = convert(element);
  }
}

// matrix [rows, columns] += scale * left x right.
Status AddUpdate(const LowRankUpdate& update, std::span<float> matrix) {
  const uint64_t rows = update.left.shape[0], rank = update.left.shape[1];
  const uint64_t columns = update.right.shape[1];
  std::vector<float> left(rows * rank), right(rank * columns);
  SG_RETURN_IF_ERROR(CopyFloats(update.left, left));
  SG_RETURN_IF_ERROR(CopyFloats(update.right, right));
  for (size_t i = 0; i < rows * rank; ++i) {
    const float factor = update.scale * left[i];
    float* row = matrix.data() + i / rank * columns;
    const float* added = right.data() + i % rank * columns;
    for (size_t c = 0; c < columns; ++c) row[c] += factor * added[c];
  }
  return Status::Ok();
}

}  // namespace

size_t DTypeSizeBytes(DType dtype) { return kDTypes[static_cast<size_t>(dtype)].size_bytes; }

std::string_view DTypeName(DType dtype) { return kDTypes[static_cast<size_t>(dtype)].name; }

std::optional<DType> DTypeFromName(std::string_view name) {
  for (const DTypeRow& row : kDTypes) {
    if (row.name == name) return row.dtype;
  }
  return std::nullopt;
}

std::optional<uint64_t> ElementCount(std::span<const uint64_t> shape) {
  uint64_t count = 1;
  bool overflow = false;
  for (const uint64_t dim : shape) {
    if (dim == 0) return 0;  // whatever the other dimensions say
    overflow |= __builtin_mul_overflow(count, dim, &count);
  }
  if (overflow) return std::nullopt;
  return count;
}

std::string ShapeText(std::span<const uint64_t> shape) {
  std::string text = "[";
  for (const uint64_t dim : shape) {
    if (text.size() > 1) text += ", ";
    text += std::to_string(dim);
  }
  return text + "]";
}

float HalfToFloat(uint16_t half) {
  const uint32_t sign = static_cast<uint32_t>(half & 0x8000u) << 16;
  const uint32_t exponent = (half >> 10) & 0x1fu;
  const uint32_t mantissa = half & 0x3ffu;
  if (exponent == 0) {  // zero or subnormal: mantissa * 2^-24 is exact in float
    const float magnitude = static_cast<float>(mantissa) * 0x1p-24f;
    return std::bit_cast<float>(std::bit_cast<uint32_t>(magnitude) | sign);
  }
  const uint32_t exponent32 = exponent == 31 ? 255u : exponent + (127 - 15);
  return std::bit_cast<float>(sign | exponent32 << 23 | mantissa << 13);
}

float Bfloat16ToFloat(uint16_t bits) {
  return std::bit_cast<float>(static_cast<uint32_t>(bits) << 16);
}

Status ConvertToFloats(DType dtype, std::string_view bytes, std::span<float> out) {
  switch (dtype) {
    case DType::kF32:
      if (!out.empty()) std::memcpy(out.data(), bytes.data(), out.size_bytes());
      return Status::Ok();
    case DType::kF16: ConvertAll<uint16_t>(bytes, out, HalfToFloat); return Status::Ok();
    case DType::kBF16: ConvertAll<uint16_t>(bytes, out, Bfloat16ToFloat); return Status::Ok();
    case DType::kF64:
      ConvertAll<double>(bytes, out, [](double x) { return static_cast<float>(x); });
      return Status::Ok();
    default:
      return UnsupportedError("cannot use a tensor of type " + std::string(DTypeName(dtype)) +
                              " as floats");
  }
}

Status CopyFloats(const Tensor& tensor, std::span<float> out) {
  SG_RETURN_IF_ERROR(ConvertToFloats(tensor.dtype, tensor.bytes, out));
  return tensor.update == nullptr ? Status::Ok() : AddUpdate(*tensor.update, out);
}

std::optional<std::span<const float>> AlignedFloats(const Tensor& tensor) {
  if (tensor.dtype != DType::kF32 || tensor.update != nullptr) return std::nullopt;
  if (reinterpret_cast<uintptr_t>(tensor.bytes.data()) % alignof(float) != 0) return std::nullopt;
  return std::span(reinterpret_cast<const float*>(tensor.bytes.data()), tensor.element_count());
}

}  // namespace sg
