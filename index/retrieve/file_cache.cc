#include "index/retrieve/file_cache.h"

namespace sg {

Result<const FileRecord*> FileCache::Record(FileId file) {
  std::unique_ptr<FileRecord>& slot = records_[file];
  if (slot == nullptr) {
    SG_ASSIGN_OR_RETURN(FileRecord record, snapshot_.File(file));
    slot = std::make_unique<FileRecord>(std::move(record));
  }
  return static_cast<const FileRecord*>(slot.get());
}

Result<std::string_view> FileCache::Text(FileId file) {
  std::unique_ptr<std::string>& slot = texts_[file];
  if (slot == nullptr) {
    SG_ASSIGN_OR_RETURN(std::string text, snapshot_.FileText(file));
    slot = std::make_unique<std::string>(std::move(text));
  }
  return std::string_view(*slot);
}

Result<FileCache::ChunkView> FileCache::ReadChunk(FileId file, ChunkId chunk) {
  SG_ASSIGN_OR_RETURN(const FileRecord* record, Record(file));
  SG_ASSIGN_OR_RETURN(const std::string_view text, Text(file));
  if (chunk < record->first_chunk || chunk - record->first_chunk >= record->chunks.size()) {
    return CorruptError("the index lists a chunk outside of its file " + record->entry.path);
  }
  const Chunk& found = record->chunks[chunk - record->first_chunk];
  if (found.byte_begin > found.byte_end || found.byte_end > text.size()) {
    return CorruptError("the index cuts a chunk beyond the text of " + record->entry.path);
  }
  return ChunkView{.file = file,
                   .chunk = &found,
                   .text = text.substr(found.byte_begin, found.byte_end - found.byte_begin)};
}

}  // namespace sg
