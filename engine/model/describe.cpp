// Copies of a sign-in that outlive its step: evidence and summaries.

#include <string>

#include "engine/model/alert.h"
#include "engine/model/evidence_parts.h"
#include "engine/model/finding.h"
#include "engine/model/sign_in.h"
#include "engine/model/source_position.h"

namespace bartizan {
namespace {

std::optional<bool> to_optional(Tristate t) {
  if (t == Tristate::unknown) return std::nullopt;
  return t == Tristate::yes;
}

EvidenceDevice device_of(const SignIn& e) {
  EvidenceDevice out;
  out.id = e.device.id;
  out.name = e.device.name;
  out.os = e.device.os;
  out.browser = e.device.browser;
  out.trust_type = e.device.trust_type;
  out.compliant = to_optional(e.device.compliant);
  out.managed = to_optional(e.device.managed);
  return out;
}

EvidenceResult result_of(const SignIn& e) {
  return {e.result_code, std::string{to_word(e.result_class)}, std::string{e.failure_reason}};
}

std::string address_of(const SignIn& e) { return e.ip.empty() ? std::string{e.ip_text} : e.ip.str(); }

Named named(const Id& id, std::string_view name) { return {id.str(), std::string{name}}; }

}  // namespace

Key128 Source::key() const {
  std::string text{input};
  text.push_back('\0');
  text.append(topic);
  text.push_back('\0');
  text += std::to_string(generation);
  text.push_back('\0');
  text += std::to_string(partition);
  return stable_hash128(text, 4);
}

EvidenceSource evidence_source(const SourcePosition& position) {
  EvidenceSource out;
  out.input = position.source.input;
  out.topic = position.source.topic;
  out.file = position.source.file;
  out.generation = position.source.generation;
  out.partition = position.source.partition;
  out.offset = position.offset;
  out.index = position.index;
  out.timestamp = position.timestamp;
  return out;
}

EvidenceLocation evidence_location(const Location& location) {
  EvidenceLocation out;
  out.city = location.city;
  out.state = location.state;
  out.country = location.country_text();
  out.has_coordinates = location.has_coordinates;
  out.latitude = location.latitude;
  out.longitude = location.longitude;
  return out;
}

Evidence evidence_of(const SignIn& e, const SourcePosition& source) {
  Evidence out;
  out.event_id = e.id.str();
  out.source = evidence_source(source);
  out.correlation_id = e.correlation_id.str();
  out.session_id = e.session_id.str();
  out.time = e.event_time;
  out.ip = address_of(e);
  out.asn = e.asn;
  out.location = evidence_location(e.location);
  out.app = named(e.app_id, e.app_name);
  out.resource = named(e.resource_id, e.resource_name);
  out.device = device_of(e);
  out.client_app = e.client_app;
  out.user_agent = e.user_agent;
  out.credential_key_id = e.credential_key_id.str();
  out.result = result_of(e);
  return out;
}

SignInSummary summarise(const SignIn& e) {
  SignInSummary out;
  out.id = e.id.str();
  out.time = e.event_time;
  out.category = e.category;
  out.is_agent = e.is_agent();
  out.has_user = e.is_user_category();
  out.has_workload = !e.is_user_category() && !out.is_agent;
  if (out.has_user) {
    out.user_id = e.user_id.str();
    out.user_name = e.user_name;
    out.user_principal_name = e.user_principal_name;
    out.home_tenant_id = e.home_tenant_id.str();
    out.user_type = e.user_type;
  }
  if (out.has_workload) {
    out.workload_id = actor_of(e).id.str();
    out.workload_name = e.service_principal_name;
    out.workload_app_id = e.app_id.str();
    out.credential_type = e.credential_type;
    out.credential_key_id = e.credential_key_id.str();
    out.azure_resource_id = e.managed_identity_resource_id;
  }
  if (out.is_agent) {
    const Entity agent = describe(e, agent_of(e));
    out.agent_id = agent.id;
    out.agent_name = agent.name;
    out.agent_app_id = agent.app_id;
    out.agent_identity_type = agent.identity_type;
    out.agent_type = e.agent.type;
    out.agent_subject_type = e.agent.subject_type;
    out.agent_blueprint = agent.blueprint;
    out.agent_parent = agent.parent;
  }
  out.app = named(e.app_id, e.app_name);
  out.client_app = e.client_app;
  out.ip = address_of(e);
  out.asn = e.asn;
  out.location = evidence_location(e.location);
  out.device = device_of(e);
  out.user_agent = e.user_agent;
  out.auth_requirement = e.auth_requirement;
  out.auth_protocol = e.auth_protocol;
  for (const AuthStep& step : e.auth_steps) {
    if (!step.method.empty()) out.auth_methods.emplace_back(step.method);
  }
  out.conditional_access = e.conditional_access;
  out.resource = named(e.resource_id, e.resource_name);
  out.result = result_of(e);
  out.correlation_id = e.correlation_id.str();
  out.session_id = e.session_id.str();
  return out;
}

}  // namespace bartizan
