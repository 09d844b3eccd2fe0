#include <span>
#include <string>

#include "engine/codec/json_out.h"
#include "engine/codec/output_writer.h"

namespace bartizan {
namespace {

constexpr std::size_t kHistoryMax = 20;
constexpr std::size_t kRiskEventTypesWrittenMax = 20;

void write_history(JsonOut& out, const std::vector<RiskHistoryItem>& history) {
  out.open_list("history");
  const std::size_t shown = history.size() < kHistoryMax ? history.size() : kHistoryMax;
  for (const RiskHistoryItem& h : std::span{history}.last(shown)) {  // oldest first: the newest stay
    out.open();
    out.count("revision", h.revision);
    out.time("at", h.at);
    out.risk_words(h.level, h.state, h.detail, h.score);
    out.text_if("by", h.by, JsonOut::kUserPrincipalNameCharacters);
    if (!h.risk_event_types.empty()) out.text_list("risk_event_types", first_of(h.risk_event_types, kRiskEventTypesWrittenMax), 128);
    out.close();
  }
  out.close_list();
}

std::string risky_entity_json(const RiskyEntity& row) {
  JsonOut out;
  out.open();
  out.text("schema", "bartizan.risky-entity/v1");
  out.text("tenant_id", row.tenant_id);
  out.entity("entity", row.entity);
  out.count("revision", row.revision);
  out.risk_words(row.level, row.state, row.detail, row.score);
  out.time("event_time", row.event_time);
  out.time("last_updated", row.last_updated);
  out.contributions(row.contributions);
  if (row.processing) out.flag("is_processing", true);
  if (row.deleted) out.flag("is_deleted", true);
  if (row.disabled) out.flag("is_enabled", false);
  out.verdict_if(row.verdict);
  write_history(out, row.history);
  out.close();
  return out.take();
}

}  // namespace

OutputRecord write_risky_entity(const RiskyEntity& row) {
  OutputRecord record = output_record(topic_of(row.entity.type), "risky-entity.v1", risky_entity_json(row));
  record.ce_source += '/' + row.tenant_id;
  record.ce_subject = std::string{to_word(row.entity.type)} + '/' + row.entity.id;
  record.key = row.tenant_id + '/' + record.ce_subject;
  record.ce_id = record.ce_subject + ':' + std::to_string(row.revision);
  record.ce_time = row.last_updated;
  return record;
}

}  // namespace bartizan
