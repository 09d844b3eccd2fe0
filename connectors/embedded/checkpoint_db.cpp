#include "connectors/embedded/checkpoint_db.h"

#include <utility>

#include "engine/model/check.h"
#include "engine/pipeline/crash_point.h"

namespace bartizan::embedded {
namespace {

constexpr int kVersion = 1;
constexpr const char* kSchema =
    "CREATE TABLE rows(partition INTEGER, tbl INTEGER, key BLOB, bytes BLOB NOT NULL, PRIMARY KEY(partition, tbl, key)) WITHOUT ROWID;"
    "CREATE TABLE markers(partition INTEGER PRIMARY KEY, next_offset INTEGER NOT NULL, output_hash INTEGER NOT NULL,"
    " journal_checksum INTEGER NOT NULL, fold_version INTEGER NOT NULL, bundle_hash TEXT NOT NULL, clean_stop INTEGER NOT NULL)";

}  // namespace

Result<std::unique_ptr<CheckpointDb>> CheckpointDb::open(const std::string& path) {
  auto db = Database::open(path, kVersion, kSchema);
  if (!db) return db.error();
  return std::unique_ptr<CheckpointDb>{new CheckpointDb{std::move(db.value())}};
}

CheckpointDb::CheckpointDb(std::unique_ptr<Database> db)
    : db_(std::move(db)),
      put_row_(*db_, "INSERT INTO rows VALUES (?,?,?,?) ON CONFLICT DO UPDATE SET bytes = excluded.bytes"),
      erase_row_(*db_, "DELETE FROM rows WHERE partition = ? AND tbl = ? AND key = ?"),
      rows_(*db_, "SELECT tbl, key, bytes FROM rows WHERE partition = ? ORDER BY tbl, key"),
      put_marker_(*db_, "INSERT OR REPLACE INTO markers VALUES (?,?,?,?,?,?,?)"),
      get_marker_(*db_,
                  "SELECT next_offset, output_hash, journal_checksum, fold_version, bundle_hash, clean_stop FROM markers WHERE partition = ?") {}

Status CheckpointDb::begin(std::int32_t partition, std::int64_t next_offset) {
  BARTIZAN_CHECK(partition_ < 0 && partition >= 0);
  static_cast<void>(next_offset);
  failed_ = db_->begin();
  if (!failed_) return failed_;
  partition_ = partition;
  BARTIZAN_CRASH_POINT("checkpoint_begun");
  return Ok{};
}

void CheckpointDb::put(std::uint32_t table, std::string_view key, std::string_view bytes) {
  BARTIZAN_CHECK(partition_ >= 0);
  if (failed_) failed_ = put_row_.bind(std::int64_t{partition_}).bind(std::int64_t{table}).blob(key).blob(bytes).run();
  BARTIZAN_CRASH_POINT("checkpoint_row");
}

void CheckpointDb::erase(std::uint32_t table, std::string_view key) {
  BARTIZAN_CHECK(partition_ >= 0);
  if (failed_) failed_ = erase_row_.bind(std::int64_t{partition_}).bind(std::int64_t{table}).blob(key).run();
}

Status CheckpointDb::commit(const CheckpointMarker& marker) {
  BARTIZAN_CHECK(partition_ == marker.partition);
  if (failed_) {
    put_marker_.bind(std::int64_t{marker.partition}).bind(marker.next_offset).bind(marker.output_hash).bind(marker.journal_checksum);
    failed_ = put_marker_.bind(std::int64_t{marker.fold_version}).text(marker.bundle_hash).bind(std::int64_t{marker.clean_stop ? 1 : 0}).run();
  }
  BARTIZAN_CRASH_POINT("checkpoint_rows");
  if (failed_) failed_ = db_->commit();
  BARTIZAN_CRASH_POINT("checkpoint_committed");
  const Status result = failed_;
  abandon();
  return result;
}

std::optional<CheckpointMarker> CheckpointDb::marker(std::int32_t partition) {
  const auto row = get_marker_.bind(std::int64_t{partition}).step();
  if (!row || !row.value()) return std::nullopt;
  CheckpointMarker m;
  m.partition = partition;
  m.next_offset = get_marker_.integer(0);
  m.output_hash = static_cast<std::uint64_t>(get_marker_.integer(1));
  m.journal_checksum = static_cast<std::uint64_t>(get_marker_.integer(2));
  m.fold_version = static_cast<std::uint32_t>(get_marker_.integer(3));
  m.bundle_hash = std::string{get_marker_.bytes(4)};
  m.clean_stop = get_marker_.integer(5) != 0;
  get_marker_.reset();
  return m;
}

Status CheckpointDb::load(std::int32_t partition, std::int64_t committed_next_offset,
                          const std::function<bool(std::uint32_t, std::string_view, std::string_view)>& row) {
  const auto m = marker(partition);
  if (!m) return Error{"not_found", "partition " + std::to_string(partition) + " has no checkpoint"};
  if (m->next_offset > committed_next_offset) {
    return Error{"ahead_of_outputs", "the checkpoint of partition " + std::to_string(partition) + " stands at offset " + std::to_string(m->next_offset) +
                                         ", ahead of the outputs at " + std::to_string(committed_next_offset)};
  }
  rows_.bind(std::int64_t{partition});
  while (true) {
    const auto more = rows_.step();
    if (!more) return more.error();
    if (!more.value()) return Ok{};
    if (!row(static_cast<std::uint32_t>(rows_.integer(0)), rows_.bytes(1), rows_.bytes(2))) {
      rows_.reset();
      return Error{"unknown_version", "a row of the checkpoint of partition " + std::to_string(partition) + " cannot be read"};
    }
  }
}

void CheckpointDb::abandon() {
  db_->rollback();
  partition_ = -1;
  failed_ = Ok{};
}

}  // namespace bartizan::embedded
