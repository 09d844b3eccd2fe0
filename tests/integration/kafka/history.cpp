#include "tests/integration/kafka/history.h"

#include <signal.h>

#include <array>
#include <chrono>
#include <cstdio>
#include <functional>
#include <map>
#include <set>
#include <sstream>
#include <thread>

#include "connectors/kafka/journal_source.h"
#include "connectors/kafka/topics.h"
#include "tests/integration/embedded/crash_input.h"
#include "tests/integration/kafka/line_check.h"
#include "tests/integration/kafka/shell.h"
#include "tests/integration/kafka/stranger.h"

namespace bartizan::test {
namespace {

using std::chrono::milliseconds;

constexpr int kSettleSeconds = 180;
constexpr milliseconds kSession{2'000};      // of the runner
constexpr std::int64_t kHiddenAhead = 15;    // journal messages
constexpr int kHiddenMs = 8'000;
constexpr std::uint64_t kPointWaitMs = 120'000;  // left as soon as it is reached; a long history is fed slowly

void rest(milliseconds time) { std::this_thread::sleep_for(time); }

std::set<std::string> alert_ids(const Published& published) {
  std::set<std::string> ids;
  for (const auto& [key, values] : published) {
    if (key.first != "alerts") continue;
    for (const auto& value : values) ids.insert(key.second + " " + value.substr(0, value.find(':')));
  }
  return ids;
}

/// Until every journal partition's committed position has moved: this engine, not one before it, is at work on all of them.
bool all_move(const kafka::KafkaOptions& options, const std::function<void()>& keep_alive) {
  std::map<std::int32_t, std::int64_t> before;
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds{kSettleSeconds};
  while (std::chrono::steady_clock::now() < end) {
    keep_alive();
    const auto at = kafka::detect_positions(options);
    std::size_t moved = 0;
    if (at.ok()) {
      for (const auto& p : at.value()) moved += before.emplace(p.partition, p.committed.value_or(0)).first->second < p.committed.value_or(0) ? 1 : 0;
      if (moved > 0 && moved == at.value().size()) return true;
    }
    rest(milliseconds{200});
  }
  return false;
}

}  // namespace

History::History(Shape shape, Faults faults, Broker& broker, const std::string& name)
    : shape_(std::move(shape)), faults_(std::move(faults)), broker_(broker), options_(deployment(broker, name)), log_(broker.file(name + ".log")), random_(shape_.seed) {
  options_.journal_partitions = shape_.partitions;
  options_.inputs = {{name + "-signins", 0, {}}};
  create_topic(broker, options_.inputs[0].topic, shape_.sources);
  const testing::CrashInput input = testing::make_crash_input(shape_.seed);
  signins_ = input.first + input.second;
  for (unsigned i = 0; !shape_.calm && i < shape_.verdicts; ++i) commands_ += input.commands;
}

/// A guess at how long the faults take, so that there is something to read all the while.
std::int64_t History::expected_ms() const {
  return 8'000 + (faults_.hidden ? 20'000LL : 0) + 3'500LL * faults_.kills + 4'500LL * static_cast<std::int64_t>(faults_.points.size()) + 12'000LL * faults_.broker_kills + 11'000LL * faults_.freezes +
         7'000LL * faults_.joins;
}

History::EnginePtr History::engine(const std::string& state, const std::string& crash_at) {
  std::vector<std::string> words{shape_.runner};
  if (faults_.broker_kills > 0) words.insert(words.end(), {"--interval", "1"});
  words.insert(words.end(), {options_.brokers[0], options_.group_id, state, std::to_string(options_.journal_partitions)});
  for (const auto& input : options_.inputs) words.push_back(input.topic);
  std::vector<std::string> environment;
  if (!crash_at.empty()) environment.push_back("BARTIZAN_CRASH_AT=" + crash_at);
  if (faults_.abort_every > 0) environment.push_back("BARTIZAN_ABORT_EVERY=" + std::to_string(faults_.abort_every));
  if (faults_.unknown_every > 0) environment.push_back("BARTIZAN_UNKNOWN_EVERY=" + std::to_string(faults_.unknown_every));
  return std::make_unique<Engine>(words, environment, log_);
}

std::string History::run() {
  const auto problems = kafka::settle_topics(options_, true);
  if (!problems.ok()) return "topics: " + problems.error().message;
  if (!problems.value().empty()) return problems.value()[0].topic + ": " + problems.value()[0].what;
  std::string trouble;
  {
    const milliseconds time{expected_ms()};
    Feeder feeder{options_, options_.inputs[0].topic, signins_, shape_.sources, time};
    Feeder commander{options_, kafka::topic(options_, "commands"), commands_, 1, time};
    suffer();
    EnginePtr last = engine(options_.state_dir);
    feeder.hurry(), commander.hurry();
    while (!feeder.done() || !commander.done()) rest(milliseconds{50});
    trouble = finish(options_, last);
  }
  if (trouble.empty()) trouble = compare_with_recount();
  if (trouble.empty() && shape_.calm) trouble = compare_with_calm_run();
  if (trouble.empty() && !troubles_.empty()) trouble = troubles_.front();
  return trouble.empty() ? trouble : "after " + std::to_string(done_) + " faults: " + trouble;
}

void History::hide_something() {
  {
    const EnginePtr one = engine(options_.state_dir);
    rest(milliseconds{6'000});
    one->end(SIGTERM);
  }
  const auto at = kafka::detect_positions(options_);
  if (!at.ok() || at.value().empty()) {
    troubles_.push_back("the journal cannot be asked for its end");
    return;
  }
  hide_quarantine(options_, at.value()[0].partition, at.value()[0].end + kHiddenAhead, kHiddenMs);
  ++done_;
}

void History::suffer() {
  if (faults_.hidden) hide_something();
  for (unsigned i = 0; i < faults_.kills; ++i) {
    const std::uint64_t wait = 200 + random_.below(i % 2 == 0 ? 6'000 : 3'000);
    kill_once({}, wait);
  }
  for (const auto& point : faults_.points) kill_once(point, kPointWaitMs);
  for (unsigned i = 0; i < faults_.broker_kills; ++i) kill_broker(random_.below(1'500));
  for (unsigned i = 0; i < faults_.freezes; ++i) freeze_once();
  for (unsigned i = 0; i < faults_.joins; ++i) join_once(i % 2 == 0);
}

void History::kill_once(const std::string& point, std::uint64_t after_ms) {
  const EnginePtr one = engine(options_.state_dir, point);
  const auto end = std::chrono::steady_clock::now() + milliseconds{after_ms};
  while (std::chrono::steady_clock::now() < end && one->runs()) rest(milliseconds{1});
  const bool reached = !one->runs();
  const int code = one->end(SIGKILL);
  ++done_;
  if (code != -SIGKILL) troubles_.push_back("the engine ended by itself with " + std::to_string(code));
  if (!point.empty() && !reached) troubles_.push_back(point + " was never reached");
}

void History::kill_broker(std::uint64_t after_ms) {
  const EnginePtr one = engine(options_.state_dir);
  rest(milliseconds{static_cast<std::int64_t>(4'000 + after_ms)});
  broker_.kill();
  rest(milliseconds{300});
  broker_.start();
  rest(milliseconds{5'000});
  ++done_;
  if (!one->runs() && one->code() != 4) troubles_.push_back("the engine ended by itself with " + std::to_string(one->code()));
  one->end(SIGKILL);
}

void History::freeze_once() {
  const EnginePtr one = engine(options_.state_dir);
  rest(milliseconds{4'000});
  one->freeze();
  const EnginePtr other = engine(options_.state_dir + "-other");
  rest(kSession * 2 + milliseconds{1'500});
  one->thaw();
  rest(milliseconds{3'000});
  ++done_;
  other->end(SIGTERM);
  one->end(SIGTERM);
}

void History::join_once(bool orderly) {
  const EnginePtr one = engine(options_.state_dir);
  rest(milliseconds{2'500});
  const EnginePtr other = engine(options_.state_dir + "-other");
  rest(milliseconds{static_cast<std::int64_t>(2'500 + random_.below(1'500))});
  other->end(orderly ? SIGTERM : SIGKILL);
  rest(milliseconds{1'500});
  ++done_;
  one->end(SIGTERM);
}

std::string History::finish(const kafka::KafkaOptions& options, EnginePtr& last) {
  // A broker that has just come back may refuse an engine, which then ends with 4 and is started again, as by any supervisor.
  const auto start_again = [&] {
    if (!last->runs() && last->code() == 4) last = engine(options_.state_dir);
  };
  if (!all_move(options, start_again)) return "the positions do not move, engine " + std::string{last->runs() ? "runs" : "ended"} + "\n" + testing::read_file(log_);
  if (!settle(options, kSettleSeconds)) {
    return "not settled after " + std::to_string(kSettleSeconds) + " s, engine " + (last->runs() ? "runs" : "ended") + "\n" + testing::read_file(log_);
  }
  const int code = last->end(SIGTERM);
  if (code != 0) return "the engine ended with " + std::to_string(code) + "\n" + testing::read_file(log_);
  if (faults_.hidden) rest(milliseconds{kHiddenMs + 3'000});  // the stranger's transaction ends
  const LineCheck check = check_line(options);
  std::ostringstream text;
  text << check.outputs << " outputs (" << check.alerts << " alerts), " << check.journal_messages << " journal messages, " << check.entries << " entries (" << check.repeats
       << " repeats), " << check.dead_letters << " dead letters, " << check.state_rows << " state rows";
  summary_ += (summary_.empty() ? std::to_string(done_) + " faults: " : "; without faults: ") + text.str();
  if (!check.trouble.empty()) return check.trouble;
  return check.alerts == 0 ? "no alert at all" : "";
}

std::string History::compare_with_recount() {
  const std::string theirs = output_of(shape_.recount + " " + options_.brokers[0] + " " + options_.inputs[0].topic + " " + std::to_string(shape_.sources));
  const std::string ours = counted(options_);
  return theirs == ours && !ours.empty() ? "" : "the recount differs:\n" + theirs + "from the journal's\n" + ours;
}

std::string History::compare_with_calm_run() {
  kafka::KafkaOptions calm = deployment(broker_, options_.group_id + "-calm");
  calm.journal_partitions = options_.journal_partitions;
  calm.inputs = options_.inputs;
  const auto problems = kafka::settle_topics(calm, true);
  if (!problems.ok() || !problems.value().empty()) return "topics of the run without faults";
  const std::set<std::string> disturbed = alert_ids(published(options_));
  std::swap(options_, calm);
  EnginePtr one = engine(options_.state_dir);
  faults_ = {};
  const std::string trouble = finish(options_, one);
  if (!trouble.empty()) return "without faults: " + trouble;
  const std::set<std::string> undisturbed = alert_ids(published(options_));
  for (const auto& id : undisturbed) {
    if (disturbed.count(id) == 0) return "alert " + id + " is missing, which a run without faults has";
  }
  for (const auto& id : disturbed) {
    if (undisturbed.count(id) == 0) return "alert " + id + " is there, which a run without faults does not have";
  }
  return {};
}

}  // namespace bartizan::test
