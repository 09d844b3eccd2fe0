#include "connectors/kafka/reader.h"

#include <chrono>
#include <thread>
#include <utility>

#include "connectors/kafka/error_code.h"
#include "connectors/kafka/group.h"

namespace bartizan::kafka {
namespace {

constexpr int kSliceMs = 1'000;
constexpr int kAskMs = 5'000;
constexpr std::chrono::milliseconds kAgain{100};

using Deadline = std::chrono::steady_clock::time_point;

/// Decides when asking again is of no use.
class Patience {
 public:
  Patience(const std::string& topic, const Pulse& pulse, Deadline deadline) : topic_(topic), pulse_(pulse), deadline_(deadline) {}

  /// Our own error when asking again cannot help, or when time is up.
  std::optional<Error> after(rd_kafka_resp_err_t error) {
    const auto now = std::chrono::steady_clock::now();
    const std::string text = topic_ + ": " + rd_kafka_err2str(error);
    switch (error) {
      case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
      case RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED:
      case RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED: return Error{"not_authorized", text};
      case RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC:
      case RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION:
      case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
        if (!unknown_since_) unknown_since_ = now;
        if (now - *unknown_since_ >= kTopicAppears) return Error{"no_topic", text};
        break;
      case RD_KAFKA_RESP_ERR__DESTROY:
      case RD_KAFKA_RESP_ERR__FATAL: return Error{"client", text};
      default: unknown_since_.reset(); break;
    }
    if (pulse_.interrupted() || now >= deadline_) return Error{"unreachable", text};
    return std::nullopt;
  }

 private:
  const std::string& topic_;
  const Pulse& pulse_;
  Deadline deadline_;
  std::optional<Deadline> unknown_since_;
};

/// Repeats `ask` until it answers without an error.
template <class Ask>
Status until_answered(const std::string& topic, Pulse& pulse, std::chrono::milliseconds limit, Ask&& ask) {
  Patience patience(topic, pulse, std::chrono::steady_clock::now() + limit);
  while (true) {
    pulse.beat();
    const rd_kafka_resp_err_t error = ask();
    if (error == RD_KAFKA_RESP_ERR_NO_ERROR) return Ok{};
    if (auto given_up = patience.after(error)) return *given_up;
    std::this_thread::sleep_for(kAgain);
  }
}

ListPtr one_partition(const std::string& topic, std::int32_t partition, std::int64_t offset) {
  ListPtr list{rd_kafka_topic_partition_list_new(1)};
  rd_kafka_topic_partition_list_add(list.get(), topic.c_str(), partition)->offset = offset;
  return list;
}

}  // namespace

Result<ConfPtr> reader_conf(const KafkaOptions& options, std::string_view purpose, std::string_view role, Isolation isolation) {
  auto conf = base_conf(options, purpose);
  if (!conf.ok()) return conf.error();
  rd_kafka_conf_t* c = conf.value().get();
  set(c, "group.id", group_of(options, role));
  set(c, "enable.auto.commit", "false");
  set(c, "enable.auto.offset.store", "false");
  set(c, "enable.partition.eof", "true");
  set(c, "auto.offset.reset", "error");
  set(c, "isolation.level", isolation == Isolation::committed ? "read_committed" : "read_uncommitted");
  set_default(c, options, "fetch.wait.max.ms", "20");  // no wait for more at the end
  return conf;
}

Result<ClientPtr> make_reader(const KafkaOptions& options, std::string_view purpose, Isolation isolation) {
  auto conf = reader_conf(options, purpose, "detect", isolation);
  if (!conf.ok()) return conf.error();
  rd_kafka_conf_t* c = conf.value().get();
  // A restore reads as fast as it can.
  set_default(c, options, "fetch.error.backoff.ms", "20");
  set_default(c, options, "fetch.message.max.bytes", "8388608");
  set_default(c, options, "queued.min.messages", "1000000");
  set_default(c, options, "queued.max.messages.kbytes", "131072");
  auto client = make_client(RD_KAFKA_CONSUMER, std::move(conf.value()));
  if (!client.ok()) return client.error();
  rd_kafka_poll_set_consumer(client.value().get());
  return client;
}

Result<Watermarks> watermarks(rd_kafka_t* reader, const std::string& topic, std::int32_t partition, Pulse& pulse,
                              std::chrono::milliseconds limit) {
  Watermarks found;
  const Status asked = until_answered(topic, pulse, limit, [&] {
    return rd_kafka_query_watermark_offsets(reader, topic.c_str(), partition, &found.low, &found.high, kAskMs);
  });
  if (!asked.ok()) return asked.error();
  return found;
}

Status read_stretch(const KafkaOptions& options, const std::string& topic, std::int32_t partition, std::int64_t from, std::int64_t end,
                    Isolation isolation, Pulse& pulse, const std::function<bool(const rd_kafka_message_t&)>& visit) {
  if (from >= end) return Ok{};
  auto reader = make_reader(options, "reader", isolation);
  if (!reader.ok()) return reader.error();
  rd_kafka_t* client = reader.value().get();
  rd_kafka_assign(client, one_partition(topic, partition, from).get());
  Status result = Ok{};
  Patience patience(topic, pulse, Deadline::max());
  while (true) {
    pulse.beat();
    const MessagePtr message{rd_kafka_consumer_poll(client, kSliceMs)};
    if (pulse.interrupted()) {
      result = Error{"unreachable", topic + ": interrupted"};
      break;
    }
    if (!message) continue;
    // The end of a reader of committed records is told at the last stable offset, which an open transaction holds back: only an end at or
    // above ours is one.
    if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
      if (message->offset >= end) break;
      continue;
    }
    if (message->err == RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET || message->err == RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE) {
      result = Error{"unreadable", topic + ": offset " + std::to_string(from) + " of partition " + std::to_string(partition) +
                                       " cannot be read any more"};
      break;
    }
    if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
      if (auto given_up = patience.after(message->err)) {
        result = *given_up;
        break;
      }
      continue;
    }
    if (message->offset >= end) break;
    if (!visit(*message) || (isolation == Isolation::uncommitted && message->offset + 1 >= end)) break;
  }
  rd_kafka_consumer_close(client);
  return result;
}

