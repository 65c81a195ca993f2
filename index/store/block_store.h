#pragma once
// The arrays by id in the database: which file and how many terms each chunk has (chunk_blocks) and
// the vectors (vector_blocks), 1,024 ids a row. Methods that change rows must run inside the
// caller's transaction; after a rollback make the objects anew. Thread-compatible.

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/status.h"
#include "index/store/database_format.h"
#include "index/store/schema.h"
#include "index/store/sqlite.h"
#include "index/store/vector_codec.h"

namespace sg {

// The two arrays by ChunkId.
struct ChunkArrays {
  std::vector<FileId> files;  // 0: no such chunk
  std::vector<uint16_t> row_terms;
};

Result<ChunkArrays> ReadChunkArrays(Database* database);
// Writes block `block` of the arrays.
Status WriteChunkBlock(const ChunkArrays& arrays, uint32_t block, Database* database);

// The id of a row of vector_blocks.
int64_t VectorBlockId(VectorSet set, uint32_t block);
inline constexpr int64_t kVectorSetStride = int64_t{1} << 32;

// The bits of a stored magnitude, beside the sign. Vectors of whole files decide less and have more
// than they need at three (docs/index_format.md "Vectors" has the figures).
constexpr int MagnitudeBitsOf(VectorSet set) { return set == VectorSet::kChunk ? 6 : 3; }

// One block in full; row i is of id block * kBlockRows + i. On disk zero rows (scale 0) have no
// signs and magnitudes.
struct StoredVectors {
  uint32_t rows = 0;
  std::string scales;         // f32[rows]
  std::vector<int8_t> codes;  // [rows, dim]
};

// Row `i` of a block as rows of its own.
QuantizedRows RowOf(const StoredVectors& block, uint32_t i, size_t dim);

// Appends rows in ascending order of ids to a set; ids left out get zero rows.
class VectorAppender {
 public:
  VectorAppender(VectorSet set, size_t dim, Database* database)
      : set_(set), dim_(dim), database_(database) {}

  // Continues the block in which `next_id` lies, if it is there.
  Status Open(uint32_t next_id);
  // Starts from id 0 in an empty block, leaving what is stored.
  void OpenEmpty();
  // REQUIRES: first_id is greater than all ids before; rows.dim == dim.
  Status Append(uint32_t first_id, const QuantizedRows& rows);
  // Writes the last block.
  Status Flush();
  // Deletes the blocks behind the last written.
  Status TruncateBehind();

 private:
  Status MoveTo(uint32_t id);
  Status Write();

  const VectorSet set_;
  const size_t dim_;
  Database* const database_;
  uint32_t block_ = 0;
  StoredVectors current_;
  bool dirty_ = false;
};

// True if row `i` of the stored scales is not a zero vector.
bool HasScale(std::string_view scales, size_t i);
// The place of row `i`'s codes in a stored block: the number of rows before it with a scale.
uint32_t PackedRow(std::string_view scales, uint32_t i);

// Reads one block; kNotFound if it is not there.
class VectorBlockReader {
 public:
  VectorBlockReader(size_t dim, Database* database) : dim_(dim), database_(database) {}
  Status Read(VectorSet set, uint32_t block, StoredVectors* out);

 private:
  const size_t dim_;
  Database* const database_;
  Statement read_;
  bool prepared_ = false;
};

// True if stored arrays have the lengths that `rows` and the scales call for.
bool IsVectorBlock(size_t rows, std::string_view scales, std::string_view packed, size_t row_bytes);

}  // namespace sg
