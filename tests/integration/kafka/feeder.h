#pragma once
// An ordinary producer that sends lines to a topic at an even pace, and does not give up while the broker is away.

#include <atomic>
#include <chrono>
#include <string>
#include <string_view>
#include <thread>

#include "connectors/kafka/options.h"

namespace bartizan::test {

class Feeder {
 public:
  /// One message a line, to the partitions in turn, spread over `time`.
  Feeder(const kafka::KafkaOptions& options, std::string topic, std::string_view lines, int partitions, std::chrono::milliseconds time);
  ~Feeder();
  /// Everything is with the broker.
  bool done() const { return done_; }
  /// From now on without pauses.
  void hurry() { hurry_ = true; }

 private:
  std::atomic<bool> done_{false}, hurry_{false};
  std::thread thread_;
};

}  // namespace bartizan::test
