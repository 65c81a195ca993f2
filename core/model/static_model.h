#pragma once
// Static embeddings: a vector is a weighted sum of table rows, one a token, with no encoder on top.
// Two forms load: sg's own (identifier-aware words, sqrt(tf) weights; models/sg-static-v1) and the
// published model2vec folders (tokenizer.json, mean of rows, optional weights and mapping).

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/matrix.h"
#include "core/base/status.h"
#include "core/model/embedder.h"

namespace sg {

// Immutable after Open; all const methods are thread-safe.
class StaticModel {
 public:
  // Maps the folder's files; O(vocabulary) work, no copy of the table.
  static Result<std::unique_ptr<StaticModel>> Open(const std::string& model_dir);
  virtual ~StaticModel() = default;

  virtual const Space& space() const = 0;
  size_t dim() const { return space().dim; }

  // Adds `weight` * bag(text) to `sum` ([dim]). bag(text) is the model's pooled sum before
  // normalisation: for sg's own form the sum over distinct tokens of sqrt(tf) * E[token]; for
  // model2vec the weighted mean of rows. A text without known tokens adds nothing.
  virtual void AddBag(std::string_view text, float weight, std::span<float> sum) const = 0;
};

// Scales `v` to unit length; a zero vector stays zero, one that is not finite becomes zero.
void Normalize(std::span<float> v);

// Wraps `model` for callers that need no parts.
std::unique_ptr<Embedder> MakeStaticEmbedder(std::unique_ptr<StaticModel> model);

}  // namespace sg
