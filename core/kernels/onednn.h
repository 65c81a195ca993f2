#pragma once
// oneDNN (libdnnl) loaded at run time: matrix products with packed weights in f32, bf16 and int8. A
// search with the bundled model never loads the 40 MB library; without it, or on a CPU that lacks
// an instruction set, the callers fall back to Eigen. Private to core/kernels.

#include <cstddef>
#include <memory>
#include <optional>

#include "core/kernels/elementwise.h"

namespace sg::onednn {

enum class DataType { kF32, kBf16, kU8S8 };

// The weights [in, out] of one layer in the layout that oneDNN's kernels want; it depends on `in`,
// `out` and the type only, so any number of rows may be multiplied. Immutable; thread-safe.
class PackedWeights {
 public:
  virtual ~PackedWeights() = default;
};

// True if libdnnl could be loaded (tried once; SG_NO_ONEDNN=1 in the environment forbids it).
bool Available();
// True if products of `type` are fast on this CPU (kBf16: AVX-512 BF16; kU8S8: VNNI).
bool Fast(DataType type);

// Packs `weights` [out, in] row-major, of the element type that `type` multiplies with (float, bf16
// bits, int8). Returns null where oneDNN has no kernel. O(in * out).
std::unique_ptr<PackedWeights> Pack(DataType type, const void* weights, size_t in, size_t out);

// What is done to the sums of a product while they are in registers. Not for kU8S8.
struct Epilogue {
  const float* bias = nullptr;  // [out]; null: none
  std::optional<Activation> activation;
  bool add = false;  // to what y holds; not with an activation
};

// y [rows, out] (+)= activation(x [rows, in] * weights + bias). x is float, bf16 bits or uint8; y
// is float, or int32 for kU8S8. Runs on the calling thread alone. Returns false on an internal
// failure of oneDNN.
bool Multiply(const PackedWeights& weights, const void* x, size_t rows, void* y,
              const Epilogue& epilogue = {});

}  // namespace sg::onednn
