#include "core/model/catalogue.h"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <system_error>

#include "core/hub/hub_cache.h"
#include "core/model/known_models.h"

namespace sg {
namespace {

namespace fs = std::filesystem;

std::string EnvironmentValue(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string() : std::string(value);
}

std::string UserDataFolder() {
  std::string data = EnvironmentValue("XDG_DATA_HOME");
  if (data.starts_with('/')) return data;
  const std::string home = EnvironmentValue("HOME");
  return home.empty() ? std::string() : home + "/.local/share";
}

// The folder of the running program, or empty if the system does not tell.
fs::path ProgramFolder() {
  std::error_code error;
  const fs::path program = fs::read_symlink("/proc/self/exe", error);
  return error ? fs::path() : program.parent_path();
}

Status NoSuchModelError(std::string_view name, const std::vector<std::string>& roots) {
  std::string message = "no model named \"" + std::string(name) + "\" in";
  for (const std::string& root : roots) message += " " + root;
  const std::vector<CatalogueEntry> entries = ListModelFolders();
  if (!entries.empty()) message += "; there is";
  for (const CatalogueEntry& entry : entries) message += " " + entry.folder.name;
  return NotFoundError(message + " (set SG_MODELS, or give a folder with --model-path)");
}

bool IsPlainName(std::string_view name) {
  return !name.empty() && !name.starts_with('.') && name.find('/') == std::string_view::npos;
}

// True for folders that sg can hope to open: other things of the hub (pictures, speech, text
// generation) lie in the same cache.
bool LooksLikeTextModel(const std::string& dir) {
  std::error_code error;
  constexpr const char* kMarks[] = {"modules.json", "artifact.metadata", "vocab.tsv"};
  return std::any_of(std::begin(kMarks), std::end(kMarks),
                     [&](const char* name) { return fs::exists(dir + "/" + name, error); });
}

void AppendHubModels(std::vector<CatalogueEntry>& entries) {
  for (HubSnapshot& snapshot : ListSnapshots(HubCacheFolder())) {
    Result<ModelFolder> folder = ReadModelFolder(snapshot.path);
    if (!folder.ok()) continue;
    const bool wanted = FindKnownModel(snapshot.repo) != nullptr ||
                        folder->kind != ModelKind::kTransformer ||
                        LooksLikeTextModel(snapshot.path);
    if (!wanted) continue;
    const uint64_t size_bytes = ModelFolderSizeBytes(snapshot.path);
    entries.push_back({std::move(*folder), size_bytes, std::move(snapshot.repo)});
  }
}

}  // namespace

std::vector<std::string> ModelSearchPath() {
  std::vector<std::string> roots;
  const std::string from_environment = EnvironmentValue("SG_MODELS");
  for (size_t begin = 0; begin < from_environment.size();) {
    const size_t end = std::min(from_environment.find(':', begin), from_environment.size());
    if (end > begin) roots.push_back(from_environment.substr(begin, end - begin));
    begin = end + 1;
  }
  if (const std::string data = UserDataFolder(); !data.empty()) {
    roots.push_back(data + "/sg/models");
  }
  if (const fs::path bin = ProgramFolder(); !bin.empty()) {
    roots.push_back((bin.parent_path() / "share/sg/models").string());
  }
#ifdef SG_SOURCE_MODELS_DIR
  roots.push_back(SG_SOURCE_MODELS_DIR);
#endif
  return roots;
}

Result<std::string> FindBundledModel(std::string_view name) {
  if (!IsPlainName(name)) {
    return InvalidArgumentError("\"" + std::string(name) +
                                "\" is not a model's name; give a folder with --model-path");
  }
  const std::vector<std::string> roots = ModelSearchPath();
  for (const std::string& root : roots) {
    std::error_code error;
    const std::string dir = root + "/" + std::string(name);
    if (fs::is_regular_file(dir + "/config.json", error)) return dir;
  }
  return NoSuchModelError(name, roots);
}

uint64_t ModelFolderSizeBytes(const std::string& dir) {
  std::error_code error;
  uint64_t bytes = 0;
  for (fs::recursive_directory_iterator it(dir, error), end; !error && it != end;
       it.increment(error)) {
    std::error_code file_error;
    const uint64_t size = it->is_regular_file(file_error) ? it->file_size(file_error) : 0;
    if (!file_error) bytes += size;
  }
  return bytes;
}

std::vector<CatalogueEntry> ListModelFolders() {
  std::map<std::string, CatalogueEntry> by_name;
  for (const std::string& root : ModelSearchPath()) {
    std::error_code error;
    for (fs::directory_iterator it(root, error), end; !error && it != end; it.increment(error)) {
      Result<ModelFolder> folder = ReadModelFolder(it->path().string());
      const std::string name = it->path().filename().string();
      if (!folder.ok() || by_name.contains(name)) continue;
      const uint64_t size_bytes = ModelFolderSizeBytes(folder->path);
      by_name.emplace(name, CatalogueEntry{std::move(*folder), size_bytes});
    }
  }
  std::vector<CatalogueEntry> entries;
  for (auto& [name, entry] : by_name) entries.push_back(std::move(entry));
  AppendHubModels(entries);
  return entries;
}

Result<ModelReference> ParseModelReference(std::string_view name) {
  const size_t at = name.find('@');
  const std::string_view plain = name.substr(0, at);
  ModelReference reference;
  if (const KnownModel* known = FindKnownModel(plain)) {
    reference = {std::string(known->repo), std::string(known->revision)};
  } else if (IsRepoId(plain) && plain.find('/') != std::string_view::npos) {
    reference.repo = plain;
  } else {
    return InvalidArgumentError("no model is known as \"" + std::string(plain) +
                                "\" (see: sg model list), and it is no repository (ORG/NAME); "
                                "a folder can be given with --model-path");
  }
  if (at == std::string_view::npos) return reference;
  reference.revision = name.substr(at + 1);
  if (IsRevision(reference.revision)) return reference;
  return InvalidArgumentError("\"" + reference.revision +
                              "\" is no revision (branch, tag or commit)");
}

Result<std::string> FindModelFolder(std::string_view name) {
  if (IsPlainName(name)) {
    Result<std::string> folder = FindBundledModel(name);
    if (folder.ok() || !ParseModelReference(name).ok()) return folder;
  }
  SG_ASSIGN_OR_RETURN(const ModelReference reference, ParseModelReference(name));
  Result<HubSnapshot> snapshot = FindSnapshot(HubCacheFolder(), reference.repo, reference.revision);
  if (snapshot.ok()) return std::move(snapshot->path);
  const std::string text(name);
  return NotFoundError("the model \"" + text + "\" is not installed; get it: sg model pull " +
                       text);
}

}  // namespace sg
