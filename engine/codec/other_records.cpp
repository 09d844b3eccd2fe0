#include "engine/codec/other_records.h"

#include "engine/codec/record_rules.h"
#include "engine/codec/sign_in_reader.h"

namespace bartizan {
namespace {

using F = Field;

constexpr std::string_view kAuditLogs = "AuditLogs";

}  // namespace

OtherOutcome OtherRecords::read(JsonIndex& json, Token record, const RecordPlaces& places, const DecodeOptions& options) {
  problem_.found = false;
  own_ = &places.own;
  const FieldReader own{json, places.own, arena_, problem_};
  const std::string_view category = own.text(F::category);
  OtherOutcome outcome = OtherOutcome::problem;
  if (problem_.found) return outcome;
  if (!category.empty() && own.has(F::properties)) {
    outcome = read_enveloped(json, own, category, options);
  } else {
    outcome = read_row(json, record, own, category, options);
  }
  return problem_.found ? OtherOutcome::problem : outcome;
}

OtherOutcome OtherRecords::read_enveloped(JsonIndex& json, const FieldReader&, std::string_view category, const DecodeOptions& options) {
  const FeedRecord record{&json, 0, own_, nullptr};
  if (const auto feed = risk_feed_of(category)) return read_feed(record, *feed, options);
  if (is_word(category, kAuditLogs)) return read_audit(record, options);
  return OtherOutcome::ignored;
}

/// Members stand in the record itself: Log Analytics, Graph, Microsoft 365.
OtherOutcome OtherRecords::read_row(JsonIndex& json, Token record, const FieldReader& own, std::string_view category,
                                    const DecodeOptions& options) {
  columns_ = FieldPlaces{};
  walk_object(json, record, SourceObject::log_analytics, columns_);
  const FieldReader columns{json, columns_, arena_, problem_};
  const bool typed = columns.shape(F::table_type) == FieldReader::Shape::string;
  const std::string_view table = typed ? columns.text(F::table_type) : std::string_view{};
  const bool marked = own.has(F::time_generated) || own.has(F::aad_tenant_id);

  const std::string_view sign_ins = is_sign_in_category(category) ? category : category_of_table(table);
  if (!sign_ins.empty() && (marked || !category.empty())) {
    const bool good = log_analytics_.rewrite(json, *own_, columns_, sign_ins, problem_, text_);
    return good ? OtherOutcome::rewritten : OtherOutcome::problem;
  }
  const FeedRecord row{&json, record, nullptr, &columns_};
  auto feed = risk_feed_of(category);
  if (!feed && marked) feed = risk_feed_of(table);
  if (feed) return read_feed(row, *feed, options);
  if (looks_like_audit(json, record)) return read_audit(row, options);
  if (!category.empty() || (marked && !table.empty())) return OtherOutcome::ignored;
  return read_bare(json, record, options);
}

/// Neither a category nor a table.
OtherOutcome OtherRecords::read_bare(JsonIndex& json, Token record, const DecodeOptions& options) {
  switch (microsoft_365_.rewrite(json, record, problem_, text_)) {
    case M365Outcome::rewritten: return OtherOutcome::rewritten;
    case M365Outcome::not_a_sign_in: return OtherOutcome::ignored;
    case M365Outcome::problem: return OtherOutcome::problem;
    case M365Outcome::not_this_shape: break;
  }
  scan_ = FieldPlaces{};
  walk_object(json, record, SourceObject::risk_feed, scan_);
  if (const auto feed = risk_feed_of(FieldReader{json, scan_, arena_, problem_})) {
    return read_feed(FeedRecord{&json, record, nullptr, nullptr}, *feed, options);
  }
  problem_.set(DeadLetterReason::unknown_format, "no category, and none of the fields that tell the other dialects");
  return OtherOutcome::problem;
}

OtherOutcome OtherRecords::read_feed(const FeedRecord& record, const RiskFeed& feed, const DecodeOptions& options) {
  return risk_feed_.read(record, feed, options, problem_, report_) ? OtherOutcome::risk_report : OtherOutcome::problem;
}

OtherOutcome OtherRecords::read_audit(const FeedRecord& record, const DecodeOptions& options) {
  switch (audit_log_.read(record, options, problem_, change_)) {
    case AuditOutcome::change: return OtherOutcome::directory_change;
    case AuditOutcome::other_operation: return OtherOutcome::ignored;
    case AuditOutcome::problem: break;
  }
  return OtherOutcome::problem;
}

/// Graph's directoryAudit, or a row of the table AuditLogs: its category is the kind of operation.
bool OtherRecords::looks_like_audit(JsonIndex& json, Token record) {
  scan_ = FieldPlaces{};
  walk_object(json, record, SourceObject::audit_log, scan_);
  RecordProblem unread;
  const FieldReader r{json, scan_, arena_, unread};
  return r.has(F::activity_name) && r.has(F::target_resources);
}

}  // namespace bartizan
