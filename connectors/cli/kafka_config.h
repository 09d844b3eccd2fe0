#pragma once
// The section `kafka` of the configuration.

#include <cstdint>
#include <string>
#include <vector>

#include "connectors/kafka/options.h"
#include "engine/model/time.h"
#include "engine/settings/binding.h"

namespace bartizan::cli {

struct KafkaConfig {
  std::vector<std::string> brokers;
  std::string group_id = "bartizan";
  std::vector<kafka::InputTopic> inputs;
  kafka::Security security;
  settings::TextMap librdkafka;
  Duration session_timeout = kafka::KafkaOptions{}.session_timeout;
  Duration transaction_timeout = kafka::KafkaOptions{}.transaction_timeout;
  Duration checkpoint_timeout = kafka::KafkaOptions{}.checkpoint_timeout;
};

settings::Section<KafkaConfig> kafka_section();

/// What is wrong with a topic's name ("is not ..."), or empty.
std::string topic_name_complaint(std::string_view name);

struct LoadedConfig;
/// What the transport must be told; paths as the configuration means them. REQUIRES: the section is there.
kafka::KafkaOptions kafka_options(const LoadedConfig& loaded);

}  // namespace bartizan::cli
