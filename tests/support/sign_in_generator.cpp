#include "tests/support/sign_in_generator.h"

#include <array>
#include <string_view>

namespace bartizan::test {
namespace {

constexpr std::string_view kTenant = "5f2c9a1e-7b3d-4c68-9d10-2f4e6a8b0c1d";
constexpr std::array<std::string_view, 4> kAgents = {
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148", "",
    "python-requests/2.32.3"};
constexpr std::array<std::string_view, 6> kCodes = {"0", "0", "0", "50126", "50074", "53003"};
constexpr std::array<std::string_view, 3> kCities = {"Z\xc3\xbcrich|Zurich|CH|47.3769|8.5417", "Lisbon|Lisboa|PT|38.7223|-9.1393",
                                                     "Sydney|New South Wales|AU|-33.8688|151.2093"};

std::string digits(std::uint64_t v, std::size_t width) {
  std::string s = std::to_string(v);
  return s.size() < width ? std::string(width - s.size(), '0') + s : s;
}

std::string time_text(Random& r) {
  return "2026-03-" + digits(1 + r.below(28), 2) + "T" + digits(r.below(24), 2) + ":" + digits(r.below(60), 2) + ":" +
         digits(r.below(60), 2) + "." + digits(r.below(10'000'000), 7);
}

std::string part(std::string_view packed, int n) {
  for (; n > 0; --n) packed.remove_prefix(packed.find('|') + 1);
  return std::string{packed.substr(0, packed.find('|'))};
}

/// Builds `"name":value,` runs.
class Members {
 public:
  void raw(std::string_view name, std::string_view value) {
    if (!out_.empty()) out_ += ',';
    out_ += '"';
    out_ += name;
    out_ += "\":";
    out_ += value;
  }
  void text(std::string_view name, std::string_view value) { raw(name, '"' + std::string{value} + '"'); }
  std::string object() const { return '{' + out_ + '}'; }

