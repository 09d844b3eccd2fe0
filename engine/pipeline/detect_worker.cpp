#include "engine/pipeline/detect_worker.h"

#include <algorithm>
#include <set>
#include <utility>

#include "engine/codec/output_writer.h"
#include "engine/model/check.h"
#include "engine/pipeline/held_rows.h"

namespace bartizan {
namespace {

class NullSink final : public OutputSink {
 public:
  void emit(OutputRecord&&) override {}
};

constexpr std::chrono::seconds kParkedFor{60};
constexpr std::chrono::seconds kMeasureEvery{5};
constexpr Duration kPollWhileSealing{1};

double seconds(std::chrono::nanoseconds d) { return static_cast<double>(d.count()) / 1e9; }

std::string partition_text(std::int32_t partition) { return "journal partition " + std::to_string(partition); }

}  // namespace

/// One partition at work.
struct DetectWorker::Part {
  explicit Part(const DetectOptions& options) : held(options.checkpoint_slice_bytes) {}
  std::unique_ptr<Shard> shard;
  std::int64_t expected = 0;              // offset of the next message
  bool any_start = false;                 // a new line may begin wherever the journal begins
  std::int64_t checkpoint_offset = 0;     // P
  std::uint64_t checksum = 0;             // of the message before P, when it is still to be compared
  bool compare_checksum = false;
  std::optional<CommittedPosition> suppress_to;  // C, while the fold is below it
  CommittedPosition last_committed;
  bool ever_committed = false;
  std::chrono::nanoseconds recovery_began{};
  std::chrono::nanoseconds parked_at{};
  HeldRows held;  // cut from the state, not known to be durable

  /// Something was folded that is not committed.
  bool is_open() const { return !suppress_to && expected > last_committed.next_offset; }
};

/// Hands outputs of the running step to the transport's open unit and remembers what the commit must report.
class DetectWorker::UnitSink final : public OutputSink {
 public:
  explicit UnitSink(DetectTransport& transport) : transport_(transport) {}
  void emit(OutputRecord&& record) override {
    ++outputs;
    bytes += record.value.size() + record.key.size();
    if (record.topic == Topic::alerts || record.topic == Topic::alerts_shadow) alert_times.push_back(shard->journal_time());
    transport_.emit(shard->partition(), std::move(record));
  }
  void clear() {
    outputs = 0;
    bytes = 0;
    alert_times.clear();
  }

  const Shard* shard = nullptr;  // whose step is running
  std::size_t outputs = 0;
  std::size_t bytes = 0;
  std::vector<Time> alert_times;

