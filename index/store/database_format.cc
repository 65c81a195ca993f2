#include "index/store/database_format.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <vector>

#include "core/base/file.h"
#include "index/store/text_codec.h"

namespace sg {
namespace {

constexpr char kSchema[] = R"sql(
CREATE TABLE meta(key TEXT PRIMARY KEY, value BLOB) WITHOUT ROWID;
CREATE TABLE files(
  id INTEGER PRIMARY KEY, path BLOB NOT NULL UNIQUE, size_bytes INTEGER NOT NULL,
  mtime_ns INTEGER NOT NULL, inode INTEGER NOT NULL, content_hash BLOB NOT NULL,
  language TEXT NOT NULL, line_count INTEGER NOT NULL, mention_count INTEGER NOT NULL,
  first_chunk INTEGER NOT NULL, chunk_count INTEGER NOT NULL, text INTEGER NOT NULL,
  stem_key INTEGER NOT NULL, trigram_group INTEGER NOT NULL);
CREATE INDEX files_by_group ON files(trigram_group);
CREATE TABLE facts(file INTEGER PRIMARY KEY, data BLOB NOT NULL);
CREATE TABLE texts(id INTEGER PRIMARY KEY, hash INTEGER NOT NULL, uses INTEGER NOT NULL,
                   raw_bytes INTEGER NOT NULL, frame BLOB NOT NULL);
CREATE INDEX texts_by_hash ON texts(hash);
CREATE TABLE chunk_blocks(block INTEGER PRIMARY KEY, files BLOB NOT NULL, row_terms BLOB NOT NULL);
CREATE TABLE vector_blocks(id INTEGER PRIMARY KEY, rows INTEGER NOT NULL, scales BLOB NOT NULL,
                           signs BLOB NOT NULL, magnitudes BLOB NOT NULL);
CREATE TABLE posting_segments(id INTEGER PRIMARY KEY, kind INTEGER NOT NULL,
                              postings INTEGER NOT NULL, base_doc INTEGER NOT NULL,
                              first_block INTEGER NOT NULL, directory BLOB NOT NULL);
CREATE TABLE posting_blocks(id INTEGER PRIMARY KEY, data BLOB NOT NULL);
CREATE TABLE skipped_files(path BLOB PRIMARY KEY, size_bytes INTEGER NOT NULL,
                           mtime_ns INTEGER NOT NULL, inode INTEGER NOT NULL,
                           reason INTEGER NOT NULL) WITHOUT ROWID;
)sql";

// Added by format 2.
constexpr char kSpaceTables[] = R"sql(
CREATE TABLE spaces(id INTEGER PRIMARY KEY, model TEXT NOT NULL, revision BLOB NOT NULL,
                    dim INTEGER NOT NULL, multi_vector INTEGER NOT NULL, bits INTEGER NOT NULL,
                    pooled INTEGER NOT NULL, routes INTEGER NOT NULL, stamp INTEGER NOT NULL,
                    codec BLOB NOT NULL, chunk_keys BLOB NOT NULL);
CREATE TABLE space_blocks(id INTEGER PRIMARY KEY, space INTEGER NOT NULL, directory BLOB NOT NULL,
                          centroids BLOB NOT NULL, codes BLOB NOT NULL);
CREATE INDEX space_blocks_by_space ON space_blocks(space);
)sql";

// Format 3 packs postings, facts and vectors; what older formats hold is made anew from the files.
constexpr char kDropContent[] = R"sql(
DROP TABLE meta; DROP TABLE files; DROP TABLE facts; DROP TABLE texts; DROP TABLE chunk_blocks;
DROP TABLE vector_blocks; DROP TABLE posting_segments; DROP TABLE posting_blocks;
DROP TABLE skipped_files;
)sql";

// Row i leads from format i + 1 to i + 2.
struct Migration {
  const char* first;
  const char* then;
};
constexpr std::array<Migration, kFormatVersion - 1> kMigrations = {
    {{kSpaceTables, ""}, {kDropContent, kSchema}}};

constexpr int kBusyTimeoutMs = 5'000;
constexpr mode_t kPrivateMode = 0600;

