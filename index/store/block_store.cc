#include "index/store/block_store.h"

#include <algorithm>
#include <cstring>
#include <string_view>

namespace sg {
namespace {

template <typename T>
std::string_view BytesOf(std::span<const T> values) {
  return {reinterpret_cast<const char*>(values.data()), values.size_bytes()};
}

Status Damaged(const std::string& path) {
  return CorruptError(path + ": a damaged array; make the index anew with `sg index --rebuild`");
}

}  // namespace

Result<ChunkArrays> ReadChunkArrays(Database* database) {
  ChunkArrays arrays;
  SG_ASSIGN_OR_RETURN(
      Statement read,
      database->Prepare("SELECT block, files, row_terms FROM chunk_blocks ORDER BY block"));
  SG_ASSIGN_OR_RETURN(const int64_t last_block,
                      database->QueryInt("SELECT max(block) FROM chunk_blocks"));
  // Growing by doubling would touch several times the memory. Bounded: the number may be a lie.
  constexpr int64_t kMostReservedBlocks = 4096;
  const auto blocks = static_cast<size_t>(std::clamp<int64_t>(last_block, 0, kMostReservedBlocks));
  arrays.files.reserve((blocks + 1) * kBlockRows);
  arrays.row_terms.reserve((blocks + 1) * kBlockRows);
  for (;;) {
    SG_ASSIGN_OR_RETURN(const bool row, read.Step());
    if (!row) return arrays;
    const std::string_view files = read.Blob(1), row_terms = read.Blob(2);
    const size_t begin = arrays.files.size();
    const size_t rows = files.size() / sizeof(FileId);
    if (read.Int(0) != static_cast<int64_t>(begin / kBlockRows) || begin % kBlockRows != 0 ||
        rows > kBlockRows || rows == 0 || files.size() != rows * sizeof(FileId) ||
        row_terms.size() != rows * sizeof(uint16_t)) {
      return Damaged(database->path());
    }
    arrays.files.resize(begin + rows);
    arrays.row_terms.resize(begin + rows);
    std::memcpy(&arrays.files[begin], files.data(), files.size());
    std::memcpy(&arrays.row_terms[begin], row_terms.data(), row_terms.size());
  }
}

Status WriteChunkBlock(const ChunkArrays& arrays, uint32_t block, Database* database) {
  const size_t begin = size_t{block} * kBlockRows;
  const size_t rows = std::min<size_t>(kBlockRows, arrays.files.size() - begin);
  SG_ASSIGN_OR_RETURN(Statement put,
                      database->Prepare("INSERT OR REPLACE INTO chunk_blocks VALUES(?, ?, ?)"));
  put.BindInt(1, block);
  put.BindBlob(2, BytesOf(std::span(arrays.files).subspan(begin, rows)));
  put.BindBlob(3, BytesOf(std::span(arrays.row_terms).subspan(begin, rows)));
  return put.Run();
}

int64_t VectorBlockId(VectorSet set, uint32_t block) {
  return static_cast<int64_t>(set) * kVectorSetStride + block;
}

bool HasScale(std::string_view scales, size_t i) {
  float scale;
  std::memcpy(&scale, scales.data() + i * sizeof(float), sizeof(float));
  return scale != 0;
}

uint32_t PackedRow(std::string_view scales, uint32_t i) {
  uint32_t row = 0;
  for (size_t before = 0; before < i; ++before) row += HasScale(scales, before);
  return row;
}

bool IsVectorBlock(size_t rows, std::string_view scales, std::string_view packed,
                   size_t row_bytes) {
  return rows <= kBlockRows && scales.size() == rows * sizeof(float) &&
         packed.size() == PackedRow(scales, static_cast<uint32_t>(rows)) * row_bytes;
}

QuantizedRows RowOf(const StoredVectors& block, uint32_t i, size_t dim) {
  QuantizedRows row{.rows = 1, .dim = dim};
  row.scales.resize(1);
  row.codes.resize(dim);
  std::memcpy(row.scales.data(), block.scales.data() + i * sizeof(float), sizeof(float));
  std::memcpy(row.codes.data(), block.codes.data() + i * dim, dim);
  return row;
}

Status VectorBlockReader::Read(VectorSet set, uint32_t block, StoredVectors* out) {
  if (!prepared_) {
    SG_ASSIGN_OR_RETURN(
        read_, database_->Prepare(
                   "SELECT rows, scales, signs, magnitudes FROM vector_blocks WHERE id = ?"));
    prepared_ = true;
  }
  StatementUse use(&read_);
  read_.BindInt(1, VectorBlockId(set, block));
  SG_ASSIGN_OR_RETURN(const bool row, read_.Step());
  if (!row) return NotFoundError("no such block of vectors");
  out->rows = static_cast<uint32_t>(read_.Int(0));
  out->scales = read_.Blob(1);
  const std::string_view signs = read_.Blob(2), magnitudes = read_.Blob(3);
  const size_t sign_bytes = SignBytes(dim_);
  const int bits = MagnitudeBitsOf(set);
  const size_t magnitude_bytes = MagnitudeBytes(dim_, bits);
  if (!IsVectorBlock(out->rows, out->scales, signs, sign_bytes) ||
      !IsVectorBlock(out->rows, out->scales, magnitudes, magnitude_bytes)) {
    return Damaged(database_->path());
  }
  out->codes.assign(out->rows * dim_, 0);
  for (size_t i = 0, packed = 0; i < out->rows; ++i) {
    if (!HasScale(out->scales, i)) continue;
    JoinRow(signs.data() + packed * sign_bytes, magnitudes.data() + packed * magnitude_bytes, dim_,
            bits, &out->codes[i * dim_]);
    ++packed;
  }
  return Status::Ok();
}

Status VectorAppender::Open(uint32_t next_id) {
  block_ = next_id / kBlockRows;
  VectorBlockReader reader(dim_, database_);
  const Status read = reader.Read(set_, block_, &current_);
  if (read.code() == StatusCode::kNotFound) current_ = {};
  return read.code() == StatusCode::kNotFound ? Status::Ok() : read;
}

void VectorAppender::OpenEmpty() {
  block_ = 0;
  current_ = {};
  dirty_ = false;
}

Status VectorAppender::MoveTo(uint32_t id) {
  if (id / kBlockRows != block_) {
    SG_RETURN_IF_ERROR(Flush());
    block_ = id / kBlockRows;
    current_ = {};
  }
  current_.rows = id % kBlockRows;
  current_.scales.resize(current_.rows * sizeof(float));
  current_.codes.resize(current_.rows * dim_);
  return Status::Ok();
}

Status VectorAppender::Append(uint32_t first_id, const QuantizedRows& rows) {
  for (size_t done = 0; done < rows.rows;) {
    const uint32_t id = first_id + static_cast<uint32_t>(done);
    SG_RETURN_IF_ERROR(MoveTo(id));
    const size_t count = std::min<size_t>(rows.rows - done, kBlockRows - id % kBlockRows);
    current_.scales += BytesOf(std::span(rows.scales).subspan(done, count));
    const auto codes = rows.codes.begin() + static_cast<ptrdiff_t>(done * dim_);
    current_.codes.insert(current_.codes.end(), codes,
                          codes + static_cast<ptrdiff_t>(count * dim_));
    current_.rows += static_cast<uint32_t>(count);
    dirty_ = true;
    done += count;
  }
  return Status::Ok();
}

Status VectorAppender::Flush() { return dirty_ ? Write() : Status::Ok(); }

Status VectorAppender::Write() {
  const int bits = MagnitudeBitsOf(set_);
  const size_t sign_bytes = SignBytes(dim_), magnitude_bytes = MagnitudeBytes(dim_, bits);
  std::string signs, magnitudes;
  for (size_t i = 0; i < current_.rows; ++i) {
    if (!HasScale(current_.scales, i)) continue;
    signs.resize(signs.size() + sign_bytes);
    magnitudes.resize(magnitudes.size() + magnitude_bytes);
    SplitRow(&current_.codes[i * dim_], dim_, bits, &signs[signs.size() - sign_bytes],
             &magnitudes[magnitudes.size() - magnitude_bytes]);
  }
  SG_ASSIGN_OR_RETURN(
      Statement put,
      database_->Prepare("INSERT OR REPLACE INTO vector_blocks VALUES(?, ?, ?, ?, ?)"));
  put.BindInt(1, VectorBlockId(set_, block_));
  put.BindInt(2, current_.rows);
  put.BindBlob(3, current_.scales);
  put.BindBlob(4, signs);
  put.BindBlob(5, magnitudes);
  dirty_ = false;
  return put.Run();
}

Status VectorAppender::TruncateBehind() {
  SG_ASSIGN_OR_RETURN(Statement remove,
                      database_->Prepare("DELETE FROM vector_blocks WHERE id BETWEEN ? AND ?"));
  remove.BindInt(1, VectorBlockId(set_, block_) + (current_.rows > 0 ? 1 : 0));
  remove.BindInt(2, VectorBlockId(set_, 0) + kVectorSetStride - 1);
  return remove.Run();
}

}  // namespace sg
