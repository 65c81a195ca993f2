#include "index/store/sqlite.h"

#include <utility>

namespace sg {

Status SqliteError(int code, std::string_view action, const std::string& path,
                   std::string_view detail) {
  const std::string what =
      "cannot " + std::string(action) + " " + path + ": " + std::string(detail);
  switch (code & 0xff) {
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB: return CorruptError(what + "; make it anew with `sg index --rebuild`");
    case SQLITE_BUSY:
    case SQLITE_LOCKED: return BusyError(what + "; another program uses it, try again");
    case SQLITE_FULL: return IoError(what + "; the disk is full, what was indexed before stays");
    case SQLITE_IOERR:
      return IoError(what +
                     "; is the disk full, over quota or gone? What was indexed before stays");
    case SQLITE_NOMEM: return ResourceExhaustedError(what);
    case SQLITE_CANTOPEN:
    case SQLITE_PERM:
    case SQLITE_READONLY: return IoError(what + "; check the permissions of the file and folder");
    case SQLITE_INTERRUPT: return CancelledError(what);
    case SQLITE_ERROR: return CorruptError(what + "; make it anew with `sg index --rebuild`");
    default: return InternalError(what);
  }
}

void Statement::BindInt(int position, int64_t value) {
  sqlite3_bind_int64(statement_.get(), position, value);
}

void Statement::BindBlob(int position, std::string_view bytes) {
  // A null pointer would bind NULL instead of an empty blob.
  sqlite3_bind_blob64(statement_.get(), position, bytes.data() ? bytes.data() : "", bytes.size(),
                      SQLITE_STATIC);
}

void Statement::BindText(int position, std::string_view text) {
  sqlite3_bind_text64(statement_.get(), position, text.data() ? text.data() : "", text.size(),
                      SQLITE_STATIC, SQLITE_UTF8);
}

Result<bool> Statement::Step() {
  const int code = sqlite3_step(statement_.get());
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  const Status status =
      database_->Error(code, sqlite3_stmt_readonly(statement_.get()) ? "read" : "write");
  Reset();
  return status;
}

Status Statement::Run() {
  const Result<bool> row = Step();
  Reset();
  return row.status();
}

void Statement::Reset() {
  sqlite3_reset(statement_.get());
  sqlite3_clear_bindings(statement_.get());
}

int64_t Statement::Int(int column) const { return sqlite3_column_int64(statement_.get(), column); }

std::string_view Statement::Blob(int column) const {
  const void* data = sqlite3_column_blob(statement_.get(), column);
  if (data == nullptr) return {};
  return {static_cast<const char*>(data),
          static_cast<size_t>(sqlite3_column_bytes(statement_.get(), column))};
}

Status BlobReader::Open(const Database& database, const char* table, const char* column,
                        int64_t rowid) {
  // Moving to another row of the same column spares preparing a statement. After a failure the
  // handle is of no use.
  const bool same_column = blob_ != nullptr && table_ == table && column_ == column;
  if (same_column && sqlite3_blob_reopen(blob_.get(), rowid) == SQLITE_OK) return Status::Ok();
  database_ = &database;
  table_ = table;
  column_ = column;
  sqlite3_blob* blob = nullptr;
  const int code =
      sqlite3_blob_open(database.handle(), "main", table, column, rowid, /*flags=*/0, &blob);
  blob_.reset(blob);
  if (code == SQLITE_ERROR) return NotFoundError(std::string("no such row of ") + table);
  return code == SQLITE_OK ? Status::Ok() : database.Error(code, "read");
}

Status BlobReader::Read(size_t offset, size_t size, void* out) {
  if (offset + size > this->size()) {
    return CorruptError(database_->path() +
                        ": a stored array is too short; make the index anew with "
                        "`sg index --rebuild`");
  }
  const int code =
      sqlite3_blob_read(blob_.get(), out, static_cast<int>(size), static_cast<int>(offset));
  return code == SQLITE_OK ? Status::Ok() : database_->Error(code, "read");
}

Result<std::unique_ptr<Database>> Database::Open(const std::string& uri, int flags,
                                                 const std::string& path) {
  auto database = std::make_unique<Database>();
  database->path_ = path;
  sqlite3* handle = nullptr;
  const int code = sqlite3_open_v2(uri.c_str(), &handle,
                                   flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, nullptr);
  database->handle_.reset(handle);
  if (code != SQLITE_OK) return database->Error(code, "open the index");
  return database;
}

Status Database::Execute(const char* sql) {
  const int code = sqlite3_exec(handle(), sql, nullptr, nullptr, nullptr);
  return code == SQLITE_OK ? Status::Ok() : Error(code, "use");
}

Result<Statement> Database::Prepare(const char* sql) {
  Statement statement;
  sqlite3_stmt* handle_out = nullptr;
  const int code =
      sqlite3_prepare_v3(handle(), sql, /*nByte=*/-1, SQLITE_PREPARE_PERSISTENT, &handle_out,
                         /*pzTail=*/nullptr);
  if (code != SQLITE_OK) return Error(code, "read");
  statement.statement_.reset(handle_out);
  statement.database_ = this;
  return statement;
}

Result<Statement*> Database::Cached(const char* sql) {
  const auto known = cached_.find(sql);
  if (known != cached_.end()) return &known->second;
  SG_ASSIGN_OR_RETURN(Statement statement, Prepare(sql));
  return &cached_.emplace(sql, std::move(statement)).first->second;
}

Status Database::RunWithInt(const char* sql, int64_t value) {
  SG_ASSIGN_OR_RETURN(Statement * statement, Cached(sql));
  statement->BindInt(1, value);
  return statement->Run();
}

Result<int64_t> Database::QueryInt(const char* sql) {
  SG_ASSIGN_OR_RETURN(Statement statement, Prepare(sql));
  SG_ASSIGN_OR_RETURN(const bool row, statement.Step());
  return row ? statement.Int(0) : 0;
}

Status Database::Error(int code, std::string_view action) const {
  return SqliteError(code, action, path_,
                     handle() ? sqlite3_errmsg(handle()) : sqlite3_errstr(code));
}

Result<Transaction> Transaction::Begin(Database* database) {
  SG_RETURN_IF_ERROR(database->Execute("BEGIN IMMEDIATE"));
  return Transaction(database);
}

Transaction::Transaction(Transaction&& other) noexcept
    : database_(std::exchange(other.database_, nullptr)) {}

Transaction::~Transaction() {
  if (database_ != nullptr) static_cast<void>(database_->Execute("ROLLBACK").ok());
}

Status Transaction::Commit() {
  SG_RETURN_IF_ERROR(database_->Execute("COMMIT"));
  database_ = nullptr;
  return Status::Ok();
}

}  // namespace sg
