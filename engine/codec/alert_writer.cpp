#include <algorithm>
#include <span>
#include <string>
#include <string_view>

#include "engine/codec/json_out.h"
#include "engine/codec/output_writer.h"

namespace bartizan {
namespace {

constexpr std::size_t kChecksMax = 16;
constexpr std::size_t kEvidenceMax = 20;
constexpr std::size_t kFieldsMax = 32;
constexpr std::size_t kAttackMax = 16;
constexpr std::size_t kRelatedMax = 20;
constexpr std::size_t kTargetsMax = 20;
constexpr std::size_t kLabelsMax = 32;

void write_rule(JsonOut& out, const AlertRule& rule) {
  out.open("rule");
  out.text("id", rule.id, 128);
  out.text("title", rule.title, 256);
  if (rule.version > 0) out.count("version", rule.version);
  out.text("hash", rule.hash);
  out.text("mode", to_word(rule.mode));
  out.text("source", to_word(rule.source));
  out.close();
}

void write_why(JsonOut& out, const std::vector<Check>& why) {
  out.open_list("why");
  for (const Check& c : first_of(why, kChecksMax)) {
    out.open();
    out.text("check", c.check, 128);
    out.value("actual", c.actual);
    out.text("op", to_word(c.op));
    out.value("limit", c.limit);
    out.text_if("unit", c.unit, 32);
    if (c.usual) out.value("usual", *c.usual);
    out.flag("pass", c.pass);
    out.close();
  }
  out.close_list();
}

void write_risk(JsonOut& out, const RiskEffect& risk) {
  out.open("risk");
  out.score("delta", risk.score_after - risk.score_before);
  out.score("score_before", risk.score_before);
  out.score("score_after", risk.score_after);
  out.text("level_before", to_word(risk.level_before));
  out.text("level_after", to_word(risk.level_after));
  out.contributions(risk.contributions);
  out.close();
}

void write_attack(JsonOut& out, const std::vector<AttackRef>& attack) {
  if (attack.empty()) return;
  out.open_list("attack");
  for (const AttackRef& a : first_of(attack, kAttackMax)) {
    out.open();
    out.text("tactic", a.tactic);
    out.text_if("technique", a.technique);
    out.close();
  }
  out.close_list();
}

void write_evidence_item(JsonOut& out, const Evidence& e) {
  out.open();
  out.text("event_id", e.event_id);
  if (!e.source.empty()) out.source("source", e.source);
  out.text_if("correlation_id", e.correlation_id);
  out.text_if("session_id", e.session_id);
  out.time("time", e.time);
  out.text_if("ip", e.ip, 64);
  if (e.asn > 0) out.count("asn", e.asn);
  out.location_if("location", e.location);
  out.named_if("app", e.app);
  out.named_if("resource", e.resource);
  out.device_if("device", e.device);
  out.text_if("client_app", e.client_app, JsonOut::kNameCharacters);
  out.text_if("user_agent", e.user_agent, kUserAgentBytesMax);
  out.text_if("credential_key_id", e.credential_key_id);
  if (e.result) out.result("result", *e.result);
  if (!e.fields.empty()) {
    out.open("fields");
    for (const auto& [name, value] : first_of(e.fields, kFieldsMax)) out.value(name, value);
    out.close();
  }
  out.close();
}

void write_related(JsonOut& out, const std::vector<RelatedAlert>& related) {
  if (related.empty()) return;
  out.open_list("related");
  for (const RelatedAlert& r : first_of(related, kRelatedMax)) {
    out.open();
    out.text("alert_id", r.alert_id);
    out.text("reason", r.reason);
    out.close();
  }
  out.close_list();
}

void write_campaign(JsonOut& out, const Campaign& campaign) {
  out.open("campaign");
  out.count("targets_total", campaign.targets_total);
  out.count("validated_total", campaign.validated_total);
  out.count("sources_total", campaign.sources_total);
  out.open_list("targets");
  for (const CampaignTarget& t : first_of(campaign.targets, kTargetsMax)) {
    out.open();
    out.text("type", to_word(t.entity.type));
    out.text("id", t.entity.id);
    out.text_if("name", t.entity.name, 320);
    out.flag("validated", t.validated);
    out.close();
  }
  out.close_list();
  out.close();
}

void write_suppression(JsonOut& out, const Alert& alert) {
  if (alert.suppression == Suppression::none) return;
  const std::string_view type = alert.suppression == Suppression::learning ? "learning" : alert.suppression == Suppression::cap ? "cap" : "exception";
  out.open("suppressed_by");
  out.text("type", type);
  out.text_if("id", alert.suppressed_by, 128);
  out.close();
}

void write_labels(JsonOut& out, const Alert& alert) {
  if (alert.labels.empty()) return;
  out.open("labels");
  for (const auto& [name, value] : first_of(alert.labels, kLabelsMax)) out.text(name, value, 256);
  out.close();
}

std::string alert_json(const Alert& alert) {
  JsonOut out;
  out.open();
  out.text("schema", "bartizan.alert/v1");
  out.text("id", alert.id);
  out.count("revision", alert.revision);
  out.text("state", to_word(alert.state));
  out.text("tenant_id", alert.tenant_id);
  out.entity("entity", alert.entity);
  write_rule(out, alert.rule);
  out.text("severity", to_word(alert.severity));
  out.count("confidence", static_cast<std::uint64_t>(std::clamp(alert.confidence, 0, 100)));
  out.text("title", alert.title, 300);
  write_why(out, alert.why);
  if (alert.risk) write_risk(out, *alert.risk);
  write_attack(out, alert.attack);
  out.time("first_seen", alert.first_seen);
  out.time("last_seen", alert.last_seen);
  out.count("count", alert.count);
  out.time("detected_at", alert.detected_at);
  out.time("last_updated", alert.last_updated);
  out.open_list("evidence");
  for (const Evidence& e : first_of(alert.evidence, kEvidenceMax)) write_evidence_item(out, e);
  out.close_list();
  out.count("evidence_total", alert.evidence_total);
  write_related(out, alert.related);
  out.text_if("campaign_id", alert.campaign_id);
  if (alert.campaign) write_campaign(out, *alert.campaign);
  write_suppression(out, alert);
  write_labels(out, alert);
  out.close();
  return out.take();
}

}  // namespace

OutputRecord write_alert(const Alert& alert) {
  const bool shown = alert.rule.mode == RuleMode::live && alert.suppression == Suppression::none;
  OutputRecord record = output_record(shown ? Topic::alerts : Topic::alerts_shadow, "alert.v1", alert_json(alert));
  record.ce_source += '/' + alert.tenant_id + '/' + alert.rule.id;
  record.ce_subject = std::string{to_word(alert.entity.type)} + '/' + alert.entity.id;
  record.key = alert.tenant_id + '/' + record.ce_subject;
  record.ce_id = alert.id + ':' + std::to_string(alert.revision);
  record.ce_time = alert.last_updated;
  return record;
}

}  // namespace bartizan
