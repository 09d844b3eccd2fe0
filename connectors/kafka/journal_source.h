#pragma once
// Reads beside the running engine: the journal without a group, and where the groups stand.

#include <algorithm>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "connectors/kafka/options.h"
#include "connectors/kafka/pulse.h"
#include "engine/model/result.h"
#include "engine/pipeline/checkpoint.h"
#include "engine/pipeline/transport.h"

namespace bartizan::kafka {

/// The journal from its start, or any offset, to the end that it had at open(). For `replay --journal` and `journal dump`; writes nothing.
class JournalSource {
 public:
  /// Errors: `unreachable`, `not_authorized`, `partition_count`, and those of client.h.
  static Result<std::unique_ptr<JournalSource>> open(const KafkaOptions& options, Pulse* pulse = nullptr);
  ~JournalSource();

  std::int32_t partitions() const;
  std::int64_t first(std::int32_t partition) const;  // offset
  std::int64_t end(std::int32_t partition) const;
  /// Messages of one partition in order from `from` (or the start, if later) to end(); `visit` stops by false.
  Status read(std::int32_t partition, std::int64_t from, const std::function<bool(const JournalMessage&)>& visit);
  /// Entries that the fold passes over: hand them to Shard::quarantine before folding.
  Result<std::vector<std::pair<std::int64_t, std::int32_t>>> quarantined(std::int32_t partition);

 private:
  class Impl;
  explicit JournalSource(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

/// Where a group stands on one partition.
struct GroupPosition {
  std::string topic;
  std::int32_t partition = 0;
  std::optional<std::int64_t> committed;  // next offset; none: never
  std::uint64_t output_hash = 0;          // DETECT only
  std::int64_t first = 0, end = 0;        // of the topic
  std::int64_t lag() const { return end - std::max(committed.value_or(first), first); }
};

/// For `status`; joins no group. INGEST's: of the inputs and the commands topic.
Result<std::vector<GroupPosition>> detect_positions(const KafkaOptions& options);
Result<std::vector<GroupPosition>> ingest_positions(const KafkaOptions& options);
/// Newest sealed checkpoint of a partition. Reads the partition from its end backwards until it finds one.
Result<std::optional<CheckpointMarker>> checkpoint_marker(const KafkaOptions& options, std::int32_t partition);

}  // namespace bartizan::kafka
