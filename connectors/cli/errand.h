#pragma once
// Brokers as a person meets them who waits for a command.

#include "connectors/cli/commands.h"
#include "connectors/cli/config.h"
#include "connectors/kafka/options.h"

namespace bartizan::cli {

/// Says on standard error when the brokers do not answer at once, and gives up after `--timeout`.
void mind_the_wait(const Global& global, kafka::KafkaOptions& options);
/// kafka_options() with the above. REQUIRES: the configuration has a section kafka.
kafka::KafkaOptions errand_options(const Global& global, const LoadedConfig& loaded);

/// "kafka-1.example.com:9092 and 2 more".
std::string brokers_text(const std::vector<std::string>& brokers);

}  // namespace bartizan::cli
