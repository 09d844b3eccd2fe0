#include "connectors/embedded/position_db.h"

#include <utility>

namespace bartizan::embedded {
namespace {

constexpr int kVersion = 1;
constexpr const char* kSchema =
    "CREATE TABLE settings(name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE sources(path TEXT PRIMARY KEY, generation INTEGER, device INTEGER, inode INTEGER, size INTEGER, head_size INTEGER,"
    " head_hash INTEGER, line INTEGER, bytes INTEGER, layout INTEGER, unterminated INTEGER, packed INTEGER, read_whole INTEGER,"
    " merge_time INTEGER) WITHOUT ROWID;"
    "CREATE TABLE journal(partition INTEGER PRIMARY KEY, next_offset INTEGER NOT NULL);"
    "CREATE TABLE detect(partition INTEGER PRIMARY KEY, next_offset INTEGER NOT NULL, output_hash INTEGER NOT NULL);"
    "CREATE TABLE outputs(name TEXT PRIMARY KEY, device INTEGER, inode INTEGER, length INTEGER) WITHOUT ROWID;"
    "CREATE TABLE redo(sequence INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL, start INTEGER NOT NULL, bytes BLOB NOT NULL)";

std::uint64_t as_unsigned(std::int64_t v) { return static_cast<std::uint64_t>(v); }
std::int64_t flag(bool b) { return b ? 1 : 0; }

}  // namespace

Result<std::unique_ptr<PositionDb>> PositionDb::open(const std::string& path) {
  auto db = Database::open(path, kVersion, kSchema);
  if (!db) return db.error();
  return std::unique_ptr<PositionDb>{new PositionDb{std::move(db.value())}};
}

PositionDb::PositionDb(std::unique_ptr<Database> db)
    : db_(std::move(db)),
      get_source_(*db_,
                  "SELECT generation, device, inode, size, head_size, head_hash, line, bytes, layout, unterminated, packed, read_whole,"
                  " merge_time FROM sources WHERE path = ?"),
      put_source_(*db_, "INSERT OR REPLACE INTO sources VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?)"),
      get_journal_(*db_, "SELECT next_offset FROM journal WHERE partition = ?"),
      put_journal_(*db_, "INSERT OR REPLACE INTO journal VALUES (?,?)"),
      get_detect_(*db_, "SELECT next_offset, output_hash FROM detect WHERE partition = ?"),
      put_detect_(*db_, "INSERT OR REPLACE INTO detect VALUES (?,?,?)"),
      get_outputs_(*db_, "SELECT name, device, inode, length FROM outputs ORDER BY name"),
      put_output_(*db_, "INSERT OR REPLACE INTO outputs VALUES (?,?,?,?)"),
      get_redo_(*db_, "SELECT sequence, name, start, bytes FROM redo ORDER BY sequence"),
      add_redo_(*db_, "INSERT INTO redo(name, start, bytes) VALUES (?,?,?)"),
      drop_redo_(*db_, "DELETE FROM redo WHERE sequence <= ?"),
      last_redo_(*db_, "SELECT last_insert_rowid()"),
      get_setting_(*db_, "SELECT value FROM settings WHERE name = ?"),
      put_setting_(*db_, "INSERT OR REPLACE INTO settings VALUES (?,?)") {}

Result<std::optional<InputPosition>> PositionDb::source(std::string_view path) {
  Statement& q = get_source_;
  const auto row = q.text(path).step();
  if (!row) return row.error();
  if (!row.value()) return std::optional<InputPosition>{};
  InputPosition p;
  p.generation = static_cast<std::uint32_t>(q.integer(0));
  p.file.device = as_unsigned(q.integer(1));
  p.file.inode = as_unsigned(q.integer(2));
  p.file.size = as_unsigned(q.integer(3));
  p.head_size = static_cast<std::uint32_t>(q.integer(4));
  p.head_hash = as_unsigned(q.integer(5));
  p.read.line = q.integer(6);
  p.read.bytes = as_unsigned(q.integer(7));
  p.read.layout = static_cast<Layout>(q.integer(8));
  p.read.unterminated = q.integer(9) != 0;
  p.packed = q.integer(10) != 0;
  p.read_whole = q.integer(11) != 0;
  p.merge_time = time_from_ms(q.integer(12));
  q.reset();
  return std::optional<InputPosition>{p};
}

Status PositionDb::put_source(std::string_view path, const InputPosition& p) {
  Statement& q = put_source_;
  q.text(path).bind(std::int64_t{p.generation}).bind(p.file.device).bind(p.file.inode).bind(p.file.size).bind(std::int64_t{p.head_size});
  q.bind(p.head_hash).bind(p.read.line).bind(p.read.bytes).bind(static_cast<std::int64_t>(p.read.layout)).bind(flag(p.read.unterminated));
  q.bind(flag(p.packed)).bind(flag(p.read_whole)).bind(to_ms(p.merge_time));
  return q.run();
}

Result<std::int64_t> PositionDb::journal_end(std::int32_t partition) {
  const auto row = get_journal_.bind(std::int64_t{partition}).step();
  if (!row) return row.error();
  const std::int64_t end = row.value() ? get_journal_.integer(0) : -1;
  get_journal_.reset();
  return end;
}

Status PositionDb::put_journal_end(std::int32_t partition, std::int64_t next_offset) {
  return put_journal_.bind(std::int64_t{partition}).bind(next_offset).run();
}

Result<std::optional<CommittedPosition>> PositionDb::detect(std::int32_t partition) {
  const auto row = get_detect_.bind(std::int64_t{partition}).step();
  if (!row) return row.error();
  if (!row.value()) return std::optional<CommittedPosition>{};
  CommittedPosition p;
  p.next_offset = get_detect_.integer(0);
  p.output_hash = as_unsigned(get_detect_.integer(1));
  get_detect_.reset();
  return std::optional<CommittedPosition>{p};
}

Status PositionDb::put_detect(std::int32_t partition, const CommittedPosition& p) {
  return put_detect_.bind(std::int64_t{partition}).bind(p.next_offset).bind(p.output_hash).run();
}

Result<std::map<std::string, OutputLength>> PositionDb::outputs() {
  std::map<std::string, OutputLength> found;
  while (true) {
    const auto row = get_outputs_.step();
    if (!row) return row.error();
    if (!row.value()) return found;
    OutputLength& o = found[std::string{get_outputs_.bytes(0)}];
    o.file.device = as_unsigned(get_outputs_.integer(1));
    o.file.inode = as_unsigned(get_outputs_.integer(2));
    o.file.size = as_unsigned(get_outputs_.integer(3));
  }
}

Status PositionDb::put_output(std::string_view name, const OutputLength& o) {
  return put_output_.text(name).bind(o.file.device).bind(o.file.inode).bind(o.file.size).run();
}

Result<std::vector<RedoRow>> PositionDb::redo() {
  std::vector<RedoRow> rows;
  while (true) {
    const auto row = get_redo_.step();
    if (!row) return row.error();
    if (!row.value()) return rows;
    rows.push_back({get_redo_.integer(0), std::string{get_redo_.bytes(1)}, as_unsigned(get_redo_.integer(2)), std::string{get_redo_.bytes(3)}});
  }
}

Result<std::int64_t> PositionDb::add_redo(std::string_view name, std::uint64_t start, std::string_view bytes) {
  if (const auto s = add_redo_.text(name).bind(start).blob(bytes).run(); !s) return s.error();
  const auto row = last_redo_.step();
  if (!row) return row.error();
  const std::int64_t sequence = last_redo_.integer(0);
  last_redo_.reset();
  return sequence;
}

Status PositionDb::drop_redo(std::int64_t sequence) { return drop_redo_.bind(sequence).run(); }

Result<std::optional<std::int64_t>> PositionDb::setting(std::string_view name) {
  const auto row = get_setting_.text(name).step();
  if (!row) return row.error();
  if (!row.value()) return std::optional<std::int64_t>{};
  const std::int64_t value = get_setting_.integer(0);
  get_setting_.reset();
  return std::optional<std::int64_t>{value};
}

Status PositionDb::put_setting(std::string_view name, std::int64_t value) { return put_setting_.text(name).bind(value).run(); }

}  // namespace bartizan::embedded
