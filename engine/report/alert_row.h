#pragma once
// One open alert as state.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/detect/rule_set.h"
#include "engine/model/alert.h"

namespace bartizan::report {

/// Distinct events are counted exactly up to this many; beyond, an event is new unless it is among the newest ones remembered.
constexpr std::size_t kEventsRemembered = 256;
constexpr std::size_t kWhyMax = 16;
constexpr std::size_t kRelatedMax = 20;
constexpr std::size_t kAttackMax = 16;
constexpr std::size_t kLabelsMax = 32;
constexpr std::size_t kCampaignTargetsMax = 20;
/// What may stand in one state row; evidence makes room.
constexpr std::size_t kAlertRowBytesMax = 60 * 1024;
constexpr std::size_t kWhyBytesMax = 12 * 1024;

/// An open alert. `alert` is what the next revision will say; its `revision` and `state` are those of the last one written.
struct AlertRow {
  Alert alert;
  Duration window{};       // dedup window of the rule at the last finding
  bool waiting = false;    // news since the last revision
  Time revised_at{};       // journal time of the last revision
  std::uint64_t thread = 0;         // Finding::campaign_thread of a campaign
  std::uint64_t claimed_total = 0;  // largest evidence_total that a finding named
  std::uint64_t events_total = 0;   // distinct events seen here
  std::vector<std::uint64_t> events;  // hashes of the newest distinct events, oldest first

  /// A finding's news: severity, words, times, evidence, campaign. The first one opens the alert.
  void merge(const Rule& rule, Finding&& finding);
  /// What the finding did to its entity's risk; adds to what waits since the last revision.
  void add_risk(RiskEffect&& effect);
  /// The other alert stands in a relation to this one. True: that is news.
  bool relate(std::string_view alert_id, std::string_view reason);
  bool has_related(std::string_view alert_id) const;
  Time closes() const { return alert.last_seen + window; }  // when the watermark has passed it
};

}  // namespace bartizan::report
