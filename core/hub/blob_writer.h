#pragma once
// One file of a download on its way into the cache: blobs/<digest>.incomplete, which grows, is
// verified and then renamed. What an earlier run left is gone on with. Private to core/hub.

#include <cstdint>
#include <string>
#include <string_view>

#include "core/base/status.h"

namespace sg {

class BlobWriter {
 public:
  // Opens or creates <path>.incomplete. `size_bytes` is what the file will have.
  static Result<BlobWriter> Open(const std::string& path, uint64_t size_bytes);
  BlobWriter(BlobWriter&& other) noexcept;
  BlobWriter& operator=(BlobWriter&&) = delete;
  ~BlobWriter();

  uint64_t size() const { return size_; }  // so far
  bool complete() const { return size_ == expected_; }
  const std::string& incomplete_path() const { return incomplete_; }

  // Forgets everything from `offset` on. REQUIRES: offset <= size().
  Status TruncateTo(uint64_t offset);
  // kIo if the disk is full: what was written stays. kCorrupt if it is more than was announced.
  Status Append(std::string_view bytes);
  // Appends what `part` has. As Append.
  Status AppendAll(const BlobWriter& part);
  // Makes it the file `path`, on disk. REQUIRES: complete(), and verified by the caller.
  Status Publish();
  // Deletes what was written.
  void Discard();

 private:
  BlobWriter(std::string path, uint64_t expected, int fd, uint64_t size)
      : path_(std::move(path)),
        incomplete_(path_ + ".incomplete"),
        expected_(expected),
        fd_(fd),
        size_(size) {}

  std::string path_, incomplete_;
  uint64_t expected_ = 0;
  int fd_ = -1;
  uint64_t size_ = 0;
};

// An exclusive flock(2) on the file `path`, made with its folders; the lock that huggingface_hub
// takes for the same blob. Held until destruction.
class BlobLock {
 public:
  // Returns a lock that is held, or one that is not if somebody else has it.
  static Result<BlobLock> TryTake(const std::string& path);
  BlobLock(BlobLock&& other) noexcept;
  BlobLock& operator=(BlobLock&&) = delete;
  ~BlobLock();
  bool held() const { return fd_ >= 0; }

 private:
  explicit BlobLock(int fd) : fd_(fd) {}
  int fd_ = -1;
};

}  // namespace sg