 private:
  DetectTransport& transport_;
};

DetectWorker::DetectWorker(DetectTransport& transport, CheckpointStore& checkpoints, std::shared_ptr<const RuleSetStore> rules, Clock& clock,
                           DetectStats& stats, DetectOptions options, CrashWatch* watch)
    : transport_(transport),
      checkpoints_(checkpoints),
      rules_(std::move(rules)),
      clock_(clock),
      stats_(stats),
      options_(options),
      watch_(watch),
      unit_(std::make_unique<UnitSink>(transport)),
      last_commit_(clock.steady()),
      last_checkpoint_(clock.steady()) {}

DetectWorker::~DetectWorker() = default;

Status DetectWorker::run_once(Duration timeout) {
  if (Status s = follow_assignment(); !s.ok()) return s;
  const std::uint64_t reloads = reloads_;
  const auto messages = transport_.poll(options_.poll_max, sealing_ ? std::min(timeout, kPollWhileSealing) : timeout);
  stats_.polls.add();
  if (Status s = transport_.status(); !s.ok()) return s;
  if (Status s = follow_assignment(); !s.ok()) return s;  // messages of partitions just lost are passed over by fold()
  const auto began = clock_.steady();
  for (const JournalMessage& message : messages) {
    if (reloads != reloads_) break;  // every shard stands elsewhere now; what was polled comes again from there
    if (Status s = fold(message); !s.ok()) return s;
    if (unit_->outputs >= options_.unit_outputs_max || unit_->bytes >= options_.unit_bytes_max) {
      if (Status s = commit(); !s.ok()) return s;
    }
  }
  if (!messages.empty()) {
    stats_.batch_seconds.observe(seconds(clock_.steady() - began));
    stats_.last_event_ms.set(to_ms(clock_.now()));
  }
  if (commit_due()) {
#ifdef BARTIZAN_FAULT_MARKER_AHEAD
    if (clock_.steady() - last_checkpoint_ >= options_.checkpoint_interval) checkpoint(false);
#endif
    if (Status s = commit(); !s.ok()) return s;
    const bool due = clean_stop_marked_ || clock_.steady() - last_checkpoint_ >= options_.checkpoint_interval;
    if (due && checkpoint_due_.empty()) checkpoint_soon();
    publish_gauges();
  }
  advance_checkpoint();
  return Ok{};
}

// ------------------------------------------------------------------------------------------------ recovery

Status DetectWorker::follow_assignment() {
  const std::vector<std::int32_t> assigned = transport_.assigned();
  const std::set<std::int32_t> now(assigned.begin(), assigned.end());
  for (auto it = parts_.begin(); it != parts_.end();) {
    if (now.contains(it->first)) {
      ++it;
      continue;
    }
    if (it->second->is_open()) return reload();  // its share of the open unit can never be committed by us
    if (sealing_ && sealing_->partition == it->first) let_checkpoint_go();
    checkpoint_due_.erase(it->first);
    if (!it->second->suppress_to && !it->second->compare_checksum && it->second->held.empty()) {
      it->second->parked_at = clock_.steady();
      parked_.insert_or_assign(it->first, std::move(it->second));
    }
    it = parts_.erase(it);
  }
  std::erase_if(parked_, [&](const auto& p) { return clock_.steady() - p.second->parked_at > kParkedFor; });
  for (const std::int32_t partition : now) {
    if (parts_.contains(partition)) continue;
    let_checkpoint_go();  // the store does one thing at a time
    if (Status s = recover(partition); !s.ok()) return s;
  }
  stats_.assigned_partitions.set(static_cast<std::int64_t>(parts_.size()));
  return Ok{};
}

bool DetectWorker::unpark(std::int32_t partition, const std::optional<CommittedPosition>& committed) {
  const auto it = parked_.find(partition);
  if (it == parked_.end()) return false;
  std::unique_ptr<Part> part = std::move(it->second);
  parked_.erase(it);
  if (!committed || !part->ever_committed || part->shard->next_offset() != committed->next_offset ||
      part->shard->output_hash() != committed->output_hash) {
    return false;
  }
  transport_.assign_at(partition, part->expected);
  parts_.insert_or_assign(partition, std::move(part));
  return true;
}

Status DetectWorker::recover(std::int32_t partition) {
  auto part = std::make_unique<Part>(options_);
  part->recovery_began = clock_.steady();
  stats_.recoveries.add();
  if (Status s = checkpoints_.fence(partition); !s.ok()) return s;
  std::optional<CommittedPosition> committed = transport_.committed_position(partition);
  if (Status s = transport_.status(); !s.ok()) return s;
  if (unpark(partition, committed)) return Ok{};
  const std::optional<CheckpointMarker> marker = checkpoints_.marker(partition);
  if (Status s = checkpoints_.status(); !s.ok()) return s;
  if (marker && marker->clean_stop) clean_stop_marked_ = true;
  if (marker && !committed) {
    if (!marker->clean_stop) {
      return Error{"missing_position", partition_text(partition) + " has a checkpoint but no committed position; restore the position, or "
                                                                   "remove the checkpoint to fold the whole journal again; "
                                                                   "brokers drop positions with a journal that is deleted"};
    }
    committed = CommittedPosition{marker->next_offset, marker->output_hash};
  }
  part->shard = std::make_unique<Shard>(partition, rules_, scratch_);
  if (marker) {
    if (Status s = load(*part, *marker, committed->next_offset); !s.ok()) return s;
  }
  judge_last_death(partition);
  for (const auto& [offset, index] : transport_.quarantined(partition)) part->shard->quarantine(offset, index);
  if (watch_ != nullptr) part->shard->watch(watch_->mark(partition));
  part->any_start = !marker && !committed;
  part->expected = part->checkpoint_offset;
  part->ever_committed = committed.has_value();
  if (committed) part->last_committed = *committed;
#ifdef BARTIZAN_FAULT_NO_SUPPRESSION  // only ever defined by the target bartizan_faulty, which tests the tests
  part->shard->count_into(stats_);
#else
  if (committed) part->suppress_to = committed;
#endif
  const std::int64_t start = part->compare_checksum ? part->checkpoint_offset - 1 : part->checkpoint_offset;
  const std::int64_t first = transport_.first_offset(partition);
  if (first > start && !part->any_start) {
    return Error{"journal_trimmed", partition_text(partition) + " begins at offset " + std::to_string(first) + ", but offset " +
                                        std::to_string(start) + " is needed"};
  }
  Part& placed = *parts_.insert_or_assign(partition, std::move(part)).first->second;
  transport_.assign_at(partition, placed.any_start ? std::max(first, start) : start);
  return reach_committed(placed);
}

// The mark tells whether the last process died while it folded an entry, and in which. Dying elsewhere proves the entry harmless.
void DetectWorker::judge_last_death(std::int32_t partition) {
  StepMark* mark = watch_ != nullptr ? watch_->mark(partition) : nullptr;
  if (mark == nullptr) return;
  if (mark->running.exchange(0) == 0) {
    mark->deaths = 0;
    return;
  }
  const std::int64_t offset = mark->offset.load();
  const std::int64_t index = mark->index.load();
  const bool again = mark->deaths != 0 && mark->suspect_offset == offset && mark->suspect_index == index;
  mark->deaths = again ? mark->deaths + 1 : 1;
  mark->suspect_offset = offset;
  mark->suspect_index = index;
  if (mark->deaths < kDeathsMax) return;
  if (transport_.quarantine(partition, offset, static_cast<std::int32_t>(index))) mark->deaths = 0;
}

Status DetectWorker::load(Part& part, const CheckpointMarker& marker, std::int64_t committed) {
#ifndef BARTIZAN_FAULT_MARKER_AHEAD
  if (marker.next_offset > committed) {
    return Error{"ahead_of_outputs", partition_text(marker.partition) + ": the checkpoint stands at offset " + std::to_string(marker.next_offset) +
                                         ", beyond the committed position " + std::to_string(committed)};
  }
#endif
  if (Status s = part.shard->begin_load(marker); !s.ok()) return s;
  bool readable = true;
  Status loaded = checkpoints_.load(marker.partition, committed, [&](std::uint32_t table, std::string_view key, std::string_view bytes) {
    readable = part.shard->load_row(table, key, bytes);
    return readable;
  });
  if (!readable) {
    return Error{"bad_checkpoint", partition_text(marker.partition) + ": a row of the checkpoint cannot be read; remove the checkpoint to "
                                                                      "fold the journal again"};
  }
  if (!loaded.ok()) return loaded;
  if (Status s = part.shard->end_load(); !s.ok()) return s;
  part.checkpoint_offset = marker.next_offset;
  part.checksum = marker.journal_checksum;
  part.compare_checksum = marker.next_offset > 0;
  return Ok{};
}

// At C the outputs begin again. The hash tells whether the fold said the same as what was committed.
Status DetectWorker::reach_committed(Part& part) {
  if (part.suppress_to && part.shard->next_offset() < part.suppress_to->next_offset) return Ok{};
  if (part.suppress_to) {
    if (part.shard->next_offset() > part.suppress_to->next_offset) {
      return Error{"ahead_of_outputs", partition_text(part.shard->partition()) + " was folded beyond its committed position"};
    }
    if (part.shard->output_hash() != part.suppress_to->output_hash) {
      stats_.recovery_hash_mismatches.add();
      AuditRecord record;
      const std::int64_t last = std::max<std::int64_t>(part.suppress_to->next_offset - 1, 0);
      record.id = std::to_string(part.shard->partition()) + '-' + std::to_string(last) + "-0";
      record.kind = AuditKind::recovery_range;
      record.at = part.shard->journal_time();
      record.range_partition = part.shard->partition();
      record.range_from = part.checkpoint_offset;
      record.range_to = last;
      record.detail = "the fold gave other outputs than those committed; published records stay as they are";
      unit_->shard = part.shard.get();
      unit_->emit(write_audit(record));
    }
    part.suppress_to.reset();
#ifdef BARTIZAN_FAULT_CLEAN_REPLAY
    part.shard->saved();
#endif
  }
  part.shard->count_into(stats_);
  stats_.recovery_seconds.observe(seconds(clock_.steady() - part.recovery_began));
  return Ok{};
}

// ------------------------------------------------------------------------------------------------ folding

Status DetectWorker::fold(const JournalMessage& message) {
  const auto it = parts_.find(message.partition);
  if (it == parts_.end()) return Ok{};
  Part& part = *it->second;
  if (part.compare_checksum) {
    if (message.offset != part.checkpoint_offset - 1 || Shard::checksum(message.bytes) != part.checksum) {
      return Error{"journal_recreated", partition_text(message.partition) + ": the message before offset " +
                                            std::to_string(part.checkpoint_offset) + " is not the one that the checkpoint was taken at"};
    }
    part.compare_checksum = false;
    return Ok{};
  }
  if (part.any_start) {
    part.any_start = false;
    part.expected = message.offset;
  }
  if (message.offset < part.expected) return Ok{};  // delivered again after a seek: applied already
  if (message.offset > part.expected) {
    return Error{"offset_gap", partition_text(message.partition) + ": offset " + std::to_string(part.expected) + " is missing, " +
                                   std::to_string(message.offset) + " came"};
  }
  Status done = Ok{};
  if (part.suppress_to) {
    NullSink nowhere;
    done = part.shard->step_message(message.bytes, message.append_time, message.offset, nowhere);
    stats_.recovery_messages.add();
  } else {
    unit_->shard = part.shard.get();
    done = part.shard->step_message(message.bytes, message.append_time, message.offset, *unit_);
  }
  if (!done.ok()) return done;
  ++part.expected;
  if (part.suppress_to) return reach_committed(part);
  return Ok{};
}

// ------------------------------------------------------------------------------------------------ commits

bool DetectWorker::commit_due() const {
  const bool moved = std::any_of(parts_.begin(), parts_.end(), [](const auto& p) { return p.second->is_open(); });
  if (!moved && unit_->outputs == 0) return false;
  if (transport_.wants_commit()) return true;
  const auto since = clock_.steady() - last_commit_;
  return since >= (unit_->outputs != 0 ? options_.commit_interval : options_.quiet_commit_interval) || transport_.exhausted();
}

Status DetectWorker::commit() {
  std::map<std::int32_t, CommittedPosition> unit;
  for (const auto& [partition, part] : parts_) {
    if (part->is_open()) unit[partition] = CommittedPosition{part->shard->next_offset(), part->shard->output_hash()};
  }
  if (unit.empty() && unit_->outputs == 0) return Ok{};
  const auto began = clock_.steady();
  for (std::uint32_t attempt = 0; attempt < options_.commit_attempts_max; ++attempt) {
    CommitResult result = transport_.commit(unit);
    if (result == CommitResult::unknown) {
      stats_.commit_unknown.add();
      const Resolution resolution = resolve_unknown(unit);
      if (Status s = transport_.status(); !s.ok()) return s;
      switch (resolution) {
        case Resolution::done: result = CommitResult::committed; break;
        case Resolution::send_again: continue;
        case Resolution::reload: return reload();
      }
    }
    if (result == CommitResult::committed) {
      stats_.commit_seconds.observe(seconds(clock_.steady() - began));
      committed(unit);
      return Ok{};
    }
    if (result == CommitResult::ownership_lost) {
      stats_.ownership_lost.add();
      return reload();
    }
    if (result == CommitResult::fatal) {
      Status why = transport_.status();
      return why.ok() ? Error{"commit_failed", "the transport cannot commit any more"} : why;
    }
    stats_.commit_retries.add();
  }
  return Error{"commit_failed", "the same unit failed " + std::to_string(options_.commit_attempts_max) + " times"};
}

void DetectWorker::committed(const std::map<std::int32_t, CommittedPosition>& unit) {
  stats_.commits.add();
  for (const auto& [partition, position] : unit) {
    Part& part = *parts_.at(partition);
    part.last_committed = position;
    part.ever_committed = true;
  }
  const Time now = clock_.now();
  for (const Time t : unit_->alert_times) stats_.detection_latency.observe(static_cast<double>((now - t).count()) / 1000.0);
  unit_->clear();
  last_commit_ = clock_.steady();
}

// The stable position decides: at the unit's end it is done; at its start it is sent again with the same bytes; anything else means
// that another owner was here.
DetectWorker::Resolution DetectWorker::resolve_unknown(const std::map<std::int32_t, CommittedPosition>& unit) {
  bool all_done = !unit.empty();
  bool none_done = true;
  for (const auto& [partition, end] : unit) {
    const Part& part = *parts_.at(partition);
    const std::optional<CommittedPosition> stable = transport_.committed_position(partition);
    const bool at_end = stable && stable->next_offset == end.next_offset && stable->output_hash == end.output_hash;
    const bool at_start = stable ? part.ever_committed && stable->next_offset == part.last_committed.next_offset : !part.ever_committed;
    all_done = all_done && at_end;
    none_done = none_done && at_start;
  }
  if (all_done) transport_.drop_unit();
  return all_done ? Resolution::done : none_done ? Resolution::send_again : Resolution::reload;
}

// State never rolls back: what cannot be committed is dropped and folded again from the last checkpoint.
Status DetectWorker::reload() {
  ++reloads_;
  let_checkpoint_go();
  checkpoint_due_.clear();
  transport_.drop_unit();
  unit_->clear();
  parts_.clear();
  parked_.clear();
  last_commit_ = clock_.steady();
  return follow_assignment();
}

// ------------------------------------------------------------------------------------------------ checkpoints

void DetectWorker::checkpoint_soon() {
  for (const auto& [partition, part] : parts_) checkpoint_due_.insert(partition);
  clean_stop_marked_ = false;
  last_checkpoint_ = clock_.steady();
}

void DetectWorker::checkpoint(bool clean_stop) {
  let_checkpoint_go();
  checkpoint_soon();
  for (const std::int32_t partition : std::exchange(checkpoint_due_, {})) {
    const auto began = clock_.steady();
    const Part& part = *parts_.at(partition);
    if (!may_cut(part)) continue;
    cut(partition, clean_stop);
    if (!sealing_) continue;
    while (sealing_->next_slice < part.held.slices()) part.held.send(sealing_->next_slice++, checkpoints_);
    seal(began);
  }
  last_checkpoint_ = clock_.steady();
}

bool DetectWorker::may_cut(const Part& part) const {
  return !part.suppress_to && !part.compare_checksum && part.ever_committed;
}

// One step of the checkpoint under way, or the cut of the next one.
void DetectWorker::advance_checkpoint() {
  const auto began = clock_.steady();
  if (!sealing_) {
    if (checkpoint_due_.empty() || unit_->outputs != 0) return;
    const auto next = std::find_if(checkpoint_due_.begin(), checkpoint_due_.end(), [this](std::int32_t p) { return !parts_.at(p)->is_open(); });
    if (next == checkpoint_due_.end()) return;
    const std::int32_t partition = *next;
    checkpoint_due_.erase(next);
    if (may_cut(*parts_.at(partition))) cut(partition, false);
    if (!sealing_) return;
  }
  const HeldRows& held = parts_.at(sealing_->partition)->held;
  if (sealing_->next_slice < held.slices()) held.send(sealing_->next_slice++, checkpoints_);
  if (sealing_->next_slice == held.slices() && checkpoints_.delivered()) {
    seal(began);
  } else {
    sealing_->longest = std::max(sealing_->longest, clock_.steady() - began);
  }
}

/// Writes to the store what no longer fits among the held rows.
class DetectWorker::CutSink final : public TableSink {
 public:
  CutSink(CheckpointStore& store, DetectStats& stats, const HeldRows& held, const DetectOptions& options)
      : store_(store), stats_(stats), held_(held), fresh_(options.checkpoint_slice_bytes), bytes_max_(options.checkpoint_held_max) {}
  void put(StateTable table, std::string_view key, std::string_view bytes) override {
    stats_.checkpoint_rows.add();
    stats_.checkpoint_bytes.add(key.size() + bytes.size());
    if (has_room(key.size() + bytes.size())) return fresh_.put(table, key, bytes);
    store_.put(static_cast<std::uint32_t>(table), key, bytes);
  }
  void erase(StateTable table, std::string_view key) override {
    stats_.checkpoint_rows.add();
    if (has_room(key.size())) return fresh_.erase(table, key);
    store_.erase(static_cast<std::uint32_t>(table), key);
  }
  /// Everything is in the store already, and nothing is held that was not before.
  bool is_written() const { return written_; }
  HeldRows&& fresh() { return std::move(fresh_); }

