#pragma once
// One inverted index in the database: its segments, searched by key, extended, merged and
// rewritten. Methods that change rows must run inside the caller's transaction; after a rollback
// call Load() again. Thread-compatible.

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/base/status.h"
#include "index/store/database_format.h"
#include "index/store/posting_codec.h"
#include "index/store/sqlite.h"
#include "index/store/text_codec.h"

namespace sg {

class PostingIndex {
 public:
  // `database` must outlive the index.
  PostingIndex(Database* database, PostingKind kind);

  // Reads the list of segments.
  Status Load();

  // Calls visit(doc, value) for each posting of `key`, documents ascending, dead ones included.
  template <typename Visit>
  Status Scan(uint64_t key, Visit visit);

  // Calls visit(list) for each of `keys` (ascending, distinct) that has postings, in one pass over
  // the whole index.
  Status ScanKeys(const std::vector<uint64_t>& keys,
                  const std::function<void(uint64_t key, const std::vector<Posting>&)>& visit);

  // Adds a segment. REQUIRES: within equal keys documents ascend strictly; every document is
  // greater than those of all segments before, and >= base_doc.
  Status AddSegment(uint32_t base_doc, std::vector<Posting>* postings);

  // Merges the newest segments once eight of a size have gathered, leaving out postings of
  // documents that `new_id` maps to 0.
  // `new_id` must keep the order of documents; only Rewrite may change ids.
  using DocMap = std::function<uint32_t(uint32_t)>;
  Status MergeIfDue(const DocMap& new_id);
  // Merges all segments into one with new ids.
  Status Rewrite(const DocMap& new_id);

  uint64_t posting_count() const;
  size_t segment_count() const { return segments_.size(); }

 private:
  struct Segment {
    int64_t id = 0;
    uint64_t postings = 0;
    uint32_t base_doc = 0;
    int64_t first_block = 0;
    std::vector<uint64_t> directory;  // first key of each block
  };
  class Cursor;
  class SegmentWriter;

  // Returns the first block of `segment` that may hold `key`.
  static size_t FirstBlock(const Segment& segment, uint64_t key);
  Result<std::string> Block(const Segment& segment, size_t block);
  Status Damaged() const;
  Status Merge(size_t first_segment, const DocMap& new_id);
  Status DeleteSegment(const Segment& segment);
  Status Prepare();

  Database* const database_;
  const PostingKind kind_;
  const PostingForm form_;
  std::vector<Segment> segments_;  // oldest first
  const TextCodec frames_;
  Statement read_block_;
  bool prepared_ = false;
  std::vector<Posting> scratch_;
};

template <typename Visit>
Status PostingIndex::Scan(uint64_t key, Visit visit) {
  SG_RETURN_IF_ERROR(Prepare());
  for (const Segment& segment : segments_) {
    for (size_t b = FirstBlock(segment, key);
         b < segment.directory.size() && segment.directory[b] <= key; ++b) {
      SG_ASSIGN_OR_RETURN(const std::string bytes, Block(segment, b));
      PostingBlockReader reader(form_, segment.base_doc, segment.directory[b], bytes);
      while (reader.Next() && reader.key() <= key) {
        if (reader.key() == key) reader.Scan(visit);
      }
      if (!reader.ok()) return Damaged();
    }
  }
  return Status::Ok();
}

}  // namespace sg
