// What people do to brokers and topics while an engine runs: one clear message each, and nothing lost.

#include <catch2/catch.hpp>

#include <signal.h>

#include <chrono>
#include <thread>

#include "connectors/kafka/topics.h"
#include "tests/connectors/embedded/scratch.h"
#include "tests/integration/embedded/crash_input.h"
#include "tests/integration/kafka/engine_process.h"
#include "tests/integration/kafka/feeder.h"
#include "tests/integration/kafka/line_check.h"
#include "tests/support/kafka/broker.h"

using namespace bartizan;
using bartizan::test::Broker;
using bartizan::test::Engine;
using std::chrono::milliseconds;
using std::chrono::seconds;

namespace {

constexpr int kSettleSeconds = 120;
constexpr std::size_t kLines = 1'500;

Broker& broker() {
  static Broker one{{false, true}};
  return one;
}

/// A deployment with topics, an input of one partition, and lines to feed.
struct Trial {
  kafka::KafkaOptions options;
  std::string log, lines;

  explicit Trial(const std::string& name) : options(test::deployment(broker(), name)), log(broker().file(name + ".log")) {
    options.inputs = {{name + "-signins", 0, ""}};
    test::create_topic(broker(), options.inputs[0].topic, 1);
    const auto problems = kafka::settle_topics(options, true);
    REQUIRE(problems.ok());
    REQUIRE(problems.value().empty());
    for (const auto& line : testing::split_lines(testing::make_crash_input(7).first)) {
      if (++count_ <= kLines) lines += line + "\n";
    }
  }

  std::unique_ptr<Engine> engine() const {
    return std::make_unique<Engine>(std::vector<std::string>{KAFKA_RUNNER, options.brokers[0], options.group_id, options.state_dir, std::to_string(options.journal_partitions),
                                                             options.inputs[0].topic},
                                    std::vector<std::string>{}, log);
  }
  void feed(std::size_t from = 0) const {
    const test::Feeder feeder{options, options.inputs[0].topic, std::string_view{lines}.substr(from), 1, milliseconds{1'000}};
    while (!feeder.done()) std::this_thread::sleep_for(milliseconds{20});
  }
  std::string told() const { return testing::read_file(log); }

 private:
  std::size_t count_ = 0;
};

bool ends_within(Engine& engine, int limit_s) {
  for (int i = 0; i < limit_s * 20 && engine.runs(); ++i) std::this_thread::sleep_for(milliseconds{50});
  return !engine.runs();
}

void check_all_of_it(const Trial& trial, Engine& engine) {
  INFO(trial.told());
  REQUIRE(test::settle(trial.options, kSettleSeconds));
  CHECK(engine.end(SIGTERM) == 0);
  CHECK(test::check_line(trial.options).trouble == "");
}

void alter(const std::string& topic, const std::string& setting) {
  REQUIRE(broker().tool("kafka.admin.ConfigCommand", {"--alter", "--entity-type", "topics", "--entity-name", topic, "--add-config", setting}));
}

}  // namespace

TEST_CASE("two engines with one state folder: the second says so and ends", "[kafka]") {
  const Trial trial{"twice"};
  const auto first = trial.engine();
  std::this_thread::sleep_for(seconds{2});
  const auto second = trial.engine();
  REQUIRE(ends_within(*second, 20));
  CHECK(second->code() == 4);
  CHECK(first->runs());
  CHECK(trial.told().find("locked") != std::string::npos);
}

TEST_CASE("an output that its topic does not take ends the engine with a message; once the topic takes it, nothing is missing", "[kafka]") {
  const Trial trial{"small"};
  alter("small.alerts", "max.message.bytes=300");
  trial.feed();
  const auto refused = trial.engine();
  REQUIRE(ends_within(*refused, 90));
  CHECK(refused->code() == 4);
  INFO(trial.told());
  CHECK(trial.told().find("output_refused") != std::string::npos);
  alter("small.alerts", "max.message.bytes=1048588");
  const auto engine = trial.engine();
  check_all_of_it(trial, *engine);
}

TEST_CASE("while the broker is away the engine waits, and goes on by itself", "[kafka]") {
  const Trial trial{"away"};
  const auto engine = trial.engine();
  trial.feed(trial.lines.size() / 2);
  broker().kill();
  std::this_thread::sleep_for(seconds{20});
  CHECK(engine->runs());
  broker().start();
  trial.feed();
  check_all_of_it(trial, *engine);
}

TEST_CASE("a source topic made anew stops that input and says what to do", "[kafka]") {
  const Trial trial{"anew"};
  const auto engine = trial.engine();
  trial.feed();
  REQUIRE(test::settle(trial.options, kSettleSeconds));
  test::delete_topic(broker(), "anew-signins");
  std::this_thread::sleep_for(seconds{2});
  test::create_topic(broker(), "anew-signins", 1);
  trial.feed(trial.lines.size() / 2);
  std::this_thread::sleep_for(seconds{8});
  CHECK(engine->runs());
  CHECK(engine->end(SIGTERM) == 0);
  INFO(trial.told());
  CHECK(trial.told().find("source_recreated") != std::string::npos);
}
