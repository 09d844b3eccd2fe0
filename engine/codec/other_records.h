#pragma once
// Records that are no sign-ins in Azure Monitor's or Graph's own shape: which dialect they are in, and what becomes of them.

#include <string_view>

#include "engine/codec/audit_log_reader.h"
#include "engine/codec/log_analytics_reader.h"
#include "engine/codec/m365_audit_reader.h"
#include "engine/codec/risk_feed_reader.h"

namespace bartizan {

/// `rewritten`: a sign-in, now in Azure Monitor's shape, to be read again.
enum class OtherOutcome : std::uint8_t { rewritten, risk_report, directory_change, ignored, problem };

/// Reads one record at a time; what it gives lives until the next one or until the arena is reset.
class OtherRecords {
 public:
  explicit OtherRecords(TextArena& arena)
      : arena_(arena), log_analytics_(arena), microsoft_365_(arena), risk_feed_(arena), audit_log_(arena) {}

  /// REQUIRES: an object at `record`, walked over into `places`.
  OtherOutcome read(JsonIndex& json, Token record, const RecordPlaces& places, const DecodeOptions& options);
  /// Readable for 64 bytes behind its end.
  std::string_view rewritten() { return text_.finish(); }
  const RiskReport& risk_report() const { return report_; }
  const DirectoryChange& directory_change() const { return change_; }
  const RecordProblem& problem() const { return problem_; }

 private:
  OtherOutcome read_enveloped(JsonIndex& json, const FieldReader& own, std::string_view category, const DecodeOptions& options);
  OtherOutcome read_row(JsonIndex& json, Token record, const FieldReader& own, std::string_view category, const DecodeOptions& options);
  OtherOutcome read_bare(JsonIndex& json, Token record, const DecodeOptions& options);
  OtherOutcome read_feed(const FeedRecord& record, const RiskFeed& feed, const DecodeOptions& options);
  OtherOutcome read_audit(const FeedRecord& record, const DecodeOptions& options);
  bool looks_like_audit(JsonIndex& json, Token record);

  TextArena& arena_;
  LogAnalyticsReader log_analytics_;
  M365AuditReader microsoft_365_;
  RiskFeedReader risk_feed_;
  AuditLogReader audit_log_;
  const FieldPlaces* own_ = nullptr;
  FieldPlaces columns_;
  FieldPlaces scan_;
  RecordText text_;
  RiskReport report_;
  DirectoryChange change_;
  RecordProblem problem_;
};

}  // namespace bartizan
