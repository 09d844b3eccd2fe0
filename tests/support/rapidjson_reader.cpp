#include "tests/support/rapidjson_reader.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <cerrno>
#include <optional>
#include <tuple>

#include "engine/model/error_codes.h"
#include "tests/support/json_tree.h"
#include "tests/support/object_reader.h"
#include "tests/support/other_dialects.h"

namespace bartizan::test {
namespace {

using Kind = JsonTree::Kind;
using Reason = DeadLetterReason;

/// Collects fields under the names of fields_of().
struct Fields {
  SignInFields out;
  void text(const std::string& name, const std::string& v) {
    if (!v.empty()) out[name] = v;
  }
  void number(const std::string& name, long long v) {
    if (v != 0) out[name] = std::to_string(v);
  }
};

std::string base64_of(const std::string& bytes, bool url) {
  const char* alphabet = url ? "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
                             : "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  std::string bits;
  for (const char c : bytes) {
    for (int b = 7; b >= 0; --b) bits += (static_cast<unsigned char>(c) >> b & 1) != 0 ? '1' : '0';
  }
  while (bits.size() % 6 != 0) bits += '0';
  for (std::size_t i = 0; i < bits.size(); i += 6) out += alphabet[std::stoul(bits.substr(i, 6), nullptr, 2)];
  return out;
}

/// The id in the order of .NET's bytes.
std::string dotnet_bytes(const std::string& guid) {
  std::string hex;
  for (const char c : guid) {
    if (c != '-') hex += c;
  }
  std::string bytes;
  for (const int i : {3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15}) {
    bytes += static_cast<char>(std::stoul(hex.substr(static_cast<std::size_t>(2 * i), 2), nullptr, 16));
  }
  return bytes;
}

bool is_guid(const std::string& s) {
  std::uint64_t hi = 0;
  std::uint64_t lo = 0;
  return parse_guid(s, hi, lo);
}

/// Both alphabets are accepted, so tokens are compared after '-' and '_' have become '+' and '/'.
bool token_is_id(std::string token, const std::string& id) {
  if (!is_guid(id)) return false;
  std::replace(token.begin(), token.end(), '-', '+');
  std::replace(token.begin(), token.end(), '_', '/');
  if (token.size() == 22) return token == base64_of(dotnet_bytes(id), false);
  if (token.size() != 48) return false;
  std::string bytes;  // the text may be in either case
  std::string bits;
  const std::string alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  for (const char c : token) {
    const std::size_t v = alphabet.find(c);
    if (v == std::string::npos) return false;
    for (int b = 5; b >= 0; --b) bits += (v >> b & 1) != 0 ? '1' : '0';
  }
  for (std::size_t i = 0; i < bits.size(); i += 8) bytes += static_cast<char>(std::stoul(bits.substr(i, 8), nullptr, 2));
  return lower_ascii(bytes) == id;
}

/// The id that a token stands for, found by trying: decode, encode again, compare.
std::string id_of_token(const std::string& token) {
  const std::string alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string t = token;
  std::replace(t.begin(), t.end(), '-', '+');
  std::replace(t.begin(), t.end(), '_', '/');
  std::string bits;
  for (const char c : t) {
    const std::size_t v = alphabet.find(c);
    if (v == std::string::npos) return {};
    for (int b = 5; b >= 0; --b) bits += (v >> b & 1) != 0 ? '1' : '0';
  }
  std::string bytes;
  for (std::size_t i = 0; i + 8 <= bits.size(); i += 8) bytes += static_cast<char>(std::stoul(bits.substr(i, 8), nullptr, 2));
  std::string guid;
  if (t.size() == 48) {
    guid = lower_ascii(bytes);
  } else if (t.size() == 22) {
    const char* digits = "0123456789abcdef";
    for (const int i : {3, 2, 1, 0, -1, 5, 4, -1, 7, 6, -1, 8, 9, -1, 10, 11, 12, 13, 14, 15}) {
      if (i < 0) {
        guid += '-';
        continue;
      }
      const auto b = static_cast<unsigned char>(bytes[static_cast<std::size_t>(i)]);
      guid += digits[b >> 4];
      guid += digits[b & 15];
    }
  }
  return is_guid(guid) && token_is_id(token, guid) ? guid : std::string{};
}

bool is_masked(const std::string& s) {
  const char separator = s.find(':') != std::string::npos ? ':' : '.';
  if (s.size() > 64 || s.find(separator) == std::string::npos) return false;
  std::vector<std::string> parts(1);
  for (const char c : s) {
    if (c == separator) {
      parts.emplace_back();
    } else {
      parts.back() += c;
    }
  }
  const auto masked = [](const std::string& p) { return !p.empty() && p.find_first_not_of("Xx*") == std::string::npos; };
  const char* digits = separator == ':' ? "0123456789abcdefABCDEF" : "0123456789";
  std::size_t last_plain = 0;
  bool any = false;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    any = any || masked(parts[i]);
    if (masked(parts[i])) continue;
    if (parts[i].size() > 4 || parts[i].find_first_not_of(digits) != std::string::npos) return false;
    last_plain = i;
  }
  if (!any) return false;
  for (std::size_t i = 0; i < last_plain; ++i) {
    if (masked(parts[i])) return false;
  }
  return true;
}

bool mentions(const std::string& text, const std::string& word) { return lower_ascii(text).find(word) != std::string::npos; }

/// One record, read plainly.
class RecordOracle {
 public:
  RecordOracle(const JsonTree& record, const DecodeOptions& options) : record_(record), options_(options) {}

