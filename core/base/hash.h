#pragma once
// Content hashes (XXH3, https://xxhash.com): identity of file contents and passages in the index.
// Not cryptographic: equal hashes mean equal content only where nobody profits from a collision.

#include <array>
#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

namespace sg {

struct Hash128 {
  uint64_t high = 0;
  uint64_t low = 0;
  auto operator<=>(const Hash128&) const = default;
};

Hash128 ContentHash(std::string_view bytes);
uint64_t Hash64(std::string_view bytes, uint64_t seed = 0);

// 16 bytes, big-endian (the form stored in the database) and back.
std::array<char, 16> HashBytes(Hash128 hash);
// REQUIRES: bytes.size() == 16.
Hash128 HashFromBytes(std::string_view bytes);
// 32 lower-case hexadecimal digits.
std::string HashHex(Hash128 hash);

}  // namespace sg
