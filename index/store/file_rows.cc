#include "index/store/file_rows.h"

#include <utility>

#include "index/store/facts_codec.h"

namespace sg {
namespace {

constexpr char kAllFiles[] =
    "SELECT id, path, size_bytes, mtime_ns, inode, content_hash, language, line_count, "
    "mention_count, first_chunk, chunk_count FROM files ORDER BY path";
constexpr char kOneFile[] =
    "SELECT id, path, size_bytes, mtime_ns, inode, content_hash, language, line_count, "
    "mention_count, first_chunk, chunk_count, data FROM files JOIN facts ON file = id "
    "WHERE id = ?";

// Far above what a file of the largest size that is indexed can have.
constexpr size_t kMaxFactsBytes = size_t{256} << 20;

FileEntry EntryOfRow(const Statement& row, int first_column) {
  return {.path = std::string(row.Blob(first_column)),
          .size_bytes = static_cast<uint64_t>(row.Int(first_column + 1)),
          .mtime_ns = row.Int(first_column + 2),
          .inode = static_cast<uint64_t>(row.Int(first_column + 3))};
}

// Columns as in the two selections above.
FileRecord RecordOfRow(const Statement& row) {
  FileRecord record;
  record.id = static_cast<FileId>(row.Int(0));
  record.entry = EntryOfRow(row, 1);
  const std::string_view hash = row.Blob(5);
  if (hash.size() == 16) record.content_hash = HashFromBytes(hash);
  record.language = row.Blob(6);
  record.line_count = static_cast<uint32_t>(row.Int(7));
  record.mention_count = static_cast<uint32_t>(row.Int(8));
  record.first_chunk = static_cast<ChunkId>(row.Int(9));
  return record;
}

void BindEntry(const FileEntry& entry, int first_position, Statement* statement) {
  statement->BindBlob(first_position, entry.path);
  statement->BindInt(first_position + 1, static_cast<int64_t>(entry.size_bytes));
  statement->BindInt(first_position + 2, entry.mtime_ns);
  statement->BindInt(first_position + 3, static_cast<int64_t>(entry.inode));
}

}  // namespace

Result<std::vector<FileRecord>> ReadFileRecords(Database* database) {
  SG_ASSIGN_OR_RETURN(Statement * read, database->Cached(kAllFiles));
  StatementUse use(read);
  std::vector<FileRecord> records;
  for (;;) {
    SG_ASSIGN_OR_RETURN(const bool row, read->Step());
    if (!row) return records;
    records.push_back(RecordOfRow(*read));
  }
}

Result<FileRecord> ReadFileRecord(FileId id, const TextCodec& texts, Database* database) {
  SG_ASSIGN_OR_RETURN(Statement * read, database->Cached(kOneFile));
  StatementUse use(read);
  read->BindInt(1, id);
  SG_ASSIGN_OR_RETURN(const bool row, read->Step());
  if (!row) return NotFoundError("the index has no file " + std::to_string(id));
  FileRecord record = RecordOfRow(*read);
  const auto chunk_count = static_cast<uint64_t>(read->Int(10));
  const Result<std::string> blob = texts.DecompressUpTo(read->Blob(11), kMaxFactsBytes);
  Status facts = blob.ok() ? DecodeFacts(*blob, &record) : blob.status();
  if (facts.ok() && record.chunks.size() != chunk_count) {
    facts = CorruptError("the facts of a file do not fit its chunks");
  }
  if (!facts.ok()) {
    return CorruptError(database->path() + ": " + facts.message() +
                        "; make the index anew with `sg index --rebuild`");
  }
  return record;
}

Status InsertFileRows(const FileRecord& record, std::string_view facts, int64_t text,
                      uint64_t stem_key, uint32_t trigram_group, Database* database) {
  SG_ASSIGN_OR_RETURN(Statement * file,
                      database->Cached("INSERT INTO files(id, path, size_bytes, mtime_ns, inode, "
                                       "content_hash, language, line_count, mention_count, "
                                       "first_chunk, chunk_count, text, stem_key, trigram_group) "
                                       "VALUES(?, ?, ?, ?, ?, ?, ?, ?, 0, ?, ?, ?, ?, ?)"));
  const auto hash = HashBytes(record.content_hash);
  file->BindInt(1, record.id);
  BindEntry(record.entry, 2, file);
  file->BindBlob(6, {hash.data(), hash.size()});
  file->BindText(7, record.language);
  file->BindInt(8, record.line_count);
  file->BindInt(9, record.first_chunk);
  file->BindInt(10, static_cast<int64_t>(record.chunks.size()));
  file->BindInt(11, text);
  file->BindInt(12, static_cast<int64_t>(stem_key));
  file->BindInt(13, trigram_group);
  SG_RETURN_IF_ERROR(file->Run());
  SG_ASSIGN_OR_RETURN(Statement * data, database->Cached("INSERT INTO facts VALUES(?, ?)"));
  data->BindInt(1, record.id);
  data->BindBlob(2, facts);
  return data->Run();
}

Status DeleteFileRows(FileId id, Database* database) {
  SG_RETURN_IF_ERROR(database->RunWithInt("DELETE FROM files WHERE id = ?", id));
  return database->RunWithInt("DELETE FROM facts WHERE file = ?", id);
}

Status UpdateFileEntry(const FileRecord& record, Database* database) {
  SG_ASSIGN_OR_RETURN(Statement * update,
                      database->Cached("UPDATE files SET path = ?, size_bytes = ?, mtime_ns = ?, "
                                       "inode = ? WHERE id = ?"));
  BindEntry(record.entry, 1, update);
  update->BindInt(5, record.id);
  return update->Run();
}

Result<std::vector<FileMentions>> ReadFileMentions(Database* database) {
  SG_ASSIGN_OR_RETURN(Statement read,
                      database->Prepare("SELECT id, stem_key, mention_count FROM files"));
  std::vector<FileMentions> files;
  for (;;) {
    SG_ASSIGN_OR_RETURN(const bool row, read.Step());
    if (!row) return files;
    files.push_back({.id = static_cast<FileId>(read.Int(0)),
                     .stem_key = static_cast<uint64_t>(read.Int(1)),
                     .mention_count = static_cast<uint32_t>(read.Int(2))});
  }
}

Result<std::vector<SkippedFile>> ReadSkippedFiles(Database* database) {
  SG_ASSIGN_OR_RETURN(Statement read,
                      database->Prepare("SELECT path, size_bytes, mtime_ns, inode, reason "
                                        "FROM skipped_files ORDER BY path"));
  std::vector<SkippedFile> files;
  for (;;) {
    SG_ASSIGN_OR_RETURN(const bool row, read.Step());
    if (!row) return files;
    const int64_t reason = read.Int(4);
    if (reason < 0 || reason >= static_cast<int64_t>(SkipReason::kCount)) continue;
    files.push_back({.entry = EntryOfRow(read, 0), .reason = static_cast<SkipReason>(reason)});
  }
}

Status ReplaceSkippedFiles(std::span<const SkippedFile> files, Database* database) {
  SG_RETURN_IF_ERROR(database->Execute("DELETE FROM skipped_files"));
  SG_ASSIGN_OR_RETURN(Statement insert, database->Prepare("INSERT OR REPLACE INTO skipped_files "
                                                          "VALUES(?, ?, ?, ?, ?)"));
  for (const SkippedFile& file : files) {
    BindEntry(file.entry, 1, &insert);
    insert.BindInt(5, static_cast<int64_t>(file.reason));
    SG_RETURN_IF_ERROR(insert.Run());
  }
  return Status::Ok();
}

}  // namespace sg
