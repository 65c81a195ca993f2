#pragma once
// Whole-file input and output with clear errors. Paths are bytes, not text: a name that is not
// UTF-8 works. All functions may be called from any thread.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "core/base/status.h"

namespace sg {

// Returns the bytes of a regular file. kNotFound, kIo; kResourceExhausted above `max_bytes`.
Result<std::string> ReadFile(const std::string& path, uint64_t max_bytes = uint64_t{1} << 32);

// Replaces `path` by a file with `bytes`: temporary sibling, fsync, rename. On error the old file
// stays.
Status WriteFileAtomic(const std::string& path, std::string_view bytes, unsigned mode = 0644);

// WriteFileAtomic to a place that a person named: a link stays a link to the file it names, a file
// keeps its mode, and what is no regular file (/dev/null, a pipe) is written to, never replaced.
Status WriteNamedFile(const std::string& path, std::string_view bytes);

// The name of a file without its folders: what follows the last '/'.
inline std::string_view BaseName(std::string_view path) { return path.substr(path.rfind('/') + 1); }

// The same for a path that may end with '/'s, as people write folders.
std::string LastComponent(std::string path);

// Whether there is something at `path`; whether it is a regular file. Links are followed.
bool PathExists(const std::string& path);
bool IsRegularFile(const std::string& path);

// Closes a file descriptor at the end of a scope.
struct ScopedFd {
  int fd;
  explicit ScopedFd(int descriptor) : fd(descriptor) {}
  ScopedFd(const ScopedFd&) = delete;
  ScopedFd& operator=(const ScopedFd&) = delete;
  ~ScopedFd();
};

// A read-only memory map of a whole file. Move-only. The bytes stay valid until destruction.
class MappedFile {
 public:
  static Result<MappedFile> Open(const std::string& path);
  MappedFile() = default;
  MappedFile(MappedFile&& other) noexcept;
  MappedFile& operator=(MappedFile&& other) noexcept;
  ~MappedFile();

  std::string_view bytes() const { return {data_, size_}; }

 private:
  const char* data_ = nullptr;
  size_t size_ = 0;
};

}  // namespace sg
