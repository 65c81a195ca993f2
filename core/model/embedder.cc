#include "core/model/embedder.h"

#include <utility>

#include "core/model/concat_embedder.h"
#include "core/model/model_folder.h"
#include "core/model/static_model.h"
#include "core/model/transformer_embedder.h"

namespace sg {

Result<std::vector<TokenEmbeddings>> Embedder::EmbedTokens(std::span<const std::string_view>,
                                                           TextRole) const {
  return InternalError(space().model_name + " gives one vector a text, not one a token");
}

Result<std::unique_ptr<Embedder>> OpenEmbedder(const std::string& model_dir,
                                               const EmbedderOptions& options) {
  SG_ASSIGN_OR_RETURN(const ModelFolder folder, ReadModelFolder(model_dir));
  if (folder.kind == ModelKind::kConcat) return OpenConcat(folder, options);
  if (folder.kind == ModelKind::kTransformer) return OpenTransformer(folder, options);
  SG_ASSIGN_OR_RETURN(std::unique_ptr<StaticModel> model, StaticModel::Open(model_dir));
  return MakeStaticEmbedder(std::move(model));
}

}  // namespace sg
