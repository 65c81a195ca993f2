#include "core/kernels/elementwise.h"

#include <cmath>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/kernels/elementwise.cc"
// foreach_target.h compiles this file once per instruction set, so it comes first.
// clang-format off
#include <hwy/foreach_target.h>
#include <hwy/highway.h>
#include <hwy/contrib/math/math-inl.h>
// clang-format on

HWY_BEFORE_NAMESPACE();
namespace sg {
namespace HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;
using D = hn::ScalableTag<float>;
using V = hn::Vec<D>;

// Calls vector(i) for full vectors of [0, n), then scalar(i) for the rest.
template <typename Vector, typename Scalar>
HWY_INLINE void ForEach(size_t n, Vector vector, Scalar scalar) {
  const size_t lanes = hn::Lanes(D());
  size_t i = 0;
  for (; i + lanes <= n; i += lanes) vector(i);
  for (; i < n; ++i) scalar(i);
}

// 1 / x for x >= 1: the CPU's estimate (11 bits or more) and two steps of Newton, a third of a
// division's time.
HWY_INLINE V Reciprocal(V x) {
  const V two = hn::Set(D(), 2.0f);
  V y = hn::ApproximateReciprocal(x);
  y = hn::Mul(y, hn::NegMulAdd(x, y, two));
  return hn::Mul(y, hn::NegMulAdd(x, y, two));
}

HWY_INLINE V Erf(V x) {
  // Abramowitz and Stegun 7.1.26: 1 - poly(t) exp(-x^2), t = 1 / (1 + p|x|).
  const D d;
  const V a = hn::Min(hn::Abs(x), hn::Set(d, 9.0f));  // erf(9) is 1 in float; keeps exp in range
  const V t = Reciprocal(hn::MulAdd(a, hn::Set(d, 0.3275911f), hn::Set(d, 1.0f)));
  V poly = hn::Set(d, 1.061405429f);
  poly = hn::MulAdd(poly, t, hn::Set(d, -1.453152027f));
  poly = hn::MulAdd(poly, t, hn::Set(d, 1.421413741f));
  poly = hn::MulAdd(poly, t, hn::Set(d, -0.284496736f));
  poly = hn::MulAdd(poly, t, hn::Set(d, 0.254829592f));
  poly = hn::Mul(poly, t);
  const V e = hn::Exp(d, hn::Neg(hn::Mul(a, a)));
  return hn::CopySign(hn::NegMulAdd(poly, e, hn::Set(d, 1.0f)), x);
}

HWY_INLINE V Sigmoid(V x) {
  const D d;
  const V one = hn::Set(d, 1.0f);
  // exp of a clamped argument: beyond 60 the result is 0 or 1 in float anyway.
  const V clamped = hn::Min(hn::Max(hn::Neg(x), hn::Set(d, -60.0f)), hn::Set(d, 60.0f));
  return Reciprocal(hn::Add(one, hn::Exp(d, clamped)));
}

// x P(x^2) on [-3, 3], of least largest error (Remez by reweighted least squares): 3.6e-4.
HWY_INLINE V CoarseErf(V x) {
  const D d;
  const V a = hn::Max(hn::Min(x, hn::Set(d, 3.0f)), hn::Set(d, -3.0f));
  const V u = hn::Mul(a, a);
  V poly = hn::Set(d, 3.680556442e-6f);
  poly = hn::MulAdd(poly, u, hn::Set(d, -1.358853945e-4f));
  poly = hn::MulAdd(poly, u, hn::Set(d, 2.116478271e-3f));
  poly = hn::MulAdd(poly, u, hn::Set(d, -1.837552149e-2f));
  poly = hn::MulAdd(poly, u, hn::Set(d, 9.983808435e-2f));
  poly = hn::MulAdd(poly, u, hn::Set(d, -0.3669404685f));
  poly = hn::MulAdd(poly, u, hn::Set(d, 1.12646355f));
  return hn::Mul(poly, a);
}

void CoarseGelu(const float* gate, const float* up, size_t n, float* y) {
  const D d;
  const auto gelu = [d](V x) HWY_ATTR {
    const V half = hn::Mul(x, hn::Set(d, 0.5f));
    return hn::MulAdd(half, CoarseErf(hn::Mul(x, hn::Set(d, 0.70710678118654752f))), half);
  };
  ForEach(
      n,
      [&](size_t i) {
        V v = gelu(hn::LoadU(d, gate + i));
        if (up != nullptr) v = hn::Mul(v, hn::LoadU(d, up + i));
        hn::StoreU(v, d, y + i);
      },
      [&](size_t i) {
        const float v = hn::GetLane(gelu(hn::Set(d, gate[i])));
        y[i] = up != nullptr ? v * up[i] : v;
      });
}

template <Activation kActivation>
HWY_INLINE V ActivateVector(V x) {
  const D d;
  if constexpr (kActivation == Activation::kGelu) {
    const V half = hn::Mul(x, hn::Set(d, 0.5f));
    return hn::MulAdd(half, Erf(hn::Mul(x, hn::Set(d, 0.70710678118654752f))), half);
  } else if constexpr (kActivation == Activation::kGeluTanh) {
    // 0.5 x (1 + tanh(u)) = x sigmoid(2u), u = sqrt(2/pi) (x + 0.044715 x^3).
    const V cube = hn::Mul(hn::Mul(x, x), x);
    const V u = hn::Mul(hn::MulAdd(cube, hn::Set(d, 0.044715f), x),
                        hn::Set(d, 2.0f * 0.79788456080286535588f));
    return hn::Mul(x, Sigmoid(u));
  } else if constexpr (kActivation == Activation::kRelu) {
    return hn::Max(x, hn::Zero(d));
  } else {
    return hn::Mul(x, Sigmoid(x));
  }
}

// Applies activation(x[i]) through one vector padded with zeros, for the tail of a row.
template <Activation kActivation>
HWY_INLINE float ActivateScalar(float x) {
  return hn::GetLane(ActivateVector<kActivation>(hn::Set(D(), x)));
}

template <Activation kActivation>
void ActivateAll(const float* gate, const float* up, size_t n, float* y) {
  const D d;
  ForEach(
      n,
      [&](size_t i) {
        V v = ActivateVector<kActivation>(hn::LoadU(d, gate + i));
        if (up != nullptr) v = hn::Mul(v, hn::LoadU(d, up + i));
        hn::StoreU(v, d, y + i);
      },
      [&](size_t i) {
        const float v = ActivateScalar<kActivation>(gate[i]);
        y[i] = up != nullptr ? v * up[i] : v;
      });
}

// y[0, n) = activation(gate) [* up].
void ActivateRow(Activation activation, const float* gate, const float* up, size_t n, float* y) {
  switch (activation) {
    case Activation::kGelu: return ActivateAll<Activation::kGelu>(gate, up, n, y);
    case Activation::kGeluTanh: return ActivateAll<Activation::kGeluTanh>(gate, up, n, y);
    case Activation::kRelu: return ActivateAll<Activation::kRelu>(gate, up, n, y);
    case Activation::kSilu: return ActivateAll<Activation::kSilu>(gate, up, n, y);
  }
}

void AddRow(const float* x, size_t n, float* y) {
  const D d;
  ForEach(
      n, [&](size_t i) { hn::StoreU(hn::Add(hn::LoadU(d, x + i), hn::LoadU(d, y + i)), d, y + i); },
      [&](size_t i) { y[i] += x[i]; });
}

float Sum(const float* x, size_t n) {
  const D d;
  V sum = hn::Zero(d);
  float rest = 0;
  ForEach(
      n, [&](size_t i) { sum = hn::Add(sum, hn::LoadU(d, x + i)); },
      [&](size_t i) { rest += x[i]; });
  return hn::GetLane(hn::SumOfLanes(d, sum)) + rest;
}

float SumOfSquares(const float* x, float mean, size_t n) {
  const D d;
  const V m = hn::Set(d, mean);
  V sum = hn::Zero(d);
  float rest = 0;
  ForEach(
      n,
      [&](size_t i) {
        const V centred = hn::Sub(hn::LoadU(d, x + i), m);
        sum = hn::MulAdd(centred, centred, sum);
      },
      [&](size_t i) { rest += (x[i] - mean) * (x[i] - mean); });
  return hn::GetLane(hn::SumOfLanes(d, sum)) + rest;
}

void LayerNormRow(const float* x, size_t n, const float* weight, const float* bias, float epsilon,
                  float* y) {
  const D d;
  const float mean = Sum(x, n) / static_cast<float>(n);
  const float variance = SumOfSquares(x, mean, n) / static_cast<float>(n);
  const float scale = 1.0f / std::sqrt(variance + epsilon);
  const V m = hn::Set(d, mean), s = hn::Set(d, scale);
  ForEach(
      n,
      [&](size_t i) {
        const V w = hn::LoadU(d, weight + i);
        const V b = bias != nullptr ? hn::LoadU(d, bias + i) : hn::Zero(d);
        hn::StoreU(hn::MulAdd(hn::Mul(hn::Sub(hn::LoadU(d, x + i), m), s), w, b), d, y + i);
      },
      [&](size_t i) {
        y[i] = (x[i] - mean) * scale * weight[i] + (bias != nullptr ? bias[i] : 0.0f);
      });
}

void RmsNormRow(const float* x, size_t n, const float* weight, float epsilon, float* y) {
  const D d;
  const float scale = 1.0f / std::sqrt(SumOfSquares(x, 0.0f, n) / static_cast<float>(n) + epsilon);
  const V s = hn::Set(d, scale);
  ForEach(
      n,
      [&](size_t i) {
        hn::StoreU(hn::Mul(hn::Mul(hn::LoadU(d, x + i), s), hn::LoadU(d, weight + i)), d, y + i);
      },
      [&](size_t i) { y[i] = x[i] * scale * weight[i]; });
}

void ToBf16(const float* x, size_t n, uint16_t* out) {
  // Adding 0x7FFF plus the lowest kept bit rounds to nearest even; weights and activations hold no
  // NaN payloads to keep.
  const D d;
  const hn::RebindToUnsigned<D> du;
  const hn::Rebind<uint16_t, D> d16;
  ForEach(
      n,
      [&](size_t i) {
        const auto bits = hn::BitCast(du, hn::LoadU(d, x + i));
        const auto odd = hn::And(hn::ShiftRight<16>(bits), hn::Set(du, 1u));
        const auto rounded = hn::Add(bits, hn::Add(odd, hn::Set(du, 0x7FFFu)));
        hn::StoreU(hn::TruncateTo(d16, hn::ShiftRight<16>(rounded)), d16, out + i);
      },
      [&](size_t i) {
        uint32_t bits;
        hwy::CopyBytes<4>(&x[i], &bits);
        out[i] = static_cast<uint16_t>((bits + 0x7FFFu + ((bits >> 16) & 1u)) >> 16);
      });
}

// `load(i)` gives a vector, `get(i)` one value of the row.
template <typename Load, typename Get>
HWY_INLINE RowCode QuantizeValues(size_t n, uint8_t* codes, Load load, Get get) {
  const D d;
  const hn::Rebind<uint8_t, D> d8;
  float lowest = get(0), highest = lowest;
  V lowest_v = hn::Set(d, lowest), highest_v = lowest_v;
  ForEach(
      n,
      [&](size_t i) HWY_ATTR {
        const V v = load(i);
        lowest_v = hn::Min(lowest_v, v);
        highest_v = hn::Max(highest_v, v);
      },
      [&](size_t i) {
        lowest = std::min(lowest, get(i));
        highest = std::max(highest, get(i));
      });
  lowest = std::min(lowest, hn::GetLane(hn::MinOfLanes(d, lowest_v)));
  highest = std::max(highest, hn::GetLane(hn::MaxOfLanes(d, highest_v)));
  const float range = highest - lowest;
  const float inverse = range > 0 ? 255.0f / range : 0.0f;
  const V factor = hn::Set(d, inverse), from = hn::Set(d, lowest);
  ForEach(
      n,
      [&](size_t i) HWY_ATTR {
        const V above = hn::Sub(load(i), from);
        hn::StoreU(hn::DemoteTo(d8, hn::NearestInt(hn::Mul(above, factor))), d8, codes + i);
      },
      [&](size_t i) { codes[i] = static_cast<uint8_t>(std::lrintf((get(i) - lowest) * inverse)); });
  return {.scale = range / 255.0f, .lowest = lowest};
}

RowCode Quantize(const float* x, const float*, size_t n, uint8_t* codes) {
  return QuantizeValues(
      n, codes, [x](size_t i) HWY_ATTR { return hn::LoadU(D(), x + i); },
      [x](size_t i) { return x[i]; });
}

RowCode QuantizeScaled(const float* x, const float* factors, size_t n, uint8_t* codes) {
  return QuantizeValues(
      n, codes,
      [x, factors](size_t i)
          HWY_ATTR { return hn::Mul(hn::LoadU(D(), x + i), hn::LoadU(D(), factors + i)); },
      [x, factors](size_t i) { return x[i] * factors[i]; });
}

float QuantizeSymmetric(const float* x, const float* factors, size_t n, int8_t* codes) {
  const D d;
  const hn::Rebind<int8_t, D> d8;
  V largest_v = hn::Zero(d);
  float largest = 0;
  ForEach(
      n,
      [&](size_t i) HWY_ATTR {
        const V v = hn::Mul(hn::LoadU(d, x + i), hn::LoadU(d, factors + i));
        largest_v = hn::Max(largest_v, hn::Abs(v));
      },
      [&](size_t i) { largest = std::max(largest, std::fabs(x[i] * factors[i])); });
  largest = std::max(largest, hn::GetLane(hn::MaxOfLanes(d, largest_v)));
  const float inverse = largest > 0 ? 127.0f / largest : 0.0f;
  const V scale = hn::Set(d, inverse);
  ForEach(
      n,
      [&](size_t i) HWY_ATTR {
        const V v = hn::Mul(hn::LoadU(d, x + i), hn::LoadU(d, factors + i));
        hn::StoreU(hn::DemoteTo(d8, hn::NearestInt(hn::Mul(v, scale))), d8, codes + i);
      },
      [&](size_t i) { codes[i] = static_cast<int8_t>(std::lrintf(x[i] * factors[i] * inverse)); });
  return largest / 127.0f;
}

void RaiseRow(const float* x, size_t n, float* largest) {
  const D d;
  ForEach(
      n,
      [&](size_t i) HWY_ATTR {
        const V v = hn::Abs(hn::LoadU(d, x + i));
        hn::StoreU(hn::Max(v, hn::LoadU(d, largest + i)), d, largest + i);
      },
      [&](size_t i) { largest[i] = std::max(largest[i], std::fabs(x[i])); });
}

void Dequantize(const int32_t* sums, RowCode row, const float* scales, const float* weight_sums,
                const float* bias, size_t n, float* y) {
  const D d;
  const hn::RebindToSigned<D> di;
  const V scale = hn::Set(d, row.scale), lowest = hn::Set(d, row.lowest);
  ForEach(
      n,
      [&](size_t i) {
        const V sum = hn::ConvertTo(d, hn::LoadU(di, sums + i));
        const V base = hn::MulAdd(lowest, hn::LoadU(d, weight_sums + i), hn::LoadU(d, bias + i));
        hn::StoreU(hn::MulAdd(sum, hn::Mul(scale, hn::LoadU(d, scales + i)), base), d, y + i);
      },
      [&](size_t i) {
        y[i] = static_cast<float>(sums[i]) * (row.scale * scales[i]) +
               (row.lowest * weight_sums[i] + bias[i]);
      });
}

// x[0, half) and x[half, 2 half) are the pairs.
void RotateHalves(float* x, const float* cos, const float* sin, size_t half) {
  const D d;
  ForEach(
      half,
      [&](size_t i) {
        const V a = hn::LoadU(d, x + i), b = hn::LoadU(d, x + half + i);
        const V c = hn::LoadU(d, cos + i), s = hn::LoadU(d, sin + i);
        hn::StoreU(hn::NegMulAdd(b, s, hn::Mul(a, c)), d, x + i);
        hn::StoreU(hn::MulAdd(a, s, hn::Mul(b, c)), d, x + half + i);
      },
      [&](size_t i) {
        const float a = x[i], b = x[half + i];
        x[i] = a * cos[i] - b * sin[i];
        x[half + i] = b * cos[i] + a * sin[i];
      });
}

}  // namespace HWY_NAMESPACE
}  // namespace sg
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace sg {

HWY_EXPORT(ActivateRow);
HWY_EXPORT(CoarseGelu);
HWY_EXPORT(AddRow);
HWY_EXPORT(LayerNormRow);
HWY_EXPORT(RmsNormRow);
HWY_EXPORT(ToBf16);
HWY_EXPORT(Quantize);
HWY_EXPORT(QuantizeScaled);
HWY_EXPORT(QuantizeSymmetric);
HWY_EXPORT(RaiseRow);
HWY_EXPORT(Dequantize);
HWY_EXPORT(RotateHalves);

void AddBias(std::span<const float> bias, size_t rows, float* y) {
  const auto add = HWY_DYNAMIC_DISPATCH(AddRow);
  for (size_t r = 0; r < rows; ++r) add(bias.data(), bias.size(), y + r * bias.size());
}

void AddInPlace(std::span<const float> x, float* y) {
  HWY_DYNAMIC_DISPATCH(AddRow)(x.data(), x.size(), y);
}

void LayerNorm(const float* x, size_t rows, std::span<const float> weight,
               std::span<const float> bias, float epsilon, float* y) {
  const auto norm = HWY_DYNAMIC_DISPATCH(LayerNormRow);
  const size_t cols = weight.size();
  for (size_t r = 0; r < rows; ++r) {
    norm(x + r * cols, cols, weight.data(), bias.empty() ? nullptr : bias.data(), epsilon,
         y + r * cols);
  }
}

void RmsNorm(const float* x, size_t rows, std::span<const float> weight, float epsilon, float* y) {
  const auto norm = HWY_DYNAMIC_DISPATCH(RmsNormRow);
  const size_t cols = weight.size();
  for (size_t r = 0; r < rows; ++r) norm(x + r * cols, cols, weight.data(), epsilon, y + r * cols);
}

void Activate(Activation activation, std::span<float> x) {
  HWY_DYNAMIC_DISPATCH(ActivateRow)(activation, x.data(), nullptr, x.size(), x.data());
}

void ActivateCoarsely(Activation activation, const float* gate, const float* up, size_t n,
                      float* y) {
  if (activation == Activation::kGelu) {
    HWY_DYNAMIC_DISPATCH(CoarseGelu)(gate, up, n, y);
  } else {
    HWY_DYNAMIC_DISPATCH(ActivateRow)(activation, gate, up, n, y);
  }
}

void ActivateGated(Activation activation, const float* gate, const float* up, size_t stride,
                   size_t rows, size_t cols, float* y) {
  const auto activate = HWY_DYNAMIC_DISPATCH(ActivateRow);
  for (size_t r = 0; r < rows; ++r) {
    activate(activation, gate + r * stride, up + r * stride, cols, y + r * cols);
  }
}

void ApplyRotary(float* x, size_t heads, size_t head_dim, std::span<const float> cos,
                 std::span<const float> sin, bool halves) {
  const size_t half = cos.size();
  const auto rotate_halves = HWY_DYNAMIC_DISPATCH(RotateHalves);
  for (size_t h = 0; h < heads; ++h) {
    float* head = x + h * head_dim;
    if (halves) {
      rotate_halves(head, cos.data(), sin.data(), half);
      continue;
    }
    for (size_t i = 0; i < half; ++i) {
      const float a = head[2 * i], b = head[2 * i + 1];
      head[2 * i] = a * cos[i] - b * sin[i];
      head[2 * i + 1] = b * cos[i] + a * sin[i];
    }
  }
}

void FloatToBf16(std::span<const float> x, std::span<uint16_t> out) {
  HWY_DYNAMIC_DISPATCH(ToBf16)(x.data(), x.size(), out.data());
}

RowCode QuantizeRow(std::span<const float> x, std::span<const float> factors, uint8_t* codes) {
  if (x.empty()) return {};
  const auto quantize =
      factors.empty() ? HWY_DYNAMIC_DISPATCH(Quantize) : HWY_DYNAMIC_DISPATCH(QuantizeScaled);
  return quantize(x.data(), factors.data(), x.size(), codes);
}

float QuantizeWeights(std::span<const float> x, std::span<const float> factors, int8_t* codes) {
  return HWY_DYNAMIC_DISPATCH(QuantizeSymmetric)(x.data(), factors.data(), x.size(), codes);
}

void RaiseToMagnitudes(std::span<const float> x, float* largest) {
  HWY_DYNAMIC_DISPATCH(RaiseRow)(x.data(), x.size(), largest);
}

void DequantizeRow(std::span<const int32_t> sums, RowCode row, std::span<const float> scales,
                   std::span<const float> weight_sums, std::span<const float> bias, float* y) {
  HWY_DYNAMIC_DISPATCH(Dequantize)
  (sums.data(), row, scales.data(), weight_sums.data(), bias.data(), sums.size(), y);
}

}  // namespace sg
#endif  // HWY_ONCE
