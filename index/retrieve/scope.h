#pragma once
// Which chunks of an index a search may return. Plain data.

#include <cstdint>
#include <span>
#include <vector>

#include "index/store/schema.h"

namespace sg {

// The live chunks of an index and the part of them that filters leave.
struct SearchScope {
  std::span<const FileId> chunk_files;  // [ChunkId], 0 where there is no chunk
  std::vector<uint8_t> allowed_chunks;  // [ChunkId]; empty: all
  std::vector<uint8_t> allowed_files;   // [FileId]; empty: all
  bool text_matched = false;            // every allowed chunk matches a pattern of the user
  FileId file_limit = 1;                // above every FileId
  uint64_t chunk_count = 0;             // allowed
  uint64_t file_count = 0;              // allowed

  bool AllowsChunk(ChunkId id) const {
    return id < chunk_files.size() && chunk_files[id] != 0 &&
           (allowed_chunks.empty() || allowed_chunks[id] != 0);
  }
  bool AllowsFile(FileId id) const {
    return allowed_files.empty() || (id < allowed_files.size() && allowed_files[id] != 0);
  }
};

}  // namespace sg
