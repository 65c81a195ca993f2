#pragma once
// Blocks of posting lists: the inverted indexes of the database (keyword terms, trigrams, symbols).
// A segment is the postings of a run of documents, sorted by key and cut into blocks of some
// kilobytes; segments are written once and merged as in a log-structured merge tree (O'Neil et al.
// 1996). Byte format: docs/index_format.md "Postings".
//
// A key is a number below 2^63 (a hash of a term; the three bytes of a trigram), a document a
// ChunkId or FileId, a value a small number (weight, kind). Within a key documents ascend.
//
// Why not FTS5: measured with Debian's SQLite 3.40.1 on 20 MB of mixed source, a contentless FTS5
// table (detail=none, columnsize=0) takes 66 ms a MB for the terms and 74 ms a MB for trigrams and
// 0.39 + 0.31 of the source's size; the whole rest of indexing is less.
//
// Thread-compatible.

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/status.h"

namespace sg {

struct Posting {
  uint64_t key = 0;
  uint32_t doc = 0;
  uint32_t value = 0;
};

// Sorts by key, keeping the order of equal keys. O(n) (radix sort); needs as much memory again.
void SortByKey(std::vector<Posting>* postings, std::vector<Posting>* scratch);

// How the value of a posting is written.
enum class PostingForm : uint8_t {
  kValues = 0,    // documents and values
  kDocsOnly = 1,  // values are not stored (0 when read); dense lists become bitmaps
};

// Cuts sorted postings into blocks.
class PostingBlockWriter {
 public:
  // `emit(first_key, block)` takes each finished block. Documents are stored relative to
  // `base_doc`.
  using Emit = std::function<Status(uint64_t first_key, std::string&& block)>;
  PostingBlockWriter(PostingForm form, uint32_t base_doc, Emit emit);

  // Adds the postings of one key. REQUIRES: keys ascend strictly; list not empty, its documents
  // ascend strictly and are >= base_doc; key fits 63 bits.
  Status Add(std::span<const Posting> list);
  // Emits what is left.
  Status Finish();

 private:
  Status AddPart(std::span<const Posting> list);
  void AppendList(std::span<const Posting> list);
  Status Emit_();

  const PostingForm form_;
  const uint32_t base_doc_;
  const Emit emit_;
  std::string block_;
  std::string list_bytes_;
  uint64_t first_key_ = 0;
  uint64_t last_key_ = 0;
};

// Reads a block. Turns bad (ok() false) where the bytes do not follow the format.
class PostingBlockReader {
 public:
  PostingBlockReader(PostingForm form, uint32_t base_doc, uint64_t first_key,
                     std::string_view block);

  bool ok() const { return ok_; }
  // Moves to the next list. Returns false at the end of the block or when it is bad.
  bool Next();
  uint64_t key() const { return key_; }
  // Appends the postings of the current list to `out`.
  void Read(std::vector<Posting>* out);
  // Calls visit(doc, value) for each posting of the current list.
  template <typename Visit>
  void Scan(Visit visit);

 private:
  bool Bad() {
    ok_ = false;
    return false;
  }

  const PostingForm form_;
  const uint32_t base_doc_;
  std::string_view rest_;  // of the block, behind the current list
  std::string_view list_;  // the current list's bytes
  uint64_t key_ = 0;
  uint64_t count_ = 0;
  bool bitmap_ = false;
  bool ok_ = true;
};

}  // namespace sg

#include "index/store/posting_codec_inl.h"
