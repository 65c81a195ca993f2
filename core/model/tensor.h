#pragma once
// A named array of a weights file, seen in place: element type, shape, bytes. A Tensor owns
// nothing; the reader that produced it does (core/model/safetensors.h, pytorch_reader.h,
// weights.h). The bytes are little-endian, row-major and contiguous, and may begin at any address:
// older safetensors files do not align their data, so read floats with CopyFloats or after
// AlignedFloats says yes. Values; thread-compatible.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/status.h"

namespace sg {

enum class DType { kF32, kF16, kBF16, kF64, kI8, kU8, kI16, kU16, kI32, kU32, kI64, kU64, kBool };

// Size of one element.
size_t DTypeSizeBytes(DType dtype);
// The name as safetensors writes it, e.g. "BF16".
std::string_view DTypeName(DType dtype);
std::optional<DType> DTypeFromName(std::string_view name);

struct LowRankUpdate;

struct Tensor {
  DType dtype = DType::kF32;
  std::vector<uint64_t> shape;  // empty: a scalar
  std::string_view bytes;       // [product of shape] elements
  // What is added to the bytes when they are read as floats (core/model/task_adapters.h); or null.
  std::shared_ptr<const LowRankUpdate> update = nullptr;

  uint64_t element_count() const { return bytes.size() / DTypeSizeBytes(dtype); }
};

// scale * left [rows, rank] x right [rank, columns], of a matrix [rows, columns]: a LoRA adapter.
struct LowRankUpdate {
  Tensor left, right;
  float scale = 1.0f;
};

// Returns the product of `shape`, or nullopt where it does not fit 64 bits.
std::optional<uint64_t> ElementCount(std::span<const uint64_t> shape);

// "[2, 384]".
std::string ShapeText(std::span<const uint64_t> shape);

// Converts F32, F16, BF16 or F64 elements to `out`, with the update where there is one;
// kUnsupported for the other types. REQUIRES: out.size() == tensor.element_count().
Status CopyFloats(const Tensor& tensor, std::span<float> out);
// The same for bare elements. REQUIRES: bytes.size() == out.size() * DTypeSizeBytes(dtype).
Status ConvertToFloats(DType dtype, std::string_view bytes, std::span<float> out);

// The elements in place, or nullopt unless the type is F32, the bytes are 4-aligned and
// nothing is to be added to them.
std::optional<std::span<const float>> AlignedFloats(const Tensor& tensor);

float HalfToFloat(uint16_t half);
float Bfloat16ToFloat(uint16_t bits);

}  // namespace sg
