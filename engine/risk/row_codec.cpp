#include "engine/risk/row_codec.h"

#include "engine/model/bytes.h"
#include "engine/model/entity_bytes.h"

namespace bartizan::risk {

namespace {

constexpr RiskDetail kLastDetail = RiskDetail::unknown_future_value;

void write_verdict(ByteWriter& out, const std::optional<Verdict>& v) {
  out.u8(v ? 1 : 0);
  if (!v) return;
  out.text(v->by);
  out.time(v->at);
  write_enum(out, v->action);
  out.text(v->command_id);
}

std::optional<Verdict> read_verdict(ByteReader& in) {
  if (!read_bool(in)) return std::nullopt;
  Verdict v;
  v.by = read_string(in);
  v.at = in.time();
  v.action = read_enum(in, CommandAction::confirm_safe);
  v.command_id = read_string(in);
  return v;
}

void write_texts(ByteWriter& out, const std::vector<std::string>& texts) {
  out.varint(texts.size());
  for (const std::string& t : texts) out.text(t);
}

std::vector<std::string> read_texts(ByteReader& in, std::size_t most) {
  std::vector<std::string> texts(read_count(in, most));
  for (std::string& t : texts) t = read_string(in);
  return texts;
}

void write_law(ByteWriter& out, RiskLevel level, RiskState state, RiskDetail detail) {
  write_enum(out, level);
  write_enum(out, state);
  write_enum(out, detail);
}

void read_law(ByteReader& in, RiskLevel& level, RiskState& state, RiskDetail& detail) {
  level = read_enum(in, RiskLevel::high);
  state = read_enum(in, RiskState::dismissed);
  detail = read_enum(in, kLastDetail);
}

void write_part(ByteWriter& out, const Part& p) {
  out.text(p.rule_id);
  out.text(p.family);
  out.text(p.alert_id);
  out.zigzag(p.half_life.count());
  out.time(p.newest);
  out.u8(static_cast<std::uint8_t>((p.pinned ? 1 : 0) | (p.beyond_sign_ins ? 2 : 0) | (p.reported_only ? 4 : 0)));
  out.varint(p.confirmations);
  out.varint(p.pieces.size());
  for (const Piece& x : p.pieces) {
    out.varint(x.since);
    out.f64(x.exponent);
    out.time(x.at);
  }
}

Part read_part(ByteReader& in) {
  Part p;
  p.rule_id = read_string(in);
  p.family = read_string(in);
  p.alert_id = read_string(in);
  p.half_life = Duration{in.zigzag()};
  p.newest = in.time();
  const std::uint8_t bits = in.u8();
  p.pinned = (bits & 1) != 0;
  p.beyond_sign_ins = (bits & 2) != 0;
  p.reported_only = (bits & 4) != 0;
  const std::uint64_t confirmations = in.varint();
  p.confirmations = static_cast<std::uint32_t>(confirmations);
  p.pieces.resize(read_count(in, kPiecesMax));
  for (Piece& x : p.pieces) {
    x.since = in.varint();
    x.exponent = in.f64();
    x.at = in.time();
  }
  if (bits > 7 || confirmations > UINT32_MAX || p.pieces.empty() || p.half_life.count() <= 0) in.fail();
  return p;
}

void write_history(ByteWriter& out, const RiskHistoryItem& h) {
  out.varint(h.revision);
  out.time(h.at);
  write_law(out, h.level, h.state, h.detail);
  out.zigzag(h.score);
  out.text(h.by);
  write_texts(out, h.risk_event_types);
}

RiskHistoryItem read_history(ByteReader& in) {
  RiskHistoryItem h;
  h.revision = in.varint();
  h.at = in.time();
  read_law(in, h.level, h.state, h.detail);
  h.score = static_cast<ScoreTenths>(in.zigzag());
  h.by = read_string(in);
  h.risk_event_types = read_texts(in, kCausesMax);
  return h;
}

void write_detection(ByteWriter& out, const Detection& d) {
  out.text(d.shown.alert_id);
  out.text(d.shown.rule_id);
  write_enum(out, d.shown.source);
  write_enum(out, d.shown.level);
  out.time(d.shown.at);
  out.u8(d.shown.real_time ? 1 : 0);
  out.text(d.family);
  out.f64(d.exponent);
  write_enum(out, d.entity_type);
  out.text(d.entity_id);
  out.varint(d.since);
  out.varint(d.entity_since);
}

Detection read_detection(ByteReader& in) {
  Detection d;
  d.shown.alert_id = read_string(in);
  d.shown.rule_id = read_string(in);
  d.shown.source = read_enum(in, RuleSource::entra);
  d.shown.level = read_enum(in, RiskLevel::high);
  d.shown.at = in.time();
  d.shown.real_time = read_bool(in);
  d.family = read_string(in);
  d.exponent = in.f64();
  d.entity_type = read_enum(in, EntityType::agent);
  d.entity_id = read_string(in);
  d.since = in.varint();
  d.entity_since = in.varint();
  return d;
}

void write_tristate(ByteWriter& out, std::optional<bool> v) { out.u8(v ? (*v ? 2 : 1) : 0); }

std::optional<bool> read_tristate(ByteReader& in) {
  const std::uint8_t v = in.u8();
  if (v > 2) in.fail();
  return v == 0 ? std::nullopt : std::optional<bool>{v == 2};
}

void write_place(ByteWriter& out, const SignInSummary& s) {
  out.text(s.ip);
  out.u32(s.asn);
  out.text(s.location.city);
  out.text(s.location.state);
  out.text(s.location.country);
  out.u8(s.location.has_coordinates ? 1 : 0);
  out.f64(s.location.latitude);
  out.f64(s.location.longitude);
  out.text(s.device.id);
  out.text(s.device.name);
  out.text(s.device.os);
  out.text(s.device.browser);
  out.text(s.device.trust_type);
  write_tristate(out, s.device.compliant);
  write_tristate(out, s.device.managed);
}

void read_place(ByteReader& in, SignInSummary& s) {
  s.ip = read_string(in);
  s.asn = in.u32();
  s.location.city = read_string(in);
  s.location.state = read_string(in);
  s.location.country = read_string(in);
  s.location.has_coordinates = read_bool(in);
  s.location.latitude = in.f64();
  s.location.longitude = in.f64();
  s.device.id = read_string(in);
  s.device.name = read_string(in);
  s.device.os = read_string(in);
  s.device.browser = read_string(in);
  s.device.trust_type = read_string(in);
  s.device.compliant = read_tristate(in);
  s.device.managed = read_tristate(in);
}

/// The plain texts of a summary, in the order of their encoding; one list for both directions.
template <class Summary, class Visit>
void each_text(Summary& s, Visit&& visit) {
  for (auto* text : {&s.id, &s.user_id, &s.user_name, &s.user_principal_name, &s.home_tenant_id, &s.workload_id, &s.workload_name,
                     &s.workload_app_id, &s.credential_type, &s.credential_key_id, &s.azure_resource_id, &s.agent_id, &s.agent_name,
                     &s.agent_app_id, &s.agent_type, &s.agent_subject_type, &s.agent_blueprint.id, &s.agent_blueprint.name,
                     &s.agent_parent.id, &s.agent_parent.name, &s.app.id, &s.app.name, &s.client_app, &s.user_agent,
                     &s.auth_requirement, &s.auth_protocol, &s.resource.id, &s.resource.name, &s.result.result_class,
                     &s.result.reason, &s.correlation_id, &s.session_id}) {
    visit(*text);
  }
}

}  // namespace

std::string encode(const SignInSummary& s) {
  std::string bytes;
  ByteWriter out{bytes};
  each_text(s, [&](const std::string& text) { out.text(text); });
  out.time(s.time);
  write_enum(out, s.category);
  out.u8(static_cast<std::uint8_t>((s.is_agent ? 1 : 0) | (s.has_user ? 2 : 0) | (s.has_workload ? 4 : 0)));
  write_enum(out, s.user_type);
  write_enum(out, s.agent_identity_type);
  write_enum(out, s.conditional_access);
  out.zigzag(s.result.code);
  write_place(out, s);
  write_texts(out, s.auth_methods);
  return bytes;
}

bool decode_summary(std::string_view bytes, SignInSummary& s) {
  ByteReader in{bytes};
  each_text(s, [&](std::string& text) { text = read_string(in); });
  s.time = in.time();
  s.category = read_enum(in, SignInCategory::managed_identity);
  const std::uint8_t bits = in.u8();
  s.is_agent = (bits & 1) != 0;
  s.has_user = (bits & 2) != 0;
  s.has_workload = (bits & 4) != 0;
  s.user_type = read_enum(in, UserType::guest);
  s.agent_identity_type = read_enum(in, AgentIdentityType::blueprint_principal);
  s.conditional_access = read_enum(in, ConditionalAccess::not_applied);
  s.result.code = static_cast<std::int32_t>(in.zigzag());
  read_place(in, s);
  s.auth_methods = read_texts(in, kAuthStepsMax);
  return bits < 8 && in.ok() && in.at_end();
}

std::string encode(const EntityRow& row) {
  std::string bytes;
  ByteWriter out{bytes};
  out.u8(kRowVersion);
  write_entity(out, row.entity);
  out.varint(row.revision);
  write_law(out, row.level, row.state, row.detail);
  out.f64(row.bonus);
  out.varint(row.parts.size());
  for (const Part& p : row.parts) write_part(out, p);
  write_verdict(out, row.verdict);
  out.varint(row.verdict_revision);
  out.varint(row.history.size());
  for (const RiskHistoryItem& h : row.history) write_history(out, h);
  write_law(out, row.published.level, row.published.state, row.published.detail);
  out.zigzag(row.published.score);
  out.time(row.published.at);
  out.time(row.below_from);
  out.time(row.move_due);
  out.time(row.touched);
  out.u8(static_cast<std::uint8_t>((row.gone ? 1 : 0) | (row.emit ? 2 : 0) | (row.deleted ? 4 : 0) | (row.processing ? 8 : 0) |
                                   (row.disabled ? 16 : 0)));
  out.time(row.changed_at);
  out.time(row.event_time);
  out.text(row.by);
  write_texts(out, row.causes);
  write_enum(out, row.told_level);
  return bytes;
}

bool decode(std::string_view bytes, EntityRow& row) {
  ByteReader in{bytes};
  if (in.u8() != kRowVersion) return false;
  row.entity = read_entity(in);
  row.revision = in.varint();
  read_law(in, row.level, row.state, row.detail);
  row.bonus = in.f64();
  row.parts.resize(read_count(in, kContributionsMax));
  for (Part& p : row.parts) p = read_part(in);
  row.verdict = read_verdict(in);
  row.verdict_revision = in.varint();
  row.history.resize(read_count(in, kHistoryMax));
  for (RiskHistoryItem& h : row.history) h = read_history(in);
  read_law(in, row.published.level, row.published.state, row.published.detail);
  row.published.score = static_cast<ScoreTenths>(in.zigzag());
  row.published.at = in.time();
  row.below_from = in.time();
  row.move_due = in.time();
  row.touched = in.time();
  const std::uint8_t bits = in.u8();
  row.gone = (bits & 1) != 0;
  row.emit = (bits & 2) != 0;
  row.deleted = (bits & 4) != 0;
  row.processing = (bits & 8) != 0;
  row.disabled = (bits & 16) != 0;
  row.changed_at = in.time();
  row.event_time = in.time();
  row.by = read_string(in);
  row.causes = read_texts(in, kCausesMax);
  row.told_level = read_enum(in, RiskLevel::high);
  return bits < 32 && in.ok() && in.at_end() && carries_risk(row.entity.type);
}

std::string encode(const SignInRow& row) {
  std::string bytes;
  ByteWriter out{bytes};
  out.u8(kRowVersion);
  out.text(row.id);
  write_entity(out, row.entity);
  out.text(row.summary);
  out.varint(row.revision);
  out.zigzag(row.score);
  write_enum(out, row.during);
  out.u8(static_cast<std::uint8_t>((row.frozen ? 1 : 0) | (row.emit ? 2 : 0)));
  write_law(out, row.level, row.state, row.detail);
  out.f64(row.bonus);
  out.varint(row.detections.size());
  for (const Detection& d : row.detections) write_detection(out, d);
  write_verdict(out, row.verdict);
  out.varint(row.verdict_revision);
  out.time(row.touched);
  out.time(row.changed_at);
  return bytes;
}

bool decode(std::string_view bytes, SignInRow& row) {
  ByteReader in{bytes};
  if (in.u8() != kRowVersion) return false;
  row.id = read_string(in);
  row.entity = read_entity(in);
  row.summary = read_string(in);
  row.revision = in.varint();
  row.score = static_cast<ScoreTenths>(in.zigzag());
  row.during = read_enum(in, RiskLevel::high);
  const std::uint8_t bits = in.u8();
  row.frozen = (bits & 1) != 0;
  row.emit = (bits & 2) != 0;
  read_law(in, row.level, row.state, row.detail);
  row.bonus = in.f64();
  row.detections.resize(read_count(in, kDetectionsMax));
  for (Detection& d : row.detections) d = read_detection(in);
  row.verdict = read_verdict(in);
  row.verdict_revision = in.varint();
  row.touched = in.time();
  row.changed_at = in.time();
  SignInSummary summary;
  return bits < 4 && in.ok() && in.at_end() && carries_risk(row.entity.type) && decode_summary(row.summary, summary);
}

std::string encode(const ReportRow& row) {
  std::string bytes;
  ByteWriter out{bytes};
  out.u8(kRowVersion);
  for (const std::string* text : {&row.id, &row.entity_id, &row.request_id, &row.rule_id, &row.alert_id}) out.text(*text);
  write_enum(out, row.kind);
  write_enum(out, row.entity_type);
  write_enum(out, row.level);
  write_enum(out, row.state);
  out.u8(row.live ? 1 : 0);
  out.f64(row.exponent);
  out.time(row.updated);
  out.time(row.touched);
  return bytes;
}

bool decode(std::string_view bytes, ReportRow& row) {
  ByteReader in{bytes};
  if (in.u8() != kRowVersion) return false;
  for (std::string* text : {&row.id, &row.entity_id, &row.request_id, &row.rule_id, &row.alert_id}) *text = read_string(in);
  row.kind = read_enum(in, ReportKind::entity);
  row.entity_type = read_enum(in, EntityType::agent);
  row.level = read_enum(in, EntraRiskLevel::high);
  row.state = read_enum(in, EntraRiskState::dismissed);
  row.live = read_bool(in);
  row.exponent = in.f64();
  row.updated = in.time();
  row.touched = in.time();
  return in.ok() && in.at_end();
}

}  // namespace bartizan::risk
