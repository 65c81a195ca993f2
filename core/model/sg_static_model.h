#pragma once
// sg's own form of a static model (models/sg-static-v1, docs/models.md): vocab.tsv and
// model.safetensors with `embeddings` [V, D] (I8 with `scales` F32 [V], or F16, F32), tokenized by
// core/text/code_tokenizer.h. bag(text) = sum over distinct tokens of sqrt(tf) * E[token].

#include <memory>

#include "core/base/status.h"
#include "core/model/model_folder.h"
#include "core/model/static_model.h"

namespace sg {

// Maps the folder's files. O(vocabulary) work and one pass over the weights for the revision.
Result<std::unique_ptr<StaticModel>> OpenSgStaticModel(const ModelFolder& folder);

}  // namespace sg
