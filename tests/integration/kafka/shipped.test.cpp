// The program as it ships, killed and stopped at random while sign-ins of all four categories come in: what an ordinary consumer of committed
// records sees is what `bartizan replay --journal` says, every (id, revision) once. BARTIZAN_SEED repeats the pauses of a run.

#include <catch2/catch.hpp>

#include <rapidjson/document.h>
#include <signal.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <memory>
#include <random>
#include <set>
#include <sstream>
#include <thread>

#include "connectors/kafka/topics.h"
#include "tests/connectors/embedded/scratch.h"
#include "tests/integration/embedded/crash_input.h"
#include "tests/integration/kafka/engine_process.h"
#include "tests/integration/kafka/feeder.h"
#include "tests/integration/kafka/line_check.h"
#include "tests/integration/kafka/ordinary_reader.h"
#include "tests/integration/kafka/program.h"
#include "tests/integration/kafka/shell.h"
#include "tests/support/kafka/broker.h"

using namespace bartizan;
using bartizan::test::Broker;
using bartizan::test::Engine;
using bartizan::test::Feeder;
using std::chrono::milliseconds;

namespace {

constexpr int kSettleSeconds = 90;
constexpr int kSources = 2;
constexpr milliseconds kFeedTime{22'000};

Broker& broker() {
  static Broker one{{false, false}};
  return one;
}

std::uint64_t seed() {
  static const std::uint64_t one = [] {
    const char* given = std::getenv("BARTIZAN_SEED");
    const std::uint64_t chosen = given != nullptr ? std::strtoull(given, nullptr, 10) : std::random_device{}();
    std::cout << "seed " << chosen << std::endl;
    return chosen;
  }();
  return one;
}

void rest(std::uint64_t ms) { std::this_thread::sleep_for(milliseconds{ms}); }

/// Topics, a folder with configurations, and `bartizan run` as often as wanted.
class Deployment {
 public:
  /// `more`: keys beside the Kafka section; the rest of the configuration is the default.
  Deployment(const std::string& name, const std::string& more) : options_(test::deployment(broker(), name)), folder_(broker().file(name)) {
    options_.journal_partitions = kafka::KafkaOptions{}.journal_partitions;
    options_.inputs = {{name + "-signins", 0, {}}};
    std::filesystem::create_directories(folder_);
    for (const char* role : {"ingest, detect", "ingest", "detect"}) {
      const std::string word = role == std::string{"ingest, detect"} ? "both" : role;
      test::write_file(folder_ + "/" + word + ".yaml", "roles: [" + std::string{role} + "]\nkafka: {brokers: [" + broker().address() + "], group_id: " + name +
                                                           ", session_timeout: 2s, inputs: [{topic: " + name + "-signins}]}\ntopics: {prefix: " + options_.prefix +
                                                           "}\nstate: {dir: state-" + word + "}\nhttp: {listen: 127.0.0.1:0}\n" + more);
    }
    test::create_topic(broker(), options_.inputs[0].topic, kSources);
  }

  std::unique_ptr<Engine> start(const std::string& role) const {
    return std::make_unique<Engine>(std::vector<std::string>{BARTIZAN_BINARY, "run", "-c", folder_ + "/" + role + ".yaml"}, std::vector<std::string>{}, log());
  }
  /// How many times the program said that it runs.
  std::size_t starts() const {
    const std::string log = told();
    std::size_t n = 0;
    for (auto at = log.find("\"started\""); at != std::string::npos; at = log.find("\"started\"", at + 1)) ++n;
    return n;
  }
  /// Waits for one start more than `before`; the first one makes the topics.
  bool began(std::size_t before = 0) const {
    for (int i = 0; i < 600 && starts() <= before; ++i) rest(100);
    return starts() > before;
  }
  const kafka::KafkaOptions& options() const { return options_; }
  const std::string& folder() const { return folder_; }
  std::string told() const { return testing::read_file(log()); }

 private:
  std::string log() const { return folder_ + "/run.log"; }
  kafka::KafkaOptions options_;
  std::string folder_;
};

/// Ends the program in one way or the other; it must have been running until then.
void end_one(std::unique_ptr<Engine>& engine, int signal, const Deployment& line) {
  INFO(line.told());
  CHECK(engine->runs());
  CHECK(engine->end(signal) == (signal == SIGKILL ? -SIGKILL : 0));
}

/// Long enough to be at work, or so short that it is just starting.
std::uint64_t pause_before(std::size_t kill, testing::SplitMix& random) {
  const std::uint64_t more = random.below(3'000);
  return kill % 2 == 0 ? 2'500 + more : more;
}

std::vector<std::string> sorted(std::vector<std::string> lines) {
  std::sort(lines.begin(), lines.end());
  return lines;
}

/// As `replay` writes them into files.
std::vector<std::string> as_lines(const std::string& topic, const std::vector<test::ReadMessage>& messages) {
  std::vector<std::string> lines;
  for (const auto& m : messages) {
    lines.push_back(m.null ? R"({"schema":"bartizan.tombstone/v1","topic":")" + topic + R"(","key":")" + m.key + "\"}" : m.value);
  }
  return sorted(std::move(lines));
}

/// The first line that is not in both; empty: there is none. Both are sorted.
std::string difference(const std::vector<std::string>& published, const std::vector<std::string>& folded) {
  const auto [one, other] = std::mismatch(published.begin(), published.end(), folded.begin(), folded.end());
  if (one == published.end() && other == folded.end()) return {};
  return std::to_string(published.size()) + " published, " + std::to_string(folded.size()) + " folded; first difference:\n  " +
         (one == published.end() ? "" : *one) + "\n  " + (other == folded.end() ? "" : *other);
}

/// Alerts that stand twice under one id and revision.
std::vector<std::string> doubled(const std::vector<test::ReadMessage>& alerts) {
  std::set<std::pair<std::string, std::uint64_t>> seen;
  std::vector<std::string> twice;
  for (const auto& alert : alerts) {
    rapidjson::Document json;
    json.Parse(alert.value.data(), alert.value.size());
    REQUIRE(json.IsObject());
    const std::string id = json["id"].GetString();
    if (!seen.emplace(id, json["revision"].GetUint64()).second) twice.push_back(id);
  }
  return twice;
}

void compare_with_replay(const Deployment& line) {
  std::vector<std::string> topics;
  for (std::size_t t = 0; t < kTopicCount; ++t) topics.push_back(kafka::topic(line.options(), static_cast<Topic>(t)));
  auto read = test::read_committed(broker().address(), "readers", topics);
  const auto alerts = read[kafka::topic(line.options(), Topic::alerts)];
  CHECK(alerts.size() > 10);
  CHECK(doubled(alerts) == std::vector<std::string>{});
  const test::Ran replay = test::bartizan(line.folder(), "replay --journal -q -c detect.yaml --output again");
  INFO(replay.err);
  REQUIRE(replay.code == 0);
  for (std::size_t t = 0; t < kTopicCount; ++t) {
    const auto topic = static_cast<Topic>(t);
    if (topic == Topic::dead_letter) continue;  // INGEST's, not of the fold
    INFO(topic_name(topic));
    const std::string folded = testing::read_file(line.folder() + "/again/" + std::string{file_name(topic)});
    CHECK(difference(as_lines(std::string{topic_name(topic)}, read[kafka::topic(line.options(), topic)]), sorted(testing::split_lines(folded))) == "");
  }
}

/// REQUIRES: nothing runs any more but perhaps `detect`.
void check_everything(const Deployment& line, std::unique_ptr<Engine> detect) {
  INFO(line.told());
  REQUIRE(test::settle(line.options(), kSettleSeconds));  // what INGEST wrote while it stopped
  CHECK(detect->end(SIGTERM) == 0);
  const test::LineCheck check = test::check_line(line.options());
  CHECK(check.trouble == "");
  std::cout << check.outputs << " outputs (" << check.alerts << " alerts), " << check.journal_messages << " journal messages, " << check.entries << " entries ("
            << check.repeats << " repeats), " << check.dead_letters << " dead letters, " << check.state_rows << " state rows" << std::endl;
  const std::string recount = test::output_of(KAFKA_RECOUNT " " + broker().address() + " " + line.options().inputs[0].topic + " " + std::to_string(kSources));
  CHECK(recount == test::counted(line.options()));
  for (const char* category : {"interactive_user ", "non_interactive_user ", "service_principal ", "managed_identity "}) {
    INFO(category);
    CHECK(recount.find(category) != std::string::npos);
  }
  compare_with_replay(line);
}

}  // namespace

TEST_CASE("`bartizan run`, killed six times and stopped once while it works: nothing is missing and nothing is there twice", "[kafka]") {
  testing::SplitMix random{seed()};
  const Deployment line{"shipped", ""};
  const testing::CrashInput input = testing::make_crash_input(11);
  auto engine = line.start("both");
  REQUIRE(line.began());
  {
    Feeder signins{line.options(), line.options().inputs[0].topic, input.first + input.second, kSources, kFeedTime};
    Feeder verdicts{line.options(), kafka::topic(line.options(), "commands"), input.commands, 1, kFeedTime};
    for (std::size_t i = 0; i < 7; ++i) {
      rest(pause_before(i, random));
      end_one(engine, i == 4 ? SIGTERM : SIGKILL, line);
      engine = line.start("both");
    }
    signins.hurry(), verdicts.hurry();
    while (!signins.done() || !verdicts.done()) rest(20);
    INFO(line.told());
    REQUIRE(test::settle(line.options(), kSettleSeconds));
  }
  end_one(engine, SIGTERM, line);
  const std::size_t before = line.starts();
  auto detect = line.start("detect");
  REQUIRE(line.began(before));
  check_everything(line, std::move(detect));
}

TEST_CASE("`bartizan run` as two processes, each killed three times: nothing is missing and nothing is there twice", "[kafka]") {
  testing::SplitMix random{seed() + 1};
  const Deployment line{"split", "checkpoint: {interval: 2s}\n"};
  const testing::CrashInput input = testing::make_crash_input(12);
  auto ingest = line.start("ingest");
  auto detect = line.start("detect");
  REQUIRE(line.began());
  {
    Feeder signins{line.options(), line.options().inputs[0].topic, input.first + input.second, kSources, kFeedTime};
    Feeder verdicts{line.options(), kafka::topic(line.options(), "commands"), input.commands, 1, kFeedTime};
    for (std::size_t i = 0; i < 6; ++i) {
      rest(pause_before(i / 2, random));
      auto& one = i % 2 == 0 ? detect : ingest;
      end_one(one, SIGKILL, line);
      one = line.start(i % 2 == 0 ? "detect" : "ingest");
    }
    signins.hurry(), verdicts.hurry();
    while (!signins.done() || !verdicts.done()) rest(20);
    INFO(line.told());
    REQUIRE(test::settle(line.options(), kSettleSeconds));
  }
  end_one(ingest, SIGTERM, line);
  check_everything(line, std::move(detect));
}
