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
#include <vector>

#include "core/base/matrix.h"
#include "core/base/status.h"
#include "index/store/schema.h"

namespace sg {

// The key of a keyword term in the index: 48 bits of its hash. Two of a million terms share a key
// with a chance of 0.2 %, and then count for each other.
uint64_t TermKey(std::string_view term);

// Everything about a file that can be computed away from the writer's thread (index/store inside).
struct EncodedFile;
struct EncodedFileDeleter {
  void operator()(EncodedFile* file) const;
};

// What one file contributes, computed by index/build off the writer's thread.
struct FileBatchEntry {
  FileRecord record;  // ids and mention_count are assigned by the writer
  std::string text;   // SourceText::utf8
  // TermKey("=" + joined words of the file's stem): what mention_count counts.
  uint64_t stem_key = 0;
  // A distinct keyword term of a chunk.
  struct Term {
    uint64_t key = 0;     // TermKey
    uint32_t weight = 0;  // column-weighted term frequency, > 0 (docs/ranking.md)
    bool whole = true;    // false: an "=" term that is no whole identifier of the chunk's own text
  };
  // Per chunk: its terms, and the row length (sum over columns of unweighted term counts).
  struct ChunkTerms {
    std::vector<Term> terms;
    uint32_t row_terms = 0;
  };
  std::vector<ChunkTerms> chunk_terms;  // [chunks]
  // Keys of the chunks' passages for FindPassage; empty where recomputing is cheaper.
  std::vector<uint64_t> passage_keys;  // [chunks] or empty
  // Vectors, L2-normalised or zero: [chunks, dim] and [1, dim] each. Empty if the space has none.
  Matrix chunk_vectors, file_vector, header_vector;
  // Set by IndexWriter::Encode, which then empties the parts it stands for.
  std::unique_ptr<EncodedFile, EncodedFileDeleter> encoded;
};

// A file that the walk found and that holds nothing to index: remembered so that it is not read
// again at every run.
struct SkippedFile {
  FileEntry entry;
  SkipReason reason = SkipReason::kCount;
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
  // Creates the folder `.sg` (with a .gitignore) if db_path lies in one; the database is readable
  // for its owner only, unless `root` is shared by its group or by all.
  // `rebuild`: forget the content; also replaces a damaged file that is recognisably an index.
  static Result<std::unique_ptr<IndexWriter>> Open(const std::string& db_path,
                                                   const std::string& root,
                                                   const IndexSettings& settings,
                                                   bool rebuild = false);
  virtual ~IndexWriter() = default;

  // True if the settings differ from those of the existing content (or `rebuild` was asked): every
  // file must be given to Apply again. The old content goes with the first Apply.
  virtual bool must_rebuild() const = 0;

  // (path, size, mtime, inode, hash) of all indexed files, for change detection. FileRecord::chunks
  // is not filled.
  virtual Result<std::vector<FileRecord>> KnownFiles() = 0;

  virtual Result<std::vector<SkippedFile>> KnownSkipped() = 0;

  // Makes the dictionary of a new index from `samples` (no effect on an existing one). Call it
  // before the first Encode; without it texts are compressed one by one.
  virtual Status TrainTexts(std::span<const std::string_view> samples) = 0;
  // Compresses and packs `entry`, which Apply otherwise does itself. Thread-safe.
  virtual Status Encode(FileBatchEntry* entry) const = 0;

  // In one transaction: removes the files `removed`, adds or replaces `files`. On error nothing of
  // it is applied.
  virtual Status Apply(std::vector<FileBatchEntry> files, std::span<const FileId> removed) = 0;
  // A file whose content is unchanged but whose size/mtime/inode were observed anew.
  virtual Status Touch(std::span<const FileRecord> files) = 0;

  // Replaces the list of skipped files.
  virtual Status SetSkipped(std::span<const SkippedFile> files) = 0;

  // Skip counters and time of this run, for `sg status`; compacts if much is garbage; checkpoints
  // the WAL. Counts mentions anew if files changed.
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
  // Whether there are vectors of further models (index/store/space_store.h).
  virtual Result<bool> HasSpaces() const = 0;
  virtual int64_t finished_at_ms() const = 0;  // Unix time of the last complete run; 0 if none
  virtual Result<std::vector<uint64_t>> SkippedCounts() const = 0;
  virtual Result<std::vector<SkippedFile>> SkippedFiles() const = 0;

  // Change detection without the chunk lists; sorted by path.
  virtual Result<std::vector<FileRecord>> Files() const = 0;
  virtual Result<FileRecord> File(FileId id) const = 0;  // with chunks
  virtual Result<std::optional<FileId>> FindFile(std::string_view path) const = 0;
  virtual Result<FileId> FileOfChunk(ChunkId id) const = 0;
  virtual Result<std::string> FileText(FileId id) const = 0;  // UTF-8 as indexed
  virtual Result<std::vector<SymbolHit>> FindSymbol(std::string_view joined_name) const = 0;

  // Appends each live chunk with `term` to `out`, in ascending order of chunks.
  virtual Status ReadPostings(std::string_view term, std::vector<TermPosting>* out) const = 0;
  // Row length of every chunk, indexed by ChunkId (0 where there is no chunk), and the file of
  // every chunk. Both have the same size.
  virtual Result<std::span<const uint16_t>> RowTerms() const = 0;
  virtual Result<std::span<const FileId>> ChunkFiles() const = 0;
  // Above every FileId in ChunkFiles(), at least 1.
  virtual Result<FileId> FileLimit() const = 0;

  // A chunk with this passage key (FileBatchEntry::passage_keys), or nullopt.
  virtual Result<std::optional<ChunkId>> FindPassage(uint64_t key) const = 0;

  // Streams the blocks of a set; `visit` may keep the block. The whole set for 10,000 chunks is
  // read in about a millisecond when cached.
  virtual Status ScanVectors(VectorSet set,
                             const std::function<Status(VectorBlock&&)>& visit) const = 0;

  // Streams the sign bits of a set, an eighth of the codes' size.
  virtual Status ScanSigns(VectorSet set,
                           const std::function<Status(const SignBlock&)>& visit) const = 0;
  // Reads single rows, in the order of `ids`; an id without a row gives a zero row (scale 0).
  // Fastest with ascending ids.
  virtual Result<VectorBlock> ReadVectors(VectorSet set, std::span<const uint32_t> ids) const = 0;

  // Files that may contain every string of one of the alternatives (a conjunction each), by the
  // trigram index; nullopt if the literals are too short to narrow anything. ASCII letters match
  // either case; a search that folds case beyond ASCII must leave literals with such letters out.
  virtual Result<std::optional<std::vector<FileId>>> FilesWithLiterals(
      std::span<const std::vector<std::string>> alternatives) const = 0;
};

}  // namespace sg
