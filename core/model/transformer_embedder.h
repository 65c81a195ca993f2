#pragma once
// A published transformer as an Embedder: tokenizer, encoder, pooling and projections of one model
// folder. Private to core/model.

#include <memory>

#include "core/base/status.h"
#include "core/model/embedder.h"
#include "core/model/model_folder.h"

namespace sg {

Result<std::unique_ptr<Embedder>> OpenTransformer(const ModelFolder& folder,
                                                  const EmbedderOptions& options);

}  // namespace sg
