#include "core/base/file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <cstdio>
#include <cstdlib>
#include <utility>

namespace sg {
namespace {

// Returns 0 or the error number.
int WriteAll(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t n = ::write(fd, bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return errno;
    bytes.remove_prefix(static_cast<size_t>(n));
  }
  return 0;
}

Status OpenError(const std::string& path, int error_number) {
  Status status = ErrnoError("open", path, error_number);
  if (error_number == ENOENT || error_number == ENOTDIR) return NotFoundError(status.message());
  return status;
}

}  // namespace

ScopedFd::~ScopedFd() {
  if (fd >= 0) ::close(fd);
}

std::string LastComponent(std::string path) {
  while (path.size() > 1 && path.back() == '/') path.pop_back();
  return path.substr(path.rfind('/') + 1);
}

bool PathExists(const std::string& path) {
  struct stat info;
  return ::stat(path.c_str(), &info) == 0;
}

bool IsRegularFile(const std::string& path) {
  struct stat info;
  return ::stat(path.c_str(), &info) == 0 && S_ISREG(info.st_mode);
}

Result<std::string> ReadFile(const std::string& path, uint64_t max_bytes) {
  const ScopedFd file{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)};
  if (file.fd < 0) return OpenError(path, errno);
  struct stat info;
  if (::fstat(file.fd, &info) != 0) return ErrnoError("stat", path, errno);
  if (!S_ISREG(info.st_mode)) return IoError("cannot read " + path + ": not a regular file");
  if (static_cast<uint64_t>(info.st_size) > max_bytes) {
    return ResourceExhaustedError(path + " has " + std::to_string(info.st_size) +
                                  " bytes, the limit is " + std::to_string(max_bytes));
  }
  std::string bytes(static_cast<size_t>(info.st_size), '\0');
  size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t n = ::read(file.fd, bytes.data() + done, bytes.size() - done);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return ErrnoError("read", path, errno);
    if (n == 0) break;  // truncated while we read: what is there is what there is
    done += static_cast<size_t>(n);
  }
  bytes.resize(done);
  return bytes;
}

Status WriteFileAtomic(const std::string& path, std::string_view bytes, unsigned mode) {
  const std::string temporary = path + ".tmp-" + std::to_string(::getpid());
  {
    const ScopedFd file{::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode)};
    if (file.fd < 0) return ErrnoError("create", temporary, errno);
    if (const int error_number = WriteAll(file.fd, bytes); error_number != 0) {
      ::unlink(temporary.c_str());
      return ErrnoError("write", temporary, error_number);
    }
    if (::fsync(file.fd) != 0) {
      const int error_number = errno;
      ::unlink(temporary.c_str());
      return ErrnoError("sync", temporary, error_number);
    }
  }
  if (std::rename(temporary.c_str(), path.c_str()) != 0) {
    const int error_number = errno;
    ::unlink(temporary.c_str());
    return ErrnoError("rename to", path, error_number);
  }
  return Status::Ok();
}

Status WriteNamedFile(const std::string& path, std::string_view bytes) {
  struct stat info;
  if (::stat(path.c_str(), &info) != 0) return WriteFileAtomic(path, bytes);
  if (S_ISREG(info.st_mode)) {
    char resolved[PATH_MAX];
    if (::realpath(path.c_str(), resolved) == nullptr) return ErrnoError("resolve", path, errno);
    return WriteFileAtomic(resolved, bytes, info.st_mode & 0777);
  }
  const ScopedFd file{::open(path.c_str(), O_WRONLY | O_CLOEXEC)};
  if (file.fd < 0) return OpenError(path, errno);
  const int error_number = WriteAll(file.fd, bytes);
  return error_number == 0 ? Status::Ok() : ErrnoError("write", path, error_number);
}

Result<MappedFile> MappedFile::Open(const std::string& path) {
  const ScopedFd file{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
  if (file.fd < 0) return OpenError(path, errno);
  struct stat info;
  if (::fstat(file.fd, &info) != 0) return ErrnoError("stat", path, errno);
  if (!S_ISREG(info.st_mode)) return IoError("cannot read " + path + ": not a regular file");
  MappedFile mapped;
  mapped.size_ = static_cast<size_t>(info.st_size);
  if (mapped.size_ == 0) return mapped;
  void* data = ::mmap(nullptr, mapped.size_, PROT_READ, MAP_PRIVATE, file.fd, 0);
  if (data == MAP_FAILED) return ErrnoError("map", path, errno);
  mapped.data_ = static_cast<const char*>(data);
  return mapped;
}

MappedFile::MappedFile(MappedFile&& other) noexcept
    : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}

MappedFile& MappedFile::operator=(MappedFile&& other) noexcept {
  std::swap(data_, other.data_);
  std::swap(size_, other.size_);
  return *this;
}

MappedFile::~MappedFile() {
  if (data_ != nullptr) ::munmap(const_cast<char*>(data_), size_);
}

}  // namespace sg
