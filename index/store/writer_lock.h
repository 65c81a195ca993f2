#pragma once
// The lock of the one writer: an advisory lock (flock(2)) on a file beside the database, which the
// kernel releases when its holder dies, however it dies. The file holds the pid for messages.

#include <string>

#include "core/base/status.h"

namespace sg {

// Move-only; released by destruction.
class WriterLock {
 public:
  // kBusy with the holder's pid if another process (or another lock of this one) holds it.
  static Result<WriterLock> Take(const std::string& path);
  WriterLock(WriterLock&& other) noexcept;
  WriterLock& operator=(WriterLock&&) = delete;
  ~WriterLock();

 private:
  explicit WriterLock(int file) : file_(file) {}
  int file_;
};

}  // namespace sg
