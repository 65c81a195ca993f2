#include "core/text/charsmap.h"

#include <cstring>

#include "core/text/unicode.h"

namespace sg {
namespace {

// One unit of a Darts-clone double array (https://github.com/s-yata/darts-clone).
bool HasLeaf(uint32_t unit) { return (unit >> 8 & 1) != 0; }
uint32_t Label(uint32_t unit) { return unit & (1u << 31 | 0xFFu); }
uint32_t Value(uint32_t unit) { return unit & ~(1u << 31); }
uint32_t Offset(uint32_t unit) { return unit >> 10 << ((unit & 1u << 9) >> 6); }

}  // namespace

Result<Charsmap> Charsmap::Parse(std::string_view bytes) {
  uint32_t trie_bytes = 0;
  if (bytes.size() < sizeof(trie_bytes)) return CorruptError("the charsmap is too short");
  std::memcpy(&trie_bytes, bytes.data(), sizeof(trie_bytes));
  bytes.remove_prefix(sizeof(trie_bytes));
  if (trie_bytes % 4 != 0 || trie_bytes == 0 || trie_bytes > bytes.size()) {
    return CorruptError("the trie of the charsmap has an impossible size");
  }
  Charsmap map;
  map.units_.resize(trie_bytes / 4);
  std::memcpy(map.units_.data(), bytes.data(), trie_bytes);
  map.pool_ = bytes.substr(trie_bytes);
  if (!IsValidUtf8(map.pool_)) {
    return CorruptError("the strings of the charsmap are not UTF-8");
  }
  for (uint32_t c = 1; c < 128; ++c) {
    const uint32_t node = Offset(map.units_[0]) ^ c;
    map.ascii_[c] = node < map.units_.size() && Label(map.units_[node]) == c;
  }
  return map;
}

std::optional<std::string_view> Charsmap::Find(std::string_view text, bool longest,
                                               size_t* length) const {
  std::optional<uint32_t> value;
  uint64_t node = Offset(units_[0]);
  for (size_t i = 0; i < text.size() && text[i] != '\0'; ++i) {
    const auto byte = static_cast<uint8_t>(text[i]);
    node ^= byte;
    if (node >= units_.size() || Label(units_[node]) != byte) break;
    const uint32_t unit = units_[node];
    node ^= Offset(unit);
    if (!HasLeaf(unit)) continue;
    if (node >= units_.size()) break;
    value = Value(units_[node]);
    *length = i + 1;
    if (!longest) break;
  }
  if (!value || *value > pool_.size()) return std::nullopt;
  const char* begin = pool_.data() + *value;
  const size_t room = pool_.size() - *value;
  if (room > 0 && IsContinuation(*begin)) return std::nullopt;  // a lying index
  return std::string_view(begin, strnlen(begin, room));
}

std::optional<std::string_view> Charsmap::Shortest(std::string_view text, size_t* length) const {
  return Find(text, /*longest=*/false, length);
}

std::optional<std::string_view> Charsmap::Longest(std::string_view text, size_t* length) const {
  return Find(text, /*longest=*/true, length);
}

}  // namespace sg
