#pragma once
// Where checkpoints are kept: rows plus a marker.

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "engine/model/result.h"

namespace bartizan {

/// Seals a checkpoint: state as of *before* journal offset `next_offset`.
struct CheckpointMarker {
  std::int32_t partition = 0;
  std::int64_t next_offset = 0;
  std::uint64_t output_hash = 0;      // rolling hash of the partition's output bytes up to there
  std::uint64_t journal_checksum = 0; // of the last folded message: detects a recreated journal
  std::uint32_t fold_version = 0;
  std::string bundle_hash;
  bool clean_stop = false;
};

/// One partition's checkpoint store: rows of the last sealed checkpoint. Becomes visible atomically at commit().
class CheckpointStore {
 public:
  virtual ~CheckpointStore() = default;
  /// Shuts out every older writer of this partition's checkpoints; first step of a recovery (Kafka: init_transactions on its id).
  virtual Status fence(std::int32_t partition) {
    static_cast<void>(partition);
    return Ok{};
  }
  /// Begins a checkpoint: only rows that changed since the last sealed one follow.
  virtual Status begin(std::int32_t partition, std::int64_t next_offset) = 0;
  virtual void put(std::uint32_t table, std::string_view key, std::string_view bytes) = 0;
  virtual void erase(std::uint32_t table, std::string_view key) = 0;
  /// Everything put since begin() has arrived or failed, so commit() has little to wait for. Never waits.
  virtual bool delivered() { return true; }
  virtual Status commit(const CheckpointMarker& marker) = 0;
  virtual std::optional<CheckpointMarker> marker(std::int32_t partition) = 0;
  /// Not ok: the last marker() could not be read, which is not the same as none.
  virtual Status status() const { return Ok{}; }
  /// Visits every row of the sealed checkpoint. Refuses (error `ahead_of_outputs`) a marker above `committed_next_offset`.
  virtual Status load(std::int32_t partition, std::int64_t committed_next_offset,
                      const std::function<bool(std::uint32_t, std::string_view, std::string_view)>& row) = 0;
  /// Drops what an unfinished begin() left.
  virtual void abandon() = 0;
};

}  // namespace bartizan
