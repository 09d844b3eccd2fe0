// Rows of Log Analytics, Microsoft 365 audit records, risk feeds and audit operations: what they become, and what they do not.

#include <catch2/catch.hpp>
#include <tuple>

#include "tests/engine/codec/collecting_sink.h"

using namespace bartizan;
using namespace bartizan::test;

namespace {

constexpr std::string_view kTenant = "5f2c9a1e-7b3d-4c68-9d10-2f4e6a8b0c1d";

DecodedRecord only(const std::string& message, const DecodeOptions& options = {}) {
  const auto all = decode_all(message, options);
  REQUIRE(all.size() == 1);
  INFO(all[0].letter.detail);
  return all[0];
}

std::string row(const std::string& columns) {
  return R"({"TenantId":"11111111-2222-3333-4444-555555555555","TimeGenerated":"2026-03-02T08:07:00Z","AADTenantId":")" + std::string{kTenant} +
         R"(","Id":"event-1","UserId":"user-1","ResultType":"50126")" + (columns.empty() ? "" : "," + columns) + "}";
}

std::string audit_365(const std::string& members) {
  return R"({"CreationTime":"2026-03-02T08:00:00","Id":"0a8c2f13-5b1e-4c0d-9a55-2f7e1f0c3d11","Operation":"UserLoginFailed","OrganizationId":")" +
         std::string{kTenant} + R"(","UserKey":"Not Available","UserId":"Ana@example.com","ErrorNumber":"50126","ResultStatus":"Success",)"
         R"("Workload":"AzureActiveDirectory","ClientIP":"198.51.100.9:50112")" + (members.empty() ? "" : "," + members) + "}";
}

std::string dead(const std::string& message) {
  const DecodedRecord r = only(message);
  return r.kind == DecodedRecord::Kind::dead_letter ? std::string{to_word(r.letter.reason)} : "";
}

}  // namespace

TEST_CASE("a row of Log Analytics is a sign-in; TenantId is the workspace", "[codec]") {
  const auto f = only(row(R"("Category":"SignInLogs","CreatedDateTime":"2026-03-02T08:00:00Z")")).fields;
  CHECK(f.at("tenant_id") == kTenant);
  CHECK(f.at("event_time") == "2026-03-02T08:00:00.000Z");
  CHECK(f.at("published_time") == "2026-03-02T08:07:00.000Z");
  CHECK(f.at("failure_class") == "bad_password");
}

TEST_CASE("objects of Log Analytics are objects or JSON text, and Location is not LocationDetails", "[codec]") {
  const std::string place = R"({\"city\":\"Lisbon\",\"countryOrRegion\":\"PT\",\"geoCoordinates\":{\"latitude\":38.7,\"longitude\":-9.1}})";
  const auto f = only(row(R"("Category":"SignInLogs","CreatedDateTime":"2026-03-02T08:00:00Z","Location":"ES","LocationDetails":")" + place +
                          R"(","DeviceDetail":{"browser":"Edge"},"Status":"{\"errorCode\":50053,\"failureReason\":\"locked\"}","ResourceIdentity":"res-1",)"
                          R"("ResourceId":"/tenants/other/providers","Agent":"{\"agentType\":\"agenticAppInstance\"}")"))
                     .fields;
  CHECK(f.at("location.country") == "PT");
  CHECK(f.at("location.latitude") == "38700000");
  CHECK(f.at("device.browser") == "Edge");
  CHECK(f.at("result_code") == "50053");
  CHECK(f.at("resource_id") == "res-1");
  CHECK(f.at("agent.type") == "agenticAppInstance");
}

TEST_CASE("tables of Log Analytics stand for categories; other tables are ignored", "[codec]") {
  const auto category = [](const std::string& table) { return only(row(R"("Type":")" + table + "\"")).fields.at("category"); };
  CHECK(category("SigninLogs") == "interactive_user");
  CHECK(category("AADNonInteractiveUserSignInLogs") == "non_interactive_user");
  CHECK(category("AADServicePrincipalSignInLogs") == "service_principal");
  CHECK(category("AADManagedIdentitySignInLogs") == "managed_identity");
  CHECK(only(row(R"("Type":"AADProvisioningLogs")")).kind == DecodedRecord::Kind::ignored);
  // Without CreatedDateTime, as the tables of workloads were until 2024, ingestion stands for it.
  CHECK(only(row(R"("Type":"SigninLogs")")).fields.at("event_time") == "2026-03-02T08:07:00.000Z");
}

