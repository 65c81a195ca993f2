#pragma once
// The constructors of the architectures, one file each, and what they share in reading config.json.
// Private to core/model; included by .cc files only (nlohmann-json does not leave them).

#include <cmath>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

#include "core/model/encoder.h"

namespace sg {

// A positive number below 2^24. kCorrupt names the key that is missing or absurd.
Result<size_t> ConfigSize(const nlohmann::json& config, const char* key);
// kUnsupported if `key` is there with another value: unknown settings that change results are
// errors, never ignored.
Status RequireConfig(const nlohmann::json& config, const char* key, std::string_view value);

inline float AttentionScale(size_t head_dim) {
  return 1.0f / std::sqrt(static_cast<float>(head_dim));
}

size_t LongestSequence(const TokenBatch& batch);

Result<std::unique_ptr<Encoder>> CreateBertEncoder(const nlohmann::json& config,
                                                   const TensorMap& tensors, Precision precision);
Result<std::unique_ptr<Encoder>> CreateJinaBertEncoder(const nlohmann::json& config,
                                                       const TensorMap& tensors,
                                                       Precision precision);
Result<std::unique_ptr<Encoder>> CreateT5Encoder(const nlohmann::json& config,
                                                 const TensorMap& tensors, Precision precision);
Result<std::unique_ptr<Encoder>> CreateRotaryXlmRobertaEncoder(const nlohmann::json& config,
                                                               const TensorMap& tensors,
                                                               Precision precision);
Result<std::unique_ptr<Encoder>> CreateNomicBertEncoder(const nlohmann::json& config,
                                                        const TensorMap& tensors,
                                                        Precision precision);
Result<std::unique_ptr<Encoder>> CreateModernBertEncoder(const nlohmann::json& config,
                                                         const TensorMap& tensors,
                                                         Precision precision);
Result<std::unique_ptr<Encoder>> CreateQwen2Encoder(const nlohmann::json& config,
                                                    const TensorMap& tensors, Precision precision);

}  // namespace sg
