#include "core/hub/blob_writer.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <system_error>
#include <utility>

#include "core/base/file.h"

namespace sg {

Result<BlobWriter> BlobWriter::Open(const std::string& path, uint64_t size_bytes) {
  const std::string incomplete = path + ".incomplete";
  const int fd =
      ::open(incomplete.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0644);
  if (fd < 0) return ErrnoError("create", incomplete, errno);
  struct stat info;
  if (::fstat(fd, &info) != 0 || !S_ISREG(info.st_mode)) {
    ::close(fd);
    return IoError("cannot write " + incomplete + ": not a regular file");
  }
  BlobWriter writer(path, size_bytes, fd, static_cast<uint64_t>(info.st_size));
  if (writer.size() > size_bytes) SG_RETURN_IF_ERROR(writer.TruncateTo(0));
  return writer;
}

BlobWriter::BlobWriter(BlobWriter&& other) noexcept
    : path_(std::move(other.path_)),
      incomplete_(std::move(other.incomplete_)),
      expected_(other.expected_),
      fd_(std::exchange(other.fd_, -1)),
      size_(other.size_) {}

BlobWriter::~BlobWriter() {
  if (fd_ >= 0) ::close(fd_);
}

Status BlobWriter::TruncateTo(uint64_t offset) {
  if (::ftruncate(fd_, static_cast<off_t>(offset)) != 0) {
    return ErrnoError("truncate", incomplete_, errno);
  }
  size_ = offset;
  return Status::Ok();
}

Status BlobWriter::Append(std::string_view bytes) {
  if (bytes.size() > expected_ - size_) {
    return CorruptError("the server sends more than the " + std::to_string(expected_) +
                        " bytes that it announced");
  }
  while (!bytes.empty()) {
    const ssize_t n = ::pwrite(fd_, bytes.data(), bytes.size(), static_cast<off_t>(size_));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) {
      const int error_number = errno;
      Status status = ErrnoError("write", incomplete_, error_number);
      const bool is_full =
          error_number == ENOSPC || error_number == EDQUOT || error_number == EFBIG;
      if (!is_full) return status;
      return IoError(status.message() +
                     "; what has arrived is kept: make room, then pull again to go on");
    }
    size_ += static_cast<uint64_t>(n);
    bytes.remove_prefix(static_cast<size_t>(n));
  }
  return Status::Ok();
}

Status BlobWriter::AppendAll(const BlobWriter& part) {
  constexpr uint64_t kStep = uint64_t{1} << 20;
  SG_ASSIGN_OR_RETURN(const MappedFile file, MappedFile::Open(part.incomplete_path()));
  const std::string_view bytes = file.bytes();
  if (bytes.size() != part.size()) return CorruptError(part.incomplete_path() + " has changed");
  for (uint64_t at = 0; at < bytes.size(); at += kStep) {
    SG_RETURN_IF_ERROR(Append(bytes.substr(at, kStep)));
  }
  return Status::Ok();
}

Status BlobWriter::Publish() {
  if (::fsync(fd_) != 0) return ErrnoError("sync", incomplete_, errno);
  if (std::rename(incomplete_.c_str(), path_.c_str()) != 0) {
    return ErrnoError("rename to", path_, errno);
  }
  return Status::Ok();
}

void BlobWriter::Discard() { ::unlink(incomplete_.c_str()); }

Result<BlobLock> BlobLock::TryTake(const std::string& path) {
  std::error_code error;
  std::filesystem::create_directories(std::filesystem::path(path).parent_path(), error);
  const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);
  if (fd < 0) return ErrnoError("create", path, errno);
  if (::flock(fd, LOCK_EX | LOCK_NB) == 0) return BlobLock(fd);
  const int error_number = errno;
  ::close(fd);
  if (error_number == EWOULDBLOCK || error_number == EINTR) return BlobLock(-1);
  return ErrnoError("lock", path, error_number);
}

BlobLock::BlobLock(BlobLock&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}

BlobLock::~BlobLock() {
  if (fd_ >= 0) ::close(fd_);
}

}  // namespace sg
