#include "engine/codec/sign_in_reader.h"

#include <algorithm>

#include "engine/codec/record_rules.h"
#include "engine/codec/unique_token.h"

namespace bartizan {
namespace {

using F = Field;

struct CategoryWord {
  std::string_view word;
  SignInCategory category;
  std::uint32_t flags;
};
constexpr CategoryWord kCategories[] = {
    {"SignInLogs", SignInCategory::interactive_user, 0},
    {"NonInteractiveUserSignInLogs", SignInCategory::non_interactive_user, 0},
    {"ServicePrincipalSignInLogs", SignInCategory::service_principal, 0},
    {"ManagedIdentitySignInLogs", SignInCategory::managed_identity, 0},
    {"ADFSSignInLogs", SignInCategory::interactive_user, kFlagAdfs},
    {"MicrosoftServicePrincipalSignInLogs", SignInCategory::service_principal, kFlagFirstParty},
};
constexpr CategoryWord kEventTypes[] = {  // the most specific first
    {"managedIdentity", SignInCategory::managed_identity, 0},
    {"servicePrincipal", SignInCategory::service_principal, 0},
    {"nonInteractiveUser", SignInCategory::non_interactive_user, 0},
    {"interactiveUser", SignInCategory::interactive_user, 0},
};

/// One of the fields that only sign-ins have; risk detections, users and applications carry some of the others.
bool is_graph_sign_in(const FieldReader& r) {
  for (const Field f : {F::event_types, F::is_interactive, F::conditional_access, F::client_app_used, F::sign_in_count, F::first_sign_in}) {
    if (r.has(f)) return true;
  }
  return r.has(F::created) && (r.has(F::ip_address) || r.has(F::status) || r.has(F::resource_id));
}

/// Its columns stand in the record itself.
bool is_row_of_log_analytics(const FieldReader& own) {
  return !own.has(F::properties) &&
         (own.has(F::time_generated) || own.has(F::aad_tenant_id) || (own.has(F::category) && own.has(F::id)));
}

}  // namespace

bool is_sign_in_category(std::string_view word) {
  return std::any_of(std::begin(kCategories), std::end(kCategories), [&](const CategoryWord& c) { return is_word(word, c.word); });
}

RecordOutcome SignInReader::read(JsonIndex& json, const RecordPlaces& places, const DecodeOptions& options) {
  e_ = SignIn{};
  problem_.found = false;
  const RecordOutcome outcome = read_dialect(json, places, options);
  return problem_.found ? RecordOutcome::problem : outcome;
}

RecordOutcome SignInReader::read_dialect(JsonIndex& json, const RecordPlaces& places, const DecodeOptions& options) {
  const FieldReader own{json, places.own, arena_, problem_};
  if (is_row_of_log_analytics(own)) return RecordOutcome::other_shape;
  const bool graph = !own.has(F::category);
  if (graph ? !is_graph_sign_in(own) : !read_category(own)) return RecordOutcome::other_shape;
  JsonIndex* record_json = &json;
  const FieldPlaces* record_places = graph ? &places.own : &places.properties;
  if (!graph && own.shape(F::properties) == FieldReader::Shape::string) {
    if (!open_properties_text(own)) return RecordOutcome::problem;
    record_json = &properties_text_;
    record_places = &text_places_;
  } else if (!graph) {
    own.expect_object(F::properties);
  }
  const Sources s{own, FieldReader{*record_json, *record_places, arena_, problem_}, graph};
  if (graph) read_graph_category(s.record);
  read_identity(s, options);
  read_times(s, options);
  read_who(s);
  read_agent(s.record);
  read_how(s);
  read_what(s);
  read_risk(s.record);
  return RecordOutcome::sign_in;
}

bool SignInReader::open_properties_text(const FieldReader& own) {
  const std::string_view text = own.json().string(own.token(F::properties), arena_);
  if (!open_nested(properties_text_, text, arena_) || properties_text_.first(0) != '{') {
    own.bad(F::properties, "an object, or one as JSON text");
    return false;
  }
  text_places_ = FieldPlaces{};
  walk_object(properties_text_, 0, SourceObject::record, text_places_);
  return true;
}

bool SignInReader::read_category(const FieldReader& envelope) {
  const std::string_view word = envelope.text(F::category);
  for (const CategoryWord& c : kCategories) {
    if (!is_word(word, c.word)) continue;
    e_.category = c.category;
    e_.flags |= c.flags;
    return true;
  }
  return false;
}

void SignInReader::read_graph_category(const FieldReader& r) {
  e_.flags |= kFlagGraph;
  std::size_t best = std::size(kEventTypes);
  const auto take = [&best](std::string_view word) {
    for (std::size_t i = 0; i < best; ++i) {
      if (is_word(word, kEventTypes[i].word)) best = i;
    }
  };
  if (r.shape(F::event_types) == FieldReader::Shape::array) {
    for (Token t = r.token(F::event_types) + 1;; ++t) {
      if (r.json().is_string(t)) take(r.json().string(t, arena_));
      t = r.json().behind(t);
      if (r.json().first(t) != ',') break;
    }
  } else {
    take(r.text(F::event_types));
  }
  if (best < std::size(kEventTypes)) {
    e_.category = kEventTypes[best].category;
    return;
  }
  const std::string_view msi = r.text(F::managed_identity_type);
  const Tristate interactive = r.boolean(F::is_interactive);
  const bool has_user = r.id_or_none(F::user_id) || r.has(F::user_principal_name);
  if (!msi.empty() && !is_word(msi, "none")) {
    e_.category = SignInCategory::managed_identity;
  } else if (interactive == Tristate::yes) {
    e_.category = SignInCategory::interactive_user;
  } else if (!has_user && (r.id_or_none(F::service_principal_id) || r.has(F::service_principal_name))) {
    e_.category = SignInCategory::service_principal;
  } else if (interactive == Tristate::no || r.has(F::first_sign_in)) {
    e_.category = SignInCategory::non_interactive_user;
  }
}

void SignInReader::read_identity(const Sources& s, const DecodeOptions& options) {
  const std::string_view token = s.record.text(F::unique_token_identifier);
  const auto token_id = id_from_unique_token(token);
  e_.id = s.record.id(F::id);
  if (e_.id.empty() && token_id && (token_id->hi() | token_id->lo()) != 0) e_.id = *token_id;
  if (e_.id.empty()) fail(DeadLetterReason::missing_id, "no id, and none in uniqueTokenIdentifier");
  if (!(token_id && *token_id == e_.id)) e_.unique_token_id = token;

  e_.tenant_id = s.envelope.id_or_none(F::tenant_id);
  if (e_.tenant_id.empty() && !s.graph && s.envelope.shape(F::resource_id) == FieldReader::Shape::string) {
    const std::string_view tenant = tenant_of_resource(s.envelope.lower_text(F::resource_id, kResourceIdBytesMax));
    e_.tenant_id = Id::from_or_none(tenant);
  }
  if (e_.tenant_id.empty()) e_.tenant_id = s.record.id_or_none(F::tenant_id);
  if (e_.tenant_id.empty()) e_.tenant_id = Id::from(options.tenant);
  if (e_.tenant_id.empty()) {
    fail(DeadLetterReason::missing_tenant, "no tenant in the record, and none configured for the input");
  } else if (!is_tenant_id(e_.tenant_id)) {
    s.envelope.bad(F::tenant_id, "a tenant id of letters, digits, dots, dashes and underscores");
  }
  e_.correlation_id = s.record.id_or_none(F::correlation_id);
  if (e_.correlation_id.empty()) e_.correlation_id = s.envelope.id_or_none(F::correlation_id);
  e_.session_id = s.record.id_or_none(F::session_id);
  e_.original_request_id = s.record.id_or_none(F::original_request_id);
  if (e_.original_request_id == e_.id) e_.original_request_id = Id{};
}

void SignInReader::read_times(const Sources& s, const DecodeOptions& options) {
  const auto count = s.record.integer(F::sign_in_count, 0xffffffffLL);
  if (count && *count > 0) e_.count = static_cast<std::uint32_t>(*count);
  if (e_.count > 1 || s.record.has(F::first_sign_in)) e_.flags |= kFlagSummary;

  Field from = F::first_sign_in;
  auto event = s.record.time(from);
  if (!event) event = s.record.time(from = F::created);
  if (!event) event = s.record.time(from = F::aggregation_time);
  if (!event) return fail(DeadLetterReason::bad_time, "createdDateTime: expected a time, found none");
  auto published = s.graph ? std::nullopt : s.envelope.time(F::time);
  if (published && !is_plausible(*published)) published.reset();
  const Time arrival = options.arrival ? *options.arrival : published ? *published : *event;
  if (!is_plausible(*event)) return s.record.bad(from, "a time from 2010 to 2099", DeadLetterReason::bad_time);
  if (*event > arrival + kAheadMax) return s.record.bad(from, "at most a day after arrival", DeadLetterReason::bad_time);
  e_.event_time = *event;
  if (*event > arrival + kAheadTolerated) {
    e_.event_time = arrival + kAheadTolerated;
    e_.flags |= kFlagTimeClamped;
  }
  e_.published_time = published ? *published : e_.event_time;
}

void SignInReader::read_who(const Sources& s) {
  const FieldReader& r = s.record;
  e_.user_id = r.id_or_none(F::user_id);
  e_.user_principal_name = r.lower_text(F::user_principal_name, kUserPrincipalNameBytesMax);
  e_.user_name = r.text(F::user_display_name);
  const std::string_view type = r.text(F::user_type);
  if (is_word(type, "member")) e_.user_type = UserType::member;
  if (is_word(type, "guest")) e_.user_type = UserType::guest;
  e_.home_tenant_id = r.id_or_none(F::home_tenant_id);
  if (e_.home_tenant_id == e_.tenant_id) e_.home_tenant_id = Id{};
  e_.resource_tenant_id = r.id_or_none(F::resource_tenant_id);
  if (e_.resource_tenant_id == e_.tenant_id) e_.resource_tenant_id = Id{};
  e_.cross_tenant_access = r.text(F::cross_tenant_access);
  e_.service_principal_id = r.id_or_none(F::service_principal_id);
  e_.service_principal_name = r.text(F::service_principal_name);
  if (!s.graph) {
    const std::string_view identity = s.envelope.text(F::identity);
    if (e_.is_user_category() && e_.user_name.empty()) e_.user_name = identity;
    if (!e_.is_user_category() && e_.service_principal_name.empty()) e_.service_principal_name = identity;
  }
  e_.app_owner_tenant_id = r.id_or_none(F::app_owner_tenant_id);
  e_.credential_type = r.text(F::credential_type);
  e_.credential_key_id = r.id_or_none(F::credential_key_id);
  e_.credential_thumbprint = r.text(F::credential_thumbprint);
  e_.federated_credential_id = r.id_or_none(F::federated_credential_id);
  r.expect_object(F::managed_identity);
  e_.managed_identity_type = r.text(F::managed_identity_type);
  e_.managed_identity_resource_id = r.text(F::managed_identity_resource, kResourceIdBytesMax);
  e_.azure_resource_id = r.text(F::azure_resource_id, kResourceIdBytesMax);
  e_.app_id = r.id_or_none(F::app_id);
  e_.app_name = r.text(F::app_display_name);
  const bool named = e_.user_id || e_.service_principal_id || e_.app_id || !e_.user_principal_name.empty() || !e_.user_name.empty() ||
                     !e_.service_principal_name.empty();
  if (!named) fail(DeadLetterReason::missing_entity, "no user, workload or agent by id or name, nor an application");
}

void SignInReader::read_agent(const FieldReader& r) {
  r.expect_object(F::agent);
  e_.agent.type = r.text(F::agent_type);
  e_.agent.subject_type = r.text(F::agent_subject_type);
  e_.agent.parent_app_id = r.id_or_none(F::agent_parent_app_id);
  if (e_.agent.parent_app_id.empty()) e_.agent.parent_app_id = r.id_or_none(F::agent_parent_id);
  e_.agent.subject_parent_id = r.id_or_none(F::agent_subject_parent_id);
  const auto is_agentic = [](std::string_view word) { return !word.empty() && !is_word(word, "notAgentic"); };
  if (is_agentic(e_.agent.type)) e_.flags |= kFlagAgent;
  if (is_agentic(e_.agent.subject_type)) e_.flags |= kFlagAgentIsSubject;
}

}  // namespace bartizan
