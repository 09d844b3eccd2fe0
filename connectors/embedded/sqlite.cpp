#include "connectors/embedded/sqlite.h"

#include <sqlite3.h>

#include <utility>

namespace bartizan::embedded {
namespace {

std::string code_of(int primary) {
  switch (primary) {
    case SQLITE_FULL: return "disk_full";
    case SQLITE_CANTOPEN:
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_AUTH: return "no_permission";
    case SQLITE_BUSY:
    case SQLITE_LOCKED: return "busy";
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB: return "damaged_database";
    default: return "io_error";
  }
}

}  // namespace

Error Database::error(std::string_view doing) const {
  std::string message = path_ + ": cannot ";
  message.append(doing).append(": ").append(sqlite3_errmsg(db_));
  return Error{code_of(sqlite3_errcode(db_) & 0xff), std::move(message)};
}

Result<std::unique_ptr<Database>> Database::open(const std::string& path, int user_version, std::string_view schema) {
  sqlite3* raw = nullptr;
  const int code = sqlite3_open_v2(path.c_str(), &raw, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, nullptr);
  std::unique_ptr<Database> db{new Database{raw, path}};
  if (code != SQLITE_OK) return db->error("open");
  sqlite3_busy_timeout(raw, 5000);
  if (const auto s = db->run("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA wal_autocheckpoint=1000"); !s) return s.error();
  std::int64_t found = 0;
  {
    Statement version{*db, "PRAGMA user_version"};
    const auto row = version.step();
    if (!row) return row.error();
    found = version.integer(0);
  }
  if (found == user_version) return db;
  if (found != 0) {
    return Error{"unknown_version", path + ": written by another version of this program (" + std::to_string(found) + ", this one writes " +
                                        std::to_string(user_version) + ")"};
  }
  const std::string create = "BEGIN IMMEDIATE;" + std::string{schema} + ";PRAGMA user_version=" + std::to_string(user_version) + ";COMMIT";
  if (const auto s = db->run(create.c_str()); !s) return s.error();
  return db;
}

Database::~Database() { sqlite3_close_v2(db_); }

Status Database::run(const char* sql) {
  if (sqlite3_exec(db_, sql, nullptr, nullptr, nullptr) != SQLITE_OK) return error("write");
  return Ok{};
}

void Database::rollback() {
  if (sqlite3_get_autocommit(db_) == 0) sqlite3_exec(db_, "ROLLBACK", nullptr, nullptr, nullptr);
}

Statement::Statement(Database& db, const char* sql) : db_(db) {
  prepared_ = sqlite3_prepare_v3(db.handle(), sql, -1, SQLITE_PREPARE_PERSISTENT, &statement_, nullptr) == SQLITE_OK;
}

Statement::~Statement() { sqlite3_finalize(statement_); }

Statement& Statement::bind(std::int64_t value) {
  sqlite3_bind_int64(statement_, next_++, value);
  return *this;
}

Statement& Statement::text(std::string_view value) {
  sqlite3_bind_text(statement_, next_++, value.data() == nullptr ? "" : value.data(), static_cast<int>(value.size()), SQLITE_STATIC);
  return *this;
}

Statement& Statement::blob(std::string_view value) {
  sqlite3_bind_blob64(statement_, next_++, value.data() == nullptr ? "" : value.data(), value.size(), SQLITE_STATIC);
  return *this;
}

Result<bool> Statement::step() {
  if (!prepared_) return db_.error("prepare");
  const int code = sqlite3_step(statement_);
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) {
    reset();
    return false;
  }
  Error e = db_.error("run");
  reset();
  return e;
}

Status Statement::run() {
  const auto row = step();
  if (!row) return row.error();
  return Ok{};
}

std::int64_t Statement::integer(int column) const { return sqlite3_column_int64(statement_, column); }

std::string_view Statement::bytes(int column) const {
  const void* data = sqlite3_column_blob(statement_, column);
  return {static_cast<const char*>(data), static_cast<std::size_t>(sqlite3_column_bytes(statement_, column))};
}

void Statement::reset() {
  sqlite3_reset(statement_);
  sqlite3_clear_bindings(statement_);
  next_ = 1;
}

}  // namespace bartizan::embedded
