#include "index/store/posting_codec.h"

#include <algorithm>
#include <array>
#include <utility>

namespace sg {
namespace {

// A lookup unpacks a block and walks half of it; smaller blocks waste more of the database's pages
// (at half this size, .02 of fastapi's source).
constexpr size_t kBlockBytes = 16'000;
// Longer lists are cut so that a block stays near its size (a posting takes 1 to 10 bytes).
constexpr size_t kMaxListPostings = 4000;

constexpr int kRadixBits = 11;
constexpr size_t kRadixBuckets = size_t{1} << kRadixBits;

}  // namespace

void SortByKey(std::vector<Posting>* postings, std::vector<Posting>* scratch) {
  uint64_t used_bits = 0;
  for (const Posting& posting : *postings) used_bits |= posting.key;
  scratch->resize(postings->size());
  for (int shift = 0; shift < 64 && used_bits >> shift != 0; shift += kRadixBits) {
    std::array<uint32_t, kRadixBuckets> starts{};
    const auto bucket = [shift](const Posting& p) { return p.key >> shift & (kRadixBuckets - 1); };
    for (const Posting& posting : *postings) ++starts[bucket(posting)];
    uint32_t sum = 0;
    for (uint32_t& start : starts) sum += std::exchange(start, sum);
    for (const Posting& posting : *postings) (*scratch)[starts[bucket(posting)]++] = posting;
    postings->swap(*scratch);
  }
}

PostingBlockWriter::PostingBlockWriter(PostingForm form, uint32_t base_doc, Emit emit)
    : form_(form), base_doc_(base_doc), emit_(std::move(emit)) {}

Status PostingBlockWriter::Add(std::span<const Posting> list) {
  if (form_ == PostingForm::kDocsOnly) return AddPart(list);  // bitmaps are never longer
  while (list.size() > kMaxListPostings) {
    SG_RETURN_IF_ERROR(AddPart(list.first(kMaxListPostings)));
    list = list.subspan(kMaxListPostings);
  }
  return AddPart(list);
}

Status PostingBlockWriter::AddPart(std::span<const Posting> list) {
  AppendList(list);
  const uint64_t key = list.front().key;
  if (!block_.empty() && block_.size() + list_bytes_.size() > kBlockBytes) {
    SG_RETURN_IF_ERROR(Emit_());
  }
  if (block_.empty()) first_key_ = last_key_ = key;
  AppendVarint(key - last_key_, &block_);
  last_key_ = key;
  block_ += list_bytes_;
  return Status::Ok();
}

// list_bytes_ = head (count, form of the list), length where it does not follow, postings.
void PostingBlockWriter::AppendList(std::span<const Posting> list) {
  list_bytes_.clear();
  const size_t span_bytes = (list.back().doc - base_doc_) / 8 + 1;
  if (form_ == PostingForm::kDocsOnly && span_bytes < list.size()) {
    AppendVarint(list.size() << 1 | 1, &list_bytes_);
    AppendVarint(span_bytes, &list_bytes_);
    const size_t begin = list_bytes_.size();
    list_bytes_.resize(begin + span_bytes);
    for (const Posting& posting : list) {
      const uint32_t bit = posting.doc - base_doc_;
      list_bytes_[begin + bit / 8] |= static_cast<char>(1u << bit % 8);
    }
    return;
  }
  std::string postings;
  uint32_t previous = base_doc_;
  for (const Posting& posting : list) {
    const uint64_t delta = posting.doc - previous;
    previous = posting.doc;
    if (form_ == PostingForm::kDocsOnly) {
      AppendVarint(delta, &postings);
    } else {
      AppendVarint(delta << 2 | std::min(posting.value, kInlineValues), &postings);
      if (posting.value >= kInlineValues) AppendVarint(posting.value - kInlineValues, &postings);
    }
  }
  AppendVarint(list.size() << 1, &list_bytes_);
  AppendVarint(postings.size(), &list_bytes_);
  list_bytes_ += postings;
}

Status PostingBlockWriter::Emit_() {
  std::string block;
  block.reserve(kBlockBytes);
  block.swap(block_);
  return emit_(first_key_, std::move(block));
}

Status PostingBlockWriter::Finish() { return block_.empty() ? Status::Ok() : Emit_(); }

PostingBlockReader::PostingBlockReader(PostingForm form, uint32_t base_doc, uint64_t first_key,
                                       std::string_view block)
    : form_(form), base_doc_(base_doc), rest_(block), key_(first_key) {}

bool PostingBlockReader::Next() {
  if (!ok_ || rest_.empty()) return false;
  ByteReader reader(rest_);
  key_ += reader.Varint();
  const uint64_t head = reader.Varint();
  count_ = head >> 1;
  bitmap_ = (head & 1) != 0;
  list_ = reader.String();
  if (!reader.ok() || count_ == 0 || (bitmap_ && form_ != PostingForm::kDocsOnly)) return Bad();
  if (!bitmap_ && count_ > list_.size()) return Bad();
  rest_.remove_prefix(rest_.size() - reader.remaining());
  return true;
}

void PostingBlockReader::Read(std::vector<Posting>* out) {
  const uint64_t key = key_;
  Scan([&](uint32_t doc, uint32_t value) { out->push_back({key, doc, value}); });
}

}  // namespace sg
