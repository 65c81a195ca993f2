#include "index/store/posting_index.h"

#include <algorithm>
#include <cstring>
#include <deque>
#include <limits>
#include <optional>
#include <utility>

namespace sg {
namespace {

// Segments of a size: [4096 * 8^t, 4096 * 8^(t+1)) postings. A posting is rewritten once per size,
// and a lookup reads at most 7 segments of each.
constexpr uint64_t kSmallestTier = 4096;
constexpr size_t kTierFanOut = 8;

// A bitmap over 2^29 documents; all other blocks have some kilobytes.
constexpr size_t kMaxBlockBytes = size_t{64} << 20;

int Tier(uint64_t postings) {
  int tier = 0;
  for (uint64_t limit = kSmallestTier * kTierFanOut; postings >= limit; limit *= kTierFanOut) {
    ++tier;
  }
  return tier;
}

bool Ascend(const std::vector<Posting>& list) {
  return std::is_sorted(list.begin(), list.end(),
                        [](const Posting& a, const Posting& b) { return a.doc <= b.doc; });
}

std::string_view AsBytes(const std::vector<uint64_t>& values) {
  return {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(uint64_t)};
}

}  // namespace

PostingIndex::PostingIndex(Database* database, PostingKind kind)
    : database_(database),
      kind_(kind),
      form_(kind == PostingKind::kTrigrams || kind == PostingKind::kPassages
                ? PostingForm::kDocsOnly
                : PostingForm::kValues),
      frames_(/*dictionary=*/"", TextCodec::kFastLevel) {}

Status PostingIndex::Prepare() {
  if (prepared_) return Status::Ok();
  SG_ASSIGN_OR_RETURN(read_block_,
                      database_->Prepare("SELECT data FROM posting_blocks WHERE id = ?"));
  prepared_ = true;
  return Status::Ok();
}

Status PostingIndex::Damaged() const {
  return CorruptError(database_->path() +
                      ": a damaged posting list; make the index anew with `sg index --rebuild`");
}

Status PostingIndex::Load() {
  segments_.clear();
  SG_ASSIGN_OR_RETURN(Statement read,
                      database_->Prepare("SELECT id, postings, base_doc, first_block, directory "
                                         "FROM posting_segments WHERE kind = ? ORDER BY id"));
  read.BindInt(1, static_cast<int>(kind_));
  for (;;) {
    SG_ASSIGN_OR_RETURN(const bool row, read.Step());
    if (!row) return Status::Ok();
    Segment segment{.id = read.Int(0),
                    .postings = static_cast<uint64_t>(read.Int(1)),
                    .base_doc = static_cast<uint32_t>(read.Int(2)),
                    .first_block = read.Int(3)};
    const std::string_view directory = read.Blob(4);
    if (directory.size() % sizeof(uint64_t) != 0) return Damaged();
    segment.directory.resize(directory.size() / sizeof(uint64_t));
    if (!directory.empty()) {
      std::memcpy(segment.directory.data(), directory.data(), directory.size());
    }
    if (!std::is_sorted(segment.directory.begin(), segment.directory.end())) return Damaged();
    segments_.push_back(std::move(segment));
  }
}

size_t PostingIndex::FirstBlock(const Segment& segment, uint64_t key) {
  const auto first = std::lower_bound(segment.directory.begin(), segment.directory.end(), key);
  const auto index = static_cast<size_t>(first - segment.directory.begin());
  return index == 0 ? 0 : index - 1;  // the list may begin inside the block before
}

Result<std::string> PostingIndex::Block(const Segment& segment, size_t block) {
  StatementUse use(&read_block_);
  read_block_.BindInt(1, segment.first_block + static_cast<int64_t>(block));
  SG_ASSIGN_OR_RETURN(const bool row, read_block_.Step());
  if (!row) return Damaged();
  Result<std::string> bytes = frames_.DecompressUpTo(read_block_.Blob(0), kMaxBlockBytes);
  return bytes.ok() ? std::move(bytes) : Damaged();
}

// Walks all lists of a segment in order.
class PostingIndex::Cursor {
 public:
  Cursor(PostingIndex* index, const Segment* segment) : index_(index), segment_(segment) {}
  Cursor(const Cursor&) = delete;  // reader_ looks into bytes_
  Cursor& operator=(const Cursor&) = delete;

  static constexpr uint64_t kEnd = std::numeric_limits<uint64_t>::max();
  uint64_t key() const { return key_; }

