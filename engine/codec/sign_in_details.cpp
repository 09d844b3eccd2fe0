// How and what of a sign-in: addresses, places, devices, authentication steps, results, Entra's own risk words.

#include <algorithm>
#include <cmath>
#include <limits>

#include "engine/codec/record_rules.h"
#include "engine/codec/sign_in_reader.h"
#include "engine/model/error_codes.h"

namespace bartizan {
namespace {

using F = Field;

constexpr std::int64_t kEpochMilliseconds = 1'000'000'000'000;  // smaller sequence numbers are flags (0, 1) and order nothing

bool contains_word(std::string_view text, std::string_view word) {
  for (std::size_t i = 0; i + word.size() <= text.size(); ++i) {
    if (is_word(text.substr(i, word.size()), word)) return true;
  }
  return false;
}

/// Parts separated by dots (or colons) of which the first are digits and the last one or more are X, x or *.
bool is_masked_address(std::string_view s) {
  const char separator = s.find(':') != std::string_view::npos ? ':' : '.';
  if (s.find(separator) == std::string_view::npos || s.size() > 64) return false;
  bool masked = false;
  for (std::size_t begin = 0; begin <= s.size();) {
    const std::size_t end = std::min(s.find(separator, begin), s.size());
    const std::string_view part = s.substr(begin, end - begin);
    const auto is_mask = [](char c) { return c == 'X' || c == 'x' || c == '*'; };
    const auto is_digit = [&](char c) {
      return (c >= '0' && c <= '9') || (separator == ':' && ((c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F')));
    };
    const bool mask = !part.empty() && std::all_of(part.begin(), part.end(), is_mask);
    if (!mask && (masked || part.size() > 4 || !std::all_of(part.begin(), part.end(), is_digit))) return false;
    masked = masked || mask;
    begin = end + 1;
  }
  return masked;
}

/// To a millionth of a degree (0.1 m); never -0.
double rounded_degrees(double d) { return std::floor(d * 1e6 + 0.5) / 1e6 + 0.0; }

ConditionalAccess conditional_access_of(std::string_view word) {
  if (is_word(word, "success")) return ConditionalAccess::success;
  if (is_word(word, "failure")) return ConditionalAccess::failure;
  if (is_word(word, "notApplied")) return ConditionalAccess::not_applied;
  return ConditionalAccess::unknown;
}

}  // namespace

void SignInReader::read_how(const Sources& s) {
  const FieldReader& r = s.record;
  e_.client_app = r.text(F::client_app_used);
  e_.user_agent = r.text(F::user_agent, kUserAgentBytesMax);
  e_.auth_requirement = r.text(F::auth_requirement);
  e_.auth_protocol = r.text(F::auth_protocol);
  e_.original_transfer_method = r.text(F::original_transfer_method);
  e_.incoming_token_type = r.text(F::incoming_token_type);
  e_.conditional_access = conditional_access_of(r.text(F::conditional_access));
  e_.token_issuer_type = r.text(F::token_issuer_type);
  e_.token_issuer_name = r.text(F::token_issuer_name);
  if (is_word(e_.token_issuer_type, "ADFederationServices")) e_.flags |= kFlagAdfs;
  if (r.boolean(F::is_interactive) == Tristate::yes) e_.flags |= kFlagInteractive;
  if (r.boolean(F::flagged_for_review) == Tristate::yes) e_.flags |= kFlagFlaggedForReview;
  if (r.boolean(F::global_secure_access) == Tristate::yes) e_.flags |= kFlagGlobalSecureAccess;
  read_address(s);
  read_location(s);
  read_device(r);
  read_networks(r);
  read_steps(r);
}

void SignInReader::read_address(const Sources& s) {
  const bool own = s.record.has(F::ip_address) || s.graph;
  const FieldReader& from = own ? s.record : s.envelope;
  const Field f = own ? F::ip_address : F::caller_ip_address;
  const std::string_view text = from.text(f);
  if (const auto ip = IpAddress::parse(text)) {
    e_.ip = *ip;
  } else if (is_masked_address(text)) {
    e_.ip_text = text;
  } else if (!text.empty()) {
    from.bad(f, "an IP address");
  }
  if (const auto ip = IpAddress::parse(s.record.text(F::resource_provider_ip))) e_.resource_provider_ip = *ip;
  e_.asn = static_cast<std::uint32_t>(s.record.integer(F::autonomous_system_number, 0xffffffffLL).value_or(0));
}

void SignInReader::read_location(const Sources& s) {
  const FieldReader& r = s.record;
  r.expect_object(F::location);
  r.expect_object(F::coordinates);
  e_.location.city = r.text(F::city);
  e_.location.state = r.text(F::state);
  e_.location.country = country_of(r.text(F::country));
  if (e_.location.country[0] == 0 && !s.graph && s.envelope.shape(F::location) == FieldReader::Shape::string) {
    e_.location.country = country_of(s.envelope.text(F::location));
  }
  const auto latitude = r.decimal(F::latitude, 90);
  const auto longitude = r.decimal(F::longitude, 180);
  if (!latitude || !longitude) return;
  e_.location.latitude = rounded_degrees(*latitude);
  e_.location.longitude = rounded_degrees(*longitude);
  e_.location.has_coordinates = e_.location.latitude != 0 || e_.location.longitude != 0;
}

void SignInReader::read_device(const FieldReader& r) {
  r.expect_object(F::device);
  e_.device.id = r.lower_text(F::device_id);
  e_.device.name = r.text(F::device_name);
  e_.device.os = r.text(F::operating_system);
  e_.device.browser = r.text(F::browser);
  e_.device.trust_type = r.text(F::trust_type);
  e_.device.compliant = r.boolean(F::is_compliant);
  e_.device.managed = r.boolean(F::is_managed);
}

void SignInReader::read_networks(const FieldReader& r) {
  Token t = 0;
  JsonIndex* json = r.array(F::network_details, list_text_, t);
  if (json == nullptr || json->first(t + 1) == ']') return;
  for (++t;; ++t) {
    entry_places_.forget(F::step_request_sequence, F::network_type);
    if (json->first(t) != '{') return r.bad(F::network_details, "objects");
    t = walk_object(*json, t, SourceObject::network, entry_places_);
    const std::string_view type = FieldReader{*json, entry_places_, arena_, problem_}.text(F::network_type);
    if (is_word(type, "trustedNamedLocation") || is_word(type, "trusted")) e_.flags |= kFlagTrustedLocation;
    if (json->first(t) != ',') return;
  }
}

void SignInReader::read_steps(const FieldReader& r) {
  Token t = 0;
  JsonIndex* json = r.array(F::auth_details, list_text_, t);
  if (json == nullptr || json->first(t + 1) == ']') return;
  std::size_t count = 0;
  for (++t; count < kAuthStepsMax; ++t) {
    if (json->first(t) != '{') return r.bad(F::auth_details, "objects");
    entry_places_.forget(F::managed_identity_resource, F::step_request_sequence);
    t = walk_object(*json, t, SourceObject::step, entry_places_);
    read_step(*json, count++);
    if (json->first(t) != ',') break;
  }
  order_steps(count);
}

void SignInReader::read_step(JsonIndex& json, std::size_t i) {
  const FieldReader r{json, entry_places_, arena_, problem_};
  Step& s = steps_[i];
  s.step.method = r.text(F::step_method);
  s.step.detail = r.text(F::step_method_detail);
  s.step.result_detail = r.text(F::step_result_detail, kReasonBytesMax);
  s.step.requirement = r.text(F::step_requirement);
  s.step.time = r.time(F::step_time).value_or(Time{});
  s.step.succeeded = r.boolean(F::step_succeeded);
  const auto sequence = [&r](Field f) {
    const std::int64_t n = r.integer(f, std::numeric_limits<std::int64_t>::max()).value_or(0);
    return n < kEpochMilliseconds ? 0 : n;
  };
  s.status_sequence = sequence(F::step_status_sequence);
  s.request_sequence = sequence(F::step_request_sequence);
}

void SignInReader::order_steps(std::size_t count) {
  const auto earlier = [](const Step& a, const Step& b) {
    if (a.step.time != b.step.time) return a.step.time < b.step.time;
    if (a.request_sequence != b.request_sequence) return a.request_sequence < b.request_sequence;
    return a.status_sequence < b.status_sequence;
  };
  for (std::size_t i = 1; i < count; ++i) {  // stable, nothing allocated, nearly always in order already
    for (std::size_t k = i; k > 0 && earlier(steps_[k], steps_[k - 1]); --k) std::swap(steps_[k], steps_[k - 1]);
  }
  for (std::size_t i = 0; i < count; ++i) ordered_steps_[i] = steps_[i].step;
  e_.auth_steps = {ordered_steps_.data(), count};
}

Tristate SignInReader::proof_of_password() const {
  Tristate proof = Tristate::unknown;
  for (const AuthStep& step : e_.auth_steps) {
    if (!is_word(step.method, "Password")) continue;
    if (step.succeeded == Tristate::yes && is_word(step.result_detail, "Correct password")) return Tristate::yes;
    const bool refused = contains_word(step.result_detail, "password") &&
                         (contains_word(step.result_detail, "invalid") || contains_word(step.result_detail, "incorrect") ||
                          contains_word(step.result_detail, "wrong"));
    if (step.succeeded == Tristate::no && refused) proof = Tristate::no;
  }
  return proof;
}

void SignInReader::read_what(const Sources& s) {
  const FieldReader& r = s.record;
  e_.resource_id = r.id_or_none(F::resource_id);
  e_.resource_name = r.text(F::resource_name);
  e_.resource_service_principal_id = r.id_or_none(F::resource_service_principal_id);
  r.expect_object(F::status);
  constexpr std::int64_t kCodeMax = 0x7fffffff;
  auto code = r.integer(F::error_code, kCodeMax);
  if (!code && !s.graph) code = s.envelope.integer(F::result_type, kCodeMax);
  e_.result_code = static_cast<std::int32_t>(code.value_or(0));
  e_.failure_reason = r.text(F::failure_reason, kReasonBytesMax);
  if (e_.failure_reason.empty() && !s.graph) e_.failure_reason = s.envelope.text(F::result_description, kReasonBytesMax);
  e_.additional_details = r.text(F::additional_details, kReasonBytesMax);
  const ErrorCode& row = error_code(e_.result_code);
  e_.result_class = row.result_class;
  e_.failure_class = row.failure_class;
  e_.password_validated = proof_of_password();
  if (e_.password_validated == Tristate::unknown) e_.password_validated = row.password_validated;
}

void SignInReader::read_risk(const FieldReader& r) {
  e_.risk_level_during = entra_level_of(r.text(F::risk_level_during));
  e_.risk_level_aggregated = entra_level_of(r.text(F::risk_level_aggregated));
  e_.risk_state = entra_state_of(r.text(F::risk_state));
  e_.risk_detail = r.text(F::risk_detail);
  read_risk_event_types(r, r.has(F::risk_event_types_v2) ? F::risk_event_types_v2 : F::risk_event_types);
}

void SignInReader::read_risk_event_types(const FieldReader& r, Field f) {
  Token t = 0;
  JsonIndex* json = r.array(f, list_text_, t);
  if (json == nullptr || json->first(t + 1) == ']') return;
  std::size_t count = 0;
  for (++t; count < kRiskEventTypesMax; ++t) {
    if (json->is_string(t)) {
      const std::string_view word = cut_text(json->string(t, arena_), kNameBytesMax);
      if (!word.empty()) risk_event_types_[count++] = word;
    }
    t = json->behind(t);
    if (json->first(t) != ',') break;
  }
  e_.risk_event_types = {risk_event_types_.data(), count};
}

}  // namespace bartizan
