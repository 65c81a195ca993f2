#pragma once
// Makes of one file of the tree what the writer stores: read, decode, chunk, terms, vectors,
// packed. Thread-compatible: one worker a thread; what it refers to is shared and thread-safe.

#include <memory>
#include <optional>
#include <string>

#include "core/model/embedder.h"
#include "extract/chunker.h"
#include "extract/source_text.h"
#include "index/build/change_plan.h"
#include "index/build/chunk_vectors.h"
#include "index/build/row_terms.h"
#include "index/store/store.h"

namespace sg {

// Exactly one of `entry`, `touched` and `skipped` is set, unless `status` is an error that ends the
// run.
struct WorkResult {
  std::optional<FileBatchEntry> entry;
  std::optional<FileRecord> touched;  // content as known, other size, time or inode
  std::optional<SkippedFile> skipped;
  std::string error;  // why a file could not be read; then skipped as kUnreadable
  uint64_t size_bytes = 0;
  Status status;
};

class FileWorker {
 public:
  FileWorker(std::string root, const SourceLimits& limits, const ChunkOptions& chunk,
             const Embedder& embedder, const IndexWriter& writer, PassageCache* passages)
      : root_(std::move(root)),
        limits_(limits),
        chunker_(chunk),
        embedder_(embedder),
        writer_(writer),
        passages_(passages) {}

  WorkResult Process(const PlannedFile& file);

 private:
  Status Fill(const SourceText& source, FileBatchEntry* entry);

  const std::string root_;
  const SourceLimits limits_;
  Chunker chunker_;
  RowTermsMaker terms_;
  const Embedder& embedder_;
  const IndexWriter& writer_;
  PassageCache* const passages_;
};

}  // namespace sg