  ExpectedRecord read() {
    ExpectedRecord out;
    const ObjectReader own{&record_, reasons_};
    graph_ = !own.has("category");
    if (is_row(own) || (graph_ ? !is_graph(own) : !find_category(own))) return other();
    const JsonTree* properties = graph_ ? &record_ : own.find("properties");
    std::optional<JsonTree> nested;
    if (properties != nullptr && properties->kind == Kind::string) {
      nested = parse_one(properties->text);
      if (nested && (!nested->is_object() || nested->depth() > kRecordDepthMax)) nested.reset();
      if (!nested) reasons_.insert(Reason::bad_field);
      properties = nested ? &*nested : nullptr;
    } else if (properties != nullptr && !properties->is_object()) {
      reasons_.insert(Reason::bad_field);
    }
    const ObjectReader r{properties, reasons_};
    if (graph_) graph_category(r);
    identity(own, r);
    times(own, r);
    who(own, r);
    how(own, r);
    what(own, r);
    f_.number("flags", flags_);
    out.kind = reasons_.empty() ? ExpectedRecord::Kind::sign_in : ExpectedRecord::Kind::dead_letter;
    out.reasons = reasons_;
    out.fields = f_.out;
    return out;
  }

 private:
  /// Neither Azure Monitor's shape of a sign-in nor Graph's.
  ExpectedRecord other() {
    const OtherRecord o = read_other(record_, options_);
    if (o.kind == OtherRecord::Kind::rewritten) return RecordOracle{o.rewritten, options_}.read();
    ExpectedRecord out;
    switch (o.kind) {
      case OtherRecord::Kind::risk_report: out.kind = ExpectedRecord::Kind::risk_report; break;
      case OtherRecord::Kind::directory_change: out.kind = ExpectedRecord::Kind::directory_change; break;
      case OtherRecord::Kind::ignored: out.kind = ExpectedRecord::Kind::ignored; break;
      default: out.kind = ExpectedRecord::Kind::dead_letter;
    }
    out.ignored = IgnoredReason::other_category;
    out.fields = o.fields;
    out.reasons = o.reasons;
    return out;
  }

  /// A row of Log Analytics: columns in the record itself.
  static bool is_row(const ObjectReader& r) {
    return !r.has("properties") && (r.has("TimeGenerated") || r.has("AADTenantId") || (r.has("category") && r.has("id")));
  }

