#pragma once
// A linear layer y = x W^T + b with weights packed once: oneDNN in f32, bf16 or int8, Eigen where
// oneDNN is missing. int8 is dynamic: each row of x gets its own range, each output channel of W
// its own scale. Immutable after Create; thread-safe (every call runs on its own thread only).

#include <cstddef>
#include <memory>
#include <span>
#include <string_view>

#include "core/base/status.h"
#include "core/kernels/elementwise.h"

namespace sg {

enum class Precision { kF32, kBf16, kInt8 };

// "auto" is kBf16 where the CPU multiplies bf16 natively, else kF32. kInvalidArgument for other
// words than auto, f32, bf16, int8; kUnsupported if this machine cannot compute what was asked for
// by name.
Result<Precision> ChoosePrecision(std::string_view name);
std::string_view PrecisionName(Precision precision);

class Linear {
 public:
  // `weights` is [out, in] row-major, `bias` [out] or empty; both are copied. `input_range` [in] or
  // empty: about the largest absolute value of each channel of x. Where int8 knows it, what is hard
  // to round moves from x to W: channel j of x is multiplied by sqrt(max|W_j| / range_j), of W
  // divided by that (SmoothQuant, Xiao et al. 2023). Other precisions ignore it.
  static Result<std::unique_ptr<Linear>> Create(std::span<const float> weights,
                                                std::span<const float> bias, size_t in, size_t out,
                                                Precision precision,
                                                std::span<const float> input_range = {});
  virtual ~Linear() = default;

  size_t in() const { return in_; }
  size_t out() const { return out_; }
  // Of the products; kF32 where the precision asked for has no kernel.
  virtual Precision precision() const { return Precision::kF32; }

  // Overwrites y [rows, out] with x [rows, in] W^T + b.
  virtual void Apply(const float* x, size_t rows, float* y) const = 0;
  // y += x W^T + b. REQUIRES: x and y do not overlap.
  virtual void ApplyAdded(const float* x, size_t rows, float* y) const;
  // Apply, then activation(y).
  virtual void ApplyActivated(Activation activation, const float* x, size_t rows, float* y) const;

 protected:
  Linear(size_t in, size_t out) : in_(in), out_(out) {}
  const size_t in_, out_;
};

// The feed-forward of a layer where both products are int8: y += down(act(up(x))), or, gated,
// down(act(gate) * other) where up(x) holds gate and other side by side. What lies between the
// products never leaves the cache, and is not written out as floats. y may be x. Returns false,
// having done nothing, where the layers are not int8.
struct Gating {
  bool gated = false;
  bool gate_first = true;
};
bool FeedForwardInt8(const Linear& up, const Linear& down, Activation activation, Gating gating,
                     const float* x, size_t rows, float* y);

// The plain twin: double accumulation, no packing.
void ReferenceLinear(std::span<const float> weights, std::span<const float> bias, size_t in,
                     size_t out, const float* x, size_t rows, float* y);

}  // namespace sg
