#pragma once
// Remembers how a token model cut the pieces that it saw lately: text repeats its words, and a
// lookup is cheaper than merging or searching again. Each thread has its own cache for each model,
// so nothing locks. Bounded: a full cache is emptied.

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "core/base/hash.h"
#include "core/base/status.h"
#include "core/text/token_model.h"

namespace sg {

class PieceCache {
 public:
  // A number for a model that no other model of this process gets.
  static uint64_t NewOwner();

  // Appends the tokens of `piece` at `offset`: those that this thread has for `owner`, else those
  // that cut(), a Status, appends.
  template <typename Cut>
  static Status Append(uint64_t owner, std::string_view piece, uint32_t offset,
                       std::vector<ModelToken>* tokens, const Cut& cut) {
    if (piece.size() > kMaxPieceBytes) return cut();
    PieceCache& cache = OfThisThread(owner);
    const uint64_t hash = Hash64(piece);
    if (cache.Find(piece, hash, offset, tokens)) return Status::Ok();
    const size_t first = tokens->size();
    SG_RETURN_IF_ERROR(cut());
    cache.Insert(piece, hash, offset, std::span(*tokens).subspan(first));
    return Status::Ok();
  }

 private:
  static constexpr size_t kMaxPieceBytes = 64;
  static constexpr size_t kSlots = size_t{1} << 15;

  struct Slot {
    uint64_t hash = 0;
    uint32_t text_begin = 0;
    uint32_t token_begin = 0;
    uint16_t text_size = 0;  // 0: free
    uint16_t token_count = 0;
  };

  // This thread's cache for `owner`. The reference is good until the next call on this thread. A
  // thread keeps the caches of the few models it used last.
  static PieceCache& OfThisThread(uint64_t owner);

  // Appends the tokens stored for `piece`, moved to `offset`; false if there are none stored.
  // `hash` must be Hash64(piece).
  bool Find(std::string_view piece, uint64_t hash, uint32_t offset,
            std::vector<ModelToken>* tokens) const;

  // Stores the tokens that `piece` at `offset` got. REQUIRES: Find did not find it;
  // piece.size() <= kMaxPieceBytes.
  void Insert(std::string_view piece, uint64_t hash, uint32_t offset,
              std::span<const ModelToken> tokens);

  void Clear();

  std::vector<Slot> slots_ = std::vector<Slot>(kSlots);
  std::vector<char> text_;
  std::vector<ModelToken> tokens_;  // relative to their piece
  size_t used_ = 0;
};

}  // namespace sg