  static bool is_graph(const ObjectReader& r) {
    for (const char* name : {"signInEventTypes", "isInteractive", "conditionalAccessStatus", "clientAppUsed", "signInCount", "firstSignInDateTime"}) {
      if (r.has(name)) return true;
    }
    return r.has("createdDateTime") && (r.has("ipAddress") || r.has("status") || r.has("resourceId"));
  }

  bool find_category(const ObjectReader& own) {
    const std::string word = lower_ascii(own.text("category"));
    if (word == "signinlogs" || word == "adfssigninlogs") category_ = "interactive_user";
    if (word == "noninteractiveusersigninlogs") category_ = "non_interactive_user";
    if (word == "serviceprincipalsigninlogs" || word == "microsoftserviceprincipalsigninlogs") category_ = "service_principal";
    if (word == "managedidentitysigninlogs") category_ = "managed_identity";
    if (word == "adfssigninlogs") flags_ |= kFlagAdfs;
    if (word == "microsoftserviceprincipalsigninlogs") flags_ |= kFlagFirstParty;
    return !category_.empty();
  }

  void graph_category(const ObjectReader& r) {
    flags_ |= kFlagGraph;
    std::set<std::string> types;
    const JsonTree* listed = r.find("signInEventTypes");
    if (listed != nullptr && listed->is_array()) {
      for (const JsonTree& t : listed->items) {
        if (t.kind == Kind::string) types.insert(lower_ascii(t.text));
      }
    } else {
      types.insert(lower_ascii(r.text("signInEventTypes")));
    }
    const std::string msi = lower_ascii(r.object("managedServiceIdentity").text("msiType"));
    const bool user = !r.id("userId").empty() || r.has("userPrincipalName");
    const bool workload = !r.id("servicePrincipalId").empty() || r.has("servicePrincipalName");
    const Tristate interactive = r.boolean("isInteractive");
    if (types.count("managedidentity") != 0) category_ = "managed_identity";
    else if (types.count("serviceprincipal") != 0) category_ = "service_principal";
    else if (types.count("noninteractiveuser") != 0) category_ = "non_interactive_user";
    else if (types.count("interactiveuser") != 0) category_ = "interactive_user";
    else if (!msi.empty() && msi != "none") category_ = "managed_identity";
    else if (interactive == Tristate::yes) category_ = "interactive_user";
    else if (!user && workload) category_ = "service_principal";
    else if (interactive == Tristate::no || r.has("firstSignInDateTime")) category_ = "non_interactive_user";
    else category_ = "interactive_user";
  }

  void identity(const ObjectReader& own, const ObjectReader& r) {
    const std::string token = r.text("uniqueTokenIdentifier");
    const std::string token_id = id_of_token(token);
    id_ = r.any_id("id");
    if (id_.empty() && token_id != "00000000-0000-0000-0000-000000000000") id_ = token_id;
    if (id_.empty()) reasons_.insert(Reason::missing_id);
    f_.text("id", id_);
    if (token_id != id_ || id_.empty()) f_.text("unique_token_id", token);

    tenant_ = own.id("tenantId");
    const JsonTree* resource = own.find("resourceId");
    if (tenant_.empty() && !graph_ && resource != nullptr && resource->kind == Kind::string) {
      const std::string path = lower_ascii(cut(resource->text, kResourceIdBytesMax));
      if (path.rfind("/tenants/", 0) == 0) tenant_ = path.substr(9, path.find('/', 9) - 9);
      if (tenant_ == "00000000-0000-0000-0000-000000000000") tenant_.clear();
    }
    if (tenant_.empty()) tenant_ = r.id("tenantId");
    if (tenant_.empty()) tenant_ = options_.tenant;
    const bool plain = tenant_.find_first_not_of("0123456789abcdefghijklmnopqrstuvwxyz._-") == std::string::npos &&
                       tenant_.size() <= 128 && (tenant_.empty() || std::string{"._-"}.find(tenant_[0]) == std::string::npos);
    if (tenant_.empty()) reasons_.insert(Reason::missing_tenant);
    if (!plain) reasons_.insert(Reason::bad_field);
    f_.text("tenant_id", tenant_);
    const std::string correlation = r.id("correlationId");
    f_.text("correlation_id", correlation.empty() ? own.id("correlationId") : correlation);
    f_.text("session_id", r.id("sessionId"));
    different("original_request_id", r.id("originalRequestId"), id_);
  }