// What every connection sets. Nothing of the schema may be changed through a hostile file's
// triggers or views (trusted_schema), and damaged pages are to be noticed (cell_size_check).
Status ConfigureConnection(Database* database) {
  sqlite3_busy_timeout(database->handle(), kBusyTimeoutMs);
  sqlite3_db_config(database->handle(), SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  sqlite3_db_config(database->handle(), SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
  return database->Execute("PRAGMA cell_size_check = ON; PRAGMA cache_size = -16384;");
}

Status CheckIdentity(Database* database) {
  SG_ASSIGN_OR_RETURN(const int64_t application, database->QueryInt("PRAGMA application_id"));
  if (application != kApplicationId) {
    return UnsupportedError(database->path() +
                            " is an SQLite database of another program, not an index of sg; "
                            "nothing was changed, choose another place with --index");
  }
  SG_ASSIGN_OR_RETURN(const int64_t version, database->QueryInt("PRAGMA user_version"));
  if (version > kFormatVersion || version < 1) {
    return UnsupportedError(database->path() + " has index format " + std::to_string(version) +
                            ", this sg knows up to " + std::to_string(kFormatVersion) +
                            "; use a newer sg, or make it anew with `sg index --rebuild`");
  }
  return Status::Ok();
}

Status Migrate(Database* database) {
  SG_ASSIGN_OR_RETURN(const int64_t version, database->QueryInt("PRAGMA user_version"));
  for (int64_t v = version; v < kFormatVersion; ++v) {
    SG_ASSIGN_OR_RETURN(Transaction transaction, Transaction::Begin(database));
    const Migration& migration = kMigrations[static_cast<size_t>(v - 1)];
    SG_RETURN_IF_ERROR(database->Execute(migration.first));
    SG_RETURN_IF_ERROR(database->Execute(migration.then));
    const std::string set_version = "PRAGMA user_version = " + std::to_string(v + 1);
    SG_RETURN_IF_ERROR(database->Execute(set_version.c_str()));
    SG_RETURN_IF_ERROR(transaction.Commit());
  }
  return Status::Ok();
}

// Makes the tables of an empty file in one transaction.
Status CreateSchema(Database* database) {
  SG_ASSIGN_OR_RETURN(Transaction transaction, Transaction::Begin(database));
  SG_RETURN_IF_ERROR(database->Execute(kSchema));
  SG_RETURN_IF_ERROR(database->Execute(kSpaceTables));
  const std::string identity = "PRAGMA application_id = " + std::to_string(kApplicationId) +
                               "; PRAGMA user_version = " + std::to_string(kFormatVersion);
  SG_RETURN_IF_ERROR(database->Execute(identity.c_str()));
  return transaction.Commit();
}

// True for a new file: no page, or the pages of a creation that was cut short.
Result<bool> IsEmptyDatabase(Database* database) {
  SG_ASSIGN_OR_RETURN(const int64_t tables,
                      database->QueryInt("SELECT count(*) FROM sqlite_schema"));
  SG_ASSIGN_OR_RETURN(const int64_t application, database->QueryInt("PRAGMA application_id"));
  return tables == 0 && application == 0;
}

bool FileHasBytes(const std::string& path) {
  struct stat info;
  return stat(path.c_str(), &info) == 0 && info.st_size > 0;
}

// A path as a file: URI (https://sqlite.org/uri.html).
std::string FileUri(const std::string& path, const char* parameters) {
  static constexpr char kDigits[] = "0123456789ABCDEF";
  std::string uri = "file:";
  if (path[0] != '/') uri += "./";
  for (char c : path) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '%' || c == '?' || c == '#' || byte < 0x20 || byte >= 0x7f) {
      uri += '%';
      uri += kDigits[byte >> 4];
      uri += kDigits[byte & 15];
    } else {
      uri += c;
    }
  }
  return uri + parameters;
}

constexpr size_t kApplicationAt = 68;  // https://sqlite.org/fileformat.html#the_database_header

// The first bytes of a file, up to where SQLite keeps the application's id; empty if there are
// none.
std::string ReadHead(const std::string& path) {
  std::string head(kApplicationAt + 4, '\0');
  const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return {};
  const ssize_t got = pread(file, head.data(), head.size(), 0);
  close(file);
  head.resize(got < 0 ? 0 : static_cast<size_t>(got));
  return head;
}

bool IsSqlite(const std::string& head) {
  static constexpr std::string_view kMagic("SQLite format 3\0", 16);
  return head.size() == kApplicationAt + 4 && head.starts_with(kMagic);
}

Status OpenError(const Status& status, const std::string& path) {
  if (FileHasBytes(path + "-wal") && access(path.c_str(), W_OK) != 0) {
    return IoError(status.message() + "; an interrupted `sg index` left " + path +
                   "-wal, which needs write permission to be read: run any sg command once as "
                   "its owner");
  }
  return status;
}

// Also while the first run is making its tables.
Status NoIndex(const std::string& path) {
  return NotFoundError("there is no index at " + path + "; make one with `sg index`");
}

// A search reads most pages once, so few are kept. Not mapped: a page fault costs more than reading
// a page (841,631 chunks: 65 ms of CPU time mapped, 50 ms so), and a file that shrinks or a disk
// that fails is then an error to report and no signal.
constexpr char kReadingSettings[] = "PRAGMA cache_size = -1024;";

