#pragma once
// The engine's counters as Prometheus text.

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "engine/pipeline/stats.h"

namespace bartizan {

/// Log messages by level; one per process.
struct LogCounts {
  std::array<Counter, 4> by_level;  // debug, info, warn, error
};

/// The Kafka transport's numbers; all 0 without Kafka.
struct KafkaNumbers {
  struct Lag {
    std::string topic;
    std::int32_t partition = 0;
    std::int64_t messages = 0;
  };
  bool reachable = false;
  std::vector<Lag> lag;  // of the groups of this process's roles; empty before the first look
  std::uint64_t ingest_rebalances = 0, detect_rebalances = 0;
  std::uint64_t transactions = 0, aborts = 0, producers = 0;
  std::uint64_t resends = 0, input_problems = 0, offset_gaps = 0;
  std::uint64_t ingest_renewals = 0, detect_renewals = 0;
  std::array<double, 4> last_commit_seconds{};  // flush, offsets, end, all
};

/// What a scrape reads. Pointers may be null where a role does not run in this process: its metrics then stand at 0.
struct MetricsSource {
  std::string version;
  std::string compiler;
  std::string bundle_hash;
  std::vector<std::string> rule_ids;  // every rule of the bundle: pre-created at 0
  std::int64_t start_time_ms = 0;     // of the process
  std::int64_t bundle_loaded_ms = 0;  // when rules and configuration were last read with success
  bool last_load_successful = true;
  const IngestStats* ingest = nullptr;
  const DetectStats* detect = nullptr;
  const LogCounts* logs = nullptr;
  KafkaNumbers kafka;
  std::map<std::pair<std::string, unsigned>, std::uint64_t> http_requests;  // by handler and code
};

/// Prometheus text exposition format 0.0.4. Every known series is there from the start. Labels come from configuration or closed sets only.
std::string metrics_text(const MetricsSource& source);

/// docs/metrics.md: name, type, labels and meaning of everything that metrics_text() can print.
std::string metrics_markdown();

}  // namespace bartizan
