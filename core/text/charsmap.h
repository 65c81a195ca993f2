#pragma once
// The "precompiled charsmap" of SentencePiece models: a double-array trie (Darts-clone layout) from
// character sequences to their replacement, and the pool of replacement strings. Immutable after
// Parse, so thread-safe. Format: u32 size of the trie in bytes, the trie's u32 units, the pool with
// a zero byte after each string.
//
// Every index into the trie is checked against its size: the bytes come from a file.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/status.h"

namespace sg {

class Charsmap {
 public:
  static Result<Charsmap> Parse(std::string_view bytes);

  // The replacement of the shortest (or longest) sequence in the map that begins `text`, and in
  // *length how many bytes that is; nullopt if there is none.
  std::optional<std::string_view> Shortest(std::string_view text, size_t* length) const;
  std::optional<std::string_view> Longest(std::string_view text, size_t* length) const;

  // True if some sequence in the map begins with the ASCII character `c`.
  bool MayBegin(char c) const { return ascii_[static_cast<uint8_t>(c) & 0x7F]; }

 private:
  std::optional<std::string_view> Find(std::string_view text, bool longest, size_t* length) const;

  std::vector<uint32_t> units_;
  std::string pool_;
  bool ascii_[128] = {};
};

}  // namespace sg
