#include "index/store/space_store.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "core/base/hash.h"
#include "index/store/byte_codec.h"
#include "index/store/database_format.h"
#include "index/store/sqlite.h"
#include "index/store/writer_lock.h"

namespace sg {
namespace {

constexpr size_t kMaxTokens = (1 << 16) - 1;  // of a passage
constexpr size_t kMaxDim = 1 << 16;
constexpr size_t kSingleVectorBits = 8;

Status Damaged(const Database& database) {
  return CorruptError(database.path() +
                      ": a damaged space; make the index anew with `sg index --rebuild`");
}

// Appends `bits` bits of each value, lowest first.
void PackNumbers(std::span<const uint16_t> values, size_t bits, std::string* out) {
  uint64_t buffer = 0;
  size_t filled = 0;
  for (const uint32_t value : values) {
    buffer |= uint64_t{value} << filled;
    for (filled += bits; filled >= 8; filled -= 8, buffer >>= 8) {
      out->push_back(static_cast<char>(buffer));
    }
  }
  if (filled > 0) out->push_back(static_cast<char>(buffer));
}

// False if `bytes` has another size or a value is not below `limit`. REQUIRES: bits <= 16.
bool UnpackNumbers(std::string_view bytes, size_t bits, uint32_t limit,
                   std::vector<uint16_t>* values) {
  if (bytes.size() != (values->size() * bits + 7) / 8) return false;
  std::string padded(bytes);
  padded.append(sizeof(uint32_t), '\0');
  const uint32_t mask = (uint32_t{1} << bits) - 1;
  uint32_t largest = 0;
  for (size_t i = 0, bit = 0; i < values->size(); ++i, bit += bits) {
    uint32_t word;
    std::memcpy(&word, padded.data() + bit / 8, sizeof(word));
    const uint32_t value = (word >> (bit % 8)) & mask;
    largest = std::max(largest, value);
    (*values)[i] = static_cast<uint16_t>(value);
  }
  return largest < limit;
}

size_t BitsOf(size_t centroid_count) {
  return centroid_count == 0 ? 0 : std::bit_width(centroid_count - 1);
}

// Bytes in `codes` per token.
size_t TokenBytes(const SpaceInfo& space, const TokenCodec* codec) {
  return codec == nullptr ? sizeof(float) + space.space.dim : 2 + codec->code().token_bytes();
}

constexpr char kSpaceColumns[] =
    "SELECT id, model, revision, dim, multi_vector, bits, pooled, routes, stamp FROM spaces "
    "ORDER BY id";

Result<std::vector<SpaceInfo>> ReadSpaces(Database* database) {
  std::vector<SpaceInfo> spaces;
  SG_ASSIGN_OR_RETURN(Statement read, database->Prepare(kSpaceColumns));
  for (;;) {
    SG_ASSIGN_OR_RETURN(const bool row, read.Step());
    if (!row) return spaces;
    SpaceInfo info{.id = read.Int(0)};
    info.space.model_name = read.Blob(1);
    const std::string_view revision = read.Blob(2);
    const int64_t dim = read.Int(3), bits = read.Int(5);
    const bool multi = read.Int(4) != 0;
    const bool bits_fit = multi ? bits == 2 || bits == 4 : bits == int64_t{kSingleVectorBits};
    if (revision.size() != 16 || dim <= 0 || dim > int64_t{kMaxDim} || !bits_fit) {
      return Damaged(*database);
    }
    info.space.revision = HashFromBytes(revision);
    info.space.dim = static_cast<size_t>(dim);
    info.space.multi_vector = multi;
    info.bits = static_cast<size_t>(bits);
    info.pooled = read.Int(6) != 0;
    info.routes = static_cast<uint32_t>(read.Int(7));
    info.stamp = static_cast<uint64_t>(read.Int(8));
    spaces.push_back(std::move(info));
  }
}

Result<std::string> ReadSpaceBlob(const char* sql, int64_t id, Database* database) {
  SG_ASSIGN_OR_RETURN(Statement read, database->Prepare(sql));
  read.BindInt(1, id);
  SG_ASSIGN_OR_RETURN(const bool row, read.Step());
  return row ? std::string(read.Blob(0)) : std::string();
}

Status ScanSpaceBlocks(int64_t space, size_t centroid_count, Database* database,
                       const std::function<Status(SpaceBlock&&)>& visit) {
  SG_ASSIGN_OR_RETURN(Statement read,
                      database->Prepare("SELECT id, directory, centroids FROM space_blocks "
                                        "WHERE space = ? ORDER BY id"));
  read.BindInt(1, space);
  for (;;) {
    SG_ASSIGN_OR_RETURN(const bool row, read.Step());
    if (!row) return Status::Ok();
    auto block = DecodeSpaceBlock(read.Blob(1), read.Blob(2), centroid_count);
    if (!block.ok()) return Damaged(*database);
    block->id = read.Int(0);
    SG_RETURN_IF_ERROR(visit(std::move(block).value()));
  }
}

class DatabaseSpaceReader final : public SpaceReader {
 public:
  explicit DatabaseSpaceReader(std::unique_ptr<Database> database)
      : database_(std::move(database)) {}

