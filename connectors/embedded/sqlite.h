#pragma once
// SQLite with errors as values.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "engine/model/result.h"

struct sqlite3;
struct sqlite3_stmt;

namespace bartizan::embedded {

/// Error codes: disk_full, no_permission, busy, damaged_database, io_error.
class Database {
 public:
  /// Opens or creates; WAL, synchronous=FULL. `user_version`: refuses another non-zero one (`unknown_version`), sets it on a new file.
  static Result<std::unique_ptr<Database>> open(const std::string& path, int user_version, std::string_view schema);
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  Status run(const char* sql);
  Status begin() { return run("BEGIN IMMEDIATE"); }
  Status commit() { return run("COMMIT"); }
  /// Ends whatever is open; nothing to do is fine.
  void rollback();
  Error error(std::string_view doing) const;
  sqlite3* handle() const { return db_; }

 private:
  Database(sqlite3* db, std::string path) : db_(db), path_(std::move(path)) {}
  sqlite3* db_;
  std::string path_;
};

/// A prepared statement. Text and blobs bound must live until step() or run() returns.
class Statement {
 public:
  Statement(Database& db, const char* sql);
  ~Statement();
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;

  Statement& bind(std::int64_t value);
  Statement& bind(std::uint64_t value) { return bind(static_cast<std::int64_t>(value)); }
  Statement& text(std::string_view value);
  Statement& blob(std::string_view value);
  /// The next row; false at the end. After the end or an error it is ready to be bound again.
  Result<bool> step();
  /// For statements without rows.
  Status run();
  std::int64_t integer(int column) const;
  /// Until the next step().
  std::string_view bytes(int column) const;
  /// Ready to be bound again.
  void reset();

 private:
  Database& db_;
  sqlite3_stmt* statement_ = nullptr;
  int next_ = 1;
  bool prepared_ = false;
};

}  // namespace bartizan::embedded
