#pragma once
// The row-wise work of encoders: norms, activations, rotary positions, conversions. SIMD by
// Highway, chosen by CPU at run time; each has a plain twin in reference.h that tests compare it
// with. Pure functions, any thread.
//
// Shapes: x is [rows, cols] row-major; y may be x.

#include <cstddef>
#include <cstdint>
#include <span>

namespace sg {

enum class Activation { kGelu, kGeluTanh, kRelu, kSilu };

// y[r, :] += bias.
void AddBias(std::span<const float> bias, size_t rows, float* y);
// y += x.
void AddInPlace(std::span<const float> x, float* y);

// y = (x - mean) / sqrt(variance + epsilon) * weight + bias, per row (Ba et al. 2016). `bias` may
// be empty.
void LayerNorm(const float* x, size_t rows, std::span<const float> weight,
               std::span<const float> bias, float epsilon, float* y);
// y = x / sqrt(mean(x^2) + epsilon) * weight, per row (Zhang and Sennrich 2019).
void RmsNorm(const float* x, size_t rows, std::span<const float> weight, float epsilon, float* y);

// x = activation(x). kGelu is the exact form with erf (Abramowitz and Stegun 7.1.26, absolute
// error 1.5e-7).
void Activate(Activation activation, std::span<float> x);
// y [n] = activation(gate) * up, or activation(gate) where `up` is null, for results that are
// rounded to 8 bits: kGelu's erf is a polynomial with an error of 4e-4, at half the time. y may be
// `gate`.
void ActivateCoarsely(Activation activation, const float* gate, const float* up, size_t n,
                      float* y);
// y[r, :] = activation(gate[r, :]) * up[r, :]; both are rows of `stride` floats, y is [rows, cols]
// dense.
void ActivateGated(Activation activation, const float* gate, const float* up, size_t stride,
                   size_t rows, size_t cols, float* y);

// Rotary position embedding (Su et al. 2021) of one token's heads, in place: x is [heads,
// head_dim]. `cos` and `sin` are [rotary_dim / 2] of this token's position. Halves: pairs are (i, i
// + rotary_dim/2) as in GPT-NeoX; otherwise (2i, 2i+1) as in GPT-J.
void ApplyRotary(float* x, size_t heads, size_t head_dim, std::span<const float> cos,
                 std::span<const float> sin, bool halves);

// Round to nearest even. REQUIRES: out.size() >= x.size().
void FloatToBf16(std::span<const float> x, std::span<uint16_t> out);
// A row of bytes stands for lowest + scale * code. The whole range of the row is used, whatever its
// sign: hidden states have single channels that are far out on one side, and a scale that is
// symmetric around zero leaves half of the codes to the other side.
struct RowCode {
  float scale = 0;  // 0 for a row of equal values
  float lowest = 0;
};
// codes[i] = round((x[i] - lowest) / scale), 0 to 255; of x[i] * factors[i] where there are any.
RowCode QuantizeRow(std::span<const float> x, std::span<const float> factors, uint8_t* codes);
// codes[i] = round(x[i] * factors[i] / scale), -127 to 127; returns scale (0 for a row of zeros).
float QuantizeWeights(std::span<const float> x, std::span<const float> factors, int8_t* codes);
// largest[i] = max(largest[i], |x[i]|).
void RaiseToMagnitudes(std::span<const float> x, float* largest);
// y[i] = sums[i] * row.scale * scales[i] + row.lowest * weight_sums[i] + bias[i]: the product of a
// row of bytes with the codes of weights in channels of scales[i], whose values add up to
// weight_sums[i].
void DequantizeRow(std::span<const int32_t> sums, RowCode row, std::span<const float> scales,
                   std::span<const float> weight_sums, std::span<const float> bias, float* y);

}  // namespace sg