  Status Begin() {
    SG_RETURN_IF_ERROR(database_->Execute("BEGIN"));
    SG_ASSIGN_OR_RETURN(const int64_t tables,
                        database_->QueryInt("SELECT count(*) FROM sqlite_schema WHERE "
                                            "name IN ('spaces', 'space_blocks')"));
    if (tables != 2) return Status::Ok();  // an older format, not written to since
    SG_ASSIGN_OR_RETURN(spaces_, ReadSpaces(database_.get()));
    return Status::Ok();
  }

  const std::vector<SpaceInfo>& spaces() const override { return spaces_; }

  Result<TokenCodec> Codec(const SpaceInfo& space) const override {
    SG_ASSIGN_OR_RETURN(
        const std::string blob,
        ReadSpaceBlob("SELECT codec FROM spaces WHERE id = ?", space.id, database_.get()));
    Result<TokenCodec> codec = TokenCodec::Parse(blob);
    if (!codec.ok() || codec->dim() != space.space.dim || codec->code().bits != space.bits) {
      return Damaged(*database_);
    }
    return codec;
  }

  Result<std::vector<uint64_t>> ChunkKeys(const SpaceInfo& space) const override {
    SG_ASSIGN_OR_RETURN(
        const std::string blob,
        ReadSpaceBlob("SELECT chunk_keys FROM spaces WHERE id = ?", space.id, database_.get()));
    if (blob.size() % sizeof(uint64_t) != 0) return Damaged(*database_);
    std::vector<uint64_t> keys(blob.size() / sizeof(uint64_t));
    std::memcpy(keys.data(), blob.data(), blob.size());
    return keys;
  }

  Status ScanBlocks(const SpaceInfo& space, const TokenCodec* codec,
                    const std::function<Status(SpaceBlock&&)>& visit) const override {
    return ScanSpaceBlocks(space.id, codec == nullptr ? 0 : codec->centroid_count(),
                           database_.get(), visit);
  }

  Result<SpacePassage> ReadPassage(const SpaceInfo& space, const TokenCodec* codec,
                                   const SpaceBlock& block, size_t index) const override;

