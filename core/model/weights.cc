#include "core/model/weights.h"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "core/base/file.h"

namespace sg {
namespace {

using Json = nlohmann::json;

// A file in the same folder, not a way out of it.
bool IsPlainName(const std::string& name) {
  return !name.empty() && name.front() != '.' && name.find('/') == std::string::npos &&
         name.find('\0') == std::string::npos;
}

// Tensor name -> shard, from the "weight_map" of an index file.
Result<std::map<std::string, std::string>> ReadWeightMap(const std::string& path) {
  constexpr uint64_t kMaxBytes = uint64_t{1} << 27;
  SG_ASSIGN_OR_RETURN(const std::string bytes, ReadFile(path, kMaxBytes));
  const Json json = Json::parse(bytes, /*cb=*/nullptr, /*allow_exceptions=*/false);
  if (!json.is_object() || !json.contains("weight_map") || !json["weight_map"].is_object()) {
    return CorruptError(path + " has no weight_map");
  }
  std::map<std::string, std::string> shards;
  for (const auto& [name, shard] : json["weight_map"].items()) {
    if (!shard.is_string() || !IsPlainName(shard.get<std::string>())) {
      return CorruptError(path + " puts '" + name + "' into something that is no file name");
    }
    shards[name] = shard.get<std::string>();
  }
  return shards;
}

}  // namespace

Status Weights::AddTensors(const TensorMap& tensors, const std::string& path) {
  for (const auto& [name, tensor] : tensors) {
    if (!tensors_.emplace(name, tensor).second) {
      return CorruptError("the tensor '" + name + "' in " + path + " is in another shard too");
    }
  }
  files_.push_back(path);
  return Status::Ok();
}

Status Weights::AddFile(const std::string& path) {
  if (path.ends_with(".safetensors")) {
    SG_ASSIGN_OR_RETURN(SafetensorsFile file, SafetensorsFile::Open(path));
    safetensors_.push_back(std::move(file));
    return AddTensors(safetensors_.back().tensors(), path);
  }
  SG_ASSIGN_OR_RETURN(PytorchFile file, PytorchFile::Open(path));
  pytorch_.push_back(std::move(file));
  return AddTensors(pytorch_.back().tensors(), path);
}

Status Weights::AddShards(const std::string& folder, const std::string& index_name) {
  const std::string index = folder + "/" + index_name;
  SG_ASSIGN_OR_RETURN(const auto weight_map, ReadWeightMap(index));
  std::set<std::string> shards;
  for (const auto& [name, shard] : weight_map) shards.insert(shard);
  std::map<std::string, std::string> found;  // tensor -> shard
  for (const std::string& shard : shards) {
    const size_t before = tensors_.size();
    SG_RETURN_IF_ERROR(AddFile(folder + "/" + shard));
    if (tensors_.size() == before) return CorruptError(folder + "/" + shard + " has no tensors");
    const TensorMap& added =
        shard.ends_with(".safetensors") ? safetensors_.back().tensors() : pytorch_.back().tensors();
    for (const auto& [name, tensor] : added) found[name] = shard;
  }
  for (const auto& [name, shard] : weight_map) {
    const auto where = found.find(name);
    if (where == found.end() || where->second != shard) {
      return CorruptError(index + " promises the tensor '" + name + "' in " + shard +
                          ", which does not have it");
    }
  }
  return Status::Ok();
}

Result<Weights> Weights::Open(const std::string& folder) {
  Weights weights;
  for (const char* name : {"model.safetensors", "model.safetensors.index.json", "pytorch_model.bin",
                           "pytorch_model.bin.index.json"}) {
    const std::string path = folder + "/" + name;
    if (!IsRegularFile(path)) continue;
    const bool is_index = path.ends_with(".index.json");
    SG_RETURN_IF_ERROR(is_index ? weights.AddShards(folder, name) : weights.AddFile(path));
    return weights;
  }
  return NotFoundError(folder + " has no weights: neither model.safetensors nor pytorch_model.bin");
}

const Tensor* Weights::Find(std::string_view name) const {
  const auto found = tensors_.find(name);
  return found == tensors_.end() ? nullptr : &found->second;
}

Result<Tensor> Weights::Get(std::string_view name, std::span<const uint64_t> shape) const {
  const std::string what = "the tensor '" + std::string(name) + "'";
  const Tensor* tensor = Find(name);
  const std::string where = files_.empty() ? "the weights" : files_.front();
  if (tensor == nullptr) return NotFoundError(what + " is missing in " + where);
  if (!std::equal(shape.begin(), shape.end(), tensor->shape.begin(), tensor->shape.end())) {
    return CorruptError(what + " in " + where + " has the shape " + ShapeText(tensor->shape) +
                        ", expected " + ShapeText(shape));
  }
  return *tensor;
}

}  // namespace sg
