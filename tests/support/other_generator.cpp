#include "tests/support/other_generator.h"

#include <array>
#include <string_view>
#include <utility>

#include "engine/model/id.h"
#include "tests/support/json_tree.h"
#include "tests/support/json_mutator.h"

namespace bartizan::test {
namespace {

constexpr std::string_view kTenant = "5f2c9a1e-7b3d-4c68-9d10-2f4e6a8b0c1d";
constexpr std::string_view kPlace = R"({"city":"Lisbon","state":"Lisboa","countryOrRegion":"PT","geoCoordinates":{"latitude":38.7223,"longitude":-9.1393}})";

class Members {
 public:
  void raw(std::string_view name, const std::string& value) {
    if (!out_.empty()) out_ += ',';
    out_ += '"' + std::string{name} + "\":" + value;
  }
  void text(std::string_view name, std::string_view value) { raw(name, '"' + std::string{value} + '"'); }
  std::string object() const { return '{' + out_ + '}'; }

 private:
  std::string out_;
};

std::string as_text(std::string_view json) {
  std::string out = "\"";
  for (const char c : json) {
    if (c == '"' || c == '\\') out += '\\';
    if (static_cast<unsigned char>(c) < 0x20) {
      out += c == '\n' ? "\\n" : c == '\r' ? "\\r" : "\\t";
    } else {
      out += c;
    }
  }
  return out + '"';
}

std::string time_of(Random& r) { return "2026-03-1" + std::to_string(r.below(5)) + "T0" + std::to_string(r.below(10)) + ":15:30.25Z"; }

template <std::size_t N>
std::string_view one_of(const std::array<std::string_view, N>& words, Random& r) {
  return words[r.below(N)];
}

/// An Azure Monitor record with its members as columns.
std::string log_analytics(Random& r) {
  const auto kind = static_cast<RecordKind>(r.below(6));
  const JsonTree record = parse_json_documents(make_record(kind, r))->front();
  const JsonTree* properties = record.find("properties");
  const bool texts = r.one_in(2);
  Members m;
  const auto pascal = [](std::string name) {
    if (!name.empty() && name[0] >= 'a' && name[0] <= 'z') name[0] = static_cast<char>(name[0] - 32);
    return name == "IpAddress" ? std::string{"IPAddress"} : name;
  };
  m.text("TenantId", random_guid(r));
  m.text("TimeGenerated", time_of(r));
  m.raw("ResourceId", as_text(record.find("resourceId")->text));
  if (!r.one_in(5)) m.text("AADTenantId", kTenant);
  for (const char* name : {"category", "resultType", "resultDescription", "identity", "location"}) {
    if (const JsonTree* v = record.find(name); v != nullptr && !(std::string_view{name} == "category" && r.one_in(6))) m.raw(pascal(name), as_text(v->text));
  }
  constexpr std::array<std::string_view, 6> kTables = {"SigninLogs", "AADNonInteractiveUserSignInLogs", "AADServicePrincipalSignInLogs",
                                                       "AADManagedIdentitySignInLogs", "ADFSSignInLogs", "AADFirstPartyToFirstPartySignInLogs"};
  if (!r.one_in(8)) m.text("Type", kTables[static_cast<std::size_t>(kind)]);
  Random plain{7};
  for (const JsonMember& p : properties->members) {
    std::string name = pascal(p.first);
    if (name == "TenantId" || name == "CreatedDateTime" || name == "Location") {
      if (name == "TenantId" || (name == "CreatedDateTime" && r.one_in(3))) continue;
    }
    if (p.first == "location") name = "LocationDetails";
    if (p.first == "resourceId") name = "ResourceIdentity";
    const std::string value = write_tree(p.second, plain);
    const bool nested = p.second.is_object() || p.second.is_array();
    m.raw(name, nested && texts ? as_text(value) : value);
  }
  return m.object();
}

std::string microsoft_365(Random& r) {
  const bool failed = r.one_in(2);
  const std::string user = random_guid(r);
  Members m;
  m.text("CreationTime", "2026-03-14T07:0" + std::to_string(r.below(10)) + ":11");
  m.text("Id", random_guid(r));
  m.text("Operation", r.one_in(12) ? "Add user." : failed ? "UserLoginFailed" : "UserLoggedIn");
  m.text("OrganizationId", kTenant);
  m.raw("RecordType", "15");
  m.text("ResultStatus", "Success");
  m.text("UserKey", r.one_in(4) ? "Not Available" : user);
  m.raw("UserType", "0");
  m.raw("Version", "1");
  if (!r.one_in(6)) m.text("Workload", r.one_in(10) ? "Exchange" : "AzureActiveDirectory");
  m.text("ClientIP", r.one_in(4) ? "[2001:db8::7]:443" : "198.51.100.9:51120");
  m.text("ObjectId", r.one_in(4) ? "Unknown" : "00000003-0000-0000-c000-000000000000");
  m.text("UserId", "Ana.Souza@example.com");
  m.raw("ExtendedProperties", R"j([{"Name":"UserAgent","Value":"Mozilla\/5.0 (Windows NT 10.0)"},{"Name":"RequestType","Value":"OAuth2:Authorize"}])j");
  m.raw("ModifiedProperties", "[]");
  m.raw("Actor", R"([{"ID":")" + user + R"(","Type":0},{"ID":"ana.souza@example.com","Type":5}])");
  m.text("ActorContextId", kTenant);
  m.text("ActorIpAddress", "198.51.100.9");
  m.text("InterSystemsId", random_guid(r));
  m.text("IntraSystemId", random_guid(r));
  m.text("TargetContextId", r.one_in(5) ? random_guid(r) : std::string{kTenant});
  m.text("ApplicationId", random_guid(r));
  if (!r.one_in(3)) {
    m.raw("DeviceProperties", R"([{"Name":"Id","Value":"d-1"},{"Name":"OS","Value":"Windows10"},{"Name":"BrowserType","Value":"Edge"},)"
                              R"({"Name":"IsCompliantAndManaged","Value":"False"},{"Name":"SessionId","Value":"s-1"}])");
  }
  m.text("ErrorNumber", failed ? "50126" : "0");
  if (failed) m.text("LogonError", "InvalidUserNameOrPassword");
  return m.object();
}

void opinion(Members& m, Random& r) {
  m.text("riskLevel", one_of<5>({"none", "low", "medium", "high", "hidden"}, r));
  m.text("riskState", one_of<6>({"none", "atRisk", "confirmedCompromised", "confirmedSafe", "remediated", "dismissed"}, r));
  m.text("riskDetail", one_of<4>({"none", "aiConfirmedSigninSafe", "userPerformedSecuredPasswordReset", "somethingNew"}, r));
}

Members detection(Random& r) {
  Members m;
  m.text("id", random_guid(r));
  m.text("requestId", random_guid(r));
  m.text("correlationId", random_guid(r));
  m.text("riskType", "generic");
  m.text("riskEventType", one_of<3>({"passwordSpray", "unfamiliarFeatures", "anomalousToken"}, r));
  opinion(m, r);
  m.text("source", "IdentityProtection");
  m.text("detectionTimingType", one_of<3>({"realtime", "offline", "else"}, r));
  m.text("activity", "signin");
  m.text("ipAddress", r.one_in(4) ? "123.456.7.89" : "198.51.100.7");
  m.raw("location", r.one_in(3) ? as_text(kPlace) : std::string{kPlace});
  const std::string time = time_of(r);
  m.text("activityDateTime", time);
  m.text("detectedDateTime", time);
  m.text("lastUpdatedDateTime", time);
  m.raw("additionalInfo", as_text(R"([{"Key":"userAgent","Value":"python-requests"},{"Key":"alertUrl","Value":null}])"));
  return m;
}

void user(Members& m, Random& r) {
  m.text("userId", random_guid(r));
  m.text("userDisplayName", "Ana Souza");
  m.text("userPrincipalName", "Ana.Souza@example.com");
}

std::string enveloped(std::string_view category, const std::string& properties, Random& r) {
  Members m;
  m.text("time", r.one_in(3) ? "3/15/2026 9:54:27 AM" : "2026-03-15T09:54:27Z");
  m.text("category", category);
  if (!r.one_in(4)) m.text("tenantId", kTenant);
  m.text("resourceId", "/tenants/" + std::string{kTenant} + "/providers/microsoft.aadiam");
  m.text("correlationId", random_guid(r));
  m.raw("properties", r.one_in(8) ? as_text(properties) : properties);
  return m.object();
}

std::string risky(Random& r, bool agent) {
  Members m;
  m.text("id", random_guid(r));
  m.text(agent ? "agentDisplayName" : "userDisplayName", "Ana Souza");
  opinion(m, r);
  m.text(agent ? "riskLastModifiedDateTime" : "riskLastUpdatedDateTime", time_of(r));
  m.raw("isDeleted", r.one_in(2) ? "true" : "false");
  m.raw("isProcessing", "\"False\"");
  if (agent) m.text("identityType", one_of<3>({"AgentIdentity", "agentUser", "user"}, r));
  return m.object();
}

std::string audit_members(Random& r, bool texts) {
  Members m;
  m.text("id", "Directory_" + random_guid(r));
  m.text("category", "UserManagement");
  m.text("result", r.one_in(5) ? "failure" : "success");
  const bool credential = r.one_in(2);
  m.text("activityDisplayName", credential ? one_of<2>({"Add service principal credentials", "Update application \xe2\x80\x93 Certificates and secrets management "}, r)
                                           : one_of<4>({"Reset password (by admin)", "Reset password (self-service)", "Disable account", "Update user"}, r));
  m.text("activityDateTime", time_of(r));
  const std::string by = R"({"user":{"id":"u-1","displayName":null,"userPrincipalName":"Admin@example.com"}})";
  m.raw("initiatedBy", texts ? as_text(by) : by);
  const std::string key = random_guid(r);
  const std::string description = R"(["[KeyIdentifier=)" + key + R"(,KeyType=Password,KeyUsage=Verify,DisplayName=x]"])";
  const std::string targets = R"([{"id":")" + random_guid(r) + R"(","displayName":"Target","type":")" +
                              std::string{credential ? one_of<3>({"Application", "ServicePrincipal", "AgentIdentityBlueprint"}, r) : "User"} +
                              R"(","modifiedProperties":[{"displayName":"KeyDescription","oldValue":"[]","newValue":)" + as_text(description) + "}]}]";
  m.raw("targetResources", texts ? as_text(targets) : targets);
  return m.object();
}

}  // namespace

