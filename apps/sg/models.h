#pragma once
// Where models are installed and how their names become folders. Callable from any thread.

#include <cstdint>
#include <string>
#include <vector>

#include "core/base/status.h"

namespace sg {

inline constexpr char kDefaultModel[] = "sg-static-v1";

// Folders that hold one folder per model, first come first served: $XDG_DATA_HOME/sg/models (or
// ~/.local/share/sg/models), then share/sg/models beside the bin folder of the running executable.
std::vector<std::string> ModelRoots();

struct InstalledModel {
  std::string name;
  std::string dir;
  uint64_t size_bytes = 0;
};

// All models in `roots`, by name; a name found earlier hides a later one.
std::vector<InstalledModel> ListModels(const std::vector<std::string>& roots);

// The size of the regular files in `dir` and the folders below it.
uint64_t FolderBytes(const std::string& dir);

// Returns the folder of the model `name`. kInvalidArgument if `name` is a path; kNotFound says what
// is there.
Result<std::string> FindModel(const std::string& name, const std::vector<std::string>& roots);

}  // namespace sg
