#pragma once
// What the readers of risk feeds and of audit records share: where a record's members and its tenant stand.

#include <optional>

#include "engine/codec/field_reader.h"
#include "engine/codec/record_decoder.h"

namespace bartizan {

/// A record as its dialect lays it out.
struct FeedRecord {
  JsonIndex* json = nullptr;              // of the envelope, or of the record itself
  Token record = 0;
  const FieldPlaces* envelope = nullptr;  // Azure Monitor: its members; else null
  const FieldPlaces* columns = nullptr;   // Log Analytics: walked over as SourceObject::log_analytics; else null
};

/// The object that holds the members: `properties` (also as JSON text), or the record itself. False: `problem` says why.
class FeedBody {
 public:
  explicit FeedBody(TextArena& arena) : arena_(arena) {}
  bool open(const FeedRecord& r, SourceObject object, RecordProblem& problem);
  JsonIndex& json() { return *json_; }
  const FieldPlaces& places() const { return places_; }
  /// Envelope, `/tenants/<id>/`, AADTenantId, the record, the configured one; a missing or unreadable one is a problem.
  Id tenant(const FeedRecord& r, const DecodeOptions& options, RecordProblem& problem) const;
  /// The envelope's `time` or TimeGenerated, where plausible.
  std::optional<Time> published(const FeedRecord& r, RecordProblem& problem) const;
  /// The object at `f`, which may be JSON text: walked over as `object`. Null where there is none; text that is no object too.
  JsonIndex* nested(Field f, SourceObject object, JsonIndex& nested_json, FieldPlaces& out, RecordProblem& problem) const;

 private:
  TextArena& arena_;
  JsonIndex text_;
  JsonIndex* json_ = nullptr;
  FieldPlaces places_;
};

/// The time at which something happened: the first of `fields` that is there. Absent, unreadable or implausible: `bad_time`. Up to a day
/// ahead of arrival it is clamped, as that of a sign-in.
std::optional<Time> activity_time(const FieldReader& r, std::initializer_list<Field> fields, std::optional<Time> arrival, RecordProblem& problem);

}  // namespace bartizan
