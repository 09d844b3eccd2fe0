#pragma once
// Entra's risk feeds: UserRiskEvents, RiskyUsers and their kin for service principals and agents, in Azure Monitor's, Log Analytics' and
// Graph's shapes (entra.md 1.6, 1.7, 3.6).

#include <optional>
#include <string_view>

#include "engine/codec/feed_body.h"
#include "engine/model/risk_report.h"

namespace bartizan {

/// What a feed reports on whom.
struct RiskFeed {
  ReportKind kind = ReportKind::detection;
  EntityType entity = EntityType::user;
};
/// By category ("UserRiskEvents") or table ("AADUserRiskEvents"); none for others.
std::optional<RiskFeed> risk_feed_of(std::string_view word);
/// By the members of an object in Graph's shape, walked over as SourceObject::risk_feed; none when it is no risk record.
std::optional<RiskFeed> risk_feed_of(const FieldReader& graph);

class RiskFeedReader {
 public:
  explicit RiskFeedReader(TextArena& arena) : arena_(arena), body_(arena) {}
  /// False: `problem` says why. Texts live as long as the record and the arena.
  bool read(const FeedRecord& record, const RiskFeed& feed, const DecodeOptions& options, RecordProblem& problem, RiskReport& out);

 private:
  void read_entity(const FieldReader& r, const RiskFeed& feed, RecordProblem& problem, RiskReport& out) const;
  void read_opinion(const FieldReader& r, RiskReport& out) const;
  void read_activity(const FieldReader& r, RecordProblem& problem, RiskReport& out);
  void read_times(const FeedRecord& record, const FieldReader& r, const DecodeOptions& options, RecordProblem& problem, RiskReport& out) const;

  TextArena& arena_;
  FeedBody body_;
  JsonIndex nested_;
  FieldPlaces nested_places_;
};

}  // namespace bartizan