  // Moves to the next list; key() is kEnd behind the last.
  Status Next() {
    while (!reader_ || !reader_->Next()) {
      if (reader_ && !reader_->ok()) return index_->Damaged();
      if (next_block_ == segment_->directory.size()) {
        key_ = kEnd;
        return Status::Ok();
      }
      SG_RETURN_IF_ERROR(ReadBlock());
    }
    key_ = reader_->key();
    return Status::Ok();
  }

  // Moves to the first list with a key >= `key`, skipping blocks that cannot hold it.
  Status Seek(uint64_t key) {
    while (key_ < key) {
      const size_t block = FirstBlock(*segment_, key);
      if (block >= next_block_) {
        next_block_ = block;
        SG_RETURN_IF_ERROR(ReadBlock());
      }
      SG_RETURN_IF_ERROR(Next());
    }
    return Status::Ok();
  }

  // Appends the postings of the current list and of those with the same key that follow, and moves
  // behind them.
  Status ReadAll(std::vector<Posting>* out) {
    const uint64_t key = key_;
    while (key_ == key) {
      reader_->Read(out);
      if (!reader_->ok()) return index_->Damaged();
      SG_RETURN_IF_ERROR(Next());
    }
    return Status::Ok();
  }

 private:
  Status ReadBlock() {
    SG_ASSIGN_OR_RETURN(bytes_, index_->Block(*segment_, next_block_));
    reader_.emplace(index_->form_, segment_->base_doc, segment_->directory[next_block_], bytes_);
    ++next_block_;
    return Status::Ok();
  }

  PostingIndex* index_;
  const Segment* segment_;
  size_t next_block_ = 0;
  std::string bytes_;
  std::optional<PostingBlockReader> reader_;
  uint64_t key_ = 0;
};

Status PostingIndex::ScanKeys(
    const std::vector<uint64_t>& keys,
    const std::function<void(uint64_t key, const std::vector<Posting>&)>& visit) {
  SG_RETURN_IF_ERROR(Prepare());
  std::deque<Cursor> cursors;
  for (const Segment& segment : segments_) {
    cursors.emplace_back(this, &segment);
    SG_RETURN_IF_ERROR(cursors.back().Next());
  }
  std::vector<Posting> list;
  for (uint64_t key : keys) {
    list.clear();
    for (Cursor& cursor : cursors) {
      SG_RETURN_IF_ERROR(cursor.Seek(key));
      if (cursor.key() == key) SG_RETURN_IF_ERROR(cursor.ReadAll(&list));
    }
    if (!list.empty()) visit(key, list);
  }
  return Status::Ok();
}

// Writes the blocks and the row of one new segment.
class PostingIndex::SegmentWriter {
 public:
  SegmentWriter(PostingIndex* index, uint32_t base_doc)
      : database_(index->database_),
        kind_(index->kind_),
        frames_(&index->frames_),
        blocks_(index->form_, base_doc, [this](uint64_t first_key, std::string&& block) {
          return WriteBlock(first_key, block);
        }) {
    segment_.base_doc = base_doc;
  }

  Status Begin() {
    SG_ASSIGN_OR_RETURN(segment_.first_block,
                        database_->QueryInt("SELECT coalesce(max(id), 0) + 1 FROM posting_blocks"));
    SG_ASSIGN_OR_RETURN(insert_, database_->Prepare("INSERT INTO posting_blocks VALUES(?, ?)"));
    return Status::Ok();
  }

  Status Add(std::span<const Posting> list) {
    segment_.postings += list.size();
    return blocks_.Add(list);
  }

  Result<Segment> Finish() {
    SG_RETURN_IF_ERROR(blocks_.Finish());
    SG_ASSIGN_OR_RETURN(
        segment_.id, database_->QueryInt("SELECT coalesce(max(id), 0) + 1 FROM posting_segments"));
    SG_ASSIGN_OR_RETURN(Statement insert, database_->Prepare("INSERT INTO posting_segments "
                                                             "VALUES(?, ?, ?, ?, ?, ?)"));
    insert.BindInt(1, segment_.id);
    insert.BindInt(2, static_cast<int>(kind_));
    insert.BindInt(3, static_cast<int64_t>(segment_.postings));
    insert.BindInt(4, segment_.base_doc);
    insert.BindInt(5, segment_.first_block);
    insert.BindBlob(6, AsBytes(segment_.directory));
    SG_RETURN_IF_ERROR(insert.Run());
    return std::move(segment_);
  }

