#pragma once
// The arithmetic of risk: contributions, their decay and how they add up (algorithms.md 6.2, times 100).
//
//   e_i(t) = -ln(1 - q_i) * 2^-((t - t_i) / T)      one contribution: confidence q, half-life T, journal time
//   E_f    = min(sum of e_i in family f, 2 * largest e_i in f)
//   R      = 1 - exp(-bonus * sum of E_f)           bonus when three families have findings within 24 h of each other
//
// Decay is never written back: a contribution keeps what its findings brought and when, so the value at a time does not
// depend on who looked before.

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/model/risk.h"
#include "engine/model/time.h"

namespace bartizan::risk {

/// A contribution stops counting this many half-lives after its newest finding, at 1/128 of its exponent.
constexpr int kHorizonHalfLives = 7;
/// Contributions of an entity. As many as a record shows, so that what is written explains the whole score.
constexpr std::size_t kContributionsMax = 20;
/// Findings of one contribution that are told apart by revision (see Part).
constexpr std::size_t kPiecesMax = 4;
/// Confidence is cut here: one finding alone scores at most 99.9.
constexpr double kConfidenceMax = 0.999;
/// What an admin's word weighs: 1 - exp(-10) is 100.0 when rounded.
constexpr double kConfirmedExponent = 10.0;
/// Families that make the bonus, and the span in which their newest findings must lie.
constexpr std::size_t kBonusFamilies = 3;
constexpr Duration kBonusSpan = std::chrono::hours{24};

/// -ln(1 - q), q cut to 0..kConfidenceMax.
double exponent_of(double confidence);
/// 100 * (1 - exp(-exponent)) in tenths, rounded half away from zero.
ScoreTenths score_of(double exponent);

/// One addend of a score.
struct Term {
  std::string_view family;
  double exponent = 0;
  Time at{};
};
/// Sum over families, with the cap inside a family and the bonus. The order of `terms` fixes the order of additions: callers pass
/// them sorted by rule and alert. REQUIRES: at most kContributionsMax terms.
double combine(std::span<const Term> terms, double bonus);

/// What one finding (or several of the same row revision) brought.
struct Piece {
  std::uint64_t since = 0;  // first revision of the entity's row that knows of it
  double exponent = 0;      // at `at`
  Time at{};
};

/// A contribution: what one alert of one rule, or one kind of verdict, adds to an entity's risk.
///
/// Newer findings renew it; the largest counts. Because a verdict spares findings newer than the revision it was decided on, findings
/// are kept apart as pieces: later in `since`, smaller in exponent. A piece that a later one outweighs is gone for good.
struct Part {
  std::string rule_id;
  std::string family;
  std::string alert_id;  // empty: came from a verdict
  Duration half_life{};
  Time newest{};               // journal time of the newest finding
  bool pinned = false;         // no decay, until a verdict
  bool beyond_sign_ins = false;  // fed by a finding that belongs to no single sign-in: a verdict on a sign-in leaves it
  bool reported_only = false;    // fed by Entra's reports alone: goes when Entra takes them back
  std::uint32_t confirmations = 0;  // of sign-ins, for the contribution that those bring
  std::vector<Piece> pieces;   // never empty, at most kPiecesMax

  Time expires() const;  // Time::max() when pinned
  bool active(Time t) const { return t < expires(); }
  double exponent(Time t) const;  // 0 when no longer active
  /// A newer finding. `half_life` is the rule's present one.
  void renew(double exponent, Time t, std::uint64_t since, Duration half_life);
  /// What it brings at `t` becomes `exponent`, which is less; findings newer than a revision lose as much. REQUIRES: 0 < exponent.
  void lower(double exponent, Time t);
  /// Forgets what a verdict decided on `revision` knew of. True: something is left.
  bool forget(std::uint64_t revision);
  bool before(const Part& other) const {
    return rule_id != other.rule_id ? rule_id < other.rule_id : alert_id < other.alert_id;
  }
};

/// Score of all active parts at `t`. REQUIRES: sorted by Part::before, at most kContributionsMax.
ScoreTenths score_at(std::span<const Part> parts, double bonus, Time t);
/// First time at or after `from` at which the score is below `limit`; Time::max() when pinned parts hold it up for ever.
Time first_below(std::span<const Part> parts, double bonus, ScoreTenths limit, Time from);
/// As written to records: active ones, largest first, ties by rule id, then alert id.
std::vector<Contribution> contributions_at(std::span<const Part> parts, Time t);

}  // namespace bartizan::risk