 private:
  std::string out_;
};

/// What the parts of one record share.
struct Facts {
  Random& r;
  RecordKind kind;
  std::string time, id, correlation, user, app, resource, ip, city;
  std::string_view code, agent;
  bool workload() const {
    return kind == RecordKind::service_principal || kind == RecordKind::managed_identity || kind == RecordKind::first_party;
  }
};

Facts make_facts(RecordKind kind, Random& r) {
  Facts f{r, kind, time_text(r), random_guid(r), random_guid(r), random_guid(r), random_guid(r), random_guid(r), {}, {}, {}, {}};
  f.ip = r.one_in(8) ? "2001:db8::" + std::to_string(1 + r.below(9999)) : "198.51.100." + std::to_string(r.below(256));
  f.city = kCities[r.below(kCities.size())];
  f.code = kCodes[r.below(kCodes.size())];
  f.agent = kAgents[r.below(kAgents.size())];
  return f;
}

std::string policies(Facts& f) {
  std::string out = "[";
  for (std::uint64_t i = 0, n = 7; i < n; ++i) {
    Members m;
    m.text("id", random_guid(f.r));
    m.text("displayName", "CA0" + std::to_string(i) + ": require something of somebody");
    m.raw("enforcedGrantControls", f.r.one_in(2) ? "[\"Mfa\"]" : "[\"Block\",\"RequireCompliantDevice\"]");
    m.raw("enforcedSessionControls", "[]");
    m.text("result", f.r.one_in(3) ? "success" : "notApplied");
    m.raw("conditionsSatisfied", std::to_string(f.r.below(64)));
    m.raw("conditionsNotSatisfied", std::to_string(f.r.below(64)));
    out += (i == 0 ? "" : ",") + m.object();
  }
  return out + "]";
}

std::string location(const Facts& f) {
  Members g;
  g.raw("latitude", part(f.city, 3));
  g.raw("longitude", part(f.city, 4));
  Members m;
  m.text("city", part(f.city, 0));
  m.text("state", part(f.city, 1));
  m.text("countryOrRegion", part(f.city, 2));
  m.raw("geoCoordinates", g.object());
  return m.object();
}

std::string device(Facts& f) {
  Members m;
  m.text("deviceId", f.r.one_in(2) ? random_guid(f.r) : "");
  m.text("displayName", "LT-" + std::to_string(f.r.below(9999)));
  m.text("operatingSystem", "Windows10");
  m.text("browser", "Edge 141.0.0");
  m.raw("isCompliant", f.r.one_in(2) ? "true" : "false");
  m.raw("isManaged", "true");
  m.text("trustType", "Hybrid Azure AD joined");
  return m.object();
}

std::string steps(const Facts& f) {
  const bool right = f.code != "50126";
  Members a;
  a.text("authenticationStepDateTime", f.time + "+00:00");
  a.text("authenticationMethod", "Password");
  a.text("authenticationMethodDetail", "Password Hash Sync");
  a.raw("succeeded", right ? "true" : "false");
  a.text("authenticationStepResultDetail", right ? "Correct password" : "Invalid username or password or Invalid on-premise username or password.");
  a.text("authenticationStepRequirement", "Primary authentication");
  a.raw("StatusSequence", "0");
  a.raw("RequestSequence", "1");
  if (!right) return "[" + a.object() + "]";
  Members b;
  b.text("authenticationStepDateTime", f.time + "+00:00");
  b.text("authenticationMethod", "Previously satisfied");
  b.raw("succeeded", "true");
  b.text("authenticationStepResultDetail", "MFA requirement satisfied by claim in the token");
  b.text("authenticationStepRequirement", "");
  b.raw("StatusSequence", "0");
  b.raw("RequestSequence", "0");
  return "[" + a.object() + "," + b.object() + "]";
}

std::string status(const Facts& f) {
  Members m;
  m.raw("errorCode", f.code);
  if (f.code != "0") m.text("failureReason", "It did not work, and here is \\\"why\\\": reason " + std::string{f.code});
  m.text("additionalDetails", f.code == "0" ? "MFA requirement satisfied by claim in the token" : "");
  return m.object();
}

void add_who(Members& m, Facts& f) {
  if (f.workload()) {
    m.raw("userId", "null");
    Members agent;
    agent.text("agentType", f.r.one_in(5) ? "agenticAppInstance" : "notAgentic");
    agent.text("parentAppId", f.r.one_in(5) ? random_guid(f.r) : "");
    m.raw("agent", agent.object());
  } else {
    m.text("userDisplayName", "User Number " + std::to_string(f.r.below(1000)));
    m.text("userPrincipalName", "user" + std::to_string(f.r.below(1000)) + "@example.com");
    m.text("userId", f.user);
  }
  m.text("appId", f.app);
  if (!f.workload()) m.text("appDisplayName", "Some Application");
}

void add_how(Members& m, Facts& f) {
  m.text("ipAddress", f.kind == RecordKind::managed_identity ? "" : f.ip);
  m.raw("status", status(f));
  m.text("clientAppUsed", f.workload() ? "Unknown" : "Browser");
  m.text("userAgent", f.agent);
  m.raw("deviceDetail", f.workload() ? "{}" : device(f));
  m.raw("location", location(f));
  m.raw("mfaDetail", "{}");
  m.text("correlationId", f.correlation);
  m.text("conditionalAccessStatus", f.code == "53003" ? "failure" : "success");
  m.raw("appliedConditionalAccessPolicies", policies(f));
  m.raw("authenticationContextClassReferences", "[]");
  m.text("originalRequestId", f.r.one_in(10) ? random_guid(f.r) : f.id);
  m.raw("isInteractive", f.kind == RecordKind::interactive || f.kind == RecordKind::adfs || f.kind == RecordKind::graph_v1 ? "true" : "false");
  m.text("tokenIssuerName", "");
  m.text("tokenIssuerType", f.kind == RecordKind::adfs ? "ADFederationServices" : "AzureAD");
  m.raw("authenticationProcessingDetails",
        R"j([{"key":"Legacy TLS (TLS 1.0, 1.1, 3DES)","value":"False"},{"key":"Oauth Scope Info","value":"[\"email\",\"openid\",\"User.Read\"]"},{"key":"Is CAE Token","value":"False"}])j");
  m.raw("networkLocationDetails", f.r.one_in(3) ? R"([{"networkType":"trustedNamedLocation","networkNames":["Head office"]}])" : "[]");
  m.text("clientCredentialType", f.workload() ? "clientSecret" : "none");
  m.raw("processingTimeInMilliseconds", std::to_string(f.r.below(900)));
}

void add_risk(Members& m, Facts& f) {
  m.text("riskDetail", "none");
  m.text("riskLevelAggregated", f.workload() ? "low" : "none");
  m.text("riskLevelDuringSignIn", f.workload() ? "low" : "none");
  m.text("riskState", f.r.one_in(20) ? "atRisk" : "none");
  m.raw("riskEventTypes", "[]");
  m.raw("riskEventTypes_v2", f.r.one_in(20) ? R"(["unfamiliarFeatures","anonymizedIPAddress"])" : "[]");
}

void add_what(Members& m, Facts& f) {
  m.text("resourceDisplayName", "Microsoft Graph");
  m.text("resourceId", f.resource);
  m.text("resourceTenantId", kTenant);
  m.text("homeTenantId", f.r.one_in(9) ? random_guid(f.r) : std::string{kTenant});
  if (f.kind != RecordKind::graph && f.kind != RecordKind::graph_v1) m.text("tenantId", kTenant);
  m.raw("authenticationDetails", f.workload() ? "[]" : steps(f));
  m.raw("authenticationRequirementPolicies", R"([{"requirementProvider":"multiConditionalAccess","detail":"Conditional Access"}])");
  m.raw("sessionLifetimePolicies", "[]");
  m.text("authenticationRequirement", f.workload() ? "" : "multiFactorAuthentication");
  m.text("servicePrincipalId", f.workload() ? f.user : "");
  m.text("servicePrincipalName", f.workload() ? "svc-" + std::to_string(f.r.below(50)) : "");
  m.text("userType", "Member");
  m.raw("flaggedForReview", "false");
  m.raw("isTenantRestricted", "false");
  m.raw("autonomousSystemNumber", std::to_string(64496 + f.r.below(16)));
  m.text("crossTenantAccessType", "none");
  m.text("servicePrincipalCredentialKeyId", f.workload() ? random_guid(f.r) : "");
  m.raw("privateLinkDetails", "{}");
  m.text("uniqueTokenIdentifier", "kq0fNw2yRUaJ7bT1pXc" + digits(f.r.below(1000), 3));
  m.text("incomingTokenType", "none");
  m.text("authenticationProtocol", "none");
  m.raw("appServicePrincipalId", "null");
  m.text("resourceServicePrincipalId", random_guid(f.r));
  m.text("signInTokenProtectionStatus", "none");
  m.text("originalTransferMethod", "none");
  m.raw("isThroughGlobalSecureAccess", "false");
  m.raw("conditionalAccessAudiences", "[\"" + f.resource + "\"]");
  m.text("sessionId", random_guid(f.r));
  m.text("appOwnerTenantId", random_guid(f.r));
  m.text("resourceOwnerTenantId", random_guid(f.r));
}

std::string_view category(RecordKind kind) {
  switch (kind) {
    case RecordKind::interactive: return "SignInLogs";
    case RecordKind::non_interactive: return "NonInteractiveUserSignInLogs";
    case RecordKind::service_principal: return "ServicePrincipalSignInLogs";
    case RecordKind::managed_identity: return "ManagedIdentitySignInLogs";
    case RecordKind::adfs: return "ADFSSignInLogs";
    default: return "MicrosoftServicePrincipalSignInLogs";
  }
}

std::string summary(Facts& f) {
  Members m;
  m.text("id", f.id);
  m.text("aggregationDateTime", f.time.substr(0, 10) + "T00:00:00Z");
  m.text("firstSignInDateTime", f.time + "Z");
  m.raw("signInCount", std::to_string(1 + f.r.below(300)));
  m.text("userPrincipalName", "user" + std::to_string(f.r.below(1000)) + "@example.com");
  m.text("appId", f.app);
  m.text("appDisplayName", "Some Application");
  m.text("ipAddress", f.ip);
  m.text("resourceId", f.resource);
  m.text("resourceDisplayName", "Microsoft Graph");
  m.text("tenantId", kTenant);
  m.raw("status", status(f));
  m.text("conditionalAccessStatus", "notApplied");
  return m.object();
}

}  // namespace

