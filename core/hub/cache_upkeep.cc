#include "core/hub/cache_upkeep.h"

#include <algorithm>
#include <filesystem>
#include <system_error>

#include "core/hub/digest.h"

namespace sg {
namespace {

namespace fs = std::filesystem;

constexpr size_t kMaxFiles = 10000;  // of a snapshot

// The hash that the link `path` names, "" if it is no link into blobs/.
std::string DigestOfLink(const fs::path& path) {
  std::error_code error;
  const fs::path target = fs::read_symlink(path, error);
  std::string digest = error ? "" : target.filename().string();
  return IsFileDigest(digest) ? digest : "";
}

Status Check(const std::string& path, const std::string& digest, const std::atomic<bool>* cancel) {
  if (digest.empty()) return UnsupportedError("no hash is known");
  SG_ASSIGN_OR_RETURN(const std::string actual, FileDigest(path, digest, cancel));
  if (actual == digest) return Status::Ok();
  return CorruptError("its hash is " + actual + ", not " + digest);
}

// True for what says that nothing more can be verified either.
bool EndsAll(const Status& status, const std::string& digest) {
  return status.code() == StatusCode::kCancelled ||
         (status.code() == StatusCode::kUnsupported && !digest.empty());
}

}  // namespace

Result<std::vector<VerifiedFile>> VerifySnapshot(const HubSnapshot& snapshot,
                                                 const std::atomic<bool>* cancel) {
  std::vector<VerifiedFile> files;
  std::error_code error;
  for (fs::recursive_directory_iterator it(snapshot.path, error), end; !error && it != end;
       it.increment(error)) {
    std::error_code ignored;
    if (it->is_directory(ignored) && !it->is_symlink(ignored)) continue;
    if (files.size() == kMaxFiles)
      return ResourceExhaustedError("too many files in " + snapshot.path);
    VerifiedFile file{.name = it->path().lexically_relative(snapshot.path).string(),
                      .digest = DigestOfLink(it->path())};
    file.status = Check(it->path().string(), file.digest, cancel);
    if (EndsAll(file.status, file.digest)) return file.status;
    const uint64_t size_bytes = fs::file_size(it->path(), ignored);
    if (!ignored) file.size_bytes = size_bytes;
    files.push_back(std::move(file));
  }
  if (error) return ErrnoError("read the folder", snapshot.path, error.value());
  std::sort(files.begin(), files.end(),
            [](const VerifiedFile& a, const VerifiedFile& b) { return a.name < b.name; });
  return files;
}

Result<uint64_t> RemoveRepo(const std::string& cache_dir, const std::string& repo) {
  const std::string folder = RepoFolderName(repo);
  const fs::path dir = fs::path(cache_dir) / folder;
  std::error_code error;
  if (cache_dir.empty() || !fs::is_directory(fs::symlink_status(dir, error))) {
    return NotFoundError(repo + " is not in " + cache_dir +
                         " (models in other folders are yours to delete)");
  }
  uint64_t freed_bytes = 0;
  for (fs::recursive_directory_iterator it(dir, error), end; !error && it != end;
       it.increment(error)) {
    std::error_code ignored;
    if (it->is_symlink(ignored) || !it->is_regular_file(ignored)) continue;
    const uint64_t size_bytes = it->file_size(ignored);
    if (!ignored) freed_bytes += size_bytes;
  }
  // Snapshots first: without them nothing looks like a model any more. Links are not followed.
  fs::remove_all(dir / "snapshots", error);
  if (!error) fs::remove_all(dir, error);
  if (error) return ErrnoError("delete", dir.string(), error.value());
  fs::remove_all(fs::path(cache_dir) / ".locks" / folder, error);
  return freed_bytes;
}

}  // namespace sg
