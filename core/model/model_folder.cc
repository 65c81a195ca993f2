#include "core/model/model_folder.h"

#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "core/base/file.h"
#include "core/hub/hub_cache.h"
#include "core/model/safetensors.h"

namespace sg {
namespace {

using Json = nlohmann::json;

constexpr uint64_t kMaxConfigBytes = uint64_t{16} << 20;

bool IsDirectory(const std::string& path) {
  struct stat info;
  return ::stat(path.c_str(), &info) == 0 && S_ISDIR(info.st_mode);
}

// The string member `key` of `object`, or "".
std::string StringMember(const Json& object, const char* key) {
  const auto it = object.find(key);
  return it != object.end() && it->is_string() ? it->get<std::string>() : std::string();
}

// Recent model2vec versions write no model_type, only settings of their own.
bool LooksLikeModel2Vec(const Json& config) {
  constexpr const char* kSettings[] = {"embedding_dtype", "apply_zipf", "apply_pca"};
  return !config.contains("architectures") &&
         std::any_of(std::begin(kSettings), std::end(kSettings),
                     [&](const char* key) { return config.contains(key); });
}

ModelKind KindOf(const Json& config, std::string_view model_type) {
  if (model_type == "sg-static") return ModelKind::kSgStatic;
  if (model_type == "sg-concat") return ModelKind::kConcat;
  if (model_type == "model2vec") return ModelKind::kModel2Vec;
  if (model_type.empty() && LooksLikeModel2Vec(config)) return ModelKind::kModel2Vec;
  return ModelKind::kTransformer;
}

// The repository of a folder in the hub's cache, else the last part of `path`, following "." and
// "..".
std::string FolderName(const std::string& path) {
  std::error_code error;
  std::filesystem::path full = std::filesystem::absolute(path, error).lexically_normal();
  if (error) full = path;
  if (!full.has_filename()) full = full.parent_path();
  if (std::string repo = RepoOfSnapshotPath(full.string()); !repo.empty()) return repo;
  return full.filename().string();
}

Status NoConfigError(const std::string& path) {
  return NotFoundError("no model in " + path +
                       ": it has no config.json (a model folder is what the Hugging Face hub "
                       "serves: config.json, tokenizer files, model.safetensors)");
}

}  // namespace

std::string_view ModelKindName(ModelKind kind) {
  switch (kind) {
    case ModelKind::kSgStatic: return "sg-static";
    case ModelKind::kModel2Vec: return "model2vec";
    case ModelKind::kConcat: return "concatenation";
    case ModelKind::kTransformer: return "transformer";
  }
  return "unknown";
}

Result<ModelFolder> ReadModelFolder(const std::string& path) {
  ModelFolder folder;
  folder.path = path;
  while (folder.path.size() > 1 && folder.path.back() == '/') folder.path.pop_back();
  if (!IsDirectory(folder.path)) return NotFoundError("no model folder " + path);
  const std::string config_path = folder.File("config.json");
  Result<std::string> config = ReadFile(config_path, kMaxConfigBytes);
  if (!config.ok()) {
    return config.status().code() == StatusCode::kNotFound ? NoConfigError(path) : config.status();
  }
  if (IsLfsPointer(*config)) return LfsPointerError().WithContext(config_path);
  const Json json = Json::parse(*config, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object()) return CorruptError(config_path + " is not a JSON object");
  folder.model_type = StringMember(json, "model_type");
  folder.kind = KindOf(json, folder.model_type);
  folder.license = StringMember(json, "license");
  folder.name = folder.kind == ModelKind::kSgStatic ? StringMember(json, "name") : "";
  if (folder.name.empty()) folder.name = FolderName(folder.path);
  folder.config_json = std::move(*config);
  return folder;
}

void RevisionHasher::Add(std::string_view file_name, Hash128 content) {
  digests_.append(file_name).push_back('\n');
  const auto digest = HashBytes(content);
  digests_.append(digest.data(), digest.size());
}

}  // namespace sg
