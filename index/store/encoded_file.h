#pragma once
// A file in the form in which the writer stores it: all that can be computed without knowing ids.

#include <cstdint>
#include <string>
#include <vector>

#include "index/store/posting_codec.h"
#include "index/store/store.h"
#include "index/store/text_codec.h"
#include "index/store/vector_codec.h"

namespace sg {

// Documents of postings are positions of chunks within the file.
struct EncodedFile {
  std::string frame;  // of the text
  size_t raw_bytes = 0;
  uint64_t text_hash = 0;  // low 63 bits
  std::string facts;       // frame of them
  std::vector<Posting> terms, symbols, passages;
  std::vector<uint32_t> trigrams;
  std::vector<uint16_t> row_terms;  // [chunks]
  QuantizedRows chunk_vectors, file_vector, header_vector;
};

// A term's weight and flag as the value of its posting, the frequent ones first.
uint32_t TermValue(uint32_t weight, bool whole);
// "=name" terms that are not a whole identifier of the chunk (parts of one, names of folders).
inline constexpr uint32_t kSinglePartTerm = 2;
inline constexpr uint32_t kFirstGeneralTerm = 3;
inline uint32_t WeightOfTermValue(uint32_t value) {
  if (value < kSinglePartTerm) return value + 1;
  if (value == kSinglePartTerm) return 1;
  const uint32_t general = value - kFirstGeneralTerm;
  return general / 2 + (general % 2 == 0 ? 3 : 2);
}
bool IsWholeTermValue(uint32_t value);

uint64_t SymbolKey(std::string_view joined_name);

// Fills entry->encoded and empties what it stands for. Thread-safe.
Status EncodeFile(const TextCodec& texts, FileBatchEntry* entry);

}  // namespace sg
