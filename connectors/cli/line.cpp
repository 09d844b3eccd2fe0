#include "connectors/cli/line.h"

#include <csignal>
#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <thread>

#include <unistd.h>

#include "connectors/cli/exit_code.h"

namespace bartizan::cli {
namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;

constexpr auto kTurn = milliseconds{20};  // longest wait of one turn of a loop
constexpr auto kStalled = 30s;            // a loop without a sign of life for this long is not healthy
constexpr auto kLook = milliseconds{50};  // of the watchdog
constexpr auto kRenewPause = 1s;

std::int64_t steady_ms() { return std::chrono::duration_cast<milliseconds>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

extern "C" void on_signal(int signal) {
  if (stop_signal != 0) ::_exit(128 + signal);  // the second one: stop now; losing the process is always safe
  stop_signal = signal;
}

IngestWorkerOptions ingest_options(const Config& config) {
  IngestWorkerOptions out;
  out.commit_interval = config.commit.interval;
  out.record_time = !config.kafka && config.files.arrival == Arrival::record;
  return out;
}

IngestOptions step_options(const Config& config) {
  IngestOptions out;
  out.journal_partitions = config.topics.journal_partitions;
  return out;
}

DetectOptions detect_options(const Config& config) {
  DetectOptions out;
  out.commit_interval = config.commit.interval;
  out.checkpoint_interval = config.checkpoint.interval;
  return out;
}

}  // namespace

std::atomic<int> stop_signal = 0;

void watch_signals() {
  struct sigaction action {};
  action.sa_handler = on_signal;
  ::sigaction(SIGINT, &action, nullptr);
  ::sigaction(SIGTERM, &action, nullptr);
}

bool Renewals::allowed(std::chrono::steady_clock::time_point now) {
  std::erase_if(recent_, [&](const auto& t) { return now - t > kWithin; });
  recent_.push_back(now);
  return recent_.size() <= kMax;
}

/// Ends a process that was told to stop and cannot: first the waits, a little later everything.
class Line::Watchdog {
 public:
  Watchdog(LiveTransport& transport, Log& log, milliseconds grace)
      : transport_(transport), log_(log), grace_(grace), thread_([this] { watch(); }) {}
  ~Watchdog() {
    {
      const std::lock_guard lock(mutex_);
      over_ = true;
    }
    changed_.notify_all();
    thread_.join();
  }
  Watchdog(const Watchdog&) = delete;
  Watchdog& operator=(const Watchdog&) = delete;

