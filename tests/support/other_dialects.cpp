#include "tests/support/other_dialects.h"

#include <cmath>

#include "tests/support/object_reader.h"

namespace bartizan::test {
namespace {

using Kind = JsonTree::Kind;
using Reason = DeadLetterReason;
using Reasons = std::set<Reason>;

const char* const kSignInCategories[] = {"SignInLogs", "NonInteractiveUserSignInLogs", "ServicePrincipalSignInLogs", "ManagedIdentitySignInLogs",
                                         "ADFSSignInLogs", "MicrosoftServicePrincipalSignInLogs"};
const char* const kSignInTables[] = {"SigninLogs", "AADNonInteractiveUserSignInLogs", "AADServicePrincipalSignInLogs",
                                     "AADManagedIdentitySignInLogs", "ADFSSignInLogs", "AADFirstPartyToFirstPartySignInLogs"};

/// Members of `properties` that a table has as a column of the same name.
const char* const kColumns[] = {
    "id", "createdDateTime", "firstSignInDateTime", "aggregationDateTime", "signInCount", "correlationId", "sessionId", "originalRequestId",
    "uniqueTokenIdentifier", "isInteractive", "flaggedForReview", "isThroughGlobalSecureAccess", "userId", "userPrincipalName",
    "userDisplayName", "userType", "homeTenantId", "resourceTenantId", "crossTenantAccessType", "servicePrincipalId", "servicePrincipalName",
    "appOwnerTenantId", "clientCredentialType", "servicePrincipalCredentialKeyId", "servicePrincipalCredentialThumbprint",
    "federatedCredentialId", "azureResourceId", "appId", "appDisplayName", "clientAppUsed", "ipAddress", "ipAddressFromResourceProvider",
    "autonomousSystemNumber", "userAgent", "authenticationRequirement", "authenticationProtocol", "originalTransferMethod",
    "incomingTokenType", "authenticationDetails", "networkLocationDetails", "conditionalAccessStatus", "tokenIssuerType", "tokenIssuerName",
    "resourceDisplayName", "resourceServicePrincipalId", "riskLevelDuringSignIn", "riskLevelAggregated", "riskState", "riskDetail",
    "riskEventTypes", "riskEventTypes_v2"};
const char* const kObjectColumns[] = {"status", "deviceDetail", "agent", "managedServiceIdentity"};

JsonTree string_tree(const std::string& text) {
  JsonTree t;
  t.kind = Kind::string;
  t.text = text;
  return t;
}

JsonTree object_tree() {
  JsonTree t;
  t.kind = Kind::object;
  return t;
}

void put(JsonTree& object, const std::string& name, const JsonTree* value) {
  if (value != nullptr) object.members.push_back(JsonMember{name, *value});
}

/// An object, or one as JSON text.
std::optional<JsonTree> object_of(const JsonTree* v) {
  if (v == nullptr) return std::nullopt;
  if (v->is_object()) return *v;
  if (v->kind != Kind::string) return std::nullopt;
  auto nested = parse_one(v->text);
  if (nested && nested->is_object() && nested->depth() <= kRecordDepthMax) return nested;
  return std::nullopt;
}

bool is_guid(const std::string& s) {
  std::uint64_t hi = 0;
  std::uint64_t lo = 0;
  return parse_guid(s, hi, lo);
}

class OtherOracle {
 public:
  OtherOracle(const JsonTree& record, const DecodeOptions& options) : record_(record), options_(options), own_(&record_, reasons_) {}

  OtherRecord read() {
    const std::string category = own_.text("category");
    if (reasons_.empty()) {
      if (!category.empty() && own_.has("properties")) {
        enveloped(category);
      } else {
        row(category);
      }
    }
    if (!reasons_.empty()) out_.kind = OtherRecord::Kind::dead_letter;
    out_.reasons = reasons_;
    return out_;
  }

 private:
  enum class Shape { envelope, row, graph };

