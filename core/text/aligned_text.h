#pragma once
// Text under change that remembers where it came from: each byte knows the span of the original
// text that it stands for, so a token found after lower-casing, decomposition and replacement still
// has byte offsets into what the user wrote. Value type; thread-compatible.
//
// The rules by which inserted, replaced and removed characters inherit spans are those of the
// NormalizedString of the Hugging Face `tokenizers` library, since offsets are compared with it.
// While every byte still stands where it stood, no span is stored: plain code costs nothing.

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace sg {

// A half-open range of bytes.
struct ByteSpan {
  uint32_t begin = 0;
  uint32_t end = 0;
  bool operator==(const ByteSpan&) const = default;
};

// One character of a rewritten text. change == 0: it replaces the next old character; 1: it is
// inserted; -n: it replaces the next old one and the n after that are dropped.
struct CharChange {
  char32_t c;
  int32_t change;
};

class AlignedText {
 public:
  AlignedText() = default;
  // `text` stands for the bytes of the original that begin at `origin`. REQUIRES: valid UTF-8.
  explicit AlignedText(std::string_view text, uint32_t origin = 0) : text_(text), origin_(origin) {}

  std::string_view text() const { return text_; }
  size_t size() const { return text_.size(); }
  bool empty() const { return text_.empty(); }

  // True while no span is stored: every character has the byte length that it had.
  bool in_place() const { return in_place_; }

  // The original bytes that text[begin, end) stands for. REQUIRES: begin < end <= size().
  ByteSpan OriginOf(size_t begin, size_t end) const;

  // The bytes, for changes that keep the length of every character. Spans stay as they are.
  char* mutable_bytes() { return text_.data(); }

  // Rewrites the text by `changes`, after dropping its first `dropped_chars` characters.
  void Apply(std::span<const CharChange> changes, size_t dropped_chars = 0);

  // Keeps text[begin, end) only.
  void Trim(size_t begin, size_t end);

  // Appends text[begin, end) of `other`, with its spans.
  void Append(const AlignedText& other, size_t begin, size_t end);

  // Appends `bytes`, every one of them standing for `origin`.
  void Append(std::string_view bytes, ByteSpan origin);

  // Stores a span for every byte, if that has not been done.
  void StoreSpans();

 private:
  std::string text_;
  std::vector<ByteSpan> spans_;  // one a byte, or empty while in_place_
  uint32_t origin_ = 0;          // of the first byte, while in_place_
  bool in_place_ = true;
};

// Returns `text` with every broken UTF-8 sequence replaced by U+FFFD, as Python's
// decode(errors="replace") does.
AlignedText DecodeLossy(std::string_view text);

}  // namespace sg
