#pragma once
// How a source topic that was made anew is told from the one that was read: by the last record read of each partition.

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <tuple>
#include <vector>

#include "connectors/kafka/client.h"
#include "connectors/kafka/out_message.h"
#include "connectors/kafka/pulse.h"

namespace bartizan::kafka {

/// How far a partition was read, and which record came last.
struct SourceMark {
  std::int64_t next_offset = 0;
  std::uint64_t record = 0;  // record_hash of the record at next_offset - 1
};

/// Of a record's time, key and value. Never 0, which stands for none.
std::uint64_t record_hash(const rd_kafka_message_t& message);

// ---------------------------------------------------------------- marks that outlive the group's positions

/// Brokers delete a group's positions together with a topic, and after a week without members. So INGEST also keeps marks on the compacted
/// bundles topic, key `source/<generation>/<partition>/<topic>`; docs/formats/kafka.md.
using SourceKey = std::tuple<std::string, std::int32_t, std::int32_t>;  // topic, generation, partition

OutMessage mark_row(const KafkaOptions& options, const SourceKey& key, const SourceMark& mark);
/// All of them. Errors of reader.h.
Result<std::map<SourceKey, SourceMark>> read_marks(const KafkaOptions& options, Pulse& pulse);

// ---------------------------------------------------------------- comparing

/// What the brokers have of a partition that was read before.
enum class Likeness : std::uint8_t {
  same,
  other,       // another record stands where the last one read stood, or the partition ends before it: the topic was made anew
  unknown,     // retention or compaction took that record, or no answer came in time
};

struct SourceQuestion {
  std::string topic;
  std::int32_t partition = 0;
  SourceMark mark;
};

/// Fetches the record of each mark. Answers in the order of the questions, within `limit` whatever the brokers do.
Result<std::vector<Likeness>> compare_sources(const KafkaOptions& options, const std::vector<SourceQuestion>& questions, Pulse& pulse,
                                              std::chrono::milliseconds limit = std::chrono::seconds{15});

}  // namespace bartizan::kafka
