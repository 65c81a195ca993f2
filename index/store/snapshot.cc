// Snapshot over the database of database_format.h: one read transaction from Open to destruction.

#include <algorithm>
#include <cstring>
#include <optional>

#include "index/store/block_store.h"
#include "index/store/database_format.h"
#include "index/store/encoded_file.h"
#include "index/store/file_rows.h"
#include "index/store/posting_index.h"
#include "index/store/store.h"
#include "index/store/text_codec.h"
#include "index/store/trigrams.h"

namespace sg {
namespace {

// More trigrams of a literal narrow little and cost a lookup each.
constexpr size_t kMaxTrigramsPerLiteral = 24;

class DatabaseSnapshot : public Snapshot {
 public:
  explicit DatabaseSnapshot(std::unique_ptr<Database> database)
      : database_(std::move(database)),
        terms_(database_.get(), PostingKind::kTerms),
        trigrams_(database_.get(), PostingKind::kTrigrams),
        symbols_(database_.get(), PostingKind::kSymbols),
        passages_(database_.get(), PostingKind::kPassages) {}

  // Begins the transaction and reads what nearly every search needs.
  Status Begin();

  const IndexCounts& counts() const override { return counts_; }
  const IndexSettings& settings() const override { return settings_; }
  const std::string& root() const override { return root_; }
  Result<bool> HasSpaces() const override {
    SG_ASSIGN_OR_RETURN(const int64_t some,
                        database_->QueryInt("SELECT EXISTS(SELECT 1 FROM spaces)"));
    return some != 0;
  }
  int64_t finished_at_ms() const override { return finished_at_ms_; }
  Result<std::vector<uint64_t>> SkippedCounts() const override;
  Result<std::vector<SkippedFile>> SkippedFiles() const override {
    return ReadSkippedFiles(database_.get());
  }
  Result<std::vector<FileRecord>> Files() const override {
    return ReadFileRecords(database_.get());
  }
  Result<FileRecord> File(FileId id) const override {
    SG_RETURN_IF_ERROR(LoadTextCodec());
    return ReadFileRecord(id, *texts_, database_.get());
  }
  Result<std::optional<FileId>> FindFile(std::string_view path) const override;
  Result<FileId> FileOfChunk(ChunkId id) const override;
  Result<std::string> FileText(FileId id) const override;
  Result<std::vector<SymbolHit>> FindSymbol(std::string_view joined_name) const override;
  Status ReadPostings(std::string_view term, std::vector<TermPosting>* out) const override;
  Result<std::span<const uint16_t>> RowTerms() const override;
  Result<std::span<const FileId>> ChunkFiles() const override;
  Result<FileId> FileLimit() const override;
  Result<std::optional<ChunkId>> FindPassage(uint64_t key) const override;
  Status ScanVectors(VectorSet set,
                     const std::function<Status(VectorBlock&&)>& visit) const override;
  Status ScanSigns(VectorSet set,
                   const std::function<Status(const SignBlock&)>& visit) const override;
  Result<VectorBlock> ReadVectors(VectorSet set, std::span<const uint32_t> ids) const override;
  Result<std::optional<std::vector<FileId>>> FilesWithLiterals(
      std::span<const std::vector<std::string>> alternatives) const override;

 private:
  Status LoadChunks() const;
  Status LoadTextCodec() const;
  // True if rows first_id to first_id + rows - 1 are those of chunks (files) that are there.
  bool AllLive(VectorSet set, uint32_t first_id, size_t rows) const;
  // The file of row `id` of a set, 0 if it is dead. REQUIRES: LoadChunks().
  FileId FileOfRow(VectorSet set, uint32_t id) const;
  Result<std::vector<uint32_t>> GroupsWithTrigrams(const std::vector<uint32_t>& trigrams) const;
  Status Damaged(const char* what) const {
    return CorruptError(database_->path() + ": " + what +
                        "; make the index anew with `sg index --rebuild`");
  }

