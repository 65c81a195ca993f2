#pragma once
// A linear layer y = x W^T + b with weights packed once: oneDNN in f32, bf16 or int8, Eigen where
// oneDNN is missing. int8 is dynamic: each row of x gets its own scale, each output channel of W
// its own. Immutable after Create; thread-safe (every call runs on its own thread only).

#include <cstddef>
#include <memory>
#include <span>
#include <string_view>

#include "core/base/status.h"

namespace sg {

enum class Precision { kF32, kBf16, kInt8 };

// "auto" is kBf16 where the CPU multiplies bf16 natively, else kF32. kInvalidArgument for other
// words than auto, f32, bf16, int8; kUnsupported if this machine cannot compute what was asked for
// by name.
Result<Precision> ChoosePrecision(std::string_view name);
std::string_view PrecisionName(Precision precision);

class Linear {
 public:
  // `weights` is [out, in] row-major, `bias` [out] or empty; both are copied.
  static Result<std::unique_ptr<Linear>> Create(std::span<const float> weights,
                                                std::span<const float> bias, size_t in, size_t out,
                                                Precision precision);
  virtual ~Linear() = default;

  size_t in() const { return in_; }
  size_t out() const { return out_; }

  // Overwrites y [rows, out] with x [rows, in] W^T + b.
  virtual void Apply(const float* x, size_t rows, float* y) const = 0;

 protected:
  Linear(size_t in, size_t out) : in_(in), out_(out) {}
  const size_t in_, out_;
};

// The plain twin: double accumulation, no packing.
void ReferenceLinear(std::span<const float> weights, std::span<const float> bias, size_t in,
                     size_t out, const float* x, size_t rows, float* y);

}  // namespace sg
