#pragma once
// The loop of one DETECT thread: recovery, fold, commit, checkpoint.

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "engine/model/result.h"
#include "engine/pipeline/checkpoint.h"
#include "engine/pipeline/clock.h"
#include "engine/pipeline/crash_watch.h"
#include "engine/pipeline/shard.h"
#include "engine/pipeline/stats.h"
#include "engine/pipeline/transport.h"

namespace bartizan {

struct DetectOptions {
  std::chrono::milliseconds commit_interval{100};
  std::chrono::milliseconds quiet_commit_interval{1000};  // of a unit without outputs
  std::chrono::milliseconds checkpoint_interval{60'000};
  std::size_t poll_max = 16;                 // journal messages
  std::size_t unit_outputs_max = 20'000;     // a unit is committed early at these
  std::size_t unit_bytes_max = 8u << 20;
  std::uint32_t commit_attempts_max = 100;   // retry_same_bytes in a row, then fatal
  std::size_t checkpoint_slice_bytes = 256u << 10;  // written between two polls
  std::size_t checkpoint_held_max = 64u << 20;      // a checkpoint with more rows than these stops the line until it is sealed
};

/// Folds the journal partitions that the transport assigns, one thread for all of them.
///
/// On assignment: the partition's checkpoint writer is fenced; committed position C is read; the newest checkpoint at P <= C is loaded;
/// the journal is folded from P with outputs, counters and audit suppressed up to C (rows are marked as changed all the same); the rolling
/// hash must be the committed one there; then the line goes on. Outputs and positions commit together. An aborted unit is committed again with the same bytes; when the end of a commit is unknown, the stable
/// position decides; when it is neither end nor start of the unit, or ownership was lost, the shard is dropped and loaded again.
///
/// A checkpoint is cut right after a successful commit, never anywhere else: the changed rows are encoded and held. Then the line goes on,
/// and the rows are written in slices between polls; the marker, last, names the position of the cut. Rows that did not become durable stay
/// held and go ahead of those of the next cut, whose later copies win, so the marks of changed rows may go at the cut. One partition is
/// under way at a time. A partition with held rows is not parked when it is taken away: another owner may write a later checkpoint.
///
/// An entry in which kDeathsMax starts in a row died (`watch` tells) is quarantined: passed over, with an audit record.
///
/// Errors (all mean: stop this process and start again, or call a person): those of Shard::step; `missing_position` (a checkpoint but no
/// committed position), `ahead_of_outputs` (checkpoint beyond the committed position), `journal_recreated`, `journal_trimmed`,
/// `offset_gap`, `bad_checkpoint`, `commit_failed`.
class DetectWorker {
 public:
  DetectWorker(DetectTransport& transport, CheckpointStore& checkpoints, std::shared_ptr<const RuleSetStore> rules, Clock& clock,
               DetectStats& stats, DetectOptions options = {}, CrashWatch* watch = nullptr);
  ~DetectWorker();

  /// One turn: assignment, poll, fold, commit and checkpoint where due. `timeout` is the longest wait for messages.
  Status run_once(Duration timeout);
  /// Commits what is open, then seals a clean-stop checkpoint (best effort).
  Status stop();
  /// Nothing is left to do: the transport is exhausted and everything is committed.
  bool drained() const;
  /// Commits now what is open.
  Status commit();
  /// Seals a checkpoint of every partition before it returns. REQUIRES: nothing open (right after commit()).
  void checkpoint(bool clean_stop);
  /// A checkpoint of every partition, written by the next turns of run_once().
  void checkpoint_soon();

  const Shard* shard(std::int32_t partition) const;

 private:
  class UnitSink;
  class CutSink;
  struct Part;

  Status follow_assignment();
  Status recover(std::int32_t partition);
  void judge_last_death(std::int32_t partition);
  Status load(Part& part, const CheckpointMarker& marker, std::int64_t committed);
  Status fold(const JournalMessage& message);
  Status reach_committed(Part& part);
  enum class Resolution : std::uint8_t { done, send_again, reload };
  Resolution resolve_unknown(const std::map<std::int32_t, CommittedPosition>& unit);
  Status reload();
  void committed(const std::map<std::int32_t, CommittedPosition>& unit);
  bool unpark(std::int32_t partition, const std::optional<CommittedPosition>& committed);
  bool commit_due() const;
  bool may_cut(const Part& part) const;
  void cut(std::int32_t partition, bool clean_stop);
  bool seal(std::chrono::nanoseconds began);
  void advance_checkpoint();
  void let_checkpoint_go();
  void publish_gauges();
  void publish_measures();

  DetectTransport& transport_;
  CheckpointStore& checkpoints_;
  std::shared_ptr<const RuleSetStore> rules_;
  Clock& clock_;
  DetectStats& stats_;
  DetectStats scratch_;  // counts of suppressed replay
  DetectOptions options_;
  CrashWatch* watch_;
  std::map<std::int32_t, std::unique_ptr<Part>> parts_;
  /// Shards revoked with nothing open: a rebalance that gives one back at the position where it stands costs no reload.
  std::map<std::int32_t, std::unique_ptr<Part>> parked_;
  std::unique_ptr<UnitSink> unit_;
  std::uint64_t reloads_ = 0;
  std::set<std::int32_t> checkpoint_due_;
  struct Sealing {
    std::int32_t partition = 0;
    CheckpointMarker marker;
    std::size_t next_slice = 0;
    std::chrono::nanoseconds longest{};  // stop of the line so far
  };
  std::optional<Sealing> sealing_;  // the checkpoint under way
  bool clean_stop_marked_ = false;  // the last marker says "clean stop", which the next commit makes untrue
  std::chrono::nanoseconds last_commit_{};
  std::chrono::nanoseconds last_checkpoint_{};
  std::chrono::nanoseconds last_measure_{};
};

}  // namespace bartizan
