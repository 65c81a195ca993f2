#pragma once
// config.json of a model as typed look-ups: a missing or mistyped key is an error that names it,
// never an exception. Immutable.

#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/status.h"

namespace sg {

class ModelConfig {
 public:
  // kCorrupt if `json` is not a JSON object.
  static Result<ModelConfig> Parse(std::string_view json);
  ModelConfig(ModelConfig&&) noexcept;
  ~ModelConfig();

  // A positive whole number below 2^24. kCorrupt names the key that is missing or absurd.
  Result<size_t> Size(const char* key) const;
  // The value of `key`, or `fallback` where it is missing or null. kCorrupt if it has another type.
  Result<size_t> Size(const char* key, size_t fallback) const;
  Result<double> Number(const char* key, double fallback) const;
  Result<std::string> Text(const char* key, const std::string& fallback) const;
  Result<bool> Flag(const char* key, bool fallback) const;
  // A list of texts, and an object whose values are texts; empty where it is missing or null.
  Result<std::vector<std::string>> Texts(const char* key) const;
  Result<std::map<std::string, std::string>> TextsByName(const char* key) const;
  // kUnsupported if `key` is there with another value than `value`: settings that change results
  // are never ignored.
  Status RequireText(const char* key, std::string_view value) const;
  Status RequireNumber(const char* key, double value) const;
  Status RequireFlag(const char* key, bool value) const;
  Status RequireAbsent(const char* key) const;

 private:
  struct Impl;
  explicit ModelConfig(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace sg
