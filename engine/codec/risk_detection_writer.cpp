// risk-detection-*.v1: a detection as Microsoft Graph spells it.

#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <span>
#include <string>
#include <string_view>

#include "engine/codec/json_out.h"
#include "engine/codec/output_writer.h"
#include "engine/model/check.h"

namespace bartizan {
namespace {

constexpr std::size_t kTitleCharacters = 300;
constexpr std::size_t kAdditionalInfoCharacters = 8192;

struct Shape {
  std::string_view odata_type, record;
};
Shape shape_of(EntityType type) {
  if (type == EntityType::user) return {"#microsoft.graph.riskDetection", "risk-detection-user.v1"};
  if (type == EntityType::agent) return {"#microsoft.graph.agentRiskDetection", "risk-detection-agent.v1"};
  return {"#microsoft.graph.servicePrincipalRiskDetection", "risk-detection-service-principal.v1"};
}

/// Graph knows fewer states for workloads and agents.
RiskState state_for(EntityType type, RiskState state) {
  const bool cleared = state == RiskState::remediated || (state == RiskState::confirmed_safe && type != EntityType::agent);
  return type != EntityType::user && cleared ? RiskState::dismissed : state;
}

/// Graph's enum for users ends where workloads and agents begin.
RiskDetail detail_for(EntityType type, RiskDetail detail) {
  const auto of_workloads = detail == RiskDetail::admin_confirmed_service_principal_compromised ||
                            detail == RiskDetail::admin_dismissed_all_risk_for_service_principal;
  const auto of_agents = detail == RiskDetail::admin_confirmed_agent_safe || detail == RiskDetail::admin_confirmed_agent_compromised ||
                         detail == RiskDetail::admin_dismissed_risk_for_agent;
  const bool of_all = detail == RiskDetail::none || detail == RiskDetail::hidden;
  const bool known = type == EntityType::user ? !of_workloads && !of_agents : type == EntityType::agent ? of_all || of_agents : of_all || of_workloads;
  return known ? detail : RiskDetail::unknown_future_value;
}

class Pairs {
 public:
  Pairs() : writer_(buffer_) { writer_.StartArray(); }
  void text(std::string_view key, std::string_view value) {
    if (value.empty()) return;
    open(key);
    put(value);
    writer_.EndObject();
  }
  void list(std::string_view key, std::span<const std::string> values) {
    if (values.empty()) return;
    open(key);
    writer_.StartArray();
    for (const std::string& v : values) put(v);
    writer_.EndArray();
    writer_.EndObject();
  }
  std::string take() {
    writer_.EndArray();
    return buffer_.GetSize() > 2 ? std::string{buffer_.GetString(), buffer_.GetSize()} : std::string{};
  }