std::string make_other_record(OtherKind kind, Random& r) {
  switch (kind) {
    case OtherKind::log_analytics: return log_analytics(r);
    case OtherKind::microsoft_365: return microsoft_365(r);
    case OtherKind::exported_365: return R"({"RecordType":15,"AuditData":)" + as_text(microsoft_365(r)) + "}";
    case OtherKind::user_risk: {
      Members m = detection(r);
      user(m, r);
      return enveloped("UserRiskEvents", m.object(), r);
    }
    case OtherKind::risky_user: return enveloped("RiskyUsers", risky(r, false), r);
    case OtherKind::principal_risk: {
      Members m = detection(r);
      m.text("servicePrincipalId", random_guid(r));
      m.text("appId", random_guid(r));
      return enveloped("ServicePrincipalRiskEvents", m.object(), r);
    }
    case OtherKind::agent_risk: {
      Members m = detection(r);
      m.text("agentId", random_guid(r));
      m.text("identityType", "AgentIdentity");
      return enveloped(r.one_in(2) ? "AgentRiskEvents" : "AADAgentRiskEvents", m.object(), r);
    }
    case OtherKind::risky_agent: return enveloped("RiskyAgents", risky(r, true), r);
    case OtherKind::graph_risk: {
      Members m = detection(r);
      user(m, r);
      return r.one_in(3) ? risky(r, r.one_in(2)) : m.object();
    }
    case OtherKind::risk_row: {
      Members m = detection(r);
      user(m, r);
      m.text("TimeGenerated", time_of(r));
      m.text("AADTenantId", kTenant);
      m.text("Type", "AADUserRiskEvents");
      return m.object();
    }
    case OtherKind::audit: return enveloped("AuditLogs", audit_members(r, r.one_in(3)), r);
    case OtherKind::audit_row: return audit_members(r, true);
  }
  return {};
}

}  // namespace bartizan::test