TEST_CASE("rows of Log Analytics that cannot be read are dead letters", "[codec]") {
  CHECK(dead(row(R"("Type":"SigninLogs","Status":"{broken")")) == "bad_field");
  CHECK(dead(row(R"("Type":"SigninLogs","LocationDetails":"[]")")) == "bad_field");
  CHECK(dead(R"({"TimeGenerated":"2026-03-02T08:07:00Z","Type":"SigninLogs","Id":"e","UserId":"u","TenantId":"workspace"})") == "missing_tenant");
  CHECK(dead(R"({"TimeGenerated":"2026-03-02T08:07:00Z"})") == "unknown_format");
}

TEST_CASE("a Microsoft 365 audit record is an interactive sign-in whose result is its ErrorNumber", "[codec]") {
  const auto f = only(audit_365(R"("Actor":[{"ID":"x","Type":5},{"ID":"0a8c2f13-5b1e-4c0d-9a55-2f7e1f0c3d99","Type":0}],"ObjectId":"Unknown",)"
                                R"("ExtendedProperties":[{"Name":"UserAgent","Value":"a \"quoted\" agent"}],)"
                                R"("DeviceProperties":[{"Name":"OS","Value":"Windows10"},{"Name":"IsCompliantAndManaged","Value":"True"}])"))
                     .fields;
  CHECK(f.at("category") == "interactive_user");
  CHECK(f.at("event_time") == "2026-03-02T08:00:00.000Z");
  CHECK(f.at("tenant_id") == kTenant);
  CHECK(f.at("user_id") == "0a8c2f13-5b1e-4c0d-9a55-2f7e1f0c3d99");
  CHECK(f.at("user_principal_name") == "ana@example.com");
  CHECK(f.at("ip") == "198.51.100.9");
  CHECK(f.at("result_class") == "failure");
  CHECK(f.at("user_agent") == "a \"quoted\" agent");
  CHECK(f.at("device.os") == "Windows10");
  CHECK(f.count("device.compliant") == 1);
  CHECK(f.count("resource_id") == 0);
}

TEST_CASE("Microsoft 365 records of exports are read through AuditData; other operations are ignored", "[codec]") {
  std::string text = audit_365("");
  std::string escaped;
  for (const char c : text) escaped += c == '"' ? std::string{"\\\""} : std::string(1, c);
  CHECK(only(R"({"RecordType":15,"AuditData":")" + escaped + "\"}").kind == DecodedRecord::Kind::sign_in);
  CHECK(dead(R"({"AuditData":"{broken"})") == "bad_field");
  CHECK(only(R"({"CreationTime":"2026-03-02T08:00:00","OrganizationId":"t","Operation":"FileAccessed"})").kind == DecodedRecord::Kind::ignored);
  CHECK(only(audit_365(R"("Workload":"Exchange")")).kind == DecodedRecord::Kind::ignored);
  CHECK(dead(audit_365(R"("ErrorNumber":"0")")) == "bad_field");  // a failure must say why
  CHECK(dead(audit_365(R"("ErrorNumber":"many")")) == "bad_field");
}

TEST_CASE("risk feeds are read in Azure Monitor's, Log Analytics' and Graph's shapes", "[codec]") {
  const std::string members = R"("id":"d-1","riskEventType":"unfamiliarFeatures","riskType":"generic","riskLevel":"hidden","riskState":"atRisk",)"
                              R"("riskDetail":"somethingNew","detectionTimingType":"offline","activityDateTime":"2026-03-02T8:00:00.5Z",)"
                              R"("lastUpdatedDateTime":"2026-03-02T08:05:00Z","userId":"user-1","ipAddress":"123.456.7.89",)"
                              R"("additionalInfo":"[{\"Key\":\"userAgent\",\"Value\":\"curl\"}]")";
  DecodeOptions options;
  options.tenant = kTenant;
  const auto graph = only("{" + members + "}", options);
  const auto enveloped = only(R"({"time":"3/2/2026 8:06:00 AM","category":"UserRiskEvents","tenantId":")" + std::string{kTenant} +
                              R"(","correlationId":"d-1","properties":{)" + members + "}}");
  const auto table = only(R"({"TenantId":"workspace","TimeGenerated":"2026-03-02T08:06:00Z","Type":"AADUserRiskEvents","AADTenantId":")" +
                          std::string{kTenant} + "\"," + members + "}");
  for (const DecodedRecord* r : {&graph, &enveloped, &table}) {
    REQUIRE(r->kind == DecodedRecord::Kind::risk_report);
    CHECK(r->fields.at("event_type") == "unfamiliarFeatures");
    CHECK(r->fields.at("level_hidden") == "1");
    CHECK(r->fields.at("detail") == "unknownFutureValue");
    CHECK(r->fields.at("user_agent") == "curl");
    CHECK(r->fields.at("event_time") == "2026-03-02T08:00:00.500Z");
    CHECK(r->fields.at("tenant_id") == kTenant);
    CHECK(r->fields.count("ip") == 0);
    CHECK(r->fields.count("correlation_id") == 0);  // the envelope's is the detection's id
  }
  CHECK(enveloped.fields.at("published_time") == "2026-03-02T08:06:00.000Z");
}

