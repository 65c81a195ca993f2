#include <algorithm>
#include <array>
#include <optional>
#include <queue>
#include <string>
#include <utility>

#include "core/text/piece_cache.h"
#include "core/text/pre_tokenizer.h"
#include "core/text/token_model.h"
#include "core/text/unicode.h"

namespace sg {
namespace {

constexpr uint32_t kNoRank = 0xFFFFFFFF;
constexpr uint32_t kNoId = 0xFFFFFFFF;

struct MergeRule {
  uint32_t rank = kNoRank;
  uint32_t id = 0;  // of the merged piece
};

// Pair of ids -> rule; open addressing, at most half full.
class MergeTable {
 public:
  void Reserve(size_t count) {
    size_t capacity = 16;
    while (capacity < count * 2) capacity *= 2;
    slots_.assign(capacity, Slot{});
  }

  // REQUIRES: at most as many distinct pairs as were reserved. A later rule of a pair replaces.
  void Insert(uint32_t left, uint32_t right, MergeRule rule) {
    const uint64_t key = Key(left, right);
    size_t i = Home(key);
    while (slots_[i].rule.rank != kNoRank && slots_[i].key != key) i = (i + 1) % slots_.size();
    slots_[i] = {.key = key, .rule = rule};
  }

  MergeRule Find(uint32_t left, uint32_t right) const {
    const uint64_t key = Key(left, right);
    for (size_t i = Home(key);; i = (i + 1) & (slots_.size() - 1)) {
      if (slots_[i].rule.rank == kNoRank || slots_[i].key == key) return slots_[i].rule;
    }
  }

 private:
  struct Slot {
    uint64_t key = 0;
    MergeRule rule;
  };

  static uint64_t Key(uint32_t left, uint32_t right) { return uint64_t{left} << 32 | right; }
  size_t Home(uint64_t key) const {
    key *= 0x9E3779B97F4A7C15u;  // 2^64 / golden ratio (Knuth 6.4)
    return (key ^ key >> 32) & (slots_.size() - 1);
  }

  std::vector<Slot> slots_ = std::vector<Slot>(16);
};

// A piece under merging.
struct Symbol {
  uint32_t id;
  uint32_t size_bytes;
};

// Merges by searching all pairs for the lowest rank again and again: O(n^2), fastest when short.
void MergeShort(const MergeTable& table, std::vector<Symbol>* symbols) {
  constexpr size_t kMax = 64;
  std::array<MergeRule, kMax> rules;
  std::vector<Symbol>& s = *symbols;
  size_t n = s.size();
  for (size_t i = 0; i + 1 < n; ++i) rules[i] = table.Find(s[i].id, s[i + 1].id);
  while (n > 1) {
    size_t best = 0;
    for (size_t i = 1; i + 1 < n; ++i) {
      if (rules[i].rank < rules[best].rank) best = i;
    }
    if (rules[best].rank == kNoRank) break;
    s[best] = {rules[best].id, s[best].size_bytes + s[best + 1].size_bytes};
    std::copy(s.begin() + static_cast<std::ptrdiff_t>(best) + 2,
              s.begin() + static_cast<std::ptrdiff_t>(n),
              s.begin() + static_cast<std::ptrdiff_t>(best) + 1);
    for (size_t i = best + 1; i + 2 < n; ++i) rules[i] = rules[i + 1];
    --n;
    if (best > 0) rules[best - 1] = table.Find(s[best - 1].id, s[best].id);
    if (best + 1 < n) rules[best] = table.Find(s[best].id, s[best + 1].id);
  }
  s.resize(n);
}

// The same with a heap: O(n log n), so that no text makes it slow.
class LongMerger {
 public:
  LongMerger(const MergeTable& table, std::vector<Symbol>* symbols)
      : table_(table), symbols_(*symbols), links_(symbols->size()) {
    for (size_t i = 0; i < links_.size(); ++i) links_[i] = {.previous = i - 1, .next = i + 1};
    for (size_t i = 0; i + 1 < links_.size(); ++i) Push(i, i + 1);
  }