  void different(const std::string& name, const std::string& v, const std::string& from) {
    if (v != from) f_.text(name, v);
  }

  void times(const ObjectReader& own, const ObjectReader& r) {
    const std::int64_t count = r.integer("signInCount", 0xffffffffLL).value_or(1);
    f_.number("count", std::max<std::int64_t>(count, 1));
    if (count > 1 || r.has("firstSignInDateTime")) flags_ |= kFlagSummary;
    auto event = r.time("firstSignInDateTime");
    if (!event) event = r.time("createdDateTime");
    if (!event) event = r.time("aggregationDateTime");
    if (!event) {
      reasons_.insert(Reason::bad_time);
      return;
    }
    const auto plausible = [](Time t) { return t >= kEarliestEventTime && t < *parse_time("2100-01-01T00:00:00Z"); };
    Time published = *event;
    bool from_envelope = false;
    if (!graph_) {
      const auto envelope = own.time("time");
      from_envelope = envelope && plausible(*envelope);
      if (from_envelope) published = *envelope;
    }
    const Time arrival = options_.arrival.value_or(published);
    if (!plausible(*event) || *event > arrival + std::chrono::hours{24}) {
      reasons_.insert(Reason::bad_time);
      return;
    }
    if (*event > arrival + std::chrono::minutes{5}) {
      event = arrival + std::chrono::minutes{5};
      flags_ |= kFlagTimeClamped;
    }
    f_.text("event_time", format_time(*event));
    f_.text("published_time", format_time(from_envelope ? published : *event));
  }

  bool is_user() const { return category_ == "interactive_user" || category_ == "non_interactive_user"; }

  void who(const ObjectReader& own, const ObjectReader& r) {
    f_.out["category"] = category_;
    const std::string user_id = r.id("userId");
    const std::string upn = r.lower_text("userPrincipalName", kUserPrincipalNameBytesMax);
    std::string user_name = r.text("userDisplayName");
    const std::string principal = r.id("servicePrincipalId");
    std::string principal_name = r.text("servicePrincipalName");
    const std::string identity_name = graph_ ? std::string{} : own.text("identity");
    if (is_user() && user_name.empty()) user_name = identity_name;
    if (!is_user() && principal_name.empty()) principal_name = identity_name;
    const std::string app = r.id("appId");
    if (user_id.empty() && upn.empty() && user_name.empty() && principal.empty() && principal_name.empty() && app.empty()) {
      reasons_.insert(Reason::missing_entity);
    }
    f_.text("user_id", user_id);
    f_.text("user_principal_name", upn);
    f_.text("user_name", user_name);
    f_.text("service_principal_id", principal);
    f_.text("service_principal_name", principal_name);
    f_.text("app_id", app);
    f_.number("user_type", word_place(r.text("userType"), {"member", "guest"}));
    different("home_tenant_id", r.id("homeTenantId"), tenant_);
    different("resource_tenant_id", r.id("resourceTenantId"), tenant_);
    f_.text("cross_tenant_access", r.text("crossTenantAccessType"));
    f_.text("app_owner_tenant_id", r.id("appOwnerTenantId"));
    f_.text("credential_type", r.text("clientCredentialType"));
    f_.text("credential_key_id", r.id("servicePrincipalCredentialKeyId"));
    f_.text("credential_thumbprint", r.text("servicePrincipalCredentialThumbprint"));
    f_.text("federated_credential_id", r.id("federatedCredentialId"));
    const ObjectReader msi = r.object("managedServiceIdentity");
    f_.text("managed_identity_type", msi.text("msiType"));
    f_.text("managed_identity_resource_id", msi.text("associatedResourceId", kResourceIdBytesMax));
    f_.text("azure_resource_id", r.text("azureResourceId", kResourceIdBytesMax));
    f_.text("app_name", r.text("appDisplayName"));
    const ObjectReader agent = r.object("agent");
    f_.text("agent.type", agent.text("agentType"));
    f_.text("agent.subject_type", agent.text("agentSubjectType"));
    const std::string parent = agent.id("parentAppId");
    f_.text("agent.parent_app_id", parent.empty() ? agent.id("parentID") : parent);
    f_.text("agent.subject_parent_id", agent.id("agentSubjectParentId"));
    const auto agentic = [](const std::string& w) { return !w.empty() && !same_word(w, "notAgentic"); };
    if (agentic(agent.text("agentType"))) flags_ |= kFlagAgent;
    if (agentic(agent.text("agentSubjectType"))) flags_ |= kFlagAgentIsSubject;
  }

