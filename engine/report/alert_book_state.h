#pragma once
// The alert book's tables and timers.

#include <algorithm>
#include <array>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <tuple>

#include "absl/container/flat_hash_map.h"

#include "engine/model/hash.h"
#include "engine/report/alert_book.h"
#include "engine/report/alert_row.h"

namespace bartizan {

namespace report {

/// Token bucket of one rule in exact integers: one alert costs an hour's milliseconds, each elapsed millisecond pays `per_hour`.
struct Budget {
  std::uint64_t credit = 0;
  Time at{};
  static constexpr std::uint64_t kCost = 3'600'000;

  void refill(std::uint32_t per_hour, Time now) {
    const std::uint64_t full = kCost * per_hour;
    const auto elapsed = static_cast<std::uint64_t>(std::clamp<std::int64_t>((now - at).count(), 0, static_cast<std::int64_t>(kCost)));
    credit = std::min(full, credit + elapsed * per_hour);
    at = std::max(at, now);
  }
  bool take() {
    if (credit < kCost) return false;
    credit -= kCost;
    return true;
  }
};

/// Keys of state rows: a prefix, then 16 bytes of key, or a rule id.
constexpr char kAlertPrefix = 'a';
constexpr char kBudgetPrefix = 'b';
constexpr char kIdPrefix = 'z';
std::string row_key(char prefix, Key128 key);
/// Identity of an open alert in its tenant: rule, entity, mode, whether suppressed, and of campaigns which of several.
Key128 dedup_key(std::string_view rule, EntityType type, std::string_view id, RuleMode mode, bool suppressed, std::uint64_t thread);
Key128 dedup_key(const AlertRow& row);
/// Goes to `alerts.shadow`.
inline bool hidden(const Alert& a) { return a.suppression != Suppression::none || a.rule.mode == RuleMode::shadow; }

}  // namespace report

struct AlertBook::State {
  struct Slot {
    std::unique_ptr<report::AlertRow> row;
    Time closes = Time::max();
    Time news_due = Time::max();
    std::size_t bytes = 0;
    bool hidden = false;
  };
  using Timer = std::tuple<Time, std::string, Key128>;  // due, alert id, dedup key

  std::string tenant_id;
  std::shared_ptr<const RuleSet> rules;
  absl::flat_hash_map<Key128, Slot, Key128Hash> open;
  std::map<std::string, report::Budget, std::less<>> budgets;  // by rule id
  absl::flat_hash_map<Key128, Time, Key128Hash> used;  // id_key -> when it is forgotten
  std::set<std::pair<Time, Key128>> used_timers;
  std::set<Timer> closings, news;
  std::set<std::string> dirty;  // row keys
  std::size_t hidden_open = 0;
  std::size_t bytes = 0;
  std::array<std::uint64_t, 4> suppressed{};
  std::uint64_t repeats = 0;

  report::AlertRow* find(Key128 key) {
    const auto it = open.find(key);
    return it == open.end() ? nullptr : it->second.row.get();
  }
  bool takes_token(const Rule& rule, Time now);
  bool has_room(bool for_hidden) const;
  std::string fresh_id(const Rule& rule, Finding& finding) const;
  report::AlertRow* open_alert(const Rule& rule, Finding&& finding, std::string id, Time now);
  void link_campaign(report::AlertRow& victim, const Entity& campaign, std::uint64_t thread, Time now, AlertSink& out);
  void revise(report::AlertRow& row, Time now, AlertSink& out);
  void news_or_wait(report::AlertRow& row, bool at_once, Time now, AlertSink& out);
  void booked(Key128 key);
  void close(Key128 key, Time now, AlertSink& out);
  void erase(Key128 key);
  void remember_id(const Alert& a, Time now);
  void forget_ids(Time now);
};

}  // namespace bartizan
