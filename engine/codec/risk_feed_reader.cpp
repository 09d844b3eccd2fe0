#include "engine/codec/risk_feed_reader.h"

#include <cmath>

#include "engine/codec/record_rules.h"

namespace bartizan {
namespace {

using F = Field;

struct FeedWord {
  std::string_view category;
  RiskFeed feed;
};
constexpr FeedWord kFeeds[] = {
    {"UserRiskEvents", {ReportKind::detection, EntityType::user}},
    {"RiskyUsers", {ReportKind::entity, EntityType::user}},
    {"ServicePrincipalRiskEvents", {ReportKind::detection, EntityType::service_principal}},
    {"RiskyServicePrincipals", {ReportKind::entity, EntityType::service_principal}},
    {"AgentRiskEvents", {ReportKind::detection, EntityType::agent}},
    {"RiskyAgents", {ReportKind::entity, EntityType::agent}},
};

RiskDetail detail_of(std::string_view word) {
  if (word.empty()) return RiskDetail::none;
  for (std::uint8_t i = 0; i < static_cast<std::uint8_t>(RiskDetail::unknown_future_value); ++i) {
    const auto detail = static_cast<RiskDetail>(i);
    if (is_word(word, to_word(detail))) return detail;
  }
  return RiskDetail::unknown_future_value;
}

DetectionTiming timing_of(std::string_view word) {
  for (const auto t : {DetectionTiming::realtime, DetectionTiming::near_realtime, DetectionTiming::offline}) {
    if (is_word(word, to_word(t))) return t;
  }
  return DetectionTiming::not_defined;
}

AgentIdentityType identity_type_of(std::string_view word) {
  for (const auto t : {AgentIdentityType::agent_identity, AgentIdentityType::agent_user, AgentIdentityType::blueprint_principal}) {
    if (is_word(word, to_word(t))) return t;
  }
  return AgentIdentityType::none;
}

/// The words of AgentIdentityType stand at the end of the beta's discriminators.
AgentIdentityType identity_type_of_odata(std::string_view word) {
  if (is_word(word, "#microsoft.graph.riskyAgentIdentity")) return AgentIdentityType::agent_identity;
  if (is_word(word, "#microsoft.graph.riskyAgentUser")) return AgentIdentityType::agent_user;
  if (is_word(word, "#microsoft.graph.riskyAgentIdentityBlueprintPrincipal")) return AgentIdentityType::blueprint_principal;
  return AgentIdentityType::none;
}

double rounded_degrees(double d) { return std::floor(d * 1e6 + 0.5) / 1e6 + 0.0; }

/// The first that is there.
Id first_id(const FieldReader& r, std::initializer_list<Field> fields) {
  for (const Field f : fields) {
    const Id id = r.id_or_none(f);
    if (id) return id;
  }
  return {};
}

std::string_view first_text(const FieldReader& r, std::initializer_list<Field> fields) {
  for (const Field f : fields) {
    const std::string_view text = r.text(f);
    if (!text.empty()) return text;
  }
  return {};
}

}  // namespace

std::optional<RiskFeed> risk_feed_of(std::string_view word) {
  constexpr std::string_view kTablePrefix = "AAD";
  if (word.size() > kTablePrefix.size() && is_word(word.substr(0, kTablePrefix.size()), kTablePrefix)) word.remove_prefix(kTablePrefix.size());
  for (const FeedWord& f : kFeeds) {
    if (is_word(word, f.category)) return f.feed;
  }
  return std::nullopt;
}

std::optional<RiskFeed> risk_feed_of(const FieldReader& r) {
  const auto who = [&] {
    if (r.has(F::agent_id) || r.has(F::identity_id) || r.has(F::agent_display_name)) return EntityType::agent;
    if (r.has(F::service_principal_id) || r.has(F::service_principal_display_name) || r.has(F::app_id)) return EntityType::service_principal;
    return EntityType::user;
  };
  if ((r.has(F::risk_event_type) || r.has(F::risk_type)) && (r.has(F::activity_time) || r.has(F::detected_time))) {
    return RiskFeed{ReportKind::detection, who()};
  }
  if (!r.has(F::risk_level) && !r.has(F::risk_state)) return std::nullopt;
  if (r.has(F::risk_last_modified)) return RiskFeed{ReportKind::entity, EntityType::agent};
  if (r.has(F::risk_last_updated)) return RiskFeed{ReportKind::entity, who()};
  return std::nullopt;
}

bool RiskFeedReader::read(const FeedRecord& record, const RiskFeed& feed, const DecodeOptions& options, RecordProblem& problem,
                          RiskReport& out) {
  out = RiskReport{};
  if (!body_.open(record, SourceObject::risk_feed, problem)) return false;
  const FieldReader r{body_.json(), body_.places(), arena_, problem};
  out.kind = feed.kind;
  out.tenant_id = body_.tenant(record, options, problem);
  out.id = r.id(F::id);
  read_entity(r, feed, problem, out);
  if (out.id.empty() && feed.kind == ReportKind::entity) out.id = out.entity_id;
  if (out.id.empty()) problem.set(DeadLetterReason::missing_id, "no id");
  read_opinion(r, out);
  if (feed.kind == ReportKind::detection) read_activity(r, problem, out);
  read_times(record, r, options, problem, out);
  return !problem.found;
}

void RiskFeedReader::read_entity(const FieldReader& r, const RiskFeed& feed, RecordProblem& problem, RiskReport& out) const {
  const bool entity = feed.kind == ReportKind::entity;
  const std::string_view identity_word = r.text(F::identity_type);
  out.entity_type = feed.entity;
  if (feed.entity == EntityType::agent && is_word(identity_word, "user")) out.entity_type = EntityType::user;
  switch (feed.entity) {
    case EntityType::user: out.entity_id = first_id(r, {F::user_id}); break;
    case EntityType::service_principal: out.entity_id = first_id(r, {F::service_principal_id}); break;
    default: out.entity_id = first_id(r, {F::identity_id, F::agent_id}); break;
  }
  if (out.entity_id.empty() && entity) out.entity_id = r.id_or_none(F::id);
  if (out.entity_id.empty()) problem.set(DeadLetterReason::missing_entity, "no user, service principal or agent whose risk it is");
  out.name = first_text(r, {F::user_display_name, F::service_principal_display_name, F::agent_display_name, F::display_name});
  out.user_principal_name = r.lower_text(F::user_principal_name, kUserPrincipalNameBytesMax);
  out.app_id = r.id_or_none(F::app_id);
  out.blueprint_id = r.id_or_none(F::blueprint_id);
  out.identity_type = identity_type_of(identity_word);
  if (out.identity_type == AgentIdentityType::none) out.identity_type = identity_type_of_odata(r.text(F::odata_type));
  if (out.entity_type != EntityType::agent) out.identity_type = AgentIdentityType::none;
  out.deleted = r.boolean(F::is_deleted);
  out.processing = r.boolean(F::is_processing);
  out.enabled = r.boolean(F::is_enabled);
  if (out.enabled == Tristate::unknown) out.enabled = r.boolean(F::account_enabled);
}

void RiskFeedReader::read_opinion(const FieldReader& r, RiskReport& out) const {
  const std::string_view level = r.text(F::risk_level);
  out.level = entra_level_of(level);
  out.level_hidden = is_word(level, "hidden");
  out.state = entra_state_of(r.text(F::risk_state));
  out.detail = detail_of(r.text(F::risk_detail));
}

void RiskFeedReader::read_activity(const FieldReader& r, RecordProblem& problem, RiskReport& out) {
  out.event_type = first_text(r, {F::risk_event_type, F::risk_type});
  if (out.event_type.empty()) problem.set(DeadLetterReason::bad_field, "riskEventType: expected a word, found none");
  out.source = r.text(F::risk_source);
  out.timing = timing_of(r.text(F::risk_timing));
  out.request_id = first_id(r, {F::request_id, F::sign_in_request_id});
  out.correlation_id = first_id(r, {F::correlation_id, F::sign_in_correlation_id});
  if (const auto ip = IpAddress::parse(r.text(F::ip_address))) out.ip = *ip;
  if (JsonIndex* json = body_.nested(F::location, SourceObject::location, nested_, nested_places_, problem)) {
    const FieldReader place{*json, nested_places_, arena_, problem};
    out.location.city = place.text(F::city);
    out.location.state = place.text(F::state);
    out.location.country = country_of(place.text(F::country));
    const auto latitude = place.decimal(F::latitude, 90);
    const auto longitude = place.decimal(F::longitude, 180);
    if (latitude && longitude) {
      out.location.latitude = rounded_degrees(*latitude);
      out.location.longitude = rounded_degrees(*longitude);
      out.location.has_coordinates = out.location.latitude != 0 || out.location.longitude != 0;
    }
  }
  if (r.shape(F::additional_info) != FieldReader::Shape::string && r.shape(F::additional_info) != FieldReader::Shape::array) return;
  RecordProblem unread;  // what people added is no reason to refuse the record
  Token t = 0;
  JsonIndex* json = FieldReader{body_.json(), body_.places(), arena_, unread}.array(F::additional_info, nested_, t);
  if (json == nullptr || json->first(t + 1) == ']') return;
  for (++t; json->first(t) == '{'; ++t) {
    nested_places_ = FieldPlaces{};
    t = walk_object(*json, t, SourceObject::pair, nested_places_);
    const FieldReader pair{*json, nested_places_, arena_, unread};
    if (is_word(pair.text(F::pair_name), "userAgent") && pair.shape(F::pair_value) == FieldReader::Shape::string) {
      out.user_agent = pair.text(F::pair_value, kUserAgentBytesMax);
    }
    if (json->first(t) != ',') return;
  }
}

void RiskFeedReader::read_times(const FeedRecord& record, const FieldReader& r, const DecodeOptions& options, RecordProblem& problem,
                                RiskReport& out) const {
  const auto published = body_.published(record, problem);
  const auto arrival = options.arrival ? options.arrival : published;
  const auto updated = activity_time(
      r, {F::last_updated, F::last_modified, F::risk_last_updated, F::risk_last_modified, F::detected_time, F::activity_time}, arrival, problem);
  if (!updated) return;
  out.updated = *updated;
  out.event_time = *updated;
  if (out.kind == ReportKind::detection && (r.has(F::activity_time) || r.has(F::detected_time))) {
    out.event_time = activity_time(r, {F::activity_time, F::detected_time}, arrival, problem).value_or(*updated);
  }
  out.published_time = published.value_or(out.updated);
}

}  // namespace bartizan
