#include "core/kernels/linear.h"

#include <Eigen/Core>
#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

#include "core/base/large_allocator.h"
#include "core/kernels/elementwise.h"
#include "core/kernels/onednn.h"

namespace sg {
namespace {

using RowMajor = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

// Rows are multiplied in blocks of this many, so that few distinct products are compiled and the
// block of x stays in cache.
constexpr size_t kRowBlock = 256;
constexpr size_t kRowStep = 16;

// Calls `multiply(first_row, rows)` over [0, rows) in blocks of kRowBlock; the last block is cut
// into a multiple of kRowStep and single rows, so that at most kRowBlock / kRowStep + kRowStep
// products exist per layer shape.
template <typename Multiply>
void ForEachRowBlock(size_t rows, Multiply multiply) {
  size_t done = 0;
  while (rows - done >= kRowBlock) {
    multiply(done, kRowBlock);
    done += kRowBlock;
  }
  if (const size_t stepped = (rows - done) / kRowStep * kRowStep; stepped > 0) {
    multiply(done, stepped);
    done += stepped;
  }
  if (rows > done) multiply(done, rows - done);
}

class EigenLinear final : public Linear {
 public:
  EigenLinear(std::span<const float> weights, std::span<const float> bias, size_t in, size_t out)
      : Linear(in, out),
        weights_(Eigen::Map<const RowMajor>(weights.data(), static_cast<Eigen::Index>(out),
                                            static_cast<Eigen::Index>(in))),
        bias_(bias.begin(), bias.end()) {}

  void Apply(const float* x, size_t rows, float* y) const override {
    const auto n = static_cast<Eigen::Index>(rows);
    const Eigen::Map<const RowMajor> input(x, n, weights_.cols());
    Eigen::Map<RowMajor> output(y, n, weights_.rows());
    output.noalias() = input * weights_.transpose();
    if (!bias_.empty()) AddBias(bias_, rows, y);
  }

 private:
  RowMajor weights_;
  std::vector<float> bias_;
};

class PackedLinear final : public Linear {
 public:
  PackedLinear(std::unique_ptr<onednn::PackedWeights> weights, std::span<const float> bias,
               size_t in, size_t out, onednn::DataType type)
      : Linear(in, out),
        weights_(std::move(weights)),
        bias_(bias.begin(), bias.end()),
        type_(type) {}

  Precision precision() const override {
    return type_ == onednn::DataType::kF32 ? Precision::kF32 : Precision::kBf16;
  }

  void Apply(const float* x, size_t rows, float* y) const override {
    Apply({.bias = bias_.empty() ? nullptr : bias_.data()}, x, rows, y);
  }
  void ApplyAdded(const float* x, size_t rows, float* y) const override {
    Apply({.bias = bias_.empty() ? nullptr : bias_.data(), .add = true}, x, rows, y);
  }
  void ApplyActivated(Activation activation, const float* x, size_t rows, float* y) const override {
    Apply({.bias = bias_.empty() ? nullptr : bias_.data(), .activation = activation}, x, rows, y);
  }

 private:
  void Apply(const onednn::Epilogue& epilogue, const float* x, size_t rows, float* y) const {
    ForEachRowBlock(rows, [&](size_t first, size_t count) {
      const float* block = x + first * in_;
      if (type_ == onednn::DataType::kF32) {
        onednn::Multiply(*weights_, block, count, y + first * out_, epilogue);
        return;
      }
      thread_local std::vector<uint16_t> narrow;
      narrow.resize(kRowBlock * in_);
      FloatToBf16({block, count * in_}, narrow);
      onednn::Multiply(*weights_, narrow.data(), count, y + first * out_, epilogue);
    });
  }

  std::unique_ptr<onednn::PackedWeights> weights_;
  std::vector<float> bias_;
  onednn::DataType type_;
};

// x is quantised per row to unsigned bytes (x = lowest + s * q), W per output channel to signed
// bytes; lowest * sum(W) is added to the product of q and W.
class Int8Linear final : public Linear {
 public:
  Int8Linear(std::unique_ptr<onednn::PackedWeights> weights, std::vector<float> scales,
             std::vector<float> weight_sums, std::vector<float> factors,
             std::span<const float> bias, size_t in, size_t out)
      : Linear(in, out),
        weights_(std::move(weights)),
        factors_(std::move(factors)),
        scales_(std::move(scales)),
        weight_sums_(std::move(weight_sums)),
        bias_(bias.begin(), bias.end()) {
    bias_.resize(out);
  }

  Precision precision() const override { return Precision::kInt8; }

  void Apply(const float* x, size_t rows, float* y) const override {
    ForEachRowBlock(rows, [&](size_t first, size_t count) {
      const Quantized input = QuantizeRows(x + first * in_, count);
      Multiply(input, count,
               [&](size_t r, auto dequantize) { dequantize(y + (first + r) * out_); });
    });
  }
  void ApplyAdded(const float* x, size_t rows, float* y) const override {
    ForEachRowBlock(rows, [&](size_t first, size_t count) {
      MultiplyAdded(QuantizeRows(x + first * in_, count), count, y + first * out_);
    });
  }

