// What an administrator does on the test broker.

#include <array>
#include <stdexcept>

#include "connectors/kafka/client.h"
#include "tests/support/kafka/broker.h"

namespace bartizan::test {
namespace {

struct QueueFree { void operator()(rd_kafka_queue_t* q) const { rd_kafka_queue_destroy(q); } };
struct EventFree { void operator()(rd_kafka_event_t* e) const { rd_kafka_event_destroy(e); } };
using QueuePtr = std::unique_ptr<rd_kafka_queue_t, QueueFree>;
using EventPtr = std::unique_ptr<rd_kafka_event_t, EventFree>;

kafka::ClientPtr administrator(const Broker& broker) {
  kafka::KafkaOptions options;
  options.brokers = {broker.address()};
  auto conf = kafka::base_conf(options, "administrator");
  auto client = kafka::make_client(RD_KAFKA_PRODUCER, std::move(conf.value()));
  if (!client) throw std::runtime_error(client.error().message);
  return std::move(client.value());
}

EventPtr answer(const QueuePtr& queue, const char* question) {
  EventPtr event{rd_kafka_queue_poll(queue.get(), 30'000)};
  if (!event || rd_kafka_event_error(event.get()) != RD_KAFKA_RESP_ERR_NO_ERROR) {
    throw std::runtime_error(std::string{question} + ": " + (event ? rd_kafka_event_error_string(event.get()) : "no answer"));
  }
  return event;
}

void check_topics(const rd_kafka_topic_result_t* const* results, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) {
    if (rd_kafka_topic_result_error(results[i]) != RD_KAFKA_RESP_ERR_NO_ERROR) {
      throw std::runtime_error(std::string{rd_kafka_topic_result_name(results[i])} + ": " + rd_kafka_topic_result_error_string(results[i]));
    }
  }
}

}  // namespace

kafka::KafkaOptions deployment(const Broker& broker, const std::string& name) {
  kafka::KafkaOptions options;
  options.brokers = {broker.address()};
  options.group_id = name;
  options.prefix = name + ".";
  options.journal_partitions = 2;
  options.state_dir = broker.file("state-" + name);
  options.session_timeout = std::chrono::milliseconds{6'000};
  return options;
}

void create_topic(const Broker& broker, const std::string& name, int partitions, const std::map<std::string, std::string>& settings) {
  const auto client = administrator(broker);
  std::array<char, 256> why{};
  rd_kafka_NewTopic_t* topic = rd_kafka_NewTopic_new(name.c_str(), partitions, 1, why.data(), why.size());
  for (const auto& [key, value] : settings) rd_kafka_NewTopic_set_config(topic, key.c_str(), value.c_str());
  const QueuePtr queue{rd_kafka_queue_new(client.get())};
  rd_kafka_CreateTopics(client.get(), &topic, 1, nullptr, queue.get());
  rd_kafka_NewTopic_destroy(topic);
  const EventPtr event = answer(queue, "create topic");
  std::size_t count = 0;
  const auto* const* results = rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(event.get()), &count);
  check_topics(results, count);
}

void delete_topic(const Broker& broker, const std::string& name) {
  const auto client = administrator(broker);
  rd_kafka_DeleteTopic_t* topic = rd_kafka_DeleteTopic_new(name.c_str());
  const QueuePtr queue{rd_kafka_queue_new(client.get())};
  rd_kafka_DeleteTopics(client.get(), &topic, 1, nullptr, queue.get());
  rd_kafka_DeleteTopic_destroy(topic);
  const EventPtr event = answer(queue, "delete topic");
  std::size_t count = 0;
  const auto* const* results = rd_kafka_DeleteTopics_result_topics(rd_kafka_event_DeleteTopics_result(event.get()), &count);
  check_topics(results, count);
}

}  // namespace bartizan::test
