#include "engine/pipeline/shard.h"

#include <algorithm>
#include <exception>
#include <new>

#include "engine/codec/output_writer.h"
#include "engine/model/check.h"
#include "engine/risk/entra_rules.h"

namespace bartizan {
namespace {

std::string position_text(const JournalPosition& p) {
  return std::to_string(p.partition) + '-' + std::to_string(p.offset) + '-' + std::to_string(p.index);
}

/// What holds before the first activation: default settings, no rules.
std::shared_ptr<const RuleSet> no_rules() { return std::make_shared<const RuleSet>(); }

std::int64_t second_of(Time t) { return to_ms(t) / 1000; }

}  // namespace

/// Findings of one entry, with their rules, in the order of rules; and facts on their way to detectors.
struct Shard::Judgement final : FindingSink {
  struct Item {
    const TenantState::RunningRule* rule;
    Finding finding;
  };
  void add(Finding&& finding) override { items.push_back(Item{rule, std::move(finding)}); }

  const TenantState::RunningRule* rule = nullptr;  // whose turn it is
  std::vector<Item> items;
  std::vector<Fact> facts;
};

/// Turns what the ledger and the alert book emit into output records, and findings into risk.
class Shard::Emitter final : public AlertSink, public RiskSink, public RiskApplier, public DetectionSink {
 public:
  Emitter(Shard& shard, TenantState& tenant, const SignIn* sign_in, bool real_time, const RiskReport* report = nullptr)
      : shard_(shard), tenant_(tenant), sign_in_(sign_in), real_time_(real_time), report_(report) {}

  void alert(const Alert& alert) override {
    if (alert.revision == 1) {
      auto& stats = shard_.stats_->rules.of(alert.rule.id);
      const bool shadow = alert.rule.mode == RuleMode::shadow;
      if (alert.state != AlertState::suppressed) stats.alerts[static_cast<std::size_t>(alert.severity)][shadow ? 1 : 0].add();
    }
    shard_.emit(write_alert(alert));
    tenant_.detections.on_alert(alert, real_time_, *this);
  }
  void risk_detection(const RiskDetection& detection) override { shard_.emit(write_risk_detection(detection)); }
  void detection_state(std::string_view alert_id, RiskState state, RiskDetail detail) override {
    tenant_.detections.on_state(alert_id, state, detail, shard_.journal_time(), *this);
  }
  void risky_entity(const RiskyEntity& row) override { shard_.emit(write_risky_entity(row)); }
  void risky_entity_gone(std::string_view tenant_id, EntityType type, std::string_view id) override {
    shard_.emit(write_entity_tombstone(tenant_id, type, id));
  }
  void risky_sign_in(const RiskySignIn& row) override { shard_.emit(write_risky_sign_in(row)); }
  void risky_sign_in_gone(std::string_view tenant_id, std::string_view id) override { shard_.emit(write_sign_in_tombstone(tenant_id, id)); }
  void fact(const Fact& fact) override {
    if (fact.kind == Fact::Kind::risk_level_changed && carries_risk(fact.type)) {
      shard_.stats_->risk_transitions[static_cast<std::size_t>(fact.type)][static_cast<std::size_t>(fact.level)].add();
    }
    shard_.judgement_->facts.push_back(fact);
  }
  RiskEffect apply(const Rule& rule, const Finding& finding, std::string_view alert_id) override {
    const Time event_time = sign_in_ != nullptr ? sign_in_->event_time : finding.last_seen.value_or(shard_.journal_time());
    applied_ = true;
    return tenant_.ledger.apply(LedgerFinding{&rule, &finding, alert_id, sign_in_, real_time_, report_}, event_time, shard_.journal_time());
  }
  /// The alert book let a finding through to the ledger.
  bool applied() const { return applied_; }

