#include "engine/report/alert_codec.h"

#include "engine/model/entity_bytes.h"
#include "engine/report/evidence.h"

namespace bartizan::report {

namespace {

constexpr std::size_t kContributionsMax = 20;
enum class ValueKind : std::uint8_t { text, number, flag, list };

void write_scalar(ByteWriter& out, const CheckScalar& v) {
  if (const auto* text = std::get_if<std::string>(&v)) {
    write_enum(out, ValueKind::text);
    out.text(*text);
  } else if (const auto* number = std::get_if<double>(&v)) {
    write_enum(out, ValueKind::number);
    out.f64(*number);
  } else {
    write_enum(out, ValueKind::flag);
    out.u8(std::get<bool>(v) ? 1 : 0);
  }
}

CheckScalar read_scalar(ByteReader& in, ValueKind kind) {
  if (kind == ValueKind::text) return read_string(in);
  if (kind == ValueKind::number) return in.f64();
  return read_bool(in);
}

CheckValue read_value(ByteReader& in) {
  const auto kind = read_enum(in, ValueKind::list);
  if (kind == ValueKind::text) return read_string(in);
  if (kind == ValueKind::number) return in.f64();
  if (kind == ValueKind::flag) return read_bool(in);
  std::vector<CheckScalar> list(read_count(in, kListMax));
  for (CheckScalar& v : list) v = read_scalar(in, read_enum(in, ValueKind::flag));
  return list;
}

Check read_check(ByteReader& in) {
  Check c;
  c.check = read_string(in);
  c.actual = read_value(in);
  c.op = read_enum(in, CheckOp::matches);
  c.limit = read_value(in);
  c.unit = read_string(in);
  if (read_bool(in)) c.usual = read_value(in);
  c.pass = read_bool(in);
  return c;
}

void write_named(ByteWriter& out, const Named& n) {
  out.text(n.id);
  out.text(n.name);
}

Named read_named(ByteReader& in) {
  Named n;
  n.id = read_string(in);
  n.name = read_string(in);
  return n;
}

void write_optional_bool(ByteWriter& out, std::optional<bool> v) { out.u8(v ? (*v ? 2 : 1) : 0); }

std::optional<bool> read_optional_bool(ByteReader& in) {
  const std::uint8_t v = in.u8();
  if (v > 2) in.fail();
  return v == 0 ? std::nullopt : std::optional<bool>{v == 2};
}

void write_source(ByteWriter& out, const EvidenceSource& s) {
  out.text(s.input);
  out.text(s.topic);
  out.text(s.file);
  out.u32(s.generation);
  out.zigzag(s.partition);
  out.zigzag(s.offset);
  out.zigzag(s.index);
  out.time(s.timestamp);
}

EvidenceSource read_source(ByteReader& in) {
  EvidenceSource s;
  s.input = read_string(in);
  s.topic = read_string(in);
  s.file = read_string(in);
  s.generation = in.u32();
  s.partition = static_cast<std::int32_t>(in.zigzag());
  s.offset = in.zigzag();
  s.index = static_cast<std::int32_t>(in.zigzag());
  s.timestamp = in.time();
  return s;
}

void write_place(ByteWriter& out, const Evidence& e) {
  out.text(e.ip);
  out.u32(e.asn);
  out.text(e.location.city);
  out.text(e.location.state);
  out.text(e.location.country);
  out.u8(e.location.has_coordinates ? 1 : 0);
  out.f64(e.location.latitude);
  out.f64(e.location.longitude);
  out.text(e.device.id);
  out.text(e.device.name);
  out.text(e.device.os);
  out.text(e.device.browser);
  out.text(e.device.trust_type);
  write_optional_bool(out, e.device.compliant);
  write_optional_bool(out, e.device.managed);
}

void read_place(ByteReader& in, Evidence& e) {
  e.ip = read_string(in);
  e.asn = in.u32();
  e.location.city = read_string(in);
  e.location.state = read_string(in);
  e.location.country = read_string(in);
  e.location.has_coordinates = read_bool(in);
  e.location.latitude = in.f64();
  e.location.longitude = in.f64();
  e.device.id = read_string(in);
  e.device.name = read_string(in);
  e.device.os = read_string(in);
  e.device.browser = read_string(in);
  e.device.trust_type = read_string(in);
  e.device.compliant = read_optional_bool(in);
  e.device.managed = read_optional_bool(in);
}

void write_evidence(ByteWriter& out, const Evidence& e) {
  out.text(e.event_id);
  write_source(out, e.source);
  out.text(e.correlation_id);
  out.text(e.session_id);
  out.time(e.time);
  write_place(out, e);
  write_named(out, e.app);
  write_named(out, e.resource);
  out.text(e.client_app);
  out.text(e.user_agent);
  out.text(e.credential_key_id);
  out.u8(e.result ? 1 : 0);
  if (e.result) {
    out.zigzag(e.result->code);
    out.text(e.result->result_class);
    out.text(e.result->reason);
  }
  out.varint(e.fields.size());
  for (const auto& [name, value] : e.fields) {
    out.text(name);
    write_value(out, value);
  }
}

Evidence read_evidence(ByteReader& in) {
  Evidence e;
  e.event_id = read_string(in);
  e.source = read_source(in);
  e.correlation_id = read_string(in);
  e.session_id = read_string(in);
  e.time = in.time();
  read_place(in, e);
  e.app = read_named(in);
  e.resource = read_named(in);
  e.client_app = read_string(in);
  e.user_agent = read_string(in);
  e.credential_key_id = read_string(in);
  if (read_bool(in)) {
    e.result.emplace();
    e.result->code = static_cast<std::int32_t>(in.zigzag());
    e.result->result_class = read_string(in);
    e.result->reason = read_string(in);
  }
  e.fields.resize(read_count(in, kEvidenceFieldsMax));
  for (auto& [name, value] : e.fields) {
    name = read_string(in);
    value = read_value(in);
  }
  return e;
}

void write_risk(ByteWriter& out, const std::optional<RiskEffect>& risk) {
  out.u8(risk ? 1 : 0);
  if (!risk) return;
  out.zigzag(risk->score_before);
  out.zigzag(risk->score_after);
  write_enum(out, risk->level_before);
  write_enum(out, risk->level_after);
  out.varint(risk->contributions.size());
  for (const Contribution& c : risk->contributions) {
    out.text(c.rule_id);
    out.text(c.family);
    out.zigzag(c.score);
    out.time(c.at);
    out.u8(c.expires ? 1 : 0);
    if (c.expires) out.time(*c.expires);
    out.text(c.alert_id);
  }
}

std::optional<RiskEffect> read_risk(ByteReader& in) {
  if (!read_bool(in)) return std::nullopt;
  RiskEffect risk;
  risk.score_before = static_cast<ScoreTenths>(in.zigzag());
  risk.score_after = static_cast<ScoreTenths>(in.zigzag());
  risk.level_before = read_enum(in, RiskLevel::high);
  risk.level_after = read_enum(in, RiskLevel::high);
  risk.contributions.resize(read_count(in, kContributionsMax));
  for (Contribution& c : risk.contributions) {
    c.rule_id = read_string(in);
    c.family = read_string(in);
    c.score = static_cast<ScoreTenths>(in.zigzag());
    c.at = in.time();
    if (read_bool(in)) c.expires = in.time();
    c.alert_id = read_string(in);
  }
  return risk;
}

void write_rule(ByteWriter& out, const Alert& a) {
  out.text(a.rule.id);
  out.text(a.rule.title);
  out.u32(a.rule.version);
  out.text(a.rule.hash);
  write_enum(out, a.rule.mode);
  write_enum(out, a.rule.source);
  out.varint(a.attack.size());
  for (const AttackRef& r : a.attack) {
    out.text(r.tactic);
    out.text(r.technique);
  }
  out.varint(a.labels.size());
  for (const auto& [name, value] : a.labels) {
    out.text(name);
    out.text(value);
  }
}

void read_rule(ByteReader& in, Alert& a) {
  a.rule.id = read_string(in);
  a.rule.title = read_string(in);
  a.rule.version = in.u32();
  a.rule.hash = read_string(in);
  a.rule.mode = read_enum(in, RuleMode::shadow);
  a.rule.source = read_enum(in, RuleSource::entra);
  a.attack.resize(read_count(in, kAttackMax));
  for (AttackRef& r : a.attack) {
    r.tactic = read_string(in);
    r.technique = read_string(in);
  }
  a.labels.resize(read_count(in, kLabelsMax));
  for (auto& [name, value] : a.labels) {
    name = read_string(in);
    value = read_string(in);
  }
}

void write_campaign(ByteWriter& out, const Alert& a) {
  out.text(a.campaign_id);
  out.u8(a.campaign ? 1 : 0);
  if (!a.campaign) return;
  out.varint(a.campaign->targets_total);
  out.varint(a.campaign->validated_total);
  out.varint(a.campaign->sources_total);
  out.varint(a.campaign->targets.size());
  for (const CampaignTarget& t : a.campaign->targets) {
    write_entity(out, t.entity);
    out.u8(t.validated ? 1 : 0);
  }
}

void read_campaign(ByteReader& in, Alert& a) {
  a.campaign_id = read_string(in);
  if (!read_bool(in)) return;
  a.campaign.emplace();
  a.campaign->targets_total = in.varint();
  a.campaign->validated_total = in.varint();
  a.campaign->sources_total = in.varint();
  a.campaign->targets.resize(read_count(in, kCampaignTargetsMax));
  for (CampaignTarget& t : a.campaign->targets) {
    t.entity = read_entity(in);
    t.validated = read_bool(in);
  }
}

}  // namespace

void write_value(ByteWriter& out, const CheckValue& v) {
  if (const auto* list = std::get_if<std::vector<CheckScalar>>(&v)) {
    write_enum(out, ValueKind::list);
    out.varint(list->size());
    for (const CheckScalar& s : *list) write_scalar(out, s);
  } else if (const auto* text = std::get_if<std::string>(&v)) {
    write_scalar(out, *text);
  } else if (const auto* number = std::get_if<double>(&v)) {
    write_scalar(out, *number);
  } else {
    write_scalar(out, std::get<bool>(v));
  }
}

void write_check(ByteWriter& out, const Check& c) {
  out.text(c.check);
  write_value(out, c.actual);
  write_enum(out, c.op);
  write_value(out, c.limit);
  out.text(c.unit);
  out.u8(c.usual ? 1 : 0);
  if (c.usual) write_value(out, *c.usual);
  out.u8(c.pass ? 1 : 0);
}

std::string encode(const AlertRow& row) {
  std::string bytes;
  ByteWriter out{bytes};
  const Alert& a = row.alert;
  out.u8(kRowVersion);
  out.text(a.id);
  out.varint(a.revision);
  write_enum(out, a.state);
  write_entity(out, a.entity);
  write_rule(out, a);
  write_enum(out, a.severity);
  out.zigzag(a.confidence);
  out.text(a.title);
  out.varint(a.why.size());
  for (const Check& c : a.why) write_check(out, c);
  write_risk(out, a.risk);
  for (const Time t : {a.first_seen, a.last_seen, a.detected_at, a.last_updated}) out.time(t);
  out.varint(a.count);
  out.varint(a.evidence.size());
  for (const Evidence& e : a.evidence) write_evidence(out, e);
  out.varint(a.evidence_total);
  out.varint(a.related.size());
  for (const RelatedAlert& r : a.related) {
    out.text(r.alert_id);
    out.text(r.reason);
  }
  write_campaign(out, a);
  write_enum(out, a.suppression);
  out.text(a.suppressed_by);
  out.zigzag(row.window.count());
  out.u8(row.waiting ? 1 : 0);
  out.time(row.revised_at);
  out.varint(row.claimed_total);
  out.varint(row.events_total);
  out.varint(row.events.size());
  for (const std::uint64_t h : row.events) out.u64(h);
  if (row.thread != 0) out.u64(row.thread);  // absent in rows of engines that knew one campaign an entity
  return bytes;
}

bool decode(std::string_view bytes, AlertRow& row) {
  ByteReader in{bytes};
  if (in.u8() != kRowVersion) return false;
  Alert& a = row.alert;
  a.id = read_string(in);
  a.revision = in.varint();
  a.state = read_enum(in, AlertState::suppressed);
  a.entity = read_entity(in);
  read_rule(in, a);
  a.severity = read_enum(in, Severity::critical);
  a.confidence = static_cast<std::int32_t>(in.zigzag());
  a.title = read_string(in);
  a.why.resize(read_count(in, kWhyMax));
  for (Check& c : a.why) c = read_check(in);
  a.risk = read_risk(in);
  for (Time* t : {&a.first_seen, &a.last_seen, &a.detected_at, &a.last_updated}) *t = in.time();
  a.count = in.varint();
  a.evidence.resize(read_count(in, kEvidenceMax));
  for (Evidence& e : a.evidence) e = read_evidence(in);
  a.evidence_total = in.varint();
  a.related.resize(read_count(in, kRelatedMax));
  for (RelatedAlert& r : a.related) {
    r.alert_id = read_string(in);
    r.reason = read_string(in);
  }
  read_campaign(in, a);
  a.suppression = read_enum(in, Suppression::exception);
  a.suppressed_by = read_string(in);
  row.window = Duration{in.zigzag()};
  row.waiting = read_bool(in);
  row.revised_at = in.time();
  row.claimed_total = in.varint();
  row.events_total = in.varint();
  row.events.resize(read_count(in, kEventsRemembered));
  for (std::uint64_t& h : row.events) h = in.u64();
  if (in.ok() && !in.at_end()) {
    row.thread = in.u64();
    if (row.thread == 0) return false;
  }
  return in.ok() && in.at_end() && !a.evidence.empty() && a.revision > 0;
}

}  // namespace bartizan::report