 private:
  Status WriteBlock(uint64_t first_key, const std::string& block) {
    insert_.BindInt(1, segment_.first_block + static_cast<int64_t>(segment_.directory.size()));
    SG_ASSIGN_OR_RETURN(const std::string frame, frames_->Compress(block));
    insert_.BindBlob(2, frame);
    segment_.directory.push_back(first_key);
    return insert_.Run();
  }

  Database* database_;
  PostingKind kind_;
  const TextCodec* frames_;
  Segment segment_;
  Statement insert_;
  PostingBlockWriter blocks_;
};

Status PostingIndex::AddSegment(uint32_t base_doc, std::vector<Posting>* postings) {
  if (postings->empty()) return Status::Ok();
  SortByKey(postings, &scratch_);
  SegmentWriter writer(this, base_doc);
  SG_RETURN_IF_ERROR(writer.Begin());
  const std::span<const Posting> all(*postings);
  for (size_t begin = 0; begin < all.size();) {
    size_t end = begin + 1;
    while (end < all.size() && all[end].key == all[begin].key) ++end;
    SG_RETURN_IF_ERROR(writer.Add(all.subspan(begin, end - begin)));
    begin = end;
  }
  SG_ASSIGN_OR_RETURN(Segment segment, writer.Finish());
  segments_.push_back(std::move(segment));
  return Status::Ok();
}

Status PostingIndex::MergeIfDue(const DocMap& new_id) {
  size_t first = segments_.size();
  for (int tier = 0; first > 0; ++tier) {
    size_t of_this_tier = 0;  // smaller ones between them do not count, but go along
    for (; first > 0 && Tier(segments_[first - 1].postings) <= tier; --first) {
      of_this_tier += Tier(segments_[first - 1].postings) == tier;
    }
    if (of_this_tier >= kTierFanOut) return Merge(first, new_id);
  }
  return Status::Ok();
}

Status PostingIndex::Rewrite(const DocMap& new_id) {
  return segments_.empty() ? Status::Ok() : Merge(/*first_segment=*/0, new_id);
}

Status PostingIndex::Merge(size_t first_segment, const DocMap& new_id) {
  SG_RETURN_IF_ERROR(Prepare());
  std::deque<Cursor> cursors;
  for (size_t i = first_segment; i < segments_.size(); ++i) {
    cursors.emplace_back(this, &segments_[i]);
    SG_RETURN_IF_ERROR(cursors.back().Next());
  }
  // Documents only move down, so the oldest base may lie above a moved document: start from its
  // own new place, or from zero where that is unknown.
  const uint32_t base_doc = first_segment == 0 ? 0 : segments_[first_segment].base_doc;
  SegmentWriter writer(this, base_doc);
  SG_RETURN_IF_ERROR(writer.Begin());
  std::vector<Posting> list;
  for (;;) {
    uint64_t key = Cursor::kEnd;
    for (const Cursor& cursor : cursors) key = std::min(key, cursor.key());
    if (key == Cursor::kEnd) break;
    list.clear();
    for (Cursor& cursor : cursors) {
      if (cursor.key() == key) SG_RETURN_IF_ERROR(cursor.ReadAll(&list));
    }
    if (!Ascend(list)) return Damaged();
    std::erase_if(list, [&](Posting& posting) { return (posting.doc = new_id(posting.doc)) == 0; });
    if (!list.empty()) SG_RETURN_IF_ERROR(writer.Add(list));
  }
  for (size_t i = first_segment; i < segments_.size(); ++i) {
    SG_RETURN_IF_ERROR(DeleteSegment(segments_[i]));
  }
  SG_ASSIGN_OR_RETURN(Segment merged, writer.Finish());
  segments_.resize(first_segment);
  segments_.push_back(std::move(merged));
  return Status::Ok();
}

Status PostingIndex::DeleteSegment(const Segment& segment) {
  SG_ASSIGN_OR_RETURN(Statement blocks,
                      database_->Prepare("DELETE FROM posting_blocks WHERE id BETWEEN ? AND ?"));
  blocks.BindInt(1, segment.first_block);
  blocks.BindInt(2, segment.first_block + static_cast<int64_t>(segment.directory.size()) - 1);
  SG_RETURN_IF_ERROR(blocks.Run());
  SG_ASSIGN_OR_RETURN(Statement row,
                      database_->Prepare("DELETE FROM posting_segments WHERE id = ?"));
  row.BindInt(1, segment.id);
  return row.Run();
}

uint64_t PostingIndex::posting_count() const {
  uint64_t count = 0;
  for (const Segment& segment : segments_) count += segment.postings;
  return count;
}

}  // namespace sg
