#pragma once
// Reads a stretch of one partition without a group, and asks where partitions begin and end.

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "connectors/kafka/client.h"
#include "connectors/kafka/pulse.h"

namespace bartizan::kafka {

enum class Isolation : std::uint8_t { committed, uncommitted };

/// The configuration of a consumer that never joins a group, whose end of a partition is an event. It has the group id of a role all the same,
/// so that it needs no rights of its own. Errors as base_conf.
Result<ConfPtr> reader_conf(const KafkaOptions& options, std::string_view purpose, std::string_view role, Isolation isolation);
/// Such a consumer with DETECT's group id, for reading as fast as it can. Errors of client.h.
Result<ClientPtr> make_reader(const KafkaOptions& options, std::string_view purpose, Isolation isolation);

struct Watermarks {
  std::int64_t low = 0, high = 0;  // high: one past the last; of a reader of committed records: the last stable offset
};
/// A broker that has just come back may not know its topics yet: a topic is missing (`no_topic`) when it was so for this long.
inline constexpr std::chrono::seconds kTopicAppears{15};

/// Waits for the brokers while they cannot be reached, at most `limit`. Errors: `unreachable`, `not_authorized`, `no_topic`.
Result<Watermarks> watermarks(rd_kafka_t* reader, const std::string& topic, std::int32_t partition, Pulse& pulse,
                              std::chrono::milliseconds limit = std::chrono::hours{24});

/// Visits the records of [from, end) in order. A reader of committed records is past `end` only when every transaction below it has ended,
/// so this waits for open ones. `visit` stops by false. Errors as above, and `unreadable`.
Status read_stretch(const KafkaOptions& options, const std::string& topic, std::int32_t partition, std::int64_t from, std::int64_t end,
                    Isolation isolation, Pulse& pulse, const std::function<bool(const rd_kafka_message_t&)>& visit);

struct Committed {
  std::int64_t next_offset = 0;
  std::string metadata;
};
/// The stable committed offsets of the reader's own group: offsets of a transaction that has not ended are waited for. Partitions without
/// one are absent. Same errors.
Result<std::map<std::int32_t, Committed>> committed_offsets(rd_kafka_t* consumer, const std::string& topic,
                                                            const std::vector<std::int32_t>& partitions, Pulse& pulse,
                                                            std::chrono::milliseconds limit = std::chrono::hours{24});

/// Number of partitions. Same errors.
Result<std::int32_t> partition_count(rd_kafka_t* client, const std::string& topic, Pulse& pulse,
                                     std::chrono::milliseconds limit = std::chrono::hours{24});

}  // namespace bartizan::kafka
