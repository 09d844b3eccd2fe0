#include "engine/codec/field_table.h"


namespace bartizan {
namespace {

using F = Field;
using K = ValueKind;
using O = SourceObject;
constexpr std::uint8_t kRecord = kProperties | kGraph;
constexpr std::uint8_t kAll = kEnvelope | kProperties | kGraph;

constexpr FieldRow kRows[] = {
    {O::record, "records", F::records, kEnvelope, K::wrapper, "", "an array of records; one level deep"},
    {O::record, "value", F::value, kGraph, K::wrapper, "", "an array of records, or one record; one level deep"},
    {O::record, "time", F::time, kEnvelope, K::time, "published_time", "outside 2010..2099: absent"},
    {O::record, "category", F::category, kEnvelope, K::word, "category, flags", "chooses the dialect"},
    {O::record, "resultType", F::result_type, kEnvelope, K::number, "result_code", "where status.errorCode is absent"},
    {O::record, "resultDescription", F::result_description, kEnvelope, K::text, "failure_reason", "where status.failureReason is absent"},
    {O::record, "callerIpAddress", F::caller_ip_address, kEnvelope, K::address, "ip", "where ipAddress is absent"},
    {O::record, "identity", F::identity, kEnvelope, K::text, "user_name, service_principal_name", "where the display name is absent"},
    {O::record, "properties", F::properties, kEnvelope, K::object, "", "an object, or an object as JSON text"},

    {O::record, "id", F::id, kRecord, K::id, "id", "else decoded from uniqueTokenIdentifier"},
    {O::record, "createdDateTime", F::created, kRecord, K::time, "event_time", ""},
    {O::record, "firstSignInDateTime", F::first_sign_in, kRecord, K::time, "event_time", "summarised rows: before createdDateTime"},
    {O::record, "aggregationDateTime", F::aggregation_time, kRecord, K::time, "event_time", "summarised rows: where the others are absent"},
    {O::record, "signInCount", F::sign_in_count, kRecord, K::count, "count", "above 1 marks a summarised row"},
    {O::record, "tenantId", F::tenant_id, kAll, K::id, "tenant_id", "envelope, then /tenants/<id>/ of its resourceId, then properties"},
    {O::record, "correlationId", F::correlation_id, kAll, K::id, "correlation_id", "properties before envelope"},
    {O::record, "sessionId", F::session_id, kRecord, K::id, "session_id", ""},
    {O::record, "originalRequestId", F::original_request_id, kRecord, K::id, "original_request_id", "where it differs from id"},
    {O::record, "uniqueTokenIdentifier", F::unique_token_identifier, kRecord, K::text, "unique_token_id", "where it cannot be computed from id"},
    {O::record, "signInEventTypes", F::event_types, kGraph, K::list, "category", "Graph: before isInteractive and the ids"},
    {O::record, "isInteractive", F::is_interactive, kRecord, K::boolean, "flags", "Graph v1.0: category too"},
    {O::record, "flaggedForReview", F::flagged_for_review, kRecord, K::boolean, "flags", ""},
    {O::record, "isThroughGlobalSecureAccess", F::global_secure_access, kRecord, K::boolean, "flags", ""},

    {O::record, "userId", F::user_id, kRecord, K::id, "user_id", ""},
    {O::record, "userPrincipalName", F::user_principal_name, kRecord, K::lower_text, "user_principal_name", ""},
    {O::record, "userDisplayName", F::user_display_name, kRecord, K::text, "user_name", ""},
    {O::record, "userType", F::user_type, kRecord, K::word, "user_type", "member, guest"},
    {O::record, "homeTenantId", F::home_tenant_id, kRecord, K::id, "home_tenant_id", "where it differs from tenant_id"},
    {O::record, "resourceTenantId", F::resource_tenant_id, kRecord, K::id, "resource_tenant_id", "where it differs from tenant_id"},
    {O::record, "crossTenantAccessType", F::cross_tenant_access, kRecord, K::text, "cross_tenant_access", ""},
    {O::record, "servicePrincipalId", F::service_principal_id, kRecord, K::id, "service_principal_id", ""},
    {O::record, "servicePrincipalName", F::service_principal_name, kRecord, K::text, "service_principal_name", ""},
    {O::record, "appOwnerTenantId", F::app_owner_tenant_id, kRecord, K::id, "app_owner_tenant_id", ""},
    {O::record, "clientCredentialType", F::credential_type, kRecord, K::text, "credential_type", ""},
    {O::record, "servicePrincipalCredentialKeyId", F::credential_key_id, kRecord, K::id, "credential_key_id", ""},
    {O::record, "servicePrincipalCredentialThumbprint", F::credential_thumbprint, kRecord, K::text, "credential_thumbprint", ""},
    {O::record, "federatedCredentialId", F::federated_credential_id, kRecord, K::id, "federated_credential_id", ""},
    {O::record, "azureResourceId", F::azure_resource_id, kRecord, K::text, "azure_resource_id", ""},

    {O::record, "appId", F::app_id, kRecord, K::id, "app_id", ""},
    {O::record, "appDisplayName", F::app_display_name, kRecord, K::text, "app_name", ""},
    {O::record, "clientAppUsed", F::client_app_used, kRecord, K::text, "client_app", ""},
    {O::record, "ipAddress", F::ip_address, kRecord, K::address, "ip, ip_text", "masked addresses go to ip_text"},
    {O::record, "ipAddressFromResourceProvider", F::resource_provider_ip, kRecord, K::address, "resource_provider_ip", "unreadable: absent"},
    {O::record, "autonomousSystemNumber", F::autonomous_system_number, kRecord, K::number, "asn", ""},
    {O::record, "userAgent", F::user_agent, kRecord, K::text, "user_agent", ""},
    {O::record, "authenticationRequirement", F::auth_requirement, kRecord, K::text, "auth_requirement", ""},
    {O::record, "authenticationProtocol", F::auth_protocol, kRecord, K::text, "auth_protocol", ""},
    {O::record, "originalTransferMethod", F::original_transfer_method, kRecord, K::text, "original_transfer_method", ""},
    {O::record, "incomingTokenType", F::incoming_token_type, kRecord, K::text, "incoming_token_type", ""},
    {O::record, "authenticationDetails", F::auth_details, kRecord, K::list, "auth_steps, password_validated", "an array, or an array as JSON text"},
    {O::record, "networkLocationDetails", F::network_details, kRecord, K::list, "flags", "an array, or an array as JSON text"},
    {O::record, "conditionalAccessStatus", F::conditional_access, kRecord, K::word, "conditional_access", "success, failure, notApplied"},
    {O::record, "tokenIssuerType", F::token_issuer_type, kRecord, K::text, "token_issuer_type, flags", ""},
    {O::record, "tokenIssuerName", F::token_issuer_name, kRecord, K::text, "token_issuer_name", ""},

    {O::record, "resourceId", F::resource_id, kAll, K::id, "resource_id", "envelope: only tenant_id"},
    {O::record, "resourceDisplayName", F::resource_name, kRecord, K::text, "resource_name", ""},
    {O::record, "resourceServicePrincipalId", F::resource_service_principal_id, kRecord, K::id, "resource_service_principal_id", ""},
    {O::record, "riskLevelDuringSignIn", F::risk_level_during, kRecord, K::word, "risk_level_during", "hidden and unknown words: none"},
    {O::record, "riskLevelAggregated", F::risk_level_aggregated, kRecord, K::word, "risk_level_aggregated", "hidden and unknown words: none"},
    {O::record, "riskState", F::risk_state, kRecord, K::word, "risk_state", "unknown words: none"},
    {O::record, "riskDetail", F::risk_detail, kRecord, K::text, "risk_detail", ""},
    {O::record, "riskEventTypes", F::risk_event_types, kRecord, K::list, "risk_event_types", "where riskEventTypes_v2 is absent or empty"},
    {O::record, "riskEventTypes_v2", F::risk_event_types_v2, kRecord, K::list, "risk_event_types", ""},

    {O::record, "status", F::status, kRecord, K::object, "", ""},
    {O::status, "errorCode", F::error_code, kRecord, K::number, "result_code, result_class, failure_class, password_validated", ""},
    {O::status, "failureReason", F::failure_reason, kRecord, K::text, "failure_reason", ""},
    {O::status, "additionalDetails", F::additional_details, kRecord, K::text, "additional_details", ""},

    {O::record, "location", F::location, kAll, K::object, "location", "envelope: two letters, where countryOrRegion is absent"},
    {O::location, "city", F::city, kRecord, K::text, "location.city", ""},
    {O::location, "state", F::state, kRecord, K::text, "location.state", ""},
    {O::location, "countryOrRegion", F::country, kRecord, K::country, "location.country", "other than two letters: absent"},
    {O::location, "geoCoordinates", F::coordinates, kRecord, K::object, "", ""},
    {O::coordinates, "latitude", F::latitude, kRecord, K::coordinate, "location.latitude", "0/0 and a lone one: unknown"},
    {O::coordinates, "longitude", F::longitude, kRecord, K::coordinate, "location.longitude", "0/0 and a lone one: unknown"},

    {O::record, "deviceDetail", F::device, kRecord, K::object, "", ""},
    {O::device, "deviceId", F::device_id, kRecord, K::lower_text, "device.id", ""},
    {O::device, "displayName", F::device_name, kRecord, K::text, "device.name", ""},
    {O::device, "operatingSystem", F::operating_system, kRecord, K::text, "device.os", ""},
    {O::device, "browser", F::browser, kRecord, K::text, "device.browser", ""},
    {O::device, "trustType", F::trust_type, kRecord, K::text, "device.trust_type", ""},
    {O::device, "isCompliant", F::is_compliant, kRecord, K::boolean, "device.compliant", ""},
    {O::device, "isManaged", F::is_managed, kRecord, K::boolean, "device.managed", ""},

    {O::record, "agent", F::agent, kRecord, K::object, "", "on any category"},
    {O::agent, "agentType", F::agent_type, kRecord, K::text, "agent.type, flags", "unknown words are kept"},
    {O::agent, "parentAppId", F::agent_parent_app_id, kRecord, K::id, "agent.parent_app_id", ""},
    {O::agent, "parentID", F::agent_parent_id, kRecord, K::id, "agent.parent_app_id", "older spelling, where parentAppId is absent"},
    {O::agent, "agentSubjectType", F::agent_subject_type, kRecord, K::text, "agent.subject_type, flags", "unknown words are kept"},
    {O::agent, "agentSubjectParentId", F::agent_subject_parent_id, kRecord, K::id, "agent.subject_parent_id", ""},

    {O::record, "managedServiceIdentity", F::managed_identity, kRecord, K::object, "", "Graph v1.0: category too"},
    {O::managed_identity, "msiType", F::managed_identity_type, kRecord, K::text, "managed_identity_type", ""},
    {O::managed_identity, "associatedResourceId", F::managed_identity_resource, kRecord, K::text, "managed_identity_resource_id", ""},

    {O::step, "authenticationStepDateTime", F::step_time, kRecord, K::time, "auth_steps.time", "orders the steps"},
    {O::step, "authenticationMethod", F::step_method, kRecord, K::text, "auth_steps.method", ""},
    {O::step, "authenticationMethodDetail", F::step_method_detail, kRecord, K::text, "auth_steps.detail", ""},
    {O::step, "succeeded", F::step_succeeded, kRecord, K::boolean, "auth_steps.succeeded", ""},
    {O::step, "authenticationStepResultDetail", F::step_result_detail, kRecord, K::text, "auth_steps.result_detail", ""},
    {O::step, "authenticationStepRequirement", F::step_requirement, kRecord, K::text, "auth_steps.requirement", ""},
    {O::step, "StatusSequence", F::step_status_sequence, kRecord, K::number, "auth_steps (order)", "epoch milliseconds; small numbers order nothing"},
    {O::step, "RequestSequence", F::step_request_sequence, kRecord, K::number, "auth_steps (order)", "epoch milliseconds; small numbers order nothing"},

    {O::network, "networkType", F::network_type, kRecord, K::word, "flags", "trusted, trustedNamedLocation"},
};

constexpr std::array<KeyTable, kSourceObjects> make_tables() {
  std::array<KeyTable, kSourceObjects> t{};
  for (const FieldRow& row : kRows) t[static_cast<std::size_t>(row.object)].add(row.name, row.field);
  return t;
}
}  // namespace

std::span<const FieldRow> field_rows() { return kRows; }

constinit const std::array<KeyTable, kSourceObjects> kKeyTables = make_tables();

}  // namespace bartizan
