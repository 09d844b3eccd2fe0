// Entra's detections on the sign-ins that they name.

#include <algorithm>

#include "engine/risk/ledger_state.h"

namespace bartizan {

using risk::EntityRow;
using risk::ReportRow;
using risk::SignInRow;

namespace {

const risk::Part* part_of(const EntityRow& row, const ReportRow& report) {
  const auto it = std::find_if(row.parts.begin(), row.parts.end(), [&](const risk::Part& p) { return risk::feeds(report, p); });
  return it == row.parts.end() ? nullptr : &*it;
}

}  // namespace

/// A sign-in that has a row of its own shows Entra's detection too.
void RiskLedger::State::reported_on_sign_in(const LedgerFinding& lf, const EntityRow& row, Time now) {
  const RiskReport& r = *lf.report;
  SignInRow* sign = r.request_id ? find_sign_in(r.request_id.key()) : nullptr;
  const auto report = reports.find(risk::report_key(r.kind, r.entity_type, r.id.str()));
  if (sign == nullptr || report == reports.end()) return;
  const risk::Part* part = part_of(row, *report->second.row);
  if (part != nullptr) show_on_sign_in(*sign, *report->second.row, row, *part, row.coming_revision(), now);
}

/// Reports often come before their sign-in: they wait by its id among the reports, and so within their bounds.
bool RiskLedger::State::show_reports_on(const SignIn& e, bool fresh, Time now) {
  const auto waiting = reports_on.find(e.id.key());
  if (waiting == reports_on.end() || (!fresh && find_sign_in(e.id.key()) != nullptr)) return false;
  bool any = false;
  for (const Key128& key : waiting->second) {
    const ReportRow& report = *reports.find(key)->second.row;
    const Key128 owner = entity_key(report.entity_type, report.entity_id);
    EntityRow* row = report.live ? find_entity(owner, now) : nullptr;
    if (row == nullptr) continue;
    const risk::Part* part = part_of(*row, report);
    if (part != nullptr && concerns(e, row->entity)) {  // without a contribution somebody has cleared it
      show_on_sign_in(sign_in(e.id.key(), e, row->entity), report, *row, *part, part->pieces.front().since, now);
      any = true;
    }
    booked(owner);
  }
  return any;
}

void RiskLedger::State::show_on_sign_in(SignInRow& sign, const ReportRow& report, const EntityRow& row, const risk::Part& part,
                                        std::uint64_t entity_since, Time now) {
  const bool own = std::any_of(sign.detections.begin(), sign.detections.end(), [&](const risk::Detection& known) {
    return known.shown.rule_id == report.rule_id && known.shown.alert_id == report.alert_id && known.shown.source != RuleSource::entra;
  });
  if (own) return;  // we said so ourselves
  risk::Detection d;
  d.shown = SignInDetection{report.alert_id, report.rule_id, RuleSource::entra, static_cast<RiskLevel>(report.level), now, false};
  d.family = part.family;
  d.exponent = report.exponent;
  d.entity_type = row.entity.type;
  d.entity_id = row.entity.id;
  d.since = sign.coming_revision();
  d.entity_since = entity_since;
  sign.bonus = rules->settings.families_bonus;
  const Key128 key = Id::from(sign.id).key();
  risk::detect(sign, std::move(d), now);
  booked_sign_in(key);
}

/// A live report on a sign-in that was never seen feeds the same contribution.
bool RiskLedger::State::fed_by_waiting_report(Key128 entity, const risk::Detection& d) const {
  const auto list = reports_of.find(entity);
  if (list == reports_of.end()) return false;
  return std::any_of(list->second.begin(), list->second.end(), [&](const Key128& key) {
    const ReportRow& report = *reports.find(key)->second.row;
    return risk::is_of_sign_in(report) && report.live && report.rule_id == d.shown.rule_id && report.alert_id == d.shown.alert_id &&
           !sign_ins.contains(Id::from(report.request_id).key());
  });
}

bool RiskLedger::State::clear_sign_ins(const EntityRow& row, const Clearing& how, Time now) {
  const auto list = sign_ins_of.find(entity_key(row.entity.type, row.entity.id));
  if (list == sign_ins_of.end()) return false;
  bool any = false;
  const std::set<Key128> keys = list->second;
  for (const Key128& key : keys) {
    SignInRow& sign = *sign_ins.find(key)->second.row;
    const std::size_t gone = std::erase_if(sign.detections, [&](const risk::Detection& d) {
      return d.entity_type == row.entity.type && d.entity_id == row.entity.id && d.shown.at <= how.until &&
             (!how.reports_only || d.shown.source == RuleSource::entra);
    });
    if (gone == 0) continue;
    any = true;
    risk::reassess(sign, how.state == RiskState::none ? RiskState::dismissed : how.state, how.detail, now);
    booked_sign_in(key);
  }
  return any;
}

}  // namespace bartizan
