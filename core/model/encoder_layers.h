#pragma once
// The building blocks that the architectures share: tensors by name, norms, attention,
// feed-forward. Each holds its weights and knows how to apply itself to [T, H] hidden states; none
// knows a model. Private to core/model.

#include <cstddef>
#include <initializer_list>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/large_allocator.h"
#include "core/base/status.h"
#include "core/kernels/attention.h"
#include "core/kernels/elementwise.h"
#include "core/kernels/linear.h"
#include "core/model/encoder.h"
#include "core/model/model_config.h"
#include "core/model/token_table.h"

namespace sg {

// The largest absolute value of each channel of a layer's input, by the name of its first tensor.
using InputRanges = std::map<std::string, std::vector<float>>;

// How the linear layers of an encoder are packed.
struct Packing {
  Precision precision = Precision::kF32;
  InputRanges* record = nullptr;        // not null: layers note the ranges of what they read
  const InputRanges* ranges = nullptr;  // not null: what layers will read, see Linear::Create
};

// What a layer reads: only that of a norm has channels which are large whatever the text.
enum class Input { kAny, kNormed };

// Tensors of one checkpoint by name below a prefix, checked against the shape that the architecture
// expects.
class TensorTable {
 public:
  // `prefixes`: the first under which `probe` exists is used ("", "bert.", ...).
  static Result<TensorTable> Open(const TensorMap& tensors,
                                  std::initializer_list<std::string_view> prefixes,
                                  std::string_view probe);

  bool Has(std::string_view name) const;
  // The float values of a tensor. kCorrupt if it is missing or its shape is not `shape`.
  Result<std::vector<float>> Get(std::string_view name, std::vector<uint64_t> shape) const;
  // As Get, but empty if the tensor is missing.
  Result<std::vector<float>> GetOptional(std::string_view name, std::vector<uint64_t> shape) const;
  // The layer `name`.weight [out, in] with `name`.bias [out] where it exists.
  Result<std::unique_ptr<Linear>> GetLinear(std::string_view name, size_t in, size_t out,
                                            const Packing& packing,
                                            Input input = Input::kAny) const;
  // Several layers that read the same input, as one: outputs side by side in the order of `names`.
  Result<std::unique_ptr<Linear>> GetFused(std::span<const std::string> names, size_t in,
                                           std::span<const size_t> outs, const Packing& packing,
                                           Input input = Input::kAny) const;
  // The matrix `name` [any, width], read in place.
  Result<TokenTable> GetTokens(std::string_view name, size_t width) const;
  // The first row of the matrix `name` [any, width].
  Result<std::vector<float>> GetFirstRow(std::string_view name, size_t width) const;
  // Number of rows of a matrix, for sizes that the configuration may lie about.
  Result<size_t> Rows(std::string_view name) const;

 private:
  const TensorMap* tensors_ = nullptr;
  std::string prefix_;
};

// Layer norm, or RMS norm where `rms`.
struct Norm {
  std::vector<float> weight, bias;
  float epsilon = 1e-12f;
  bool rms = false;

  static Result<Norm> Load(const TensorTable& table, const std::string& name, size_t size,
                           double epsilon, bool rms = false);
  bool empty() const { return weight.empty(); }
  // y [rows, size] = norm(x).
  void Apply(const float* x, size_t rows, float* y) const;
};

// Cosines and sines of rotary positions, computed once up to the longest sequence seen so far in a
// Forward.
struct RotaryTable {
  size_t half = 0;              // rotated pairs per head
  std::vector<float> cos, sin;  // [positions, half]
  RotaryTable(size_t positions, size_t rotary_dim, double base, double scaling_factor = 1.0);
};

// Self-attention: one fused projection to queries, keys and values, attention per sequence, output
// projection.
struct SelfAttention {
  std::unique_ptr<Linear> qkv;     // [H] -> [(A + 2 KV) * D]
  std::unique_ptr<Linear> output;  // [A * D] -> [H]
  size_t heads = 0, kv_heads = 0, head_dim = 0;
  float scale = 1.0f;
  Norm query_norm,
      key_norm;  // over all heads together, before the split (Jina-Code-v2); may be empty
  size_t window = 0;
  bool causal = false;

  struct Positions {
    const RotaryTable* rotary = nullptr;
    bool rotary_halves = true;
    // Per head, added by distance; see AttentionShape. Empty: none.
    std::span<const float> distance_bias;
    size_t bias_stride = 0, bias_center = 0;
  };
  // y [T, H] += attention(x). y may be x.
  void Add(const float* x, const TokenBatch& batch, const Positions& positions, float* y) const;
};

// Feed-forward: down(act(up(x))), or down(act(gate(x)) * up(x)) where gated; row blocks bound its
// memory.
struct FeedForward {
  std::unique_ptr<Linear> up;    // [H] -> [I], or [2 I] where gated: see gate_first
  std::unique_ptr<Linear> down;  // [I] -> [H]
  Activation activation = Activation::kGelu;
  bool gated = false;
  bool gate_first = true;  // the activated half is the first of the 2 I

  // y [rows, H] += feed_forward(x). y may be x.
  void Add(const float* x, size_t rows, float* y) const;
};

// A layer that normalises what it has added: h = norm(h + attention(h)), h = norm(h +
// feed_forward(h)). BERT and its kin.
struct PostNormLayer {
  SelfAttention attention;
  Norm attention_norm;
  FeedForward feed_forward;
  Norm output_norm;

  // Overwrites hidden [T, H].
  void Apply(const TokenBatch& batch, const SelfAttention::Positions& positions,
             float* hidden) const;
};

// A layer that normalises what it reads: h += attention(norm(h)), h += feed_forward(norm(h)). T5,
// ModernBERT, Qwen2.
struct PreNormLayer {
  Norm attention_norm;  // may be empty
  SelfAttention attention;
  Norm feed_forward_norm;
  FeedForward feed_forward;

  // Overwrites hidden [T, H].
  void Apply(const TokenBatch& batch, const SelfAttention::Positions& positions,
             float* hidden) const;
};

// The slope of each head's ALiBi bias (Press et al. 2022), for any number of heads.
std::vector<float> AlibiSlopes(size_t heads);

// Scratch memory that lives with the thread: Buffer<0>(n), Buffer<1>(n) ... are distinct.
template <int kSlot>
float* Buffer(size_t floats) {
  thread_local std::vector<float, LargeAllocator<float>> buffer;
  if (buffer.size() < floats) buffer.resize(floats);
  return buffer.data();
}

// The activation that `name` stands for, e.g. "gelu_new". kUnsupported for an unknown word.
Result<Activation> ActivationFromName(const std::string& name);
// The activation that config.json names under `key`. kUnsupported for an unknown word.
Result<Activation> ReadActivation(const ModelConfig& config, const char* key,
                                  const std::string& fallback);

}  // namespace sg
