#pragma once
// SQLite as the rest of index/store sees it: a connection, prepared statements, blobs read in
// place; every error as a Status. Thread-compatible: one connection a thread.

#include <sqlite3.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "core/base/status.h"

namespace sg {

// What an SQLite error means to a user of the index at `path`; `action` as in "read the index".
Status SqliteError(int code, std::string_view action, const std::string& path,
                   std::string_view detail);

class Database;

// A prepared statement; reset by Reset() or destruction of the StatementUse around it.
class Statement {
 public:
  Statement() = default;
  Statement(Statement&&) noexcept = default;
  Statement& operator=(Statement&&) noexcept = default;

  // Positions count from 1. Text and blobs must stay valid until the next Reset.
  void BindInt(int position, int64_t value);
  void BindBlob(int position, std::string_view bytes);
  void BindText(int position, std::string_view text);

  // Returns true if there is a row.
  Result<bool> Step();
  // For statements without rows: steps once and resets.
  Status Run();
  void Reset();

  // Columns count from 0; views are valid until the next Step or Reset.
  int64_t Int(int column) const;
  std::string_view Blob(int column) const;

 private:
  friend class Database;
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
  };
  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
  Database* database_ = nullptr;
};

// Resets a cached statement at the end of a scope, so that no read stays open.
class StatementUse {
 public:
  explicit StatementUse(Statement* statement) : statement_(statement) {}
  ~StatementUse() { statement_->Reset(); }
  StatementUse(const StatementUse&) = delete;
  StatementUse& operator=(const StatementUse&) = delete;

 private:
  Statement* statement_;
};

// A blob column opened for reading parts of it.
class BlobReader {
 public:
  // kNotFound if there is no such row. Cheaper where the reader is open at another row of the same
  // column. REQUIRES: `table` and `column` are literals; always the same database.
  Status Open(const Database& database, const char* table, const char* column, int64_t rowid);
  size_t size() const { return static_cast<size_t>(sqlite3_blob_bytes(blob_.get())); }
  Status Read(size_t offset, size_t size, void* out);

 private:
  struct Close {
    void operator()(sqlite3_blob* blob) const { sqlite3_blob_close(blob); }
  };
  std::unique_ptr<sqlite3_blob, Close> blob_;
  const Database* database_ = nullptr;
  const char *table_ = nullptr, *column_ = nullptr;
};

class Database {
 public:
  // `uri` is a path or file: URI; messages name `path`. `flags` are SQLITE_OPEN_*.
  static Result<std::unique_ptr<Database>> Open(const std::string& uri, int flags,
                                                const std::string& path);

  Status Execute(const char* sql);
  Result<Statement> Prepare(const char* sql);
  // A statement prepared once per connection. Put a StatementUse around a use with rows.
  // REQUIRES: `sql` is a literal; nobody else uses the statement meanwhile.
  Result<Statement*> Cached(const char* sql);
  // Runs a cached statement with one parameter.
  Status RunWithInt(const char* sql, int64_t value);
  // The single integer that `sql` returns (0 without a row or for NULL).
  Result<int64_t> QueryInt(const char* sql);

  // What SQLite says about the last failed call, as a Status.
  Status Error(int code, std::string_view action) const;

  sqlite3* handle() const { return handle_.get(); }
  const std::string& path() const { return path_; }

 private:
  struct Close {
    void operator()(sqlite3* handle) const { sqlite3_close_v2(handle); }
  };
  std::unique_ptr<sqlite3, Close> handle_;
  std::string path_;
  std::unordered_map<std::string_view, Statement> cached_;  // goes before the handle
};

// BEGIN at construction (IMMEDIATE: the write lock at once); ROLLBACK unless committed.
class Transaction {
 public:
  static Result<Transaction> Begin(Database* database);
  Transaction(Transaction&& other) noexcept;
  Transaction& operator=(Transaction&&) = delete;
  ~Transaction();
  Status Commit();

 private:
  explicit Transaction(Database* database) : database_(database) {}
  Database* database_;  // null once over
};

}  // namespace sg
