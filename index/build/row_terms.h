#pragma once
// The keyword terms of chunks: what the inverted index holds for each (docs/ranking.md, "FTS5 chunk
// table"). Four columns: the chunk's own text, the file's stem, its last three folders, and the
// names defined or enclosing; a term's weight is the sum over columns of column weight times count.

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "extract/chunk.h"
#include "extract/source_text.h"
#include "index/store/store.h"

namespace sg {

// Raised whenever the same chunk would get other terms: the index is then made anew.
inline constexpr uint32_t kTermsVersion = 1;

// The last three folders of `path`, separated by blanks.
std::string LastFolders(std::string_view path);

// Remembers the terms of identifiers it has met (bounded), so that most cost one look-up.
// Thread-compatible: one a thread.
class RowTermsMaker {
 public:
  RowTermsMaker();

  // Returns the terms of each chunk of the file `path`.
  std::vector<FileBatchEntry::ChunkTerms> Make(std::string_view path, const SourceText& source,
                                               const std::vector<Chunk>& chunks);

 private:
  // The terms of one identifier, in keys_.
  struct IdentifierTerms {
    uint32_t begin = 0;
    uint16_t count = 0;
    int16_t whole = -1;  // position of the term of the whole identifier; -1: none
  };
  // A term of the chunk under way; empty unless `row` is the current one.
  struct Slot {
    uint64_t key = 0;
    uint32_t row = 0;
    uint32_t weight = 0;
    bool whole = false;
  };

  IdentifierTerms Lookup(std::string_view identifier);
  void AddText(std::string_view text, uint32_t column_weight, bool own_text);
  void AddTerm(uint64_t key, uint32_t weight, bool whole);
  void BeginRow();
  FileBatchEntry::ChunkTerms TakeRow();
  void GrowSlots();

  std::unordered_map<uint64_t, IdentifierTerms> identifiers_;  // by Hash64
  std::vector<uint64_t> keys_;
  std::vector<std::string> new_terms_;

  std::vector<Slot> slots_;  // open addressing, a power of two
  std::vector<uint32_t> used_slots_;
  uint32_t row_ = 0;
  uint32_t row_terms_ = 0;
};

}  // namespace sg
