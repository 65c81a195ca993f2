#include "core/model/model_config.h"

#include <nlohmann/json.hpp>

namespace sg {

struct ModelConfig::Impl {
  nlohmann::json json;

  // The value of `key`; null where it is missing.
  const nlohmann::json& At(const char* key) const {
    static const nlohmann::json kNull;
    const auto found = json.find(key);
    return found == json.end() ? kNull : *found;
  }
};

namespace {

Status WrongType(const char* key, const nlohmann::json& value, const char* wanted) {
  return CorruptError(std::string("config.json: \"") + key + "\" is " + value.dump() + ", not " +
                      wanted);
}

Status NotSupported(const char* key, const std::string& value, const std::string& known) {
  return UnsupportedError(std::string("config.json: \"") + key + "\" is " + value +
                          ", this build knows only " + known);
}

}  // namespace

ModelConfig::ModelConfig(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
ModelConfig::ModelConfig(ModelConfig&&) noexcept = default;
ModelConfig::~ModelConfig() = default;

Result<ModelConfig> ModelConfig::Parse(std::string_view json) {
  auto impl = std::make_unique<Impl>();
  impl->json = nlohmann::json::parse(json, nullptr, /*allow_exceptions=*/false);
  if (!impl->json.is_object()) return CorruptError("config.json is not a JSON object");
  return ModelConfig(std::move(impl));
}

Result<size_t> ModelConfig::Size(const char* key) const {
  if (impl_->At(key).is_null()) {
    return CorruptError(std::string("config.json has no number \"") + key + "\"");
  }
  return Size(key, 0);
}

Result<size_t> ModelConfig::Size(const char* key, size_t fallback) const {
  const nlohmann::json& value = impl_->At(key);
  if (value.is_null()) return fallback;
  constexpr uint64_t kMax = uint64_t{1} << 24;
  if (!value.is_number_unsigned() || value.get<uint64_t>() == 0 || value.get<uint64_t>() >= kMax) {
    return WrongType(key, value, "a whole number from 1 to 2^24");
  }
  return value.get<size_t>();
}

Result<double> ModelConfig::Number(const char* key, double fallback) const {
  const nlohmann::json& value = impl_->At(key);
  if (value.is_null()) return fallback;
  if (!value.is_number()) return WrongType(key, value, "a number");
  return value.get<double>();
}

Result<std::string> ModelConfig::Text(const char* key, const std::string& fallback) const {
  const nlohmann::json& value = impl_->At(key);
  if (value.is_null()) return fallback;
  if (!value.is_string()) return WrongType(key, value, "a text");
  return value.get<std::string>();
}

Result<bool> ModelConfig::Flag(const char* key, bool fallback) const {
  const nlohmann::json& value = impl_->At(key);
  if (value.is_null()) return fallback;
  if (!value.is_boolean()) return WrongType(key, value, "true or false");
  return value.get<bool>();
}

Result<std::vector<std::string>> ModelConfig::Texts(const char* key) const {
  const nlohmann::json& value = impl_->At(key);
  std::vector<std::string> texts;
  if (value.is_null()) return texts;
  if (!value.is_array()) return WrongType(key, value, "a list of texts");
  for (const nlohmann::json& item : value) {
    if (!item.is_string()) return WrongType(key, value, "a list of texts");
    texts.push_back(item.get<std::string>());
  }
  return texts;
}

Result<std::map<std::string, std::string>> ModelConfig::TextsByName(const char* key) const {
  const nlohmann::json& value = impl_->At(key);
  std::map<std::string, std::string> texts;
  if (value.is_null()) return texts;
  if (!value.is_object()) return WrongType(key, value, "an object of texts");
  for (const auto& [name, item] : value.items()) {
    if (!item.is_string()) return WrongType(key, value, "an object of texts");
    texts[name] = item.get<std::string>();
  }
  return texts;
}

Status ModelConfig::RequireText(const char* key, std::string_view value) const {
  SG_ASSIGN_OR_RETURN(const std::string found, Text(key, std::string(value)));
  if (found == value) return Status::Ok();
  return NotSupported(key, "\"" + found + "\"", "\"" + std::string(value) + "\"");
}

Status ModelConfig::RequireNumber(const char* key, double value) const {
  SG_ASSIGN_OR_RETURN(const double found, Number(key, value));
  if (found == value) return Status::Ok();
  return NotSupported(key, std::to_string(found), std::to_string(value));
}

Status ModelConfig::RequireFlag(const char* key, bool value) const {
  SG_ASSIGN_OR_RETURN(const bool found, Flag(key, value));
  if (found == value) return Status::Ok();
  return NotSupported(key, found ? "true" : "false", value ? "true" : "false");
}

Status ModelConfig::RequireAbsent(const char* key) const {
  const nlohmann::json& value = impl_->At(key);
  return value.is_null() ? Status::Ok() : NotSupported(key, value.dump(), "models without it");
}

}  // namespace sg