  void enveloped(const std::string& category) {
    const std::string feed = feed_of(category);
    const bool audit = same_word(category, "AuditLogs");
    out_.kind = OtherRecord::Kind::ignored;
    if (feed.empty() && !audit) return;
    const auto body = object_of(own_.find("properties"));
    if (!body) {
      reasons_.insert(Reason::bad_field);
    } else if (audit) {
      audit_log(ObjectReader{&*body, reasons_}, Shape::envelope);
    } else {
      risk_feed(ObjectReader{&*body, reasons_}, feed, Shape::envelope);
    }
  }

  void row(const std::string& category) {
    const JsonTree* type = own_.find("Type");
    const std::string table = type != nullptr && type->kind == Kind::string ? own_.text("Type") : "";
    const bool marked = own_.has("TimeGenerated") || own_.has("AADTenantId");
    std::string sign_ins;
    for (std::size_t i = 0; i < std::size(kSignInTables); ++i) {
      if (same_word(table, kSignInTables[i])) sign_ins = kSignInCategories[i];
    }
    for (const char* c : kSignInCategories) {
      if (same_word(category, c)) sign_ins = c;
    }
    std::string feed = feed_of(category);
    if (feed.empty() && marked) feed = feed_of(table);
    if (!sign_ins.empty() && (marked || !category.empty())) return log_analytics(sign_ins);
    if (!feed.empty()) return risk_feed(own_, feed, Shape::row);
    if (own_.has("activityDisplayName") && own_.has("targetResources")) return audit_log(own_, Shape::row);
    out_.kind = OtherRecord::Kind::ignored;
    if (!category.empty() || (marked && !table.empty())) return;
    bare();
  }

  void bare() {
    const JsonTree* exported = own_.find("AuditData");
    if (exported != nullptr && exported->kind == Kind::string) {
      const auto nested = parse_one(exported->text);
      if (!nested || !nested->is_object() || nested->depth() > kRecordDepthMax) {
        reasons_.insert(Reason::bad_field);
      } else if (!microsoft_365(ObjectReader{&*nested, reasons_})) {
        graph_risk();
      }
      return;
    }
    if (!microsoft_365(own_)) graph_risk();
  }

  // ---- sign-ins

  void log_analytics(const std::string& category) {
    JsonTree root = object_tree();
    JsonTree properties = object_tree();
    const JsonTree word = string_tree(category);
    put(root, "category", &word);
    put(root, "time", own_.find("TimeGenerated"));
    put(root, "tenantId", own_.find("AADTenantId"));
    put(root, "resourceId", own_.find("ResourceId"));
    put(root, "location", own_.find("Location"));
    put(root, "resultType", own_.find("ResultType"));
    put(root, "resultDescription", own_.find("ResultDescription"));
    put(root, "identity", own_.find("Identity"));
    for (const char* name : kColumns) put(properties, name, own_.find(name));
    if (!own_.has("createdDateTime")) put(properties, "createdDateTime", own_.find("TimeGenerated"));
    put(properties, "resourceId", own_.find("ResourceIdentity"));
    for (const char* name : kObjectColumns) object_column(properties, name, own_.find(name));
    object_column(properties, "location", own_.find("LocationDetails"));
    put(root, "properties", &properties);
    out_.kind = OtherRecord::Kind::rewritten;
    out_.rewritten = root;
  }

  void object_column(JsonTree& properties, const std::string& name, const JsonTree* value) {
    if (value == nullptr || value->kind != Kind::string) return put(properties, name, value);
    const auto object = object_of(value);
    if (!object) {
      reasons_.insert(Reason::bad_field);
    } else {
      put(properties, name, &*object);
    }
  }

