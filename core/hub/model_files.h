#pragma once
// Which files of a repository make a model, of the many that it may hold (other frameworks'
// weights, ONNX, pictures). Names come from a server: only names of a known form are ever chosen,
// so none can lead out of a folder. Pure functions.

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/status.h"

namespace sg {

// The files of `names` to download: configuration, tokenizer, one form of weights (safetensors
// before torch.save files), and the numbered folders of sentence-transformers ("1_Pooling"). In the
// order of `names`, each once. kUnsupported if they make no model that sg can open.
Result<std::vector<std::string>> ChooseModelFiles(std::span<const std::string> names);

}  // namespace sg
