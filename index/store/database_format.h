#pragma once
// The database file: its identity, version, tables and migrations, and how it is opened. The format
// is described in docs/index_format.md.

#include <memory>
#include <string>

#include "core/base/status.h"
#include "index/store/sqlite.h"
#include "index/store/store.h"

namespace sg {

// "sgIx": PRAGMA application_id, bytes 68-71 of the file.
inline constexpr int32_t kApplicationId = 0x73674978;
// PRAGMA user_version, bytes 60-63. Raise it with a row in kMigrations and a copy of the old format
// in tests/compat.
inline constexpr int32_t kFormatVersion = 3;
// Older ones are for the writer only, which empties them.
inline constexpr int32_t kOldestReadable = 3;

// Chunks (files) per row of chunk_blocks and vector_blocks: ids [1024 b, 1024 b + 1023] lie in
// block b.
inline constexpr uint32_t kBlockRows = 1024;

// The kinds of inverted indexes in posting_segments. Numbers are stored: append only.
enum class PostingKind : int { kTerms = 0, kTrigrams = 1, kSymbols = 2, kPassages = 3 };

// Opens an existing index for reading, also in a read-only folder. kNotFound, kUnsupported (foreign
// or newer), kCorrupt; an index older
// than kOldestReadable counts as not found.
Result<std::unique_ptr<Database>> OpenDatabaseForReading(const std::string& path);

// Opens or creates the index for writing and migrates an older format.
Result<std::unique_ptr<Database>> OpenDatabaseForWriting(const std::string& path);

// Creates the folder and an empty database file with the permissions that `root` calls for, unless
// there is a file already.
Status CreateDatabaseFile(const std::string& path, const std::string& root);

// True if the bytes at `path` begin like an index of ours, of whatever version and health.
bool LooksLikeIndex(const std::string& path);
// kUnsupported for a file that is no SQLite database; it may be missing or empty.
Status CheckNotForeign(const std::string& path);

// The settings as stored in `meta`.
Status SaveSettings(const IndexSettings& settings, Database* database);
Result<IndexSettings> LoadSettings(Database* database);

// Values of `meta`.
Status PutMeta(Database* database, std::string_view key, std::string_view value);
Status PutMetaInt(Database* database, std::string_view key, int64_t value);
// Empty or 0 where the key is absent.
Result<std::string> GetMeta(Database* database, std::string_view key);
Result<int64_t> GetMetaInt(Database* database, std::string_view key);

// The dictionary of texts (text_codec.h), itself kept as a frame; empty where there is none.
Status SaveTextDictionary(std::string_view dictionary, Database* database);
Result<std::string> LoadTextDictionary(Database* database);

}  // namespace sg