  void how(const ObjectReader& own, const ObjectReader& r) {
    f_.text("client_app", r.text("clientAppUsed"));
    f_.text("user_agent", r.text("userAgent", kUserAgentBytesMax));
    f_.text("auth_requirement", r.text("authenticationRequirement"));
    f_.text("auth_protocol", r.text("authenticationProtocol"));
    f_.text("original_transfer_method", r.text("originalTransferMethod"));
    f_.text("incoming_token_type", r.text("incomingTokenType"));
    f_.number("conditional_access", word_place(r.text("conditionalAccessStatus"), {"success", "failure", "notApplied"}));
    f_.text("token_issuer_type", r.text("tokenIssuerType"));
    f_.text("token_issuer_name", r.text("tokenIssuerName"));
    if (same_word(r.text("tokenIssuerType"), "ADFederationServices")) flags_ |= kFlagAdfs;
    if (r.boolean("isInteractive") == Tristate::yes) flags_ |= kFlagInteractive;
    if (r.boolean("flaggedForReview") == Tristate::yes) flags_ |= kFlagFlaggedForReview;
    if (r.boolean("isThroughGlobalSecureAccess") == Tristate::yes) flags_ |= kFlagGlobalSecureAccess;
    address(own, r);
    place(own, r);
    const ObjectReader d = r.object("deviceDetail");
    f_.text("device.id", d.lower_text("deviceId"));
    f_.text("device.name", d.text("displayName"));
    f_.text("device.os", d.text("operatingSystem"));
    f_.text("device.browser", d.text("browser"));
    f_.text("device.trust_type", d.text("trustType"));
    f_.number("device.compliant", static_cast<int>(d.boolean("isCompliant")));
    f_.number("device.managed", static_cast<int>(d.boolean("isManaged")));
    for (const JsonTree& n : r.list("networkLocationDetails")) {
      if (!n.is_object()) reasons_.insert(Reason::bad_field);
      const std::string type = lower_ascii(ObjectReader{&n, reasons_}.text("networkType"));
      if (type == "trusted" || type == "trustednamedlocation") flags_ |= kFlagTrustedLocation;
    }
    steps(r);
  }

  void address(const ObjectReader& own, const ObjectReader& r) {
    const std::string ip = r.has("ipAddress") || graph_ ? r.text("ipAddress") : own.text("callerIpAddress");
    if (const auto parsed = IpAddress::parse(ip)) {
      f_.text("ip", parsed->str());
    } else if (is_masked(ip)) {
      f_.text("ip_text", ip);
    } else if (!ip.empty()) {
      reasons_.insert(Reason::bad_field);
    }
    if (const auto parsed = IpAddress::parse(r.text("ipAddressFromResourceProvider"))) f_.text("resource_provider_ip", parsed->str());
    f_.number("asn", r.integer("autonomousSystemNumber", 0xffffffffLL).value_or(0));
  }

