#pragma once
// The ledger's tables and timers.

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"

#include "engine/risk/entity_row.h"
#include "engine/risk/ledger.h"
#include "engine/risk/report_row.h"
#include "engine/risk/sign_in_row.h"

namespace bartizan {

/// Bounds of one tenant. What makes room is counted in `evictions`.
constexpr std::size_t kRiskEntitiesMax = 200'000;       // lowest level first, then the longest untouched
constexpr std::size_t kRiskSignInsMax = 100'000;        // the longest untouched
constexpr std::size_t kRiskSignInsPerEntityMax = 500;   // the longest untouched: a verdict on an entity writes this many rows at most
constexpr std::size_t kCommandsRememberedMax = 100'000;  // the oldest
constexpr std::size_t kReportsMax = 100'000;             // the longest untouched
constexpr std::size_t kReportsPerEntityMax = 200;       // the longest untouched
constexpr Duration kCommandsRemembered = std::chrono::days{90};

struct RiskLedger::State {
  enum class Table : std::uint8_t { entity, sign_in, command, report, gone_sign_in };
  static constexpr std::size_t kTables = 5;
  struct EntitySlot {
    std::unique_ptr<risk::EntityRow> row;
    Time due = Time::max();
    Time rank_touched{};
    RiskLevel counted = RiskLevel::none;
    std::size_t bytes = 0;
  };
  struct SignInSlot {
    std::unique_ptr<risk::SignInRow> row;
    std::set<Key128> linked;  // entities under which it is listed
    Time due = Time::max();
    std::size_t bytes = 0;
  };
  struct ReportSlot {
    std::unique_ptr<risk::ReportRow> row;
    Time due = Time::max();
    std::size_t bytes = 0;
  };
  using RowName = std::pair<Table, Key128>;

  std::string tenant_id;
  std::shared_ptr<const RuleSet> rules;
  absl::flat_hash_map<Key128, EntitySlot, Key128Hash> entities;
  absl::flat_hash_map<Key128, SignInSlot, Key128Hash> sign_ins;
  absl::flat_hash_map<Key128, Time, Key128Hash> commands;  // id -> when it is forgotten
  /// Sign-ins that carry risk of an entity, by the entity's key. Derived from the sign-in rows.
  absl::flat_hash_map<Key128, std::set<Key128>, Key128Hash> sign_ins_of;
  absl::flat_hash_map<Key128, ReportSlot, Key128Hash> reports;
  absl::flat_hash_map<Key128, std::set<Key128>, Key128Hash> reports_of;  // by the entity's key. Derived from the report rows.
  absl::flat_hash_map<Key128, std::set<Key128>, Key128Hash> reports_on;  // by the sign-in's key, of detections. Derived likewise.
  std::array<std::set<std::pair<Time, Key128>>, kTables> timers;  // by Table, in (due, key) order
  std::set<std::pair<std::pair<RiskLevel, Time>, Key128>> rank;  // of entities: first to go when there are too many
  std::set<RowName> dirty;
  std::set<RowName> step;  // what flush() looks at
  std::map<std::string, std::pair<RiskState, RiskDetail>> detection_states;  // of this step, by alert id
  /// Sign-ins whose row was written and has ended in this step, with their ids: the tombstones.
  std::map<Key128, std::string> gone_sign_ins;
  /// Rows erased since the last flush began: facts told by it name them by views of their ids.
  std::vector<std::unique_ptr<risk::EntityRow>> retired;
  std::array<std::array<std::uint64_t, 3>, 4> risky{};
  std::size_t bytes = 0;
  std::uint64_t evictions = 0;

  /// The row, brought to `now`; null when there is none.
  risk::EntityRow* find_entity(Key128 key, Time now);
  risk::EntityRow& entity(Key128 key, const Entity& entity, Time now);
  /// Books what changed in a row: timers, counts, marks. Every change ends here.
  void booked(Key128 key);
  void erase_entity(Key128 key);

