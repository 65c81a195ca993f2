#include "core/model/encoder.h"

#include <nlohmann/json.hpp>

#include "core/model/encoder_architectures.h"

namespace sg {
namespace {

using Create = Result<std::unique_ptr<Encoder>> (*)(const nlohmann::json&, const TensorMap&,
                                                    Precision);

// model_type of config.json -> architecture.
constexpr struct {
  const char* model_type;
  Create create;
} kArchitectures[] = {
    {"bert", CreateBertEncoder},
    {"roberta", CreateBertEncoder},
    {"xlm-roberta", CreateBertEncoder},
};

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

Result<std::unique_ptr<Encoder>> CreateEncoder(const std::string& config_json,
                                               const TensorMap& tensors, Precision precision) {
  const nlohmann::json config =
      nlohmann::json::parse(config_json, nullptr, /*allow_exceptions=*/false);
  if (!config.is_object()) return CorruptError("config.json is not a JSON object");
  const auto type = config.find("model_type");
  const std::string model_type =
      type != config.end() && type->is_string() ? type->get<std::string>() : "bert";
  for (const auto& row : kArchitectures) {
    if (model_type == row.model_type) return row.create(config, tensors, precision);
  }
  std::string known;
  for (const auto& row : kArchitectures)
    known += std::string(known.empty() ? "" : ", ") + row.model_type;
  return UnsupportedError("model_type \"" + model_type + "\" is not supported (known: " + known +
                          ")");
}

}  // namespace sg
