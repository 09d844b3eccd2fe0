#pragma once
// `bartizan run` on a broker as an operator has it: a configuration file, a process, its log and its HTTP port.

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "connectors/kafka/options.h"
#include "tests/integration/kafka/engine_process.h"
#include "tests/support/kafka/broker.h"

namespace bartizan::test {

struct HttpAnswer {
  int status = 0;  // 0: nobody answered within three seconds
  std::string body;
};

class Product {
 public:
  /// A deployment of its own with one raw topic, "<name>-signins", of one partition; our own topics are made by the engine.
  Product(const Broker& broker, const std::string& name);

  kafka::KafkaOptions options;               // the configuration's
  std::string more_kafka, more;              // further YAML: in `kafka` (", key: value"), and at the end
  std::vector<std::string> environment;      // of the engine

  const std::string& source() const { return options.inputs.front().topic; }
  /// Writes the configuration, starts, and waits until the engine is ready. False: it ended, or did not get ready within a minute.
  bool start();
  /// Without the wait.
  void launch();
  Engine& engine() { return *engine_; }
  /// Sends lines [from, to) of the input.
  void feed(std::size_t from, std::size_t to) const;
  HttpAnswer get(const std::string& path) const;
  /// A metric's value; `line` is its name with labels. -1: it is not there.
  double metric(const std::string& line) const;

  /// Everything the engines of this deployment wrote.
  std::string log() const;
  /// Lines of the log that hold `text`.
  std::size_t told(std::string_view text) const;
  /// Lines of warnings and errors.
  std::size_t complaints() const { return told("\"severity_text\":\"warning\"") + told("\"severity_text\":\"error\""); }
  /// Waits for the engine to end by itself: its exit code; -1000: it did not within `limit`.
  int ends_within(std::chrono::seconds limit);
  /// Everything read, folded, committed; the engine stopped in good order; then check_line. Empty: all of it holds.
  std::string finish(int settle_seconds = 120);

 private:
  const Broker& broker_;
  std::string folder_, log_;
  std::vector<std::string> lines_;
  std::unique_ptr<Engine> engine_;
};

/// Asks every 100 ms. False: not within `limit`.
bool within(std::chrono::seconds limit, const std::function<bool()>& holds);

}  // namespace bartizan::test