 private:
  void put(std::string_view v) { writer_.String(v.data(), static_cast<rapidjson::SizeType>(v.size())); }
  void open(std::string_view key) {
    writer_.StartObject();
    put("Key");
    put(key);
    put("Value");
  }
  rapidjson::StringBuffer buffer_;
  rapidjson::Writer<rapidjson::StringBuffer> writer_;
};

std::string additional_info(const RiskDetection& d, bool with_reasons) {
  Pairs pairs;
  pairs.text("userAgent", cut(d.user_agent, kUserAgentBytesMax));
  pairs.text("mitreTechniques", d.techniques);
  if (with_reasons) pairs.list("riskReasons", d.reasons);
  pairs.text("entraDetectionId", d.entra_detection_id);
  return pairs.take();
}

/// Cutting JSON text would break it: what does not fit is left out.
void write_additional_info(JsonOut& out, const RiskDetection& d) {
  std::string text = additional_info(d, true);
  if (text.size() > kAdditionalInfoCharacters) text = additional_info(d, false);
  if (text.size() <= kAdditionalInfoCharacters) out.text_if("additionalInfo", text, kAdditionalInfoCharacters);
}

void write_activity(JsonOut& out, const RiskDetection& d, std::string_view activity) {
  out.text("source", d.source);
  out.text("detectionTimingType", to_word(d.timing));
  out.text("activity", activity);
  out.text_if("ipAddress", d.ip, 64);
  out.graph_location_if("location", d.location);
  out.time("activityDateTime", d.activity_time);
  out.time("detectedDateTime", d.detected_at);
  out.time("lastUpdatedDateTime", d.last_updated);
}

/// Users and workloads.
void write_principal(JsonOut& out, const RiskDetection& d) {
  out.text_if("requestId", d.request_id);
  out.text_if("correlationId", d.correlation_id);
  out.text("riskEventType", d.rule_id, 128);
  out.text("riskState", to_word(state_for(d.entity.type, d.state)));
  out.text("riskLevel", to_word(d.level));
  out.text("riskDetail", to_word(detail_for(d.entity.type, d.detail)));
  const bool is_user = d.entity.type == EntityType::user;
  write_activity(out, d, !is_user ? "servicePrincipal" : d.request_id.empty() ? "user" : "signin");
  if (is_user) {
    out.text("userId", d.entity.id);
    out.text_if("userDisplayName", d.entity.name, JsonOut::kNameCharacters);
    out.text_if("userPrincipalName", d.entity.user_principal_name, JsonOut::kUserPrincipalNameCharacters);
  } else {
    out.text("servicePrincipalId", d.entity.id);
    out.text_if("servicePrincipalDisplayName", d.entity.name, JsonOut::kNameCharacters);
    out.text_if("appId", d.entity.app_id);
    if (!d.key_ids.empty()) out.text_list("keyIds", d.key_ids, 256);
  }
  write_additional_info(out, d);
  out.text_if("mitreTechniqueId", d.techniques, 256);
}

void write_agent(JsonOut& out, const RiskDetection& d) {
  const AgentIdentityType type = d.entity.identity_type == AgentIdentityType::none ? AgentIdentityType::agent_identity : d.entity.identity_type;
  out.text("identityId", d.entity.id);
  out.text("identityType", to_word(type));
  out.text_if("displayName", d.entity.name, JsonOut::kNameCharacters);
  out.text("agentId", d.entity.id);
  out.text_if("agentDisplayName", d.entity.name, JsonOut::kNameCharacters);
  out.text_if("blueprintId", d.entity.blueprint.id, 512);
  out.text_if("clientSessionId", d.session_id);
  out.time("activityDateTime", d.activity_time);
  out.time("detectedDateTime", d.detected_at);
  out.time("lastModifiedDateTime", d.last_updated);
  out.text("detectionTimingType", to_word(d.timing));
  out.text("riskEventType", d.rule_id, 128);
  out.text("riskEvidence", d.evidence, kTitleCharacters);
  out.text("riskLevel", to_word(d.level));
  out.text("riskState", to_word(state_for(d.entity.type, d.state)));
  out.text("riskDetail", to_word(detail_for(d.entity.type, d.detail)));
  out.text_if("signInRequestId", d.request_id);
  out.text_if("signInCorrelationId", d.correlation_id);
  out.text_if("signInClientDisplayName", d.app_name, JsonOut::kNameCharacters);
  out.text("source", d.source);
  write_additional_info(out, d);
}

}  // namespace

OutputRecord write_risk_detection(const RiskDetection& d) {
  BARTIZAN_CHECK(carries_risk(d.entity.type) && d.revision > 0);
  const Shape shape = shape_of(d.entity.type);
  JsonOut out;
  out.open();
  out.text("@odata.type", shape.odata_type);
  out.text("@bartizan.tenantId", d.tenant_id);
  out.count("@bartizan.revision", d.revision);
  out.text("id", d.id);
  if (d.entity.type == EntityType::agent) {
    write_agent(out, d);
  } else {
    write_principal(out, d);
  }
  out.close();
  OutputRecord record = output_record(Topic::risk_detections, shape.record, out.take());
  record.ce_source += '/' + d.tenant_id + '/' + d.rule_id;
  record.ce_subject = std::string{to_word(d.entity.type)} + '/' + d.entity.id;
  record.key = d.tenant_id + '/' + record.ce_subject;
  record.ce_id = d.id + ':' + std::to_string(d.revision);
  record.ce_time = d.last_updated;
  return record;
}

}  // namespace bartizan
