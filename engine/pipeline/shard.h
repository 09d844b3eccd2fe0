#pragma once
// One journal partition's fold: entries in, state changed, outputs out.

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "engine/codec/journal.h"
#include "engine/detect/rule_set.h"
#include "engine/model/journal_entry.h"
#include "engine/model/output.h"
#include "engine/model/result.h"
#include "engine/pipeline/checkpoint.h"
#include "engine/pipeline/crash_watch.h"
#include "engine/pipeline/source_table.h"
#include "engine/pipeline/stats.h"
#include "engine/pipeline/tenant_state.h"

namespace bartizan {

/// Raised whenever the same journal may give other bytes than before: checkpoints of another fold version are still loaded where
/// their rows can be read, and the difference shows as a hash mismatch (docs/ARCHITECTURE.md, "Recovery").
constexpr std::uint32_t kFoldVersion = 4;

/// The fold of one journal partition. Used by one thread at a time. Reads no clock, file or environment: what it emits follows from the
/// entries alone, whatever the sizes of polls and messages, the moments of commits and checkpoints, or the machine.
///
/// Order for a sign-in: time advances and timers run; repeats by source position go; late events (older than the watermark by more than
/// `remember_ids`) update the risk view only; a repeated, corrected or outdated copy is told by the event's id; detectors judge; findings
/// become alerts and risk; profiles learn; changed risk rows leave. Before the first bundle activation ids and profiles are kept and no rule
/// runs.
///
/// Errors of step() are fatal for the partition: `unknown_bundle` (the rule set store does not know the hash), `unknown_version`,
/// `corrupt` (the journal's own bytes). Nothing else is an error: bad events never reach the journal.
class Shard {
 public:
  static constexpr std::size_t kTenantsMax = 65'536;
  static constexpr std::size_t kTimersPerEntry = 256;  // the rest waits for the next entry
  static constexpr std::size_t kFactRoundsMax = 4;     // level change -> finding -> level change ... within one entry
  static constexpr Duration kClampAhead = std::chrono::minutes{5};
  static constexpr Duration kExpireStep = std::chrono::hours{6};  // of the watermark

  Shard(std::int32_t partition, std::shared_ptr<const RuleSetStore> rules, DetectStats& stats);
  ~Shard();
  Shard(const Shard&) = delete;
  Shard& operator=(const Shard&) = delete;

  /// Folds one entry.
  Status step(const JournalEntry& entry, const JournalPosition& position, OutputSink& out);
  /// Folds one journal message; `next_offset()` is then `offset` + 1. On an error nothing after the offending entry was folded.
  Status step_message(std::string_view message, Time append_time, std::int64_t offset, OutputSink& out);

  /// An entry to pass over with an audit record; known before it is reached (recovery and `replay --journal` read ahead for these).
  void quarantine(std::int64_t offset, std::int32_t index);
  /// From now on the entry being folded is noted there; null: nowhere.
  void watch(StepMark* mark) { mark_ = mark; }
  /// Counts go here from now on: suppressed replay counts into a scratch.
  void count_into(DetectStats& stats);

  std::int32_t partition() const { return partition_; }
  std::int64_t next_offset() const { return next_offset_; }
  Time journal_time() const { return sources_.journal_time(); }
  Time watermark() const { return sources_.watermark(); }
  /// Of all output bytes so far: topic, key, value.
  std::uint64_t output_hash() const { return output_hash_; }
  /// Timers are due that the bound of the last entry left over.
  bool timers_waiting() const { return timers_waiting_; }
  const std::string& bundle_hash() const { return rules_->bundle_hash; }
  /// The last message's own mark, kept in checkpoints to tell a recreated journal.
  std::uint64_t journal_checksum() const { return journal_checksum_; }
  static std::uint64_t checksum(std::string_view message);

  /// Sums over tenants, so O(tenants * rules). Called now and then, for metrics.
  struct Measures {
    std::size_t tenants = 0, sources = 0, remembered_ids = 0, state_bytes = 0, state_rows = 0;
    std::uint64_t sources_evicted = 0, ids_evicted = 0;
    std::array<std::array<std::uint64_t, 3>, 4> risky{};
    struct Held {
      std::size_t rows = 0, bytes = 0;
      std::uint64_t evictions = 0;
    };
    std::map<std::string, Held> rules;  // state of detectors by rule id
  };
  void measure(Measures& into) const;

  /// Rows changed since `saved()`, or all. Does not clear the marks.
  void save(TableSink& sink, bool all) const;
  /// The rows of the last save are durable.
  void saved();
  CheckpointMarker marker(bool clean_stop) const;
  /// Loading: begin (error `unknown_bundle`), rows in any order (false: unreadable), end. REQUIRES: a fresh Shard.
  Status begin_load(const CheckpointMarker& marker);
  bool load_row(std::uint32_t table, std::string_view key, std::string_view bytes);
  Status end_load();

  /// For tests and `explain`: null when the tenant is unknown.
  const TenantState* tenant(std::string_view id) const;

 private:
  class Emitter;
  struct Judgement;

  Status fold_entries(std::string_view message, Time append_time, std::int64_t offset, OutputSink& out);
  TenantState* tenant_of(const Id& id, bool make);
  TenantState& add_tenant(const Key128& key, std::string id);
  void on_sign_in(const SignIn& e, const JournalEntry& entry);
  void judge(TenantState& t, const SignIn& e, const JournalEntry& entry, const Seen& seen);
  void observe_findings(TenantState& t, const SignIn* e, bool real_time);
  void on_command(const Command& c, const JournalPosition& position);
  void on_risk_report(const RiskReport& r, const SourcePosition& source);
  void on_directory_change(const DirectoryChange& c);
  Status on_activation(const BundleActivation& a, const JournalPosition& position);
  void audit_quarantined(const JournalEntry& entry, const JournalPosition& position);
  void advance_time(Time append_time);
  void run_timers();
  std::size_t run_tenant_timers(TenantState& t, std::size_t limit);
  void expire_step();
  /// Emits what the entry changed and hands the echo (level changes) to detectors, until nothing changes any more.
  void settle(TenantState& t, const SignIn* e);
  void give_fact(TenantState& t, const Fact& fact);
  DetectContext context(const TenantState& t, const SourcePosition* source) const;
  void emit(OutputRecord&& record);
  bool is_quarantined(const JournalPosition& position) const;
  bool load_clocks(std::string_view bytes);

  const std::int32_t partition_;
  std::shared_ptr<const RuleSetStore> store_;
  std::shared_ptr<const RuleSet> rules_;
  DetectStats* stats_;
  OutputSink* out_ = nullptr;  // of the running step

  SourceTable sources_;
  absl::flat_hash_map<Key128, std::unique_ptr<TenantState>, Key128Hash> tenants_;
  std::vector<TenantState*> by_id_;  // in the order of ids: timers and checkpoints go by this
  Key128 last_tenant_key_{};
  TenantState* last_tenant_ = nullptr;

  std::int64_t next_offset_ = 0;
  std::uint64_t output_hash_ = 0;
  std::uint64_t journal_checksum_ = 0;
  std::int64_t timer_second_ = -1;      // journal second of the last round of timers
  std::int64_t timer_watermark_second_ = -1;
  bool timers_waiting_ = false;
  std::int64_t expire_step_ = 0;
  std::vector<std::pair<std::int64_t, std::int32_t>> quarantined_;  // sorted
  StepMark* mark_ = nullptr;
  std::uint64_t repeats_in_a_row_ = 0;  // for a metric only
  JournalReader reader_;
  std::unique_ptr<Judgement> judgement_;  // buffers of one step
};

}  // namespace bartizan