  /// False: another shape.
  bool microsoft_365(const ObjectReader& r) {
    if (!r.has("Operation") || !(r.has("CreationTime") || r.has("OrganizationId"))) return false;
    const std::string operation = r.text("Operation");
    const std::string workload = r.text("Workload");
    const bool failed = same_word(operation, "UserLoginFailed");
    out_.kind = OtherRecord::Kind::ignored;
    if (!reasons_.empty() || (!failed && !same_word(operation, "UserLoggedIn"))) return true;
    if (!workload.empty() && !same_word(workload, "AzureActiveDirectory")) return true;
    JsonTree root = object_tree();
    JsonTree p = object_tree();
    const JsonTree word = string_tree("SignInLogs");
    put(root, "category", &word);
    put(root, "tenantId", r.find("OrganizationId"));
    for (const auto& [from, to] : {std::pair{"Id", "id"}, {"CreationTime", "createdDateTime"}, {"ObjectId", "resourceId"},
                                   {"ApplicationId", "appId"}, {"InterSystemsId", "correlationId"}, {"IntraSystemId", "originalRequestId"},
                                   {"ActorContextId", "homeTenantId"}, {"TargetContextId", "resourceTenantId"}}) {
      put(p, to, something(r, from));
    }
    who_365(r, p);
    const JsonTree* client = something(r, "ClientIP");
    put(p, "ipAddress", client != nullptr ? client : something(r, "ActorIpAddress"));
    const std::int64_t code = r.integer("ErrorNumber", 0x7fffffff).value_or(0);
    if (failed && code == 0) reasons_.insert(Reason::bad_field);
    JsonTree status = object_tree();
    const JsonTree code_tree = string_tree(std::to_string(code));
    put(status, "errorCode", &code_tree);
    put(status, "failureReason", some_text(r, "LogonError"));
    put(p, "status", &status);
    details_365(r, p);
    put(root, "properties", &p);
    out_.kind = OtherRecord::Kind::rewritten;
    out_.rewritten = root;
    return true;
  }

  static const JsonTree* something(const ObjectReader& r, const char* name) {
    const JsonTree* v = r.find(name);
    if (v == nullptr || v->kind != Kind::string) return v;
    for (const char* nothing : {"Not Available", "NotAvailable", "Unknown", "N/A"}) {
      if (same_word(v->text, nothing)) return nullptr;
    }
    return v;
  }
  static const JsonTree* some_text(const ObjectReader& r, const char* name) {
    const JsonTree* v = something(r, name);
    return v != nullptr && v->kind == Kind::string ? v : nullptr;
  }

  void who_365(const ObjectReader& r, JsonTree& p) {
    const JsonTree* key = r.find("UserKey");
    std::string user = key != nullptr && key->kind == Kind::string && is_guid(key->text) ? key->text : "";
    for (const JsonTree& actor : r.list("Actor")) {
      if (!actor.is_object()) reasons_.insert(Reason::bad_field);
      const ObjectReader a{&actor, reasons_};
      if (!user.empty() || a.text("Type") != "0") continue;
      const JsonTree* id = a.find("ID");
      if (id != nullptr && id->kind == Kind::string && is_guid(id->text)) user = id->text;
    }
    const JsonTree id = string_tree(user);
    if (!user.empty()) put(p, "userId", &id);
    put(p, "userPrincipalName", some_text(r, "UserId"));
  }

  /// `name` is that of the pair, whichever of the two words came last.
  template <class Visit>
  void pairs(const ObjectReader& r, const char* list, Visit&& visit) {
    for (const JsonTree& pair : r.list(list)) {
      if (!pair.is_object()) reasons_.insert(Reason::bad_field);
      const ObjectReader o{&pair, reasons_};
      visit(pair_name(pair, reasons_), o);
    }
  }

  static std::string pair_name(const JsonTree& pair, Reasons& reasons) {
    JsonTree one = object_tree();
    for (const JsonMember& m : pair.members) {
      if (same_word(m.first, "Name") || same_word(m.first, "Key")) one.members.push_back(JsonMember{"Name", m.second});
    }
    return ObjectReader{&one, reasons}.text("Name");
  }

  void details_365(const ObjectReader& r, JsonTree& p) {
    std::map<std::string, JsonTree> parts;
    const auto note = [&](const std::string& as, const ObjectReader& pair) {
      parts.erase(as);
      if (const JsonTree* v = some_text(pair, "Value")) parts[as] = *v;
    };
    pairs(r, "ExtendedProperties", [&](const std::string& name, const ObjectReader& pair) {
      if (same_word(name, "UserAgent")) note("userAgent", pair);
    });
    pairs(r, "DeviceProperties", [&](const std::string& name, const ObjectReader& pair) {
      for (const auto& [from, to] : {std::pair{"OS", "operatingSystem"}, {"BrowserType", "browser"}, {"TrustType", "trustType"}, {"Id", "deviceId"},
                                     {"DisplayName", "displayName"}, {"IsCompliantAndManaged", "isManaged"}, {"SessionId", "sessionId"}}) {
        if (same_word(name, from)) note(to, pair);
      }
    });
    JsonTree device = object_tree();
    for (const auto& [name, value] : parts) {
      const bool outside = name == "userAgent" || name == "sessionId";
      put(outside ? p : device, name, &value);
      if (name == "isManaged") put(device, "isCompliant", &value);
    }
    put(p, "deviceDetail", &device);
  }

