#include "core/model/concat_embedder.h"

#include <algorithm>
#include <utility>

#include "core/model/catalogue.h"
#include "core/model/model_config.h"
#include "core/model/static_model.h"

namespace sg {
namespace {

constexpr size_t kMostParts = 8;

class ConcatEmbedder final : public Embedder {
 public:
  ConcatEmbedder(std::string name, std::vector<std::unique_ptr<Embedder>> parts)
      : parts_(std::move(parts)) {
    RevisionHasher hasher;
    for (const auto& part : parts_) {
      space_.dim += part->space().dim;
      hasher.Add(std::to_string(part->space().dim), part->space().revision);
    }
    space_.model_name = std::move(name);
    space_.revision = hasher.Finish();
  }

  const Space& space() const override { return space_; }

  Result<Matrix> Embed(std::span<const std::string_view> texts, TextRole role) const override {
    Matrix vectors(texts.size(), space_.dim);
    size_t first = 0;
    for (const auto& part : parts_) {
      SG_ASSIGN_OR_RETURN(const Matrix own, part->Embed(texts, role));
      for (size_t i = 0; i < texts.size(); ++i) {
        std::copy_n(own.row(i).data(), own.cols, vectors.row(i).data() + first);
      }
      first += own.cols;
    }
    for (size_t i = 0; i < texts.size(); ++i) Normalize(vectors.row(i));
    return vectors;
  }

 private:
  std::vector<std::unique_ptr<Embedder>> parts_;
  Space space_;
};

}  // namespace

Result<std::vector<ModelFolder>> ConcatParts(const ModelFolder& folder) {
  const std::string file = folder.File("config.json");
  SG_ASSIGN_OR_RETURN(const ModelConfig config, ModelConfig::Parse(folder.config_json));
  SG_ASSIGN_OR_RETURN(const std::vector<std::string> names, config.Texts("models"));
  if (names.size() < 2 || names.size() > kMostParts) {
    return CorruptError(file + ": \"models\" must name two to eight models");
  }
  std::vector<ModelFolder> parts;
  for (const std::string& name : names) {
    const bool is_path = name.starts_with('.') || name.starts_with('/');
    std::string path = name.starts_with('/') ? name : folder.path + "/" + name;
    if (!is_path) {
      SG_ASSIGN_OR_RETURN(path, FindModelFolder(name));
    }
    SG_ASSIGN_OR_RETURN(ModelFolder part, ReadModelFolder(path));
    if (part.kind == ModelKind::kConcat) {
      return UnsupportedError(file + ": " + name + " is a concatenation itself");
    }
    parts.push_back(std::move(part));
  }
  return parts;
}

Result<std::unique_ptr<Embedder>> OpenConcat(const ModelFolder& folder,
                                             const EmbedderOptions& options) {
  SG_ASSIGN_OR_RETURN(const std::vector<ModelFolder> folders, ConcatParts(folder));
  std::vector<std::unique_ptr<Embedder>> parts;
  for (const ModelFolder& part : folders) {
    SG_ASSIGN_OR_RETURN(auto embedder, OpenEmbedder(part.path, options));
    if (embedder->space().multi_vector) {
      return UnsupportedError(folder.File("config.json") + ": " + part.name +
                              " gives one vector a token; only vectors of texts can be joined");
    }
    parts.push_back(std::move(embedder));
  }
  return std::unique_ptr<Embedder>(std::make_unique<ConcatEmbedder>(folder.name, std::move(parts)));
}

}  // namespace sg
