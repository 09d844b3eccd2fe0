#include <algorithm>
#include <array>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/codec/json_out.h"
#include "engine/codec/output_writer.h"

namespace bartizan {
namespace {

constexpr std::size_t kDetectionsMax = 20;
constexpr std::size_t kAuthMethodsMax = 16;
constexpr std::array<std::string_view, 3> kUserTypes = {"", "member", "guest"};
constexpr std::array<std::string_view, 4> kConditionalAccess = {"", "success", "failure", "notApplied"};

void write_user(JsonOut& out, const SignInSummary& s) {
  const std::string_view user_type = kUserTypes[static_cast<std::size_t>(s.user_type)];
  if (!s.has_user || (s.user_id.empty() && s.user_name.empty() && s.user_principal_name.empty() && user_type.empty() && s.home_tenant_id.empty())) {
    return;
  }
  out.open("user");
  out.text_if("id", s.user_id);
  out.text_if("name", s.user_name, JsonOut::kNameCharacters);
  out.text_if("user_principal_name", s.user_principal_name, JsonOut::kUserPrincipalNameCharacters);
  out.text_if("user_type", user_type);
  out.text_if("home_tenant_id", s.home_tenant_id);
  out.close();
}

void write_workload(JsonOut& out, const SignInSummary& s) {
  if (!s.has_workload) return;
  out.open("workload");
  out.text("type", s.category == SignInCategory::managed_identity ? "managed_identity" : "service_principal");
  out.text_if("id", s.workload_id);
  out.text_if("name", s.workload_name, JsonOut::kNameCharacters);
  out.text_if("app_id", s.workload_app_id);
  out.text_if("credential_type", s.credential_type, JsonOut::kNameCharacters);
  out.text_if("credential_key_id", s.credential_key_id);
  out.text_if("azure_resource_id", s.azure_resource_id, kResourceIdBytesMax);
  out.close();
}

void write_agent(JsonOut& out, const SignInSummary& s) {
  const std::string_view identity_type = to_word(s.agent_identity_type);
  if (s.agent_id.empty() && s.agent_name.empty() && s.agent_app_id.empty() && identity_type.empty() && s.agent_type.empty() &&
      s.agent_subject_type.empty() && s.agent_blueprint.empty() && s.agent_parent.empty()) {
    return;
  }
  out.open("agent");
  out.text_if("id", s.agent_id);
  out.text_if("name", s.agent_name, JsonOut::kNameCharacters);
  out.text_if("app_id", s.agent_app_id);
  out.text_if("identity_type", identity_type);
  out.text_if("agent_type", s.agent_type, JsonOut::kNameCharacters);
  out.text_if("subject_type", s.agent_subject_type, JsonOut::kNameCharacters);
  out.named_if("blueprint", s.agent_blueprint);
  out.named_if("parent", s.agent_parent);
  out.close();
}

void write_how(JsonOut& out, const SignInSummary& s) {
  out.named_if("app", s.app);
  out.text_if("client_app", s.client_app, JsonOut::kNameCharacters);
  out.text_if("ip", s.ip, 64);
  if (s.asn > 0) out.count("asn", s.asn);
  out.location_if("location", s.location);
  out.device_if("device", s.device);
  out.text_if("user_agent", s.user_agent, kUserAgentBytesMax);
  out.text_if("auth_requirement", s.auth_requirement, JsonOut::kNameCharacters);
  out.text_if("auth_protocol", s.auth_protocol, JsonOut::kNameCharacters);
  if (!s.auth_methods.empty()) out.text_list("auth_methods", first_of(s.auth_methods, kAuthMethodsMax), JsonOut::kNameCharacters);
  out.text_if("conditional_access", kConditionalAccess[static_cast<std::size_t>(s.conditional_access)]);
}

void write_detections(JsonOut& out, const std::vector<SignInDetection>& detections) {
  const auto shown = first_of(detections, kDetectionsMax);
  std::vector<std::string> rules;
  for (const SignInDetection& d : shown) rules.push_back(d.rule_id);
  std::sort(rules.begin(), rules.end());
  rules.erase(std::unique(rules.begin(), rules.end()), rules.end());
  out.text_list("risk_event_types", rules, 128);
  out.open_list("detections");
  for (const SignInDetection& d : shown) {
    out.open();
    out.text("alert_id", d.alert_id);
    out.text("rule_id", d.rule_id, 128);
    out.text("source", to_word(d.source));
    out.text("risk_level", to_word(d.level));
    out.time("at", d.at);
    out.flag("real_time", d.real_time);
    out.close();
  }
  out.close_list();
}

std::string risky_sign_in_json(const RiskySignIn& row) {
  const SignInSummary& s = row.sign_in;
  JsonOut out;
  out.open();
  out.text("schema", "bartizan.risky-sign-in/v1");
  out.text("tenant_id", row.tenant_id);
  out.text("id", s.id);
  out.count("revision", row.revision);
  out.time("time", s.time);
  out.time("last_updated", row.last_updated);
  out.text("category", to_word(s.category));
  out.flag("is_agent", s.is_agent);
  out.entity("entity", row.entity);
  write_user(out, s);
  write_workload(out, s);
  write_agent(out, s);
  write_how(out, s);
  out.named_if("resource", s.resource);
  out.result("result", s.result);
  out.text_if("correlation_id", s.correlation_id);
  out.text_if("session_id", s.session_id);
  out.score("score", row.score);
  out.text("risk_level_during_sign_in", to_word(row.level_during_sign_in));
  out.text("risk_level_aggregated", to_word(row.level_aggregated));
  out.text("risk_state", to_word(row.state));
  out.text("risk_detail", to_word(row.detail));
  write_detections(out, row.detections);
  out.verdict_if(row.verdict);
  out.close();
  return out.take();
}

}  // namespace

OutputRecord write_risky_sign_in(const RiskySignIn& row) {
  OutputRecord record = output_record(Topic::risky_sign_ins, "risky-sign-in.v1", risky_sign_in_json(row));
  record.ce_source += '/' + row.tenant_id;
  record.ce_subject = "sign_in/" + row.sign_in.id;
  record.key = row.tenant_id + '/' + record.ce_subject;
  record.ce_id = record.ce_subject + ':' + std::to_string(row.revision);
  record.ce_time = row.last_updated;
  return record;
}

}  // namespace bartizan
