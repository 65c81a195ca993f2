#include "core/text/piece_cache.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <cstring>
#include <memory>

namespace sg {
namespace {

struct OwnedCache {
  uint64_t owner = 0;
  std::unique_ptr<PieceCache> cache;
};

}  // namespace

uint64_t PieceCache::NewOwner() {
  static std::atomic<uint64_t> last{0};
  return ++last;
}

PieceCache& PieceCache::OfThisThread(uint64_t owner) {
  thread_local std::array<OwnedCache, 4> caches;  // the one used last in front
  for (size_t i = 0; i < caches.size(); ++i) {
    if (caches[i].owner != owner) continue;
    std::rotate(caches.begin(), caches.begin() + static_cast<std::ptrdiff_t>(i),
                caches.begin() + static_cast<std::ptrdiff_t>(i) + 1);
    return *caches[0].cache;
  }
  std::rotate(caches.begin(), caches.end() - 1, caches.end());
  caches[0] = {.owner = owner, .cache = std::make_unique<PieceCache>()};
  return *caches[0].cache;
}

bool PieceCache::Find(std::string_view piece, uint64_t hash, uint32_t offset,
                      std::vector<ModelToken>* tokens) const {
  for (size_t i = hash % kSlots;; i = (i + 1) % kSlots) {
    const Slot& slot = slots_[i];
    if (slot.text_size == 0) return false;
    if (slot.hash != hash || slot.text_size != piece.size() ||
        std::memcmp(text_.data() + slot.text_begin, piece.data(), piece.size()) != 0) {
      continue;
    }
    const ModelToken* stored = tokens_.data() + slot.token_begin;
    for (size_t t = 0; t < slot.token_count; ++t) {
      tokens->push_back({stored[t].id, stored[t].begin + offset, stored[t].end + offset});
    }
    return true;
  }
}

void PieceCache::Insert(std::string_view piece, uint64_t hash, uint32_t offset,
                        std::span<const ModelToken> tokens) {
  if (piece.empty() || tokens.size() > UINT16_MAX) return;
  if (used_ * 4 >= kSlots * 3) Clear();
  size_t i = hash % kSlots;
  while (slots_[i].text_size != 0) i = (i + 1) % kSlots;
  slots_[i] = {.hash = hash,
               .text_begin = static_cast<uint32_t>(text_.size()),
               .token_begin = static_cast<uint32_t>(tokens_.size()),
               .text_size = static_cast<uint16_t>(piece.size()),
               .token_count = static_cast<uint16_t>(tokens.size())};
  text_.insert(text_.end(), piece.begin(), piece.end());
  for (const ModelToken& token : tokens) {
    tokens_.push_back({token.id, token.begin - offset, token.end - offset});
  }
  ++used_;
}

void PieceCache::Clear() {
  std::fill(slots_.begin(), slots_.end(), Slot{});
  text_.clear();
  tokens_.clear();
  used_ = 0;
}

}  // namespace sg
