#include "apps/sg/locate.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "apps/sg/paths.h"
#include "core/base/file.h"
#include "index/build/indexer.h"

namespace sg {
namespace {

Status CheckOwner(const std::string& root, const std::string& db_path) {
  struct stat index_info, root_info;
  if (::stat(db_path.c_str(), &index_info) != 0 || ::stat(root.c_str(), &root_info) != 0) {
    return Status::Ok();
  }
  const uid_t owner = index_info.st_uid;
  if (owner == ::geteuid() || owner == 0 || owner == root_info.st_uid) return Status::Ok();
  return InvalidArgumentError("the index " + db_path +
                              " belongs to another user; use it with --index " + db_path +
                              " if you trust it, or make one here: sg index .");
}

Status RemoveFile(const std::string& path) {
  if (::unlink(path.c_str()) == 0 || errno == ENOENT) return Status::Ok();
  return ErrnoError("delete", path, errno);
}

}  // namespace

IndexLocation LocationFor(const std::string& root, const std::optional<std::string>& index) {
  IndexLocation location{.root = root,
                         .db_path = index ? LexicallyAbsolute(*index) : DefaultIndexPath(root),
                         .own_file = index.has_value()};
  location.exists = PathExists(location.db_path);
  return location;
}

Result<IndexLocation> LocateIndex(const std::string& dir, const std::optional<std::string>& index) {
  if (index) return LocationFor(FindProjectRoot(dir), index);
  const Result<std::string> found = FindIndexRoot(dir);
  if (!found.ok()) {
    if (found.status().code() != StatusCode::kNotFound) return found.status();
    return LocationFor(FindProjectRoot(dir), std::nullopt);
  }
  IndexLocation location = LocationFor(*found, std::nullopt);
  SG_RETURN_IF_ERROR(CheckOwner(location.root, location.db_path));
  return location;
}

Status RemoveIndex(const IndexLocation& location) {
  // The database goes last: a half-deleted index must still be recognised as one.
  for (const char* suffix : {"-wal", "-shm", ".lock", "-lock", ""}) {
    SG_RETURN_IF_ERROR(RemoveFile(location.db_path + suffix));
  }
  if (location.own_file) return Status::Ok();
  const std::string dir = location.db_path.substr(0, location.db_path.rfind('/'));
  SG_RETURN_IF_ERROR(RemoveFile(dir + "/.gitignore"));
  ::rmdir(dir.c_str());  // stays if somebody put something else there
  return Status::Ok();
}

}  // namespace sg
