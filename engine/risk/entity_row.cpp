#include "engine/risk/entity_row.h"

#include <algorithm>
#include <cstdlib>

#include "engine/model/check.h"

namespace bartizan::risk {

namespace {

RiskLevel one_down(RiskLevel level) { return static_cast<RiskLevel>(static_cast<std::uint8_t>(level) - 1); }

bool level_falls_by_itself(const EntityRow& row) { return row.level != RiskLevel::none && row.state == RiskState::at_risk; }

Time after(Time t, Duration d) { return t > Time::max() - d ? Time::max() : t + d; }

/// Start of the time below the present level's limit, seen from `now`. A span that has begun and still holds goes on.
void watch_level(EntityRow& row, Time now) {
  if (!level_falls_by_itself(row)) {
    row.below_from = Time::max();
    return;
  }
  const ScoreTenths limit = hold_limit(row.level);
  if (row.below_from <= now && row.score(now) < limit) return;
  row.below_from = first_below(row.parts, row.bonus, limit, now);
}

void set_state_from_level(EntityRow& row) {
  if (row.confirmed()) {
    row.level = RiskLevel::high;
    row.state = RiskState::confirmed_compromised;
  } else if (row.level != RiskLevel::none) {
    row.state = RiskState::at_risk;
    row.detail = RiskDetail::none;
  } else if (row.state == RiskState::at_risk || row.state == RiskState::confirmed_compromised) {
    row.state = RiskState::none;
    row.detail = RiskDetail::none;
  }
}

/// Time at which the row ends; never while it is at risk, pinned, or has something to say.
Time end_of(const EntityRow& row) {
  if (row.emit || row.gone || row.level != RiskLevel::none) return Time::max();
  Time last{};
  for (const Part& p : row.parts) {
    if (p.pinned) return Time::max();
    last = std::max(last, p.expires());
  }
  if (!row.visible()) return last;
  return std::max(row.touched, row.published.at) + kRowKept;
}

void plan_move(EntityRow& row, Time now) {
  row.move_due = Time::max();
  if (!row.visible() || row.emit) return;
  const ScoreTenths score = row.score(now);
  const Time earliest = row.published.at + kMoveEvery;
  if (std::abs(score - row.published.score) >= kMoveTenths) {
    row.move_due = earliest;
    return;
  }
  const Time moved = first_below(row.parts, row.bonus, row.published.score - kMoveTenths + 1, now);
  if (moved != Time::max()) row.move_due = std::max(moved, earliest);
}

/// The part that goes first when there are too many.
std::size_t weakest(const EntityRow& row, Time now) {
  std::size_t best = 0;
  for (std::size_t i = 1; i < row.parts.size(); ++i) {
    const Part& a = row.parts[i];
    const Part& b = row.parts[best];
    if (a.pinned != b.pinned ? b.pinned : a.exponent(now) < b.exponent(now)) best = i;
  }
  return best;
}

}  // namespace

bool EntityRow::confirmed() const {
  return std::any_of(parts.begin(), parts.end(), [](const Part& p) { return p.pinned && p.alert_id.empty(); });
}

void end(EntityRow& row) {
  EntityRow fresh;
  fresh.entity = std::move(row.entity);
  fresh.gone = row.gone || row.revision > 0;
  fresh.told_level = row.told_level;
  row = std::move(fresh);
}

void settle(EntityRow& row, Time now) {
  while (level_falls_by_itself(row) && after(row.below_from, kLevelHold) <= now) {
    const Time fell = row.below_from + kLevelHold;
    row.level = one_down(row.level);
    set_state_from_level(row);
    row.below_from = Time::max();
    watch_level(row, fell);
  }
  if (end_of(row) <= now && (!row.parts.empty() || row.visible())) {
    end(row);
    return;
  }
  std::erase_if(row.parts, [&](const Part& p) { return !p.active(now); });
}

void decide_level(EntityRow& row, Time now, bool at_once) {
  const RiskLevel target = level_of(row.score(now));
  if (target > row.level || at_once) {
    if (target != row.level) row.below_from = Time::max();
    row.level = target;
  }
  set_state_from_level(row);
  watch_level(row, now);
}

void decide_revision(EntityRow& row, Time now, Time event_time, bool forced) {
  if (row.visible()) {
    const Published& p = row.published;
    const bool changed = row.revision == 0 || row.level != p.level || row.state != p.state || row.detail != p.detail;
    const bool moved = std::abs(row.score(now) - p.score) >= kMoveTenths && now >= p.at + kMoveEvery;
    if (changed || forced || moved) {
      row.emit = true;
      row.changed_at = now;
      row.event_time = event_time;
    }
  }
  plan_move(row, now);
}

Time due(const EntityRow& row) {
  Time t = std::min(row.move_due, end_of(row));
  if (level_falls_by_itself(row)) t = std::min(t, after(row.below_from, kLevelHold));
  return t;
}

RiskyEntity publish(EntityRow& row, std::string_view tenant_id) {
  BARTIZAN_CHECK(row.emit);
  row.emit = false;
  const Published before = row.published;
  const bool first = row.revision == 0;
  ++row.revision;
  row.published = Published{row.level, row.state, row.detail, row.score(row.changed_at), row.changed_at};
  const bool history = first || before.level != row.level || before.state != row.state || before.detail != row.detail;
  if (history) {
    row.history.push_back(RiskHistoryItem{row.revision, row.changed_at, row.level, row.state, row.detail, row.published.score,
                                          row.by, row.causes});
    if (row.history.size() > kHistoryMax) row.history.erase(row.history.begin());
  }
  plan_move(row, row.changed_at);
  RiskyEntity out;
  out.tenant_id = tenant_id;
  out.entity = row.entity;
  out.revision = row.revision;
  out.level = row.level;
  out.state = row.state;
  out.detail = row.detail;
  out.score = row.published.score;
  out.event_time = row.event_time;
  out.last_updated = row.changed_at;
  out.contributions = contributions_at(row.parts, row.changed_at);
  out.processing = row.processing;
  out.deleted = row.deleted;
  out.disabled = row.disabled;
  out.verdict = row.verdict;
  out.history = row.history;
  return out;
}

PartSlot part_for(EntityRow& row, std::string_view rule_id, std::string_view alert_id, Time now) {
  PartSlot slot;
  Part wanted;
  wanted.rule_id = rule_id;
  wanted.alert_id = alert_id;
  slot.rule_is_new = std::none_of(row.parts.begin(), row.parts.end(), [&](const Part& p) { return p.rule_id == rule_id; });
  auto at = std::lower_bound(row.parts.begin(), row.parts.end(), wanted, [](const Part& a, const Part& b) { return a.before(b); });
  if (at == row.parts.end() || wanted.before(*at)) {
    if (row.parts.size() >= kContributionsMax) {
      row.parts.erase(row.parts.begin() + static_cast<std::ptrdiff_t>(weakest(row, now)));
      slot.evicted = true;
      at = std::lower_bound(row.parts.begin(), row.parts.end(), wanted, [](const Part& a, const Part& b) { return a.before(b); });
    }
    at = row.parts.insert(at, std::move(wanted));
  }
  slot.part = &*at;
  return slot;
}

Part& confirm(EntityRow& row, RiskDetail word, Time now) {
  Part& part = *part_for(row, to_word(word), "", now).part;
  part.family = verdict_family(row.entity.type);
  part.pinned = true;
  part.beyond_sign_ins = true;
  if (part.half_life.count() <= 0) part.half_life = std::chrono::days{1};  // never used: it is pinned
  part.pieces.clear();
  part.renew(kConfirmedExponent, now, row.coming_revision(), part.half_life);
  return part;
}

std::size_t forget(EntityRow& row, std::optional<std::uint64_t> revision) {
  std::size_t changed = 0;
  std::vector<Part> left;
  for (Part& p : row.parts) {
    const std::size_t before = p.pieces.size();
    const bool stays = revision && p.forget(*revision);
    if (!stays || p.pieces.size() != before) ++changed;
    if (stays) left.push_back(std::move(p));
  }
  row.parts = std::move(left);
  return changed;
}

RiskDetail confirmed_detail(EntityType type) {
  return type == EntityType::user ? RiskDetail::admin_confirmed_user_compromised
         : type == EntityType::agent ? RiskDetail::admin_confirmed_agent_compromised
                                     : RiskDetail::admin_confirmed_service_principal_compromised;
}

RiskDetail safe_detail(EntityType type) {
  return type == EntityType::agent ? RiskDetail::admin_confirmed_agent_safe : RiskDetail::admin_confirmed_account_safe;
}

RiskDetail dismissed_detail(EntityType type) {
  return type == EntityType::user ? RiskDetail::admin_dismissed_all_risk_for_user
         : type == EntityType::agent ? RiskDetail::admin_dismissed_risk_for_agent
                                     : RiskDetail::admin_dismissed_all_risk_for_service_principal;
}

std::string_view verdict_family(EntityType type) {
  return type == EntityType::user ? "credential" : type == EntityType::agent ? "agent" : "workload";
}

}  // namespace bartizan::risk