Result<std::unique_ptr<Database>> OpenReader(const std::string& path, const char* parameters) {
  SG_ASSIGN_OR_RETURN(auto database, Database::Open(FileUri(path, parameters),
                                                    SQLITE_OPEN_READONLY | SQLITE_OPEN_URI, path));
  SG_RETURN_IF_ERROR(ConfigureConnection(database.get()));
  SG_RETURN_IF_ERROR(database->Execute(kReadingSettings));
  SG_ASSIGN_OR_RETURN(const bool empty, IsEmptyDatabase(database.get()));
  if (empty) return NoIndex(path);
  SG_RETURN_IF_ERROR(CheckIdentity(database.get()));
  SG_ASSIGN_OR_RETURN(const int64_t version, database->QueryInt("PRAGMA user_version"));
  if (version >= kOldestReadable) return database;
  return NotFoundError(path + " was written by an older sg (index format " +
                       std::to_string(version) + "); bring it up to date with `sg index`");
}

mode_t DatabaseMode(const std::string& root) {
  struct stat info;
  if (stat(root.c_str(), &info) != 0) return kPrivateMode;
  mode_t mode = kPrivateMode;
  if ((info.st_mode & S_IWGRP) != 0) mode |= S_IRGRP | S_IWGRP;
  if ((info.st_mode & S_IWOTH) != 0 && (info.st_mode & S_ISVTX) == 0) mode |= S_IROTH | S_IWOTH;
  return mode;
}

Status CreateFolder(const std::string& folder) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) return ErrnoError("create the folder", folder, error.value());
  if (std::filesystem::path(folder).filename() != ".sg") return Status::Ok();
  const std::string ignore = folder + "/.gitignore";
  if (access(ignore.c_str(), F_OK) == 0) return Status::Ok();
  return WriteFileAtomic(ignore, "*\n");
}

}  // namespace

bool LooksLikeIndex(const std::string& path) {
  const std::string head = ReadHead(path);
  return IsSqlite(head) && head.compare(kApplicationAt, 4, "sgIx") == 0;  // stored big-endian
}

Status CheckNotForeign(const std::string& path) {
  const std::string head = ReadHead(path);
  if (head.empty() || IsSqlite(head)) return Status::Ok();
  return UnsupportedError(path +
                          " is not an index of sg; nothing was changed, choose another place "
                          "with --index");
}

Result<std::unique_ptr<Database>> OpenDatabaseForReading(const std::string& path) {
  struct stat info;
  if (stat(path.c_str(), &info) != 0) {
    if (errno == ENOENT || errno == ENOTDIR) return NoIndex(path);
    return ErrnoError("open the index", path, errno);
  }
  if (!S_ISREG(info.st_mode)) return InvalidArgumentError(path + " is not a file");
  if (info.st_size == 0) return NoIndex(path);
  SG_RETURN_IF_ERROR(CheckNotForeign(path));
  Result<std::unique_ptr<Database>> database = OpenReader(path, "");
  const bool cannot_open = !database.ok() && database.status().code() == StatusCode::kIo;
  if (cannot_open && !FileHasBytes(path + "-wal")) {
    // A folder where nothing can be written: nobody else writes there either, and without a log
    // the file alone is the whole state.
    database = OpenReader(path, "?immutable=1");
  }
  if (!database.ok()) return OpenError(database.status(), path);
  return database;
}

Result<std::unique_ptr<Database>> OpenDatabaseForWriting(const std::string& path) {
  SG_ASSIGN_OR_RETURN(auto database, Database::Open(path, SQLITE_OPEN_READWRITE, path));
  SG_RETURN_IF_ERROR(ConfigureConnection(database.get()));
  SG_ASSIGN_OR_RETURN(const bool empty, IsEmptyDatabase(database.get()));
  // Small pages: rows of some kilobytes waste a fifth of a page of 16 KiB.
  if (empty) {
    SG_RETURN_IF_ERROR(
        database->Execute("PRAGMA page_size = 4096; PRAGMA auto_vacuum = INCREMENTAL"));
  }
  if (!empty) SG_RETURN_IF_ERROR(CheckIdentity(database.get()));
  // NORMAL: a killed process loses nothing; after a power failure the last state before it that
  // reached the disk is there.
  SG_RETURN_IF_ERROR(
      database->Execute("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; "
                        "PRAGMA wal_autocheckpoint = 16384; PRAGMA temp_store = MEMORY;"));
  if (empty) {
    SG_RETURN_IF_ERROR(CreateSchema(database.get()));
  } else {
    SG_RETURN_IF_ERROR(Migrate(database.get()));
  }
  return database;
}

Status CreateDatabaseFile(const std::string& path, const std::string& root) {
  const std::string folder = std::filesystem::path(path).parent_path().string();
  if (!folder.empty()) SG_RETURN_IF_ERROR(CreateFolder(folder));
  const int file = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_EXCL, kPrivateMode);
  if (file < 0) {
    return errno == EEXIST ? Status::Ok() : ErrnoError("create the index", path, errno);
  }
  const bool mode_set = fchmod(file, DatabaseMode(root)) == 0;
  close(file);
  return mode_set ? Status::Ok() : ErrnoError("set the permissions of", path, errno);
}

