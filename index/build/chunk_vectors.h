#pragma once
// The vectors of a file's chunks. With a static model they are composed from parts, which only
// costs table rows: text, path, file, symbols (docs/ranking.md "Vectors"). Any other model embeds
// passages (extract/passage.h).

#include <cstdint>
#include <mutex>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/base/status.h"
#include "core/model/embedder.h"
#include "core/model/static_model.h"
#include "extract/chunk.h"
#include "extract/source_text.h"
#include "index/store/store.h"

namespace sg {

// Fills chunk_vectors, file_vector and header_vector. Thread-safe.
void ComposeVectors(const StaticModel& model, std::string_view path, const SourceText& source,
                    const ChunkedFile& file, FileBatchEntry* entry);

// Vectors of passages that are known already, from the index as it was before this run and from
// this run (bounded): a passage is embedded once wherever it stands. Thread-safe.
class PassageCache {
 public:
  // `snapshot` may be null; it must be of the same space, and is used by one thread at a time.
  explicit PassageCache(const Snapshot* snapshot) : snapshot_(snapshot) {}

  // Copies the vector of `key` to `row` and returns true if it is known.
  bool Find(uint64_t key, std::span<float> row);
  void Add(uint64_t key, std::span<const float> row);

 private:
  const Snapshot* snapshot_;
  std::mutex mutex_;
  std::unordered_map<uint64_t, std::vector<float>> added_;
  size_t added_floats_ = 0;
};

// Fills chunk_vectors and file_vector (their normalised mean) and passage_keys. Thread-safe.
Status EmbedPassages(const Embedder& embedder, std::string_view path, const SourceText& source,
                     const ChunkedFile& file, PassageCache* cache, FileBatchEntry* entry);

}  // namespace sg
