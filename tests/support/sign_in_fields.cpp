#include "tests/support/sign_in_fields.h"

#include <cmath>

namespace bartizan::test {
namespace {

class Writer {
 public:
  void text(const std::string& name, std::string_view v) {
    if (!v.empty()) out[name] = v;
  }
  void id(const std::string& name, const Id& v) { text(name, v.str()); }
  template <class T>
  void number(const std::string& name, T v) {
    if (v != T{}) out[name] = std::to_string(static_cast<long long>(v));
  }
  void degrees(const std::string& name, double v) { out[name] = std::to_string(std::llround(v * 1e6)); }
  void time(const std::string& name, Time v) {
    if (v != Time{}) out[name] = format_time(v);
  }
  SignInFields out;
};

void write_steps(Writer& w, const SignIn& e) {
  for (std::size_t i = 0; i < e.auth_steps.size(); ++i) {
    const AuthStep& s = e.auth_steps[i];
    const std::string at = "auth_steps[" + std::to_string(i) + "].";
    w.out[at] = "step";
    w.text(at + "method", s.method);
    w.text(at + "detail", s.detail);
    w.text(at + "result_detail", s.result_detail);
    w.text(at + "requirement", s.requirement);
    w.time(at + "time", s.time);
    w.number(at + "succeeded", static_cast<int>(s.succeeded));
  }
}

void write_who(Writer& w, const SignIn& e) {
  w.id("user_id", e.user_id);
  w.text("user_principal_name", e.user_principal_name);
  w.text("user_name", e.user_name);
  w.number("user_type", static_cast<int>(e.user_type));
  w.id("home_tenant_id", e.home_tenant_id);
  w.id("resource_tenant_id", e.resource_tenant_id);
  w.text("cross_tenant_access", e.cross_tenant_access);
  w.id("service_principal_id", e.service_principal_id);
  w.text("service_principal_name", e.service_principal_name);
  w.id("app_owner_tenant_id", e.app_owner_tenant_id);
  w.text("credential_type", e.credential_type);
  w.id("credential_key_id", e.credential_key_id);
  w.text("credential_thumbprint", e.credential_thumbprint);
  w.id("federated_credential_id", e.federated_credential_id);
  w.text("managed_identity_type", e.managed_identity_type);
  w.text("managed_identity_resource_id", e.managed_identity_resource_id);
  w.text("azure_resource_id", e.azure_resource_id);
  w.text("agent.type", e.agent.type);
  w.text("agent.subject_type", e.agent.subject_type);
  w.id("agent.parent_app_id", e.agent.parent_app_id);
  w.id("agent.subject_parent_id", e.agent.subject_parent_id);
}

void write_how(Writer& w, const SignIn& e) {
  w.id("app_id", e.app_id);
  w.text("app_name", e.app_name);
  w.text("client_app", e.client_app);
  w.text("ip", e.ip.empty() ? std::string{} : e.ip.str());
  w.text("ip_text", e.ip_text);
  w.text("resource_provider_ip", e.resource_provider_ip.empty() ? std::string{} : e.resource_provider_ip.str());
  w.number("asn", e.asn);
  w.text("location.city", e.location.city);
  w.text("location.state", e.location.state);
  w.text("location.country", e.location.country_text());
  if (e.location.has_coordinates) {
    w.degrees("location.latitude", e.location.latitude);
    w.degrees("location.longitude", e.location.longitude);
  }
  w.text("device.id", e.device.id);
  w.text("device.name", e.device.name);
  w.text("device.os", e.device.os);
  w.text("device.browser", e.device.browser);
  w.text("device.trust_type", e.device.trust_type);
  w.number("device.compliant", static_cast<int>(e.device.compliant));
  w.number("device.managed", static_cast<int>(e.device.managed));
  w.text("user_agent", e.user_agent);
  w.text("auth_requirement", e.auth_requirement);
  w.text("auth_protocol", e.auth_protocol);
  w.text("original_transfer_method", e.original_transfer_method);
  w.text("incoming_token_type", e.incoming_token_type);
  w.number("conditional_access", static_cast<int>(e.conditional_access));
  w.text("token_issuer_type", e.token_issuer_type);
  w.text("token_issuer_name", e.token_issuer_name);
  write_steps(w, e);
}

}  // namespace

SignInFields fields_of(const SignIn& e) {
  Writer w;
  w.id("id", e.id);
  w.id("tenant_id", e.tenant_id);
  w.id("correlation_id", e.correlation_id);
  w.id("session_id", e.session_id);
  w.id("original_request_id", e.original_request_id);
  w.text("unique_token_id", e.unique_token_id);
  w.time("event_time", e.event_time);
  w.time("published_time", e.published_time);
  w.out["category"] = to_word(e.category);
  w.number("flags", e.flags);
  w.number("count", e.count);
  write_who(w, e);
  write_how(w, e);
  w.id("resource_id", e.resource_id);
  w.text("resource_name", e.resource_name);
  w.id("resource_service_principal_id", e.resource_service_principal_id);
  w.number("result_code", e.result_code);
  w.out["result_class"] = to_word(e.result_class);
  w.out["failure_class"] = to_word(e.failure_class);
  w.number("password_validated", static_cast<int>(e.password_validated));
  w.text("failure_reason", e.failure_reason);
  w.text("additional_details", e.additional_details);
  w.number("risk_level_during", static_cast<int>(e.risk_level_during));
  w.number("risk_level_aggregated", static_cast<int>(e.risk_level_aggregated));
  w.number("risk_state", static_cast<int>(e.risk_state));
  w.text("risk_detail", e.risk_detail);
  for (std::size_t i = 0; i < e.risk_event_types.size(); ++i) w.text("risk_event_types[" + std::to_string(i) + "]", e.risk_event_types[i]);
  return w.out;
}

SignInFields fields_of(const RiskReport& r) {
  Writer w;
  w.out["kind"] = r.kind == ReportKind::entity ? "entity" : "detection";
  w.id("id", r.id);
  w.id("tenant_id", r.tenant_id);
  w.out["entity_type"] = to_word(r.entity_type);
  w.id("entity_id", r.entity_id);
  w.text("name", r.name);
  w.text("user_principal_name", r.user_principal_name);
  w.id("app_id", r.app_id);
  w.text("identity_type", to_word(r.identity_type));
  w.id("blueprint_id", r.blueprint_id);
  w.text("event_type", r.event_type);
  w.text("source", r.source);
  w.number("level", static_cast<int>(r.level));
  w.number("level_hidden", r.level_hidden ? 1 : 0);
  w.number("state", static_cast<int>(r.state));
  w.out["detail"] = to_word(r.detail);
  w.out["timing"] = to_word(r.timing);
  w.number("deleted", static_cast<int>(r.deleted));
  w.number("processing", static_cast<int>(r.processing));
  w.number("enabled", static_cast<int>(r.enabled));
  w.id("request_id", r.request_id);
  w.id("correlation_id", r.correlation_id);
  w.text("ip", r.ip.empty() ? std::string{} : r.ip.str());
  w.text("location.city", r.location.city);
  w.text("location.state", r.location.state);
  w.text("location.country", r.location.country_text());
  if (r.location.has_coordinates) {
    w.degrees("location.latitude", r.location.latitude);
    w.degrees("location.longitude", r.location.longitude);
  }
  w.text("user_agent", r.user_agent);
  w.time("event_time", r.event_time);
  w.time("updated", r.updated);
  w.time("published_time", r.published_time);
  return w.out;
}

SignInFields fields_of(const DirectoryChange& c) {
  Writer w;
  w.out["operation"] = to_word(c.operation);
  w.id("id", c.id);
  w.id("tenant_id", c.tenant_id);
  w.out["target_type"] = to_word(c.target_type);
  w.id("target_id", c.target_id);
  w.text("target_name", c.target_name);
  w.text("target_principal_name", c.target_principal_name);
  w.text("actor", c.actor);
  for (std::size_t i = 0; i < c.new_keys.size(); ++i) w.id("new_keys[" + std::to_string(i) + "]", c.new_keys[i]);
  w.time("event_time", c.event_time);
  w.time("published_time", c.published_time);
  return w.out;
}

std::string differences(const SignInFields& left, const SignInFields& right) {
  std::string out;
  const auto value = [](const SignInFields& f, const std::string& name) {
    const auto it = f.find(name);
    return it == f.end() ? std::string{"(absent)"} : it->second;
  };
  for (const auto& [name, v] : left) {
    if (value(right, name) != v) out += name + ": " + v + " | " + value(right, name) + "\n";
  }
  for (const auto& [name, v] : right) {
    if (left.find(name) == left.end()) out += name + ": (absent) | " + v + "\n";
  }
  return out;
}

}  // namespace bartizan::test
