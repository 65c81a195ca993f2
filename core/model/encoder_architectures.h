#pragma once
// The constructors of the architectures, one file each, and what they share in reading config.json.
// Private to core/model; included by .cc files only (nlohmann-json does not leave them).

#include <cmath>
#include <memory>
#include <string>
#include <string_view>

#include "core/model/encoder.h"
#include "core/model/encoder_layers.h"
#include "core/model/model_config.h"

namespace sg {

inline float AttentionScale(size_t head_dim) {
  return 1.0f / std::sqrt(static_cast<float>(head_dim));
}

size_t LongestSequence(const TokenBatch& batch);

struct EncoderSizes {
  size_t hidden = 0, heads = 0, layers = 0, inner = 0, positions = 0;
};
// The names of the sizes in config.json; most architectures use these.
struct SizeKeys {
  const char* hidden = "hidden_size";
  const char* heads = "num_attention_heads";
  const char* layers = "num_hidden_layers";
  const char* inner = "intermediate_size";
  const char* positions = "max_position_embeddings";
};
// kCorrupt if one is missing or absurd, or the heads do not divide the hidden size.
Result<EncoderSizes> ReadSizes(const ModelConfig& config, const SizeKeys& keys = {});

// An `Architecture` that has loaded itself; `settings` is what it reads of config.json.
template <typename Architecture, typename Settings>
Result<std::unique_ptr<Encoder>> LoadEncoder(const Settings& settings, const TensorMap& tensors,
                                             const Packing& packing) {
  auto encoder = std::make_unique<Architecture>();
  SG_RETURN_IF_ERROR(encoder->Load(settings, tensors, packing));
  return std::unique_ptr<Encoder>(std::move(encoder));
}

Result<std::unique_ptr<Encoder>> CreateBertEncoder(const ModelConfig& config,
                                                   const TensorMap& tensors,
                                                   const Packing& packing);
Result<std::unique_ptr<Encoder>> CreateJinaBertEncoder(const ModelConfig& config,
                                                       const TensorMap& tensors,
                                                       const Packing& packing);
Result<std::unique_ptr<Encoder>> CreateT5Encoder(const ModelConfig& config,
                                                 const TensorMap& tensors, const Packing& packing);
Result<std::unique_ptr<Encoder>> CreateRotaryXlmRobertaEncoder(const ModelConfig& config,
                                                               const TensorMap& tensors,
                                                               const Packing& packing);
Result<std::unique_ptr<Encoder>> CreateNomicBertEncoder(const ModelConfig& config,
                                                        const TensorMap& tensors,
                                                        const Packing& packing);
Result<std::unique_ptr<Encoder>> CreateModernBertEncoder(const ModelConfig& config,
                                                         const TensorMap& tensors,
                                                         const Packing& packing);
Result<std::unique_ptr<Encoder>> CreateQwen2Encoder(const ModelConfig& config,
                                                    const TensorMap& tensors,
                                                    const Packing& packing);

}  // namespace sg
