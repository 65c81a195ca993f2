#include "index/retrieve/vectors.h"

#include <algorithm>
#include <cstring>
#include <iterator>

namespace sg {
namespace {

// The rows of a block as 64-bit words (little-endian, as the index is written), zero beyond the
// end: where they lie if that will do, else in `copy`.
std::span<const uint64_t> SignWordsOf(const SignBlock& block, size_t words,
                                      std::vector<uint64_t>* copy) {
  const char* bytes = block.bits.data();
  const size_t row_bytes = words * sizeof(uint64_t);
  const bool in_place =
      block.row_bytes == row_bytes && reinterpret_cast<uintptr_t>(bytes) % sizeof(uint64_t) == 0;
  if (in_place) return {reinterpret_cast<const uint64_t*>(bytes), block.rows * words};
  copy->assign(block.rows * words, 0);
  for (size_t i = 0; i < block.rows; ++i) {
    std::memcpy(copy->data() + i * words, bytes + i * block.row_bytes, block.row_bytes);
  }
  return *copy;
}

}  // namespace

Result<SignScan> SignScan::Run(const Snapshot& snapshot, VectorSet set,
                               std::span<const float> query) {
  SignScan scan;
  scan.max_distance_ = query.size();
  std::vector<uint64_t> wanted(SignWords(query.size()));
  PackSigns(query, wanted);
  // Not the stored counts, which a damaged index may have wrong.
  SG_ASSIGN_OR_RETURN(const std::span<const FileId> chunk_files, snapshot.ChunkFiles());
  scan.distances_.reserve(set == VectorSet::kChunk
                              ? chunk_files.size()
                              : std::min<size_t>(snapshot.counts().files, chunk_files.size()));
  SG_RETURN_IF_ERROR(
      snapshot.ScanSigns(set, [&](const SignBlock& block) { return scan.Add(block, wanted); }));
  return scan;
}

Status SignScan::Add(const SignBlock& block, std::span<const uint64_t> wanted) {
  if (block.row_bytes != (max_distance_ + 7) / 8 ||
      block.bits.size() != block.rows * block.row_bytes) {
    return CorruptError("a block of sign bits of the index has parts of different length");
  }
  std::vector<uint64_t> copy;
  std::vector<uint32_t> distances(block.rows);
  HammingRows(wanted, SignWordsOf(block, wanted.size(), &copy), block.rows, distances);
  blocks_.push_back({.begin = distances_.size(),
                     .rows = block.rows,
                     .first_id = block.first_id,
                     .ids = {block.ids.begin(), block.ids.end()}});
  for (uint32_t distance : distances) {
    distances_.push_back(static_cast<uint16_t>(std::min<uint32_t>(distance, UINT16_MAX)));
  }
  return Status::Ok();
}

Status VectorRows::Check(const VectorBlock& block) const {
  const size_t rows = block.ids.size();
  if (block.scales.size() != rows || block.codes.size() != rows * dim_) {
    return CorruptError("a vector block of the index has parts of different length");
  }
  return Status::Ok();
}

Status VectorRows::ReadAll(const Snapshot& snapshot, VectorSet set) {
  return snapshot.ScanVectors(set, [&](VectorBlock&& block) -> Status {
    SG_RETURN_IF_ERROR(Check(block));
    blocks_.push_back(std::move(block));
    return Status::Ok();
  });
}

Status VectorRows::ReadMore(const Snapshot& snapshot, VectorSet set, std::vector<uint32_t> ids) {
  if (whole_) return Status::Ok();
  std::sort(ids.begin(), ids.end());
  ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
  std::vector<uint32_t> fresh;
  std::set_difference(ids.begin(), ids.end(), read_.begin(), read_.end(),
                      std::back_inserter(fresh));
  if (fresh.empty()) return Status::Ok();
  SG_ASSIGN_OR_RETURN(VectorBlock block, snapshot.ReadVectors(set, fresh));
  SG_RETURN_IF_ERROR(Check(block));
  blocks_.push_back(std::move(block));
  std::vector<uint32_t> all;
  std::merge(read_.begin(), read_.end(), fresh.begin(), fresh.end(), std::back_inserter(all));
  read_ = std::move(all);
  return Status::Ok();
}

}  // namespace sg
