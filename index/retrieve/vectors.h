#pragma once
// The vector arm: similarities of one query vector to all vectors of a set. Thread-compatible.

#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "core/base/status.h"
#include "index/retrieve/scope.h"
#include "index/store/store.h"

namespace sg {

// Smallest and largest of some values; Scale maps them to [0, 1].
struct ValueRange {
  float low = std::numeric_limits<float>::infinity();
  float high = -std::numeric_limits<float>::infinity();

  void Add(float v) {
    low = v < low ? v : low;
    high = v > high ? v : high;
  }
  // Returns (v - low) / (high - low); 0 if all values are equal.
  float Scale(float v) const { return high > low ? (v - low) / (high - low) : 0.0f; }
};

// A set of vectors in memory.
class LoadedVectors {
 public:
  static Result<LoadedVectors> Load(const Snapshot& snapshot, VectorSet set);

  size_t dim() const { return dim_; }
  const std::vector<VectorBlock>& blocks() const { return blocks_; }

  // Calls visit(id, file, similarity) for each vector. REQUIRES: query.size() == dim().
  template <typename Visit>
  void Compare(std::span<const float> query, Visit visit) const;

 private:
  size_t dim_ = 0;
  std::vector<VectorBlock> blocks_;
};

// Returns scale * sum(codes[i] * query[i]).
float QuantizedDot(const int8_t* codes, float scale, std::span<const float> query);

template <typename Visit>
void LoadedVectors::Compare(std::span<const float> query, Visit visit) const {
  for (const VectorBlock& block : blocks_) {
    for (size_t i = 0; i < block.ids.size(); ++i) {
      visit(block.ids[i], block.files[i],
            QuantizedDot(block.codes.data() + i * dim_, block.scales[i], query));
    }
  }
}

}  // namespace sg
