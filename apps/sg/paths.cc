#include "apps/sg/paths.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <cstdlib>
#include <vector>

namespace sg {
namespace {

std::vector<std::string_view> Components(std::string_view path) {
  std::vector<std::string_view> parts;
  while (!path.empty()) {
    const size_t end = path.find('/');
    if (end != 0) parts.push_back(path.substr(0, end));
    path.remove_prefix(end == std::string_view::npos ? path.size() : end + 1);
  }
  return parts;
}

}  // namespace

Result<std::string> AbsolutePath(const std::string& path) {
  char resolved[PATH_MAX];
  if (::realpath(path.c_str(), resolved) != nullptr) return std::string(resolved);
  const int error_number = errno;
  if (error_number == ENOENT || error_number == ENOTDIR) {
    return NotFoundError("no such file or folder: " + path);
  }
  return ErrnoError("open", path, error_number);
}

bool IsDirectory(const std::string& path) {
  struct stat info;
  return ::stat(path.c_str(), &info) == 0 && S_ISDIR(info.st_mode);
}

std::string LexicallyAbsolute(const std::string& path) {
  std::string full = path;
  if (path.empty() || path[0] != '/') {
    char current[PATH_MAX];
    if (::getcwd(current, sizeof(current)) != nullptr) full = std::string(current) + "/" + path;
  }
  std::vector<std::string_view> kept;
  for (std::string_view part : Components(full)) {
    if (part == ".") continue;
    if (part != "..") {
      kept.push_back(part);
    } else if (!kept.empty()) {
      kept.pop_back();
    }
  }
  std::string out;
  for (std::string_view part : kept) {
    out += '/';
    out += part;
  }
  return out.empty() ? "/" : out;
}

std::optional<std::string> PathWithin(std::string_view path, std::string_view root) {
  if (path == root) return "";
  if (root == "/") return std::string(path.substr(1));
  if (path.size() > root.size() && path.substr(0, root.size()) == root &&
      path[root.size()] == '/') {
    return std::string(path.substr(root.size() + 1));
  }
  return std::nullopt;
}

std::string PathFrom(std::string_view current_dir, std::string_view root, const std::string& path) {
  std::string absolute(root);
  if (!path.empty() && root != "/") absolute += '/';
  absolute += path;
  const std::optional<std::string> below = PathWithin(current_dir, root);
  if (!below) return absolute;
  const std::vector<std::string_view> from = Components(*below);
  const std::vector<std::string_view> to = Components(path);
  size_t common = 0;
  while (common < from.size() && common < to.size() && from[common] == to[common]) ++common;
  std::string out;
  for (size_t i = common; i < from.size(); ++i) out += "../";
  for (size_t i = common; i < to.size(); ++i) {
    out += to[i];
    if (i + 1 < to.size()) out += '/';
  }
  return out.empty() ? "." : out;
}

}  // namespace sg
