#pragma once
// What lies in a model folder: which files, and which kind of model they make. Reads config.json
// only; weights and tokenizers are read by the models themselves. Pure functions of the file
// system, callable from any thread.

#include <cstdint>
#include <string>
#include <string_view>

#include "core/base/hash.h"
#include "core/base/status.h"

namespace sg {

enum class ModelKind {
  kSgStatic,     // config.json with "model_type": "sg-static", vocab.tsv, model.safetensors
  kModel2Vec,    // config.json of model2vec, tokenizer.json, model.safetensors
  kConcat,       // config.json with "model_type": "sg-concat", nothing else
  kTransformer,  // any other config.json of the Hugging Face hub
};

// The name of `kind` as `sg model list` and JSON show it, e.g. "sg-static".
std::string_view ModelKindName(ModelKind kind);

struct ModelFolder {
  std::string path;  // without a trailing slash
  // config.json's "name" in sg's own models, the repository in the hub's cache, else the last part
  // of the path.
  std::string name;
  ModelKind kind = ModelKind::kTransformer;
  std::string model_type;  // as config.json says, e.g. "bert"; may be empty
  std::string license;     // as config.json says; often empty
  std::string config_json;

  std::string File(std::string_view file_name) const { return path + "/" + std::string(file_name); }
};

// Reads `path`/config.json and decides what the folder is. kNotFound if there is no such folder or
// no config.json in it; kCorrupt if that is not a JSON object (or a git-LFS pointer).
Result<ModelFolder> ReadModelFolder(const std::string& path);

// Accumulates the revision of a model: everything that changes its vectors, in a fixed order.
class RevisionHasher {
 public:
  void Add(std::string_view file_name, Hash128 content);
  Hash128 Finish() const { return ContentHash(digests_); }

 private:
  std::string digests_;
};

}  // namespace sg
