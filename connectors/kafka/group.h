#pragma once
// Members of our consumer groups: their names, the settings that all of them share, and how one joins.

#include <string>
#include <string_view>
#include <vector>

#include "connectors/kafka/client.h"

namespace bartizan::kafka {

/// `<group_id>.<role>`; roles are `ingest` and `detect`.
std::string group_of(const KafkaOptions& options, std::string_view role);

/// The configuration of a member. Positions are the caller's alone: the client commits and stores nothing, and a position that cannot be read
/// is an error, never a guess. Errors as base_conf.
Result<ConfPtr> group_conf(const KafkaOptions& options, std::string_view role);

using RebalanceCallback = void (*)(rd_kafka_t*, rd_kafka_resp_err_t, rd_kafka_topic_partition_list_t*, void*);
/// Makes the member and subscribes it to `topics`. Assignments come as `on_rebalance(…, opaque)` out of a poll. Error `client`.
Result<ClientPtr> join_group(ConfPtr conf, const std::vector<std::string>& topics, RebalanceCallback on_rebalance, void* opaque);

}  // namespace bartizan::kafka