Status PutMeta(Database* database, std::string_view key, std::string_view value) {
  SG_ASSIGN_OR_RETURN(Statement put, database->Prepare("INSERT OR REPLACE INTO meta VALUES(?, ?)"));
  put.BindText(1, key);
  put.BindBlob(2, value);
  return put.Run();
}

Status PutMetaInt(Database* database, std::string_view key, int64_t value) {
  SG_ASSIGN_OR_RETURN(Statement put, database->Prepare("INSERT OR REPLACE INTO meta VALUES(?, ?)"));
  put.BindText(1, key);
  put.BindInt(2, value);
  return put.Run();
}

Result<std::string> GetMeta(Database* database, std::string_view key) {
  SG_ASSIGN_OR_RETURN(Statement * get, database->Cached("SELECT value FROM meta WHERE key = ?"));
  StatementUse use(get);
  get->BindText(1, key);
  SG_ASSIGN_OR_RETURN(const bool row, get->Step());
  return row ? std::string(get->Blob(0)) : std::string();
}

Result<int64_t> GetMetaInt(Database* database, std::string_view key) {
  SG_ASSIGN_OR_RETURN(Statement * get, database->Cached("SELECT value FROM meta WHERE key = ?"));
  StatementUse use(get);
  get->BindText(1, key);
  SG_ASSIGN_OR_RETURN(const bool row, get->Step());
  return row ? get->Int(0) : 0;
}

Status SaveSettings(const IndexSettings& settings, Database* database) {
  const auto revision = HashBytes(settings.space.revision);
  SG_RETURN_IF_ERROR(PutMeta(database, "space_model", settings.space.model_name));
  SG_RETURN_IF_ERROR(PutMeta(database, "space_revision", {revision.data(), revision.size()}));
  SG_RETURN_IF_ERROR(PutMetaInt(database, "space_dim", static_cast<int64_t>(settings.space.dim)));
  SG_RETURN_IF_ERROR(
      PutMetaInt(database, "space_multi_vector", settings.space.multi_vector ? 1 : 0));
  SG_RETURN_IF_ERROR(PutMetaInt(database, "chunker_version", settings.chunker_version));
  SG_RETURN_IF_ERROR(PutMetaInt(database, "terms_version", settings.terms_version));
  return PutMeta(database, "walk_settings", settings.walk_settings);
}

Result<IndexSettings> LoadSettings(Database* database) {
  IndexSettings settings;
  SG_ASSIGN_OR_RETURN(settings.space.model_name, GetMeta(database, "space_model"));
  SG_ASSIGN_OR_RETURN(const std::string revision, GetMeta(database, "space_revision"));
  if (revision.size() == 16) settings.space.revision = HashFromBytes(revision);
  SG_ASSIGN_OR_RETURN(const int64_t dim, GetMetaInt(database, "space_dim"));
  constexpr int64_t kMaxDim = 1 << 16;
  if (dim < 0 || dim > kMaxDim) {
    return CorruptError(database->path() +
                        ": damaged settings; make the index anew with `sg index --rebuild`");
  }
  settings.space.dim = static_cast<size_t>(dim);
  SG_ASSIGN_OR_RETURN(const int64_t multi, GetMetaInt(database, "space_multi_vector"));
  settings.space.multi_vector = multi != 0;
  SG_ASSIGN_OR_RETURN(const int64_t chunker, GetMetaInt(database, "chunker_version"));
  settings.chunker_version = static_cast<uint32_t>(chunker);
  SG_ASSIGN_OR_RETURN(const int64_t terms, GetMetaInt(database, "terms_version"));
  settings.terms_version = static_cast<uint32_t>(terms);
  SG_ASSIGN_OR_RETURN(settings.walk_settings, GetMeta(database, "walk_settings"));
  return settings;
}

Status SaveTextDictionary(std::string_view dictionary, Database* database) {
  SG_ASSIGN_OR_RETURN(const std::string frame, TextCodec(/*dictionary=*/"").Compress(dictionary));
  return PutMeta(database, "text_dictionary", frame);
}

Result<std::string> LoadTextDictionary(Database* database) {
  SG_ASSIGN_OR_RETURN(const std::string frame, GetMeta(database, "text_dictionary"));
  if (frame.empty()) return std::string();
  Result<std::string> dictionary =
      TextCodec(/*dictionary=*/"").DecompressUpTo(frame, kMaxTextDictionaryBytes);
  if (dictionary.ok()) return dictionary;
  return CorruptError(database->path() +
                      ": damaged settings; make the index anew with `sg index --rebuild`");
}

}  // namespace sg