  void place(const ObjectReader& own, const ObjectReader& r) {
    const ObjectReader l = r.object("location");
    f_.text("location.city", l.text("city"));
    f_.text("location.state", l.text("state"));
    std::string code = country(l.text("countryOrRegion"));
    const JsonTree* envelope = own.find("location");
    if (code.empty() && !graph_ && envelope != nullptr && envelope->kind == Kind::string) code = country(envelope->text);
    f_.text("location.country", code);
    const ObjectReader c = l.object("geoCoordinates");
    const auto latitude = c.degrees("latitude", 90);
    const auto longitude = c.degrees("longitude", 180);
    if (!latitude || !longitude) return;
    const auto micro = [](double d) { return static_cast<long long>(std::floor(d * 1e6 + 0.5)); };
    if (micro(*latitude) == 0 && micro(*longitude) == 0) return;
    f_.out["location.latitude"] = std::to_string(micro(*latitude));
    f_.out["location.longitude"] = std::to_string(micro(*longitude));
  }

  struct Step {
    SignInFields fields;
    Time time{};
    std::int64_t request = 0;
    std::int64_t status = 0;
  };

  void steps(const ObjectReader& r) {
    std::vector<Step> all;
    for (const JsonTree& s : r.list("authenticationDetails")) {
      if (all.size() == kAuthStepsMax) break;
      if (!s.is_object()) reasons_.insert(Reason::bad_field);
      const ObjectReader o{&s, reasons_};
      Step step;
      Fields f;
      step.time = o.time("authenticationStepDateTime").value_or(Time{});
      const std::string method = o.text("authenticationMethod");
      const std::string result = o.text("authenticationStepResultDetail", kReasonBytesMax);
      const Tristate succeeded = o.boolean("succeeded");
      f.out[""] = "step";
      f.text("method", method);
      f.text("detail", o.text("authenticationMethodDetail"));
      f.text("result_detail", result);
      f.text("requirement", o.text("authenticationStepRequirement"));
      f.number("succeeded", static_cast<int>(succeeded));
      if (step.time != Time{}) f.text("time", format_time(step.time));
      const auto sequence = [&o](const char* name) {
        const std::int64_t n = o.integer(name, INT64_MAX).value_or(0);
        return n < 1'000'000'000'000 ? 0 : n;
      };
      step.request = sequence("RequestSequence");
      step.status = sequence("StatusSequence");
      step.fields = f.out;
      if (same_word(method, "Password")) {
        right_ = right_ || (succeeded == Tristate::yes && same_word(result, "Correct password"));
        wrong_ = wrong_ || (succeeded == Tristate::no && mentions(result, "password") &&
                            (mentions(result, "invalid") || mentions(result, "incorrect") || mentions(result, "wrong")));
      }
      all.push_back(step);
    }
    std::stable_sort(all.begin(), all.end(), [](const Step& a, const Step& b) {
      return std::tuple{a.time, a.request, a.status} < std::tuple{b.time, b.request, b.status};
    });
    for (std::size_t i = 0; i < all.size(); ++i) {
      for (const auto& [name, v] : all[i].fields) f_.out["auth_steps[" + std::to_string(i) + "]." + name] = v;
    }
  }

  void what(const ObjectReader& own, const ObjectReader& r) {
    f_.text("resource_id", r.id("resourceId"));
    f_.text("resource_name", r.text("resourceDisplayName"));
    f_.text("resource_service_principal_id", r.id("resourceServicePrincipalId"));
    const ObjectReader s = r.object("status");
    auto code = s.integer("errorCode", 0x7fffffff);
    if (!code && !graph_) code = own.integer("resultType", 0x7fffffff);
    f_.number("result_code", code.value_or(0));
    std::string reason = s.text("failureReason", kReasonBytesMax);
    if (reason.empty() && !graph_) reason = own.text("resultDescription", kReasonBytesMax);
    f_.text("failure_reason", reason);
    f_.text("additional_details", s.text("additionalDetails", kReasonBytesMax));
    const ErrorCode& row = error_code(static_cast<std::int32_t>(code.value_or(0)));
    f_.out["result_class"] = to_word(row.result_class);
    f_.out["failure_class"] = to_word(row.failure_class);
    f_.number("password_validated", static_cast<int>(right_ ? Tristate::yes : wrong_ ? Tristate::no : row.password_validated));
    f_.number("risk_level_during", word_place(r.text("riskLevelDuringSignIn"), {"low", "medium", "high"}));
    f_.number("risk_level_aggregated", word_place(r.text("riskLevelAggregated"), {"low", "medium", "high"}));
    f_.number("risk_state", word_place(r.text("riskState"), {"atRisk", "confirmedCompromised", "confirmedSafe", "remediated", "dismissed"}));
    f_.text("risk_detail", r.text("riskDetail"));
    std::size_t n = 0;
    for (const JsonTree& t : r.list(r.has("riskEventTypes_v2") ? "riskEventTypes_v2" : "riskEventTypes")) {
      if (t.kind != Kind::string || t.text.empty() || n == kRiskEventTypesMax) continue;
      f_.text("risk_event_types[" + std::to_string(n++) + "]", cut(t.text, kNameBytesMax));
    }
  }