 private:
  void watch() {
    std::optional<std::chrono::steady_clock::time_point> asked;
    bool interrupted = false;
    std::unique_lock lock(mutex_);
    while (!changed_.wait_for(lock, kLook, [this] { return over_; })) {
      if (stop_signal == 0) continue;
      const auto now = std::chrono::steady_clock::now();
      if (!asked) asked = now;
      if (!interrupted && now - *asked >= grace_ * 3 / 4) {
        interrupted = true;
        transport_.interrupt();
      }
      if (now - *asked < grace_) continue;
      log_.error("stop_forced", "could not commit within stop.grace; the process ends as it is, nothing is lost");
      ::_exit(128 + stop_signal);
    }
  }
  LiveTransport& transport_;
  Log& log_;
  milliseconds grace_;
  std::mutex mutex_;  // guards over_
  std::condition_variable changed_;
  bool over_ = false;
  std::thread thread_;
};

Line::Line(const Config& config, Log& log, LiveTransport& transport)
    : config_(config),
      log_(log),
      transport_(transport),
      rules_(std::make_shared<StoredRuleSets>([&transport](std::string_view hash) { return transport.load_bundle(hash); })) {
  ingest_turn_ms_ = detect_turn_ms_ = steady_ms();
}

Line::~Line() = default;

void Line::make_ingest() {
  ingest_.reset();  // it refers to the transport that goes
  ingest_ = std::make_unique<IngestWorker>(*transport_.ingest(), ingest_clock_, ingest_stats_, ingest_options(config_),
                                           step_options(config_));
  if (activation_) ingest_->activate(*activation_);  // where it is the one that holds already, it changes nothing
}

void Line::make_detect() {
  detect_.reset();
  detect_ = std::make_unique<DetectWorker>(*transport_.detect(), *transport_.checkpoints(), rules_, detect_clock_, detect_stats_,
                                           detect_options(config_));
}

void Line::fail(const char* part, const Error& error) {
  log_.error(error.code, error.message, {{"part", part}});
  failed_ = true;
}

bool Line::mend(const char* part, const Error& error, bool ingest, Renewals& renewals) {
  const Status why = transport_.last_failure();
  const Error& reason = why.ok() ? error : why.error();
  if (stop_signal != 0) {
    open_at_end_ = true;
    log_.warn(reason.code, reason.message + "; what is not committed comes again at the next start", {{"part", part}});
    return false;
  }
  if (!transport_.can_renew(reason) || !renewals.allowed(std::chrono::steady_clock::now())) {
    fail(part, reason);
    return false;
  }
  // The worker goes first: it refers to the transport.
  if (ingest) ingest_.reset();
  else detect_.reset();
  log_.warn(reason.code, reason.message + "; starting again from what is committed", {{"part", part}});
  std::this_thread::sleep_for(kRenewPause);
  if (const Status renewed = ingest ? transport_.renew_ingest() : transport_.renew_detect(); !renewed.ok()) {
    fail(part, renewed.error());
    return false;
  }
  if (ingest) make_ingest();
  else make_detect();
  return true;
}

void Line::report_problems() {
  for (const auto& problem : transport_.new_problems()) {
    if (!problem.failed) {
      log_.warn(problem.error.code, problem.error.message, {{"input", problem.input}});
    } else {
      log_.error(problem.error.code, problem.error.message, {{"input", problem.input}});
      input_failed_ = true;
    }
  }
}

void Line::ingest_loop() {
  Renewals renewals;
  make_ingest();
  bool whole = true;
  while (!stopping()) {
    ingest_turn_ms_ = steady_ms();
    const Status turned = ingest_->run_once(kTurn);
    report_problems();
    if (!turned.ok()) {
      whole = mend("ingest", turned.error(), true, renewals);
      if (!whole) break;
      continue;
    }
    ingest_ready_ = true;
    if (ingest_->drained()) break;
  }
  if (whole && !failed_) {
    if (const Status stopped = ingest_->stop(); !stopped.ok()) {
      if (stop_signal != 0) mend("ingest", stopped.error(), true, renewals);
      else fail("ingest", stopped.error());
    }
  }
  ingest_done_ = true;
}

void Line::detect_loop() {
  Renewals renewals;
  make_detect();
  bool whole = true;
  while (!stopping()) {
    detect_turn_ms_ = steady_ms();
    const Status turned = detect_->run_once(kTurn);
    if (!turned.ok()) {
      whole = mend("detect", turned.error(), false, renewals);
      if (!whole) break;
      continue;
    }
    detect_ready_ = true;
    if (ingest_done_ && config_.has(Role::ingest) && detect_->drained()) break;
  }
  // What INGEST still writes at a stop is folded by the next start; outputs so far are committed here.
  if (whole && !failed_) {
    if (const Status stopped = detect_->stop(); !stopped.ok()) {
      if (stop_signal != 0) mend("detect", stopped.error(), false, renewals);
      else fail("detect", stopped.error());
    }
  }
  detect_done_ = true;
}

bool Line::ready() const {
  const bool restored = (!config_.has(Role::ingest) || ingest_ready_) && (!config_.has(Role::detect) || detect_ready_);
  return restored && transport_.reachable();
}

bool Line::healthy() const {
  const auto alive = [](std::int64_t turned_ms, milliseconds silence) {
    return std::min(milliseconds{steady_ms() - turned_ms}, silence) < kStalled;
  };
  const bool ingest = ingest_done_ || !config_.has(Role::ingest) || alive(ingest_turn_ms_, transport_.ingest_silence());
  const bool detect = detect_done_ || !config_.has(Role::detect) || alive(detect_turn_ms_, transport_.detect_silence());
  return ingest && detect;
}

int Line::run(const BundleActivation& activation) {
  activation_ = activation;
  ingest_turn_ms_ = detect_turn_ms_ = steady_ms();
  const Watchdog watchdog(transport_, log_, config_.stop.grace);
  std::thread ingest;
  if (config_.has(Role::ingest)) ingest = std::thread([this] { ingest_loop(); });
  else ingest_done_ = true;
  if (config_.has(Role::detect)) detect_loop();
  else detect_done_ = true;
  if (ingest.joinable()) ingest.join();
  ingest_.reset();
  detect_.reset();
  const Status closed = failed_ ? Status{Ok{}} : transport_.close();
  if (!closed.ok()) fail("transport", closed.error());
  if (failed_) return kUnavailable;
  if (stop_signal != 0) return open_at_end_ ? 128 + stop_signal : kDone;
  return input_failed_ ? kUnavailable : kDone;
}

}  // namespace bartizan::cli
