#pragma once
// Records and texts of the few files that a query looks into, each read once. Thread-compatible.

#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "core/base/status.h"
#include "index/store/store.h"

namespace sg {

class FileCache {
 public:
  // `snapshot` must outlive the cache.
  explicit FileCache(const Snapshot& snapshot) : snapshot_(snapshot) {}

  // Pointers stay valid until destruction.
  Result<const FileRecord*> Record(FileId file);
  Result<std::string_view> Text(FileId file);

  // The chunk and its text. kCorrupt if the index contradicts itself.
  struct ChunkView {
    FileId file = 0;
    const Chunk* chunk = nullptr;
    std::string_view text;
  };
  Result<ChunkView> ReadChunk(FileId file, ChunkId chunk);

 private:
  const Snapshot& snapshot_;
  std::unordered_map<FileId, std::unique_ptr<FileRecord>> records_;
  std::unordered_map<FileId, std::unique_ptr<std::string>> texts_;
};

}  // namespace sg