  // ---- risk

  static std::string feed_of(std::string word) {
    word = lower_ascii(word);
    if (word.rfind("aad", 0) == 0 && word.size() > 3) word = word.substr(3);
    for (const char* known : {"userriskevents", "riskyusers", "serviceprincipalriskevents", "riskyserviceprincipals", "agentriskevents", "riskyagents"}) {
      if (word == known) return word;
    }
    return {};
  }

  void graph_risk() {
    out_.kind = OtherRecord::Kind::dead_letter;
    const ObjectReader& r = own_;
    const std::string who = r.has("agentId") || r.has("identityId") || r.has("agentDisplayName") ? "agent"
                            : r.has("servicePrincipalId") || r.has("servicePrincipalDisplayName") || r.has("appId") ? "serviceprincipal"
                                                                                                                    : "user";
    if ((r.has("riskEventType") || r.has("riskType")) && (r.has("activityDateTime") || r.has("detectedDateTime"))) {
      risk_feed(r, who + "riskevents", Shape::graph);
    } else if ((r.has("riskLevel") || r.has("riskState")) && r.has("riskLastModifiedDateTime")) {
      risk_feed(r, "riskyagents", Shape::graph);
    } else if ((r.has("riskLevel") || r.has("riskState")) && r.has("riskLastUpdatedDateTime")) {
      risk_feed(r, "risky" + who + "s", Shape::graph);
    } else {
      reasons_.insert(Reason::unknown_format);
    }
  }

  std::string first_id(const ObjectReader& r, std::initializer_list<const char*> names) {
    for (const char* name : names) {
      if (std::string id = r.id(name); !id.empty()) return id;
    }
    return {};
  }
  std::string first_text(const ObjectReader& r, std::initializer_list<const char*> names) {
    for (const char* name : names) {
      if (std::string text = r.text(name); !text.empty()) return text;
    }
    return {};
  }

  std::string tenant(const ObjectReader& r, Shape shape) {
    std::string id;
    const auto path = [&] {
      const JsonTree* v = own_.find("resourceId");
      if (v == nullptr || v->kind != Kind::string) return std::string{};
      const std::string text = lower_ascii(cut(v->text, kResourceIdBytesMax));
      if (text.rfind("/tenants/", 0) != 0) return std::string{};
      const std::string found = text.substr(9, text.find('/', 9) - 9);
      return found == "00000000-0000-0000-0000-000000000000" ? std::string{} : found;
    };
    if (shape == Shape::row) id = own_.id("AADTenantId");
    if (shape == Shape::envelope) id = own_.id("tenantId");
    if (id.empty() && shape != Shape::graph) id = path();
    if (id.empty() && shape != Shape::row) id = r.id("tenantId");
    if (id.empty()) id = options_.tenant;
    if (id.empty()) reasons_.insert(Reason::missing_tenant);
    const bool plain = id.find_first_not_of("0123456789abcdefghijklmnopqrstuvwxyz._-") == std::string::npos && id.size() <= 128 &&
                       (id.empty() || std::string{"._-"}.find(id[0]) == std::string::npos);
    if (!plain) reasons_.insert(Reason::bad_field);
    return id;
  }

  static bool plausible(Time t) { return t >= kEarliestEventTime && t < *parse_time("2100-01-01T00:00:00Z"); }

  std::optional<Time> published(Shape shape) {
    std::optional<Time> t;
    if (shape == Shape::row) t = own_.time("TimeGenerated");
    if (shape == Shape::envelope) t = own_.time("time");
    return t && plausible(*t) ? t : std::nullopt;
  }

