#pragma once
// All tensors of a model folder, whatever files hold them: model.safetensors, the shards of
// model.safetensors.index.json, pytorch_model.bin, or the shards of pytorch_model.bin.index.json,
// in this order of preference. Immutable after Open, thread-safe; owns the mapped files, so views
// from it are good while it lives.

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/status.h"
#include "core/model/pytorch_reader.h"
#include "core/model/safetensors.h"
#include "core/model/tensor.h"

namespace sg {

class Weights {
 public:
  // kNotFound if the folder has none of the files; kCorrupt, kUnsupported.
  static Result<Weights> Open(const std::string& folder);

  const TensorMap& tensors() const { return tensors_; }

  // Null if there is none of that name.
  const Tensor* Find(std::string_view name) const;

  // The tensor `name`, which must have `shape`; otherwise kCorrupt with both shapes, or kNotFound.
  Result<Tensor> Get(std::string_view name, std::span<const uint64_t> shape) const;

  // Where the tensors came from, for messages.
  const std::vector<std::string>& files() const { return files_; }

 private:
  Status AddFile(const std::string& path);
  Status AddTensors(const TensorMap& tensors, const std::string& path);
  Status AddShards(const std::string& folder, const std::string& index_name);

  std::vector<SafetensorsFile> safetensors_;
  std::vector<PytorchFile> pytorch_;
  TensorMap tensors_;
  std::vector<std::string> files_;
};

}  // namespace sg
