// The ledger's tables and timers, and what a finding does to its entity and sign-in.

#include "engine/risk/ledger_state.h"

#include <algorithm>

#include "engine/risk/row_codec.h"

namespace bartizan {

using risk::EntityRow;
using risk::SignInRow;

namespace {

/// A rule without a half-life (a defect of its pack) must not divide by zero.
constexpr Duration kHalfLifeMin = std::chrono::minutes{1};


void keep_newest(std::string& kept, const std::string& seen) {
  if (!seen.empty()) kept = seen;
}

void keep_newest(Named& kept, const Named& seen) {
  if (!seen.empty()) kept = seen;
}

/// What is known of the entity: the newest finding's words, older ones where it has none.
void describe_again(Entity& kept, const Entity& seen) {
  keep_newest(kept.name, seen.name);
  keep_newest(kept.user_principal_name, seen.user_principal_name);
  keep_newest(kept.app_id, seen.app_id);
  if (seen.identity_type != AgentIdentityType::none) kept.identity_type = seen.identity_type;
  keep_newest(kept.blueprint, seen.blueprint);
  keep_newest(kept.parent, seen.parent);
  keep_newest(kept.sponsor, seen.sponsor);
}

RiskLevel level_of_severity(Severity s) {
  return s >= Severity::high ? RiskLevel::high : s == Severity::medium ? RiskLevel::medium : RiskLevel::low;
}

bool is(const EntityRef& ref, const Entity& entity) { return ref.type == entity.type && !ref.empty() && ref.id == Id::from(entity.id); }

}  // namespace

bool RiskLedger::State::concerns(const SignIn& e, const Entity& entity) {
  return is(subject_of(e), entity) || is(actor_of(e), entity) || is(agent_of(e), entity);
}

EntityRow* RiskLedger::State::find_entity(Key128 key, Time now) {
  const auto it = entities.find(key);
  if (it == entities.end()) return nullptr;
  risk::settle(*it->second.row, now);
  return it->second.row.get();
}

EntityRow& RiskLedger::State::entity(Key128 key, const Entity& entity, Time now) {
  if (EntityRow* row = find_entity(key, now)) return *row;
  if (entities.size() >= kRiskEntitiesMax) {
    const Key128 victim = rank.begin()->second;
    risk::end(*entities.find(victim)->second.row);
    booked(victim);
    ++evictions;
  }
  EntitySlot& slot = entities[key];
  slot.row = std::make_unique<EntityRow>();
  slot.row->entity = entity;
  rank.insert({{RiskLevel::none, Time{}}, key});
  return *slot.row;
}

void RiskLedger::State::booked(Key128 key) {
  EntitySlot& slot = entities.find(key)->second;
  const EntityRow& row = *slot.row;
  if (row.blank()) {
    erase_entity(key);
    return;
  }
  auto& due_set = timers[static_cast<std::size_t>(Table::entity)];
  const Time due = risk::due(row);
  if (due != slot.due) {
    if (slot.due != Time::max()) due_set.erase({slot.due, key});
    if (due != Time::max()) due_set.insert({due, key});
    slot.due = due;
  }
  auto& counts = risky[static_cast<std::size_t>(row.entity.type)];
  if (row.level != slot.counted || row.touched != slot.rank_touched) {
    if (slot.counted != RiskLevel::none) --counts[static_cast<std::size_t>(slot.counted) - 1];
    if (row.level != RiskLevel::none) ++counts[static_cast<std::size_t>(row.level) - 1];
    rank.erase({{slot.counted, slot.rank_touched}, key});
    rank.insert({{row.level, row.touched}, key});
    slot.counted = row.level;
    slot.rank_touched = row.touched;
  }
  const std::size_t size = risk::encode(row).size();
  bytes += size - slot.bytes;
  slot.bytes = size;
  dirty.insert({Table::entity, key});
  if (row.in_step()) step.insert({Table::entity, key});
}

void RiskLedger::State::erase_entity(Key128 key) {
  const auto it = entities.find(key);
  EntitySlot& slot = it->second;
  if (slot.due != Time::max()) timers[static_cast<std::size_t>(Table::entity)].erase({slot.due, key});
  if (slot.counted != RiskLevel::none) {
    --risky[static_cast<std::size_t>(slot.row->entity.type)][static_cast<std::size_t>(slot.counted) - 1];
  }
  rank.erase({{slot.counted, slot.rank_touched}, key});
  bytes -= slot.bytes;
  retired.push_back(std::move(slot.row));
  entities.erase(it);
  dirty.insert({Table::entity, key});
}

SignInRow* RiskLedger::State::find_sign_in(Key128 key) {
  const auto it = sign_ins.find(key);
  return it == sign_ins.end() ? nullptr : it->second.row.get();
}

SignInRow& RiskLedger::State::sign_in(Key128 key, const SignIn& e, const Entity& entity) {
  if (SignInRow* row = find_sign_in(key)) return *row;
  if (sign_ins.size() >= kRiskSignInsMax) {
    erase_sign_in(timers[static_cast<std::size_t>(Table::sign_in)].begin()->second);
    ++evictions;
  }
  SignInSlot& slot = sign_ins[key];
  slot.row = std::make_unique<SignInRow>();
  slot.row->id = e.id.str();
  slot.row->entity = entity;
  slot.row->summary = risk::encode(summarise(e));
  return *slot.row;
}

void RiskLedger::State::unlink(Key128 sign_in, Key128 entity) {
  const auto list = sign_ins_of.find(entity);
  list->second.erase(sign_in);
  if (list->second.empty()) sign_ins_of.erase(list);
}

/// Lists a sign-in under its owner and under those whose risk its detections raised; of too many the longest untouched goes.
void RiskLedger::State::link(Key128 sign_in) {
  SignInSlot& slot = sign_ins.find(sign_in)->second;
  std::set<Key128> wanted{entity_key(slot.row->entity.type, slot.row->entity.id)};
  for (const risk::Detection& d : slot.row->detections) wanted.insert(entity_key(d.entity_type, d.entity_id));
  for (const Key128& entity : slot.linked) {
    if (!wanted.contains(entity)) unlink(sign_in, entity);
  }
  for (const Key128& entity : wanted) sign_ins_of[entity].insert(sign_in);
  slot.linked = wanted;
  for (const Key128& entity : wanted) {
    const std::set<Key128>& list = sign_ins_of.find(entity)->second;
    if (list.size() <= kRiskSignInsPerEntityMax) continue;
    std::pair<Time, Key128> oldest{Time::max(), sign_in};
    for (const Key128& key : list) {
      if (key != sign_in) oldest = std::min(oldest, std::pair{sign_ins.find(key)->second.due, key});
    }
    erase_sign_in(oldest.second);
    ++evictions;
  }
}

void RiskLedger::State::booked_sign_in(Key128 key) {
  SignInSlot& slot = sign_ins.find(key)->second;
  auto& due_set = timers[static_cast<std::size_t>(Table::sign_in)];
  const Time due = slot.row->touched + risk::kSignInKept;
  if (due != slot.due) {
    if (slot.due != Time::max()) due_set.erase({slot.due, key});
    due_set.insert({due, key});
    slot.due = due;
  }
  const std::size_t size = risk::encode(*slot.row).size();
  bytes += size - slot.bytes;
  slot.bytes = size;
  dirty.insert({Table::sign_in, key});
  step.insert({Table::sign_in, key});
  link(key);
}

void RiskLedger::State::erase_sign_in(Key128 key) {
  const auto it = sign_ins.find(key);
  SignInSlot& slot = it->second;
  for (const Key128& entity : slot.linked) unlink(key, entity);
  if (slot.due != Time::max()) timers[static_cast<std::size_t>(Table::sign_in)].erase({slot.due, key});
  bytes -= slot.bytes;
  if (slot.row->revision > 0) {
    gone_sign_ins[key] = slot.row->id;
    dirty.insert({Table::gone_sign_in, key});
  }
  sign_ins.erase(it);
  dirty.insert({Table::sign_in, key});
}

bool RiskLedger::State::remember(Key128 command, Time now) {
  auto& due_set = timers[static_cast<std::size_t>(Table::command)];
  const auto [it, fresh] = commands.try_emplace(command, now + kCommandsRemembered);
  if (!fresh) {
    if (it->second > now) return false;
    due_set.erase({it->second, command});
    it->second = now + kCommandsRemembered;
  }
  due_set.insert({it->second, command});
  dirty.insert({Table::command, command});
  if (commands.size() > kCommandsRememberedMax) {
    fire(Table::command, due_set.begin()->second, now);
    ++evictions;
  }
  return true;
}

bool RiskLedger::State::fire(Table table, Key128 key, Time now) {
  switch (table) {
    case Table::entity: {
      EntityRow& row = *find_entity(key, now);
      risk::decide_revision(row, now, now, false);
      booked(key);
      return true;
    }
    case Table::sign_in:
      erase_sign_in(key);
      return true;
    case Table::report:
      erase_report(key);
      return true;
    case Table::gone_sign_in: break;  // has no timer
    case Table::command:
      timers[static_cast<std::size_t>(table)].erase({commands.find(key)->second, key});
      commands.erase(key);
      dirty.insert({table, key});
      return true;
  }
  return false;
}

void RiskLedger::State::renewed(const LedgerFinding& lf, double exponent, EntityRow& row, Time event_time, Time now) {
  const Rule& rule = *lf.rule;
  row.bonus = rules->settings.families_bonus;
  describe_again(row.entity, lf.finding->entity);
  const risk::PartSlot slot = risk::part_for(row, rule.alert.id, lf.alert_id, now);
  if (slot.evicted) ++evictions;
  risk::Part& part = *slot.part;
  part.family = rule.family;
  const Duration half_life = std::max(rule.risk_half_life, kHalfLifeMin);
  const bool fresh = part.pieces.empty();
  if (fresh) part.half_life = half_life;
  part.reported_only = lf.report != nullptr && (fresh || part.reported_only);
  if (lf.finding->pinned && !part.pinned) {  // from now on without decay, at what is left of it
    for (risk::Piece& p : part.pieces) p = risk::Piece{p.since, part.exponent(now), now};
    part.pinned = true;
  }
  part.renew(exponent, now, row.coming_revision(), half_life);
  const bool of_sign_in = lf.sign_in != nullptr ? concerns(*lf.sign_in, row.entity)
                                                : lf.report != nullptr && lf.report->kind == ReportKind::detection && lf.report->request_id;
  part.beyond_sign_ins = part.beyond_sign_ins || !of_sign_in;
  explain_top_up(row, now);
  row.touched = now;
  const auto at = std::lower_bound(row.causes.begin(), row.causes.end(), rule.alert.id);
  if ((at == row.causes.end() || *at != rule.alert.id) && row.causes.size() < risk::kCausesMax) row.causes.insert(at, rule.alert.id);
  risk::decide_level(row, now, false);
  risk::decide_revision(row, now, event_time, slot.rule_is_new);
}

void RiskLedger::State::detected(const LedgerFinding& lf, double exponent, const EntityRow& row, Time now) {
  const Key128 key = lf.sign_in->id.key();
  SignInRow& sign = sign_in(key, *lf.sign_in, row.entity);
  // Where an agent acted for a user, the sign-in's risk is the user's as soon as a finding says so.
  if (!is(subject_of(*lf.sign_in), sign.entity) && is(subject_of(*lf.sign_in), row.entity)) sign.entity = row.entity;
  sign.bonus = rules->settings.families_bonus;
  risk::Detection d;
  d.shown = SignInDetection{std::string{lf.alert_id}, lf.rule->alert.id, lf.rule->alert.source,
                            level_of_severity(lf.finding->severity), now, lf.real_time};
  d.family = lf.rule->family;
  d.exponent = exponent;
  d.entity_type = row.entity.type;
  d.entity_id = row.entity.id;
  d.since = sign.coming_revision();
  d.entity_since = row.coming_revision();
  risk::detect(sign, std::move(d), now);
  booked_sign_in(key);
}

}  // namespace bartizan
