#pragma once
// From findings to alerts: dedup, revisions, evidence, suppression, budget (schemas README, "What raises a revision").

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "engine/detect/rule_set.h"
#include "engine/model/alert.h"
#include "engine/model/state_rows.h"

namespace bartizan {

/// Asked once per live, unsuppressed finding, between dedup and writing: what did this finding do to its entity's risk?
class RiskApplier {
 public:
  virtual ~RiskApplier() = default;
  virtual RiskEffect apply(const Rule& rule, const Finding& finding, std::string_view alert_id) = 0;
};

class AlertSink {
 public:
  virtual ~AlertSink() = default;
  virtual void alert(const Alert& alert) = 0;  // one revision, for `alerts`, or `alerts.shadow` where shadow or suppressed
};

/// Open alerts of one tenant. Survives rule changes; an open alert is never evicted before its window (beyond open_alerts_max new
/// findings are counted as capped). A fold of its calls.
class AlertBook : public StatePart {
 public:
  AlertBook(std::string tenant_id, std::shared_ptr<const RuleSet> rules);
  ~AlertBook() override;
  void set_rules(std::shared_ptr<const RuleSet> rules);

  /// Merges a finding into its open alert, or opens one; emits a revision where one is due.
  void observe(const Rule& rule, Finding&& finding, Time journal_time, RiskApplier& risk, AlertSink& out);
  /// Waiting news (15 min of journal time) and closings (watermark past last_seen + dedup window), in (due, id) order, at most
  /// `limit`. Returns how many it handled.
  bool due(Time journal_time, Time watermark) const;
  std::size_t advance(Time journal_time, Time watermark, std::size_t limit, AlertSink& out);

  /// Findings hidden, by cause, since the start of this process; `cap` counts those that found no room too.
  std::uint64_t suppressed_total(Suppression cause) const;
  /// Findings that brought nothing but events which have already been the anchors of alerts, since the start of this process.
  std::uint64_t repeats_total() const;

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
