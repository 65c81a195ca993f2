#include "index/build/file_worker.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "core/base/file.h"
#include "core/text/words.h"
#include "index/rank/path_class.h"

namespace sg {
namespace {

int64_t NowNs() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

SkippedFile Skip(const FileEntry& entry, SkipReason reason) {
  return {.entry = entry, .reason = reason};
}

}  // namespace

WorkResult FileWorker::Process(const PlannedFile& file) {
  WorkResult result{.size_bytes = file.entry.size_bytes};
  FileEntry entry = file.entry;
  entry.mtime_ns = RecordedTime(entry.mtime_ns, NowNs());
  const uint64_t max_bytes = std::max(limits_.max_code_bytes, limits_.max_text_bytes);
  Result<std::string> bytes = ReadFile(root_ + "/" + entry.path, max_bytes);
  if (!bytes.ok()) {
    const bool too_large = bytes.status().code() == StatusCode::kResourceExhausted;
    result.skipped = Skip(entry, too_large ? SkipReason::kTooLarge : SkipReason::kUnreadable);
    if (!too_large) result.error = bytes.status().message();
    return result;
  }
  const Hash128 hash = ContentHash(*bytes);
  entry.size_bytes = bytes->size();
  if (file.known != nullptr && file.known->content_hash == hash) {
    result.touched = FileRecord{.id = file.known->id, .entry = entry};
    return result;
  }
  const SourceOrSkip source = DecodeSource(entry.path, std::move(bytes).value(), limits_);
  if (source.skipped) {
    result.skipped = Skip(entry, source.reason);
    return result;
  }
  result.entry.emplace();
  result.entry->record.entry = entry;
  result.entry->record.content_hash = hash;
  result.status = Fill(source.text, &*result.entry);
  return result;
}

Status FileWorker::Fill(const SourceText& source, FileBatchEntry* entry) {
  FileRecord& record = entry->record;
  const std::string& path = record.entry.path;
  ChunkedFile chunked = chunker_.Chunk(source);
  record.language = source.language->name;
  record.line_count = static_cast<uint32_t>(source.line_count());
  entry->chunk_terms = terms_.Make(path, source, chunked.chunks);
  entry->stem_key = TermKey("=" + JoinedWords(WordsOfPath(path).stem));
  if (const StaticModel* model = embedder_.static_model()) {
    ComposeVectors(*model, path, source, chunked, entry);
  } else {
    SG_RETURN_IF_ERROR(EmbedPassages(embedder_, path, source, chunked, passages_, entry));
  }
  record.chunks = std::move(chunked.chunks);
  record.header_comment = std::move(chunked.header_comment);
  entry->text = source.utf8;
  return writer_.Encode(entry);
}

}  // namespace sg
