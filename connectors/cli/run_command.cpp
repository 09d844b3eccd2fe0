// run: the live line on the embedded transport, with metrics and health.

#include <atomic>
#include <chrono>
#include <csignal>
#include <thread>

#include <unistd.h>

#include "connectors/cli/commands.h"
#include "connectors/cli/exit_code.h"
#include "connectors/cli/log.h"
#include "connectors/cli/rule_files.h"
#include "connectors/cli/wall_clock.h"
#include "connectors/embedded/embedded_transport.h"
#include "connectors/http/server.h"
#include "connectors/metrics/exposition.h"
#include "engine/pipeline/detect_worker.h"
#include "engine/pipeline/ingest_worker.h"

namespace bartizan::cli {
namespace {

using namespace std::chrono_literals;

constexpr auto kTurn = std::chrono::milliseconds{20};    // longest wait of one turn of a loop
constexpr auto kStalled = std::chrono::seconds{30};      // a loop that has not turned for this long is not healthy

volatile std::sig_atomic_t stop_signal = 0;

extern "C" void on_signal(int signal) {
  if (stop_signal != 0) ::_exit(128 + signal);  // the second one: stop now; losing the process is always safe
  stop_signal = signal;
}

void watch_signals() {
  struct sigaction action {};
  action.sa_handler = on_signal;
  ::sigaction(SIGINT, &action, nullptr);
  ::sigaction(SIGTERM, &action, nullptr);
}

embedded::EmbeddedOptions transport_options(const LoadedConfig& loaded, bool once) {
  const Config& config = loaded.config;
  embedded::EmbeddedOptions out;
  for (const auto& input : config.files.inputs) out.inputs.push_back({resolve(loaded, input), lower_ascii(config.files.tenant), false});
  out.commands = resolve(loaded, config.files.commands);
  out.output = resolve(loaded, config.files.output);
  out.state_dir = resolve(loaded, config.state.dir);
  out.journal_partitions = config.topics.journal_partitions;
  out.follow = config.files.follow && !once;
  out.arrival = config.files.arrival;
  out.journal.keep_for = config.state.journal_retention;
  return out;
}

/// A pattern that matches nothing (yet) is worth a word; a named file that is not there is an error.
bool is_empty_glob(const embedded::InputProblem& problem) {
  return problem.error.code == "not_found" && problem.input.find_first_of("*?[") != std::string::npos;
}

/// The parts of a running line and its two loops.
class Line {
 public:
  Line(const Loaded& loaded, Log& log, embedded::EmbeddedTransport& transport)
      : log_(log),
        transport_(transport),
        rules_(std::make_shared<StoredRuleSets>([&transport](std::string_view hash) { return transport.bundles().load(hash); })),
        ingest_(transport.ingest(), ingest_clock_, ingest_stats_, ingest_options(loaded.config.config), step_options(loaded.config.config)),
        detect_(transport.detect(), transport.checkpoints(), rules_, detect_clock_, detect_stats_, detect_options(loaded.config.config)) {}

  /// Runs until a signal, the end of the inputs (when not following) or an error; returns an exit code.
  int run(const BundleActivation& activation);
  bool ready() const { return ready_.load(); }
  bool healthy() const;
  const IngestStats& ingest_stats() const { return ingest_stats_; }
  const DetectStats& detect_stats() const { return detect_stats_; }

