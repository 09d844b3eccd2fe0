#include "engine/codec/json_out.h"

#include <algorithm>
#include <optional>
#include <span>
#include <variant>

#include "engine/model/detmath.h"

namespace bartizan {
namespace {

constexpr std::size_t kScalarCharacters = 512;
constexpr std::size_t kItemCharacters = 256;
constexpr std::size_t kItemsMax = 16;
constexpr std::size_t kContributionsMax = 20;

bool starts_character(char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }

}  // namespace

std::string_view cut(std::string_view text, std::size_t characters) {
  if (text.size() <= characters) return text;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (starts_character(text[i]) && characters-- == 0) return text.substr(0, i);
  }
  return text;
}

std::string decimal_text(std::int64_t value, int decimals, int keep) {
  const bool negative = value < 0;
  std::uint64_t left = negative ? 0 - static_cast<std::uint64_t>(value) : static_cast<std::uint64_t>(value);
  std::string reversed;
  for (int i = 0; i < decimals; ++i, left /= 10) {
    if (reversed.empty() && left % 10 == 0 && decimals - i > keep) continue;
    reversed.push_back(static_cast<char>('0' + left % 10));
  }
  if (!reversed.empty()) reversed.push_back('.');
  do {
    reversed.push_back(static_cast<char>('0' + left % 10));
    left /= 10;
  } while (left > 0);
  if (negative) reversed.push_back('-');
  std::reverse(reversed.begin(), reversed.end());
  return reversed;
}

void JsonOut::text_value(std::string_view value, std::size_t most) {
  const std::string_view shown = cut(value, most);
  writer_.String(shown.data(), static_cast<rapidjson::SizeType>(shown.size()));
}

void JsonOut::time(std::string_view name, Time value) {
  std::string text;
  append_time(text, value);
  key(name);
  writer_.String(text.data(), static_cast<rapidjson::SizeType>(text.size()));
}

void JsonOut::score(std::string_view name, ScoreTenths tenths) {
  key(name);
  raw_number(decimal_text(tenths, 1, 1));
}

void JsonOut::number(double value) {
  // Beyond this a double has no thousandths, and the product below would leave the range of 64 bits.
  constexpr double kWholeAbove = 9e15;
  if (!(value > -kWholeAbove && value < kWholeAbove)) {
    constexpr double kLargest = 9.2e18;
    const double whole = value > kLargest ? kLargest : value < -kLargest ? -kLargest : value;
    raw_number(decimal_text(whole == whole ? static_cast<std::int64_t>(whole) : 0, 0, 0));
    return;
  }
  raw_number(decimal_text(static_cast<std::int64_t>(detmath::round_half_away(value * 1000.0)), 3, 0));
}

void JsonOut::scalar(const CheckScalar& value, std::size_t most, bool in_list) {
  if (const auto* text = std::get_if<std::string>(&value)) {
    text_value(*text, most);
  } else if (const auto* flag = std::get_if<bool>(&value)) {
    // Lists hold texts and numbers only.
    if (in_list) text_value(*flag ? "true" : "false", most);
    else writer_.Bool(*flag);
  } else {
    number(std::get<double>(value));
  }
}

void JsonOut::value(std::string_view name, const CheckValue& value) {
  key(name);
  if (const auto* list = std::get_if<std::vector<CheckScalar>>(&value)) {
    writer_.StartArray();
    for (const CheckScalar& item : first_of(*list, kItemsMax)) scalar(item, kItemCharacters, true);
    writer_.EndArray();
  } else if (const auto* text = std::get_if<std::string>(&value)) {
    scalar(*text, kScalarCharacters, false);
  } else if (const auto* flag = std::get_if<bool>(&value)) {
    scalar(*flag, kScalarCharacters, false);
  } else {
    scalar(std::get<double>(value), kScalarCharacters, false);
  }
}

void JsonOut::named_if(std::string_view name, const Named& value) {
  constexpr std::size_t kNamedIdCharacters = 512;
  if (value.empty()) return;
  open(name);
  text_if("id", value.id, kNamedIdCharacters);
  text_if("name", value.name, kNameCharacters);
  close();
}

void JsonOut::coordinate(std::string_view name, double degrees) {
  key(name);
  raw_number(decimal_text(static_cast<std::int64_t>(detmath::round_half_away(degrees * 1e6)), 6, 0));
}

void JsonOut::location_if(std::string_view name, const EvidenceLocation& value) {
  // Coordinates that no map has are left out rather than written.
  const bool on_earth = value.has_coordinates && value.latitude >= -90 && value.latitude <= 90 && value.longitude >= -180 && value.longitude <= 180;
  if (value.city.empty() && value.state.empty() && value.country.empty() && !on_earth) return;
  open(name);
  text_if("city", value.city, kNameCharacters);
  text_if("state", value.state, kNameCharacters);
  text_if("country", value.country, 2);
  if (on_earth) {
    coordinate("latitude", value.latitude);
    coordinate("longitude", value.longitude);
  }
  close();
}

