#include "engine/report/alert_book.h"

#include "engine/model/check.h"
#include "engine/report/alert_book_state.h"
#include "engine/report/alert_codec.h"
#include "engine/report/evidence.h"

namespace bartizan {

using report::AlertRow;
using report::Budget;
using report::dedup_key;
using report::hidden;
using report::kAlertPrefix;
using report::kBudgetPrefix;
using report::kIdPrefix;
using report::row_key;

namespace {

/// News that is neither a graver severity nor a round count waits for this, counted from the last revision.
constexpr Duration kNewsEvery = std::chrono::minutes{15};
/// Ids of alerts are remembered this long in journal time after opening and after closing, per topic, so that no finding with the
/// same anchor writes (id, revision) again.
constexpr Duration kIdKept = std::chrono::days{7};
constexpr std::size_t kIdsMax = 200'000;
/// Hidden alerts (suppressed or shadow) may take this share of the open ones, so that noise cannot crowd out what people see.
constexpr std::uint32_t kHiddenShare = 2;
/// An alert's id on its topic.
Key128 id_key(std::string_view alert_id, bool on_shadow) { return stable_hash128(alert_id, on_shadow ? 1 : 0); }

/// 10, 100, 1000 ...
bool round_count(std::uint64_t n) {
  if (n < 10) return false;
  while (n % 10 == 0) n /= 10;
  return n == 1;
}

/// An alert opened by a campaign or at high severity is never held back by the budget: it may be the only one that matters.
bool beyond_budget(const Finding& f) { return f.campaign.has_value() || f.severity >= Severity::high; }

}  // namespace

bool AlertBook::State::takes_token(const Rule& rule, Time now) {
  const std::uint32_t per_hour = rules->settings.alerts_per_hour_max;
  const auto [it, fresh] = budgets.try_emplace(rule.alert.id);
  Budget& budget = it->second;
  if (fresh) budget = Budget{Budget::kCost * per_hour, now};
  budget.refill(per_hour, now);
  dirty.insert(kBudgetPrefix + rule.alert.id);
  return budget.take();
}

bool AlertBook::State::has_room(bool for_hidden) const {
  const std::size_t most = rules->settings.open_alerts_max;
  return open.size() < most && (!for_hidden || hidden_open < most / kHiddenShare);
}

/// The alert's id by its anchor. A closed alert never opens again: where the finding's anchor has opened one that is remembered, the
/// next of its events becomes the anchor. Empty: every event of the finding has been an anchor.
std::string AlertBook::State::fresh_id(const Rule& rule, Finding& f) const {
  const bool on_shadow = f.suppression != Suppression::none || rule.alert.mode == RuleMode::shadow;
  for (std::size_t i = 0; i < f.evidence.size(); ++i) {
    std::string id = alert_id(tenant_id, rule.alert.id, f.entity.type, f.entity.id, f.evidence[i].event_id);
    if (used.contains(id_key(id, on_shadow))) continue;
    const auto at = f.evidence.begin() + static_cast<std::ptrdiff_t>(i);
    std::rotate(f.evidence.begin(), at, at + 1);
    return id;
  }
  return {};
}

AlertRow* AlertBook::State::open_alert(const Rule& rule, Finding&& f, std::string id, Time now) {
  auto row = std::make_unique<AlertRow>();
  Alert& a = row->alert;
  a.id = std::move(id);
  a.revision = 0;
  a.tenant_id = tenant_id;
  a.detected_at = now;
  row->thread = f.campaign ? f.campaign_thread : 0;
  row->merge(rule, std::move(f));
  if (a.campaign) a.campaign_id = a.id;
  const Key128 key = dedup_key(*row);
  Slot& slot = open[key];
  slot.row = std::move(row);
  slot.hidden = hidden(slot.row->alert);
  if (slot.hidden) ++hidden_open;
  return slot.row.get();
}

void AlertBook::State::revise(AlertRow& row, Time now, AlertSink& out) {
  Alert& a = row.alert;
  ++a.revision;
  a.last_updated = now;
  row.revised_at = now;
  row.waiting = false;
  out.alert(a);
}

void AlertBook::State::news_or_wait(AlertRow& row, bool at_once, Time now, AlertSink& out) {
  row.waiting = true;
  if (at_once || now >= row.revised_at + kNewsEvery) {
    row.alert.state = row.alert.suppression != Suppression::none ? AlertState::suppressed : AlertState::updated;
    revise(row, now, out);
  }
  booked(dedup_key(row));
}

/// A victim points at its campaign, the campaign at its victims. A visible victim never points at a hidden campaign.
void AlertBook::State::link_campaign(AlertRow& victim, const Entity& entity, std::uint64_t thread, Time now, AlertSink& out) {
  Alert& v = victim.alert;
  const bool suppressed_victim = v.suppression != Suppression::none;
  AlertRow* campaign = find(dedup_key(v.rule.id, entity.type, entity.id, v.rule.mode, false, thread));
  if (campaign == nullptr && suppressed_victim) campaign = find(dedup_key(v.rule.id, entity.type, entity.id, v.rule.mode, true, thread));
  if (campaign == nullptr || campaign == &victim) return;
  v.campaign_id = campaign->alert.id;
  victim.relate(campaign->alert.id, "campaign");
  const bool campaign_hidden = campaign->alert.suppression != Suppression::none;
  if ((campaign_hidden || !suppressed_victim) && campaign->relate(v.id, "victim")) news_or_wait(*campaign, false, now, out);
}

void AlertBook::State::booked(Key128 key) {
  Slot& slot = open.find(key)->second;
  AlertRow& row = *slot.row;
  const std::string& id = row.alert.id;
  const Time closes = row.closes();
  if (closes != slot.closes) {
    if (slot.closes != Time::max()) closings.erase(Timer{slot.closes, id, key});
    closings.insert(Timer{closes, id, key});
    slot.closes = closes;
  }
  const Time due = row.waiting ? row.revised_at + kNewsEvery : Time::max();
  if (due != slot.news_due) {
    if (slot.news_due != Time::max()) news.erase(Timer{slot.news_due, id, key});
    if (due != Time::max()) news.insert(Timer{due, id, key});
    slot.news_due = due;
  }
  std::size_t size = report::encode(row).size();
  while (size > report::kAlertRowBytesMax && report::drop_least_different(row.alert.evidence)) size = report::encode(row).size();
  bytes += size - slot.bytes;
  slot.bytes = size;
  dirty.insert(row_key(kAlertPrefix, key));
}

void AlertBook::State::remember_id(const Alert& a, Time now) {
  const Key128 key = id_key(a.id, hidden(a));
  const auto [it, fresh] = used.try_emplace(key, now + kIdKept);
  if (!fresh) {
    used_timers.erase({it->second, key});
    it->second = now + kIdKept;
  }
  used_timers.insert({it->second, key});
  dirty.insert(row_key(kIdPrefix, key));
  while (used.size() > kIdsMax) forget_ids(used_timers.begin()->first);
}

void AlertBook::State::forget_ids(Time now) {
  while (!used_timers.empty() && used_timers.begin()->first <= now) {
    const Key128 key = used_timers.begin()->second;
    used_timers.erase(used_timers.begin());
    used.erase(key);
    dirty.insert(row_key(kIdPrefix, key));
  }
}

void AlertBook::State::erase(Key128 key) {
  const auto it = open.find(key);
  Slot& slot = it->second;
  const std::string& id = slot.row->alert.id;
  if (slot.closes != Time::max()) closings.erase(Timer{slot.closes, id, key});
  if (slot.news_due != Time::max()) news.erase(Timer{slot.news_due, id, key});
  if (slot.hidden) --hidden_open;
  bytes -= slot.bytes;
  open.erase(it);
  dirty.insert(row_key(kAlertPrefix, key));
}

void AlertBook::State::close(Key128 key, Time now, AlertSink& out) {
  AlertRow& row = *find(key);
  if (!row.waiting && row.alert.risk) {  // nothing new: the last revision has told what happened to the risk
    row.alert.risk->score_before = row.alert.risk->score_after;
    row.alert.risk->level_before = row.alert.risk->level_after;
  }
  row.alert.state = AlertState::closed;
  revise(row, now, out);
  remember_id(row.alert, now);
  erase(key);
}

AlertBook::AlertBook(std::string tenant_id, std::shared_ptr<const RuleSet> rules) : state_(std::make_unique<State>()) {
  BARTIZAN_CHECK(rules != nullptr);
  state_->tenant_id = std::move(tenant_id);
  state_->rules = std::move(rules);
}

AlertBook::~AlertBook() = default;

void AlertBook::set_rules(std::shared_ptr<const RuleSet> rules) {
  BARTIZAN_CHECK(rules != nullptr);
  state_->rules = std::move(rules);
}

void AlertBook::observe(const Rule& rule, Finding&& finding, Time now, RiskApplier& risk, AlertSink& out) {
  State& s = *state_;
  BARTIZAN_CHECK(!finding.evidence.empty());
  s.forget_ids(now);
  const auto key_of = [&] {
    return dedup_key(rule.alert.id, finding.entity.type, finding.entity.id, rule.alert.mode, finding.suppression != Suppression::none,
                     finding.campaign ? finding.campaign_thread : 0);
  };
  AlertRow* row = s.find(key_of());
  if (row == nullptr && finding.suppression == Suppression::none && rule.alert.mode == RuleMode::live) {
    if (!s.takes_token(rule, now) && !beyond_budget(finding)) {
      finding.suppression = Suppression::cap;
      row = s.find(key_of());
    }
  }
  const bool hides = finding.suppression != Suppression::none || rule.alert.mode == RuleMode::shadow;
  std::string id;
  if (row == nullptr) {
    if (!s.has_room(hides)) {
      ++s.suppressed[static_cast<std::size_t>(Suppression::cap)];
      return;
    }
    id = s.fresh_id(rule, finding);
    if (id.empty()) {
      ++s.repeats;
      return;
    }
  }
  if (finding.suppression != Suppression::none) ++s.suppressed[static_cast<std::size_t>(finding.suppression)];

  std::optional<RiskEffect> effect;
  if (!hides && carries_risk(finding.entity.type)) effect = risk.apply(rule, finding, row == nullptr ? id : row->alert.id);
  const std::optional<Entity> campaign_entity = std::move(finding.campaign_entity);
  const std::uint64_t campaign_thread = finding.campaign_thread;
  const bool opens = row == nullptr;
  const Severity before = opens ? finding.severity : row->alert.severity;
  if (opens) row = s.open_alert(rule, std::move(finding), std::move(id), now);
  else row->merge(rule, std::move(finding));
  if (row->alert.campaign && row->alert.campaign_id.empty()) row->alert.campaign_id = row->alert.id;
  if (effect) row->add_risk(std::move(*effect));
  if (campaign_entity) s.link_campaign(*row, *campaign_entity, campaign_thread, now, out);
  if (opens) {
    row->alert.state = row->alert.suppression != Suppression::none ? AlertState::suppressed : AlertState::open;
    s.revise(*row, now, out);
    s.remember_id(row->alert, now);
    s.booked(dedup_key(*row));
  } else {
    s.news_or_wait(*row, row->alert.severity > before || round_count(row->alert.count), now, out);
  }
}

bool AlertBook::due(Time now, Time watermark) const {
  const State& s = *state_;
  return (!s.news.empty() && std::get<0>(*s.news.begin()) <= now) ||
         (!s.closings.empty() && std::get<0>(*s.closings.begin()) < watermark);
}

std::size_t AlertBook::advance(Time now, Time watermark, std::size_t limit, AlertSink& out) {
  State& s = *state_;
  s.forget_ids(now);
  std::size_t handled = 0;
  // Closings first: what waited goes with the last revision instead of one of its own.
  while (handled < limit && !s.closings.empty() && std::get<0>(*s.closings.begin()) < watermark) {
    s.close(std::get<2>(*s.closings.begin()), now, out);
    ++handled;
  }
  while (handled < limit && !s.news.empty() && std::get<0>(*s.news.begin()) <= now) {
    s.news_or_wait(*s.find(std::get<2>(*s.news.begin())), true, now, out);
    ++handled;
  }
  return handled;
}

std::uint64_t AlertBook::suppressed_total(Suppression cause) const { return state_->suppressed[static_cast<std::size_t>(cause)]; }

std::uint64_t AlertBook::repeats_total() const { return state_->repeats; }

std::size_t AlertBook::bytes() const { return state_->bytes; }
std::size_t AlertBook::rows() const { return state_->open.size() + state_->budgets.size() + state_->used.size(); }

}  // namespace bartizan