 private:
  static IngestWorkerOptions ingest_options(const Config& config) {
    IngestWorkerOptions out;
    out.commit_interval = config.commit.interval;
    out.record_time = config.files.arrival == Arrival::record;
    return out;
  }
  static IngestOptions step_options(const Config& config) {
    IngestOptions out;
    out.journal_partitions = config.topics.journal_partitions;
    return out;
  }
  static DetectOptions detect_options(const Config& config) {
    DetectOptions out;
    out.commit_interval = config.commit.interval;
    out.checkpoint_interval = config.checkpoint.interval;
    return out;
  }
  void ingest_loop();
  void detect_loop();
  void fail(const char* part, const Error& error);
  void report_problems();
  bool stopping() const { return stop_signal != 0 || failed_.load(); }
  static std::int64_t steady_ms() { return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

  Log& log_;
  embedded::EmbeddedTransport& transport_;
  std::shared_ptr<StoredRuleSets> rules_;
  WallClock ingest_clock_, detect_clock_;
  IngestStats ingest_stats_;
  DetectStats detect_stats_;
  IngestWorker ingest_;
  DetectWorker detect_;
  std::atomic<bool> ready_{false}, failed_{false}, ingest_done_{false};
  std::atomic<std::int64_t> ingest_turn_ms_{0}, detect_turn_ms_{0};
  std::size_t problems_reported_ = 0;  // on the ingest thread, as the next one
  bool input_failed_ = false;
};

void Line::fail(const char* part, const Error& error) {
  log_.error(error.code, error.message, {{"part", part}});
  failed_ = true;
}

void Line::report_problems() {
  const auto& problems = transport_.problems();
  for (; problems_reported_ < problems.size(); ++problems_reported_) {
    const auto& problem = problems[problems_reported_];
    if (is_empty_glob(problem)) {
      log_.warn(problem.error.code, problem.error.message, {{"input", problem.input}});
    } else {
      log_.error(problem.error.code, problem.error.message, {{"input", problem.input}});
      input_failed_ = true;
    }
  }
}

void Line::ingest_loop() {
  while (!stopping()) {
    ingest_turn_ms_ = steady_ms();
    const Status turned = ingest_.run_once(kTurn);
    report_problems();
    if (!turned.ok()) {
      fail("ingest", turned.error());
      break;
    }
    if (ingest_.drained()) break;
  }
  if (!failed_) {
    if (const Status stopped = ingest_.stop(); !stopped.ok()) fail("ingest", stopped.error());
  }
  ingest_done_ = true;
}

void Line::detect_loop() {
  while (!stopping()) {
    detect_turn_ms_ = steady_ms();
    const Status turned = detect_.run_once(kTurn);
    if (!turned.ok()) return fail("detect", turned.error());
    ready_ = true;
    if (ingest_done_ && detect_.drained()) return;
  }
}

bool Line::healthy() const {
  const std::int64_t oldest = std::min(ingest_done_ ? INT64_MAX : ingest_turn_ms_.load(), detect_turn_ms_.load());
  return steady_ms() - oldest < std::chrono::milliseconds(kStalled).count();
}

int Line::run(const BundleActivation& activation) {
  ingest_turn_ms_ = detect_turn_ms_ = steady_ms();
  ingest_.activate(activation);
  std::thread ingest([this] { ingest_loop(); });
  detect_loop();
  ingest.join();
  if (!failed_) {
    if (const Status stopped = detect_.stop(); !stopped.ok()) fail("detect", stopped.error());
  }
  const Status closed = failed_ ? Status{Ok{}} : transport_.close();
  if (!closed.ok()) fail("transport", closed.error());
  if (failed_) {
    const Status why = transport_.status();
    if (!why.ok()) log_.error(why.error().code, why.error().message);
    return kUnavailable;
  }
  return stop_signal == 0 && input_failed_ ? kUnavailable : kDone;
}

void serve(HttpServer& server, const Line& line, const Loaded& loaded, const Log& log) {
  MetricsSource source;
  source.version = BARTIZAN_VERSION;
#if defined(__clang__)
  source.compiler = "clang " + std::to_string(__clang_major__);
#else
  source.compiler = "g++ " + std::to_string(__GNUC__);
#endif
  source.bundle_hash = loaded.bundle.hash();
  for (const auto& rule : loaded.bundle.rule_set()->rules) source.rule_ids.push_back(rule.alert.id);
  source.start_time_ms = source.bundle_loaded_ms = to_ms(std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now()));
  source.ingest = &line.ingest_stats();
  source.detect = &line.detect_stats();
  source.logs = &log.counts();
  server.handle("/metrics", [source, &server](const HttpRequest&) mutable {
    source.http_requests = server.requests();
    return HttpResponse{200, "text/plain; version=0.0.4; charset=utf-8", metrics_text(source)};
  });
  server.handle("/-/healthy", [&line](const HttpRequest&) {
    return line.healthy() ? HttpResponse{200, "text/plain; charset=utf-8", "healthy\n"} : HttpResponse{503, "text/plain; charset=utf-8", "a loop has stalled\n"};
  });
  server.handle("/-/ready", [&line](const HttpRequest&) {
    return line.ready() ? HttpResponse{200, "text/plain; charset=utf-8", "ready\n"} : HttpResponse{503, "text/plain; charset=utf-8", "restoring state\n"};
  });
}

}  // namespace

int run(const Global& global, const RunOptions& options) {
  const auto loaded = load_all(global.config_files, {}, wants_colour(global.colour, STDERR_FILENO));
  if (!loaded) return kInvalid;
  const Config& config = loaded->config.config;
  if (config.files.inputs.empty()) {
    say_error(global, "files.inputs names no input: set it in the configuration (bartizan init writes an example)");
    return kInvalid;
  }
  watch_signals();
  Log log(config.log);
  auto transport = embedded::EmbeddedTransport::open(transport_options(loaded->config, options.once));
  if (!transport) {
    log.error(transport.error().code, transport.error().message);
    return transport.error().code == "partition_count" ? kInvalid : kUnavailable;
  }
  const std::string hash = loaded->bundle.hash();
  if (const Status stored = transport.value()->bundles().store(hash, loaded->bundle.serialise()); !stored.ok()) {
    log.error(stored.error().code, stored.error().message);
    return kUnavailable;
  }
  Line line(*loaded, log, *transport.value());
  HttpServer server(parse_listen(config.http.listen).value());
  serve(server, line, *loaded, log);
  if (const Status started = server.start(); !started.ok()) {
    log.error(started.error().code, started.error().message + " (http.listen)");
    return kUnavailable;
  }
  const auto rules = static_cast<std::uint32_t>(loaded->bundle.rule_set()->rules.size());
  log.info("started", "bartizan " BARTIZAN_VERSION " runs",
           {{"http", config.http.listen}, {"rules", std::to_string(rules)}, {"bundle", hash}, {"output", resolve(loaded->config, config.files.output)}});
  const int code = line.run({hash, {}, rules, {}});
  server.stop();
  log.info("stopped", stop_signal != 0 ? "stopped by a signal; everything is committed" : "the inputs are read to their end", {{"exit_code", std::to_string(code)}});
  return code;
}

}  // namespace bartizan::cli
