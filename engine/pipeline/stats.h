#pragma once
// What the line counts. One writer (the thread of the step or worker), any number of readers (metrics).

#include <array>
#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "engine/model/alert.h"
#include "engine/model/finding.h"
#include "engine/model/risk.h"
#include "engine/model/sign_in.h"

namespace bartizan {

/// Rises only. Cheap enough for every event: a plain add for its one writer.
class Counter {
 public:
  void add(std::uint64_t n = 1) { value_.store(value_.load(std::memory_order_relaxed) + n, std::memory_order_relaxed); }
  std::uint64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_{0};
};

class Gauge {
 public:
  void set(std::int64_t v) { value_.store(v, std::memory_order_relaxed); }
  std::int64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::int64_t> value_{0};
};

/// Counts of observations in seconds by upper bound, as a Prometheus histogram wants them.
class Distribution {
 public:
  static constexpr std::array<double, 16> kBounds{0.0001, 0.0005, 0.001, 0.005, 0.01, 0.05, 0.1, 0.25,
                                                  0.5,    1,      2.5,   5,     15,   60,   300, 3600};
  void observe(double seconds) {
    std::size_t i = 0;
    while (i < kBounds.size() && seconds > kBounds[i]) ++i;
    counts_[i].add();
    sum_micros_.add(static_cast<std::uint64_t>(seconds > 0 ? seconds * 1e6 : 0));
  }
  /// Of the bucket `i` alone (not cumulative); the last bucket is +Inf.
  std::uint64_t count(std::size_t i) const { return counts_[i].value(); }
  double sum_seconds() const { return static_cast<double>(sum_micros_.value()) / 1e6; }

 private:
  std::array<Counter, kBounds.size() + 1> counts_;
  Counter sum_micros_;
};

struct RuleStats {
  Counter evaluations;  // calls of on_event
  Counter errors;       // exceptions caught in the detector
  std::array<std::array<Counter, 2>, 5> alerts;       // first revisions on alerts and alerts.shadow, by severity and mode
  std::array<Counter, 4> suppressed;                  // findings by Suppression cause
  Gauge state_rows, state_bytes, state_evictions;     // set when measured, see Shard::measure
};

/// Rules come and go with bundles; the entries stay, at their address.
class RuleStatsTable {
 public:
  RuleStats& of(std::string_view rule_id) {
    const std::lock_guard lock{mutex_};
    auto it = rules_.find(rule_id);
    if (it == rules_.end()) it = rules_.emplace(std::string{rule_id}, std::make_unique<RuleStats>()).first;
    return *it->second;
  }
  /// Calls `visit(id, stats)` in the order of ids.
  template <class Visit>
  void visit(Visit&& visit) const {
    const std::lock_guard lock{mutex_};
    for (const auto& [id, stats] : rules_) visit(std::string_view{id}, *stats);
  }

 private:
  mutable std::mutex mutex_;  // guards the map; what it points to is guarded by nothing and needs nothing
  std::map<std::string, std::unique_ptr<RuleStats>, std::less<>> rules_;
};

/// Of one DETECT thread (all its partitions).
struct DetectStats {
  std::array<std::array<Counter, 2>, 4> events;  // by category and agent; without repeats
  Counter events_repeated_position;  // dropped: at or below the highest applied source position
  Counter events_repeated_id;        // dropped: an equal copy of a remembered event
  Counter events_corrected;          // newer copies of a remembered event
  Counter events_older_copy;         // dropped: older than the copy already seen
  Counter risk_reports;              // of Entra's risk feeds; repeats count under events_repeated_id
  Counter directory_changes;         // audit operations that change risk
  Counter events_late;               // older than the horizon of ids: risk and views only
  Counter events_clamped;            // event time ahead of the append time by more than 5 min
  Counter events_refused_tenant;     // beyond kTenantsMax tenants in one partition
  Counter events_quarantined;
  Counter commands_accepted, commands_rejected;
  Counter bundles_activated;
  Counter timers_run, timers_carried_over;   // records after which timers waited for the next record
  Counter facts_dropped;                     // beyond kFactRoundsMax echoes of one record
  std::array<std::array<Counter, 4>, 4> risk_transitions;  // by entity type and new level
  Counter outputs, output_bytes;
  Counter journal_messages, journal_entries;
  Counter polls, commits, commit_retries, commit_unknown, ownership_lost;
  Counter checkpoints, checkpoint_failures, checkpoint_rows, checkpoint_bytes;
  Counter recoveries, recovery_messages, recovery_hash_mismatches;
  Gauge watermark_ms, journal_time_ms, last_event_ms, checkpoint_ms;  // milliseconds since 1970; the watermark is the lowest partition's
  /// Repeats by position since the last new entry: more than INGEST can write between two commits means an input whose offsets began again.
  Gauge repeats_in_a_row;
  Gauge rows_ids_evicted;  // remembered ids dropped before their time, since the state began
  Gauge sources_evicted;   // source positions dropped before their time, likewise
  Gauge tenants, sources, remembered_ids, assigned_partitions;
  Gauge state_bytes, state_rows;
  std::array<std::array<Gauge, 3>, 4> risky_entities;  // by entity type and level low, medium, high
  Distribution detection_latency;  // alert committed minus append time
  Distribution ingest_delay;       // append time minus event time
  Distribution checkpoint_seconds;  // the longest single stop of the line in a checkpoint
  Distribution commit_seconds, recovery_seconds, batch_seconds;
  RuleStatsTable rules;
};

/// Of one INGEST thread.
struct IngestStats {
  Counter messages, bytes;
  std::array<std::array<Counter, 2>, 4> events;  // decoded sign-ins by category and agent
  Counter risk_reports;       // of Entra's risk feeds
  Counter directory_changes;  // audit operations that change risk
  Counter commands;
  std::array<Counter, kDeadLetterReasons> dead_letters;
  std::array<Counter, 3> ignored;  // by IgnoredReason
  Counter journal_messages, journal_entries, journal_bytes, ticks;
  Counter commits, commit_failures;
  Distribution decode_seconds;  // one poll's worth
};

}  // namespace bartizan
