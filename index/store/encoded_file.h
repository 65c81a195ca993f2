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
uint32_t WeightOfTermValue(uint32_t value);
bool IsWholeTermValue(uint32_t value);

uint64_t SymbolKey(std::string_view joined_name);

// Fills entry->encoded and empties what it stands for. Thread-safe.
Status EncodeFile(const TextCodec& texts, FileBatchEntry* entry);

}  // namespace sg