 private:
  Shard& shard_;
  TenantState& tenant_;
  const SignIn* sign_in_;
  bool real_time_;
  const RiskReport* report_;
  bool applied_ = false;
};

Shard::Shard(std::int32_t partition, std::shared_ptr<const RuleSetStore> rules, DetectStats& stats)
    : partition_(partition), store_(std::move(rules)), rules_(no_rules()), stats_(&stats), judgement_(std::make_unique<Judgement>()) {
  sources_.set_settings(rules_->settings);
}

Shard::~Shard() = default;

void Shard::count_into(DetectStats& stats) {
  stats_ = &stats;
  for (TenantState* t : by_id_) t->bind_stats(stats);
}

// ------------------------------------------------------------------------------------------------ entries

std::uint64_t Shard::checksum(std::string_view message) {
  // The ends and the size tell a recreated journal; hashing all of it would cost as much as the fold's own bookkeeping.
  constexpr std::size_t kEnd = 256;
  const std::uint64_t head = stable_hash64(message.substr(0, kEnd), 2);
  const std::uint64_t tail = message.size() > kEnd ? stable_hash64(message.substr(message.size() - kEnd), 3) : 0;
  return mix64(head ^ mix64(tail + message.size()));
}

Status Shard::step_message(std::string_view message, Time append_time, std::int64_t offset, OutputSink& out) {
  Status done = fold_entries(message, append_time, offset, out);
  if (mark_ != nullptr) mark_->running.store(0, std::memory_order_release);  // an error is no death
  if (!done.ok()) return done;
  stats_->journal_messages.add();
  next_offset_ = offset + 1;
  journal_checksum_ = checksum(message);
  return Ok{};
}

Status Shard::fold_entries(std::string_view message, Time append_time, std::int64_t offset, OutputSink& out) {
  if (Status opened = reader_.open(message, append_time); !opened.ok()) return opened;
  JournalPosition position{partition_, offset, 0};
  while (const JournalEntry* entry = reader_.next()) {
    if (mark_ != nullptr) {
      mark_->offset.store(offset, std::memory_order_relaxed);
      mark_->index.store(position.index, std::memory_order_relaxed);
      mark_->running.store(1, std::memory_order_release);
    }
    if (Status done = step(*entry, position, out); !done.ok()) return done;
    ++position.index;
  }
  return reader_.status();
}

Status Shard::step(const JournalEntry& entry, const JournalPosition& position, OutputSink& out) {
  out_ = &out;
  stats_->journal_entries.add();
  const auto* sign_in = std::get_if<SignIn>(&entry.body);
  if (sign_in != nullptr && last_tenant_ != nullptr) {  // most likely its tenant
    last_tenant_->recent_ids.prefetch(sign_in->id);
    last_tenant_->profiles.prefetch(*sign_in);
  }
  advance_time(entry.append_time);
  if (!quarantined_.empty() && is_quarantined(position)) {
    audit_quarantined(entry, position);
    return Ok{};
  }
  if (!entry.source.source.input.empty() && !sources_.admit(entry.source)) {
    stats_->events_repeated_position.add();
    stats_->repeats_in_a_row.set(static_cast<std::int64_t>(++repeats_in_a_row_));
    return Ok{};
  }
  if (repeats_in_a_row_ != 0) stats_->repeats_in_a_row.set(static_cast<std::int64_t>(repeats_in_a_row_ = 0));
  if (sign_in != nullptr) {
    on_sign_in(*sign_in, entry);
  } else if (const auto* c = std::get_if<Command>(&entry.body)) {
    on_command(*c, position);
  } else if (const auto* a = std::get_if<BundleActivation>(&entry.body)) {
    return on_activation(*a, position);
  } else if (const auto* r = std::get_if<RiskReport>(&entry.body)) {
    on_risk_report(*r, entry.source);
  } else if (const auto* d = std::get_if<DirectoryChange>(&entry.body)) {
    on_directory_change(*d);
  }
  // Ticks have done their work above; a quarantine was known before its entry was reached, and says nothing new here.
  return Ok{};
}

void Shard::advance_time(Time append_time) {
  sources_.advance(append_time);
  const std::int64_t second = second_of(sources_.journal_time());
  const std::int64_t watermark_second = second_of(sources_.watermark());
  if (!timers_waiting_ && second == timer_second_ && watermark_second == timer_watermark_second_) return;
  timer_second_ = second;
  timer_watermark_second_ = watermark_second;
  run_timers();
  const std::int64_t step = to_ms(sources_.watermark()) / kExpireStep.count();
  if (step != expire_step_) {
    expire_step_ = step;
    expire_step();
  }
}

void Shard::on_sign_in(const SignIn& original, const JournalEntry& entry) {
  const SignIn* e = &original;
  SignIn clamped;
  const Time latest = sources_.journal_time() + kClampAhead;
  if (e->event_time > latest) {
    clamped = original;
    clamped.event_time = latest;
    clamped.flags |= kFlagTimeClamped;
    e = &clamped;
    stats_->events_clamped.add();
  }
  TenantState* t = tenant_of(e->tenant_id, true);
  if (t == nullptr) {
    stats_->events_refused_tenant.add();
    return;
  }
  if (e->event_time < sources_.watermark() - t->rule_set().settings.remember_ids) {
    // Its id may have been forgotten, so it may be a copy: risk and views learn of it, nothing is counted.
    stats_->events_late.add();
    t->ledger.correct(*e, sources_.journal_time());
    t->ledger.arrived(*e, false, sources_.journal_time());
    settle(*t, e);
    return;
  }
  sources_.note_event(e->event_time);
  t->recent_ids.prefetch_rows(e->id);
  t->profiles.prefetch_row(*e);
  const CopyFacts copy = facts_of(*e);
  const Seen seen = t->recent_ids.observe(e->id, copy, sources_.journal_time());
  switch (seen.sighting) {
    case Sighting::repeat: stats_->events_repeated_id.add(); return;
    case Sighting::older: stats_->events_older_copy.add(); return;
    case Sighting::newer: stats_->events_corrected.add(); break;
    case Sighting::fresh:
      stats_->events[static_cast<std::size_t>(e->category)][e->is_agent() ? 1 : 0].add();
      stats_->ingest_delay.observe(static_cast<double>((entry.append_time - e->event_time).count()) / 1000.0);
      break;
  }
  judge(*t, *e, entry, seen);
}

// ------------------------------------------------------------------------------------------------ judging

DetectContext Shard::context(const TenantState& t, const SourcePosition* source) const {
  DetectContext ctx;
  ctx.journal_time = sources_.journal_time();
  ctx.watermark = sources_.watermark();
  ctx.profiles = &t.profiles;
  ctx.risk = &t.ledger;
  ctx.source = source;
  return ctx;
}

void Shard::judge(TenantState& t, const SignIn& e, const JournalEntry& entry, const Seen& seen) {
  const DetectContext ctx = context(t, &entry.source);
  const bool correction = seen.sighting == Sighting::newer;
  Judgement& found = *judgement_;
  for (TenantState::RunningRule& r : t.running) {
    if (!r.detector) continue;
    found.rule = &r;
    const std::size_t before = found.items.size();
    try {
      if (correction) {
        r.detector->on_correction(ctx, seen.before, e, found);
      } else {
        r.detector->on_event(ctx, e, found);
      }
    } catch (const std::bad_alloc&) {
      throw;  // says nothing about the event: another machine would fold on, so this one must not
    } catch (const std::exception&) {
      // One rule's defect costs that rule this event, and is counted.
      found.items.erase(found.items.begin() + static_cast<std::ptrdiff_t>(before), found.items.end());
      r.stats->errors.add();
    }
    r.stats->evaluations.add();
  }
  const bool suspicious = std::any_of(found.items.begin(), found.items.end(), [](const Judgement::Item& i) {
    return i.finding.severity >= Severity::medium && i.finding.suppression == Suppression::none &&
           i.rule->rule->alert.mode == RuleMode::live;
  });
  observe_findings(t, &e, !correction);
  if (t.ledger.arrived(e, !correction, sources_.journal_time())) t.touched = true;
  if (correction) {
    t.ledger.correct(e, sources_.journal_time());
    t.profiles.learn_correction(seen.before, e, sources_.watermark(), suspicious);
  } else {
    t.profiles.learn(e, sources_.watermark(), suspicious);
  }
  if (t.touched || correction) settle(t, &e);
}

void Shard::observe_findings(TenantState& t, const SignIn* e, bool real_time) {
  Judgement& found = *judgement_;
  if (found.items.empty()) return;
  Emitter emitter{*this, t, e, real_time};
  constexpr std::array kCauses{Suppression::learning, Suppression::cap, Suppression::exception};
  for (Judgement::Item& item : found.items) {
    std::array<std::uint64_t, kCauses.size()> before{};
    for (std::size_t i = 0; i < kCauses.size(); ++i) before[i] = t.alerts.suppressed_total(kCauses[i]);
    t.alerts.observe(*item.rule->rule, std::move(item.finding), sources_.journal_time(), emitter, emitter);
    for (std::size_t i = 0; i < kCauses.size(); ++i) {
      item.rule->stats->suppressed[static_cast<std::size_t>(kCauses[i])].add(t.alerts.suppressed_total(kCauses[i]) - before[i]);
    }
  }
  found.items.clear();
  t.touched = true;
}

void Shard::settle(TenantState& t, const SignIn* e) {
  Judgement& found = *judgement_;
  for (std::size_t round = 0;; ++round) {
    t.touched = false;
    Emitter emitter{*this, t, e, false};
    t.ledger.flush(emitter);
    if (found.facts.empty()) return;
    if (round == kFactRoundsMax) {
      stats_->facts_dropped.add(found.facts.size());
      found.facts.clear();
      return;
    }
    const std::vector<Fact> facts = std::exchange(found.facts, {});
    for (const Fact& fact : facts) give_fact(t, fact);
    observe_findings(t, nullptr, false);
    if (!t.touched) return;
  }
}

void Shard::give_fact(TenantState& t, const Fact& fact) {
  const DetectContext ctx = context(t, nullptr);
  Judgement& found = *judgement_;
  t.profiles.on_fact(fact, sources_.watermark());
  for (TenantState::RunningRule& r : t.running) {
    if (!r.detector) continue;
    found.rule = &r;
    const std::size_t before = found.items.size();
    try {
      r.detector->on_fact(ctx, fact, found);
    } catch (const std::bad_alloc&) {
      throw;  // says nothing about the event: another machine would fold on, so this one must not
    } catch (const std::exception&) {
      found.items.erase(found.items.begin() + static_cast<std::ptrdiff_t>(before), found.items.end());
      r.stats->errors.add();
    }
  }
}

// ------------------------------------------------------------------------------------------------ commands and bundles

void Shard::on_command(const Command& c, const JournalPosition& position) {
  AuditRecord record;
  record.id = position_text(position);
  record.at = sources_.journal_time();
  record.tenant_id = c.tenant_id.str();
  record.by = c.author;
  record.command_id = c.id.str();
  record.action = c.action;
  record.target = c.target;
  record.target_id = c.target_id.str();
  record.decided_on_revision = c.decided_on_revision;
  record.note = c.note;
  TenantState* t = tenant_of(c.tenant_id, false);
  CommandOutcome outcome;
  outcome.reason = RejectReason::unknown_target;
  if (t != nullptr) outcome = t->ledger.apply(c, sources_.journal_time());
  record.kind = outcome.accepted ? AuditKind::command_accepted : AuditKind::command_rejected;
  record.reason = outcome.reason;
  if (outcome.accepted) {
    record.before = outcome.before;
    record.after = outcome.after;
  }
  (outcome.accepted ? stats_->commands_accepted : stats_->commands_rejected).add();
  emit(write_audit(record));
  if (!outcome.accepted) return;
  if (c.target != CommandTarget::sign_in) {
    Fact fact;
    fact.kind = Fact::Kind::verdict;
    fact.type = static_cast<EntityType>(c.target);  // the first four of both enums are the same words
    fact.id = c.target_id;
    fact.action = c.action;
    give_fact(*t, fact);
    observe_findings(*t, nullptr, false);
  }
  settle(*t, nullptr);
}

// ------------------------------------------------------------------------------------------------ what Entra says

void Shard::on_risk_report(const RiskReport& r, const SourcePosition& source) {
  TenantState* t = tenant_of(r.tenant_id, true);
  if (t == nullptr) {
    stats_->events_refused_tenant.add();
    return;
  }
  const Time now = sources_.journal_time();
  const Rule rule = entra_rule(r, t->rule_set());
  const ReportOutcome outcome = t->ledger.take(r, rule, now);
  (outcome.kind == ReportOutcome::Kind::repeat ? stats_->events_repeated_id : stats_->risk_reports).add();
  if (outcome.kind == ReportOutcome::Kind::finding) {
    Finding finding = entra_finding(r, rule, source);
    if (outcome.confidence > 0) finding.confidence = outcome.confidence;
    Emitter emitter{*this, *t, nullptr, false, &r};
    t->alerts.observe(rule, Finding{finding}, now, emitter, emitter);
    // Its alert has been closed: the risk still counts, under that alert.
    if (!emitter.applied() && !outcome.alert_id.empty()) emitter.apply(rule, finding, outcome.alert_id);
  }
  settle(*t, nullptr);
}

void Shard::on_directory_change(const DirectoryChange& c) {
  TenantState* t = tenant_of(c.tenant_id, false);
  if (t == nullptr) return;  // nobody there whose risk could change
  stats_->directory_changes.add();
  t->ledger.apply(c, sources_.journal_time());
  if (c.operation == DirectoryOperation::credential_added) {
    for (const Id& key : c.new_keys) {
      Fact fact;
      fact.kind = Fact::Kind::credential_added;
      fact.type = c.target_type;
      fact.id = c.target_id;
      fact.key_id = key;
      fact.at = c.event_time;
      give_fact(*t, fact);
    }
    observe_findings(*t, nullptr, false);
  }
  settle(*t, nullptr);
}

Status Shard::on_activation(const BundleActivation& a, const JournalPosition& position) {
  if (a.hash == rules_->bundle_hash) return Ok{};  // every start of INGEST says it again
  std::shared_ptr<const RuleSet> rules = store_->find(a.hash);
  if (!rules) {
    return Error{"unknown_bundle", "journal entry " + position_text(position) + " activates bundle " + std::string{a.hash} +
                                       ", which is not in the bundle store"};
  }
  BARTIZAN_CHECK(rules->bundle_hash == a.hash);
  AuditRecord record;
  record.id = position_text(position);
  record.kind = AuditKind::bundle_activated;
  record.at = sources_.journal_time();
  record.by = a.by;
  record.bundle_hash = a.hash;
  record.bundle_previous = rules_->bundle_hash;
  record.bundle_rule_count = a.rule_count;
  const std::shared_ptr<const RuleSet> before = std::exchange(rules_, std::move(rules));
  sources_.set_settings(rules_->settings);
  for (TenantState* t : by_id_) {
    t->set_rules(rules_);
    t->bind_stats(*stats_);
  }
  stats_->bundles_activated.add();
  emit(write_audit(record));
  return Ok{};
}

void Shard::quarantine(std::int64_t offset, std::int32_t index) {
  const std::pair<std::int64_t, std::int32_t> place{offset, index};
  const auto at = std::lower_bound(quarantined_.begin(), quarantined_.end(), place);
  if (at == quarantined_.end() || *at != place) quarantined_.insert(at, place);
}

bool Shard::is_quarantined(const JournalPosition& position) const {
  return std::binary_search(quarantined_.begin(), quarantined_.end(), std::pair{position.offset, position.index});
}

void Shard::audit_quarantined(const JournalEntry& entry, const JournalPosition& position) {
  AuditRecord record;
  record.id = position_text(position);
  record.kind = AuditKind::record_quarantined;
  record.at = sources_.journal_time();
  if (const auto* e = std::get_if<SignIn>(&entry.body)) record.tenant_id = e->tenant_id.str();
  if (const auto* c = std::get_if<Command>(&entry.body)) record.tenant_id = c->tenant_id.str();
  if (const auto* r = std::get_if<RiskReport>(&entry.body)) record.tenant_id = r->tenant_id.str();
  if (const auto* d = std::get_if<DirectoryChange>(&entry.body)) record.tenant_id = d->tenant_id.str();
  record.range_partition = position.partition;
  record.range_from = position.offset;
  record.range_to = position.offset;
  record.detail = "passed over: fatal on three starts in a row";
  stats_->events_quarantined.add();
  emit(write_audit(record));
}

// ------------------------------------------------------------------------------------------------ timers

// Tenants in the order of their ids; within one, the ledger, then alerts, then detectors in the order of rules, each in (due, key)
// order. At most kTimersPerEntry an entry.
void Shard::run_timers() {
  std::size_t left = kTimersPerEntry;
  for (TenantState* t : by_id_) {
    if (left == 0) break;
    left -= run_tenant_timers(*t, left);
  }
  stats_->timers_run.add(kTimersPerEntry - left);
  timers_waiting_ = left == 0;
  if (timers_waiting_) stats_->timers_carried_over.add();
}

std::size_t Shard::run_tenant_timers(TenantState& t, std::size_t limit) {
  const Time now = sources_.journal_time();
  const Time watermark = sources_.watermark();
  std::size_t done = 0;
  if (t.ledger.next_due() <= now) done += t.ledger.advance(now, limit);
  if (done < limit && t.alerts.due(now, watermark)) {
    Emitter emitter{*this, t, nullptr, false};
    done += t.alerts.advance(now, watermark, limit - done, emitter);
  }
  if (done < limit && t.detections.next_due() <= now) done += t.detections.advance(now, limit - done);
  const DetectContext ctx = context(t, nullptr);
  Judgement& found = *judgement_;
  for (TenantState::RunningRule& r : t.running) {
    if (done >= limit) break;
    if (!r.detector || r.detector->next_due() > watermark) continue;
    found.rule = &r;
    const std::size_t before = found.items.size();
    try {
      done += r.detector->on_due(ctx, limit - done, found);
    } catch (const std::bad_alloc&) {
      throw;  // says nothing about the event: another machine would fold on, so this one must not
    } catch (const std::exception&) {
      found.items.erase(found.items.begin() + static_cast<std::ptrdiff_t>(before), found.items.end());
      r.stats->errors.add();
      ++done;
    }
  }
  if (done == 0) return 0;
  observe_findings(t, nullptr, false);
  settle(t, nullptr);
  return std::min(done, limit);
}

void Shard::expire_step() {
  for (TenantState* t : by_id_) {
    t->profiles.expire(sources_.watermark());
    for (TenantState::RunningRule& r : t->running) {
      if (r.detector) r.detector->expire(sources_.watermark());
    }
  }
}

// ------------------------------------------------------------------------------------------------ tenants and outputs

TenantState* Shard::tenant_of(const Id& id, bool make) {
  const Key128 key = id.key();
  if (last_tenant_ != nullptr && key == last_tenant_key_) return last_tenant_;
  const auto it = tenants_.find(key);
  TenantState* t = it != tenants_.end() ? it->second.get() : nullptr;
  if (t == nullptr) {
    if (!make || tenants_.size() >= kTenantsMax) return nullptr;
    t = &add_tenant(key, id.str());
  }
  last_tenant_key_ = key;
  last_tenant_ = t;
  return t;
}

TenantState& Shard::add_tenant(const Key128& key, std::string id) {
  auto state = std::make_unique<TenantState>(std::move(id), rules_);
  state->bind_stats(*stats_);
  TenantState& t = *state;
  tenants_.emplace(key, std::move(state));
  by_id_.insert(std::upper_bound(by_id_.begin(), by_id_.end(), &t, [](const TenantState* a, const TenantState* b) { return a->id() < b->id(); }), &t);
  return t;
}

const TenantState* Shard::tenant(std::string_view id) const {
  const auto it = tenants_.find(Id::from(id).key());
  return it == tenants_.end() ? nullptr : it->second.get();
}

void Shard::emit(OutputRecord&& record) {
  const std::uint64_t h = mix64(stable_hash64(record.key, 4 + static_cast<std::uint64_t>(record.topic)) ^
                                mix64(stable_hash64(record.value, record.tombstone ? 2 : 1)));
  output_hash_ = mix64(output_hash_ * 0x9e3779b97f4a7c15ULL + h);
  stats_->outputs.add();
  stats_->output_bytes.add(record.value.size());
  out_->emit(std::move(record));
}

void Shard::measure(Measures& into) const {
  into.tenants += by_id_.size();
  into.sources += sources_.rows();
  into.sources_evicted += sources_.evictions();
  into.state_bytes += sources_.bytes();
  into.state_rows += sources_.rows();
  for (const TenantState* t : by_id_) {
    into.remembered_ids += t->recent_ids.rows();
    into.ids_evicted += t->recent_ids.evictions();
    into.state_bytes += t->bytes();
    into.state_rows += t->rows();
    for (const TenantState::RunningRule& r : t->running) {
      if (!r.detector) continue;
      Measures::Held& held = into.rules[r.rule->alert.id];
      held.rows += r.detector->rows();
      held.bytes += r.detector->bytes();
      held.evictions += r.detector->evictions();
    }
    for (std::size_t type = 0; type < into.risky.size(); ++type) {
      const auto counts = t->ledger.risky_count(static_cast<EntityType>(type));
      for (std::size_t level = 0; level < counts.size(); ++level) into.risky[type][level] += counts[level];
    }
  }
}

}  // namespace bartizan
