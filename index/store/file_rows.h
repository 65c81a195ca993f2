#pragma once
// The rows of single files: tables files, facts and skipped_files. Functions that change rows must
// run inside the caller's transaction.

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "core/base/status.h"
#include "index/store/sqlite.h"
#include "index/store/store.h"
#include "index/store/text_codec.h"

namespace sg {

// All files without chunks, sorted by path.
Result<std::vector<FileRecord>> ReadFileRecords(Database* database);
// One file with its chunks; kNotFound.
Result<FileRecord> ReadFileRecord(FileId id, const TextCodec& texts, Database* database);

Status InsertFileRows(const FileRecord& record, std::string_view facts, int64_t text,
                      uint64_t stem_key, uint32_t trigram_group, Database* database);
Status DeleteFileRows(FileId id, Database* database);
// Size, mtime and inode of an existing file.
Status UpdateFileEntry(const FileRecord& record, Database* database);

struct FileMentions {
  FileId id = 0;
  uint64_t stem_key = 0;
  uint32_t mention_count = 0;
};
Result<std::vector<FileMentions>> ReadFileMentions(Database* database);

Result<std::vector<SkippedFile>> ReadSkippedFiles(Database* database);
Status ReplaceSkippedFiles(std::span<const SkippedFile> files, Database* database);

}  // namespace sg
