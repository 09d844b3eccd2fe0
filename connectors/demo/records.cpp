#include "connectors/demo/records.h"
#include "connectors/demo/text.h"

#include <algorithm>
#include <array>

#include "engine/model/id.h"
#include "engine/model/time.h"

namespace bartizan::demo {
namespace {

using std::string_view;

constexpr string_view kCategories[] = {"SignInLogs", "NonInteractiveUserSignInLogs", "ServicePrincipalSignInLogs", "ManagedIdentitySignInLogs"};

struct Text {
  std::int32_t code;
  string_view text;
};
constexpr Text kTexts[] = {
    {50034, "The user account {EUII Hidden} does not exist in the {tenant} directory. To sign into this application, the account must be added to the directory."},
    {50053, "The account is locked, you've tried to sign in too many times with an incorrect user ID or password."},
    {50055, "The password is expired."},
    {50057, "User account is disabled. The account has been disabled by an administrator."},
    {50074, "Strong Authentication is required."},
    {50076, "Due to a configuration change made by your administrator, or because you moved to a new location, you must use multi-factor authentication to access the resource."},
    {50105, "The signed in user is not assigned to a role for the application."},
    {50126, "Error validating credentials due to invalid username or password."},
    {50140, "This error occurred due to 'Keep me signed in' interrupt when the user was signing-in."},
    {50173, "The provided grant has expired due to it being revoked, a fresh auth token is needed."},
    {53003, "Access has been blocked by Conditional Access policies. The access policy does not allow token issuance."},
    {65001, "The user or administrator has not consented to use the application. Send an interactive authorization request for this user and resource."},
    {70044, "The session has expired or is invalid due to sign-in frequency checks by conditional access."},
    {80002, "The authentication agent timed out while connecting to Active Directory."},
    {90033, "A transient error has occurred. Please try again."},
    {500011, "The resource principal was not found in the tenant."},
    {500121, "Authentication failed during strong authentication request."},
    {700016, "Application was not found in the directory."},
    {7000215, "Invalid client secret is provided."},
    {7000222, "The provided client secret keys are expired."},
};

/// Milliseconds to "2026-03-02T09:14:02.1230000"; the last four digits come from `tail`. The date of the last call is kept.
void append_precise(std::string& out, std::int64_t ms, std::uint32_t tail) {
  char b[27];
  struct Day {
    std::int64_t number = INT64_MIN;
    char text[10];
  };
  thread_local Day day;
  const std::int64_t days = ms / 86'400'000;
  if (day.number != days) {
    const std::string text = format_time(time_from_ms(days * 86'400'000));
    std::copy_n(text.begin(), 10, day.text);
    day.number = days;
  }
  std::copy_n(day.text, 10, b);
  auto rest = static_cast<std::uint32_t>(ms - days * 86'400'000);
  const auto two = [&](int at, std::uint32_t v) {
    b[at] = static_cast<char>('0' + v / 10);
    b[at + 1] = static_cast<char>('0' + v % 10);
  };
  b[10] = 'T';
  two(11, rest / 3'600'000);
  b[13] = ':';
  two(14, rest / 60'000 % 60);
  b[16] = ':';
  two(17, rest / 1000 % 60);
  b[19] = '.';
  rest %= 1000;
  b[20] = static_cast<char>('0' + rest / 100);
  two(21, rest % 100);
  two(23, tail / 100 % 100);
  two(25, tail % 100);
  out.append(b, sizeof b);
}

void append_int(std::string& out, std::int64_t v) {
  char b[20];
  std::size_t n = 0;
  if (v < 0) out.push_back('-');
  auto u = static_cast<std::uint64_t>(v < 0 ? -v : v);
  do b[n++] = static_cast<char>('0' + u % 10);
  while (u /= 10);
  while (n) out.push_back(b[--n]);
}

/// Degrees with eight decimals.
void append_degrees(std::string& out, double v) {
  auto scaled = static_cast<std::int64_t>(v * 1e8 + (v < 0 ? -0.5 : 0.5));
  if (scaled < 0) {
    out.push_back('-');
    scaled = -scaled;
  }
  append_int(out, scaled / 100'000'000);
  char b[9];
  b[0] = '.';
  std::int64_t fraction = scaled % 100'000'000;
  for (int i = 8; i > 0; --i) {
    b[i] = static_cast<char>('0' + fraction % 10);
    fraction /= 10;
  }
  out.append(b, sizeof b);
}

/// uniqueTokenIdentifier: url-safe base64 without padding of the id's 16 bytes in .NET order.
void append_token_id(std::string& out, const Guid& g) {
  constexpr char kAlphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  std::array<std::uint8_t, 18> b{};
  const auto byte = [](std::uint64_t w, int i) { return static_cast<std::uint8_t>(w >> (56 - 8 * i)); };
  constexpr int kOrder[] = {3, 2, 1, 0, 5, 4, 7, 6};
  for (std::size_t i = 0; i < 8; ++i) {
    b[i] = byte(g.hi, kOrder[i]);
    b[i + 8] = byte(g.lo, static_cast<int>(i));
  }
  char text[24];
  for (std::size_t i = 0, at = 0; i < 18; i += 3, at += 4) {
    const std::uint32_t v = static_cast<std::uint32_t>(b[i]) << 16 | static_cast<std::uint32_t>(b[i + 1]) << 8 | b[i + 2];
    for (std::size_t k = 0; k < 4; ++k) text[at + k] = kAlphabet[(v >> (18 - 6 * k)) & 63];
  }
  out.append(text, 22);
}

void member(std::string& out, string_view key, string_view value) {
  out.append(key);
  out.push_back('"');
  out.append(value);
  out.append("\",");
}
void member(std::string& out, string_view key, const Guid& value) {
  out.append(key);
  out.push_back('"');
  append_guid(out, value);
  out.append("\",");
}

string_view step_result(const Draft& d) {
  switch (d.mfa) {
    case MfaStep::required: return "MFA required in Azure AD";
    case MfaStep::completed: return "MFA completed in Azure AD";
    case MfaStep::denied: return "MFA denied; user declined the authentication";
    case MfaStep::timeout: return "MFA denied; user did not respond to mobile app notification";
    case MfaStep::claim: return "MFA requirement satisfied by claim in the token";
    case MfaStep::none: break;
  }
  return "";
}

std::string policy(Rng& rng, std::size_t n) {
  struct Kind {
    string_view name, controls;
  };
  constexpr Kind kKinds[] = {{"Require MFA for all users", "\"Mfa\""},
                             {"Block legacy authentication", "\"Block\""},
                             {"Require compliant device for Office 365", "\"RequireCompliantDevice\",\"RequireDomainJoinedDevice\""},
                             {"Block countries outside operations", "\"Block\""},
                             {"Require MFA - privileged accounts", "\"Mfa\""},
                             {"Sign-in risk high: block", "\"Block\""},
                             {"Terms of use for guests", "\"TermsOfUse\""},
                             {"Access control reports (mobile)", "\"ApprovedApplication\""},
                             {"Session limit on unmanaged devices", ""},
                             {"Azure management needs phishing-resistant MFA", "\"Mfa\""}};
  constexpr string_view kResults[] = {"notApplied", "notApplied", "notEnabled", "reportOnlyNotApplied"};
  std::string out;
  for (std::size_t i = 0; i < n; ++i) {
    const Kind& k = kKinds[i % std::size(kKinds)];
    out += i ? ",{\"id\":\"" : "{\"id\":\"";
    append_guid(out, rng.guid());
    out += "\",\"displayName\":\"";
    out += k.name;
    out += "\",\"enforcedGrantControls\":[";
    out += k.controls;
    out += "],\"enforcedSessionControls\":[],\"result\":\"";
    out += i == 0 ? "success" : kResults[rng.below(4)];
    out += "\",\"conditionsSatisfied\":";
    append_int(out, rng.below(24));
    out += ",\"conditionsNotSatisfied\":";
    append_int(out, rng.below(12));
    out += "}";
  }
  return out;
}

constexpr string_view kUserEmpties =
    R"json("mfaDetail":{},"alternateSignInName":"","signInIdentifier":"","signInIdentifierType":null,"homeTenantName":"","sourceAppClientId":"","redirectUrl":"","ssoExtensionVersion":"","globalSecureAccessIpAddress":"","ipAddressFromResourceProvider":"","clientSessionId":"","federatedCredentialId":"","servicePrincipalCredentialThumbprint":"","authenticationStrengths":[],"userAdministrativeUnits":[],"sessionLifetimePolicies":[],"authenticationContextClassReferences":[],"authenticationAppPolicyEvaluationDetails":[],"appliedEventListeners":[],)json";
constexpr string_view kWorkloadEmpties =
    R"json("alternateSignInName":"","clientAppUsed":"","deviceDetail":{"deviceId":"","displayName":"","operatingSystem":"","browser":""},"mfaDetail":{},"userDisplayName":"","userPrincipalName":"","userType":"","signInIdentifier":"","homeTenantName":"","sourceAppClientId":"","redirectUrl":"","ssoExtensionVersion":"","globalSecureAccessIpAddress":"","ipAddressFromResourceProvider":"","clientSessionId":"","authenticationDetails":[],"authenticationRequirement":"singleFactorAuthentication","authenticationRequirementPolicies":[],"authenticationStrengths":[],"userAdministrativeUnits":[],"sessionLifetimePolicies":[],"authenticationContextClassReferences":[],"authenticationAppPolicyEvaluationDetails":[],"appliedEventListeners":[],)json";
constexpr string_view kProcessing =
    R"json({"key":"Legacy TLS (TLS 1.0, 1.1, 3DES)","value":"False"},{"key":"Oauth Scope Info","value":"[\"email\",\"openid\",\"profile\",\"offline_access\",\"User.Read\",\"Mail.ReadWrite\",\"Calendars.ReadWrite\",\"Files.ReadWrite.All\",\"Sites.Read.All\"]"},{"key":"Is CAE Token","value":"True"},{"key":"Login Hint Present","value":"True"},{"key":"Is Legacy Store Used","value":"False"},{"key":"Azure AD App Authentication Library","value":"Family: MSAL Library: MSAL.NET 4.66.1.0 Platform: .NET 8.0.11"})json";

void device(const Device& d, std::string& out) {
  const bool registered = d.id != Guid{};
  out.append("\"deviceDetail\":{\"deviceId\":\"");
  if (registered) append_guid(out, d.id);
  out.append("\",");
  if (registered) member(out, "\"displayName\":", d.name);
  member(out, "\"operatingSystem\":", d.os);
  out.append("\"browser\":\"").append(d.browser).push_back('"');
  if (registered) out.append(",\"isCompliant\":true,\"isManaged\":true,\"trustType\":\"").append(d.trust).push_back('"');
  out.append("},");
}

void place(const Endpoint& from, bool no_asn, std::string& out) {
  if (from.empty()) {
    out.append("\"location\":{\"city\":\"\",\"state\":\"\",\"countryOrRegion\":\"\",\"geoCoordinates\":{\"latitude\":0.0,\"longitude\":0.0}},");
  } else {
    const City& c = cities()[from.city];
    const std::uint64_t spot = mix64(from.hi ^ (from.v6() ? 0 : from.lo >> 8));
    member(out, "\"location\":{\"city\":", c.name);
    member(out, "\"state\":", c.state);
    out.append("\"countryOrRegion\":\"").append(c.country).append("\",\"geoCoordinates\":{\"latitude\":");
    append_degrees(out, c.latitude + (static_cast<double>(spot % 1601) - 800) * 1.0001e-4);
    out.append(",\"longitude\":");
    append_degrees(out, c.longitude + (static_cast<double>(spot / 1601 % 1601) - 800) * 1.0001e-4);
    out.append("}},");
    if (!no_asn) {
      out.append("\"autonomousSystemNumber\":");
      append_int(out, from.asn);
      out.push_back(',');
    }
  }
}

void agent(const Draft& d, std::string& out) {
  if (!d.agent_type.empty() || !d.agent_subject_type.empty()) {
    out.append("\"agent\":{\"agentType\":\"").append(d.agent_type);
    out.append("\",\"parentAppId\":\"");
    append_guid(out, d.agent_parent_app);
    out.append("\",\"agentSubjectType\":\"").append(d.agent_subject_type).push_back('"');
    if (d.has_subject_parent) {
      out.append(",\"agentSubjectParentId\":\"");
      append_guid(out, d.agent_subject_parent);
      out.push_back('"');
    }
    out.append("},");
  } else {
    out.append("\"agent\":{\"agentType\":\"notAgentic\",\"agentSubjectType\":\"notAgentic\"},");
  }
}

}  // namespace

string_view failure_text(std::int32_t code) {
  for (const Text& t : kTexts) {
    if (t.code == code) return t.text;
  }
  return code == 0 ? "" : "Other.";
}

void append_guid(std::string& out, const Guid& g) {
  char b[36];
  write_guid(b, g.hi, g.lo);
  out.append(b, sizeof b);
}

RecordWriter::RecordWriter(std::uint64_t seed, Guid tenant, RecordSize size) : size_(size) {
  append_guid(tenant_, tenant);
  resource_path_ = join({"/tenants/", tenant_, "/providers/Microsoft.aadiam"});
  Rng rng = Rng::of(seed, 90);
  for (std::size_t i = 0; i < 64; ++i) policies_.push_back(policy(rng, size == RecordSize::full ? 1 + rng.below(5) : 0));
}

void RecordWriter::write(const Draft& d, std::uint64_t salt, std::string& out) const {
  envelope(d, salt, out);
  who_and_how(d, salt, out);
  if (d.category <= SignInCategory::non_interactive_user) {
    authentication(d, out);
  } else {
    workload(d, out);
  }
  if (size_ == RecordSize::full) bulk(d, salt, out);
  out.append("\"flaggedForReview\":false,\"isTenantRestricted\":false,\"crossTenantAccessType\":\"none\",\"uniqueTokenIdentifier\":\"");
  append_token_id(out, d.id);
  out.append("\"}}\n");
}

void RecordWriter::envelope(const Draft& d, std::uint64_t salt, std::string& out) const {
  out.append("{\"time\":\"");
  append_precise(out, d.published_ms, static_cast<std::uint32_t>(salt >> 40) % 10000);
  out.append("Z\",\"resourceId\":\"").append(resource_path_);
  out.append("\",\"operationName\":\"Sign-in activity\",\"operationVersion\":\"1.0\",\"category\":\"");
  out.append(kCategories[static_cast<std::size_t>(d.category)]);
  out.append("\",\"tenantId\":\"").append(tenant_).append("\",\"resultType\":\"");
  append_int(out, d.code);
  out.append(d.code == 0 ? "\",\"resultSignature\":\"SUCCESS\"" : "\",\"resultSignature\":\"FAILURE\",\"resultDescription\":\"");
  if (d.code != 0) out.append(failure_text(d.code)).push_back('"');
  out.append(",\"durationMs\":0,");
  if (!d.from.empty()) {
    out.append("\"callerIpAddress\":\"");
    d.from.append_ip(out);
    out.append("\",");
  }
  member(out, "\"correlationId\":", d.correlation);
  if (d.has_user) member(out, "\"identity\":", d.user_name);
  out.append("\"Level\":4,");
  if (!d.from.empty()) member(out, "\"location\":", cities()[d.from.city].country);
  out.append("\"properties\":{");
}

void RecordWriter::who_and_how(const Draft& d, std::uint64_t salt, std::string& out) const {
  member(out, "\"id\":", d.id);
  out.append("\"createdDateTime\":\"");
  append_precise(out, d.event_ms, static_cast<std::uint32_t>(salt >> 20) % 10000);
  out.append("+00:00\",");
  if (d.has_user) {
    member(out, "\"userDisplayName\":", d.user_name);
    member(out, "\"userPrincipalName\":", d.upn);
    member(out, "\"userId\":", d.user_id);
    out.append("\"userType\":\"Member\",");
  } else {
    out.append("\"userId\":null,");
  }
  member(out, "\"appId\":", d.app.id);
  if (d.category <= SignInCategory::non_interactive_user) member(out, "\"appDisplayName\":", d.app.name);
  out.append("\"ipAddress\":\"");
  if (!d.from.empty()) d.from.append_ip(out);
  out.append("\",\"status\":{\"errorCode\":");
  append_int(out, d.code);
  if (d.code != 0) out.append(",\"failureReason\":\"").append(failure_text(d.code)).push_back('"');
  if (const string_view text = step_result(d); !text.empty()) out.append(",\"additionalDetails\":\"").append(text).push_back('"');
  out.append("},");
  if (d.category <= SignInCategory::non_interactive_user) member(out, "\"clientAppUsed\":", d.client_app);
  member(out, "\"userAgent\":", d.user_agent);
  if (d.device != nullptr) device(*d.device, out);
  place(d.from, d.no_asn, out);
  member(out, "\"correlationId\":", d.correlation);
  out.append("\"conditionalAccessStatus\":\"").append(d.blocked_by_policy ? "failure" : d.has_user && d.code == 0 ? "success" : "notApplied");
  out.append("\",\"appliedConditionalAccessPolicies\":[");
  out.append(policies_[salt % policies_.size()]);
  out.append(d.category == SignInCategory::interactive_user ? "],\"isInteractive\":true," : "],\"isInteractive\":false,");
  if (d.from.named_location) {
    out.append("\"networkLocationDetails\":[{\"networkType\":\"trustedNamedLocation\",\"networkNames\":[\"Head office egress\"]}],");
  } else {
    out.append("\"networkLocationDetails\":[],");
  }
  out.append("\"tokenIssuerName\":\"\",\"tokenIssuerType\":\"AzureAD\",\"processingTimeInMilliseconds\":");
  append_int(out, static_cast<std::int64_t>(40 + salt % 700));
  out.append(",\"riskDetail\":\"none\",\"riskLevelAggregated\":\"none\",\"riskLevelDuringSignIn\":\"none\",\"riskState\":\"none\",\"riskEventTypes\":[],\"riskEventTypes_v2\":[],");
  member(out, "\"resourceDisplayName\":", d.resource.name);
  member(out, "\"resourceId\":", d.resource.id);
  member(out, "\"resourceTenantId\":", tenant_);
  member(out, "\"homeTenantId\":", tenant_);
  member(out, "\"incomingTokenType\":", d.incoming_token);
  member(out, "\"authenticationProtocol\":", d.protocol);
  out.append("\"originalTransferMethod\":\"none\",");
  if (d.session != Guid{}) member(out, "\"sessionId\":", d.session);
  agent(d, out);
}

void RecordWriter::authentication(const Draft& d, std::string& out) const {
  if (d.has_principal) {
    member(out, "\"servicePrincipalId\":", d.principal_id);
    member(out, "\"servicePrincipalName\":", d.principal_name);
  } else {
    out.append("\"servicePrincipalId\":\"\",");
  }
  const auto moment = static_cast<std::uint32_t>(d.id.lo % 10000);
  const auto begin_step = [&](bool first) {
    out.append(first ? "{\"authenticationStepDateTime\":\"" : ",{\"authenticationStepDateTime\":\"");
    append_precise(out, d.event_ms, moment);
    out.append("+00:00\",\"authenticationMethod\":\"");
  };
  out.append("\"authenticationDetails\":[");
  bool first = true;
  if (d.password == PasswordStep::correct || d.password == PasswordStep::wrong) {
    const bool right = d.password == PasswordStep::correct;
    begin_step(first);
    first = false;
    out.append("Password\",\"authenticationMethodDetail\":\"Password Hash Sync\",\"succeeded\":").append(right ? "true" : "false");
    out.append(",\"authenticationStepResultDetail\":\"");
    out.append(right ? "Correct password" : "Invalid username or password or Invalid on-premise username or password.");
    out.append("\",\"authenticationStepRequirement\":\"Primary authentication\",\"StatusSequence\":0,\"RequestSequence\":1}");
  } else if (d.password == PasswordStep::earlier && size_ == RecordSize::full) {
    begin_step(first);
    first = false;
    out.append("Previously satisfied\",\"succeeded\":true,\"authenticationStepResultDetail\":\"First factor requirement satisfied by claim in the "
               "token\",\"authenticationStepRequirement\":\"Primary authentication\",\"StatusSequence\":0,\"RequestSequence\":0}");
  }
  if (d.mfa != MfaStep::none) {
    begin_step(first);
    const bool claim = d.mfa == MfaStep::claim;
    out.append(claim ? "Previously satisfied" : "Mobile app notification");
    out.append("\",\"succeeded\":").append(claim || d.mfa == MfaStep::completed ? "true" : "false");
    out.append(",\"authenticationStepResultDetail\":\"").append(d.mfa == MfaStep::completed ? "MFA successfully completed" : step_result(d));
    out.append("\",\"authenticationStepRequirement\":\"\",\"StatusSequence\":1,\"RequestSequence\":1}");
  }
  out.append("],");
  out.append("\"authenticationRequirement\":\"").append(d.mfa_demanded ? "multi" : "single").append("FactorAuthentication\",");
  if (d.mfa_demanded && size_ == RecordSize::full) {
    out.append("\"authenticationRequirementPolicies\":[{\"requirementProvider\":\"multiConditionalAccess\",\"detail\":\"Conditional Access\"}],");
  }
}

void RecordWriter::workload(const Draft& d, std::string& out) const {
  member(out, "\"servicePrincipalId\":", d.principal_id);
  member(out, "\"servicePrincipalName\":", d.principal_name);
  member(out, "\"clientCredentialType\":", d.credential_type);
  if (d.has_credential_key) member(out, "\"servicePrincipalCredentialKeyId\":", d.credential_key);
  if (!d.azure_resource.empty()) {
    out.append("\"managedServiceIdentity\":{\"msiType\":\"systemAssigned\",\"associatedResourceId\":\"").append(d.azure_resource).append("\"},");
  }
}

void RecordWriter::bulk(const Draft& d, std::uint64_t salt, std::string& out) const {
  out.append(d.category <= SignInCategory::non_interactive_user ? kUserEmpties : kWorkloadEmpties);
  out.append("\"authenticationProcessingDetails\":[").append(kProcessing).append("],");
  if (d.category > SignInCategory::non_interactive_user) {
    // Workload policies and the audiences of the token make up for what users have and workloads lack.
    out.append("\"appliedEventListenerDetails\":[").append(policies_[(salt >> 8) % policies_.size()]).append("],");
  }
  out.append("\"conditionalAccessAudiences\":[\"");
  append_guid(out, d.resource.id);
  out.append("\",\"00000003-0000-0000-c000-000000000000\",\"797f4846-ba00-4fd7-ba43-dac1f8f63013\"],\"originalRequestId\":\"");
  append_guid(out, d.id);
  out.append("\",\"appServicePrincipalId\":null,\"resourceServicePrincipalId\":\"");
  append_guid(out, d.resource.id);
  out.append("\",\"rngcStatus\":0,\"signInTokenProtectionStatus\":\"none\",\"tokenProtectionStatusDetails\":{\"signInSessionStatus\":\"unbound\","
             "\"signInSessionStatusCode\":1002},\"isThroughGlobalSecureAccess\":false,\"appOwnerTenantId\":\"");
  out.append(tenant_).append("\",\"resourceOwnerTenantId\":\"").append(tenant_).append("\",\"privateLinkDetails\":{},");
}

}  // namespace bartizan::demo
