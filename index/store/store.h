#pragma once
// The index file: one SQLite database that holds files, chunks, texts, keywords, vectors and
// metadata, changed in one transaction per batch of files. The only folder that knows SQLite and
// zstd. Format: docs/index_format.md.
//
// Any number of readers (Snapshot) see a consistent state while one writer (IndexWriter, exclusive
// by an advisory lock beside the database) works; readers never block. Corrupt, foreign or newer
// files give kCorrupt / kUnsupported and are never modified.

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/status.h"
#include "index/store/schema.h"

namespace sg {

// What one file contributes, computed by index/build off the writer's thread.
struct FileBatchEntry {
  FileRecord record;  // ids and mention_count are assigned by the writer
  std::string text;   // SourceText::utf8
  // Per chunk: distinct keyword term and its column-weighted term frequency, and the row length
  // (sum over columns of unweighted term counts), see docs/ranking.md "FTS5 chunk table".
  struct ChunkTerms {
    std::vector<std::pair<std::string, float>> terms;
    uint32_t row_terms = 0;
  };
  std::vector<ChunkTerms> chunk_terms;  // [chunks]
  // Vectors, L2-normalised or zero: [chunks, dim] and [1, dim] each. Empty if the space has none.
  Matrix chunk_vectors, file_vector, header_vector;
};

// Settings that shape what is in the index; a difference forces re-indexing (detected by
// IndexWriter::Open).
struct IndexSettings {
  Space space;  // of the primary vectors
  uint32_t chunker_version = 0;
  uint32_t terms_version = 0;
  std::string walk_settings;  // canonical text of include/exclude/limits
  bool operator==(const IndexSettings& other) const;
};

class IndexWriter {
 public:
  // Opens or creates the database and takes the writer lock. kBusy names the other process;
  // kCorrupt, kUnsupported (newer format, foreign SQLite file), kIo. `root` is recorded for `sg
  // status`.
  static Result<std::unique_ptr<IndexWriter>> Open(const std::string& db_path,
                                                   const std::string& root,
                                                   const IndexSettings& settings);
  virtual ~IndexWriter() = default;

  // True if the settings differ from those of the existing content: every file must be given to
  // Apply again.
  virtual bool must_rebuild() const = 0;

  // (path, size, mtime, inode, hash) of all indexed files, for change detection. FileRecord::chunks
  // is not filled.
  virtual Result<std::vector<FileRecord>> KnownFiles() = 0;

  // In one transaction: removes the files `removed`, adds or replaces `files`. On error nothing of
  // it is applied.
  virtual Status Apply(std::vector<FileBatchEntry> files, std::span<const FileId> removed) = 0;
  // A file whose content is unchanged but whose size/mtime/inode were observed anew.
  virtual Status Touch(std::span<const FileRecord> files) = 0;

  // Skip counters and time of this run, for `sg status`; compacts if much is garbage; checkpoints
  // the WAL.
  virtual Status Finish(std::span<const uint64_t> skipped) = 0;
};

// A consistent read-only view. Not thread-safe; open one per thread.
class Snapshot {
 public:
  // kNotFound if there is no index, else as above.
  static Result<std::unique_ptr<Snapshot>> Open(const std::string& db_path);
  virtual ~Snapshot() = default;

  virtual const IndexCounts& counts() const = 0;
  virtual const IndexSettings& settings() const = 0;
  virtual const std::string& root() const = 0;
  virtual int64_t finished_at_ms() const = 0;  // Unix time of the last complete run; 0 if none
  virtual Result<std::vector<uint64_t>> SkippedCounts() const = 0;

  // Change detection without the chunk lists; sorted by path.
  virtual Result<std::vector<FileRecord>> Files() const = 0;
  virtual Result<FileRecord> File(FileId id) const = 0;  // with chunks
  virtual Result<std::optional<FileId>> FindFile(std::string_view path) const = 0;
  virtual Result<FileId> FileOfChunk(ChunkId id) const = 0;
  virtual Result<std::string> FileText(FileId id) const = 0;  // UTF-8 as indexed
  virtual Result<std::vector<SymbolHit>> FindSymbol(std::string_view joined_name) const = 0;

  // Calls `visit(chunk, weighted_tf)` for each chunk with `term`, in no stated order.
  virtual Status ScanPostings(std::string_view term,
                              const std::function<void(ChunkId, float)>& visit) const = 0;
  // Row length of every chunk, indexed by ChunkId (0 where there is no chunk), and the file of
  // every chunk.
  virtual Result<std::span<const uint32_t>> RowTerms() const = 0;
  virtual Result<std::span<const FileId>> ChunkFiles() const = 0;

  // Streams the blocks of a set; `visit` may keep the block. The whole set for 10,000 chunks is
  // read in about a millisecond when cached.
  virtual Status ScanVectors(VectorSet set,
                             const std::function<Status(VectorBlock&&)>& visit) const = 0;

  // Files that may contain every string of one of the alternatives (a conjunction each), by the
  // trigram index; nullopt if the literals are too short or too common to narrow anything.
  virtual Result<std::optional<std::vector<FileId>>> FilesWithLiterals(
      std::span<const std::vector<std::string>> alternatives) const = 0;
};

}  // namespace sg