  void Run() {
    while (!queue_.empty()) {
      const Candidate top = queue_.top();
      queue_.pop();
      Symbol& left = symbols_[top.position];
      if (gone_[top.position]) continue;
      const size_t next = links_[top.position].next;
      if (next >= links_.size()) continue;
      const MergeRule rule = table_.Find(left.id, symbols_[next].id);
      if (rule.rank == kNoRank || rule.id != top.id) continue;  // the pair is no more
      left = {top.id, left.size_bytes + symbols_[next].size_bytes};
      symbols_[next].size_bytes = 0;
      gone_[next] = true;
      links_[top.position].next = links_[next].next;
      const size_t after = links_[top.position].next;
      if (after < links_.size()) {
        links_[after].previous = top.position;
        Push(top.position, after);
      }
      const size_t before = links_[top.position].previous;
      if (before < links_.size()) Push(before, top.position);
    }
    size_t kept = 0;
    for (size_t i = 0; i < symbols_.size(); ++i) {
      if (!gone_[i]) symbols_[kept++] = symbols_[i];
    }
    symbols_.resize(kept);
  }

 private:
  struct Link {
    size_t previous, next;
  };
  struct Candidate {
    uint32_t rank;
    uint32_t id;
    size_t position;
    bool operator<(const Candidate& other) const {  // the queue's top is the largest
      return rank != other.rank ? rank > other.rank : position > other.position;
    }
  };

  void Push(size_t left, size_t right) {
    const MergeRule rule = table_.Find(symbols_[left].id, symbols_[right].id);
    if (rule.rank != kNoRank) queue_.push({rule.rank, rule.id, left});
  }

  const MergeTable& table_;
  std::vector<Symbol>& symbols_;
  std::vector<Link> links_;
  std::vector<bool> gone_ = std::vector<bool>(symbols_.size());
  std::priority_queue<Candidate> queue_;
};

class Bpe : public TokenModel {
 public:
  Bpe(Vocabulary vocabulary, const BpeOptions& options)
      : vocabulary_(std::move(vocabulary)), options_(options) {
    if (!options_.unk_token.empty()) unk_id_ = vocabulary_.Find(options_.unk_token);
    for (size_t b = 0; b < 256; ++b) {
      std::string name;
      AppendUtf8(ByteLevelChar(static_cast<uint8_t>(b)), &name);
      byte_ids_[b] = vocabulary_.Find(name).value_or(kNoId);
      constexpr char kHex[] = "0123456789ABCDEF";
      const std::string fallback = std::string("<0x") + kHex[b >> 4] + kHex[b & 15] + '>';
      fallback_ids_[b] = vocabulary_.Find(fallback).value_or(kNoId);
    }
  }

  Status AddMerges(const std::vector<Merge>& merges) {
    merges_.Reserve(merges.size());
    const std::string& prefix = options_.continuing_subword_prefix;
    for (size_t rank = 0; rank < merges.size(); ++rank) {
      const auto& [left, right] = merges[rank];
      if (right.size() < prefix.size())
        return CorruptError("the merge '" + right + "' is too short");
      const std::string merged = left + right.substr(prefix.size());
      const auto left_id = vocabulary_.Find(left);
      const auto right_id = vocabulary_.Find(right);
      const auto merged_id = vocabulary_.Find(merged);
      if (!left_id || !right_id || !merged_id) {
        return CorruptError("the merge of '" + left + "' and '" + right +
                            "' is not over the vocabulary");
      }
      merges_.Insert(*left_id, *right_id, {static_cast<uint32_t>(rank), *merged_id});
    }
    return Status::Ok();
  }

  Status Tokenize(std::string_view piece, uint32_t offset,
                  std::vector<ModelToken>* tokens) const override {
    return PieceCache::Append(owner_, piece, offset, tokens,
                              [&] { return Merge(piece, offset, tokens); });
  }

  const Vocabulary& vocabulary() const override { return vocabulary_; }

 private:
  Status Merge(std::string_view piece, uint32_t offset, std::vector<ModelToken>* tokens) const {
    if (options_.ignore_merges) {
      if (const std::optional<uint32_t> id = WholePiece(piece)) {
        tokens->push_back({*id, offset, offset + static_cast<uint32_t>(piece.size())});
        return Status::Ok();
      }
    }
    std::vector<Symbol> symbols;
    symbols.reserve(piece.size());
    SG_RETURN_IF_ERROR(options_.byte_level ? SplitBytes(piece, &symbols)
                                           : SplitChars(piece, &symbols));
    if (symbols.size() <= 64) {
      MergeShort(merges_, &symbols);
    } else {
      LongMerger(merges_, &symbols).Run();
    }
    for (const Symbol& symbol : symbols) {
      tokens->push_back({symbol.id, offset, offset + symbol.size_bytes});
      offset += symbol.size_bytes;
    }
    return Status::Ok();
  }

