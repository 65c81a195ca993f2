#pragma once
// A transformer encoder: token ids in, one hidden state per token out. Each architecture is a file
// of its own that lists its tensors and its kernel calls; kernels know no model. Sequences of a
// batch lie one after the other without padding. Immutable after loading; thread-safe (each Forward
// runs on its calling thread).
//
// Letters: T tokens of the batch, H hidden size, A attention heads, D head size, I intermediate
// size.

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "core/base/status.h"
#include "core/kernels/linear.h"
#include "core/model/safetensors.h"

namespace sg {

// Several sequences of token ids, concatenated.
struct TokenBatch {
  std::span<const uint32_t> ids;     // [T]
  std::span<const uint32_t> starts;  // [sequences + 1], starts.front() == 0, starts.back() == T
  std::span<const uint32_t>
      visible;  // [sequences] leading tokens that may be attended to; empty: all

  size_t tokens() const { return ids.size(); }
  size_t sequences() const { return starts.size() - 1; }
};

// Called with the hidden states [T, H] after the embeddings (layer 0) and after each layer, for
// tests of parity.
using LayerObserver = std::function<void(size_t layer, std::span<const float> hidden)>;

class Encoder {
 public:
  virtual ~Encoder() = default;
  virtual size_t hidden_size() const = 0;
  virtual size_t vocabulary_size() const = 0;
  virtual size_t max_positions() const = 0;  // tokens of a sequence, special tokens included
  // Overwrites out [T, H]. REQUIRES: ids < vocabulary_size(), sequence lengths <= max_positions().
  virtual void Forward(const TokenBatch& batch, float* out,
                       const LayerObserver& observer = nullptr) const = 0;
};

// kUnsupported names the model_type of config.json if no architecture here has it.
Status CheckArchitecture(const std::string& config_json);

// Builds the encoder that `config_json` (the text of config.json) describes from `tensors`.
// REQUIRES: the bytes of `tensors` outlive the encoder: word embeddings are read in place.
// kUnsupported names the model_type or the key that this build does not know; kCorrupt names the
// tensor that is missing or has the wrong shape.
Result<std::unique_ptr<Encoder>> CreateEncoder(const std::string& config_json,
                                               const TensorMap& tensors, Precision precision);

}  // namespace sg