  std::optional<Time> happened(const ObjectReader& r, std::initializer_list<const char*> names, std::optional<Time> arrival) {
    for (const char* name : names) {
      const auto t = r.time(name);
      if (!reasons_.empty()) return std::nullopt;
      if (!t) continue;
      if (!plausible(*t) || (arrival && *t > *arrival + std::chrono::hours{24})) {
        reasons_.insert(Reason::bad_time);
        return std::nullopt;
      }
      return arrival && *t > *arrival + std::chrono::minutes{5} ? *arrival + std::chrono::minutes{5} : *t;
    }
    reasons_.insert(Reason::bad_time);
    return std::nullopt;
  }

  void text(const std::string& name, const std::string& v) {
    if (!v.empty()) out_.fields[name] = v;
  }
  void number(const std::string& name, long long v) {
    if (v != 0) out_.fields[name] = std::to_string(v);
  }

  void risk_feed(const ObjectReader& r, const std::string& feed, Shape shape) {
    out_.kind = OtherRecord::Kind::risk_report;
    const bool entity = feed.rfind("risky", 0) == 0;
    out_.fields["kind"] = entity ? "entity" : "detection";
    text("tenant_id", tenant(r, shape));
    std::string id = r.any_id("id");
    const std::string whose = feed_entity(r, feed, entity);
    if (id.empty() && entity) id = whose;
    if (id.empty()) reasons_.insert(Reason::missing_id);
    text("id", id);
    number("level", word_place(r.text("riskLevel"), {"low", "medium", "high"}));
    number("level_hidden", same_word(r.text("riskLevel"), "hidden") ? 1 : 0);
    number("state", word_place(r.text("riskState"), {"atRisk", "confirmedCompromised", "confirmedSafe", "remediated", "dismissed"}));
    out_.fields["detail"] = detail(r.text("riskDetail"));
    out_.fields["timing"] = "notDefined";
    if (!entity) activity(r);
    feed_times(r, entity, shape);
  }

  static std::string detail(const std::string& word) {
    if (word.empty()) return "none";
    for (int i = 0; i < static_cast<int>(RiskDetail::unknown_future_value); ++i) {
      const std::string known{to_word(static_cast<RiskDetail>(i))};
      if (same_word(word, known)) return known;
    }
    return "unknownFutureValue";
  }

  std::string feed_entity(const ObjectReader& r, const std::string& feed, bool entity) {
    const bool agent = feed.find("agent") != std::string::npos;
    const bool principal = feed.find("serviceprincipal") != std::string::npos;
    const std::string word = r.text("identityType");
    const bool users_risk = agent && same_word(word, "user");
    out_.fields["entity_type"] = agent && !users_risk ? "agent" : principal ? "service_principal" : "user";
    std::string whose = agent ? first_id(r, {"identityId", "agentId"}) : principal ? r.id("servicePrincipalId") : r.id("userId");
    if (whose.empty() && entity) whose = r.id("id");
    if (whose.empty()) reasons_.insert(Reason::missing_entity);
    text("entity_id", whose);
    text("name", first_text(r, {"userDisplayName", "servicePrincipalDisplayName", "agentDisplayName", "displayName"}));
    text("user_principal_name", r.lower_text("userPrincipalName", kUserPrincipalNameBytesMax));
    text("app_id", r.id("appId"));
    text("blueprint_id", r.id("blueprintId"));
    const char* const kinds[] = {"", "agentIdentity", "agentUser", "agentIdentityBlueprintPrincipal"};
    int kind = word_place(word, {"agentIdentity", "agentUser", "agentIdentityBlueprintPrincipal"});
    if (kind == 0) {
      kind = word_place(r.text("@odata.type"), {"#microsoft.graph.riskyAgentIdentity", "#microsoft.graph.riskyAgentUser",
                                                "#microsoft.graph.riskyAgentIdentityBlueprintPrincipal"});
    }
    if (agent && !users_risk) text("identity_type", kinds[kind]);
    number("deleted", static_cast<int>(r.boolean("isDeleted")));
    number("processing", static_cast<int>(r.boolean("isProcessing")));
    Tristate enabled = r.boolean("isEnabled");
    if (enabled == Tristate::unknown) enabled = r.boolean("accountEnabled");
    number("enabled", static_cast<int>(enabled));
    return whose;
  }