  risk::SignInRow* find_sign_in(Key128 key);
  risk::SignInRow& sign_in(Key128 key, const SignIn& e, const Entity& entity);
  void booked_sign_in(Key128 key);
  void erase_sign_in(Key128 key);
  void link(Key128 sign_in);
  void unlink(Key128 sign_in, Key128 entity);

  /// A finding may be about somebody else than who signs in just now (a victim found when its sprayer is accused).
  static bool concerns(const SignIn& e, const Entity& entity);
  void detected(const LedgerFinding& finding, double exponent, const risk::EntityRow& row, Time now);
  void renewed(const LedgerFinding& finding, double exponent, risk::EntityRow& row, Time event_time, Time now);
  bool remember(Key128 command, Time now);  // false: seen before
  bool fire(Table table, Key128 key, Time now);

  // verdicts.cpp
  CommandOutcome decide_entity(const Command& command, Time now);
  CommandOutcome decide_sign_in(const Command& command, Time now);
  std::size_t dismiss_sign_ins(const risk::EntityRow& row, const Verdict& verdict, std::optional<std::uint64_t> revision, Time now);
  void take_back(const std::vector<risk::Detection>& gone, bool was_confirmed, const Entity& owner, std::string_view author, RiskState state,
                 RiskDetail detail, Time now);
  void raise_owner(const risk::SignInRow& row, const Verdict& verdict, Time now);
  bool fed_by_another_sign_in(Key128 entity, const risk::Detection& detection) const;

  // reports.cpp: what Entra says
  ReportOutcome take_detection(const RiskReport& r, const Rule& rule, Time now);
  ReportOutcome take_entity(const RiskReport& r, std::string_view rule_id, Time now);
  void level_told(risk::EntityRow* row, const RiskReport& r, const risk::ReportRow& report, EntraRiskLevel before, std::string_view rule_id,
                  ReportOutcome& outcome, Time now);
  void compromise_told(risk::EntityRow& row, const RiskReport& r, Time now);
  risk::ReportRow& report_row(Key128 key, const RiskReport& r);
  void booked_report(Key128 key);
  void erase_report(Key128 key);
  void linked(const LedgerFinding& finding, double exponent);
  void reported_on_sign_in(const LedgerFinding& finding, const risk::EntityRow& row, Time now);
  bool show_reports_on(const SignIn& e, bool fresh, Time now);
  void show_on_sign_in(risk::SignInRow& sign, const risk::ReportRow& report, const risk::EntityRow& row, const risk::Part& part,
                       std::uint64_t entity_since, Time now);
  bool fed_by_waiting_report(Key128 entity, const risk::Detection& detection) const;
  void withdraw(const risk::ReportRow& report, RiskState state, RiskDetail detail, Time now);
  /// What Entra's live detections bring to the contribution now; 0: none feeds it.
  double reported_exponent(Key128 entity, const risk::Part& part) const;
  double entra_exponent(const risk::EntityRow& row, const risk::Part& part, Time now) const;
  void explain_top_up(risk::EntityRow& row, Time now);
  void explained(risk::EntityRow& row, const risk::Part& part);
  void top_up_again(risk::EntityRow& row, risk::Part& part, double exponent, Time now);
  struct Clearing {
    RiskState state = RiskState::dismissed;
    RiskDetail detail = RiskDetail::none;
    Time until{};               // findings up to here
    bool reports_only = false;  // what only Entra says
    std::string by;
  };
  void clear(Key128 key, risk::EntityRow& row, const Clearing& how, Time now);
  bool clear_sign_ins(const risk::EntityRow& row, const Clearing& how, Time now);
  void note_flags(risk::EntityRow& row, Tristate deleted, Tristate processing, Tristate enabled, Time now);
  bool change(const DirectoryChange& c, Time now);

  /// Detections whose state changed, told by flush().
  void note_state(const std::string& alert_id, RiskState state, RiskDetail detail) {
    if (!alert_id.empty()) detection_states[alert_id] = {state, detail};
  }
  static std::vector<std::string> alerts_of(const risk::EntityRow& row);
  void note_gone(const std::vector<std::string>& before, const risk::EntityRow& row, RiskState state, RiskDetail detail);
};

}  // namespace bartizan
