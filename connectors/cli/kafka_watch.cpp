#include "connectors/cli/kafka_watch.h"

#include <chrono>
#include <memory>
#include <string>
#include <utility>

#include "connectors/kafka/journal_source.h"

namespace bartizan::cli {
namespace {

using namespace std::chrono_literals;

constexpr auto kEmptyEvery = 200ms;
constexpr auto kAskEvery = 10s;
constexpr auto kAskAgain = 2s;  // while the brokers do not answer
constexpr auto kLeaveAlone = 1s;
constexpr std::size_t kLinesPerPeriod = 20;
constexpr int kPeriod = 50;     // rounds of kEmptyEvery

void add(std::vector<KafkaNumbers::Lag>& to, const std::vector<kafka::GroupPosition>& positions) {
  for (const auto& p : positions) to.push_back({p.topic, p.partition, p.lag()});
}

}  // namespace

KafkaWatch::KafkaWatch(kafka::KafkaOptions options, Log& log, bool ingest, bool detect) : log_(log), shared_(std::make_shared<Shared>()) {
  shared_->options = std::move(options);
  shared_->ingest = ingest;
  shared_->detect = detect;
  log_thread_ = std::thread([this] { hand_on(); });
  asker_ = std::thread([shared = shared_] { ask(shared); });
}

bool KafkaWatch::stop() {
  {
    const std::lock_guard lock(shared_->mutex);
    shared_->over = true;
  }
  shared_->changed.notify_all();
  if (log_thread_.joinable()) log_thread_.join();
  if (!asker_.joinable()) return true;
  std::unique_lock lock(shared_->mutex);
  const bool done = shared_->changed.wait_for(lock, kLeaveAlone, [this] { return shared_->asker_done; });
  lock.unlock();
  if (done) asker_.join();
  else asker_.detach();
  return done;
}

std::vector<KafkaNumbers::Lag> KafkaWatch::lag() const {
  const std::lock_guard lock(shared_->mutex);
  return shared_->lag;
}

void KafkaWatch::ask(const std::shared_ptr<Shared>& shared) {
  std::unique_lock lock(shared->mutex);
  while (!shared->over) {
    lock.unlock();
    std::vector<KafkaNumbers::Lag> lag;
    bool answered = true;
    if (shared->ingest) {
      const auto positions = kafka::ingest_positions(shared->options);
      if (positions) add(lag, positions.value());
      else answered = positions.error().code != "unreachable";
    }
    if (shared->detect && answered) {
      const auto positions = kafka::detect_positions(shared->options);
      if (positions) add(lag, positions.value());
      else answered = positions.error().code != "unreachable";
    }
    shared->reachable = answered;
    lock.lock();
    if (answered) shared->lag = std::move(lag);
    shared->look_now = false;
    // The question itself may have raised the alarm: no answer is asked for again at once.
    if (shared->changed.wait_for(lock, kAskAgain, [&] { return shared->over; })) break;
    if (answered) shared->changed.wait_for(lock, kAskEvery - kAskAgain, [&] { return shared->over || shared->look_now; });
  }
  shared->asker_done = true;
  lock.unlock();
  shared->changed.notify_all();
}

void KafkaWatch::write(const kafka::ClientEvent& event) {
  using Level = kafka::ClientEvent::Level;
  const std::initializer_list<LogField> fields = {{"client", event.client}, {"code", event.code}};
  // While the brokers are away the clients say so again and again; "experimental" is a setting that we choose.
  const bool expected = !shared_->reachable || event.text.starts_with("CONFWARN");
  if (expected) return log_.debug("kafka_client", event.text, fields);
  const std::string kind = event.text.substr(0, event.text.find(':')) + event.code;
  if (!said_.insert(kind).second || said_.size() > kLinesPerPeriod) {
    ++unsaid_;
    return;
  }
  switch (event.level) {
    case Level::debug: return log_.debug("kafka_client", event.text, fields);
    case Level::info: return log_.info("kafka_client", event.text, fields);
    case Level::warning: return log_.warn("kafka_client", event.text, fields);
    case Level::error: return log_.error("kafka_client", event.text, fields);
  }
}

void KafkaWatch::tell_change() {
  const bool now = shared_->reachable;
  if (now == said_reachable_) return;
  said_reachable_ = now;
  if (now) log_.info("brokers_reachable", "the brokers answer again");
  else {
    log_.warn("brokers_unreachable", "the brokers do not answer; nothing is lost, the line goes on when they are back",
              {{"brokers", shared_->options.brokers.front()}});
  }
}

void KafkaWatch::hand_on() {
  int round = 0;
  std::unique_lock lock(shared_->mutex);
  do {
    lock.unlock();
    if (round++ % kPeriod == 0) {
      if (unsaid_ > 0) {
        log_.info("kafka_client", "more lines of the Kafka clients came than are written", {{"lines", std::to_string(unsaid_)}});
      }
      unsaid_ = 0;
      said_.clear();
    }
    std::uint64_t dropped = 0;
    bool look_now = false;
    for (const auto& event : kafka::take_client_events(&dropped)) {
      if (event.code == "_ALL_BROKERS_DOWN") {
        look_now = true;
        shared_->reachable = false;  // until the next answer
      }
      write(event);
    }
    unsaid_ += dropped;
    tell_change();
    lock.lock();
    if (look_now) {
      shared_->look_now = true;
      shared_->changed.notify_all();
    }
  } while (!shared_->changed.wait_for(lock, kEmptyEvery, [this] { return shared_->over; }));
}

}  // namespace bartizan::cli
