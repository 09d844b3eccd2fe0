#pragma once
// Checkpoints on the compacted state topic, partition for partition with the journal.

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "connectors/kafka/options.h"
#include "connectors/kafka/pulse.h"
#include "engine/model/result.h"
#include "engine/pipeline/checkpoint.h"

namespace bartizan::kafka {

/// One transaction per checkpoint: rows that changed, tombstones, then the marker. Row forms: docs/formats/kafka.md.
///
/// The writer of a partition has the transactional id `<group_id>.state.<partition>` whoever it is, so the newest owner's fence() shuts out
/// all others, also one that was frozen in the middle of a checkpoint. It lives as long as this process owns the partition: a writer made
/// anew later than fence() would shut out the next owner, so that happens only while the group's stable position is the one that the
/// checkpoint stands at, when the rows written are those that the next owner would write.
///
/// marker() reads the partition to the end seen by a reader of uncommitted records (an open transaction's outcome is waited for, never
/// guessed), keeps the sealed rows, and load() hands them out and lets them go. Rows behind the last marker are not part of a checkpoint.
class StateTopic final : public CheckpointStore {
 public:
  static Result<std::unique_ptr<StateTopic>> open(const KafkaOptions& options, Pulse* pulse = nullptr);
  ~StateTopic() override;

  Status fence(std::int32_t partition) override;
  Status begin(std::int32_t partition, std::int64_t next_offset) override;
  void put(std::uint32_t table, std::string_view key, std::string_view bytes) override;
  void erase(std::uint32_t table, std::string_view key) override;
  bool delivered() override;
  Status commit(const CheckpointMarker& marker) override;
  std::optional<CheckpointMarker> marker(std::int32_t partition) override;
  Status load(std::int32_t partition, std::int64_t committed_next_offset,
              const std::function<bool(std::uint32_t, std::string_view, std::string_view)>& row) override;
  void abandon() override;

  /// Entries that every fold passes over, kept on the same partition. REQUIRES: fence() and marker() were called.
  bool quarantine(std::int32_t partition, std::int64_t offset, std::int32_t index);
  std::vector<std::pair<std::int64_t, std::int32_t>> quarantined(std::int32_t partition) const;
  /// This process no longer owns the partition: its writer goes.
  void release(std::int32_t partition);
  Status status() const override;

 private:
  class Impl;
  explicit StateTopic(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace bartizan::kafka
