#pragma once
// Checkpoints in a SQLite file of their own: rows and a marker per partition, replaced in one transaction.

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "connectors/embedded/sqlite.h"
#include "engine/pipeline/checkpoint.h"

namespace bartizan::embedded {

/// One thread. Between begin() and commit() readers, and a process that starts after a crash, see the checkpoint before.
class CheckpointDb final : public CheckpointStore {
 public:
  static Result<std::unique_ptr<CheckpointDb>> open(const std::string& path);

  Status begin(std::int32_t partition, std::int64_t next_offset) override;
  void put(std::uint32_t table, std::string_view key, std::string_view bytes) override;
  void erase(std::uint32_t table, std::string_view key) override;
  /// On an error the open checkpoint is dropped, and the one before stays.
  Status commit(const CheckpointMarker& marker) override;
  std::optional<CheckpointMarker> marker(std::int32_t partition) override;
  Status load(std::int32_t partition, std::int64_t committed_next_offset,
              const std::function<bool(std::uint32_t, std::string_view, std::string_view)>& row) override;
  void abandon() override;

 private:
  explicit CheckpointDb(std::unique_ptr<Database> db);
  std::unique_ptr<Database> db_;
  Statement put_row_, erase_row_, rows_, put_marker_, get_marker_;
  std::int32_t partition_ = -1;
  Status failed_ = Ok{};
};

}  // namespace bartizan::embedded