 private:
  bool has_room(std::size_t size) {
    if (written_) return false;
    if (held_.bytes() + fresh_.bytes() + size <= bytes_max_) return true;
    written_ = true;
    for (std::size_t i = 0; i < held_.slices(); ++i) held_.send(i, store_);
    for (std::size_t i = 0; i < fresh_.slices(); ++i) fresh_.send(i, store_);
    fresh_ = HeldRows{0};
    return false;
  }

  CheckpointStore& store_;
  DetectStats& stats_;
  const HeldRows& held_;
  HeldRows fresh_;
  const std::size_t bytes_max_;
  bool written_ = false;
};

// Begins the partition's checkpoint and takes the changed rows. Too many to hold: it is sealed here, and the marks stay until it is.
void DetectWorker::cut(std::int32_t partition, bool clean_stop) {
  const auto began = clock_.steady();
  Part& part = *parts_.at(partition);
#if !defined(BARTIZAN_FAULT_MARKER_AHEAD) && !defined(BARTIZAN_FAULT_NO_SUPPRESSION)
  BARTIZAN_CHECK(part.shard->next_offset() == part.last_committed.next_offset);
#endif
  if (!checkpoints_.begin(partition, part.shard->next_offset()).ok()) {
    checkpoints_.abandon();
    stats_.checkpoint_failures.add();
    return;
  }
  CutSink sink{checkpoints_, stats_, part.held, options_};
  part.shard->save(sink, false);
  sealing_ = Sealing{partition, part.shard->marker(clean_stop), 0, {}};
  if (sink.is_written()) {
    if (seal(began)) part.shard->saved();
    return;
  }
  part.held.append(sink.fresh());
  part.shard->saved();
}

// Everything is written: the marker makes it a checkpoint. Where that fails, the rows stay held. `began`: this stop of the line.
bool DetectWorker::seal(std::chrono::nanoseconds began) {
  const Sealing sealing = *std::exchange(sealing_, std::nullopt);
  if (!checkpoints_.commit(sealing.marker).ok()) {
    checkpoints_.abandon();
    stats_.checkpoint_failures.add();
    return false;
  }
  parts_.at(sealing.partition)->held = HeldRows{options_.checkpoint_slice_bytes};
  stats_.checkpoints.add();
  stats_.checkpoint_seconds.observe(seconds(std::max(sealing.longest, clock_.steady() - began)));
  stats_.checkpoint_ms.set(to_ms(clock_.now()));
  return true;
}

// Its rows stay held for the partition's next checkpoint, which is due.
void DetectWorker::let_checkpoint_go() {
  if (!sealing_) return;
  checkpoint_due_.insert(sealing_->partition);
  sealing_.reset();
  checkpoints_.abandon();
}

Status DetectWorker::stop() {
  if (Status s = commit(); !s.ok()) return s;
  checkpoint(true);
  publish_gauges();
  return Ok{};
}

bool DetectWorker::drained() const {
  return transport_.exhausted() && unit_->outputs == 0 &&
         std::all_of(parts_.begin(), parts_.end(), [](const auto& p) { return !p.second->suppress_to && !p.second->is_open(); });
}

const Shard* DetectWorker::shard(std::int32_t partition) const {
  const auto it = parts_.find(partition);
  return it == parts_.end() ? nullptr : it->second->shard.get();
}

void DetectWorker::publish_gauges() {
  Time watermark = Time::max();
  Time journal_time{};
  for (const auto& [partition, part] : parts_) {
    watermark = std::min(watermark, part->shard->watermark());
    journal_time = std::max(journal_time, part->shard->journal_time());
  }
  if (!parts_.empty()) stats_.watermark_ms.set(to_ms(watermark));
  stats_.journal_time_ms.set(to_ms(journal_time));
  if (clock_.steady() - last_measure_ >= kMeasureEvery) publish_measures();
}

// Walks the whole state's headers, so only now and then.
void DetectWorker::publish_measures() {
  last_measure_ = clock_.steady();
  Shard::Measures sum;
  for (const auto& [partition, part] : parts_) part->shard->measure(sum);
  stats_.tenants.set(static_cast<std::int64_t>(sum.tenants));
  stats_.sources.set(static_cast<std::int64_t>(sum.sources));
  stats_.sources_evicted.set(static_cast<std::int64_t>(sum.sources_evicted));
  stats_.rows_ids_evicted.set(static_cast<std::int64_t>(sum.ids_evicted));
  stats_.remembered_ids.set(static_cast<std::int64_t>(sum.remembered_ids));
  stats_.state_bytes.set(static_cast<std::int64_t>(sum.state_bytes));
  stats_.state_rows.set(static_cast<std::int64_t>(sum.state_rows));
  for (std::size_t type = 0; type < sum.risky.size(); ++type) {
    for (std::size_t level = 0; level < sum.risky[type].size(); ++level) {
      stats_.risky_entities[type][level].set(static_cast<std::int64_t>(sum.risky[type][level]));
    }
  }
  for (const auto& [rule, held] : sum.rules) {
    RuleStats& rule_stats = stats_.rules.of(rule);
    rule_stats.state_rows.set(static_cast<std::int64_t>(held.rows));
    rule_stats.state_bytes.set(static_cast<std::int64_t>(held.bytes));
    rule_stats.state_evictions.set(static_cast<std::int64_t>(held.evictions));
  }
}

}  // namespace bartizan
