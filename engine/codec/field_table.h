#pragma once
// The one table of source fields: which name of which object becomes which field of the model, per dialect.

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "engine/codec/key_table.h"

namespace bartizan {

/// A place in the source that the decoder reads. The order groups members of one sub-object together (kObjects).
enum class Field : std::uint8_t {
  none = 0,
  // the envelope of Azure Monitor
  records, value, time, category, result_type, result_description, caller_ip_address, identity, properties,
  // `properties`, and a Graph record itself
  id, created, first_sign_in, aggregation_time, sign_in_count, tenant_id, correlation_id, session_id, original_request_id,
  unique_token_identifier, event_types, is_interactive, flagged_for_review, global_secure_access,
  user_id, user_principal_name, user_display_name, user_type, home_tenant_id, resource_tenant_id, cross_tenant_access,
  service_principal_id, service_principal_name, app_owner_tenant_id, credential_type, credential_key_id, credential_thumbprint,
  federated_credential_id, azure_resource_id, app_id, app_display_name, client_app_used, ip_address, resource_provider_ip,
  autonomous_system_number, user_agent, auth_requirement, auth_protocol, original_transfer_method, incoming_token_type,
  auth_details, network_details, conditional_access, token_issuer_type, token_issuer_name, resource_id, resource_name,
  resource_service_principal_id, risk_level_during, risk_level_aggregated, risk_state, risk_detail, risk_event_types,
  risk_event_types_v2,
  // objects, each followed by its members
  status, error_code, failure_reason, additional_details,
  location, city, state, country, coordinates, latitude, longitude,
  device, device_id, device_name, operating_system, browser, trust_type, is_compliant, is_managed,
  agent, agent_type, agent_parent_app_id, agent_parent_id, agent_subject_type, agent_subject_parent_id,
  managed_identity, managed_identity_type, managed_identity_resource,
  // members of one authenticationDetails step
  step_time, step_method, step_method_detail, step_succeeded, step_result_detail, step_requirement, step_status_sequence,
  step_request_sequence,
  // member of one networkLocationDetails entry
  network_type,
  // columns of Log Analytics that no other shape has
  time_generated, aad_tenant_id, table_type, resource_path, location_word,
  // Microsoft 365 audit records
  operation, workload, audit_data, actor_ip_address, actors, extended_properties, device_properties, logon_error, error_number,
  pair_name, pair_value, pair_id, pair_type,
  // risk feeds
  odata_type, request_id, sign_in_request_id, sign_in_correlation_id, risk_event_type, risk_type, risk_level, risk_source, risk_timing,
  activity_time, detected_time, last_updated, last_modified, risk_last_updated, risk_last_modified, display_name, agent_id, identity_id,
  agent_display_name, identity_type, blueprint_id, is_deleted, is_processing, is_enabled, account_enabled, service_principal_display_name,
  additional_info,
  // audit records of the directory
  activity_name, audit_result, initiated_by, initiator_user, initiator_app, target_resources, target_type, modified_properties,
  old_value, new_value,
  count_
};
constexpr std::size_t kFieldCount = static_cast<std::size_t>(Field::count_);
constexpr std::size_t index_of(Field f) { return static_cast<std::size_t>(f); }
/// Fields up to here are those that walking over any record may meet.
constexpr std::size_t kCommonFieldCount = index_of(Field::aad_tenant_id) + 1;

/// The object in which a name is looked for.
enum class SourceObject : std::uint8_t {
  record, status, location, coordinates, device, agent, managed_identity, step, network,
  log_analytics, microsoft_365, pair, risk_feed, audit_log, initiator, principal, audit_target, modified_property, count_
};
constexpr std::size_t kSourceObjects = static_cast<std::size_t>(SourceObject::count_);

/// Where a row holds: bits.
enum Dialect : std::uint8_t {
  kEnvelope = 1, kProperties = 2, kGraph = 4, kLogAnalytics = 8, kMicrosoft365 = 16, kRiskFeed = 32, kAuditLog = 64
};

/// How a value is read, for the documentation.
enum class ValueKind : std::uint8_t {
  text, lower_text, id, time, word, boolean, number, count, coordinate, address, country, object, list, wrapper
};

struct FieldRow {
  SourceObject object;
  std::string_view name;  // as Microsoft writes it; matched in any case
  Field field;
  std::uint8_t dialects;
  ValueKind kind;
  std::string_view model;  // member of SignIn (risk feeds: RiskReport, audit records: DirectoryChange); for people
  std::string_view note;
};
std::span<const FieldRow> field_rows();

extern const std::array<KeyTable, kSourceObjects> kKeyTables;
/// The field that a key names, in any case; `none` for others. REQUIRES: 64 readable bytes behind the key. A key with escapes is none.
inline Field find_field(SourceObject object, std::string_view key) { return kKeyTables[static_cast<std::size_t>(object)].find(key); }

/// The members of an object that is walked into: the fields behind its own up to `last`.
struct MemberRange {
  SourceObject object = SourceObject::record;
  Field last = Field::none;  // none: not walked into
};
constexpr std::array<MemberRange, kFieldCount> make_member_ranges() {
  std::array<MemberRange, kFieldCount> m{};
  m[index_of(Field::status)] = {SourceObject::status, Field::additional_details};
  m[index_of(Field::location)] = {SourceObject::location, Field::longitude};
  m[index_of(Field::coordinates)] = {SourceObject::coordinates, Field::longitude};
  m[index_of(Field::device)] = {SourceObject::device, Field::is_managed};
  m[index_of(Field::agent)] = {SourceObject::agent, Field::agent_subject_parent_id};
  m[index_of(Field::managed_identity)] = {SourceObject::managed_identity, Field::managed_identity_resource};
  return m;
}
constexpr std::array<MemberRange, kFieldCount> kMemberRanges = make_member_ranges();
constexpr MemberRange members_of(Field f) { return kMemberRanges[index_of(f)]; }
constexpr bool holds_members(Field f) { return members_of(f).last != Field::none || f == Field::properties; }

/// docs/fields.md, whole.
std::string fields_markdown();

}  // namespace bartizan
