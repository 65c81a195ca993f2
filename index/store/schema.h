#pragma once
// Ids and records of the index, shared by the writer (build) and the readers (retrieve, search).
// See docs/index_format.md for how they lie on disk.

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/hash.h"
#include "core/model/embedder.h"
#include "extract/chunk.h"
#include "extract/file_entry.h"

namespace sg {

// > 0 and ascending in the order of writing; a changed file and its chunks get new ones. The chunks
// of a file have consecutive ids. Compaction numbers anew, so an id means something within one
// Snapshot only.
using FileId = uint32_t;
using ChunkId = uint32_t;

struct FileRecord {
  FileId id = 0;
  FileEntry entry;       // path, size_bytes, mtime_ns, inode as of indexing
  Hash128 content_hash;  // of the raw bytes
  std::string language;  // Language::name
  uint32_t line_count = 0;
  uint32_t mention_count = 0;  // files whose identifiers include this file's joined stem (itself
                               // included); `ment` in docs/ranking.md
  ChunkId first_chunk = 0;
  std::vector<Chunk> chunks;   // chunk i has id first_chunk + i
  std::string header_comment;  // ChunkedFile::header_comment
};

// Where a definition of some joined name (core/text/words.h JoinedWords) is.
struct SymbolHit {
  FileId file = 0;
  ChunkId chunk = 0;
  DefinitionKind kind = DefinitionKind::kFunction;
};

// One int8-quantised vector per row: value = scale * code, codes in [-127, 127].
struct VectorBlock {
  std::vector<uint32_t> ids;  // [rows] ChunkId (or FileId in per-file sets)
  std::vector<FileId> files;  // [rows] the file of each row
  std::vector<float> scales;  // [rows]
  std::vector<int8_t> codes;  // [rows * dim]
};

// The sign bits of rows: a first look at many vectors at an eighth of the reading. Rows of removed
// chunks are left out. A view: valid during the call that it is given to.
struct SignBlock {
  size_t rows = 0;
  uint32_t first_id = 0;          // of row 0
  std::span<const uint32_t> ids;  // [rows], ascending; empty: row i is first_id + i
  size_t row_bytes = 0;           // ceil(dim / 8)
  std::string_view bits;          // [rows * row_bytes]; bit d % 8 of byte d / 8: code d is > 0

  uint32_t id(size_t row) const {
    return ids.empty() ? first_id + static_cast<uint32_t>(row) : ids[row];
  }
};

// A chunk that holds some keyword term.
struct TermPosting {
  ChunkId chunk = 0;
  float weighted_tf = 0;  // column-weighted term frequency (docs/ranking.md)
};

// The sets of vectors that an index keeps for a space.
enum class VectorSet : uint8_t {
  kChunk = 0,   // X: the composed chunk vector (docs/ranking.md)
  kFile = 1,    // F: normalised sum of the file's chunk text vectors; one row per file
  kHeader = 2,  // HD: header comment of the file; one row per file
};

struct IndexCounts {
  uint64_t files = 0;
  uint64_t chunks = 0;
  uint64_t source_bytes = 0;
  double mean_row_terms = 0;  // average BM25 row length
};

}  // namespace sg
