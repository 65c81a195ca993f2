#pragma once
// The byte trigrams of texts, ASCII letters lower-cased: what narrows regex and substring search to
// the files that may match (after Russ Cox, "Regular Expression Matching with a Trigram Index",
// 2012). Pure functions, callable from any thread.

#include <cstdint>
#include <string_view>
#include <vector>

namespace sg {

// A set of trigrams: 2 MiB, all inserts and erasures O(1).
class TrigramSet {
 public:
  TrigramSet() : words_((size_t{1} << 24) / 64) {}
  // Returns false if it was there.
  bool Insert(uint32_t trigram) {
    uint64_t& word = words_[trigram / 64];
    const uint64_t bit = uint64_t{1} << trigram % 64;
    if ((word & bit) != 0) return false;
    word |= bit;
    return true;
  }
  void Erase(uint32_t trigram) { words_[trigram / 64] &= ~(uint64_t{1} << trigram % 64); }

 private:
  std::vector<uint64_t> words_;
};

// Returns the distinct trigrams of `text`, b0 << 16 | b1 << 8 | b2, in no stated order. Trigrams
// across a line end are left out: searches are by line. O(n); keeps 2 MiB per calling thread.
std::vector<uint32_t> DistinctTrigrams(std::string_view text);

}  // namespace sg