  const JsonTree& record_;
  const DecodeOptions& options_;
  std::set<Reason> reasons_;
  Fields f_;
  bool graph_ = false;
  std::string category_, id_, tenant_;
  std::uint32_t flags_ = 0;
  bool right_ = false, wrong_ = false;
};

class MessageOracle {
 public:
  explicit MessageOracle(const DecodeOptions& options) : options_(options) {}
  std::vector<ExpectedRecord> out;

  void document(const JsonTree& d, bool alone) {
    if (d.is_array()) return elements(d, true);
    if (d.is_object() && wrapped(d, alone)) return;
    record(d, alone);
  }
  void dead(std::set<Reason> reasons) {
    ExpectedRecord e;
    e.kind = ExpectedRecord::Kind::dead_letter;
    e.reasons = std::move(reasons);
    out.push_back(e);
  }
  void ignored(IgnoredReason reason) {
    ExpectedRecord e;
    e.kind = ExpectedRecord::Kind::ignored;
    e.ignored = reason;
    out.push_back(e);
  }

 private:
  void elements(const JsonTree& list, bool expand) {
    if (list.items.empty()) return ignored(IgnoredReason::blank);
    for (const JsonTree& item : list.items) {
      if (!(expand && item.is_object() && wrapped(item, false))) record(item, false);
    }
  }

  bool wrapped(const JsonTree& d, bool alone) {
    const JsonTree* records = d.find("records");
    const JsonTree* value = d.find("value");
    if (records != nullptr) {
      if (records->is_array()) {
        elements(*records, false);
      } else {
        dead({Reason::not_an_object});
        out.back().index = alone ? -1 : next_index_++;
      }
      return true;
    }
    if (value == nullptr || d.find("category") != nullptr || d.find("id") != nullptr) return false;
    if (value->is_array()) {
      elements(*value, false);
    } else if (value->is_object()) {
      record(*value, false);
    } else {
      return false;
    }
    return true;
  }

  void record(const JsonTree& r, bool alone) {
    const std::int32_t index = alone ? -1 : next_index_++;
    if (r.kind == Kind::null) {
      ignored(IgnoredReason::null_value);
    } else if (!r.is_object()) {
      dead({Reason::not_an_object});
    } else if (r.depth() > kRecordDepthMax) {
      dead({Reason::too_deep});
    } else {
      out.push_back(RecordOracle{r, options_}.read());
    }
    out.back().index = index;
  }

  const DecodeOptions& options_;
  std::int32_t next_index_ = 0;
};

}  // namespace

std::vector<ExpectedRecord> expected_records(std::string_view message, const DecodeOptions& options) {
  MessageOracle oracle{options};
  if (message.substr(0, 3) == "\xef\xbb\xbf") message.remove_prefix(3);
  if (message.find_first_not_of(" \t\r\n") == std::string_view::npos) {
    oracle.ignored(IgnoredReason::blank);
    return oracle.out;
  }
  const auto documents = parse_json_documents(message);
  if (!documents) {
    oracle.dead({Reason::malformed_json, Reason::invalid_utf8, Reason::too_deep});
    return oracle.out;
  }
  for (const JsonTree& d : *documents) oracle.document(d, documents->size() == 1);
  return oracle.out;
}

}  // namespace bartizan::test
