#include "apps/sg/models.h"

#include <dirent.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <climits>
#include <cstdlib>

#include "apps/sg/paths.h"

namespace sg {
namespace {

// The names in a folder except those with a leading dot; empty if it cannot be read.
std::vector<std::string> NamesIn(const std::string& dir) {
  std::vector<std::string> names;
  DIR* stream = ::opendir(dir.c_str());
  if (stream == nullptr) return names;
  while (const dirent* entry = ::readdir(stream)) {
    if (entry->d_name[0] != '.') names.emplace_back(entry->d_name);
  }
  ::closedir(stream);
  std::sort(names.begin(), names.end());
  return names;
}

// The folder of the running executable, without a trailing slash; empty if unknown.
std::string ExecutableDir() {
  char path[PATH_MAX];
  const ssize_t size = ::readlink("/proc/self/exe", path, sizeof(path) - 1);
  if (size <= 0) return "";
  const std::string executable(path, static_cast<size_t>(size));
  return executable.substr(0, executable.rfind('/'));
}

std::string UserDataDir() {
  const char* data = std::getenv("XDG_DATA_HOME");
  if (data != nullptr && *data == '/') return data;
  const char* home = std::getenv("HOME");
  return home == nullptr || *home == '\0' ? "" : std::string(home) + "/.local/share";
}

}  // namespace

std::vector<std::string> ModelRoots() {
  std::vector<std::string> roots;
  if (const std::string data = UserDataDir(); !data.empty()) roots.push_back(data + "/sg/models");
  if (const std::string bin = ExecutableDir(); !bin.empty()) {
    roots.push_back(bin.substr(0, bin.rfind('/')) + "/share/sg/models");
  }
  return roots;
}

std::vector<InstalledModel> ListModels(const std::vector<std::string>& roots) {
  std::vector<InstalledModel> models;
  for (const std::string& root : roots) {
    for (const std::string& name : NamesIn(root)) {
      const std::string dir = root + "/" + name;
      const bool hidden = std::any_of(models.begin(), models.end(),
                                      [&](const InstalledModel& m) { return m.name == name; });
      if (!hidden && IsDirectory(dir)) models.push_back({name, dir, FolderBytes(dir)});
    }
  }
  std::sort(models.begin(), models.end(),
            [](const InstalledModel& a, const InstalledModel& b) { return a.name < b.name; });
  return models;
}

uint64_t FolderBytes(const std::string& dir) {
  uint64_t bytes = 0;
  for (const std::string& name : NamesIn(dir)) {
    const std::string path = dir + "/" + name;
    struct stat info;
    if (::lstat(path.c_str(), &info) != 0) continue;
    if (S_ISDIR(info.st_mode)) bytes += FolderBytes(path);
    if (S_ISLNK(info.st_mode) && ::stat(path.c_str(), &info) != 0) continue;
    if (S_ISREG(info.st_mode)) bytes += static_cast<uint64_t>(info.st_size);
  }
  return bytes;
}

Result<std::string> FindModel(const std::string& name, const std::vector<std::string>& roots) {
  if (name.empty() || name[0] == '.' || name.find('/') != std::string::npos) {
    return InvalidArgumentError("'" + name + "' is no model name; give a folder with --model-path");
  }
  for (const std::string& root : roots) {
    if (const std::string dir = root + "/" + name; IsDirectory(dir)) return dir;
  }
  std::string message = "no model named '" + name + "' is installed";
  const std::vector<InstalledModel> models = ListModels(roots);
  if (models.empty()) {
    message += ", nor any other; looked in";
    for (const std::string& root : roots) message += " " + root;
  } else {
    message += "; there is";
    for (const InstalledModel& model : models) message += " " + model.name;
  }
  return NotFoundError(message + " (or give a folder with --model-path)");
}

}  // namespace sg
