#include "extract/git_layout.h"

#include <sys/stat.h>

#include <cstdlib>
#include <functional>

#include "core/base/file.h"
#include "core/text/ascii.h"

namespace sg {
namespace {

constexpr uint64_t kMaxConfigBytes = 1 << 20;
constexpr int kMaxIncludeDepth = 10;  // git's own limit

std::string Environment(const char* name) {
  const char* value = std::getenv(name);
  return value != nullptr ? value : "";
}

std::string ReadOrEmpty(const std::string& path) {
  Result<std::string> bytes = ReadFile(path, kMaxConfigBytes);
  return bytes.ok() ? std::move(bytes).value() : std::string();
}

bool Exists(const std::string& path) {
  struct stat info;
  return ::lstat(path.c_str(), &info) == 0;
}

std::string FolderOf(const std::string& path) {
  const size_t slash = path.rfind('/');
  return slash == path.npos ? "." : path.substr(0, slash);
}

// `value` of a path variable in the file `config_path`: "~/" is the home directory, a relative path
// of an include is relative to its file.
std::string ExpandPath(const std::string& value, const std::string& config_path) {
  if (value.rfind("~/", 0) == 0) return Environment("HOME") + value.substr(1);
  if (value.empty() || value[0] == '/' || config_path.empty()) return value;
  return FolderOf(config_path) + "/" + value;
}

// Reads one value, from behind its '=' to the end of its line (or lines, where '\' ends one).
std::string ParseValue(std::string_view text, size_t* at) {
  std::string value;
  size_t trailing_spaces = 0;
  bool quoted = false;
  for (; *at < text.size() && text[*at] != '\n'; ++*at) {
    char c = text[*at];
    if (!quoted && (c == '#' || c == ';')) {
      while (*at < text.size() && text[*at] != '\n') ++*at;
      break;
    }
    if (c == '"') {
      quoted = !quoted;
      trailing_spaces = 0;
      continue;
    }
    if (c == '\\' && *at + 1 < text.size()) {
      c = text[++*at];
      if (c == '\n') continue;
      if (c == 'n') c = '\n';
      if (c == 't') c = '\t';
    } else if (!quoted && (c == ' ' || c == '\t' || c == '\r')) {
      if (value.empty()) continue;
      ++trailing_spaces;
      value += c;
      continue;
    }
    trailing_spaces = 0;
    value += c;
  }
  value.resize(value.size() - trailing_spaces);
  return value;
}

using ConfigVisitor = std::function<void(const std::string& section, const std::string& variable,
                                         const std::string& value)>;

// Calls `visit` for each "variable = value"; section and variable in lower case.
void ParseConfig(std::string_view text, const ConfigVisitor& visit) {
  std::string section;
  for (size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    if (IsAsciiSpace(c)) continue;
    if (c == '#' || c == ';') {
      at = std::min(text.find('\n', at), text.size());
    } else if (c == '[') {
      const size_t end = text.find_first_of("]\n", at);
      if (end == text.npos || text[end] == '\n') return;
      section = AsciiLower(Trim(text.substr(at + 1, end - at - 1)));
      at = end;
    } else {
      const size_t end = std::min(text.find_first_of("=\n", at), text.size());
      const std::string variable = AsciiLower(Trim(text.substr(at, end - at)));
      at = end;
      if (at < text.size() && text[at] == '=') visit(section, variable, ParseValue(text, &++at));
    }
  }
}

// Lets the file at `path`, and what it includes, change `*excludes_file`.
void ReadExcludesSetting(const std::string& path, int depth, std::optional<std::string>* result) {
  if (path.empty() || depth > kMaxIncludeDepth) return;
  ParseConfig(ReadOrEmpty(path), [&](const std::string& section, const std::string& variable,
                                     const std::string& value) {
    if (section == "core" && variable == "excludesfile") *result = ExpandPath(value, "");
    if (section == "include" && variable == "path") {
      ReadExcludesSetting(ExpandPath(value, path), depth + 1, result);
    }
  });
}

std::string UserConfigFolder() {
  const std::string xdg = Environment("XDG_CONFIG_HOME");
  if (!xdg.empty()) return xdg + "/git";
  const std::string home = Environment("HOME");
  return home.empty() ? "" : home + "/.config/git";
}

}  // namespace

std::optional<std::string> FindGitDirectory(const std::string& folder) {
  const std::string dot_git = folder + "/.git";
  struct stat info;
  if (::stat(dot_git.c_str(), &info) != 0) return std::nullopt;
  if (S_ISDIR(info.st_mode)) {
    if (Exists(dot_git + "/HEAD")) return dot_git;
    return std::nullopt;
  }
  if (!S_ISREG(info.st_mode)) return std::nullopt;
  constexpr std::string_view kPrefix = "gitdir:";
  const std::string pointer = ReadOrEmpty(dot_git);
  if (pointer.rfind(kPrefix, 0) != 0) return std::nullopt;
  std::string git_directory(Trim(std::string_view(pointer).substr(kPrefix.size())));
  if (git_directory.empty()) return std::nullopt;
  if (git_directory[0] != '/') git_directory = folder + "/" + git_directory;
  const std::string common(Trim(ReadOrEmpty(git_directory + "/commondir")));
  if (common.empty()) return git_directory;
  return common[0] == '/' ? common : git_directory + "/" + common;
}

std::optional<std::string> GitConfigValue(std::string_view text, std::string_view section,
                                          std::string_view variable) {
  std::optional<std::string> result;
  ParseConfig(
      text, [&](const std::string& in_section, const std::string& name, const std::string& value) {
        if (in_section == section && name == variable) result = value;
      });
  return result;
}

std::string GlobalExcludesFile(const std::string& git_directory) {
  std::optional<std::string> result;
  if (Environment("GIT_CONFIG_NOSYSTEM").empty()) {
    const std::string system = Environment("GIT_CONFIG_SYSTEM");
    ReadExcludesSetting(system.empty() ? "/etc/gitconfig" : system, 0, &result);
  }
  const std::string user_folder = UserConfigFolder();
  if (const std::string global = Environment("GIT_CONFIG_GLOBAL"); !global.empty()) {
    ReadExcludesSetting(global, 0, &result);
  } else {
    if (!user_folder.empty()) ReadExcludesSetting(user_folder + "/config", 0, &result);
    const std::string home = Environment("HOME");
    if (!home.empty()) ReadExcludesSetting(home + "/.gitconfig", 0, &result);
  }
  if (!git_directory.empty()) ReadExcludesSetting(git_directory + "/config", 0, &result);
  if (result.has_value()) return *result;
  return user_folder.empty() ? "" : user_folder + "/ignore";
}

}  // namespace sg