 private:
  std::unique_ptr<Database> database_;
  std::vector<SpaceInfo> spaces_;
  // The blob read last, kept open: passages are mostly read block by block.
  mutable BlobReader codes_;
  mutable int64_t open_block_ = 0;
};

Result<SpacePassage> DatabaseSpaceReader::ReadPassage(const SpaceInfo& space,
                                                      const TokenCodec* codec,
                                                      const SpaceBlock& block, size_t index) const {
  if (open_block_ != block.id) {
    open_block_ = 0;
    SG_RETURN_IF_ERROR(codes_.Open(*database_, "space_blocks", "codes", block.id));
    open_block_ = block.id;
  }
  const size_t begin = block.token_begin[index], count = block.token_begin[index + 1] - begin;
  const size_t token_bytes = TokenBytes(space, codec);
  if ((begin + count) * token_bytes > codes_.size()) return Damaged(*database_);
  std::string bytes(count * token_bytes, '\0');
  if (!bytes.empty()) {
    SG_RETURN_IF_ERROR(codes_.Read(begin * token_bytes, bytes.size(), bytes.data()));
  }
  SpacePassage passage{.key = block.keys[index]};
  const auto lines = block.line_tokens.begin();
  passage.line_tokens.assign(lines + block.line_begin[index], lines + block.line_begin[index + 1]);
  if (codec == nullptr) {
    if (count != 1) return Damaged(*database_);
    std::memcpy(&passage.scale, bytes.data(), sizeof(float));
    passage.row.resize(space.space.dim);
    std::memcpy(passage.row.data(), bytes.data() + sizeof(float), passage.row.size());
    return passage;
  }
  const auto first = block.centroids.begin() + static_cast<std::ptrdiff_t>(begin);
  passage.tokens.centroids.assign(first, first + static_cast<std::ptrdiff_t>(count));
  passage.tokens.gains.resize(2 * count);
  std::memcpy(passage.tokens.gains.data(), bytes.data(), 2 * count);
  passage.tokens.codes.resize(bytes.size() - 2 * count);
  std::memcpy(passage.tokens.codes.data(), bytes.data() + 2 * count, passage.tokens.codes.size());
  return passage;
}

class DatabaseSpaceWriter final : public SpaceWriter {
 public:
  DatabaseSpaceWriter(WriterLock lock, std::unique_ptr<Database> database)
      : lock_(std::move(lock)), database_(std::move(database)) {}

  Result<std::vector<SpaceInfo>> Spaces() const override { return ReadSpaces(database_.get()); }
  Result<int64_t> Create(const SpaceInfo& space, std::string_view codec) override;
  Status Remove(int64_t id) override;
  Result<std::string> CodecBlob(int64_t id) const override {
    return ReadSpaceBlob("SELECT codec FROM spaces WHERE id = ?", id, database_.get());
  }
  Result<std::unordered_set<uint64_t>> Keys(int64_t id) const override;
  Status Append(const SpaceInfo& space, std::span<const SpacePassage> passages) override;
  Status Finish(const SpaceInfo& space, std::span<const uint64_t> chunk_keys) override;

 private:
  // Keys and ids of the blocks.
  Status ScanKeys(int64_t id,
                  const std::function<void(int64_t, const std::vector<uint64_t>&)>& visit) const;

