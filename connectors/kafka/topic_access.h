#pragma once
// Small errands beside the line: put a few messages, read a whole topic, ask who is in a group.

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "connectors/kafka/client.h"
#include "connectors/kafka/options.h"
#include "connectors/kafka/out_message.h"
#include "engine/model/result.h"

namespace bartizan::kafka {

inline constexpr std::chrono::seconds kErrandMax{30};

/// Whether anybody answers: says at once what a question would say after half a minute. Errors: `unreachable`, `tls`, `authentication`.
Status reach(const KafkaOptions& options);

/// Sends all of them and waits until the brokers have them. Errors: `unreachable` (in time; some may have arrived), `not_delivered` (refused: the
/// message says why), those of client.h.
Status put_messages(const KafkaOptions& options, std::string_view purpose, const std::vector<OutMessage>& messages);

/// Visits every committed record of a topic, partition by partition, up to the ends that they had at the call; false stops.
/// Errors: `unreachable`, `not_authorized`, `no_topic`.
Status read_topic(const KafkaOptions& options, const std::string& topic, const std::function<bool(const rd_kafka_message_t&)>& visit);

struct GroupMember {
  std::string client_id, host;
  std::vector<std::pair<std::string, std::int32_t>> partitions;  // topic and partition, in order
};
/// Members of a consumer group; none: nobody runs. Errors: `unreachable`, `not_authorized`.
Result<std::vector<GroupMember>> group_members(const KafkaOptions& options, const std::string& group);

}  // namespace bartizan::kafka
