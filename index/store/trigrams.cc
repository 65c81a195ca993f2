#include "index/store/trigrams.h"

#include <array>

namespace sg {
namespace {

constexpr std::array<uint8_t, 256> MakeLowerCase() {
  std::array<uint8_t, 256> lower{};
  for (unsigned c = 0; c < 256; ++c) lower[c] = static_cast<uint8_t>(c);
  for (unsigned c = 'A'; c <= 'Z'; ++c) lower[c] = static_cast<uint8_t>(c + 'a' - 'A');
  return lower;
}
constexpr std::array<uint8_t, 256> kLowerCase = MakeLowerCase();

}  // namespace

std::vector<uint32_t> DistinctTrigrams(std::string_view text) {
  thread_local TrigramSet seen;  // empty between calls
  std::vector<uint32_t> trigrams;
  uint32_t window = 0;
  size_t length = 0;  // bytes of the current line in the window
  for (char c : text) {
    window = (window << 8 | kLowerCase[static_cast<unsigned char>(c)]) & 0xffffff;
    length = c == '\n' ? 0 : length + 1;
    if (length < 3) continue;
    if (seen.Insert(window)) trigrams.push_back(window);
  }
  for (uint32_t trigram : trigrams) seen.Erase(trigram);
  return trigrams;
}

}  // namespace sg
