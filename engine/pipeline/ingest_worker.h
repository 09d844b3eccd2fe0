#pragma once
// The loop of one INGEST thread: read, decode, pack, commit; ticks while nothing comes.

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "engine/model/result.h"
#include "engine/pipeline/clock.h"
#include "engine/pipeline/ingest.h"
#include "engine/pipeline/stats.h"
#include "engine/pipeline/transport.h"

namespace bartizan {

struct IngestWorkerOptions {
  std::chrono::milliseconds commit_interval{100};
  std::chrono::milliseconds tick_interval{1000};  // of silence in a journal partition
  /// Append times come from the records themselves (files.arrival: record): no ticks, and an activation takes the next record's time, because
  /// both would carry a time that the records do not know.
  bool record_time = false;
  std::size_t poll_max = 512;  // raw messages
  std::uint32_t commit_attempts_max = 100;
};

/// At-least-once: source positions are committed after everything made from them is durable. A failed commit loses nothing.
class IngestWorker {
 public:
  IngestWorker(IngestTransport& transport, Clock& clock, IngestStats& stats, IngestWorkerOptions options = {}, IngestOptions step = {},
               StatelessMatcher* matcher = nullptr);
  ~IngestWorker();

  /// Writes the activation to every journal partition with the next commit; call at start and after a reload. Repeating the bundle that
  /// holds already changes nothing.
  void activate(const BundleActivation& activation);
  /// One turn; `timeout` is the longest wait for messages. Error `commit_failed`: end this writer and start again.
  Status run_once(Duration timeout);
  /// Writes and commits what was read.
  Status stop();
  /// Everything that will ever come has been read and committed.
  bool drained() const { return transport_.exhausted() && !open_; }

 private:
  class Port;
  Status commit();
  void tick_silent_partitions();

  IngestTransport& transport_;
  Clock& clock_;
  IngestStats& stats_;
  IngestWorkerOptions options_;
  std::unique_ptr<Port> port_;
  IngestStep step_;
  std::vector<std::chrono::nanoseconds> last_append_;  // by journal partition
  std::chrono::nanoseconds last_commit_{};
  bool open_ = false;  // something was read or written since the last commit
};

}  // namespace bartizan
