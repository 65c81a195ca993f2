// IndexWriter over the database of database_format.h.

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <optional>
#include <set>
#include <unordered_map>

#include "index/store/block_store.h"
#include "index/store/database_format.h"
#include "index/store/encoded_file.h"
#include "index/store/file_rows.h"
#include "index/store/posting_index.h"
#include "index/store/store.h"
#include "index/store/text_codec.h"
#include "index/store/trigrams.h"
#include "index/store/writer_lock.h"

namespace sg {
namespace {

// Compaction renumbers everything: only when a quarter of the ids is dead, and it is worth it.
constexpr uint64_t kMinDeadChunks = 1024;
constexpr uint64_t kDeadShare = 4;
// Of the file's pages may be free.
constexpr int64_t kFreeShare = 20;
// Files of one trigram group are searched together; their trigrams repeat, so that larger groups
// make a smaller index and more text to look through for each match.
constexpr uint64_t kGroupBytes = 64 << 10;

int64_t NowMs() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

class DatabaseWriter : public IndexWriter {
 public:
  DatabaseWriter(WriterLock lock, std::unique_ptr<Database> database, IndexSettings settings)
      : lock_(std::move(lock)),
        database_(std::move(database)),
        settings_(std::move(settings)),
        terms_(database_.get(), PostingKind::kTerms),
        trigrams_(database_.get(), PostingKind::kTrigrams),
        symbols_(database_.get(), PostingKind::kSymbols),
        passages_(database_.get(), PostingKind::kPassages) {}

  Status Load(bool rebuild, const std::string& root);

  bool must_rebuild() const override { return must_rebuild_; }
  Result<std::vector<FileRecord>> KnownFiles() override;
  Result<std::vector<SkippedFile>> KnownSkipped() override {
    return ReadSkippedFiles(database_.get());
  }
  Status TrainTexts(std::span<const std::string_view> samples) override;
  Status Encode(FileBatchEntry* entry) const override { return EncodeFile(*texts_, entry); }
  Status Apply(std::vector<FileBatchEntry> files, std::span<const FileId> removed) override;
  Status Touch(std::span<const FileRecord> files) override;
  Status SetSkipped(std::span<const SkippedFile> files) override;
  Status Finish(std::span<const uint64_t> skipped) override;

 private:
  // What must be known of a file to remove it.
  struct KnownFile {
    std::string path;
    ChunkId first_chunk = 0;
    uint32_t chunk_count = 0;
    uint64_t size_bytes = 0;
    int64_t text = 0;
    uint32_t trigram_group = 0;
  };

  Status LoadState();
  Status LoadFiles();
  // Runs `change` in a transaction; when it fails, everything in memory is as before, too.
  template <typename Change>
  Status Atomically(Change change);

  Status ApplyChanges(std::vector<FileBatchEntry>* files, std::span<const FileId> removed);
  Status ClearContent();
  Status RemoveFile(FileId id);
  Status AddFile(FileBatchEntry* entry);
  Result<int64_t> AddText(EncodedFile* encoded);
  Status DropText(int64_t text);
  void AddChunks(const EncodedFile& encoded, FileId file);
  Status AddVectors(const EncodedFile& encoded, FileId file, ChunkId first_chunk);
  uint32_t GatherTrigrams(const EncodedFile& encoded);
  void CloseTrigramGroup();
  void GatherPostings(const EncodedFile& encoded, ChunkId first_chunk);
  Status WritePostings(uint32_t base_group, ChunkId base_chunk);
  Status FlushBlocks();
  Status SaveState();

  Status FinishRun(std::span<const uint64_t> skipped);
  Status GiveBackPages();
  Status MergePostings();
  Status CountMentions();
  bool CompactionDue() const;
  Status Compact();
  Status CompactVectors(VectorSet set, const std::vector<uint32_t>& new_ids);
  std::vector<uint32_t> NewGroups() const;
  Status RenumberFiles(const std::vector<uint32_t>& new_chunks,
                       const std::vector<uint32_t>& new_files,
                       const std::vector<uint32_t>& new_groups);

  uint32_t LiveChunk(uint32_t chunk) const {
    return chunk < chunks_.files.size() && chunks_.files[chunk] != 0 ? chunk : 0;
  }
  uint32_t LiveGroup(uint32_t group) const { return group_files_.contains(group) ? group : 0; }