  std::optional<uint32_t> WholePiece(std::string_view piece) const {
    if (!options_.byte_level) return vocabulary_.Find(piece);
    std::string name;
    for (const char c : piece) AppendUtf8(ByteLevelChar(static_cast<uint8_t>(c)), &name);
    return vocabulary_.Find(name);
  }

  // Collects symbols, holding back unknown ones so that neighbours can be fused.
  class SymbolList {
   public:
    SymbolList(const Bpe& bpe, std::vector<Symbol>* symbols) : bpe_(bpe), symbols_(symbols) {}

    void AddKnown(uint32_t id, uint32_t size_bytes) {
      Flush();
      symbols_->push_back({id, size_bytes});
    }

    Status AddUnknown(uint32_t size_bytes) {
      if (bpe_.options_.unk_token.empty()) return Status::Ok();
      if (!bpe_.unk_id_) {
        return CorruptError("the vocabulary lacks the unknown token '" + bpe_.options_.unk_token +
                            "'");
      }
      if (unknown_bytes_ > 0 && !bpe_.options_.fuse_unk) Flush();
      unknown_bytes_ += size_bytes;
      return Status::Ok();
    }

    void Flush() {
      if (unknown_bytes_ > 0) symbols_->push_back({*bpe_.unk_id_, unknown_bytes_});
      unknown_bytes_ = 0;
    }

   private:
    const Bpe& bpe_;
    std::vector<Symbol>* symbols_;
    uint32_t unknown_bytes_ = 0;
  };

  Status SplitBytes(std::string_view piece, std::vector<Symbol>* symbols) const {
    SymbolList list(*this, symbols);
    for (const char c : piece) {
      const uint32_t id = byte_ids_[static_cast<uint8_t>(c)];
      if (id != kNoId) {
        list.AddKnown(id, 1);
      } else {
        SG_RETURN_IF_ERROR(list.AddUnknown(1));
      }
    }
    list.Flush();
    return Status::Ok();
  }

  Status SplitChars(std::string_view piece, std::vector<Symbol>* symbols) const {
    SymbolList list(*this, symbols);
    std::string name;
    for (size_t begin = 0; begin < piece.size();) {
      const size_t size = CharLength(piece[begin]);
      name = begin > 0 ? options_.continuing_subword_prefix : std::string();
      name += piece.substr(begin, size);
      begin += size;
      if (begin == piece.size()) name += options_.end_of_word_suffix;
      if (const auto id = vocabulary_.Find(name)) {
        list.AddKnown(*id, static_cast<uint32_t>(size));
      } else if (!options_.byte_fallback || !AddBytes(name, symbols)) {
        SG_RETURN_IF_ERROR(list.AddUnknown(static_cast<uint32_t>(size)));
      }
    }
    list.Flush();
    return Status::Ok();
  }

  // As the reference does, without writing out unknown characters that wait before it.
  bool AddBytes(std::string_view name, std::vector<Symbol>* symbols) const {
    for (const char c : name) {
      if (fallback_ids_[static_cast<uint8_t>(c)] == kNoId) return false;
    }
    for (const char c : name) symbols->push_back({fallback_ids_[static_cast<uint8_t>(c)], 1});
    return true;
  }

  Vocabulary vocabulary_;
  BpeOptions options_;
  MergeTable merges_;
  std::optional<uint32_t> unk_id_;
  std::array<uint32_t, 256> byte_ids_;
  std::array<uint32_t, 256> fallback_ids_;
  uint64_t owner_ = PieceCache::NewOwner();
};

}  // namespace

Result<TokenModelPtr> MakeBpe(Vocabulary vocabulary, const std::vector<Merge>& merges,
                              const BpeOptions& options) {
  auto bpe = std::make_unique<Bpe>(std::move(vocabulary), options);
  SG_RETURN_IF_ERROR(bpe->AddMerges(merges));
  TokenModelPtr model = std::move(bpe);
  return model;
}

}  // namespace sg