  std::unique_ptr<Database> database_;
  IndexCounts counts_;
  IndexSettings settings_;
  std::string root_;
  int64_t finished_at_ms_ = 0;
  // Caches filled on first use.
  mutable PostingIndex terms_, trigrams_, symbols_, passages_;
  mutable bool postings_loaded_[4] = {};
  mutable bool chunks_loaded_ = false;
  mutable std::vector<FileId> chunk_files_;
  mutable std::vector<uint16_t> row_terms_;
  mutable std::vector<uint8_t> live_files_;  // [FileId]
  mutable std::unique_ptr<TextCodec> texts_;

  Status LoadPostings(PostingIndex* index, PostingKind kind) const {
    bool& loaded = postings_loaded_[static_cast<int>(kind)];
    if (loaded) return Status::Ok();
    SG_RETURN_IF_ERROR(index->Load());
    loaded = true;
    return Status::Ok();
  }
};

Status DatabaseSnapshot::Begin() {
  Database* db = database_.get();
  SG_RETURN_IF_ERROR(db->Execute("BEGIN"));
  SG_ASSIGN_OR_RETURN(settings_, LoadSettings(db));
  SG_ASSIGN_OR_RETURN(root_, GetMeta(db, "root"));
  SG_ASSIGN_OR_RETURN(finished_at_ms_, GetMetaInt(db, "finished_at_ms"));
  SG_ASSIGN_OR_RETURN(const int64_t files, GetMetaInt(db, "file_count"));
  SG_ASSIGN_OR_RETURN(const int64_t chunks, GetMetaInt(db, "chunk_count"));
  SG_ASSIGN_OR_RETURN(const int64_t source_bytes, GetMetaInt(db, "source_bytes"));
  SG_ASSIGN_OR_RETURN(const int64_t row_terms, GetMetaInt(db, "row_term_sum"));
  counts_ = {.files = static_cast<uint64_t>(files),
             .chunks = static_cast<uint64_t>(chunks),
             .source_bytes = static_cast<uint64_t>(source_bytes),
             .mean_row_terms =
                 chunks > 0 ? static_cast<double>(row_terms) / static_cast<double>(chunks) : 0};
  return Status::Ok();
}

Result<std::vector<uint64_t>> DatabaseSnapshot::SkippedCounts() const {
  SG_ASSIGN_OR_RETURN(const std::string bytes, GetMeta(database_.get(), "skipped_counts"));
  std::vector<uint64_t> counts(static_cast<size_t>(SkipReason::kCount));
  if (!bytes.empty()) {
    std::memcpy(counts.data(), bytes.data(),
                std::min(bytes.size(), counts.size() * sizeof(uint64_t)));
  }
  return counts;
}

Result<std::optional<FileId>> DatabaseSnapshot::FindFile(std::string_view path) const {
  SG_ASSIGN_OR_RETURN(Statement * read, database_->Cached("SELECT id FROM files WHERE path = ?"));
  StatementUse use(read);
  read->BindBlob(1, path);
  SG_ASSIGN_OR_RETURN(const bool row, read->Step());
  if (!row) return std::optional<FileId>();
  return std::optional(static_cast<FileId>(read->Int(0)));
}

Result<FileId> DatabaseSnapshot::FileOfChunk(ChunkId id) const {
  SG_RETURN_IF_ERROR(LoadChunks());
  if (id >= chunk_files_.size() || chunk_files_[id] == 0) {
    return NotFoundError("the index has no chunk " + std::to_string(id));
  }
  return chunk_files_[id];
}

Result<std::string> DatabaseSnapshot::FileText(FileId id) const {
  SG_RETURN_IF_ERROR(LoadTextCodec());
  SG_ASSIGN_OR_RETURN(Statement * read,
                      database_->Cached("SELECT raw_bytes, frame FROM texts WHERE id = "
                                        "(SELECT text FROM files WHERE id = ?)"));
  StatementUse use(read);
  read->BindInt(1, id);
  SG_ASSIGN_OR_RETURN(const bool row, read->Step());
  if (!row) return NotFoundError("the index has no text of file " + std::to_string(id));
  auto text = texts_->Decompress(read->Blob(1), static_cast<size_t>(read->Int(0)));
  if (!text.ok()) return Damaged(text.status().message().c_str());
  return text;
}

Result<std::vector<SymbolHit>> DatabaseSnapshot::FindSymbol(std::string_view joined_name) const {
  SG_RETURN_IF_ERROR(LoadChunks());
  SG_RETURN_IF_ERROR(LoadPostings(&symbols_, PostingKind::kSymbols));
  std::vector<SymbolHit> hits;
  SG_RETURN_IF_ERROR(symbols_.Scan(SymbolKey(joined_name), [&](uint32_t chunk, uint32_t kind) {
    const FileId file = FileOfRow(VectorSet::kChunk, chunk);
    if (file == 0 || kind >= kDefinitionKindCount) return;
    hits.push_back({.file = file, .chunk = chunk, .kind = static_cast<DefinitionKind>(kind)});
  }));
  return hits;
}

Status DatabaseSnapshot::ReadPostings(std::string_view term, std::vector<TermPosting>* out) const {
  SG_RETURN_IF_ERROR(LoadChunks());
  SG_RETURN_IF_ERROR(LoadPostings(&terms_, PostingKind::kTerms));
  const std::span<const FileId> chunk_files(chunk_files_);
  return terms_.Scan(TermKey(term), [chunk_files, out](uint32_t chunk, uint32_t value) {
    if (chunk < chunk_files.size() && chunk_files[chunk] != 0) {
      out->push_back({chunk, static_cast<float>(WeightOfTermValue(value))});
    }
  });
}

Result<std::optional<ChunkId>> DatabaseSnapshot::FindPassage(uint64_t key) const {
  SG_RETURN_IF_ERROR(LoadChunks());
  SG_RETURN_IF_ERROR(LoadPostings(&passages_, PostingKind::kPassages));
  std::optional<ChunkId> found;
  SG_RETURN_IF_ERROR(
      passages_.Scan(key & ~(uint64_t{1} << 63), [&](uint32_t chunk, uint32_t /*value*/) {
        if (FileOfRow(VectorSet::kChunk, chunk) != 0) found = chunk;
      }));
  return found;
}

Status DatabaseSnapshot::LoadTextCodec() const {
  if (texts_) return Status::Ok();
  SG_ASSIGN_OR_RETURN(std::string dictionary, LoadTextDictionary(database_.get()));
  texts_ = std::make_unique<TextCodec>(std::move(dictionary));
  return Status::Ok();
}

Status DatabaseSnapshot::LoadChunks() const {
  if (chunks_loaded_) return Status::Ok();
  SG_ASSIGN_OR_RETURN(ChunkArrays arrays, ReadChunkArrays(database_.get()));
  chunk_files_ = std::move(arrays.files);
  row_terms_ = std::move(arrays.row_terms);
  constexpr FileId kMaxFiles = FileId{1} << 30;
  live_files_.assign(std::min<uint64_t>(counts_.files, chunk_files_.size()) + 1, 0);
  FileId last = 0;
  for (FileId file : chunk_files_) {
    if (file == last) continue;  // the chunks of a file lie together
    last = file;
    if (file > kMaxFiles) return Damaged("a chunk names an impossible file");
    if (file >= live_files_.size())
      live_files_.resize(std::max(file + size_t{1}, 2 * live_files_.size()));
    live_files_[file] = 1;
  }
  while (live_files_.size() > 1 && live_files_.back() == 0) live_files_.pop_back();
  live_files_[0] = 0;
  chunks_loaded_ = true;
  return Status::Ok();
}

FileId DatabaseSnapshot::FileOfRow(VectorSet set, uint32_t id) const {
  if (set == VectorSet::kChunk) return id < chunk_files_.size() ? chunk_files_[id] : 0;
  return id < live_files_.size() && live_files_[id] != 0 ? id : 0;
}

Result<std::span<const uint16_t>> DatabaseSnapshot::RowTerms() const {
  SG_RETURN_IF_ERROR(LoadChunks());
  return std::span<const uint16_t>(row_terms_);
}

Result<FileId> DatabaseSnapshot::FileLimit() const {
  SG_RETURN_IF_ERROR(LoadChunks());
  return static_cast<FileId>(live_files_.size());
}

Result<std::span<const FileId>> DatabaseSnapshot::ChunkFiles() const {
  SG_RETURN_IF_ERROR(LoadChunks());
  return std::span<const FileId>(chunk_files_);
}

Status DatabaseSnapshot::ScanVectors(VectorSet set,
                                     const std::function<Status(VectorBlock&&)>& visit) const {
  SG_RETURN_IF_ERROR(LoadChunks());
  const size_t dim = settings_.space.dim, sign_bytes = SignBytes(dim);
  const int bits = MagnitudeBitsOf(set);
  const size_t magnitude_bytes = MagnitudeBytes(dim, bits);
  SG_ASSIGN_OR_RETURN(
      Statement * read,
      database_->Cached("SELECT id, rows, scales, signs, magnitudes FROM vector_blocks "
                        "WHERE id BETWEEN ? AND ? ORDER BY id"));
  StatementUse use(read);
  read->BindInt(1, VectorBlockId(set, 0));
  read->BindInt(2, VectorBlockId(set, 0) + kVectorSetStride - 1);
  for (;;) {
    SG_ASSIGN_OR_RETURN(const bool row, read->Step());
    if (!row) return Status::Ok();
    const auto first = static_cast<uint32_t>(read->Int(0) - VectorBlockId(set, 0)) * kBlockRows;
    const auto rows = static_cast<size_t>(read->Int(1));
    const std::string_view scales = read->Blob(2), signs = read->Blob(3);
    const std::string_view magnitudes = read->Blob(4);
    if (!IsVectorBlock(rows, scales, signs, sign_bytes) ||
        !IsVectorBlock(rows, scales, magnitudes, magnitude_bytes)) {
      return Damaged("a damaged block of vectors");
    }
    VectorBlock block;
    block.ids.reserve(rows);
    block.files.reserve(rows);
    block.scales.reserve(rows);
    block.codes.resize(rows * dim);
    size_t live = 0, packed = 0;
    for (size_t i = 0; i < rows; ++i) {
      const uint32_t id = first + static_cast<uint32_t>(i);
      const FileId file = FileOfRow(set, id);
      float scale;
      std::memcpy(&scale, scales.data() + i * sizeof(float), sizeof(float));
      const size_t from = packed;
      packed += scale != 0;
      if (file == 0) continue;
      block.ids.push_back(id);
      block.files.push_back(file);
      block.scales.push_back(scale);
      if (scale != 0) {
        JoinRow(signs.data() + from * sign_bytes, magnitudes.data() + from * magnitude_bytes, dim,
                bits, &block.codes[live * dim]);
      }
      ++live;
    }
    block.codes.resize(live * dim);
    if (live > 0) SG_RETURN_IF_ERROR(visit(std::move(block)));
  }
}

bool DatabaseSnapshot::AllLive(VectorSet set, uint32_t first_id, size_t rows) const {
  const auto all = [&](const auto& values) {
    if (first_id + rows > values.size()) return false;
    return std::find(values.begin() + first_id,
                     values.begin() + first_id + static_cast<ptrdiff_t>(rows),
                     0U) == values.begin() + first_id + static_cast<ptrdiff_t>(rows);
  };
  return set == VectorSet::kChunk ? all(chunk_files_) : all(live_files_);
}

Status DatabaseSnapshot::ScanSigns(VectorSet set,
                                   const std::function<Status(const SignBlock&)>& visit) const {
  SG_RETURN_IF_ERROR(LoadChunks());
  const size_t row_bytes = SignBytes(settings_.space.dim);
  SG_ASSIGN_OR_RETURN(Statement * read,
                      database_->Cached("SELECT id, rows, scales, signs FROM vector_blocks "
                                        "WHERE id BETWEEN ? AND ? ORDER BY id"));
  StatementUse use(read);
  read->BindInt(1, VectorBlockId(set, 0));
  read->BindInt(2, VectorBlockId(set, 0) + kVectorSetStride - 1);
  std::vector<uint32_t> ids;
  std::string bits;
  for (;;) {
    SG_ASSIGN_OR_RETURN(const bool row, read->Step());
    if (!row) return Status::Ok();
    const auto first = static_cast<uint32_t>(read->Int(0) - VectorBlockId(set, 0)) * kBlockRows;
    const auto rows = static_cast<size_t>(read->Int(1));
    const std::string_view scales = read->Blob(2), signs = read->Blob(3);
    if (!IsVectorBlock(rows, scales, signs, row_bytes)) {
      return Damaged("a damaged block of vectors");
    }
    if (signs.size() == rows * row_bytes && AllLive(set, first, rows)) {
      SG_RETURN_IF_ERROR(
          visit({.rows = rows, .first_id = first, .row_bytes = row_bytes, .bits = signs}));
      continue;
    }
    ids.clear();
    bits.assign(rows * row_bytes, '\0');
    size_t packed = 0;
    for (size_t i = 0; i < rows; ++i) {
      const uint32_t id = first + static_cast<uint32_t>(i);
      const bool has_scale = HasScale(scales, i);
      const size_t from = packed;
      packed += has_scale;
      if (FileOfRow(set, id) == 0) continue;
      if (has_scale)
        std::memcpy(&bits[ids.size() * row_bytes], &signs[from * row_bytes], row_bytes);
      ids.push_back(id);
    }
    if (ids.empty()) continue;
    bits.resize(ids.size() * row_bytes);
    SG_RETURN_IF_ERROR(
        visit({.rows = ids.size(), .ids = ids, .row_bytes = row_bytes, .bits = bits}));
  }
}

Result<VectorBlock> DatabaseSnapshot::ReadVectors(VectorSet set,
                                                  std::span<const uint32_t> ids) const {
  SG_RETURN_IF_ERROR(LoadChunks());
  const size_t dim = settings_.space.dim;
  VectorBlock out;
  out.ids.assign(ids.begin(), ids.end());
  out.files.resize(ids.size());
  out.scales.resize(ids.size());
  out.codes.resize(ids.size() * dim);
  const size_t sign_bytes = SignBytes(dim);
  const int bits = MagnitudeBitsOf(set);
  std::string scales, row_signs(sign_bytes, '\0'), row_magnitudes(MagnitudeBytes(dim, bits), '\0');
  BlobReader scale_reader, signs, magnitudes;
  std::optional<uint32_t> open_block;
  uint32_t packed_row = 0, counted_rows = 0;  // rows with a scale among the first counted_rows
  for (size_t i = 0; i < ids.size(); ++i) {
    out.files[i] = FileOfRow(set, ids[i]);
    if (out.files[i] == 0) continue;
    const uint32_t block = ids[i] / kBlockRows, row = ids[i] % kBlockRows;
    if (open_block != block) {
      const int64_t id = VectorBlockId(set, block);
      const Status opened = scale_reader.Open(*database_, "vector_blocks", "scales", id);
      scales.clear();
      if (!opened.ok() && opened.code() != StatusCode::kNotFound) return opened;
      if (opened.ok()) {
        scales.resize(std::min(scale_reader.size(), kBlockRows * sizeof(float)));
        SG_RETURN_IF_ERROR(scale_reader.Read(0, scales.size(), scales.data()));
        SG_RETURN_IF_ERROR(signs.Open(*database_, "vector_blocks", "signs", id));
        SG_RETURN_IF_ERROR(magnitudes.Open(*database_, "vector_blocks", "magnitudes", id));
      }
      open_block = block;
      packed_row = counted_rows = 0;
    }
    if ((row + 1) * sizeof(float) > scales.size()) continue;
    std::memcpy(&out.scales[i], &scales[row * sizeof(float)], sizeof(float));
    if (out.scales[i] == 0) continue;
    if (row < counted_rows) packed_row = counted_rows = 0;
    const std::string_view uncounted =
        std::string_view(scales).substr(counted_rows * sizeof(float));
    packed_row += PackedRow(uncounted, row - counted_rows);
    counted_rows = row;
    const size_t packed = packed_row;
    SG_RETURN_IF_ERROR(signs.Read(packed * sign_bytes, sign_bytes, row_signs.data()));
    SG_RETURN_IF_ERROR(magnitudes.Read(packed * row_magnitudes.size(), row_magnitudes.size(),
                                       row_magnitudes.data()));
    JoinRow(row_signs.data(), row_magnitudes.data(), dim, bits, &out.codes[i * dim]);
  }
  return out;
}

Result<std::vector<uint32_t>> DatabaseSnapshot::GroupsWithTrigrams(
    const std::vector<uint32_t>& trigrams) const {
  std::vector<uint32_t> groups, narrowed;
  for (size_t i = 0; i < trigrams.size(); ++i) {
    narrowed.clear();
    size_t at = 0;
    SG_RETURN_IF_ERROR(trigrams_.Scan(trigrams[i], [&](uint32_t group, uint32_t /*value*/) {
      if (i > 0) {  // both ascend
        while (at < groups.size() && groups[at] < group) ++at;
        if (at == groups.size() || groups[at] != group) return;
      }
      narrowed.push_back(group);
    }));
    groups.swap(narrowed);
    if (groups.empty()) break;
  }
  return groups;
}

Result<std::optional<std::vector<FileId>>> DatabaseSnapshot::FilesWithLiterals(
    std::span<const std::vector<std::string>> alternatives) const {
  using Files = std::optional<std::vector<FileId>>;
  SG_RETURN_IF_ERROR(LoadChunks());
  SG_RETURN_IF_ERROR(LoadPostings(&trigrams_, PostingKind::kTrigrams));
  std::vector<uint32_t> all;
  for (const std::vector<std::string>& literals : alternatives) {
    std::vector<uint32_t> trigrams;
    for (const std::string& literal : literals) {
      std::vector<uint32_t> more = DistinctTrigrams(literal);
      if (more.size() > kMaxTrigramsPerLiteral) more.resize(kMaxTrigramsPerLiteral);
      trigrams.insert(trigrams.end(), more.begin(), more.end());
    }
    if (trigrams.empty()) return Files();
    std::sort(trigrams.begin(), trigrams.end());
    trigrams.erase(std::unique(trigrams.begin(), trigrams.end()), trigrams.end());
    SG_ASSIGN_OR_RETURN(const std::vector<uint32_t> groups, GroupsWithTrigrams(trigrams));
    all.insert(all.end(), groups.begin(), groups.end());
  }
  std::sort(all.begin(), all.end());
  all.erase(std::unique(all.begin(), all.end()), all.end());
  std::vector<FileId> files;
  SG_ASSIGN_OR_RETURN(Statement * members,
                      database_->Cached("SELECT id FROM files WHERE trigram_group = ?"));
  for (uint32_t group : all) {
    StatementUse use(members);
    members->BindInt(1, group);
    for (;;) {
      SG_ASSIGN_OR_RETURN(const bool row, members->Step());
      if (!row) break;
      files.push_back(static_cast<FileId>(members->Int(0)));
    }
  }
  std::sort(files.begin(), files.end());
  return Files(std::move(files));
}

}  // namespace

Result<std::unique_ptr<Snapshot>> Snapshot::Open(const std::string& db_path) {
  SG_ASSIGN_OR_RETURN(auto database, OpenDatabaseForReading(db_path));
  auto snapshot = std::make_unique<DatabaseSnapshot>(std::move(database));
  SG_RETURN_IF_ERROR(snapshot->Begin());
  return std::unique_ptr<Snapshot>(std::move(snapshot));
}

}  // namespace sg