  WriterLock lock_;
  std::unique_ptr<Database> database_;
  const IndexSettings settings_;
  bool must_rebuild_ = false;
  bool built_anew_ = false;  // by this writer, from nothing
  std::unique_ptr<TextCodec> texts_;
  std::string dictionary_;  // of texts_

  // The state of the database, kept in step with it.
  FileId next_file_ = 1;
  ChunkId next_chunk_ = 1;
  uint32_t next_group_ = 1;
  uint64_t live_chunks_ = 0;
  ChunkArrays chunks_;
  std::unordered_map<FileId, KnownFile> files_;
  std::unordered_map<std::string, FileId> ids_by_path_;
  std::unordered_map<uint32_t, uint32_t> group_files_;  // number of files by trigram group
  PostingIndex terms_, trigrams_, symbols_, passages_;

  // Of the transaction under way.
  std::set<uint32_t> dirty_blocks_;
  std::optional<VectorAppender> vectors_[3];
  uint64_t group_bytes_ = 0;              // of the trigram group that is being filled
  std::vector<uint32_t> group_trigrams_;  // its distinct trigrams
  TrigramSet group_set_;
  std::vector<Posting> new_terms_, new_trigrams_, new_symbols_, new_passages_;
};

Status DatabaseWriter::Load(bool rebuild, const std::string& root) {
  SG_ASSIGN_OR_RETURN(const IndexSettings stored, LoadSettings(database_.get()));
  SG_ASSIGN_OR_RETURN(const int64_t files,
                      database_->QueryInt("SELECT count(*) FROM files LIMIT 1"));
  must_rebuild_ = files > 0 && (rebuild || !(stored == settings_));
  SG_RETURN_IF_ERROR(PutMeta(database_.get(), "root", root));
  if (files == 0) SG_RETURN_IF_ERROR(SaveSettings(settings_, database_.get()));
  return LoadState();
}

Status DatabaseWriter::LoadState() {
  Database* db = database_.get();
  SG_ASSIGN_OR_RETURN(const int64_t next_file, GetMetaInt(db, "next_file"));
  next_file_ = static_cast<FileId>(std::max<int64_t>(next_file, 1));
  SG_ASSIGN_OR_RETURN(const int64_t next_group, GetMetaInt(db, "next_group"));
  next_group_ = static_cast<uint32_t>(std::max<int64_t>(next_group, 1));
  SG_ASSIGN_OR_RETURN(chunks_, ReadChunkArrays(db));
  if (chunks_.files.empty()) {  // id 0 is nobody's
    chunks_.files = {0};
    chunks_.row_terms = {0};
  }
  next_chunk_ = static_cast<ChunkId>(chunks_.files.size());
  live_chunks_ = chunks_.files.size() -
                 static_cast<size_t>(std::count(chunks_.files.begin(), chunks_.files.end(), 0u));
  SG_ASSIGN_OR_RETURN(dictionary_, LoadTextDictionary(db));
  texts_ = std::make_unique<TextCodec>(dictionary_);
  for (PostingIndex* index : {&terms_, &trigrams_, &symbols_, &passages_}) {
    SG_RETURN_IF_ERROR(index->Load());
  }
  dirty_blocks_.clear();
  CloseTrigramGroup();
  for (auto* postings : {&new_terms_, &new_trigrams_, &new_symbols_, &new_passages_}) {
    postings->clear();
  }
  for (auto& vectors : vectors_) vectors.reset();
  return LoadFiles();
}

Status DatabaseWriter::LoadFiles() {
  files_.clear();
  ids_by_path_.clear();
  group_files_.clear();
  SG_ASSIGN_OR_RETURN(Statement read,
                      database_->Prepare("SELECT id, path, first_chunk, chunk_count, size_bytes, "
                                         "text, trigram_group FROM files"));
  for (;;) {
    SG_ASSIGN_OR_RETURN(const bool row, read.Step());
    if (!row) return Status::Ok();
    const auto id = static_cast<FileId>(read.Int(0));
    KnownFile file{.path = std::string(read.Blob(1)),
                   .first_chunk = static_cast<ChunkId>(read.Int(2)),
                   .chunk_count = static_cast<uint32_t>(read.Int(3)),
                   .size_bytes = static_cast<uint64_t>(read.Int(4)),
                   .text = read.Int(5),
                   .trigram_group = static_cast<uint32_t>(read.Int(6))};
    if (uint64_t{file.first_chunk} + file.chunk_count > chunks_.files.size()) {
      return CorruptError(database_->path() +
                          ": a file names chunks that are not there; make the "
                          "index anew with `sg index --rebuild`");
    }
    ids_by_path_[file.path] = id;
    ++group_files_[file.trigram_group];
    files_[id] = std::move(file);
  }
}

template <typename Change>
Status DatabaseWriter::Atomically(Change change) {
  Status status;
  {
    SG_ASSIGN_OR_RETURN(Transaction transaction, Transaction::Begin(database_.get()));
    status = change();
    if (status.ok()) status = transaction.Commit();
  }
  if (status.ok()) return status;
  const bool was_rebuild = must_rebuild_;
  const Status reloaded = LoadState();
  must_rebuild_ = was_rebuild;
  return reloaded.ok() ? status : status.WithContext("after an error the index cannot be read");
}

Result<std::vector<FileRecord>> DatabaseWriter::KnownFiles() {
  return ReadFileRecords(database_.get());
}

Status DatabaseWriter::TrainTexts(std::span<const std::string_view> samples) {
  if (!files_.empty() && !must_rebuild_) return Status::Ok();
  dictionary_ = MakeTextDictionary(samples);
  texts_ = std::make_unique<TextCodec>(dictionary_);
  return Status::Ok();
}

Status DatabaseWriter::Apply(std::vector<FileBatchEntry> files, std::span<const FileId> removed) {
  for (FileBatchEntry& entry : files) SG_RETURN_IF_ERROR(Encode(&entry));
  const bool was_rebuild = must_rebuild_;
  Status status = Atomically([&] { return ApplyChanges(&files, removed); });
  if (!status.ok()) must_rebuild_ = was_rebuild;
  return status;
}

Status DatabaseWriter::ApplyChanges(std::vector<FileBatchEntry>* files,
                                    std::span<const FileId> removed) {
  if (must_rebuild_) {
    SG_RETURN_IF_ERROR(ClearContent());
    removed = {};
  }
  if (files_.empty()) {
    built_anew_ = true;
    SG_RETURN_IF_ERROR(SaveTextDictionary(dictionary_, database_.get()));
  }
  const uint32_t base_group = next_group_;
  const ChunkId base_chunk = next_chunk_;
  for (FileId id : removed) {
    if (files_.contains(id)) SG_RETURN_IF_ERROR(RemoveFile(id));
  }
  for (FileBatchEntry& entry : *files) SG_RETURN_IF_ERROR(AddFile(&entry));
  SG_RETURN_IF_ERROR(WritePostings(base_group, base_chunk));
  SG_RETURN_IF_ERROR(FlushBlocks());
  SG_RETURN_IF_ERROR(PutMetaInt(database_.get(), "mentions_due", 1));
  return SaveState();
}

// The content goes, the identity stays. The text codec in use is the new one already.
Status DatabaseWriter::ClearContent() {
  for (const char* sql :
       {"DELETE FROM files", "DELETE FROM facts", "DELETE FROM texts", "DELETE FROM chunk_blocks",
        "DELETE FROM vector_blocks", "DELETE FROM posting_segments", "DELETE FROM posting_blocks",
        "DELETE FROM skipped_files", "DELETE FROM meta WHERE key <> 'root'"}) {
    SG_RETURN_IF_ERROR(database_->Execute(sql));
  }
  SG_RETURN_IF_ERROR(SaveSettings(settings_, database_.get()));
  next_file_ = next_chunk_ = next_group_ = 1;
  live_chunks_ = 0;
  chunks_ = {.files = {0}, .row_terms = {0}};
  files_.clear();
  ids_by_path_.clear();
  group_files_.clear();
  for (PostingIndex* index : {&terms_, &trigrams_, &symbols_, &passages_}) {
    SG_RETURN_IF_ERROR(index->Load());
  }
  must_rebuild_ = false;
  return Status::Ok();
}

Status DatabaseWriter::RemoveFile(FileId id) {
  const KnownFile& file = files_.at(id);
  for (ChunkId chunk = file.first_chunk; chunk < file.first_chunk + file.chunk_count; ++chunk) {
    chunks_.files[chunk] = 0;
    chunks_.row_terms[chunk] = 0;
    dirty_blocks_.insert(chunk / kBlockRows);
  }
  live_chunks_ -= file.chunk_count;
  SG_RETURN_IF_ERROR(DeleteFileRows(id, database_.get()));
  SG_RETURN_IF_ERROR(DropText(file.text));
  ids_by_path_.erase(file.path);
  if (--group_files_[file.trigram_group] == 0) group_files_.erase(file.trigram_group);
  files_.erase(id);
  return Status::Ok();
}

Status DatabaseWriter::AddFile(FileBatchEntry* entry) {
  FileRecord& record = entry->record;
  EncodedFile& encoded = *entry->encoded;
  const auto old = ids_by_path_.find(record.entry.path);
  if (old != ids_by_path_.end()) SG_RETURN_IF_ERROR(RemoveFile(old->second));
  const auto chunk_count = static_cast<uint32_t>(record.chunks.size());
  if (encoded.row_terms.size() != chunk_count) {
    return InternalError("chunk_terms must have an entry per chunk: " + record.entry.path);
  }
  record.id = next_file_++;
  record.first_chunk = next_chunk_;
  next_chunk_ += chunk_count;
  live_chunks_ += chunk_count;
  SG_ASSIGN_OR_RETURN(const int64_t text, AddText(&encoded));
  const uint32_t group = GatherTrigrams(encoded);
  SG_RETURN_IF_ERROR(
      InsertFileRows(record, encoded.facts, text, entry->stem_key, group, database_.get()));
  AddChunks(encoded, record.id);
  SG_RETURN_IF_ERROR(AddVectors(encoded, record.id, record.first_chunk));
  GatherPostings(encoded, record.first_chunk);
  ids_by_path_[record.entry.path] = record.id;
  files_[record.id] = {.path = record.entry.path,
                       .first_chunk = record.first_chunk,
                       .chunk_count = chunk_count,
                       .size_bytes = record.entry.size_bytes,
                       .text = text,
                       .trigram_group = group};
  return Status::Ok();
}

// Copies share one text.
Result<int64_t> DatabaseWriter::AddText(EncodedFile* encoded) {
  SG_ASSIGN_OR_RETURN(Statement * find,
                      database_->Cached("SELECT id FROM texts WHERE hash = ? AND raw_bytes = ?"));
  StatementUse using_find(find);
  find->BindInt(1, static_cast<int64_t>(encoded->text_hash));
  find->BindInt(2, static_cast<int64_t>(encoded->raw_bytes));
  SG_ASSIGN_OR_RETURN(const bool found, find->Step());
  if (found) {
    const int64_t id = find->Int(0);
    SG_ASSIGN_OR_RETURN(Statement * use,
                        database_->Cached("UPDATE texts SET uses = uses + 1 WHERE id = ?"));
    use->BindInt(1, id);
    SG_RETURN_IF_ERROR(use->Run());
    return id;
  }
  SG_ASSIGN_OR_RETURN(Statement * insert, database_->Cached("INSERT INTO texts(hash, uses, "
                                                            "raw_bytes, frame) "
                                                            "VALUES(?, 1, ?, ?)"));
  insert->BindInt(1, static_cast<int64_t>(encoded->text_hash));
  insert->BindInt(2, static_cast<int64_t>(encoded->raw_bytes));
  insert->BindBlob(3, encoded->frame);
  SG_RETURN_IF_ERROR(insert->Run());
  return sqlite3_last_insert_rowid(database_->handle());
}

Status DatabaseWriter::DropText(int64_t text) {
  SG_RETURN_IF_ERROR(database_->RunWithInt("UPDATE texts SET uses = uses - 1 WHERE id = ?", text));
  return database_->RunWithInt("DELETE FROM texts WHERE id = ? AND uses <= 0", text);
}

void DatabaseWriter::AddChunks(const EncodedFile& encoded, FileId file) {
  for (uint16_t row_terms : encoded.row_terms) {
    dirty_blocks_.insert(static_cast<uint32_t>(chunks_.files.size() / kBlockRows));
    chunks_.files.push_back(file);
    chunks_.row_terms.push_back(row_terms);
  }
}

Status DatabaseWriter::AddVectors(const EncodedFile& encoded, FileId file, ChunkId first_chunk) {
  const size_t dim = settings_.space.dim;
  const auto append = [&](VectorSet set, const QuantizedRows& rows, uint32_t id,
                          size_t expected_rows) -> Status {
    if (rows.rows == 0) return Status::Ok();
    if (rows.dim != dim || rows.rows != expected_rows) {
      return InternalError("vectors do not fit the chunks or the space of the index");
    }
    auto& appender = vectors_[static_cast<size_t>(set)];
    if (!appender) {
      appender.emplace(set, dim, database_.get());
      SG_RETURN_IF_ERROR(appender->Open(id));
    }
    return appender->Append(id, rows);
  };
  SG_RETURN_IF_ERROR(
      append(VectorSet::kChunk, encoded.chunk_vectors, first_chunk, encoded.row_terms.size()));
  SG_RETURN_IF_ERROR(append(VectorSet::kFile, encoded.file_vector, file, 1));
  return append(VectorSet::kHeader, encoded.header_vector, file, 1);
}

// Neighbouring files share a document of the trigram index until it has kGroupBytes.
uint32_t DatabaseWriter::GatherTrigrams(const EncodedFile& encoded) {
  const uint32_t group = next_group_;
  for (uint32_t trigram : encoded.trigrams) {
    if (!group_set_.Insert(trigram)) continue;
    group_trigrams_.push_back(trigram);
    new_trigrams_.push_back({trigram, group, 0});
  }
  ++group_files_[group];
  group_bytes_ += std::max<uint64_t>(encoded.raw_bytes, 1);
  if (group_bytes_ >= kGroupBytes) CloseTrigramGroup();
  return group;
}

void DatabaseWriter::CloseTrigramGroup() {
  if (group_bytes_ > 0) ++next_group_;
  group_bytes_ = 0;
  for (uint32_t trigram : group_trigrams_) group_set_.Erase(trigram);
  group_trigrams_.clear();
}

void DatabaseWriter::GatherPostings(const EncodedFile& encoded, ChunkId first_chunk) {
  const auto gather = [first_chunk](const std::vector<Posting>& from, std::vector<Posting>* to) {
    for (Posting posting : from) {
      posting.doc += first_chunk;
      to->push_back(posting);
    }
  };
  gather(encoded.terms, &new_terms_);
  gather(encoded.symbols, &new_symbols_);
  gather(encoded.passages, &new_passages_);
}

Status DatabaseWriter::WritePostings(uint32_t base_group, ChunkId base_chunk) {
  CloseTrigramGroup();
  const struct {
    PostingIndex* index;
    std::vector<Posting>* postings;
    uint32_t base;
  } parts[] = {{&terms_, &new_terms_, base_chunk},
               {&trigrams_, &new_trigrams_, base_group},
               {&symbols_, &new_symbols_, base_chunk},
               {&passages_, &new_passages_, base_chunk}};
  for (const auto& part : parts) {
    SG_RETURN_IF_ERROR(part.index->AddSegment(part.base, part.postings));
    part.postings->clear();
    const bool by_group = part.index == &trigrams_;
    SG_RETURN_IF_ERROR(part.index->MergeIfDue(
        [this, by_group](uint32_t id) { return by_group ? LiveGroup(id) : LiveChunk(id); }));
  }
  return Status::Ok();
}

Status DatabaseWriter::FlushBlocks() {
  for (uint32_t block : dirty_blocks_) {
    SG_RETURN_IF_ERROR(WriteChunkBlock(chunks_, block, database_.get()));
  }
  dirty_blocks_.clear();
  for (auto& vectors : vectors_) {
    if (vectors) SG_RETURN_IF_ERROR(vectors->Flush());
  }
  return Status::Ok();
}

Status DatabaseWriter::SaveState() {
  uint64_t row_terms = 0;
  for (uint16_t terms : chunks_.row_terms) row_terms += terms;
  uint64_t source_bytes = 0;
  for (const auto& [id, file] : files_) source_bytes += file.size_bytes;
  const struct {
    const char* key;
    uint64_t value;
  } values[] = {{"next_file", next_file_},      {"next_group", next_group_},
                {"file_count", files_.size()},  {"chunk_count", live_chunks_},
                {"source_bytes", source_bytes}, {"row_term_sum", row_terms}};
  for (const auto& [key, value] : values) {
    SG_RETURN_IF_ERROR(PutMetaInt(database_.get(), key, static_cast<int64_t>(value)));
  }
  return Status::Ok();
}

Status DatabaseWriter::Touch(std::span<const FileRecord> files) {
  return Atomically([&]() -> Status {
    for (const FileRecord& record : files) {
      SG_RETURN_IF_ERROR(UpdateFileEntry(record, database_.get()));
      const auto known = files_.find(record.id);
      if (known != files_.end()) known->second.size_bytes = record.entry.size_bytes;
    }
    return Status::Ok();
  });
}

Status DatabaseWriter::SetSkipped(std::span<const SkippedFile> files) {
  return Atomically([&] { return ReplaceSkippedFiles(files, database_.get()); });
}

Status DatabaseWriter::Finish(std::span<const uint64_t> skipped) {
  if (must_rebuild_) {  // nothing was given: the old content goes here
    SG_RETURN_IF_ERROR(Apply({}, {}));
  }
  SG_RETURN_IF_ERROR(Atomically([&] { return FinishRun(skipped); }));
  SG_RETURN_IF_ERROR(GiveBackPages());
  // Readers may hold the log open: then the next run shortens it.
  sqlite3_wal_checkpoint_v2(database_->handle(), nullptr, SQLITE_CHECKPOINT_PASSIVE, nullptr,
                            nullptr);
  return Status::Ok();
}

// Merging and removing leave free pages, which later runs fill; many of them are given back.
Status DatabaseWriter::GiveBackPages() {
  SG_ASSIGN_OR_RETURN(const int64_t all, database_->QueryInt("PRAGMA page_count"));
  SG_ASSIGN_OR_RETURN(const int64_t free, database_->QueryInt("PRAGMA freelist_count"));
  if (free < all / kFreeShare) return Status::Ok();
  return database_->Execute("PRAGMA incremental_vacuum");
}

Status DatabaseWriter::FinishRun(std::span<const uint64_t> skipped) {
  Database* db = database_.get();
  if (CompactionDue()) {
    SG_RETURN_IF_ERROR(Compact());
  } else if (built_anew_) {
    SG_RETURN_IF_ERROR(MergePostings());
  }
  SG_ASSIGN_OR_RETURN(const int64_t mentions_due, GetMetaInt(db, "mentions_due"));
  if (mentions_due != 0) {
    SG_RETURN_IF_ERROR(CountMentions());
    SG_RETURN_IF_ERROR(PutMetaInt(db, "mentions_due", 0));
  }
  const std::string_view counts(reinterpret_cast<const char*>(skipped.data()),
                                skipped.size_bytes());
  SG_RETURN_IF_ERROR(PutMeta(db, "skipped_counts", counts));
  return PutMetaInt(db, "finished_at_ms", NowMs());
}

// Of a whole build: one segment is smaller than several, and quicker to look up in.
Status DatabaseWriter::MergePostings() {
  built_anew_ = false;
  for (PostingIndex* index : {&terms_, &symbols_, &passages_}) {
    if (index->segment_count() < 2) continue;
    SG_RETURN_IF_ERROR(index->Rewrite([this](uint32_t chunk) { return LiveChunk(chunk); }));
  }
  if (trigrams_.segment_count() < 2) return Status::Ok();
  return trigrams_.Rewrite([this](uint32_t group) { return LiveGroup(group); });
}

// mention_count = files with a chunk in which the "=" + stem term is a whole identifier.
Status DatabaseWriter::CountMentions() {
  SG_ASSIGN_OR_RETURN(const std::vector<FileMentions> files, ReadFileMentions(database_.get()));
  std::vector<uint64_t> keys;
  for (const FileMentions& file : files) keys.push_back(file.stem_key);
  std::sort(keys.begin(), keys.end());
  keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
  std::unordered_map<uint64_t, uint32_t> counts;
  SG_RETURN_IF_ERROR(terms_.ScanKeys(keys, [&](uint64_t key, const std::vector<Posting>& list) {
    FileId last_file = 0;  // the chunks of a file are neighbours
    for (const Posting& posting : list) {
      if (!IsWholeTermValue(posting.value) || LiveChunk(posting.doc) == 0) continue;
      const FileId file = chunks_.files[posting.doc];
      if (file != last_file) ++counts[key];
      last_file = file;
    }
  }));
  SG_ASSIGN_OR_RETURN(Statement update,
                      database_->Prepare("UPDATE files SET mention_count = ? WHERE id = ?"));
  for (const FileMentions& file : files) {
    const auto count = counts.find(file.stem_key);
    const uint32_t mentions = count == counts.end() ? 0 : count->second;
    if (mentions == file.mention_count) continue;
    update.BindInt(1, mentions);
    update.BindInt(2, file.id);
    SG_RETURN_IF_ERROR(update.Run());
  }
  return Status::Ok();
}

bool DatabaseWriter::CompactionDue() const {
  const uint64_t all = chunks_.files.size() - 1;
  const uint64_t dead = all - live_chunks_;
  return dead >= kMinDeadChunks && dead >= all / kDeadShare;
}

// Gives the living consecutive ids, in the old order, and rewrites what holds ids.
Status DatabaseWriter::Compact() {
  std::vector<uint32_t> new_chunks(chunks_.files.size()), new_files(next_file_);
  std::vector<FileId> file_ids;
  for (const auto& [id, file] : files_) file_ids.push_back(id);
  std::sort(file_ids.begin(), file_ids.end());
  for (size_t i = 0; i < file_ids.size(); ++i) new_files[file_ids[i]] = static_cast<FileId>(i + 1);
  ChunkArrays compact{.files = {0}, .row_terms = {0}};
  for (ChunkId chunk = 1; chunk < chunks_.files.size(); ++chunk) {
    if (chunks_.files[chunk] == 0) continue;
    new_chunks[chunk] = static_cast<ChunkId>(compact.files.size());
    compact.files.push_back(new_files[chunks_.files[chunk]]);
    compact.row_terms.push_back(chunks_.row_terms[chunk]);
  }
  const auto map = [](const std::vector<uint32_t>& ids) {
    return [&ids](uint32_t id) { return id < ids.size() ? ids[id] : 0; };
  };
  SG_RETURN_IF_ERROR(terms_.Rewrite(map(new_chunks)));
  SG_RETURN_IF_ERROR(symbols_.Rewrite(map(new_chunks)));
  SG_RETURN_IF_ERROR(passages_.Rewrite(map(new_chunks)));
  const std::vector<uint32_t> new_groups = NewGroups();
  SG_RETURN_IF_ERROR(trigrams_.Rewrite(map(new_groups)));
  SG_RETURN_IF_ERROR(CompactVectors(VectorSet::kChunk, new_chunks));
  SG_RETURN_IF_ERROR(CompactVectors(VectorSet::kFile, new_files));
  SG_RETURN_IF_ERROR(CompactVectors(VectorSet::kHeader, new_files));
  SG_RETURN_IF_ERROR(RenumberFiles(new_chunks, new_files, new_groups));
  SG_RETURN_IF_ERROR(database_->Execute("DELETE FROM chunk_blocks"));
  chunks_ = std::move(compact);
  for (size_t begin = 0; begin < chunks_.files.size(); begin += kBlockRows) {
    dirty_blocks_.insert(static_cast<uint32_t>(begin / kBlockRows));
  }
  next_chunk_ = static_cast<ChunkId>(chunks_.files.size());
  next_file_ = static_cast<FileId>(file_ids.size() + 1);
  next_group_ = static_cast<uint32_t>(group_files_.size() + 1);
  for (auto& vectors : vectors_) vectors.reset();
  SG_RETURN_IF_ERROR(FlushBlocks());
  SG_RETURN_IF_ERROR(LoadFiles());
  return SaveState();
}

// Rows only move down, so each block is read before anything is written over it.
Status DatabaseWriter::CompactVectors(VectorSet set, const std::vector<uint32_t>& new_ids) {
  const size_t dim = settings_.space.dim;
  SG_ASSIGN_OR_RETURN(Statement blocks, database_->Prepare("SELECT id FROM vector_blocks WHERE id "
                                                           "BETWEEN ? AND ? ORDER BY id"));
  blocks.BindInt(1, VectorBlockId(set, 0));
  blocks.BindInt(2, VectorBlockId(set, 0) + kVectorSetStride - 1);
  std::vector<uint32_t> numbers;
  for (;;) {
    SG_ASSIGN_OR_RETURN(const bool row, blocks.Step());
    if (!row) break;
    numbers.push_back(static_cast<uint32_t>(blocks.Int(0) - VectorBlockId(set, 0)));
  }
  blocks.Reset();
  if (numbers.empty()) return Status::Ok();
  VectorBlockReader reader(dim, database_.get());
  VectorAppender appender(set, dim, database_.get());
  appender.OpenEmpty();
  StoredVectors block;
  for (uint32_t number : numbers) {
    SG_RETURN_IF_ERROR(reader.Read(set, number, &block));
    for (uint32_t i = 0; i < block.rows; ++i) {
      const uint32_t old_id = number * kBlockRows + i;
      const uint32_t id = old_id < new_ids.size() ? new_ids[old_id] : 0;
      if (id == 0) continue;
      SG_RETURN_IF_ERROR(appender.Append(id, RowOf(block, i, dim)));
    }
  }
  SG_RETURN_IF_ERROR(appender.Flush());
  return appender.TruncateBehind();
}

std::vector<uint32_t> DatabaseWriter::NewGroups() const {
  std::vector<uint32_t> new_groups(next_group_);
  uint32_t next = 1;
  for (uint32_t group = 1; group < next_group_; ++group) {
    if (group_files_.contains(group)) new_groups[group] = next++;
  }
  return new_groups;
}

Status DatabaseWriter::RenumberFiles(const std::vector<uint32_t>& new_chunks,
                                     const std::vector<uint32_t>& new_files,
                                     const std::vector<uint32_t>& new_groups) {
  SG_ASSIGN_OR_RETURN(
      Statement file,
      database_->Prepare(
          "UPDATE files SET id = ?, first_chunk = ?, trigram_group = ? WHERE id = ?"));
  SG_ASSIGN_OR_RETURN(Statement facts,
                      database_->Prepare("UPDATE facts SET file = ? WHERE file = ?"));
  for (FileId id = 1; id < new_files.size(); ++id) {
    if (new_files[id] == 0) continue;
    const KnownFile& known = files_.at(id);
    file.BindInt(1, new_files[id]);
    file.BindInt(2, known.chunk_count == 0 ? 1 : new_chunks[known.first_chunk]);
    file.BindInt(3, new_groups[known.trigram_group]);
    file.BindInt(4, id);
    SG_RETURN_IF_ERROR(file.Run());
    facts.BindInt(1, new_files[id]);
    facts.BindInt(2, id);
    SG_RETURN_IF_ERROR(facts.Run());
  }
  return Status::Ok();
}

// A damaged index of ours makes room for a new one; anything else is left alone.
Status RemoveDamagedIndex(const std::string& path, const Status& reason) {
  if (!LooksLikeIndex(path)) return reason;
  for (const char* suffix : {"-wal", "-shm", ""}) {
    std::error_code error;
    std::filesystem::remove(path + suffix, error);
    if (error) return ErrnoError("remove the damaged index", path + suffix, error.value());
  }
  return Status::Ok();
}

Result<std::unique_ptr<IndexWriter>> OpenWriter(const std::string& path, const std::string& root,
                                                const IndexSettings& settings, bool rebuild) {
  SG_RETURN_IF_ERROR(CheckNotForeign(path));  // before a lock file appears beside it
  SG_RETURN_IF_ERROR(CreateDatabaseFile(path, root));
  SG_ASSIGN_OR_RETURN(WriterLock lock, WriterLock::Take(path + ".lock"));
  SG_ASSIGN_OR_RETURN(auto database, OpenDatabaseForWriting(path));
  auto writer = std::make_unique<DatabaseWriter>(std::move(lock), std::move(database), settings);
  SG_RETURN_IF_ERROR(writer->Load(rebuild, root));
  return std::unique_ptr<IndexWriter>(std::move(writer));
}

}  // namespace

bool IndexSettings::operator==(const IndexSettings& other) const {
  return space.model_name == other.space.model_name && space.revision == other.space.revision &&
         space.dim == other.space.dim && space.multi_vector == other.space.multi_vector &&
         chunker_version == other.chunker_version && terms_version == other.terms_version &&
         walk_settings == other.walk_settings;
}

Result<std::unique_ptr<IndexWriter>> IndexWriter::Open(const std::string& db_path,
                                                       const std::string& root,
                                                       const IndexSettings& settings,
                                                       bool rebuild) {
  auto writer = OpenWriter(db_path, root, settings, rebuild);
  if (writer.ok() || !rebuild) return writer;
  const StatusCode code = writer.status().code();
  if (code != StatusCode::kCorrupt && code != StatusCode::kUnsupported) return writer;
  if (!LooksLikeIndex(db_path)) return writer;
  {
    SG_ASSIGN_OR_RETURN(const WriterLock lock, WriterLock::Take(db_path + ".lock"));
    SG_RETURN_IF_ERROR(RemoveDamagedIndex(db_path, writer.status()));
  }
  return OpenWriter(db_path, root, settings, rebuild);
}

}  // namespace sg
