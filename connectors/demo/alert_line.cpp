#include "connectors/demo/alert_line.h"
#include "connectors/demo/text.h"

#include <rapidjson/document.h>

#include <cmath>

namespace bartizan::demo {
namespace {

using rapidjson::Value;

std::string_view text(const Value& v) { return v.IsString() ? std::string_view{v.GetString(), v.GetStringLength()} : std::string_view{}; }

const Value& member(const Value& object, const char* name) {
  static const Value kNull;
  if (!object.IsObject()) return kNull;
  const auto found = object.FindMember(name);
  return found == object.MemberEnd() ? kNull : found->value;
}
std::string string_of(const Value& object, const char* name) { return std::string{text(member(object, name))}; }
std::uint64_t count_of(const Value& object, const char* name) {
  const Value& v = member(object, name);
  return v.IsUint64() ? v.GetUint64() : 0;
}
Time time_of(const Value& object, const char* name) { return parse_time(text(member(object, name))).value_or(Time{}); }

std::string name_of(const Value& entity) {
  for (const char* name : {"user_principal_name", "name"}) {
    if (std::string s = string_of(entity, name); !s.empty()) return s;
  }
  return string_of(entity, "id");
}

std::string number(double v) {
  if (v == std::floor(v) && std::abs(v) < 1e15) return std::to_string(static_cast<std::int64_t>(v));
  const auto tenths = static_cast<std::int64_t>(v * 10 + (v < 0 ? -0.5 : 0.5));
  return join({std::to_string(tenths / 10), ".", std::to_string(std::abs(tenths % 10))});
}

std::string words(const Value& v) {
  if (v.IsString()) return std::string{text(v)};
  if (v.IsBool()) return v.GetBool() ? "yes" : "no";
  if (v.IsNumber()) return number(v.GetDouble());
  std::string out;
  if (v.IsArray()) {
    for (const Value& item : v.GetArray()) out += join({out.empty() ? "" : ", ", words(item)});
  }
  return out;
}

}  // namespace

std::optional<AlertLine> read_alert(std::string_view json) {
  rapidjson::Document d;
  d.Parse(json.data(), json.size());
  if (d.HasParseError() || text(member(d, "schema")) != "bartizan.alert/v1") return std::nullopt;
  AlertLine a;
  a.id = string_of(d, "id");
  a.state = string_of(d, "state");
  a.title = string_of(d, "title");
  a.rule = string_of(member(d, "rule"), "id");
  const Value& entity = member(d, "entity");
  a.entity_type = string_of(entity, "type");
  a.entity_id = string_of(entity, "id");
  a.entity_name = name_of(entity);
  a.revision = count_of(d, "revision");
  a.count = count_of(d, "count");
  a.severity = severity_from(text(member(d, "severity"))).value_or(Severity::informational);
  a.first_seen = time_of(d, "first_seen");
  a.detected_at = time_of(d, "detected_at");
  a.last_updated = time_of(d, "last_updated");
  if (const Value& evidence = member(d, "evidence"); evidence.IsArray()) {
    for (const Value& e : evidence.GetArray()) a.evidence.push_back(string_of(e, "event_id"));
  }
  if (const Value& why = member(d, "why"); why.IsArray()) {
    for (const Value& check : why.GetArray()) {
      if (const Value& pass = member(check, "pass"); pass.IsBool() && !pass.GetBool()) continue;
      std::string reason = join({string_of(check, "check"), " ", words(member(check, "actual"))});
      if (const std::string unit = string_of(check, "unit"); !unit.empty()) reason += join({" ", unit});
      a.reasons.push_back(std::move(reason));
    }
  }
  return a;
}

std::optional<RiskLine> read_risky_entity(std::string_view json) {
  rapidjson::Document d;
  d.Parse(json.data(), json.size());
  if (d.HasParseError() || text(member(d, "schema")) != "bartizan.risky-entity/v1") return std::nullopt;
  RiskLine r;
  const Value& entity = member(d, "entity");
  r.entity_type = string_of(entity, "type");
  r.entity_id = string_of(entity, "id");
  r.entity_name = name_of(entity);
  r.level = string_of(d, "risk_level");
  r.state = string_of(d, "risk_state");
  r.detail = string_of(d, "risk_detail");
  r.revision = count_of(d, "revision");
  if (const Value& score = member(d, "score"); score.IsNumber()) r.score = score.GetDouble();
  return r;
}

}  // namespace bartizan::demo
