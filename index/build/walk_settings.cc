#include "index/build/walk_settings.h"

#include <nlohmann/json.hpp>

namespace sg {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kChunkTokensKey = "max_tokens_per_chunk";

bool IsTexts(const Json& json) {
  if (!json.is_array()) return false;
  for (const Json& item : json) {
    if (!item.is_string()) return false;
  }
  return true;
}

bool HasAllKeys(const Json& json) {
  if (!json.is_object()) return false;
  for (const char* key : {"ignore_files", "hidden", "follow"}) {
    if (!json.contains(key) || !json[key].is_boolean()) return false;
  }
  for (const char* key : {"include", "exclude"}) {
    if (!json.contains(key) || !IsTexts(json[key])) return false;
  }
  for (const char* key : {"max_code_bytes", "max_text_bytes"}) {
    if (!json.contains(key) || !json[key].is_number_unsigned()) return false;
  }
  if (json.contains(kChunkTokensKey) && !json[kChunkTokensKey].is_number_unsigned()) return false;
  return true;
}

}  // namespace

std::string WalkSettingsText(const WalkOptions& walk, const SourceLimits& limits,
                             size_t max_tokens_per_chunk) {
  Json json = {{"ignore_files", walk.use_ignore_files},
               {"hidden", walk.include_hidden},
               {"follow", walk.follow_symlinks},
               {"include", walk.include},
               {"exclude", walk.exclude},
               {"max_code_bytes", limits.max_code_bytes},
               {"max_text_bytes", limits.max_text_bytes}};
  if (max_tokens_per_chunk != kDefaultChunkTokens) {  // as indexes had it before there was a choice
    json[kChunkTokensKey] = max_tokens_per_chunk;
  }
  return json.dump(/*indent=*/-1, ' ', /*ensure_ascii=*/false, Json::error_handler_t::replace);
}

Result<WalkSettings> ParseWalkSettings(std::string_view text) {
  const Json json = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!HasAllKeys(json)) {
    return CorruptError(
        "the index does not say which files it holds; make it anew: sg index --rebuild");
  }
  return WalkSettings{.walk = {.use_ignore_files = json["ignore_files"].get<bool>(),
                               .include_hidden = json["hidden"].get<bool>(),
                               .follow_symlinks = json["follow"].get<bool>(),
                               .include = json["include"].get<std::vector<std::string>>(),
                               .exclude = json["exclude"].get<std::vector<std::string>>()},
                      .limits = {.max_code_bytes = json["max_code_bytes"].get<uint64_t>(),
                                 .max_text_bytes = json["max_text_bytes"].get<uint64_t>()},
                      .max_tokens_per_chunk = json.value(kChunkTokensKey, kDefaultChunkTokens)};
}

}  // namespace sg
