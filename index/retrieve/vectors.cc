#include "index/retrieve/vectors.h"

namespace sg {

Result<LoadedVectors> LoadedVectors::Load(const Snapshot& snapshot, VectorSet set) {
  LoadedVectors loaded;
  loaded.dim_ = snapshot.settings().space.dim;
  SG_RETURN_IF_ERROR(snapshot.ScanVectors(set, [&](VectorBlock&& block) -> Status {
    const size_t rows = block.ids.size();
    if (block.files.size() != rows || block.scales.size() != rows ||
        block.codes.size() != rows * loaded.dim_) {
      return CorruptError("a vector block of the index has parts of different length");
    }
    loaded.blocks_.push_back(std::move(block));
    return Status::Ok();
  }));
  return loaded;
}

float QuantizedDot(const int8_t* codes, float scale, std::span<const float> query) {
  float sum = 0;
  for (size_t i = 0; i < query.size(); ++i) sum += static_cast<float>(codes[i]) * query[i];
  return scale * sum;
}

}  // namespace sg
