#include "tests/integration/kafka/ordinary_reader.h"

#include <librdkafka/rdkafka.h>

#include <chrono>
#include <set>
#include <stdexcept>
#include <utility>

namespace bartizan::test {
namespace {

void set(rd_kafka_conf_t* conf, const char* name, const std::string& value) {
  char why[256];
  if (rd_kafka_conf_set(conf, name, value.c_str(), why, sizeof why) != RD_KAFKA_CONF_OK) throw std::runtime_error(why);
}

rd_kafka_t* subscribed(const std::string& broker, const std::string& group, const std::vector<std::string>& topics) {
  rd_kafka_conf_t* conf = rd_kafka_conf_new();
  set(conf, "bootstrap.servers", broker);
  set(conf, "group.id", group);
  set(conf, "isolation.level", "read_committed");
  set(conf, "auto.offset.reset", "earliest");
  set(conf, "enable.auto.commit", "false");
  set(conf, "enable.partition.eof", "true");
  char why[256];
  rd_kafka_t* client = rd_kafka_new(RD_KAFKA_CONSUMER, conf, why, sizeof why);
  if (client == nullptr) throw std::runtime_error(why);
  rd_kafka_poll_set_consumer(client);
  rd_kafka_topic_partition_list_t* list = rd_kafka_topic_partition_list_new(static_cast<int>(topics.size()));
  for (const auto& topic : topics) rd_kafka_topic_partition_list_add(list, topic.c_str(), RD_KAFKA_PARTITION_UA);
  rd_kafka_subscribe(client, list);
  rd_kafka_topic_partition_list_destroy(list);
  return client;
}

std::size_t assigned(rd_kafka_t* client) {
  rd_kafka_topic_partition_list_t* list = nullptr;
  if (rd_kafka_assignment(client, &list) != RD_KAFKA_RESP_ERR_NO_ERROR) return 0;
  const auto count = static_cast<std::size_t>(list->cnt);
  rd_kafka_topic_partition_list_destroy(list);
  return count;
}

std::string text(const void* bytes, std::size_t size) { return bytes == nullptr ? std::string{} : std::string{static_cast<const char*>(bytes), size}; }

}  // namespace

std::map<std::string, std::vector<ReadMessage>> read_committed(const std::string& broker, const std::string& group, const std::vector<std::string>& topics) {
  rd_kafka_t* client = subscribed(broker, group, topics);
  std::map<std::string, std::vector<ReadMessage>> read;
  std::set<std::pair<std::string, std::int32_t>> ended;
  bool done = false;
  const auto limit = std::chrono::steady_clock::now() + std::chrono::minutes{1};
  while (!done && std::chrono::steady_clock::now() < limit) {
    rd_kafka_message_t* message = rd_kafka_consumer_poll(client, 200);
    if (message == nullptr) continue;
    if (message->rkt != nullptr) {
      const std::string topic = rd_kafka_topic_name(message->rkt);
      if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) ended.emplace(topic, message->partition);
      if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
        read[topic].push_back({text(message->key, message->key_len), text(message->payload, message->len), message->payload == nullptr});
      }
    }
    rd_kafka_message_destroy(message);
    done = !ended.empty() && ended.size() == assigned(client);
  }
  rd_kafka_consumer_close(client);
  rd_kafka_destroy(client);
  if (!done) throw std::runtime_error("the outputs cannot be read to their end");
  return read;
}

}  // namespace bartizan::test
