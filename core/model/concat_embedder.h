#pragma once
// Several models as one: the vector of a text is theirs side by side, each at unit length, at unit
// length again, so that its cosine is the mean of their cosines. The folder is a config.json alone:
//
//   {"model_type": "sg-concat", "models": ["qodo-embed", "jina-v3"]}
//
// A model is a name that is installed or, beginning with '.' or '/', a folder; the former is
// relative to this one. Private to core/model.

#include <memory>
#include <string>
#include <vector>

#include "core/base/status.h"
#include "core/model/embedder.h"
#include "core/model/model_folder.h"

namespace sg {

// The folders of the joined models, two to eight. kCorrupt, kNotFound; kUnsupported if one of them
// is a concatenation itself.
Result<std::vector<ModelFolder>> ConcatParts(const ModelFolder& folder);

Result<std::unique_ptr<Embedder>> OpenConcat(const ModelFolder& folder,
                                             const EmbedderOptions& options);

}  // namespace sg
