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

struct CatalogueEntry {
  ModelFolder folder;
  uint64_t size_bytes = 0;  // of its files
};

// Every readable model folder of the search path, by name; one found earlier hides a later one.
std::vector<CatalogueEntry> ListModelFolders();

}  // namespace sg