  // Rows of bytes with a scale each, in `codes` [kRowBlock, cols].
  class Quantized {
   public:
    Quantized(size_t cols, uint8_t* codes) : cols_(cols), codes_(codes) {}
    void Set(size_t r, const float* x, std::span<const float> factors = {}) {
      rows_[r] = QuantizeRow({x, cols_}, factors, codes_ + r * cols_);
    }
    const uint8_t* codes() const { return codes_; }
    RowCode row(size_t r) const { return rows_[r]; }

   private:
    size_t cols_;
    uint8_t* codes_;
    RowCode rows_[kRowBlock];
  };

  // What Multiply takes, in memory of this thread: one at a time.
  Quantized QuantizeRows(const float* x, size_t count) const {
    thread_local std::vector<uint8_t> codes;
    if (codes.size() < kRowBlock * in_) codes.resize(kRowBlock * in_);
    Quantized input(in_, codes.data());
    for (size_t r = 0; r < count; ++r) input.Set(r, x + r * in_, factors_);
    return input;
  }

  // Calls visit(r, dequantize) for each row; dequantize(y) writes the row [out] as floats.
  template <typename Visit>
  void Multiply(const Quantized& input, size_t count, Visit visit) const {
    thread_local std::vector<int32_t, LargeAllocator<int32_t>> sums;
    if (sums.size() < kRowBlock * out_) sums.resize(kRowBlock * out_);
    onednn::Multiply(*weights_, input.codes(), count, sums.data());
    for (size_t r = 0; r < count; ++r) {
      visit(r, [&](float* y) {
        DequantizeRow({&sums[r * out_], out_}, input.row(r), scales_, weight_sums_, bias_, y);
      });
    }
  }

  // y [count, out] += the product.
  void MultiplyAdded(const Quantized& input, size_t count, float* y) const {
    std::vector<float> row(out_);
    Multiply(input, count, [&](size_t r, auto dequantize) {
      dequantize(row.data());
      AddInPlace(row, y + r * out_);
    });
  }

