#include "index/retrieve/vectors.h"

#include <algorithm>
#include <cstring>
#include <iterator>

namespace sg {
namespace {

// The rows of a block as 64-bit words (little-endian, as the index is written), zero beyond the
// end.
std::vector<uint64_t> SignWordsOf(const SignBlock& block, size_t words) {
  std::vector<uint64_t> out(block.ids.size() * words, 0);
  if (block.row_bytes == words * sizeof(uint64_t)) {
    if (!block.bits.empty()) std::memcpy(out.data(), block.bits.data(), block.bits.size());
    return out;
  }
  for (size_t i = 0; i < block.ids.size(); ++i) {
    std::memcpy(out.data() + i * words, block.bits.data() + i * block.row_bytes, block.row_bytes);
  }
  return out;
}

}  // namespace

Result<SignScan> SignScan::Run(const Snapshot& snapshot, VectorSet set,
                               std::span<const float> query) {
  SignScan scan;
  scan.max_distance_ = query.size();
  const size_t words = SignWords(query.size());
  std::vector<uint64_t> wanted(words);
  PackSigns(query, wanted);
  // Not the stored counts, which a damaged index may have wrong.
  SG_ASSIGN_OR_RETURN(const std::span<const FileId> chunk_files, snapshot.ChunkFiles());
  const size_t most_rows = set == VectorSet::kChunk
                               ? chunk_files.size()
                               : std::min<size_t>(snapshot.counts().files, chunk_files.size());
  scan.ids_.reserve(most_rows);
  scan.distances_.reserve(most_rows);
  SG_RETURN_IF_ERROR(snapshot.ScanSigns(set, [&](SignBlock&& block) -> Status {
    const size_t rows = block.ids.size();
    if (block.row_bytes != (query.size() + 7) / 8 || block.bits.size() != rows * block.row_bytes) {
      return CorruptError("a block of sign bits of the index has parts of different length");
    }
    const size_t begin = scan.distances_.size();
    scan.distances_.resize(begin + rows);
    HammingRows(wanted, SignWordsOf(block, words), rows, std::span(scan.distances_).subspan(begin));
    scan.ids_.insert(scan.ids_.end(), block.ids.begin(), block.ids.end());
    return Status::Ok();
  }));
  return scan;
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
