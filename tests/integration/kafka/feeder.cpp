#include "tests/integration/kafka/feeder.h"

#include <cstdlib>
#include <iostream>
#include <utility>

#include "connectors/kafka/client.h"
#include "tests/connectors/embedded/scratch.h"

namespace bartizan::test {
namespace {

kafka::ClientPtr ordinary_producer(const kafka::KafkaOptions& options) {
  auto conf = kafka::base_conf(options, "feeder");
  kafka::set(conf.value().get(), "enable.idempotence", "true");
  kafka::set(conf.value().get(), "enable.gapless.guarantee", "true");
  kafka::set(conf.value().get(), "message.timeout.ms", "0");
  kafka::set(conf.value().get(), "compression.codec", "lz4");
  kafka::set(conf.value().get(), "linger.ms", "5");
  auto client = kafka::make_client(RD_KAFKA_PRODUCER, std::move(conf.value()));
  return std::move(client.value());
}

}  // namespace

Feeder::Feeder(const kafka::KafkaOptions& options, std::string topic, std::string_view lines, int partitions, std::chrono::milliseconds time) {
  thread_ = std::thread{[this, options, topic = std::move(topic), all = testing::split_lines(lines), partitions, time] {
    const auto client = ordinary_producer(options);
    const auto begin = std::chrono::steady_clock::now();
    for (std::size_t i = 0; i < all.size(); ++i) {
      const auto due = begin + time * static_cast<std::int64_t>(i) / static_cast<std::int64_t>(all.size());
      while (!hurry_ && std::chrono::steady_clock::now() < due) std::this_thread::sleep_for(std::chrono::milliseconds{2});
      const auto partition = static_cast<std::int32_t>(i % static_cast<std::size_t>(partitions));
      const auto error = rd_kafka_producev(client.get(), RD_KAFKA_V_TOPIC(topic.c_str()), RD_KAFKA_V_PARTITION(partition), RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY | RD_KAFKA_MSG_F_BLOCK),
                                           RD_KAFKA_V_VALUE(const_cast<char*>(all[i].data()), all[i].size()), RD_KAFKA_V_END);
      if (error != RD_KAFKA_RESP_ERR_NO_ERROR) {
        std::cerr << "feeder: " << rd_kafka_err2str(error) << std::endl;
        std::exit(2);
      }
      rd_kafka_poll(client.get(), 0);
    }
    while (rd_kafka_flush(client.get(), 1'000) != RD_KAFKA_RESP_ERR_NO_ERROR) {
    }
    done_ = true;
  }};
}

Feeder::~Feeder() {
  hurry_ = true;
  thread_.join();
}

}  // namespace bartizan::test
