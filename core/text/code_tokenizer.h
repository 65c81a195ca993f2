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

class CodeTokenizer {
 public:
  static constexpr size_t kMaxWordBytes = 40;
  static constexpr size_t kMaxPieceBytes = 16;
  static constexpr size_t kMaxDigits = 4;

  CodeTokenizer() = default;

  // Reads a vocabulary: a line "piece TAB score" for each id, in order. O(vocabulary).
  // REQUIRES: `vocab_tsv` outlives the tokenizer, which looks into it. kCorrupt.
  static Result<CodeTokenizer> Parse(std::string_view vocab_tsv);

  size_t vocab_size() const { return pieces_.size(); }
  // REQUIRES: id < vocab_size().
  std::string_view piece(uint32_t id) const {
    return vocab_.substr(pieces_[id].begin, pieces_[id].length);
  }

  // Calls sink(uint32_t id) for each token of `text` in order.
  template <typename Sink>
  void ForEachToken(std::string_view text, Sink&& sink) const;

  std::vector<uint32_t> Tokenize(std::string_view text) const;

 private:
  static constexpr uint32_t kNone = UINT32_MAX;

  // Where a piece lies in vocab_, and its Viterbi score.
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

  static constexpr uint64_t kHashSeed = 0x243F6A8885A308D3;  // digits of pi
  static uint64_t HashByte(uint64_t hash, char byte) {
    // Multiplicative hashing, one byte a step so that all prefixes of a word hash in one pass; the
    // constant is 2^64 divided by the golden ratio (Knuth, vol. 3, 6.4).
    return (hash ^ static_cast<unsigned char>(byte)) * 0x9E3779B97F4A7C15;
  }
  static uint32_t Tag(uint64_t hash) { return static_cast<uint32_t>(hash >> 16); }

  // Returns the id of the piece with these bytes, or kNone.
  uint32_t Find(const char* bytes, size_t length, uint64_t hash) const {
    for (size_t i = hash >> slot_shift_; slots_[i].id_plus_one != 0; i = (i + 1) & slot_mask_) {
      if (slots_[i].tag != Tag(hash)) continue;
      const uint32_t id = slots_[i].id_plus_one - 1;
      if (piece(id) == std::string_view(bytes, length)) return id;
    }
    return kNone;
  }

  void Reserve(size_t max_pieces);
  // Reads the line at [line_begin, line_end) of vocab_.
  Status AddPiece(size_t line_begin, size_t line_end);
  // Writes the ids of the best segmentation of `word`; returns how many (0: there is none).
  size_t Segment(std::string_view word, std::span<uint32_t, kMaxWordBytes> ids) const;

  std::string_view vocab_;
  std::vector<Piece> pieces_;
  std::vector<Slot> slots_ = std::vector<Slot>(2);
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
