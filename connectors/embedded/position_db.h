#pragma once
// What is committed: source positions, journal ends, DETECT's positions, expected lengths of the output files and redo rows. One SQLite
// file; each commit is one transaction.

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "connectors/embedded/file_input.h"
#include "connectors/embedded/sqlite.h"
#include "engine/model/result.h"
#include "engine/pipeline/transport.h"

namespace bartizan::embedded {

/// An output file as it must be once every committed unit has reached it.
struct OutputLength {
  FileIdentity file;          // device and inode; size: committed length
};

/// Bytes of a committed unit that may not be in their file yet.
struct RedoRow {
  std::int64_t sequence = 0;
  std::string name;
  std::uint64_t start = 0;
  std::string bytes;
};

/// REQUIRES: writes between begin() and commit(). One thread at a time.
class PositionDb {
 public:
  static Result<std::unique_ptr<PositionDb>> open(const std::string& path);

  Status begin() { return db_->begin(); }
  Status commit() { return db_->commit(); }
  void rollback() { db_->rollback(); }

  Result<std::optional<InputPosition>> source(std::string_view path);
  Status put_source(std::string_view path, const InputPosition& position);
  /// By partition; -1: none.
  Result<std::int64_t> journal_end(std::int32_t partition);
  Status put_journal_end(std::int32_t partition, std::int64_t next_offset);
  Result<std::optional<CommittedPosition>> detect(std::int32_t partition);
  Status put_detect(std::int32_t partition, const CommittedPosition& position);

  Result<std::map<std::string, OutputLength>> outputs();
  Status put_output(std::string_view name, const OutputLength& output);
  Result<std::vector<RedoRow>> redo();
  /// Its sequence number.
  Result<std::int64_t> add_redo(std::string_view name, std::uint64_t start, std::string_view bytes);
  /// Rows up to and with `sequence` are in their files.
  Status drop_redo(std::int64_t sequence);

  Result<std::optional<std::int64_t>> setting(std::string_view name);
  Status put_setting(std::string_view name, std::int64_t value);

 private:
  explicit PositionDb(std::unique_ptr<Database> db);
  std::unique_ptr<Database> db_;
  Statement get_source_, put_source_, get_journal_, put_journal_, get_detect_, put_detect_;
  Statement get_outputs_, put_output_, get_redo_, add_redo_, drop_redo_, last_redo_, get_setting_, put_setting_;
};

}  // namespace bartizan::embedded
