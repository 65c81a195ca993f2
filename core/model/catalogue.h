#pragma once
// Where model folders are on this machine, by name. Reads the environment and the file system;
// callable from any thread as long as nobody changes the environment meanwhile.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/status.h"
#include "core/model/model_folder.h"

namespace sg {

// The model that ships with sg and is used unless another is named.
inline constexpr std::string_view kBundledModelName = "sg-static-v1";

// The folders that hold one folder per model, first come first served: $SG_MODELS (several with ':'
// between), $XDG_DATA_HOME/sg/models (or ~/.local/share/sg/models), share/sg/models beside the bin
// folder of the running program, models/ of the source tree it was built from.
std::vector<std::string> ModelSearchPath();

// Returns the folder of the model `name`. kInvalidArgument if `name` is not a plain name;
// kNotFound says where it was looked for and what is there.
Result<std::string> FindBundledModel(std::string_view name = kBundledModelName);

// Returns the folder of the model that `name` means: a folder of the search path, or a model in the
// Hugging Face hub's cache by short name (core/model/known_models.h), repository or
// REPOSITORY@REVISION. kNotFound says how to get it.
Result<std::string> FindModelFolder(std::string_view name);

// "NAME", "ORG/NAME" or either with "@REVISION" as repository and revision; a known model's name
// stands for its own. kInvalidArgument if it is neither known nor a repository.
struct ModelReference {
  std::string repo;
  std::string revision = "main";
};
Result<ModelReference> ParseModelReference(std::string_view name);

// The size of the files in a model folder; links count as what they lead to.
uint64_t ModelFolderSizeBytes(const std::string& dir);

struct CatalogueEntry {
  ModelFolder folder;
  uint64_t size_bytes = 0;  // of its files
  std::string repo;         // of the hub, for a folder in its cache; else empty
};

// Every readable model folder of the search path, by name, one found earlier hides a later one;
// then those in the hub's cache whose models sg knows or that look like models of texts, by
// repository.
std::vector<CatalogueEntry> ListModelFolders();

}  // namespace sg