  void activity(const ObjectReader& r) {
    const std::string type = first_text(r, {"riskEventType", "riskType"});
    if (type.empty()) reasons_.insert(Reason::bad_field);
    text("event_type", type);
    text("source", r.text("source"));
    const char* const timings[] = {"notDefined", "realtime", "nearRealtime", "offline"};
    out_.fields["timing"] = timings[word_place(r.text("detectionTimingType"), {"realtime", "nearRealtime", "offline"})];
    text("request_id", first_id(r, {"requestId", "signInRequestId"}));
    text("correlation_id", first_id(r, {"correlationId", "signInCorrelationId"}));
    if (const auto ip = IpAddress::parse(r.text("ipAddress"))) text("ip", ip->str());
    if (const auto place = object_of(r.find("location"))) location(ObjectReader{&*place, reasons_});
    const JsonTree* extra = r.find("additionalInfo");
    if (extra == nullptr || !(extra->is_array() || extra->kind == Kind::string)) return;
    Reasons unread;
    std::string agent;
    for (const JsonTree& pair : ObjectReader{r.tree(), unread}.list("additionalInfo")) {
      if (!pair.is_object()) break;
      if (!same_word(pair_name(pair, unread), "userAgent")) continue;
      const JsonTree* v = ObjectReader{&pair, unread}.find("Value");
      if (v != nullptr && v->kind == Kind::string) agent = cut(v->text, kUserAgentBytesMax);
    }
    text("user_agent", agent);
  }

  void location(const ObjectReader& l) {
    text("location.city", l.text("city"));
    text("location.state", l.text("state"));
    text("location.country", country(l.text("countryOrRegion")));
    const JsonTree* inner = l.find("geoCoordinates");
    if (inner == nullptr || !inner->is_object()) return;
    const ObjectReader c{inner, reasons_};
    const auto latitude = c.degrees("latitude", 90);
    const auto longitude = c.degrees("longitude", 180);
    if (!latitude || !longitude) return;
    const auto micro = [](double d) { return static_cast<long long>(std::floor(d * 1e6 + 0.5)); };
    if (micro(*latitude) == 0 && micro(*longitude) == 0) return;
    out_.fields["location.latitude"] = std::to_string(micro(*latitude));
    out_.fields["location.longitude"] = std::to_string(micro(*longitude));
  }

  void feed_times(const ObjectReader& r, bool entity, Shape shape) {
    const auto sent = published(shape);
    const auto arrival = options_.arrival ? options_.arrival : sent;
    const auto updated = happened(r, {"lastUpdatedDateTime", "lastModifiedDateTime", "riskLastUpdatedDateTime", "riskLastModifiedDateTime",
                                      "detectedDateTime", "activityDateTime"}, arrival);
    if (!updated) return;
    std::optional<Time> event = updated;
    if (!entity && (r.has("activityDateTime") || r.has("detectedDateTime"))) event = happened(r, {"activityDateTime", "detectedDateTime"}, arrival);
    text("updated", format_time(*updated));
    text("event_time", format_time(event.value_or(*updated)));
    text("published_time", format_time(sent.value_or(*updated)));
  }

  // ---- audit records

  static std::string operation_of(std::string name) {
    for (std::size_t at = 0; (at = name.find("\xe2\x80\x93")) != std::string::npos;) name.replace(at, 3, "-");
    const std::size_t from = name.find_first_not_of(' ');
    name = from == std::string::npos ? "" : name.substr(from, name.find_last_not_of(' ') - from + 1);
    const std::map<std::string, std::string> known = {
        {"reset password (self-service)", "password_reset_by_user"}, {"reset password (by admin)", "password_reset_by_admin"},
        {"reset user password", "password_reset_by_admin"}, {"add service principal credentials", "credential_added"},
        {"update application - certificates and secrets management", "credential_added"}, {"disable account", "account_disabled"},
        {"enable account", "account_enabled"}, {"delete user", "account_deleted"}, {"hard delete user", "account_deleted"},
        {"restore user", "account_restored"}};
    const auto it = known.find(lower_ascii(name));
    return it == known.end() ? "" : it->second;
  }

