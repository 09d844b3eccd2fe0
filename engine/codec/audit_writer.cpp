#include <string>
#include <string_view>

#include "engine/codec/json_out.h"
#include "engine/codec/output_writer.h"

namespace bartizan {
namespace {

bool about_command(AuditKind kind) { return kind == AuditKind::command_accepted || kind == AuditKind::command_rejected; }

void write_command(JsonOut& out, const AuditRecord& record) {
  out.open("command");
  out.text("id", record.command_id);
  out.text("action", to_word(record.action));
  out.open("target");
  out.text("type", to_word(record.target));
  out.text("id", record.target_id);
  out.close();
  if (record.decided_on_revision) out.count("decided_on_revision", *record.decided_on_revision);
  out.text_if("note", record.note, 1000);
  out.close();
}

void write_snapshot(JsonOut& out, std::string_view name, const AuditSnapshot& s) {
  out.open(name);
  if (s.revision > 0) out.count("revision", s.revision);
  out.risk_words(s.level, s.state, s.detail, s.score);
  out.close();
}

void write_bundle(JsonOut& out, const AuditRecord& record) {
  out.open("bundle");
  out.text("hash", record.bundle_hash);
  out.text_if("previous", record.bundle_previous);
  out.count("rule_count", record.bundle_rule_count);
  out.close();
}

void write_range(JsonOut& out, const AuditRecord& record) {
  out.open("range");
  out.count("partition", static_cast<std::uint64_t>(record.range_partition));
  out.count("from", static_cast<std::uint64_t>(record.range_from));
  out.count("to", static_cast<std::uint64_t>(record.range_to));
  if (record.kind == AuditKind::recovery_range) out.count("rows", record.range_rows);
  out.close();
}

std::string audit_json(const AuditRecord& record) {
  JsonOut out;
  out.open();
  out.text("schema", "bartizan.audit/v1");
  out.text("id", record.id);
  out.text("kind", to_word(record.kind));
  out.time("at", record.at);
  out.text_if("tenant_id", record.tenant_id);
  out.text_if("by", record.by, JsonOut::kUserPrincipalNameCharacters);
  if (about_command(record.kind)) write_command(out, record);
  out.text_if("reason", to_word(record.reason));
  if (record.before) write_snapshot(out, "before", *record.before);
  if (record.after) write_snapshot(out, "after", *record.after);
  if (record.kind == AuditKind::bundle_activated) write_bundle(out, record);
  if (record.kind == AuditKind::recovery_range || record.kind == AuditKind::record_quarantined) write_range(out, record);
  out.text_if("detail", record.detail, 512);
  out.close();
  return out.take();
}

std::string audit_key(const AuditRecord& record) {
  if (about_command(record.kind)) return record.tenant_id + '/' + std::string{to_word(record.target)} + '/' + record.target_id;
  if (record.kind == AuditKind::bundle_activated) return "engine/bundle/" + record.bundle_hash;
  return "engine/journal/" + std::to_string(record.range_partition);
}

}  // namespace

OutputRecord write_audit(const AuditRecord& record) {
  OutputRecord out = output_record(Topic::audit, "audit.v1", audit_json(record));
  if (!record.tenant_id.empty()) out.ce_source += '/' + record.tenant_id;
  out.key = audit_key(record);
  out.ce_subject = out.key;
  out.ce_id = record.id;
  out.ce_time = record.at;
  return out;
}

}  // namespace bartizan
