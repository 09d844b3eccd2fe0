// kill -9 against the line on a real broker: whatever happened, what readers of committed records see is what an undisturbed fold of the
// journal says, and the checkpoints hold its state.
//
//   kafka_crash_check RUNNER [--kills N] [--points] [--broker-kills N] [--abort-every N] [--seed N] [--partitions N]

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <iostream>
#include <string>
#include <thread>
#include <vector>

#include "connectors/kafka/producer.h"
#include "connectors/kafka/topics.h"
#include "tests/connectors/embedded/scratch.h"
#include "tests/integration/embedded/crash_input.h"
#include "tests/integration/kafka/line_check.h"
#include "tests/support/kafka/broker.h"

namespace {

using namespace bartizan;
using namespace bartizan::kafka;
using testing::SplitMix;

constexpr int kSettleSeconds = 120;

struct Arguments {
  std::string runner;
  unsigned kills = 20, broker_kills = 0;
  bool points = false;
  int abort_every = 0;
  std::uint64_t seed = 1;
  int partitions = 2;
};

/// A runner as a child process.
class Engine {
 public:
  Engine(const Arguments& a, const KafkaOptions& options, const std::string& log, const std::string& crash_at = {}) {
    std::vector<std::string> words{a.runner, options.brokers[0], options.group_id, options.state_dir, std::to_string(options.journal_partitions)};
    for (const InputTopic& input : options.inputs) words.push_back(input.topic);
    pid_ = ::fork();
    if (pid_ != 0) return;
    const int out = ::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0644);
    ::dup2(out, 1);
    ::dup2(out, 2);
    if (!crash_at.empty()) ::setenv("BARTIZAN_CRASH_AT", crash_at.c_str(), 1);
    if (a.abort_every > 0) ::setenv("BARTIZAN_ABORT_EVERY", std::to_string(a.abort_every).c_str(), 1);
    std::vector<char*> argv;
    for (std::string& word : words) argv.push_back(word.data());
    argv.push_back(nullptr);
    ::execv(a.runner.c_str(), argv.data());
    ::_exit(127);
  }
  ~Engine() {
    if (pid_ > 0) end(SIGKILL);
  }
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  bool runs() {
    if (pid_ <= 0) return false;
    int status = 0;
    if (::waitpid(pid_, &status, WNOHANG) != pid_) return true;
    note(status);
    return false;
  }
  /// Exit code, or minus the signal.
  int end(int signal) {
    if (pid_ > 0) {
      ::kill(pid_, signal);
      int status = 0;
      ::waitpid(pid_, &status, 0);
      note(status);
    }
    return code_;
  }
  int code() const { return code_; }

 private:
  void note(int status) {
    code_ = WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
    pid_ = -1;
  }
  pid_t pid_ = -1;
  int code_ = 0;
};

void produce(const KafkaOptions& options, const std::string& name, std::string_view lines, int partitions, std::chrono::microseconds pause, std::atomic<bool>& ended) {
  Pulse pulse;
  auto producer = Producer::make(options, "feeder", {}, pulse);
  std::vector<OutMessage> kept;
  const auto all = testing::split_lines(lines);
  kept.reserve(all.size());
  for (std::size_t i = 0; i < all.size(); ++i) {
    OutMessage m;
    m.topic = name;
    m.partition = static_cast<std::int32_t>(i % static_cast<std::size_t>(partitions));
    m.value = all[i];
    kept.push_back(std::move(m));
    producer.value()->send(kept.back());
    if (i % 16 == 0) std::this_thread::sleep_for(pause * 16);
  }
  while (!producer.value()->flush(std::chrono::seconds{5}) && !producer.value()->failed()) {
  }
  ended = true;
}

int report(const char* what, const test::LineCheck& check, unsigned kills) {
  if (!check.trouble.empty()) {
    std::cerr << "after " << kills << " kills: " << check.trouble << std::endl;
    return 1;
  }
  std::cout << what << ": " << kills << " kills; " << check.outputs << " outputs (" << check.alerts << " alerts), " << check.journal_messages << " journal messages, "
            << check.entries << " entries (" << check.repeats << " repeats), " << check.dead_letters << " dead letters, " << check.state_rows << " state rows" << std::endl;
  return check.alerts > 0 ? 0 : 1;
}

const std::vector<std::string>& points() {
  static const std::vector<std::string> all = {
      "before_unit:20",       "before_flush:20",       "before_offsets:20",        "before_commit:20",         "after_commit:20",
      "checkpoint_begun:3",   "checkpoint_row:40",     "checkpoint_flushed:3",     "checkpoint_committed:3",   "recovery_fenced:2",
      "recovery_marker:2",    "recovery_load:1",       "ingest_before_flush:20",   "ingest_before_positions:20", "ingest_after_positions:20"};
  return all;
}

