// Analysts' commands: what they change, and when they change nothing (entra.md 3.4; docs/risk.md has the table).

#include <algorithm>
#include <tuple>

#include "engine/model/check.h"
#include "engine/risk/ledger_state.h"

namespace bartizan {

using risk::EntityRow;
using risk::SignInRow;

namespace {

Verdict verdict_of(const Command& c, Time now) { return Verdict{std::string{c.author}, now, c.action, c.id.str()}; }

template <class Row>
AuditSnapshot snapshot(const Row& row, std::uint64_t revision, ScoreTenths score) {
  return AuditSnapshot{revision, row.level, row.state, row.detail, score};
}

/// The author saw a row that another verdict has overtaken, or a revision that this row never had (an earlier life of it).
template <class Row>
bool stale(const Row& row, const Command& c) {
  if (!c.decided_on_revision) return false;
  return *c.decided_on_revision > row.revision || (row.verdict && row.verdict_revision > *c.decided_on_revision);
}

EntityType entity_type_of(CommandTarget t) {
  switch (t) {
    case CommandTarget::service_principal: return EntityType::service_principal;
    case CommandTarget::managed_identity: return EntityType::managed_identity;
    case CommandTarget::agent: return EntityType::agent;
    case CommandTarget::user:
    case CommandTarget::sign_in: break;
  }
  return EntityType::user;
}

CommandOutcome rejected(RejectReason reason) {
  CommandOutcome outcome;
  outcome.reason = reason;
  return outcome;
}

void note_verdict(EntityRow& row, const Verdict& verdict, Time now) {
  row.verdict = verdict;
  row.verdict_revision = row.coming_revision();
  row.touched = now;
  row.by = verdict.by;
}

bool at_risk(RiskState s) { return s == RiskState::at_risk || s == RiskState::confirmed_compromised; }

}  // namespace

CommandOutcome RiskLedger::State::decide_entity(const Command& c, Time now) {
  const EntityType type = entity_type_of(c.target);
  const std::string id = c.target_id.str();
  const Key128 key = entity_key(type, id);
  EntityRow* row = find_entity(key, now);
  const bool known = row != nullptr && (row->visible() || !row->parts.empty());
  if (!known && (c.action != CommandAction::confirm_compromised || c.decided_on_revision)) {
    if (row != nullptr) booked(key);
    return rejected(RejectReason::unknown_target);
  }
  if (row == nullptr) {
    Entity entity_named;
    entity_named.type = type;
    entity_named.id = id;
    row = &entity(key, entity_named, now);
  }
  CommandOutcome outcome;
  outcome.before = snapshot(*row, row->revision, row->score(now));
  const Verdict verdict = verdict_of(c, now);
  const auto done = [&](RejectReason reason) {
    outcome.accepted = reason == RejectReason::none;
    outcome.reason = reason;
    if (outcome.accepted) note_verdict(*row, verdict, now);
    risk::decide_revision(*row, now, now, outcome.accepted);
    outcome.after = snapshot(*row, row->emit ? row->coming_revision() : row->revision, row->score(now));
    booked(key);
    return outcome;
  };
  if (stale(*row, c)) return done(RejectReason::stale);
  if (c.action == CommandAction::confirm_compromised) {
    const RiskDetail word = risk::confirmed_detail(type);
    if (row->state == RiskState::confirmed_compromised && row->detail == word) return done(RejectReason::no_change);
    for (const risk::Part& p : row->parts) note_state(p.alert_id, RiskState::confirmed_compromised, word);
    risk::confirm(*row, word, now);
    row->detail = word;
    risk::decide_level(*row, now, false);
    return done(RejectReason::none);
  }
  const RiskState wanted = c.action == CommandAction::dismiss ? RiskState::dismissed : RiskState::confirmed_safe;
  const bool faded = row->parts.empty();  // a level that only waits to fall
  const std::vector<std::string> before = alerts_of(*row);
  std::size_t cleared = risk::forget(*row, c.decided_on_revision);
  if (c.action == CommandAction::dismiss) cleared += dismiss_sign_ins(*row, verdict, c.decided_on_revision, now);
  const bool clears_level = at_risk(row->state) && faded;
  const bool only_a_word = c.action == CommandAction::confirm_safe && row->parts.empty() && row->state != wanted;
  if (cleared == 0 && !clears_level && !only_a_word) return done(RejectReason::no_change);
  row->state = wanted;
  row->detail = c.action == CommandAction::dismiss ? risk::dismissed_detail(type) : risk::safe_detail(type);
  note_gone(before, *row, wanted, row->detail);
  risk::decide_level(*row, now, true);
  return done(RejectReason::none);
}

/// Dismissing an entity's risk dismisses that of its sign-ins, as far as the author knew of it.
std::size_t RiskLedger::State::dismiss_sign_ins(const EntityRow& row, const Verdict& verdict, std::optional<std::uint64_t> revision,
                                                Time now) {
  const auto list = sign_ins_of.find(entity_key(row.entity.type, row.entity.id));
  if (list == sign_ins_of.end()) return 0;
  std::size_t changed = 0;
  const std::set<Key128> keys = list->second;
  for (const Key128& key : keys) {
    SignInRow& sign = *sign_ins.find(key)->second.row;
    const std::size_t gone = risk::forget(sign, risk::ForgetWhich{std::nullopt, revision, &row.entity}).size();
    const bool confirmed = sign.confirmed() && sign.entity.type == row.entity.type && sign.entity.id == row.entity.id;
    if (gone == 0 && !confirmed) continue;
    ++changed;
    if (sign.confirmed() && !confirmed) risk::changed(sign, now);  // confirmed for somebody else: stays high
    else risk::decide(sign, RiskState::dismissed, risk::dismissed_detail(row.entity.type), verdict, now);
    booked_sign_in(key);
  }
  return changed;
}

CommandOutcome RiskLedger::State::decide_sign_in(const Command& c, Time now) {
  const Key128 key = c.target_id.key();
  SignInRow* row = find_sign_in(key);
  if (row == nullptr) return rejected(RejectReason::unknown_target);
  CommandOutcome outcome;
  outcome.before = snapshot(*row, row->revision, row->score);
  const auto done = [&](RejectReason reason) {
    outcome.accepted = reason == RejectReason::none;
    outcome.reason = reason;
    outcome.after = snapshot(*row, row->emit ? row->coming_revision() : row->revision, row->score);
    booked_sign_in(key);
    return outcome;
  };
  if (stale(*row, c)) return done(RejectReason::stale);
  const Verdict verdict = verdict_of(c, now);
  if (c.action == CommandAction::confirm_compromised) {
    if (row->confirmed()) return done(RejectReason::no_change);
    risk::decide(*row, RiskState::confirmed_compromised, RiskDetail::admin_confirmed_signin_compromised, verdict, now);
    for (const risk::Detection& d : row->detections) {
      note_state(d.shown.alert_id, RiskState::confirmed_compromised, RiskDetail::admin_confirmed_signin_compromised);
    }
    raise_owner(*row, verdict, now);
    return done(RejectReason::none);
  }
  const RiskState wanted = c.action == CommandAction::dismiss ? RiskState::dismissed : RiskState::confirmed_safe;
  const bool was_confirmed = row->confirmed();
  const std::vector<risk::Detection> gone = risk::forget(*row, risk::ForgetWhich{c.decided_on_revision, std::nullopt, nullptr});
  const bool only_a_word = c.action == CommandAction::confirm_safe && row->detections.empty() && row->state != wanted;
  if (gone.empty() && !was_confirmed && !only_a_word) return done(RejectReason::no_change);
  const RiskDetail word =
      c.action == CommandAction::dismiss ? RiskDetail::admin_dismissed_risk_for_sign_in : RiskDetail::admin_confirmed_signin_safe;
  risk::decide(*row, wanted, word, verdict, now);
  take_back(gone, was_confirmed, row->entity, verdict.by, wanted, word, now);
  return done(RejectReason::none);
}

/// A sign-in confirmed compromised raises its owner to high.
void RiskLedger::State::raise_owner(const SignInRow& sign, const Verdict& verdict, Time now) {
  const Key128 key = entity_key(sign.entity.type, sign.entity.id);
  EntityRow& row = entity(key, sign.entity, now);
  risk::Part& part = risk::confirm(row, RiskDetail::admin_confirmed_signin_compromised, now);
  ++part.confirmations;
  if (row.state != RiskState::confirmed_compromised) row.detail = RiskDetail::admin_confirmed_signin_compromised;
  risk::decide_level(row, now, false);
  note_verdict(row, verdict, now);
  risk::decide_revision(row, now, now, true);
  booked(key);
}

bool RiskLedger::State::fed_by_another_sign_in(Key128 entity, const risk::Detection& gone) const {
  const auto list = sign_ins_of.find(entity);
  if (list == sign_ins_of.end()) return false;
  return std::any_of(list->second.begin(), list->second.end(), [&](const Key128& key) {
    const auto& detections = sign_ins.find(key)->second.row->detections;
    return std::any_of(detections.begin(), detections.end(), [&](const risk::Detection& d) {
      return d.shown.rule_id == gone.shown.rule_id && d.shown.alert_id == gone.shown.alert_id && d.entity_type == gone.entity_type &&
             d.entity_id == gone.entity_id;
    });
  });
}

/// A sign-in that is safe or dismissed no longer counts for those whose risk it raised. A contribution stays while another sign-in,
/// or a finding that belongs to none, feeds it.
void RiskLedger::State::take_back(const std::vector<risk::Detection>& gone, bool was_confirmed, const Entity& owner,
                                  std::string_view author, RiskState state, RiskDetail detail, Time now) {
  std::set<Key128> keys;
  if (was_confirmed) keys.insert(entity_key(owner.type, owner.id));
  for (const risk::Detection& d : gone) keys.insert(entity_key(d.entity_type, d.entity_id));
  for (const Key128& key : keys) {
    EntityRow* row = find_entity(key, now);
    if (row == nullptr) continue;
    bool less = false;
    const std::vector<std::string> before = alerts_of(*row);
    for (const risk::Detection& d : gone) {
      if (entity_key(d.entity_type, d.entity_id) != key || fed_by_another_sign_in(key, d) || fed_by_waiting_report(key, d)) continue;
      less = std::erase_if(row->parts, [&](const risk::Part& p) {
               return p.rule_id == d.shown.rule_id && p.alert_id == d.shown.alert_id && !p.beyond_sign_ins;
             }) > 0 || less;
    }
    if (was_confirmed && key == entity_key(owner.type, owner.id)) {
      const std::string_view word = to_word(RiskDetail::admin_confirmed_signin_compromised);
      const auto part = std::find_if(row->parts.begin(), row->parts.end(),
                                     [&](const risk::Part& p) { return p.rule_id == word && p.alert_id.empty(); });
      if (part != row->parts.end() && (part->confirmations == 0 || --part->confirmations == 0)) {
        row->parts.erase(part);
        less = true;
      }
    }
    if (less) {
      row->by = author;
      row->touched = now;
      note_gone(before, *row, state, detail);
      risk::decide_level(*row, now, true);
    }
    risk::decide_revision(*row, now, now, less);
    booked(key);
  }
}

}  // namespace bartizan
