#pragma once
// The risk of one entity: level, state and contributions, and when they change by themselves.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/model/hash.h"
#include "engine/model/risk.h"
#include "engine/risk/score.h"

namespace bartizan::risk {

/// A level falls by one after this long below kStickyFactor of its threshold.
constexpr Duration kLevelHold = std::chrono::hours{24};
/// 0.8 x threshold, in tenths, by level.
constexpr ScoreTenths hold_limit(RiskLevel level) {
  return level == RiskLevel::high ? kHighTenths * 8 / 10
         : level == RiskLevel::medium ? kMediumTenths * 8 / 10
         : level == RiskLevel::low ? kLowTenths * 8 / 10 : 0;
}
/// A score that moved by this much is news, at most once in kMoveEvery.
constexpr ScoreTenths kMoveTenths = 10;
constexpr Duration kMoveEvery = std::chrono::minutes{15};
/// A row at level none ends after this long without a finding, verdict or revision.
constexpr Duration kRowKept = std::chrono::days{90};
constexpr std::size_t kHistoryMax = 20;
/// Rules named in one history item. Below the schema's 20, so that a row stays below kStateRowBytesMax.
constexpr std::size_t kCausesMax = 10;

/// What the last revision said.
struct Published {
  RiskLevel level = RiskLevel::none;
  RiskState state = RiskState::none;
  RiskDetail detail = RiskDetail::none;
  ScoreTenths score = 0;
  Time at{};
};

/// One entity. All members are in its state row; what is derived is rebuilt by functions below.
struct EntityRow {
  Entity entity;
  std::uint64_t revision = 0;  // of the last row written; 0: none yet
  RiskLevel level = RiskLevel::none;
  RiskState state = RiskState::none;
  RiskDetail detail = RiskDetail::none;
  double bonus = 1;            // families bonus of the rule set at the last finding
  std::vector<Part> parts;     // sorted by Part::before
  std::optional<Verdict> verdict;
  std::uint64_t verdict_revision = 0;  // that wrote the verdict
  std::vector<RiskHistoryItem> history;
  Published published;
  Time below_from = Time::max();  // the score is below hold_limit(level) from here on
  Time move_due = Time::max();    // when a moved score becomes a revision
  Time touched{};                 // newest finding or verdict
  // What the directory says, as Entra's feeds and audit records tell it.
  bool deleted = false;
  bool processing = false;
  bool disabled = false;

  // The present step: what flush() will write.
  bool gone = false;           // the row ended: a tombstone comes first
  bool emit = false;           // a revision is due
  Time changed_at{};           // append time and event time of its record
  Time event_time{};
  std::string by;              // author, when a verdict caused it
  std::vector<std::string> causes;  // rules whose findings came in this step, sorted
  RiskLevel told_level = RiskLevel::none;  // that detectors know of

  bool visible() const { return revision > 0 || level != RiskLevel::none || verdict.has_value(); }
  bool in_step() const { return gone || emit || !causes.empty() || told_level != level; }
  bool confirmed() const;      // a verdict's contribution holds it at confirmedCompromised
  ScoreTenths score(Time t) const { return score_at(parts, bonus, t); }
  /// Nothing to keep and nothing to say.
  bool blank() const { return !visible() && parts.empty() && !in_step(); }
  /// Number of the revision that will first show what happens now.
  std::uint64_t coming_revision() const { return revision + 1; }
};

/// Brings the row to `now`: levels that fell, contributions that expired, the end of the row. To be called before anything else
/// happens to it; afterwards nothing is overdue.
void settle(EntityRow& row, Time now);
/// Ends the row: a tombstone where it was ever written, and a new count.
void end(EntityRow& row);
/// Decides level and state after contributions changed. A level rises at once; it falls here only when `at_once` (a verdict took
/// contributions away).
void decide_level(EntityRow& row, Time now, bool at_once);
/// Marks a revision where one is due, and plans the next one. `forced`: due whatever the score does.
void decide_revision(EntityRow& row, Time now, Time event_time, bool forced);
/// When the row wants to be settled next.
Time due(const EntityRow& row);
/// Ends the step: counts the revision, extends the history and returns the record. REQUIRES: emit.
RiskyEntity publish(EntityRow& row, std::string_view tenant_id);

/// The contribution, added in its place when new. When there are too many, the smallest makes room: never a pinned one before
/// one that decays. `added`: no contribution of this rule was active before. `evicted`: one made room.
struct PartSlot {
  Part* part = nullptr;
  bool rule_is_new = false;
  bool evicted = false;
};
PartSlot part_for(EntityRow& row, std::string_view rule_id, std::string_view alert_id, Time now);
/// An admin's word as a contribution: 100 points, without decay. Its rule id is Graph's word.
Part& confirm(EntityRow& row, RiskDetail word, Time now);
/// Forgets findings up to `revision` (all of them without one). Returns how many contributions changed or went.
std::size_t forget(EntityRow& row, std::optional<std::uint64_t> revision);

/// Verdict contributions, by kind of entity: `admin...` words of Graph, which are their rule ids too.
RiskDetail confirmed_detail(EntityType type);
RiskDetail safe_detail(EntityType type);
RiskDetail dismissed_detail(EntityType type);
std::string_view verdict_family(EntityType type);

}  // namespace bartizan::risk
