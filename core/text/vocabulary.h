#pragma once
// The numbered pieces of a token model. Immutable after loading, thread-safe.

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace sg {

class Vocabulary {
 public:
  Vocabulary() = default;
  // Of equal pieces, and of equal ids, the last one holds.
  explicit Vocabulary(std::vector<std::pair<std::string, uint32_t>> entries)
      : entries_(std::move(entries)) {
    by_piece_.reserve(entries_.size());
    for (const auto& [piece, id] : entries_) {
      by_piece_[piece] = id;
      by_id_[id] = piece;
      id_end_ = std::max(id_end_, size_t{id} + 1);
    }
  }
  Vocabulary(Vocabulary&&) = default;
  Vocabulary& operator=(Vocabulary&&) = default;

  // Number of distinct pieces.
  size_t size() const { return by_piece_.size(); }

  std::optional<uint32_t> Find(std::string_view piece) const {
    const auto found = by_piece_.find(piece);
    if (found == by_piece_.end()) return std::nullopt;
    return found->second;
  }

  std::optional<std::string_view> PieceOf(uint32_t id) const {
    const auto found = by_id_.find(id);
    if (found == by_id_.end()) return std::nullopt;
    return found->second;
  }

  // One more than the highest id.
  size_t id_end() const { return id_end_; }

  const std::unordered_map<std::string_view, uint32_t>& pieces() const { return by_piece_; }

 private:
  std::vector<std::pair<std::string, uint32_t>> entries_;  // owns the texts
  std::unordered_map<std::string_view, uint32_t> by_piece_;
  std::unordered_map<uint32_t, std::string_view> by_id_;
  size_t id_end_ = 0;
};

}  // namespace sg