void JsonOut::graph_location_if(std::string_view name, const EvidenceLocation& value) {
  const bool on_earth = value.has_coordinates && value.latitude >= -90 && value.latitude <= 90 && value.longitude >= -180 && value.longitude <= 180;
  if (value.city.empty() && value.state.empty() && value.country.empty() && !on_earth) return;
  open(name);
  text_if("city", value.city, kNameCharacters);
  text_if("state", value.state, kNameCharacters);
  text_if("countryOrRegion", value.country, kNameCharacters);
  if (on_earth) {
    open("geoCoordinates");
    coordinate("latitude", value.latitude);
    coordinate("longitude", value.longitude);
    close();
  }
  close();
}

void JsonOut::device_if(std::string_view name, const EvidenceDevice& value) {
  if (value.empty()) return;
  open(name);
  text_if("id", value.id);
  text_if("name", value.name, kNameCharacters);
  text_if("os", value.os, kNameCharacters);
  text_if("browser", value.browser, kNameCharacters);
  if (value.compliant) flag("compliant", *value.compliant);
  if (value.managed) flag("managed", *value.managed);
  text_if("trust_type", value.trust_type, kNameCharacters);
  close();
}

void JsonOut::verdict_if(const std::optional<Verdict>& verdict) {
  if (!verdict) return;
  open("verdict");
  text("by", verdict->by, kUserPrincipalNameCharacters);
  time("at", verdict->at);
  text("action", to_word(verdict->action));
  text_if("command_id", verdict->command_id);
  close();
}

void JsonOut::entity(std::string_view name, const Entity& entity) {
  open(name);
  text("type", to_word(entity.type));
  text("id", entity.id);
  text_if("name", entity.name, kNameCharacters);
  text_if("user_principal_name", entity.user_principal_name, kUserPrincipalNameCharacters);
  text_if("app_id", entity.app_id);
  text_if("identity_type", to_word(entity.identity_type));
  named_if("blueprint", entity.blueprint);
  named_if("parent", entity.parent);
  text_if("sponsor", entity.sponsor, kUserPrincipalNameCharacters);
  close();
}

void JsonOut::result(std::string_view name, const EvidenceResult& result) {
  open(name);
  count("code", static_cast<std::uint64_t>(std::max(result.code, 0)));
  text("class", result.result_class);
  text_if("reason", result.reason, kReasonBytesMax);
  close();
}

void JsonOut::source(std::string_view name, const EvidenceSource& source) {
  constexpr std::size_t kTopicCharacters = 249;
  const auto at_least = [](std::int64_t value, std::int64_t least) { return static_cast<std::uint64_t>(std::max(value, least)); };
  open(name);
  if (!source.file.empty()) {
    text("file", source.file);
    count("line", at_least(source.offset, 1));
  } else {
    text("input", source.input);
    if (source.generation > 0) count("generation", source.generation);
    text("topic", source.topic, kTopicCharacters);
    count("partition", at_least(source.partition, 0));
    count("offset", at_least(source.offset, 0));
  }
  if (source.index >= 0) count("index", static_cast<std::uint64_t>(source.index));
  if (source.file.empty() && source.timestamp != Time{}) time("timestamp", source.timestamp);
  close();
}

void JsonOut::contributions(const std::vector<Contribution>& list) {
  open_list("contributions");
  for (const Contribution& c : first_of(list, kContributionsMax)) {
    open();
    text("rule_id", c.rule_id, 128);
    text("family", c.family, 32);
    score("score", c.score);
    time("at", c.at);
    if (c.expires) time("expires", *c.expires);
    text_if("alert_id", c.alert_id);
    close();
  }
  close_list();
}

void JsonOut::risk_words(RiskLevel level, RiskState state, RiskDetail detail, ScoreTenths tenths) {
  text("risk_level", to_word(level));
  text("risk_state", to_word(state));
  text("risk_detail", to_word(detail));
  score("score", tenths);
}

void JsonOut::text_list(std::string_view name, std::span<const std::string> list, std::size_t most_characters) {
  open_list(name);
  for (const std::string& item : list) text_value(item, most_characters);
  close_list();
}

OutputRecord output_record(Topic topic, std::string_view record, std::string value) {
  OutputRecord out;
  out.topic = topic;
  out.value = std::move(value);
  out.ce_type = "io.bartizan.";
  out.ce_type += record;
  out.ce_source = "/bartizan";
  out.ce_dataschema = "urn:bartizan:schema:";
  out.ce_dataschema += record;
  return out;
}

}  // namespace bartizan
