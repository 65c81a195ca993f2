#include "core/base/hash.h"

#include <xxhash.h>

#include <cstring>

namespace sg {

Hash128 ContentHash(std::string_view bytes) {
  const XXH128_hash_t h = XXH3_128bits(bytes.data(), bytes.size());
  return {h.high64, h.low64};
}

uint64_t Hash64(std::string_view bytes, uint64_t seed) {
  return XXH3_64bits_withSeed(bytes.data(), bytes.size(), seed);
}

std::array<char, 16> HashBytes(Hash128 hash) {
  XXH128_canonical_t canonical;
  XXH128_canonicalFromHash(&canonical, XXH128_hash_t{hash.low, hash.high});
  std::array<char, 16> out;
  std::memcpy(out.data(), canonical.digest, out.size());
  return out;
}

Hash128 HashFromBytes(std::string_view bytes) {
  XXH128_canonical_t canonical;
  std::memcpy(canonical.digest, bytes.data(), sizeof(canonical.digest));
  const XXH128_hash_t h = XXH128_hashFromCanonical(&canonical);
  return {h.high64, h.low64};
}

std::string HashHex(Hash128 hash) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string out;
  for (char byte : HashBytes(hash)) {
    out += kDigits[static_cast<unsigned char>(byte) >> 4];
    out += kDigits[static_cast<unsigned char>(byte) & 15];
  }
  return out;
}

}  // namespace sg