Result<std::map<std::int32_t, Committed>> committed_offsets(rd_kafka_t* consumer, const std::string& topic,
                                                            const std::vector<std::int32_t>& partitions, Pulse& pulse,
                                                            std::chrono::milliseconds limit) {
  ListPtr list{rd_kafka_topic_partition_list_new(static_cast<int>(partitions.size()))};
  for (const std::int32_t p : partitions) rd_kafka_topic_partition_list_add(list.get(), topic.c_str(), p);
  const Status asked = until_answered(topic, pulse, limit, [&] {
    rd_kafka_resp_err_t error = rd_kafka_committed(consumer, list.get(), kAskMs);
    for (int i = 0; i < list->cnt && error == RD_KAFKA_RESP_ERR_NO_ERROR; ++i) error = list->elems[i].err;
    return error;
  });
  if (!asked.ok()) return asked.error();
  std::map<std::int32_t, Committed> found;
  for (int i = 0; i < list->cnt; ++i) {
    const rd_kafka_topic_partition_t& one = list->elems[i];
    if (one.offset < 0) continue;
    found[one.partition] = {one.offset,
                            std::string{static_cast<const char*>(one.metadata), one.metadata == nullptr ? 0 : one.metadata_size}};
  }
  return found;
}

Result<std::int32_t> partition_count(rd_kafka_t* client, const std::string& topic, Pulse& pulse, std::chrono::milliseconds limit) {
  std::int32_t count = 0;
  const Status asked = until_answered(topic, pulse, limit, [&] {
    rd_kafka_topic_t* handle = rd_kafka_topic_new(client, topic.c_str(), nullptr);
    const rd_kafka_metadata_t* metadata = nullptr;
    rd_kafka_resp_err_t error = rd_kafka_metadata(client, 0, handle, &metadata, kAskMs);
    if (error == RD_KAFKA_RESP_ERR_NO_ERROR) {
      error = metadata->topic_cnt == 1 ? metadata->topics[0].err : RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC;
      if (error == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART) error = RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC;
      if (error == RD_KAFKA_RESP_ERR_NO_ERROR) count = metadata->topics[0].partition_cnt;
      rd_kafka_metadata_destroy(metadata);
    }
    rd_kafka_topic_destroy(handle);
    return error;
  });
  if (!asked.ok()) return asked.error();
  return count;
}

}  // namespace bartizan::kafka
