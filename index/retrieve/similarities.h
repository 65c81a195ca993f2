#pragma once
// Similarities by id: an array where every row of a set was compared, else the few that were, so
// that a search of a large index does not walk over all its chunks again and again. Plain data.

#include <algorithm>
#include <cstdint>
#include <limits>
#include <utility>
#include <vector>

namespace sg {

// A similarity that was not computed.
inline constexpr float kNoSimilarity = -std::numeric_limits<float>::infinity();

class Similarities {
 public:
  // For ids below `id_limit`, most of which will be put.
  static Similarities Dense(size_t id_limit) {
    Similarities out;
    out.dense_.assign(id_limit, kNoSimilarity);
    return out;
  }
  // For few ids.
  static Similarities Sparse() { return {}; }

  // REQUIRES: each id once; below id_limit in a dense one.
  void Put(uint32_t id, float similarity) {
    if (!dense_.empty()) {
      dense_[id] = similarity;
    } else {
      sparse_.emplace_back(id, similarity);
    }
  }
  // Call it after the last Put.
  void Finish() {
    if (!std::is_sorted(sparse_.begin(), sparse_.end())) std::sort(sparse_.begin(), sparse_.end());
  }

  // kNoSimilarity without one. O(log n) in a sparse one.
  float Find(uint32_t id) const {
    if (!dense_.empty()) return id < dense_.size() ? dense_[id] : kNoSimilarity;
    const auto found =
        std::lower_bound(sparse_.begin(), sparse_.end(), id,
                         [](const auto& entry, uint32_t wanted) { return entry.first < wanted; });
    return found != sparse_.end() && found->first == id ? found->second : kNoSimilarity;
  }

  // Calls visit(id, similarity) for each that was put, ids ascending.
  template <typename Visit>
  void ForEach(Visit visit) const {
    for (const auto& [id, similarity] : sparse_) visit(id, similarity);
    for (uint32_t id = 0; id < dense_.size(); ++id) {
      if (dense_[id] != kNoSimilarity) visit(id, dense_[id]);
    }
  }

 private:
  std::vector<float> dense_;                        // [id]
  std::vector<std::pair<uint32_t, float>> sparse_;  // ids ascending after Finish
};

}  // namespace sg
