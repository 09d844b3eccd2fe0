#include "engine/codec/feed_body.h"

#include "engine/codec/record_rules.h"

namespace bartizan {

using F = Field;

bool FeedBody::open(const FeedRecord& r, SourceObject object, RecordProblem& problem) {
  json_ = r.json;
  Token body = r.record;
  if (r.envelope != nullptr) {
    const FieldReader envelope{*r.json, *r.envelope, arena_, problem};
    body = (*r.envelope)[F::properties];
    if (envelope.shape(F::properties) == FieldReader::Shape::string) {
      if (!open_nested(text_, r.json->string(body, arena_), arena_) || text_.first(0) != '{') {
        envelope.bad(F::properties, "an object, or one as JSON text");
        return false;
      }
      json_ = &text_;
      body = 0;
    } else if (envelope.shape(F::properties) != FieldReader::Shape::object) {
      envelope.bad(F::properties, "an object");
      return false;
    }
  }
  places_ = FieldPlaces{};
  walk_object(*json_, body, object, places_);
  return true;
}

Id FeedBody::tenant(const FeedRecord& r, const DecodeOptions& options, RecordProblem& problem) const {
  Id id;
  const auto from_path = [&](const FieldReader& head, Field f) {
    if (head.shape(f) != FieldReader::Shape::string) return Id{};
    return Id::from_or_none(tenant_of_resource(head.lower_text(f, kResourceIdBytesMax)));
  };
  if (r.columns != nullptr) {
    const FieldReader row{*r.json, *r.columns, arena_, problem};
    id = row.id_or_none(F::aad_tenant_id);
    if (id.empty()) id = from_path(row, F::resource_path);
  } else if (r.envelope != nullptr) {
    const FieldReader envelope{*r.json, *r.envelope, arena_, problem};
    id = envelope.id_or_none(F::tenant_id);
    if (id.empty()) id = from_path(envelope, F::resource_id);
  }
  if (id.empty() && r.columns == nullptr) id = FieldReader{*json_, places_, arena_, problem}.id_or_none(F::tenant_id);
  if (id.empty()) id = Id::from(options.tenant);
  if (id.empty()) {
    problem.set(DeadLetterReason::missing_tenant, "no tenant in the record, and none configured for the input");
  } else if (!is_tenant_id(id)) {
    problem.set(DeadLetterReason::bad_field, "tenantId: expected a tenant id of letters, digits, dots, dashes and underscores");
  }
  return id;
}

std::optional<Time> FeedBody::published(const FeedRecord& r, RecordProblem& problem) const {
  std::optional<Time> t;
  if (r.columns != nullptr) t = FieldReader{*r.json, *r.columns, arena_, problem}.time(F::time_generated);
  if (r.envelope != nullptr) t = FieldReader{*r.json, *r.envelope, arena_, problem}.time(F::time);
  return t && is_plausible(*t) ? t : std::nullopt;
}

JsonIndex* FeedBody::nested(Field f, SourceObject object, JsonIndex& nested_json, FieldPlaces& out, RecordProblem& problem) const {
  const FieldReader r{*json_, places_, arena_, problem};
  JsonIndex* json = json_;
  Token t = places_[f];
  if (r.shape(f) == FieldReader::Shape::string) {
    if (!open_nested(nested_json, json_->string(t, arena_), arena_) || nested_json.first(0) != '{') return nullptr;
    json = &nested_json;
    t = 0;
  } else if (r.shape(f) != FieldReader::Shape::object) {
    return nullptr;
  }
  out = FieldPlaces{};
  walk_object(*json, t, object, out);
  return json;
}

std::optional<Time> activity_time(const FieldReader& r, std::initializer_list<Field> fields, std::optional<Time> arrival,
                                  RecordProblem& problem) {
  for (const Field f : fields) {
    const auto t = r.time(f);
    if (problem.found) return std::nullopt;
    if (!t) continue;
    if (!is_plausible(*t)) {
      r.bad(f, "a time from 2010 to 2099", DeadLetterReason::bad_time);
      return std::nullopt;
    }
    if (!arrival || *t <= *arrival + kAheadTolerated) return t;
    if (*t <= *arrival + kAheadMax) return *arrival + kAheadTolerated;
    r.bad(f, "at most a day after arrival", DeadLetterReason::bad_time);
    return std::nullopt;
  }
  problem.set(DeadLetterReason::bad_time, field_path(*fields.begin()) + ": expected a time, found none");
  return std::nullopt;
}

}  // namespace bartizan
