#include "connectors/cli/errand.h"

#include "engine/settings/units.h"

namespace bartizan::cli {

std::string brokers_text(const std::vector<std::string>& brokers) {
  if (brokers.empty()) return {};
  return brokers.front() + (brokers.size() > 1 ? " and " + std::to_string(brokers.size() - 1) + " more" : "");
}

void mind_the_wait(const Global& global, kafka::KafkaOptions& options) {
  options.connect_max = global.timeout;
  if (global.quiet) return;
  const std::string text = "waiting for an answer from " + brokers_text(options.brokers) + ", at most " +
      settings::format_duration(global.timeout) + " (--timeout)\n";
  options.while_waiting = [text] { write_error(text); };
}

kafka::KafkaOptions errand_options(const Global& global, const LoadedConfig& loaded) {
  kafka::KafkaOptions options = kafka_options(loaded);
  mind_the_wait(global, options);
  return options;
}

}  // namespace bartizan::cli
