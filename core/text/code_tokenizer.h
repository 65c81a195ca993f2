#pragma once
// The tokenizer of sg's own static models: identifier-aware words over a vocabulary of whole words
// and pieces. Immutable after Parse; all const methods are thread-safe.
//
// 1. Words are maximal runs of ASCII letters, cut between lower and upper case and before the last
//    capital of a run that is followed by a lower-case letter (HTTPServer -> http server), and runs
//    of at most four digits. Every other byte separates; longer runs of digits, and words of more
//    than 40 letters, are dropped. (Not the words of core/text/words.h: those keep both, in parts.)
// 2. A word of the vocabulary, lower-cased, is its id. Any other word is split by Viterbi into
//    vocabulary pieces of at most 16 letters so that the sum of scores is largest; of equal sums
//    the one with the longer last piece. (Unigram segmentation, Kudo 2018.)

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "core/base/status.h"

namespace sg {

// A vocabulary as CodeTokenizer searches it. Plain data.
struct PreparedVocabulary {
  // Where a piece lies in the vocabulary's text, and its Viterbi score.
  struct Piece {
    uint32_t begin;
    uint32_t length;
    float score;
  };
  // Open addressing by the hash of the word; the tag spares most comparisons of bytes.
  struct Slot {
    uint32_t tag = 0;
    uint32_t id_plus_one = 0;  // 0: free
  };
  std::span<const Piece> pieces;  // [id]
  std::span<const Slot> slots;    // a power of two, at least twice the pieces
};

class CodeTokenizer {
 public:
  static constexpr size_t kMaxWordBytes = 40;
  static constexpr size_t kMaxPieceBytes = 16;
  static constexpr size_t kMaxDigits = 4;

  CodeTokenizer() = default;
  CodeTokenizer(CodeTokenizer&&) noexcept = default;
  CodeTokenizer& operator=(CodeTokenizer&&) noexcept = default;

  // Reads a vocabulary: a line "piece TAB score" for each id, in order. O(vocabulary).
  // REQUIRES: `vocab_tsv` outlives the tokenizer, which looks into it. kCorrupt.
  static Result<CodeTokenizer> Parse(std::string_view vocab_tsv);
  // The same from tables() of a tokenizer that read the same bytes. O(1).
  // REQUIRES: `tables` outlive the tokenizer.
  static CodeTokenizer FromTables(std::string_view vocab_tsv, const PreparedVocabulary& tables);

  const PreparedVocabulary& tables() const { return tables_; }
  size_t vocab_size() const { return tables_.pieces.size(); }
  // REQUIRES: id < vocab_size().
  std::string_view piece(uint32_t id) const {
    return vocab_.substr(tables_.pieces[id].begin, tables_.pieces[id].length);
  }

  // Calls sink(uint32_t id) for each token of `text` in order.
  template <typename Sink>
  void ForEachToken(std::string_view text, Sink&& sink) const;

  std::vector<uint32_t> Tokenize(std::string_view text) const;

 private:
  static constexpr uint32_t kNone = UINT32_MAX;

  using Piece = PreparedVocabulary::Piece;
  using Slot = PreparedVocabulary::Slot;

  static constexpr uint64_t kHashSeed = 0x243F6A8885A308D3;  // digits of pi
  static uint64_t HashByte(uint64_t hash, char byte) {
    // Multiplicative hashing, one byte a step so that all prefixes of a word hash in one pass; the
    // constant is 2^64 divided by the golden ratio (Knuth, vol. 3, 6.4).
    return (hash ^ static_cast<unsigned char>(byte)) * 0x9E3779B97F4A7C15;
  }
  static uint32_t Tag(uint64_t hash) { return static_cast<uint32_t>(hash >> 16); }

  // Returns the id of the piece with these bytes, or kNone.
  uint32_t Find(const char* bytes, size_t length, uint64_t hash) const {
    const std::span<const Slot> slots = tables_.slots;
    for (size_t i = hash >> slot_shift_; slots[i].id_plus_one != 0; i = (i + 1) & slot_mask_) {
      if (slots[i].tag != Tag(hash)) continue;
      const uint32_t id = slots[i].id_plus_one - 1;
      if (piece(id) == std::string_view(bytes, length)) return id;
    }
    return kNone;
  }

  void UseTables(const PreparedVocabulary& tables);
  void Reserve(size_t max_pieces);
  // Reads the line of vocab_ at `line_begin`. Returns its length.
  Result<size_t> AddPiece(size_t line_begin);
  // Writes the ids of the best segmentation of `word`; returns how many (0: there is none).
  size_t Segment(std::string_view word, std::span<uint32_t, kMaxWordBytes> ids) const;

  static constexpr Slot kNoSlots[2] = {};

  std::string_view vocab_;
  std::vector<Piece> own_pieces_;  // of Parse
  std::vector<Slot> own_slots_;
  PreparedVocabulary tables_ = {.slots = kNoSlots};
  unsigned slot_shift_ = 63;
  size_t slot_mask_ = 1;
};

template <typename Sink>
void CodeTokenizer::ForEachToken(std::string_view text, Sink&& sink) const {
  const auto is_upper = [](char c) { return c >= 'A' && c <= 'Z'; };
  const auto is_lower = [](char c) { return c >= 'a' && c <= 'z'; };
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  const char* p = text.data();
  const char* const end = p + text.size();
  while (p < end) {
    const char* const begin = p;
    size_t limit = kMaxWordBytes;
    if (is_lower(*p)) {
      while (p < end && is_lower(*p)) ++p;
    } else if (is_upper(*p)) {
      while (p < end && is_upper(*p)) ++p;
      if (p < end && is_lower(*p)) {
        if (p - begin > 1) {
          --p;
        } else {
          while (p < end && is_lower(*p)) ++p;
        }
      }
    } else if (is_digit(*p)) {
      while (p < end && is_digit(*p)) ++p;
      limit = kMaxDigits;
    } else {
      ++p;
      continue;
    }
    const auto length = static_cast<size_t>(p - begin);
    if (length > limit) continue;
    char word[kMaxWordBytes];
    uint64_t hash = kHashSeed;
    for (size_t i = 0; i < length; ++i) {
      word[i] = static_cast<char>(begin[i] | 0x20);  // digits have that bit already
      hash = HashByte(hash, word[i]);
    }
    if (const uint32_t id = Find(word, length, hash); id != kNone) {
      sink(id);
      continue;
    }
    std::array<uint32_t, kMaxWordBytes> ids;
    const size_t count = Segment({word, length}, ids);
    for (size_t i = 0; i < count; ++i) sink(ids[i]);
  }
}

}  // namespace sg