std::uint64_t Random::next() {
  state_ += 0x9e3779b97f4a7c15ULL;
  std::uint64_t z = state_;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
  return z ^ (z >> 31);
}

std::string random_guid(Random& r) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string s;
  for (int i = 0; i < 36; ++i) s += i == 8 || i == 13 || i == 18 || i == 23 ? '-' : kDigits[r.below(16)];
  return s;
}

std::string make_record(RecordKind kind, Random& r) {
  Facts f = make_facts(kind, r);
  if (kind == RecordKind::summary) return summary(f);
  const bool graph = kind == RecordKind::graph || kind == RecordKind::graph_v1;
  Members p;
  p.text("id", f.id);
  p.text("createdDateTime", f.time + (graph ? "Z" : "+00:00"));
  if (kind == RecordKind::graph) p.raw("signInEventTypes", "[\"nonInteractiveUser\"]");
  add_who(p, f);
  add_how(p, f);
  add_risk(p, f);
  add_what(p, f);
  if (graph) return p.object();
  Members m;
  m.text("time", f.time + "Z");
  m.text("resourceId", "/tenants/" + std::string{kTenant} + "/providers/Microsoft.aadiam");
  m.text("operationName", "Sign-in activity");
  m.text("operationVersion", "1.0");
  m.text("category", category(kind));
  m.text("tenantId", kTenant);
  m.text("resultType", f.code);
  m.text("resultSignature", f.code == "0" ? "SUCCESS" : "FAILURE");
  if (f.code != "0") m.text("resultDescription", "It did not work: " + std::string{f.code});
  m.raw("durationMs", "0");
  if (kind != RecordKind::managed_identity) m.text("callerIpAddress", f.ip);
  m.text("correlationId", f.correlation);
  if (!f.workload()) m.text("identity", "User Number 1");
  m.raw("Level", "4");
  m.text("location", part(f.city, 2));
  m.raw("properties", p.object());
  return m.object();
}

std::string make_common_record(Random& r) {
  const std::uint64_t n = r.below(10);
  return make_record(n < 2   ? RecordKind::interactive
                     : n < 6 ? RecordKind::non_interactive
                     : n < 9 ? RecordKind::service_principal
                             : RecordKind::managed_identity,
                     r);
}

}  // namespace bartizan::test
