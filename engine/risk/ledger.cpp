#include "engine/risk/ledger.h"

#include <algorithm>
#include <array>
#include <utility>

#include "engine/detect/finding_confidence.h"
#include "engine/model/bytes.h"
#include "engine/model/check.h"
#include "engine/risk/ledger_state.h"
#include "engine/risk/row_codec.h"

namespace bartizan {

using risk::EntityRow;
using risk::SignInRow;

namespace {

constexpr char kEntityPrefix = 'e';
constexpr char kSignInPrefix = 's';
constexpr char kCommandPrefix = 'c';
constexpr char kReportPrefix = 'r';
constexpr char kGonePrefix = 'g';
constexpr std::array kPrefixes = {kEntityPrefix, kSignInPrefix, kCommandPrefix, kReportPrefix, kGonePrefix};  // by Table
std::string row_key(char prefix, Key128 key) {
  std::string bytes(1, prefix);
  ByteWriter{bytes}.key(key);
  return bytes;
}

/// On the operator's list, by id or user principal name.
bool is_privileged(const EngineSettings& settings, const Entity& entity) {
  return std::any_of(settings.privileged.begin(), settings.privileged.end(), [&](const std::string& name) {
    return equals_ignoring_case(name, entity.id) || equals_ignoring_case(name, entity.user_principal_name);
  });
}

std::string encode_gone(std::string_view id) {
  std::string bytes;
  ByteWriter out{bytes};
  out.u8(risk::kRowVersion);
  out.text(id);
  return bytes;
}

std::string encode_command(Time forgotten) {
  std::string bytes;
  ByteWriter out{bytes};
  out.u8(risk::kRowVersion);
  out.time(forgotten);
  return bytes;
}

}  // namespace

RiskLedger::RiskLedger(std::string tenant_id, std::shared_ptr<const RuleSet> rules) : state_(std::make_unique<State>()) {
  BARTIZAN_CHECK(rules != nullptr);
  state_->tenant_id = std::move(tenant_id);
  state_->rules = std::move(rules);
}

RiskLedger::~RiskLedger() = default;

void RiskLedger::set_rules(std::shared_ptr<const RuleSet> rules) {
  BARTIZAN_CHECK(rules != nullptr);
  state_->rules = std::move(rules);
}

RiskEffect RiskLedger::apply(const LedgerFinding& lf, Time event_time, Time now) {
  const Finding& finding = *lf.finding;
  RiskEffect effect;
  if (!carries_risk(finding.entity.type)) return effect;
  const double own = finding.severity == Severity::informational ? 0.0 : risk::exponent_of(confidence_of(*lf.rule, finding));
  // Entra's level of an entity asks for a score, whoever it is about.
  const bool weighed = (lf.report == nullptr || lf.report->kind != ReportKind::entity) && is_privileged(state_->rules->settings, finding.entity);
  const double exponent = weighed ? own * state_->rules->settings.privileged_factor : own;
  const Key128 key = entity_key(finding.entity.type, finding.entity.id);
  if (!(exponent > 0) && !state_->entities.contains(key)) return effect;
  EntityRow& row = state_->entity(key, finding.entity, now);
  effect.score_before = row.score(now);
  effect.level_before = row.level;
  if (exponent > 0 && lf.report != nullptr) state_->linked(lf, exponent);
  if (exponent > 0) state_->renewed(lf, exponent, row, event_time, now);
  else risk::decide_revision(row, now, now, false);
  effect.score_after = row.score(now);
  effect.level_after = row.level;
  effect.contributions = risk::contributions_at(row.parts, now);
  if (exponent > 0 && lf.sign_in != nullptr && State::concerns(*lf.sign_in, row.entity)) state_->detected(lf, exponent, row, now);
  if (exponent > 0 && lf.report != nullptr) state_->reported_on_sign_in(lf, row, now);
  state_->booked(key);
  return effect;
}

void RiskLedger::correct(const SignIn& e, Time now) {
  const Key128 key = e.id.key();
  SignInRow* row = state_->find_sign_in(key);
  if (row == nullptr) return;
  std::string summary = risk::encode(summarise(e));
  if (summary == row->summary) return;
  row->summary = std::move(summary);
  row->touched = now;
  risk::changed(*row, now);
  state_->booked_sign_in(key);
}

bool RiskLedger::arrived(const SignIn& e, bool fresh, Time now) {
  return !state_->reports_on.empty() && state_->show_reports_on(e, fresh, now);
}

CommandOutcome RiskLedger::apply(const Command& command, Time now) {
  CommandOutcome outcome;
  if (!state_->remember(command.id.key(), now)) {
    outcome.reason = RejectReason::repeated;
  } else {
    outcome = command.target == CommandTarget::sign_in ? state_->decide_sign_in(command, now) : state_->decide_entity(command, now);
  }
  outcome.target_id = command.target_id.str();
  return outcome;
}

ReportOutcome RiskLedger::take(const RiskReport& report, const Rule& rule, Time now) {
  return report.kind == ReportKind::entity ? state_->take_entity(report, rule.alert.id, now) : state_->take_detection(report, rule, now);
}

bool RiskLedger::apply(const DirectoryChange& change, Time now) { return state_->change(change, now); }

Time RiskLedger::next_due() const {
  Time due = Time::max();
  for (const auto& set : state_->timers) {
    if (!set.empty()) due = std::min(due, set.begin()->first);
  }
  return due;
}

std::size_t RiskLedger::advance(Time now, std::size_t limit) {
  std::size_t handled = 0;
  while (handled < limit) {
    std::size_t table = state_->timers.size();
    for (std::size_t i = 0; i < state_->timers.size(); ++i) {
      const auto& set = state_->timers[i];
      if (set.empty() || set.begin()->first > now) continue;
      if (table == state_->timers.size() || set.begin()->first < state_->timers[table].begin()->first) table = i;
    }
    if (table == state_->timers.size()) break;
    state_->fire(static_cast<State::Table>(table), state_->timers[table].begin()->second, now);
    ++handled;
  }
  return handled;
}

void RiskLedger::flush(RiskSink& out) {
  State& s = *state_;
  s.retired.clear();
  const auto states = std::exchange(s.detection_states, {});
  for (const auto& [alert_id, now] : states) out.detection_state(alert_id, now.first, now.second);
  for (const auto& [key, id] : s.gone_sign_ins) {
    out.risky_sign_in_gone(s.tenant_id, id);
    s.dirty.insert({State::Table::gone_sign_in, key});
  }
  s.gone_sign_ins.clear();
  if (s.step.empty()) return;
  const std::set<State::RowName> step = std::move(s.step);
  s.step.clear();
  for (const auto& [table, key] : step) {
    if (table == State::Table::entity) {
      const auto it = s.entities.find(key);
      if (it == s.entities.end()) continue;
      EntityRow& row = *it->second.row;
      if (row.gone) out.risky_entity_gone(s.tenant_id, row.entity.type, row.entity.id);
      row.gone = false;
      if (row.emit) out.risky_entity(risk::publish(row, s.tenant_id));
      row.by.clear();
      row.causes.clear();
      if (row.told_level != row.level) {
        row.told_level = row.level;
        Fact fact;
        fact.kind = Fact::Kind::risk_level_changed;
        fact.type = row.entity.type;
        fact.id = Id::from(row.entity.id);
        fact.level = row.level;
        out.fact(fact);
      }
      s.booked(key);
    } else if (SignInRow* row = s.find_sign_in(key)) {
      row->frozen = true;
      if (row->emit) out.risky_sign_in(risk::publish(*row, s.tenant_id));
      s.booked_sign_in(key);
    }
  }
  s.step.clear();
}

RiskLevel RiskLedger::level(EntityType type, const Id& id) const {
  if (state_->entities.empty()) return RiskLevel::none;
  const auto it = state_->entities.find(entity_key(type, id));
  return it == state_->entities.end() ? RiskLevel::none : it->second.row->level;
}

std::array<std::uint64_t, 3> RiskLedger::risky_count(EntityType type) const {
  return carries_risk(type) ? state_->risky[static_cast<std::size_t>(type)] : std::array<std::uint64_t, 3>{};
}

std::uint64_t RiskLedger::evictions() const { return state_->evictions; }

void RiskLedger::save(RowSink& sink, bool all) const {
  const State& s = *state_;
  std::set<State::RowName> names;
  if (all) {
    for (const auto& [key, slot] : s.entities) names.insert({State::Table::entity, key});
    for (const auto& [key, slot] : s.sign_ins) names.insert({State::Table::sign_in, key});
    for (const auto& [key, time] : s.commands) names.insert({State::Table::command, key});
    for (const auto& [key, slot] : s.reports) names.insert({State::Table::report, key});
    for (const auto& [key, id] : s.gone_sign_ins) names.insert({State::Table::gone_sign_in, key});
  }
  for (const auto& [table, key] : all ? names : s.dirty) {
    std::string row;
    const char prefix = kPrefixes[static_cast<std::size_t>(table)];
    if (table == State::Table::entity) {
      if (const auto it = s.entities.find(key); it != s.entities.end()) row = risk::encode(*it->second.row);
    } else if (table == State::Table::sign_in) {
      if (const auto it = s.sign_ins.find(key); it != s.sign_ins.end()) row = risk::encode(*it->second.row);
    } else if (table == State::Table::report) {
      if (const auto it = s.reports.find(key); it != s.reports.end()) row = risk::encode(*it->second.row);
    } else if (table == State::Table::gone_sign_in) {
      if (const auto it = s.gone_sign_ins.find(key); it != s.gone_sign_ins.end()) row = encode_gone(it->second);
    } else if (const auto it = s.commands.find(key); it != s.commands.end()) {
      row = encode_command(it->second);
    }
    if (row.empty()) sink.erase(row_key(prefix, key));
    else sink.put(row_key(prefix, key), row);
  }
}

void RiskLedger::saved() { state_->dirty.clear(); }

bool RiskLedger::load(std::string_view name, std::string_view bytes) {
  State& s = *state_;
  if (name.size() != 17) return false;
  ByteReader key_bytes{name.substr(1)};
  const Key128 key = key_bytes.key();
  const auto clean = [&](State::Table table, bool in_step) {
    s.dirty.erase({table, key});
    if (!in_step) s.step.erase({table, key});
    return true;
  };
  if (name[0] == kEntityPrefix) {
    auto row = std::make_unique<EntityRow>();
    if (!risk::decode(bytes, *row) || key != entity_key(row->entity.type, row->entity.id) || row->blank()) return false;
    const bool in_step = row->in_step();
    s.rank.insert({{RiskLevel::none, Time{}}, key});
    s.entities[key].row = std::move(row);
    s.booked(key);
    return clean(State::Table::entity, in_step);
  }
  if (name[0] == kSignInPrefix) {
    auto row = std::make_unique<SignInRow>();
    if (!risk::decode(bytes, *row) || key != Id::from(row->id).key()) return false;
    const bool in_step = row->emit || !row->frozen;
    s.sign_ins[key].row = std::move(row);
    s.booked_sign_in(key);
    return clean(State::Table::sign_in, in_step);
  }
  if (name[0] == kReportPrefix) {
    auto row = std::make_unique<risk::ReportRow>();
    if (!risk::decode(bytes, *row) || key != risk::report_key(row->kind, row->entity_type, row->id)) return false;
    s.reports[key].row = std::move(row);
    s.booked_report(key);
    return clean(State::Table::report, false);
  }
  ByteReader in{bytes};
  if (name[0] == kGonePrefix) {
    const std::uint8_t version = in.u8();
    const std::string id{in.text()};
    if (version != risk::kRowVersion || !in.ok() || !in.at_end() || key != Id::from(id).key()) return false;
    s.gone_sign_ins[key] = id;
    return true;
  }
  if (name[0] != kCommandPrefix || in.u8() != risk::kRowVersion) return false;
  const Time forgotten = in.time();
  if (!in.ok() || !in.at_end()) return false;
  s.commands[key] = forgotten;
  s.timers[static_cast<std::size_t>(State::Table::command)].insert({forgotten, key});
  return true;
}

std::size_t RiskLedger::bytes() const { return state_->bytes; }
std::size_t RiskLedger::rows() const { return state_->entities.size() + state_->sign_ins.size() + state_->commands.size() + state_->reports.size(); }

}  // namespace bartizan
