// What Entra itself says: detections, states of entities, and directory operations that end a risk (entra.md 3.4, 3.5).

#include <algorithm>
#include <array>

#include "engine/detect/finding_confidence.h"
#include "engine/model/check.h"
#include "engine/model/detmath.h"
#include "engine/risk/entra_rules.h"
#include "engine/risk/ledger_state.h"
#include "engine/risk/row_codec.h"

namespace bartizan {

using risk::EntityRow;
using risk::ReportRow;
using risk::SignInRow;

namespace {

constexpr std::string_view kByEntra = "Microsoft Entra ID Protection";
/// A hair above the thresholds of low, medium and high, so that rounding cannot fall below them.
constexpr std::array<double, 4> kLevelConfidence = {0, 0.102, 0.402, 0.802};
/// Less than this would not move a score by a tenth.
constexpr double kTopUpMin = 0.001;

RiskState state_of(EntraRiskState s) { return static_cast<RiskState>(s); }  // the same words in the same order
static_assert(static_cast<int>(EntraRiskState::dismissed) == static_cast<int>(RiskState::dismissed) &&
              static_cast<int>(EntraRiskState::confirmed_safe) == static_cast<int>(RiskState::confirmed_safe));

/// Hidden levels (no P2 licence) count as the lowest.
EntraRiskLevel level_of_report(const RiskReport& r) {
  return r.level == EntraRiskLevel::none ? EntraRiskLevel::low : r.level;
}

bool is_repeat(const ReportRow& known, const RiskReport& r) {
  if (r.updated != known.updated) return r.updated < known.updated;
  return r.state == known.state && level_of_report(r) == known.level;
}

/// Somebody acted, so what we found ourselves is settled too; Microsoft's machine re-assessing its own finding settles only that.
bool somebody_acted(EntraRiskState state, RiskDetail detail) {
  if (state == EntraRiskState::remediated) return true;
  return detail != RiskDetail::ai_confirmed_signin_safe && detail != RiskDetail::m365d_admin_dismissed_detection && detail != RiskDetail::none &&
         detail != RiskDetail::hidden && detail != RiskDetail::unknown_future_value;
}

/// Graph knows fewer states for workloads and agents.
RiskState allowed_state(EntityType type, RiskState s) {
  if (type == EntityType::user || s == RiskState::dismissed) return s;
  return s == RiskState::remediated || (s == RiskState::confirmed_safe && type != EntityType::agent) ? RiskState::dismissed : s;
}

risk::Part* part_of(EntityRow& row, const ReportRow& report) {
  const auto it = std::find_if(row.parts.begin(), row.parts.end(), [&](const risk::Part& p) { return risk::feeds(report, p); });
  return it == row.parts.end() ? nullptr : &*it;
}

/// Of all contributions but those that `left_out` names.
template <class LeftOut>
double exponent_of_others(const EntityRow& row, Time now, LeftOut&& left_out) {
  std::array<risk::Term, risk::kContributionsMax> terms;
  std::size_t n = 0;
  for (const risk::Part& p : row.parts) {
    if (p.active(now) && !left_out(p)) terms[n++] = risk::Term{p.family, p.exponent(now), p.newest};
  }
  return risk::combine(std::span{terms.data(), n}, row.bonus);
}

/// The score that Entra's level of an entity asks for.
double exponent_of_level(const ReportRow& report) { return risk::exponent_of(kLevelConfidence[static_cast<std::size_t>(report.level)]); }

bool set_flag(bool& flag, Tristate said, Tristate when) {
  if (said == Tristate::unknown || flag == (said == when)) return false;
  flag = said == when;
  return true;
}

}  // namespace

// ------------------------------------------------------------------------------------------------ rows

ReportRow& RiskLedger::State::report_row(Key128 key, const RiskReport& r) {
  const auto [it, fresh] = reports.try_emplace(key);
  if (fresh) {
    it->second.row = std::make_unique<ReportRow>();
    ReportRow& row = *it->second.row;
    row.kind = r.kind;
    row.id = r.id.str();
    row.entity_type = r.entity_type;
    row.entity_id = r.entity_id.str();
    row.request_id = r.request_id.str();
    row.updated = Time::min();
  }
  return *it->second.row;
}

void RiskLedger::State::booked_report(Key128 key) {
  ReportSlot& slot = reports.find(key)->second;
  const ReportRow& row = *slot.row;
  auto& due_set = timers[static_cast<std::size_t>(Table::report)];
  const Time due = row.touched + risk::kReportKept;
  if (due != slot.due) {
    if (slot.due != Time::max()) due_set.erase({slot.due, key});
    due_set.insert({due, key});
    slot.due = due;
  }
  const std::size_t size = risk::encode(row).size();
  bytes += size - slot.bytes;
  slot.bytes = size;
  dirty.insert({Table::report, key});
  std::set<Key128>& list = reports_of[entity_key(row.entity_type, row.entity_id)];
  list.insert(key);
  if (risk::is_of_sign_in(row)) reports_on[Id::from(row.request_id).key()].insert(key);
  const auto oldest = [&] {
    std::pair<Time, Key128> first{Time::max(), key};
    for (const Key128& k : list) {
      if (k != key) first = std::min(first, std::pair{reports.find(k)->second.due, k});
    }
    return first.second;
  };
  if (list.size() > kReportsPerEntityMax) {
    erase_report(oldest());
    ++evictions;
  } else if (reports.size() > kReportsMax) {
    erase_report(due_set.begin()->second);
    ++evictions;
  }
}

void RiskLedger::State::erase_report(Key128 key) {
  const auto it = reports.find(key);
  ReportSlot& slot = it->second;
  if (slot.due != Time::max()) timers[static_cast<std::size_t>(Table::report)].erase({slot.due, key});
  const auto list = reports_of.find(entity_key(slot.row->entity_type, slot.row->entity_id));
  if (list != reports_of.end()) {
    list->second.erase(key);
    if (list->second.empty()) reports_of.erase(list);
  }
  if (risk::is_of_sign_in(*slot.row)) {
    const auto on = reports_on.find(Id::from(slot.row->request_id).key());
    on->second.erase(key);
    if (on->second.empty()) reports_on.erase(on);
  }
  bytes -= slot.bytes;
  reports.erase(it);
  dirty.insert({Table::report, key});
}

std::vector<std::string> RiskLedger::State::alerts_of(const EntityRow& row) {
  std::vector<std::string> ids;
  for (const risk::Part& p : row.parts) {
    if (!p.alert_id.empty()) ids.push_back(p.alert_id);
  }
  return ids;
}

void RiskLedger::State::note_gone(const std::vector<std::string>& before, const EntityRow& row, RiskState state, RiskDetail detail) {
  const std::vector<std::string> left = alerts_of(row);
  for (const std::string& id : before) {
    if (std::find(left.begin(), left.end(), id) == left.end()) note_state(id, state, detail);
  }
}

// ------------------------------------------------------------------------------------------------ detections

ReportOutcome RiskLedger::State::take_detection(const RiskReport& r, const Rule& rule, Time now) {
  ReportOutcome outcome;
  const Key128 key = risk::report_key(r.kind, r.entity_type, r.id.str());
  ReportRow& row = report_row(key, r);
  if (is_repeat(row, r)) {
    outcome.kind = ReportOutcome::Kind::repeat;
    return outcome;
  }
  const bool was_live = row.live;
  const EntraRiskLevel before = row.level;
  row.level = level_of_report(r);
  row.state = r.state;
  row.live = risk::is_live(r.state);
  row.updated = r.updated;
  row.touched = now;
  outcome.alert_id = row.alert_id;
  if (row.live && (!was_live || row.level > before)) outcome.kind = ReportOutcome::Kind::finding;
  if (row.live) row.exponent = risk::exponent_of(rule.risk[static_cast<std::size_t>(row.level) - 1]);
  const ReportRow copy = row;
  booked_report(key);
  const bool fell = copy.live && was_live && copy.level < before;
  if ((was_live && !copy.live) || fell) withdraw(copy, state_of(r.state), r.detail, now);
  return outcome;
}

double RiskLedger::State::reported_exponent(Key128 entity, const risk::Part& part) const {
  const auto list = reports_of.find(entity);
  double most = 0;
  if (list == reports_of.end()) return most;
  for (const Key128& key : list->second) {
    const ReportRow& report = *reports.find(key)->second.row;
    if (report.kind == ReportKind::detection && report.live && risk::feeds(report, part)) most = std::max(most, report.exponent);
  }
  return most;
}

/// What Entra says now that the contribution is worth: by detections, or by the entity's level, as far as nothing else explains that.
double RiskLedger::State::entra_exponent(const EntityRow& row, const risk::Part& part, Time now) const {
  const double detections = reported_exponent(entity_key(row.entity.type, row.entity.id), part);
  const auto it = reports.find(risk::report_key(ReportKind::entity, row.entity.type, row.entity.id));
  if (it == reports.end() || it->second.row->state != EntraRiskState::at_risk || !risk::feeds(*it->second.row, part)) return detections;
  const double age = static_cast<double>((now - it->second.row->touched).count()) / static_cast<double>(part.half_life.count());
  const double wanted = exponent_of_level(*it->second.row) * detmath::exp2(-std::max(age, 0.0));
  return std::max(detections, wanted - exponent_of_others(row, now, [&](const risk::Part& p) { return &p == &part; }));
}

/// Entra's level of the entity adds only what nothing else explains. A finding that comes after it therefore takes the place of as much,
/// so that the score does not depend on which of both came first. What a detection explained stays so when that detection is taken back:
/// Entra tells the entity's level again then.
void RiskLedger::State::explain_top_up(EntityRow& row, Time now) {
  const auto it = reports.find(risk::report_key(ReportKind::entity, row.entity.type, row.entity.id));
  risk::Part* part = it == reports.end() ? nullptr : part_of(row, *it->second.row);
  if (part == nullptr || !part->reported_only) return;
  const double left = entra_exponent(row, *part, now);
  if (left > part->exponent(now) - kTopUpMin) return;
  if (left > kTopUpMin) part->lower(left, now);
  else explained(row, *part);
}

/// Nothing is left for the contribution to say.
void RiskLedger::State::explained(EntityRow& row, const risk::Part& part) {
  note_state(part.alert_id, RiskState::none, RiskDetail::none);
  row.parts.erase(row.parts.begin() + (&part - row.parts.data()));
}

/// Only Entra feeds the contribution: it becomes what Entra's reports still bring.
void RiskLedger::State::top_up_again(EntityRow& row, risk::Part& part, double exponent, Time now) {
  part.pieces.assign(1, risk::Piece{row.coming_revision(), exponent, now});
  part.newest = now;
}

/// A detection no longer counts, or counts less. What we found ourselves stays.
void RiskLedger::State::withdraw(const ReportRow& report, RiskState state, RiskDetail detail, Time now) {
  const Key128 key = entity_key(report.entity_type, report.entity_id);
  EntityRow* row = find_entity(key, now);
  if (row != nullptr) {
    risk::Part* part = part_of(*row, report);
    const bool changes = part != nullptr && part->reported_only;
    if (changes) {
      const double left = entra_exponent(*row, *part, now);
      if (left > 0) {
        top_up_again(*row, *part, left, now);
      } else {
        note_state(part->alert_id, allowed_state(row->entity.type, state), detail);
        row->parts.erase(row->parts.begin() + (part - row->parts.data()));
      }
      row->touched = now;
      row->by = kByEntra;
      risk::decide_level(*row, now, true);
      if (row->level == RiskLevel::none && state == RiskState::remediated && row->entity.type == EntityType::user) {
        row->state = state;
        row->detail = detail;
      }
    }
    risk::decide_revision(*row, now, now, changes);
    booked(key);
  }
  SignInRow* sign = report.live ? nullptr : find_sign_in(Id::from(report.request_id).key());
  if (sign == nullptr) return;
  const std::size_t gone = std::erase_if(sign->detections, [&](const risk::Detection& d) {
    return d.shown.source == RuleSource::entra && d.shown.rule_id == report.rule_id && d.shown.alert_id == report.alert_id;
  });
  if (gone == 0) return;
  risk::reassess(*sign, state, detail, now);
  booked_sign_in(Id::from(report.request_id).key());
}

/// The finding made of a report has got its alert.
void RiskLedger::State::linked(const LedgerFinding& lf, double exponent) {
  const RiskReport& r = *lf.report;
  const Key128 key = risk::report_key(r.kind, r.entity_type, r.id.str());
  const auto it = reports.find(key);
  if (it == reports.end()) return;
  ReportRow& row = *it->second.row;
  row.rule_id = lf.rule->alert.id;
  row.alert_id = lf.alert_id;
  row.exponent = exponent;
  booked_report(key);
}

// ------------------------------------------------------------------------------------------------ entities

/// RiskyUsers and its kin. A level that detections already explain adds nothing: only what is missing becomes a contribution.
ReportOutcome RiskLedger::State::take_entity(const RiskReport& r, std::string_view rule_id, Time now) {
  ReportOutcome outcome;
  const Key128 key = risk::report_key(r.kind, r.entity_type, r.id.str());
  const Key128 owner = entity_key(r.entity_type, r.entity_id);
  ReportRow& report = report_row(key, r);
  EntityRow* row = find_entity(owner, now);
  if (is_repeat(report, r)) {
    outcome.kind = ReportOutcome::Kind::repeat;
    if (row != nullptr) {
      if (r.updated == report.updated) note_flags(*row, r.deleted, r.processing, r.enabled, now);
      booked(owner);
    }
    return outcome;
  }
  const EntraRiskLevel before = report.live ? report.level : EntraRiskLevel::none;
  report.level = level_of_report(r);
  report.state = r.state;
  report.live = risk::is_live(r.state);
  report.updated = r.updated;
  report.touched = now;
  outcome.alert_id = report.alert_id;
  const ReportRow copy = report;
  booked_report(key);

  if (r.state == EntraRiskState::at_risk) {
    level_told(row, r, copy, before, rule_id, outcome, now);
  } else if (r.state == EntraRiskState::confirmed_compromised) {
    if (row == nullptr) row = &entity(owner, entity_of(r), now);
    compromise_told(*row, r, now);
  } else if (row != nullptr) {
    const bool ended = r.state == EntraRiskState::none;
    clear(owner, *row, Clearing{ended ? RiskState::none : state_of(r.state), ended ? RiskDetail::none : r.detail, r.updated,
                                !somebody_acted(r.state, r.detail), std::string{kByEntra}}, now);
  }
  if (row != nullptr) {
    note_flags(*row, r.deleted, r.processing, r.enabled, now);
    booked(owner);
  }
  return outcome;
}

/// Entra says that the entity is at risk: a finding of what the rest does not explain, or less than before. `row`: null where there is none.
void RiskLedger::State::level_told(EntityRow* row, const RiskReport& r, const ReportRow& report, EntraRiskLevel before,
                                   std::string_view rule_id, ReportOutcome& outcome, Time now) {
  // Detections without a name of their own share the level's rule and alert, where the larger counts.
  const auto same_rule = [&](const risk::Part& p) { return p.reported_only && p.rule_id == rule_id; };
  const double missing = exponent_of_level(report) - (row != nullptr ? exponent_of_others(*row, now, same_rule) : 0.0);
  risk::Part* part = row != nullptr ? part_of(*row, report) : nullptr;
  const bool said = row != nullptr && std::any_of(row->parts.begin(), row->parts.end(),
                                                  [&](const risk::Part& p) { return same_rule(p) && p.exponent(now) >= missing; });
  if (part != nullptr && report.level <= before) {
    if (const double left = entra_exponent(*row, *part, now); left > kTopUpMin) {
      top_up_again(*row, *part, left, now);
    } else {
      explained(*row, *part);
    }
    row->touched = now;
    row->by = kByEntra;
    risk::decide_level(*row, now, true);
    risk::decide_revision(*row, now, r.event_time, true);
  } else if (missing > kTopUpMin && !said) {
    outcome.kind = ReportOutcome::Kind::finding;
    outcome.confidence = 1.0 - detmath::exp(-missing);
  }
}

/// Somebody confirmed the entity as compromised in Entra.
void RiskLedger::State::compromise_told(EntityRow& row, const RiskReport& r, Time now) {
  const RiskDetail word = risk::confirmed_detail(r.entity_type);
  for (const risk::Part& p : row.parts) note_state(p.alert_id, RiskState::confirmed_compromised, word);
  risk::confirm(row, word, now);
  row.detail = word;
  row.touched = now;
  row.by = kByEntra;
  risk::decide_level(row, now, false);
  risk::decide_revision(row, now, r.event_time, true);
}

void RiskLedger::State::note_flags(EntityRow& row, Tristate deleted, Tristate processing, Tristate enabled, Time now) {
  bool changed = set_flag(row.deleted, deleted, Tristate::yes);
  changed = set_flag(row.processing, processing, Tristate::yes) || changed;
  changed = set_flag(row.disabled, enabled, Tristate::no) || changed;
  if (changed) risk::decide_revision(row, now, now, true);
}

/// Ends risk found up to `how.until`. Where nothing is left the entity gets the state; what is newer, or our own where only Entra's goes,
/// keeps it at risk.
void RiskLedger::State::clear(Key128 key, EntityRow& row, const Clearing& how, Time now) {
  const RiskState wanted = allowed_state(row.entity.type, how.state);
  const std::vector<std::string> before = alerts_of(row);
  const std::size_t parts = row.parts.size();
  const bool at_risk = row.level != RiskLevel::none || row.confirmed();
  std::erase_if(row.parts, [&](risk::Part& p) {
    const bool entras = p.reported_only || (p.alert_id.empty() && p.pinned);
    if (how.reports_only && !entras) return false;
    std::erase_if(p.pieces, [&](const risk::Piece& piece) { return piece.at <= how.until; });
    return p.pieces.empty();
  });
  const bool signs = clear_sign_ins(row, how, now);
  if (const auto list = reports_of.find(key); list != reports_of.end()) {
    const std::set<Key128> keys = list->second;
    for (const Key128& k : keys) {
      ReportRow& report = *reports.find(k)->second.row;
      if (report.kind != ReportKind::detection || !report.live || part_of(row, report) != nullptr) continue;
      report.live = false;
      booked_report(k);
    }
  }
  const bool changed = row.parts.size() != parts || (at_risk && row.parts.empty());
  if (!changed && !signs) return;
  note_gone(before, row, wanted, how.detail);
  row.touched = now;
  row.by = how.by;
  if (row.parts.empty() || level_of(row.score(now)) == RiskLevel::none) {
    row.state = wanted;
    row.detail = how.detail;
  } else if (row.state == RiskState::confirmed_compromised && !row.confirmed()) {
    row.state = RiskState::at_risk;
  }
  risk::decide_level(row, now, true);
  risk::decide_revision(row, now, now, changed);
}

// ------------------------------------------------------------------------------------------------ the directory

bool RiskLedger::State::change(const DirectoryChange& c, Time now) {
  const Key128 key = entity_key(c.target_type, c.target_id);
  EntityRow* row = find_entity(key, now);
  if (row == nullptr) return false;
  switch (c.operation) {
    case DirectoryOperation::password_reset_by_user:
      clear(key, *row, Clearing{RiskState::remediated, RiskDetail::user_performed_secured_password_reset, c.event_time, false, std::string{c.actor}}, now);
      break;
    case DirectoryOperation::password_reset_by_admin:
      clear(key, *row, Clearing{RiskState::remediated, RiskDetail::admin_generated_temporary_password, c.event_time, false, std::string{c.actor}}, now);
      break;
    case DirectoryOperation::account_disabled: note_flags(*row, Tristate::unknown, Tristate::unknown, Tristate::no, now); break;
    case DirectoryOperation::account_enabled: note_flags(*row, Tristate::unknown, Tristate::unknown, Tristate::yes, now); break;
    case DirectoryOperation::account_deleted: note_flags(*row, Tristate::yes, Tristate::unknown, Tristate::unknown, now); break;
    case DirectoryOperation::account_restored: note_flags(*row, Tristate::no, Tristate::unknown, Tristate::unknown, now); break;
    case DirectoryOperation::credential_added: break;
  }
  booked(key);
  return true;
}

}  // namespace bartizan
