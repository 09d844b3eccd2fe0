#pragma once
// From findings to sign-in risk and entity risk (algorithms.md 6.2, times 100).

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "engine/detect/detector.h"
#include "engine/detect/rule_set.h"
#include "engine/model/alert.h"
#include "engine/model/command.h"
#include "engine/model/risk.h"
#include "engine/model/risk_report.h"
#include "engine/model/sign_in.h"
#include "engine/model/state_rows.h"

namespace bartizan {

/// Where the ledger puts rows that changed. Called by flush() only, in a deterministic order.
class RiskSink {
 public:
  virtual ~RiskSink() = default;
  virtual void risky_entity(const RiskyEntity& row) = 0;
  virtual void risky_entity_gone(std::string_view tenant_id, EntityType type, std::string_view id) = 0;  // tombstone
  virtual void risky_sign_in(const RiskySignIn& row) = 0;
  virtual void risky_sign_in_gone(std::string_view tenant_id, std::string_view id) = 0;  // tombstone
  virtual void fact(const Fact& fact) = 0;  // risk level changed: for detectors, after this step
  /// The risk that this alert stands for was confirmed, dismissed or remediated.
  virtual void detection_state(std::string_view alert_id, RiskState state, RiskDetail detail) {
    static_cast<void>(alert_id), static_cast<void>(state), static_cast<void>(detail);
  }
};

/// A live finding of one rule, as the ledger needs it.
struct LedgerFinding {
  const Rule* rule = nullptr;
  const Finding* finding = nullptr;
  std::string_view alert_id;
  /// The sign-in being judged, if any: gets the detection on its risky-sign-in row where the finding's entity took part in it.
  const SignIn* sign_in = nullptr;
  bool real_time = true;            // found at first reading
  const RiskReport* report = nullptr;  // the finding is Entra's own
};

/// What to do with a report of Entra's.
struct ReportOutcome {
  enum class Kind : std::uint8_t { repeat, noted, finding };
  Kind kind = Kind::noted;
  double confidence = 0;  // of the finding; 0: the rule's own
  std::string alert_id;   // of the alert that an earlier copy fed
};

struct CommandOutcome {
  bool accepted = false;
  RejectReason reason = RejectReason::none;
  std::string target_id;
  AuditSnapshot before, after;
};

/// The risk of one tenant's users, service principals, managed identities, agents and risky sign-ins. A fold: everything that happens
/// follows from the calls and their journal times. Rows changed within one step are emitted once, by flush().
class RiskLedger : public StatePart, public RiskView {
 public:
  RiskLedger(std::string tenant_id, std::shared_ptr<const RuleSet> rules);
  ~RiskLedger() override;
  void set_rules(std::shared_ptr<const RuleSet> rules);

  /// Adds or renews the finding's contribution to its entity (only entities that carry risk; live, unsuppressed findings).
  /// Returns what it did to the entity.
  RiskEffect apply(const LedgerFinding& finding, Time event_time, Time journal_time);
  /// A correction of a sign-in that has a risky-sign-in row: the row is emitted again where it changed.
  void correct(const SignIn& e, Time journal_time);
  /// A sign-in was read: what Entra reported on it before becomes its row. `fresh`: it was not known; else only where it has no row yet.
  /// True: something changed.
  bool arrived(const SignIn& e, bool fresh, Time journal_time);
  CommandOutcome apply(const Command& command, Time journal_time);
  /// A record of Entra's risk feeds. A copy not newer than the one known is a repeat; states that end a risk end it here; for a risk that
  /// is new or has grown the caller makes a finding of `rule` and applies it with the report. `rule` stands for the report's word.
  ReportOutcome take(const RiskReport& report, const Rule& rule, Time journal_time);
  /// A directory operation: a password reset remediates its user, an account's end or return is noted. False: it changes nothing here.
  bool apply(const DirectoryChange& change, Time journal_time);
  /// Decay: levels that fall, rows that end. At most `limit` timers; the rest is carried over.
  Time next_due() const;
  std::size_t advance(Time journal_time, std::size_t limit);
  /// Emits every row that changed since the last flush. Ids in facts are views that hold until the next flush.
  void flush(RiskSink& out);

  RiskLevel level(EntityType type, const Id& id) const override;
  /// Entities of a type at each level (low, medium, high), for metrics.
  std::array<std::uint64_t, 3> risky_count(EntityType type) const;
  /// Rows and contributions that made room since the start of this process (bounds in ledger_state.h).
  std::uint64_t evictions() const;

  void save(RowSink& sink, bool all) const override;
  void saved() override;
  bool load(std::string_view key, std::string_view bytes) override;
  std::size_t bytes() const override;
  std::size_t rows() const override;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace bartizan
