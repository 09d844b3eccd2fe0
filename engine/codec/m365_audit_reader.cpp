#include "engine/codec/m365_audit_reader.h"

#include <array>

#include "engine/codec/record_rules.h"

namespace bartizan {
namespace {

using F = Field;

/// Members that keep their value under Azure Monitor's name.
struct Renamed {
  Field field;
  std::string_view name;
};
constexpr Renamed kRenamed[] = {
    {F::id, "id"},
    {F::created, "createdDateTime"},
    {F::resource_id, "resourceId"},
    {F::app_id, "appId"},
    {F::correlation_id, "correlationId"},
    {F::original_request_id, "originalRequestId"},
    {F::home_tenant_id, "homeTenantId"},
    {F::resource_tenant_id, "resourceTenantId"},
};

constexpr std::array<std::string_view, 6> kDeviceNames = {"OS", "BrowserType", "TrustType", "Id", "DisplayName", "IsCompliantAndManaged"};
enum DevicePart : std::size_t { kOs, kBrowser, kTrust, kDeviceId, kDeviceName, kCompliantAndManaged };

/// What the records say for "none".
bool says_nothing(std::string_view text) {
  return is_word(text, "Not Available") || is_word(text, "NotAvailable") || is_word(text, "Unknown") || is_word(text, "N/A");
}

bool is_guid(std::string_view text) {
  std::uint64_t hi = 0;
  std::uint64_t lo = 0;
  return parse_guid(text, hi, lo);
}

/// Absent, or a word for "none".
bool is_nothing(const FieldReader& r, Field f) {
  return !r.has(f) || (r.shape(f) == FieldReader::Shape::string && says_nothing(r.text(f)));
}

/// The body of a string as written; empty for anything else, and for the words for "none".
std::string_view body(const FieldReader& r, Field f) {
  if (r.shape(f) != FieldReader::Shape::string || is_nothing(r, f)) return {};
  return r.json().raw_string(r.token(f));
}

}  // namespace

M365Outcome M365AuditReader::rewrite(JsonIndex& json, Token record, RecordProblem& problem, RecordText& out) {
  places_ = FieldPlaces{};
  walk_object(json, record, SourceObject::microsoft_365, places_);
  const FieldReader r{json, places_, arena_, problem};
  if (r.shape(F::audit_data) != FieldReader::Shape::string) return rewrite_record(json, record, problem, out);
  if (!open_nested(exported_, json.string(places_[F::audit_data], arena_), arena_) || exported_.first(0) != '{') {
    r.bad(F::audit_data, "an object as JSON text");
    return M365Outcome::problem;
  }
  return rewrite_record(exported_, 0, problem, out);
}

M365Outcome M365AuditReader::rewrite_record(JsonIndex& json, Token record, RecordProblem& problem, RecordText& out) {
  places_ = FieldPlaces{};
  walk_object(json, record, SourceObject::microsoft_365, places_);
  const FieldReader r{json, places_, arena_, problem};
  if (!r.has(F::operation) || !(r.has(F::created) || r.has(F::tenant_id))) return M365Outcome::not_this_shape;
  const std::string_view operation = r.text(F::operation);
  const bool failed = is_word(operation, "UserLoginFailed");
  const std::string_view workload = r.text(F::workload);
  if (problem.found) return M365Outcome::problem;
  if (!failed && !is_word(operation, "UserLoggedIn")) return M365Outcome::not_a_sign_in;
  if (!workload.empty() && !is_word(workload, "AzureActiveDirectory")) return M365Outcome::not_a_sign_in;

  out.begin();
  out.string("category", "SignInLogs");
  if (r.has(F::tenant_id)) out.raw("tenantId", written(json, places_[F::tenant_id]));
  out.open("properties");
  for (const Renamed& m : kRenamed) {
    if (!is_nothing(r, m.field)) out.raw(m.name, written(json, places_[m.field]));
  }
  write_who(r, problem, out);
  const Field address = is_nothing(r, F::ip_address) ? F::actor_ip_address : F::ip_address;
  if (!is_nothing(r, address)) out.raw("ipAddress", written(json, places_[address]));
  write_result(r, failed, problem, out);
  write_extended(r, problem, out);
  write_device(r, problem, out);
  out.close();
  return problem.found ? M365Outcome::problem : M365Outcome::rewritten;
}

template <class Visit>
void M365AuditReader::each_pair(const FieldReader& r, Field f, RecordProblem& problem, Visit&& visit) {
  Token t = 0;
  JsonIndex* json = r.array(f, list_, t);
  if (json == nullptr || json->first(t + 1) == ']') return;
  for (++t;; ++t) {
    if (json->first(t) != '{') return r.bad(f, "objects");
    pair_ = FieldPlaces{};
    t = walk_object(*json, t, SourceObject::pair, pair_);
    visit(FieldReader{*json, pair_, arena_, problem});
    if (json->first(t) != ',') return;
  }
}

void M365AuditReader::write_who(const FieldReader& r, RecordProblem& problem, RecordText& out) {
  const auto object_id = [](const FieldReader& from, Field f) {
    return from.shape(f) == FieldReader::Shape::string && is_guid(from.text(f)) ? from.text(f) : std::string_view{};
  };
  std::string_view user = object_id(r, F::user_id);
  each_pair(r, F::actors, problem, [&](const FieldReader& actor) {
    if (user.empty() && actor.text(F::pair_type) == "0") user = object_id(actor, F::pair_id);
  });
  if (!user.empty()) out.string("userId", user);
  const std::string_view name = body(r, F::user_principal_name);
  if (!name.empty()) out.string("userPrincipalName", name);
}

/// ResultStatus is no result: most failed records say Success there.
void M365AuditReader::write_result(const FieldReader& r, bool failed, RecordProblem& problem, RecordText& out) {
  constexpr std::int64_t kCodeMax = 0x7fffffff;
  const std::int64_t code = r.integer(F::error_number, kCodeMax).value_or(0);
  if (failed && code == 0 && !problem.found) {
    problem.set(DeadLetterReason::bad_field, "ErrorNumber: expected the code of a failed sign-in, found none");
  }
  out.open("status");
  out.raw("errorCode", std::to_string(code));
  const std::string_view reason = body(r, F::logon_error);
  if (!reason.empty()) out.string("failureReason", reason);
  out.close();
}

void M365AuditReader::write_extended(const FieldReader& r, RecordProblem& problem, RecordText& out) {
  std::string_view agent;
  each_pair(r, F::extended_properties, problem, [&](const FieldReader& pair) {
    if (is_word(pair.text(F::pair_name), "UserAgent")) agent = body(pair, F::pair_value);
  });
  if (!agent.empty()) out.string("userAgent", agent);
}

void M365AuditReader::write_device(const FieldReader& r, RecordProblem& problem, RecordText& out) {
  std::array<std::string_view, kDeviceNames.size()> parts;
  std::string_view session;
  each_pair(r, F::device_properties, problem, [&](const FieldReader& pair) {
    const std::string_view name = pair.text(F::pair_name);
    for (std::size_t i = 0; i < kDeviceNames.size(); ++i) {
      if (is_word(name, kDeviceNames[i])) parts[i] = body(pair, F::pair_value);
    }
    if (is_word(name, "SessionId")) session = body(pair, F::pair_value);
  });
  if (!session.empty()) out.string("sessionId", session);
  out.open("deviceDetail");
  const auto put = [&](std::string_view name, DevicePart part) {
    if (!parts[part].empty()) out.string(name, parts[part]);
  };
  put("operatingSystem", kOs);
  put("browser", kBrowser);
  put("trustType", kTrust);
  put("deviceId", kDeviceId);
  put("displayName", kDeviceName);
  put("isCompliant", kCompliantAndManaged);
  put("isManaged", kCompliantAndManaged);
  out.close();
}

}  // namespace bartizan
