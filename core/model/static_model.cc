#include "core/model/static_model.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "core/model/model2vec_model.h"
#include "core/model/model_folder.h"
#include "core/model/sg_static_model.h"

namespace sg {
namespace {

// Embeds each text as its normalised bag.
class StaticEmbedder final : public Embedder {
 public:
  explicit StaticEmbedder(std::unique_ptr<StaticModel> model) : model_(std::move(model)) {}

  const Space& space() const override { return model_->space(); }
  const StaticModel* static_model() const override { return model_.get(); }

  Result<Matrix> Embed(std::span<const std::string_view> texts, TextRole) const override {
    Matrix vectors(texts.size(), model_->dim());
    for (size_t i = 0; i < texts.size(); ++i) {
      model_->AddBag(texts[i], /*weight=*/1, vectors.row(i));
      Normalize(vectors.row(i));
    }
    return vectors;
  }

 private:
  std::unique_ptr<StaticModel> model_;
};

}  // namespace

Result<std::unique_ptr<StaticModel>> StaticModel::Open(const std::string& model_dir) {
  SG_ASSIGN_OR_RETURN(const ModelFolder folder, ReadModelFolder(model_dir));
  switch (folder.kind) {
    case ModelKind::kSgStatic: return OpenSgStaticModel(folder);
    case ModelKind::kModel2Vec: return OpenModel2VecModel(folder);
    case ModelKind::kConcat:
    case ModelKind::kTransformer: break;
  }
  return UnsupportedError(model_dir + " is not a static model: config.json has model_type \"" +
                          folder.model_type + "\"");
}

void Normalize(std::span<float> v) {
  double sum = 0;
  for (float x : v) sum += double{x} * double{x};
  if (!std::isfinite(sum)) std::fill(v.begin(), v.end(), 0.0f);  // a hostile model's table
  if (!(sum > 0) || !std::isfinite(sum)) return;
  const auto scale = static_cast<float>(1 / std::sqrt(sum));
  for (float& x : v) x *= scale;
}

std::unique_ptr<Embedder> MakeStaticEmbedder(std::unique_ptr<StaticModel> model) {
  return std::make_unique<StaticEmbedder>(std::move(model));
}

}  // namespace sg
