#pragma once
// The loops of a running line, over any transport.

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "connectors/cli/live_transport.h"
#include "connectors/cli/log.h"
#include "connectors/cli/wall_clock.h"
#include "engine/pipeline/detect_worker.h"
#include "engine/pipeline/ingest_worker.h"

namespace bartizan::cli {

/// The signal that asked this process to stop; 0: none. A second one ends it at once.
extern std::atomic<int> stop_signal;
static_assert(std::atomic<int>::is_always_lock_free, "a signal handler writes it, other threads read it");
void watch_signals();

/// Counts how often a half of the line was made anew: too often in a short time means that it cannot be mended from inside.
class Renewals {
 public:
  static constexpr std::size_t kMax = 5;
  static constexpr std::chrono::seconds kWithin{300};
  bool allowed(std::chrono::steady_clock::time_point now);

 private:
  std::vector<std::chrono::steady_clock::time_point> recent_;
};

/// INGEST and DETECT, one thread each as far as they are this process's, with a watchdog beside them: a call of a client library may never
/// come back, and a process that was told to stop must not wait for it.
class Line {
 public:
  Line(const Config& config, Log& log, LiveTransport& transport);
  ~Line();

  /// Runs until a signal, the end of the inputs (when there is one) or an error; returns an exit code. After a signal everything is
  /// committed within `stop.grace`, or the process ends as it is, with 128 + signal.
  int run(const BundleActivation& activation);
  /// State is restored, and the outside can be reached.
  bool ready() const;
  /// The loops turn, or wait for the outside in a way that shows life.
  bool healthy() const;
  const IngestStats& ingest_stats() const { return ingest_stats_; }
  const DetectStats& detect_stats() const { return detect_stats_; }

 private:
  class Watchdog;
  void make_ingest();
  void make_detect();
  void ingest_loop();
  void detect_loop();
  /// True: the half was made anew.
  bool mend(const char* part, const Error& error, bool ingest, Renewals& renewals);
  void report_problems();
  void fail(const char* part, const Error& error);
  bool stopping() const { return stop_signal != 0 || failed_.load(); }

  const Config& config_;
  Log& log_;
  LiveTransport& transport_;
  std::shared_ptr<StoredRuleSets> rules_;
  WallClock ingest_clock_, detect_clock_;
  IngestStats ingest_stats_;
  DetectStats detect_stats_;
  std::unique_ptr<IngestWorker> ingest_;
  std::unique_ptr<DetectWorker> detect_;
  std::optional<BundleActivation> activation_;
  std::atomic<bool> ingest_ready_{false}, detect_ready_{false}, failed_{false}, ingest_done_{false}, detect_done_{false};
  std::atomic<bool> open_at_end_{false};  // stopped by a signal with something uncommitted
  std::atomic<std::int64_t> ingest_turn_ms_{0}, detect_turn_ms_{0};
  bool input_failed_ = false;  // INGEST's thread
};

}  // namespace bartizan::cli
