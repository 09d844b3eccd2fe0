#include "connectors/kafka/group.h"

#include <algorithm>
#include <chrono>
#include <utility>

namespace bartizan::kafka {

std::string group_of(const KafkaOptions& options, std::string_view role) { return options.group_id + "." + std::string{role}; }

Result<ConfPtr> group_conf(const KafkaOptions& options, std::string_view role) {
  auto conf = base_conf(options, role);
  if (!conf.ok()) return conf.error();
  rd_kafka_conf_t* c = conf.value().get();
  const std::int64_t session = options.session_timeout.count();
  set(c, "group.id", group_of(options, role));
  set(c, "enable.auto.commit", "false");
  set(c, "enable.auto.offset.store", "false");
  set(c, "auto.offset.reset", "error");
  // 2.0.2's cooperative assignor aborts the process in some orders of events, so: eager.
  set(c, "partition.assignment.strategy", "range");
  set(c, "session.timeout.ms", std::to_string(session));
  set(c, "heartbeat.interval.ms", std::to_string(std::clamp<std::int64_t>(session / 6, 500, 3000)));
  set_default(c, options, "max.poll.interval.ms", std::to_string(std::max<std::int64_t>(600'000, session)));
  set_default(c, options, "fetch.wait.max.ms", "100");
  set_default(c, options, "fetch.error.backoff.ms", "50");
  return conf;
}

Result<ClientPtr> join_group(ConfPtr conf, const std::vector<std::string>& topics, RebalanceCallback on_rebalance, void* opaque) {
  rd_kafka_conf_set_opaque(conf.get(), opaque);
  rd_kafka_conf_set_rebalance_cb(conf.get(), on_rebalance);
  auto member = make_client(RD_KAFKA_CONSUMER, std::move(conf));
  if (!member.ok()) return member.error();
  rd_kafka_poll_set_consumer(member.value().get());
  ListPtr wanted{rd_kafka_topic_partition_list_new(static_cast<int>(topics.size()))};
  for (const std::string& topic : topics) rd_kafka_topic_partition_list_add(wanted.get(), topic.c_str(), RD_KAFKA_PARTITION_UA);
  const rd_kafka_resp_err_t error = rd_kafka_subscribe(member.value().get(), wanted.get());
  if (error != RD_KAFKA_RESP_ERR_NO_ERROR) return Error{"client", std::string{"subscribe: "} + rd_kafka_err2str(error)};
  return member;
}

}  // namespace bartizan::kafka
