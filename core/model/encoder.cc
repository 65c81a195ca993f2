#include "core/model/encoder.h"

#include <nlohmann/json.hpp>

#include "core/model/encoder_architectures.h"

namespace sg {
namespace {

using Create = Result<std::unique_ptr<Encoder>> (*)(const nlohmann::json&, const TensorMap&,
                                                    Precision);

// model_type and position_embedding_type of config.json -> architecture; the first row that fits is
// used. Checkpoints with remote code keep the model_type of the model that they changed and are
// told apart by their positions.
constexpr struct {
  const char* model_type;
  const char* positions;  // null: any
  Create create;
} kArchitectures[] = {
    {"bert", "alibi", CreateJinaBertEncoder},
    {"bert", nullptr, CreateBertEncoder},
    {"roberta", nullptr, CreateBertEncoder},
    {"xlm-roberta", "rotary", CreateRotaryXlmRobertaEncoder},
    {"xlm-roberta", nullptr, CreateBertEncoder},
    {"t5", nullptr, CreateT5Encoder},
    {"nomic_bert", nullptr, CreateNomicBertEncoder},
    {"modernbert", nullptr, CreateModernBertEncoder},
    {"qwen2", nullptr, CreateQwen2Encoder},
};

Result<std::unique_ptr<Encoder>> CreateFromTable(const nlohmann::json& config,
                                                 const TensorMap& tensors, Precision precision) {
  const std::string model_type = config.value("model_type", "bert");
  const std::string positions = config.value("position_embedding_type", "");
  std::string known;
  for (const auto& row : kArchitectures) {
    if (model_type == row.model_type && (row.positions == nullptr || positions == row.positions)) {
      return row.create(config, tensors, precision);
    }
    if (row.positions == nullptr) known += std::string(known.empty() ? "" : ", ") + row.model_type;
  }
  return UnsupportedError("model_type \"" + model_type + "\" is not supported (known: " + known +
                          ")");
}

}  // namespace

Result<size_t> ConfigSize(const nlohmann::json& config, const char* key) {
  const auto found = config.find(key);
  if (found == config.end() || !found->is_number_unsigned()) {
    return CorruptError(std::string("config.json has no positive number \"") + key + "\"");
  }
  const auto value = found->get<uint64_t>();
  if (value == 0 || value >= (uint64_t{1} << 24)) {
    return CorruptError(std::string("config.json: \"") + key + "\" is " + std::to_string(value));
  }
  return static_cast<size_t>(value);
}

Status RequireConfig(const nlohmann::json& config, const char* key, std::string_view value) {
  const auto found = config.find(key);
  if (found == config.end() || found->is_null()) return Status::Ok();
  if (found->is_string() && found->get<std::string>() == value) return Status::Ok();
  return UnsupportedError(std::string("config.json: \"") + key + "\" is " + found->dump() +
                          ", this build knows only \"" + std::string(value) + "\"");
}

size_t LongestSequence(const TokenBatch& batch) {
  size_t longest = 0;
  for (size_t s = 0; s < batch.sequences(); ++s) {
    longest = std::max<size_t>(longest, batch.starts[s + 1] - batch.starts[s]);
  }
  return longest;
}

Result<std::unique_ptr<Encoder>> CreateEncoder(const std::string& config_json,
                                               const TensorMap& tensors, Precision precision) {
  const nlohmann::json config =
      nlohmann::json::parse(config_json, nullptr, /*allow_exceptions=*/false);
  if (!config.is_object()) return CorruptError("config.json is not a JSON object");
  try {
    return CreateFromTable(config, tensors, precision);
  } catch (const nlohmann::json::exception& error) {  // a value of the wrong type
    return CorruptError(std::string("config.json: ") + error.what());
  }
}

}  // namespace sg