 private:
  std::unique_ptr<onednn::PackedWeights> weights_;
  std::vector<float> factors_;      // [in] of x, or empty
  std::vector<float> scales_;       // [out]
  std::vector<float> weight_sums_;  // [out] of the values that the channel's codes stand for
  std::vector<float> bias_;         // [out]
};

std::unique_ptr<Linear> CreateBf16(std::span<const float> weights, std::span<const float> bias,
                                   size_t in, size_t out) {
  std::vector<uint16_t> narrow(weights.size());
  FloatToBf16(weights, narrow);
  auto packed = onednn::Pack(onednn::DataType::kBf16, narrow.data(), in, out);
  if (packed == nullptr) return nullptr;
  return std::make_unique<PackedLinear>(std::move(packed), bias, in, out, onednn::DataType::kBf16);
}

// What to multiply each channel of the input with, see Linear::Create; empty: nothing.
std::vector<float> BalanceFactors(std::span<const float> weights, size_t in,
                                  std::span<const float> input_range) {
  if (input_range.empty()) return {};
  std::vector<float> largest(in, 0.0f), factors(in);
  for (size_t i = 0; i < weights.size(); i += in) {
    RaiseToMagnitudes(weights.subspan(i, in), largest.data());
  }
  const auto mean = [in](std::span<const float> values) {
    return std::accumulate(values.begin(), values.end(), 0.0f) / static_cast<float>(in);
  };
  const float mean_range = mean(input_range), mean_weight = mean(largest);
  const auto positive = [](float x) { return std::isfinite(x) && x > 0; };
  if (!positive(mean_range) || !positive(mean_weight)) return {};
  for (size_t j = 0; j < in; ++j) {
    // What was seen of a channel is not all that it will ever be.
    constexpr float kLeast = 0.1f;
    factors[j] = std::sqrt(std::max(largest[j] / mean_weight, kLeast) /
                           std::max(input_range[j] / mean_range, kLeast));
  }
  return factors;
}

std::unique_ptr<Linear> CreateInt8(std::span<const float> weights, std::span<const float> bias,
                                   size_t in, size_t out, std::span<const float> input_range) {
  std::vector<float> factors = BalanceFactors(weights, in, input_range);
  std::vector<float> inverses(in, 1.0f), scales(out), weight_sums(out);
  for (size_t i = 0; i < factors.size(); ++i) inverses[i] = 1.0f / factors[i];
  std::vector<int8_t> codes(weights.size());
  for (size_t o = 0; o < out; ++o) {
    int8_t* const row = &codes[o * in];
    scales[o] = QuantizeWeights(weights.subspan(o * in, in), inverses, row);
    weight_sums[o] = scales[o] * static_cast<float>(std::accumulate(row, row + in, int32_t{0}));
  }
  auto packed = onednn::Pack(onednn::DataType::kU8S8, codes.data(), in, out);
  if (packed == nullptr) return nullptr;
  return std::make_unique<Int8Linear>(std::move(packed), std::move(scales), std::move(weight_sums),
                                      std::move(factors), bias, in, out);
}

// Turns a row of up's output into the input of down.
void ActivateRowOf(Activation activation, Gating gating, float* row, size_t inner, float* out) {
  if (!gating.gated) return ActivateCoarsely(activation, row, nullptr, inner, row);
  const float* gate = gating.gate_first ? row : row + inner;
  const float* other = gating.gate_first ? row + inner : row;
  ActivateCoarsely(activation, gate, other, inner, out);
}

}  // namespace

void Linear::ApplyAdded(const float* x, size_t rows, float* y) const {
  std::vector<float> product(rows * out_);
  Apply(x, rows, product.data());
  AddInPlace(product, y);
}

void Linear::ApplyActivated(Activation activation, const float* x, size_t rows, float* y) const {
  Apply(x, rows, y);
  Activate(activation, {y, rows * out_});
}

bool FeedForwardInt8(const Linear& up, const Linear& down, Activation activation, Gating gating,
                     const float* x, size_t rows, float* y) {
  const auto* first_layer = dynamic_cast<const Int8Linear*>(&up);
  const auto* second_layer = dynamic_cast<const Int8Linear*>(&down);
  if (first_layer == nullptr || second_layer == nullptr) return false;
  const size_t hidden = up.in(), inner = down.in(), out = down.out();
  std::vector<float> row(up.out()), gated(gating.gated ? inner : 0);
  const float* activated = gating.gated ? gated.data() : row.data();
  thread_local std::vector<uint8_t> codes;
  if (codes.size() < kRowBlock * inner) codes.resize(kRowBlock * inner);
  ForEachRowBlock(rows, [&](size_t first, size_t count) {
    const Int8Linear::Quantized input = first_layer->QuantizeRows(x + first * hidden, count);
    Int8Linear::Quantized middle(inner, codes.data());
    first_layer->Multiply(input, count, [&](size_t r, auto dequantize) {
      dequantize(row.data());
      ActivateRowOf(activation, gating, row.data(), inner, gated.data());
      middle.Set(r, activated);
    });
    second_layer->MultiplyAdded(middle, count, y + first * out);
  });
  return true;
}

Result<Precision> ChoosePrecision(std::string_view name) {
  if (name == "auto") {
    return onednn::Fast(onednn::DataType::kBf16) ? Precision::kBf16 : Precision::kF32;
  }
  if (name == "f32") return Precision::kF32;
  const bool bf16 = name == "bf16";
  if (!bf16 && name != "int8") {
    return InvalidArgumentError("unknown precision \"" + std::string(name) +
                                "\": use auto, f32, bf16 or int8");
  }
  if (!onednn::Fast(bf16 ? onednn::DataType::kBf16 : onednn::DataType::kU8S8)) {
    return UnsupportedError("precision " + std::string(name) +
                            " needs the oneDNN library (libdnnl2) and a CPU with " +
                            (bf16 ? "AVX-512 BF16" : "VNNI") + "; use --precision f32");
  }
  return bf16 ? Precision::kBf16 : Precision::kInt8;
}

std::string_view PrecisionName(Precision precision) {
  switch (precision) {
    case Precision::kF32: return "f32";
    case Precision::kBf16: return "bf16";
    case Precision::kInt8: return "int8";
  }
  return "unknown";
}

Result<std::unique_ptr<Linear>> Linear::Create(std::span<const float> weights,
                                               std::span<const float> bias, size_t in, size_t out,
                                               Precision precision,
                                               std::span<const float> input_range) {
  if (weights.size() != in * out || (!bias.empty() && bias.size() != out) ||
      (!input_range.empty() && input_range.size() != in)) {
    return InternalError("linear layer: weights, bias or input range do not have the stated shape");
  }
  std::unique_ptr<Linear> linear;
  if (precision == Precision::kBf16) {
    linear = CreateBf16(weights, bias, in, out);
  } else if (precision == Precision::kInt8) {
    linear = CreateInt8(weights, bias, in, out, input_range);
  } else if (auto packed = onednn::Pack(onednn::DataType::kF32, weights.data(), in, out)) {
    linear =
        std::make_unique<PackedLinear>(std::move(packed), bias, in, out, onednn::DataType::kF32);
  }
  if (linear == nullptr) linear = std::make_unique<EigenLinear>(weights, bias, in, out);
  return linear;
}

void ReferenceLinear(std::span<const float> weights, std::span<const float> bias, size_t in,
                     size_t out, const float* x, size_t rows, float* y) {
  for (size_t r = 0; r < rows; ++r) {
    for (size_t o = 0; o < out; ++o) {
      double sum = bias.empty() ? 0.0 : bias[o];
      for (size_t i = 0; i < in; ++i) sum += double{x[r * in + i]} * weights[o * in + i];
      y[r * out + o] = static_cast<float>(sum);
    }
  }
}

}  // namespace sg