class History {
 public:
  History(const Arguments& a, test::Broker& broker, const std::string& name) : a_(a), broker_(broker), options_(test::deployment(broker, name)), log_(broker.file(name + ".log")) {
    options_.journal_partitions = a.partitions;
    options_.inputs = {{name + "-signins", 0, {}}};
    test::create_topic(broker, options_.inputs[0].topic, 2);
    const auto problems = settle_topics(options_, true);
    if (!problems.ok() || !problems.value().empty()) std::cerr << "topics: " << (problems.ok() ? problems.value()[0].what : problems.error().message) << '\n';
    const testing::CrashInput input = testing::make_crash_input(a.seed);
    signins_ = input.first + input.second;
    commands_ = input.commands;
  }

  int run() {
    std::atomic<bool> fed{false}, commanded{false};
    std::thread feeder{[&] { produce(options_, options_.inputs[0].topic, signins_, 2, std::chrono::microseconds{700}, fed); }};
    std::thread commander{[&] { produce(options_, topic(options_, "commands"), commands_, 1, std::chrono::milliseconds{20}, commanded); }};
    SplitMix random{a_.seed};
    for (unsigned i = 0; i < a_.kills; ++i) kill_once({}, 300 + random.below(i % 3 == 0 ? 4000 : 1200));
    if (a_.points) {
      for (const std::string& point : points()) kill_once(point, 20'000);
    }
    for (unsigned i = 0; i < a_.broker_kills; ++i) kill_broker(300 + random.below(2500));
    const int code = finish(fed, commanded);
    feeder.join();
    commander.join();
    return code;
  }

 private:
  void kill_once(const std::string& point, std::uint64_t after_ms) {
    Engine engine(a_, options_, log_, point);
    const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds{after_ms};
    while (std::chrono::steady_clock::now() < end && engine.runs()) std::this_thread::sleep_for(std::chrono::milliseconds{1});
    const int code = engine.end(SIGKILL);
    ++kills_;
    if (code != -SIGKILL) std::cerr << "an engine ended by itself with " << code << '\n';
    if (!point.empty() && std::chrono::steady_clock::now() >= end) std::cerr << point << " was never reached\n";
  }

  void kill_broker(std::uint64_t after_ms) {
    Engine engine(a_, options_, log_);
    std::this_thread::sleep_for(std::chrono::milliseconds{5'000 + after_ms});
    broker_.kill();
    std::this_thread::sleep_for(std::chrono::milliseconds{500});
    broker_.start();
    std::this_thread::sleep_for(std::chrono::seconds{5});
    ++kills_;
    if (!engine.runs()) std::cerr << "an engine ended by itself with " << engine.code() << '\n';
    engine.end(SIGKILL);
  }

  int finish(const std::atomic<bool>& fed, const std::atomic<bool>& commanded) {
    Engine engine(a_, options_, log_);
    while (!fed || !commanded) std::this_thread::sleep_for(std::chrono::milliseconds{50});
    if (!test::settle(options_, kSettleSeconds)) {
      std::cerr << "not settled after " << kSettleSeconds << " s, engine " << (engine.runs() ? "runs" : "ended") << '\n' << testing::read_file(log_) << std::endl;
      return 1;
    }
    const int code = engine.end(SIGTERM);
    if (code != 0) {
      std::cerr << "the engine ended with " << code << '\n' << testing::read_file(log_) << std::endl;
      return 1;
    }
    const int verdict = report("line", test::check_line(options_), kills_);
    std::cout << testing::read_file(log_).substr(0, 20'000);
    return verdict;
  }

  Arguments a_;
  test::Broker& broker_;
  KafkaOptions options_;
  std::string log_, signins_, commands_;
  unsigned kills_ = 0;
};

bool read(int argc, char** argv, Arguments& a) {
  if (argc < 2) return false;
  a.runner = argv[1];
  for (int i = 2; i < argc; ++i) {
    const std::string word = argv[i];
    const auto number = [&] { return i + 1 < argc ? std::strtoull(argv[++i], nullptr, 10) : 0; };
    if (word == "--points") a.points = true;
    else if (word == "--kills") a.kills = static_cast<unsigned>(number());
    else if (word == "--broker-kills") a.broker_kills = static_cast<unsigned>(number());
    else if (word == "--abort-every") a.abort_every = static_cast<int>(number());
    else if (word == "--seed") a.seed = number();
    else if (word == "--partitions") a.partitions = static_cast<int>(number());
    else return false;
  }
  return true;
}

}  // namespace

int main(int argc, char** argv) {
  Arguments a;
  if (!read(argc, argv, a)) {
    std::cerr << "usage: kafka_crash_check RUNNER [--kills N] [--points] [--broker-kills N] [--abort-every N] [--seed N] [--partitions N]\n";
    return 2;
  }
  test::Broker::Settings settings;
  settings.comes_back = a.broker_kills > 0;
  test::Broker broker{settings};
  return History{a, broker, "line"}.run();
}