  void audit_log(const ObjectReader& r, Shape shape) {
    out_.kind = OtherRecord::Kind::ignored;
    const std::string operation = operation_of(r.text("activityDisplayName"));
    const std::string result = r.text("result");
    if (!reasons_.empty() || operation.empty() || !(result.empty() || same_word(result, "success"))) return;
    out_.kind = OtherRecord::Kind::directory_change;
    out_.fields["operation"] = operation;
    text("tenant_id", tenant(r, shape));
    const std::string id = r.any_id("id");
    if (id.empty()) reasons_.insert(Reason::missing_id);
    text("id", id);
    if (!audit_target(r, operation == "credential_added") && reasons_.empty()) reasons_.insert(Reason::missing_entity);
    actor(r);
    const auto sent = published(shape);
    const auto event = happened(r, {"activityDateTime"}, options_.arrival ? options_.arrival : sent);
    if (!event) return;
    text("event_time", format_time(*event));
    text("published_time", format_time(sent.value_or(*event)));
  }

  bool audit_target(const ObjectReader& r, bool credential) {
    for (const JsonTree& t : r.list("targetResources")) {
      if (!t.is_object()) {
        reasons_.insert(Reason::bad_field);
        return false;
      }
      const ObjectReader target{&t, reasons_};
      const std::string word = lower_ascii(target.text("type"));
      const std::string type = word == "user" ? "user"
                               : word == "serviceprincipal" || word == "application" ? "service_principal"
                               : word.rfind("agent", 0) == 0 ? "agent" : "";
      if (!reasons_.empty()) return false;
      if (type.empty() || (type == "user") == credential) continue;
      const std::string id = target.id("id");
      out_.fields["target_type"] = type;
      for (const char* name : {"target_name", "target_principal_name"}) out_.fields.erase(name);
      text("target_name", target.text("displayName"));
      text("target_principal_name", target.lower_text("userPrincipalName", kUserPrincipalNameBytesMax));
      if (!reasons_.empty()) return false;
      if (id.empty()) continue;
      text("target_id", id);
      if (credential) new_keys(target);
      return true;
    }
    return false;
  }

  void new_keys(const ObjectReader& target) {
    std::vector<std::string> keys;
    for (const JsonTree& property : target.list("modifiedProperties")) {
      if (!property.is_object()) break;
      const ObjectReader p{&property, reasons_};
      if (!same_word(p.text("displayName"), "KeyDescription")) continue;
      const std::string before = p.text("oldValue", kRecordBytesMax);
      const std::string after = p.text("newValue", kRecordBytesMax);
      keys.clear();
      for (std::size_t at = 0; (at = after.find("KeyIdentifier=", at)) != std::string::npos && keys.size() < kNewKeysMax; ++at) {
        const std::string key = after.substr(at + 14, 36);
        if (is_guid(key) && before.find(key) == std::string::npos) keys.push_back(lower_ascii(key));
      }
    }
    for (std::size_t i = 0; i < keys.size(); ++i) text("new_keys[" + std::to_string(i) + "]", keys[i]);
  }

  void actor(const ObjectReader& r) {
    const auto initiator = object_of(r.find("initiatedBy"));
    if (!initiator) return;
    for (const char* kind : {"user", "app"}) {
      const JsonTree* who = ObjectReader{&*initiator, reasons_}.find(kind);
      if (who == nullptr || !who->is_object()) continue;
      const ObjectReader p{who, reasons_};
      std::string name = p.lower_text("userPrincipalName", kUserPrincipalNameBytesMax);
      if (name.empty()) name = p.text("displayName");
      if (name.empty()) continue;
      text("actor", name);
      return;
    }
  }

  const JsonTree& record_;
  const DecodeOptions& options_;
  Reasons reasons_;
  ObjectReader own_;
  OtherRecord out_;
};

}  // namespace

OtherRecord read_other(const JsonTree& record, const DecodeOptions& options) { return OtherOracle{record, options}.read(); }

}  // namespace bartizan::test
