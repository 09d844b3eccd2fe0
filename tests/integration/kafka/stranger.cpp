#include "tests/integration/kafka/stranger.h"

#include <stdexcept>
#include <string>

#include "connectors/kafka/client.h"
#include "connectors/kafka/state_rows.h"
#include "connectors/kafka/topics.h"

namespace bartizan::test {
namespace {

kafka::ClientPtr producer(const kafka::KafkaOptions& options, const std::string& transactional_id, int open_ms) {
  auto conf = kafka::base_conf(options, "stranger");
  if (!transactional_id.empty()) {
    kafka::set(conf.value().get(), "transactional.id", transactional_id);
    kafka::set(conf.value().get(), "transaction.timeout.ms", std::to_string(open_ms));
    kafka::set(conf.value().get(), "message.timeout.ms", std::to_string(open_ms));
  }
  auto client = kafka::make_client(RD_KAFKA_PRODUCER, std::move(conf.value()));
  if (!client) throw std::runtime_error(client.error().message);
  return std::move(client.value());
}

void send(rd_kafka_t* client, const std::string& topic, std::int32_t partition, const std::string& key, const std::string& value) {
  const auto error = rd_kafka_producev(client, RD_KAFKA_V_TOPIC(topic.c_str()), RD_KAFKA_V_PARTITION(partition), RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
                                       RD_KAFKA_V_KEY(key.data(), key.size()), RD_KAFKA_V_VALUE(const_cast<char*>(value.data()), value.size()), RD_KAFKA_V_END);
  if (error != RD_KAFKA_RESP_ERR_NO_ERROR || rd_kafka_flush(client, 30'000) != RD_KAFKA_RESP_ERR_NO_ERROR) throw std::runtime_error("the state topic takes no records");
}

void check(rd_kafka_error_t* raw) {
  const kafka::ErrorPtr error{raw};
  if (error) throw std::runtime_error(rd_kafka_error_string(error.get()));
}

}  // namespace

void hide_quarantine(const kafka::KafkaOptions& options, std::int32_t partition, std::int64_t journal_offset, int open_ms) {
  const std::string state = kafka::topic(options, "state");
  const kafka::ClientPtr open = producer(options, options.group_id + ".stranger", open_ms);
  check(rd_kafka_init_transactions(open.get(), 30'000));
  check(rd_kafka_begin_transaction(open.get()));
  send(open.get(), state, partition, "never seen", "never seen");
  send(producer(options, {}, 0).get(), state, partition, std::string{kafka::quarantine_key(journal_offset, 0)}, "1");
}

}  // namespace bartizan::test