  WriterLock lock_;
  std::unique_ptr<Database> database_;
};

Result<int64_t> DatabaseSpaceWriter::Create(const SpaceInfo& space, std::string_view codec) {
  SG_ASSIGN_OR_RETURN(Transaction transaction, Transaction::Begin(database_.get()));
  SG_ASSIGN_OR_RETURN(Statement put,
                      database_->Prepare("INSERT INTO spaces(model, revision, dim, multi_vector, "
                                         "bits, pooled, routes, stamp, codec, chunk_keys) "
                                         "VALUES(?, ?, ?, ?, ?, ?, ?, 0, ?, x'')"));
  const auto revision = HashBytes(space.space.revision);
  put.BindText(1, space.space.model_name);
  put.BindBlob(2, {revision.data(), revision.size()});
  put.BindInt(3, static_cast<int64_t>(space.space.dim));
  put.BindInt(4, space.space.multi_vector ? 1 : 0);
  put.BindInt(5, static_cast<int64_t>(space.bits));
  put.BindInt(6, space.pooled ? 1 : 0);
  put.BindInt(7, space.routes);
  put.BindBlob(8, codec);
  SG_RETURN_IF_ERROR(put.Run());
  SG_ASSIGN_OR_RETURN(const int64_t id, database_->QueryInt("SELECT last_insert_rowid()"));
  SG_RETURN_IF_ERROR(transaction.Commit());
  return id;
}

Status DatabaseSpaceWriter::Remove(int64_t id) {
  SG_ASSIGN_OR_RETURN(Transaction transaction, Transaction::Begin(database_.get()));
  SG_RETURN_IF_ERROR(database_->RunWithInt("DELETE FROM space_blocks WHERE space = ?", id));
  SG_RETURN_IF_ERROR(database_->RunWithInt("DELETE FROM spaces WHERE id = ?", id));
  return transaction.Commit();
}

Status DatabaseSpaceWriter::ScanKeys(
    int64_t id, const std::function<void(int64_t, const std::vector<uint64_t>&)>& visit) const {
  SG_ASSIGN_OR_RETURN(Statement read, database_->Prepare("SELECT id, directory FROM space_blocks "
                                                         "WHERE space = ? ORDER BY id"));
  read.BindInt(1, id);
  for (;;) {
    SG_ASSIGN_OR_RETURN(const bool row, read.Step());
    if (!row) return Status::Ok();
    const auto block = DecodeSpaceBlock(read.Blob(1), {}, /*centroid_count=*/0);
    if (!block.ok()) return Damaged(*database_);
    visit(read.Int(0), block->keys);
  }
}

Result<std::unordered_set<uint64_t>> DatabaseSpaceWriter::Keys(int64_t id) const {
  std::unordered_set<uint64_t> keys;
  SG_RETURN_IF_ERROR(ScanKeys(id, [&](int64_t, const std::vector<uint64_t>& some) {
    keys.insert(some.begin(), some.end());
  }));
  return keys;
}

Status DatabaseSpaceWriter::Append(const SpaceInfo& space, std::span<const SpacePassage> passages) {
  if (passages.empty()) return Status::Ok();
  size_t centroid_bits = 0;
  if (space.space.multi_vector) {
    SG_ASSIGN_OR_RETURN(const std::string blob, CodecBlob(space.id));
    SG_ASSIGN_OR_RETURN(const TokenCodec codec, TokenCodec::Parse(blob));
    centroid_bits = codec.centroid_bits();
  }
  std::string directory, centroids, codes;
  EncodeSpaceBlock(passages, centroid_bits, &directory, &centroids, &codes);
  SG_ASSIGN_OR_RETURN(Transaction transaction, Transaction::Begin(database_.get()));
  SG_ASSIGN_OR_RETURN(Statement put,
                      database_->Prepare("INSERT INTO space_blocks(space, directory, centroids, "
                                         "codes) VALUES(?, ?, ?, ?)"));
  put.BindInt(1, space.id);
  put.BindBlob(2, directory);
  put.BindBlob(3, centroids);
  put.BindBlob(4, codes);
  SG_RETURN_IF_ERROR(put.Run());
  return transaction.Commit();
}

Status DatabaseSpaceWriter::Finish(const SpaceInfo& space, std::span<const uint64_t> chunk_keys) {
  const std::unordered_set<uint64_t> live(chunk_keys.begin(), chunk_keys.end());
  std::vector<int64_t> dead;
  SG_RETURN_IF_ERROR(ScanKeys(space.id, [&](int64_t id, const std::vector<uint64_t>& keys) {
    const bool used =
        std::any_of(keys.begin(), keys.end(), [&](uint64_t key) { return live.contains(key); });
    if (!used) dead.push_back(id);
  }));
  SG_ASSIGN_OR_RETURN(Transaction transaction, Transaction::Begin(database_.get()));
  for (const int64_t id : dead) {
    SG_RETURN_IF_ERROR(database_->RunWithInt("DELETE FROM space_blocks WHERE id = ?", id));
  }
  SG_ASSIGN_OR_RETURN(
      Statement put,
      database_->Prepare("UPDATE spaces SET routes = ?, stamp = ?, chunk_keys = ? WHERE id = ?"));
  put.BindInt(1, space.routes);
  put.BindInt(2, static_cast<int64_t>(space.stamp));
  put.BindBlob(3, {reinterpret_cast<const char*>(chunk_keys.data()), chunk_keys.size_bytes()});
  put.BindInt(4, space.id);
  SG_RETURN_IF_ERROR(put.Run());
  return transaction.Commit();
}

}  // namespace

uint64_t ContentStamp(std::span<const FileRecord> files) {
  std::string bytes;
  for (const FileRecord& file : files) {
    AppendVarint(file.id, &bytes);
    AppendVarint(file.first_chunk, &bytes);
    AppendString(file.entry.path, &bytes);
    const auto hash = HashBytes(file.content_hash);
    bytes.append(hash.data(), hash.size());
  }
  return Hash64(bytes);
}

void EncodeSpaceBlock(std::span<const SpacePassage> passages, size_t centroid_bits,
                      std::string* directory, std::string* centroids, std::string* codes) {
  std::vector<uint16_t> numbers;
  AppendVarint(passages.size(), directory);
  for (const SpacePassage& passage : passages) {
    const bool single = !passage.row.empty();
    AppendFixed(passage.key, directory);
    AppendVarint(single ? 1 : passage.tokens.centroids.size(), directory);
    AppendVarint(passage.line_tokens.size(), directory);
    for (const uint32_t tokens : passage.line_tokens) AppendVarint(tokens, directory);
    const auto append = [&](const auto& bytes) {
      codes->append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    };
    if (single) {
      AppendFixed(passage.scale, codes);
      append(passage.row);
      continue;
    }
    numbers.insert(numbers.end(), passage.tokens.centroids.begin(), passage.tokens.centroids.end());
    append(passage.tokens.gains);
    append(passage.tokens.codes);
  }
  if (centroid_bits > 0) PackNumbers(numbers, centroid_bits, centroids);
}

Result<SpaceBlock> DecodeSpaceBlock(std::string_view directory, std::string_view centroids,
                                    size_t centroid_count) {
  const Status damaged = CorruptError("a damaged block of passages");
  ByteReader reader(directory);
  SpaceBlock block{.token_begin = {0}, .line_begin = {0}};
  const size_t count = reader.VarintUpTo(SpaceWriter::kPassagesPerBlock);
  for (size_t i = 0; i < count && reader.ok(); ++i) {
    block.keys.push_back(reader.Fixed<uint64_t>());
    const auto tokens = static_cast<uint32_t>(reader.VarintUpTo(kMaxTokens));
    block.token_begin.push_back(block.token_begin.back() + tokens);
    const size_t lines = reader.VarintUpTo(reader.remaining());
    for (size_t line = 0; line < lines && reader.ok(); ++line) {
      block.line_tokens.push_back(static_cast<uint16_t>(reader.VarintUpTo(kMaxTokens)));
    }
    block.line_begin.push_back(static_cast<uint32_t>(block.line_tokens.size()));
  }
  if (!reader.ok() || !reader.at_end()) return damaged;
  if (centroid_count == 0) return block;
  // One centroid needs no bits: its tokens are still counted.
  if (const size_t bits = BitsOf(centroid_count); bits > 16) {
    return damaged;
  } else if (bits > 0) {
    if (centroids.size() != (block.token_begin.back() * bits + 7) / 8) return damaged;
    block.centroids.resize(block.token_begin.back());
    if (!UnpackNumbers(centroids, bits, static_cast<uint32_t>(centroid_count), &block.centroids)) {
      return damaged;
    }
  } else {
    block.centroids.resize(block.token_begin.back());
  }
  return block;
}

Result<std::unique_ptr<SpaceReader>> SpaceReader::Open(const std::string& db_path) {
  SG_ASSIGN_OR_RETURN(auto database, OpenDatabaseForReading(db_path));
  auto reader = std::make_unique<DatabaseSpaceReader>(std::move(database));
  SG_RETURN_IF_ERROR(reader->Begin());
  return std::unique_ptr<SpaceReader>(std::move(reader));
}

Result<std::unique_ptr<SpaceWriter>> SpaceWriter::Open(const std::string& db_path) {
  SG_ASSIGN_OR_RETURN(WriterLock lock, WriterLock::Take(db_path + ".lock"));
  SG_ASSIGN_OR_RETURN(auto database, OpenDatabaseForWriting(db_path));
  return std::unique_ptr<SpaceWriter>(
      std::make_unique<DatabaseSpaceWriter>(std::move(lock), std::move(database)));
}

}  // namespace sg