TEST_CASE("every risk category and its table are known, in any case", "[codec]") {
  for (const auto& [word, type, kind] : {std::tuple{"riskyusers", "user", "entity"}, {"AADRiskyUsers", "user", "entity"},
                                         {"ServicePrincipalRiskEvents", "service_principal", "detection"},
                                         {"RiskyServicePrincipals", "service_principal", "entity"}, {"AADAgentRiskEvents", "agent", "detection"},
                                         {"AgentRiskEvents", "agent", "detection"}, {"AADRiskyAgents", "agent", "entity"}}) {
    const auto r = only(R"({"category":")" + std::string{word} + R"(","tenantId":"t-1","properties":{"id":"i-1","riskEventType":"x","userId":"i-1",)"
                        R"("servicePrincipalId":"i-1","agentId":"i-1","detectedDateTime":"2026-03-02T08:05:00Z"}})");
    REQUIRE(r.kind == DecodedRecord::Kind::risk_report);
    CHECK(r.fields.at("entity_type") == type);
    CHECK(r.fields.at("kind") == kind);
  }
}

TEST_CASE("risk records that cannot be read are dead letters", "[codec]") {
  const auto user_risk = [](const std::string& members) {
    return R"({"category":"UserRiskEvents","tenantId":"t-1","properties":{)" + members + "}}";
  };
  CHECK(dead(user_risk(R"("id":"d","riskEventType":"x","userId":"u")")) == "bad_time");
  CHECK(dead(user_risk(R"("id":"d","riskEventType":"x","userId":"u","detectedDateTime":"soon")")) == "bad_time");
  CHECK(dead(user_risk(R"("id":"d","riskEventType":"x","detectedDateTime":"2026-03-02T08:05:00Z")")) == "missing_entity");
  CHECK(dead(user_risk(R"("id":"d","userId":"u","detectedDateTime":"2026-03-02T08:05:00Z")")) == "bad_field");
  CHECK(dead(user_risk(R"("riskEventType":"x","userId":"u","detectedDateTime":"2026-03-02T08:05:00Z")")) == "missing_id");
  CHECK(dead(R"({"category":"UserRiskEvents","properties":{"id":"d","riskEventType":"x","userId":"u","detectedDateTime":"2026-03-02T08:05:00Z"}})") ==
        "missing_tenant");
  CHECK(dead(R"({"category":"UserRiskEvents","tenantId":"t-1","properties":[1]})") == "bad_field");
}

TEST_CASE("of audit records only operations that change risk are read", "[codec]") {
  const auto audit = [](const std::string& name, const std::string& more) {
    return R"({"category":"AuditLogs","tenantId":"t-1","properties":{"id":"a-1","activityDisplayName":")" + name +
           R"(","activityDateTime":"2026-03-02T08:00:00Z")" + more + "}}";
  };
  const std::string user = R"(,"result":"success","targetResources":[{"id":"g","type":"Group"},{"id":"User-1","type":"User","userPrincipalName":"A@example.com"}])";
  const auto reset = only(audit("Reset password (by admin)", user));
  REQUIRE(reset.kind == DecodedRecord::Kind::directory_change);
  CHECK(reset.fields.at("target_id") == "user-1");
  CHECK(reset.fields.at("target_principal_name") == "a@example.com");
  CHECK(only(audit("Change user password", user)).kind == DecodedRecord::Kind::ignored);
  CHECK(only(audit("Reset password (by admin)", R"(,"result":"failure")" + user.substr(user.find(",\"target")))).kind == DecodedRecord::Kind::ignored);
  CHECK(dead(audit("Reset password (by admin)", R"(,"targetResources":[{"id":"g","type":"Group"}])")) == "missing_entity");
  const auto keys = only(audit("Update application \xe2\x80\x93 Certificates and secrets management ",
                               R"(,"targetResources":"[{\"id\":\"app-1\",\"type\":\"Application\",\"modifiedProperties\":[{\"displayName\":\"KeyDescription\",)"
                               R"(\"oldValue\":\"[KeyIdentifier=59eaeebc-8a6b-44a6-9f24-7d55e64420c9]\",)"
                               R"(\"newValue\":\"[KeyIdentifier=59eaeebc-8a6b-44a6-9f24-7d55e64420c9][KeyIdentifier=0a8c2f13-5b1e-4c0d-9a55-2f7e1f0c3d11]\"}]}]")"));
  REQUIRE(keys.kind == DecodedRecord::Kind::directory_change);
  CHECK(keys.fields.at("operation") == "credential_added");
  CHECK(keys.fields.at("new_keys[0]") == "0a8c2f13-5b1e-4c0d-9a55-2f7e1f0c3d11");
  CHECK(keys.fields.count("new_keys[1]") == 0);
}
