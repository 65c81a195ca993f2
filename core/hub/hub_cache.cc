#include "core/hub/hub_cache.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <initializer_list>
#include <optional>
#include <system_error>

#include "core/base/file.h"
#include "core/text/ascii.h"

namespace sg {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kRepoPrefix = "models--";
constexpr uint64_t kMaxTokenFileBytes = 4096;
constexpr uint64_t kMaxRefBytes = 256;

std::string Value(const EnvironmentLookup& getenv, const char* name) {
  const char* value = getenv(name);
  return value == nullptr ? std::string() : std::string(value);
}

bool IsTrue(std::string value) {
  std::transform(value.begin(), value.end(), value.begin(),
                 [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return value == "1" || value == "ON" || value == "YES" || value == "TRUE";
}

// $HF_HOME, else huggingface/ in the user's cache folder; empty without a home.
std::string HubHome(const EnvironmentLookup& getenv) {
  if (std::string home = Value(getenv, "HF_HOME"); !home.empty()) return home;
  if (const std::string cache = Value(getenv, "XDG_CACHE_HOME"); cache.starts_with('/')) {
    return cache + "/huggingface";
  }
  const std::string home = Value(getenv, "HOME");
  return home.empty() ? std::string() : home + "/.cache/huggingface";
}

std::string CacheFolder(const EnvironmentLookup& getenv) {
  for (const char* name : {"HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE"}) {
    if (std::string folder = Value(getenv, name); !folder.empty()) return folder;
  }
  const std::string home = HubHome(getenv);
  return home.empty() ? home : home + "/hub";
}

std::string Token(const EnvironmentLookup& getenv) {
  if (std::string token(Trim(Value(getenv, "HF_TOKEN"))); !token.empty()) return token;
  std::string path = Value(getenv, "HF_TOKEN_PATH");
  if (path.empty()) path = HubHome(getenv) + "/token";
  const Result<std::string> file = ReadFile(path, kMaxTokenFileBytes);
  return std::string(file.ok() ? Trim(*file) : "");
}

bool IsNameChar(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '_' || c == '.';
}

// One part of a repository's or revision's name: no path can be made of it.
bool IsNamePart(std::string_view part) {
  return !part.empty() && part.size() <= 128 && part[0] != '.' && part[0] != '-' &&
         part.back() != '.' && part.find("..") == std::string_view::npos &&
         std::all_of(part.begin(), part.end(), IsNameChar);
}

bool AreNameParts(std::string_view text, size_t most) {
  for (size_t parts = 1;; ++parts) {
    const size_t end = text.find('/');
    if (parts > most || !IsNamePart(text.substr(0, end))) return false;
    if (end == std::string_view::npos) return true;
    text.remove_prefix(end + 1);
  }
}

bool IsFile(const std::string& path) {
  std::error_code error;
  return fs::is_regular_file(path, error);
}

// Python links files one by one: config.json alone is no model yet.
bool IsComplete(const std::string& snapshot) {
  if (!IsFile(snapshot + "/config.json")) return false;
  constexpr const char* kWeights[] = {"model.safetensors", "model.safetensors.index.json",
                                      "pytorch_model.bin", "pytorch_model.bin.index.json"};
  return std::any_of(std::begin(kWeights), std::end(kWeights),
                     [&](const char* name) { return IsFile(snapshot + "/" + name); });
}

// The commit that refs/<revision> names; `revision` itself if it is one.
std::string CommitOf(const std::string& repo_dir, std::string_view revision) {
  if (IsCommit(revision)) return std::string(revision);
  const Result<std::string> ref =
      ReadFile(repo_dir + "/refs/" + std::string(revision), kMaxRefBytes);
  const std::string commit(ref.ok() ? Trim(*ref) : "");
  return IsCommit(commit) ? commit : "";
}

// "ORG/NAME" of "models--ORG--NAME"; "" for another folder.
std::string RepoOfFolderName(std::string_view folder) {
  if (!folder.starts_with(kRepoPrefix)) return "";
  std::string repo(folder.substr(kRepoPrefix.size()));
  if (const size_t at = repo.find("--"); at != std::string::npos) repo.replace(at, 2, "/");
  return IsRepoId(repo) ? repo : "";
}

// Any complete snapshot, the last by name so that the choice does not depend on the file system.
std::optional<HubSnapshot> AnySnapshot(const std::string& repo_dir, const std::string& repo) {
  std::optional<HubSnapshot> found;
  std::error_code error;
  for (fs::directory_iterator it(repo_dir + "/snapshots", error), end; !error && it != end;
       it.increment(error)) {
    std::string commit = it->path().filename().string();
    if (!IsCommit(commit) || !IsComplete(it->path().string())) continue;
    if (!found || found->commit < commit) found = HubSnapshot{repo, commit, it->path().string()};
  }
  return found;
}

}  // namespace

Result<HubSettings> HubSettingsFromEnvironment(const EnvironmentLookup& getenv) {
  HubSettings settings;
  settings.endpoint = Value(getenv, "HF_ENDPOINT");
  if (settings.endpoint.empty()) settings.endpoint = kDefaultHubEndpoint;
  while (settings.endpoint.ends_with('/')) settings.endpoint.pop_back();
  const bool is_web =
      settings.endpoint.starts_with("https://") || settings.endpoint.starts_with("http://");
  if (!is_web || std::any_of(settings.endpoint.begin(), settings.endpoint.end(),
                             [](unsigned char c) { return c <= ' ' || c == 0x7f; })) {
    return InvalidArgumentError("HF_ENDPOINT must begin with https:// or http://");
  }
  settings.cache_dir = CacheFolder(getenv);
  settings.token = Token(getenv);
  if (!std::all_of(settings.token.begin(), settings.token.end(),
                   [](unsigned char c) { return c > ' ' && c < 0x7f; })) {
    return InvalidArgumentError("HF_TOKEN holds characters that no token has");
  }
  if (const int timeout_s = std::atoi(Value(getenv, "HF_HUB_DOWNLOAD_TIMEOUT").c_str());
      timeout_s > 0) {
    settings.stall_timeout_s = std::min(timeout_s, 3600);
  }
  settings.offline =
      IsTrue(Value(getenv, "HF_HUB_OFFLINE")) || IsTrue(Value(getenv, "TRANSFORMERS_OFFLINE"));
  return settings;
}

std::string HubCacheFolder() {
  return CacheFolder([](const char* name) { return std::getenv(name); });
}

bool IsRepoId(std::string_view text) {
  return AreNameParts(text, /*most=*/2) && text.find("--") == std::string_view::npos;
}

bool IsRevision(std::string_view text) { return AreNameParts(text, /*most=*/6); }

bool IsCommit(std::string_view text) {
  return text.size() == 40 && text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

std::string RepoFolderName(std::string_view repo) {
  std::string name = std::string(kRepoPrefix) + std::string(repo);
  if (const size_t slash = name.find('/'); slash != std::string::npos) name.replace(slash, 1, "--");
  return name;
}

Result<HubSnapshot> FindSnapshot(const std::string& cache_dir, std::string_view repo,
                                 std::string_view revision) {
  const std::string id(repo);
  const std::string repo_dir = cache_dir + "/" + RepoFolderName(repo);
  if (!cache_dir.empty() && IsRevision(revision)) {
    const std::string commit = CommitOf(repo_dir, revision);
    std::string path = repo_dir + "/snapshots/" + commit;
    if (!commit.empty() && IsComplete(path)) return HubSnapshot{id, commit, std::move(path)};
  }
  return NotFoundError(id + " (revision " + std::string(revision) + ") is not in " + cache_dir);
}

std::vector<HubSnapshot> ListSnapshots(const std::string& cache_dir) {
  std::vector<HubSnapshot> snapshots;
  std::error_code error;
  if (cache_dir.empty()) return snapshots;
  for (fs::directory_iterator it(cache_dir, error), end; !error && it != end; it.increment(error)) {
    const std::string repo = RepoOfFolderName(it->path().filename().string());
    if (repo.empty()) continue;
    if (Result<HubSnapshot> main = FindSnapshot(cache_dir, repo); main.ok()) {
      snapshots.push_back(std::move(*main));
    } else if (auto any = AnySnapshot(it->path().string(), repo)) {
      snapshots.push_back(std::move(*any));
    }
  }
  std::sort(snapshots.begin(), snapshots.end(),
            [](const HubSnapshot& a, const HubSnapshot& b) { return a.repo < b.repo; });
  return snapshots;
}

std::string RepoOfSnapshotPath(std::string_view path) {
  const size_t at = path.rfind("/snapshots/");
  if (at == std::string_view::npos || !IsCommit(path.substr(at + 11))) return "";
  const size_t slash = path.rfind('/', at == 0 ? 0 : at - 1);
  const size_t begin = slash == std::string_view::npos ? 0 : slash + 1;
  return RepoOfFolderName(path.substr(begin, at - begin));
}

}  // namespace sg
