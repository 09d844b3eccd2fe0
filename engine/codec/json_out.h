#pragma once
// JSON as the public records want it: what is empty is absent, texts are cut, numbers have one form.

#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/model/alert.h"
#include "engine/model/finding.h"
#include "engine/model/output.h"
#include "engine/model/risk.h"
#include "engine/model/time.h"

namespace bartizan {

/// The longest beginning of `text` of at most `characters` code points.
std::string_view cut(std::string_view text, std::size_t characters);

/// The first `most` items of a list.
template <class List>
auto first_of(const List& list, std::size_t most) {
  return std::span{list}.first(list.size() < most ? list.size() : most);
}

/// Writes one JSON object. Members named by `name` stand in the order of the calls; lengths are in characters (code points).
class JsonOut {
 public:
  JsonOut() : writer_(buffer_) {}

  // --- structure
  void open() { writer_.StartObject(); }
  void open(std::string_view name) {
    key(name);
    writer_.StartObject();
  }
  void close() { writer_.EndObject(); }
  void open_list(std::string_view name) {
    key(name);
    writer_.StartArray();
  }
  void close_list() { writer_.EndArray(); }
  void key(std::string_view name) { writer_.Key(name.data(), static_cast<rapidjson::SizeType>(name.size())); }

  // --- members that are always there
  void text(std::string_view name, std::string_view value, std::size_t most = kIdCharacters) {
    key(name);
    text_value(value, most);
  }
  void count(std::string_view name, std::uint64_t value) {
    key(name);
    writer_.Uint64(value);
  }
  void flag(std::string_view name, bool value) {
    key(name);
    writer_.Bool(value);
  }
  void time(std::string_view name, Time value);
  /// One decimal, from tenths: 74.0, -3.5.
  void score(std::string_view name, ScoreTenths tenths);
  void value(std::string_view name, const CheckValue& value);

  // --- members that are absent without a value
  void text_if(std::string_view name, std::string_view value, std::size_t most = kIdCharacters) {
    if (!value.empty()) text(name, value, most);
  }
  void named_if(std::string_view name, const Named& value);
  void location_if(std::string_view name, const EvidenceLocation& value);
  void graph_location_if(std::string_view name, const EvidenceLocation& value);  // in Graph's words
  void device_if(std::string_view name, const EvidenceDevice& value);
  void verdict_if(const std::optional<Verdict>& verdict);

  // --- parts that several records have
  void entity(std::string_view name, const Entity& entity);
  void result(std::string_view name, const EvidenceResult& result);
  void source(std::string_view name, const EvidenceSource& source);
  void contributions(const std::vector<Contribution>& list);
  void risk_words(RiskLevel level, RiskState state, RiskDetail detail, ScoreTenths score);
  void text_list(std::string_view name, std::span<const std::string> list, std::size_t most_characters);

  void text_value(std::string_view value, std::size_t most);
  std::string take() { return {buffer_.GetString(), buffer_.GetSize()}; }

  static constexpr std::size_t kIdCharacters = 256;
  static constexpr std::size_t kNameCharacters = 256;
  static constexpr std::size_t kUserPrincipalNameCharacters = 320;

 private:
  void raw_number(std::string_view digits) { writer_.RawValue(digits.data(), digits.size(), rapidjson::kNumberType); }
  void scalar(const CheckScalar& value, std::size_t most, bool in_list);
  void number(double value);
  void coordinate(std::string_view name, double degrees);

  rapidjson::StringBuffer buffer_;
  rapidjson::Writer<rapidjson::StringBuffer> writer_;
};

/// Decimal text of value / 10^decimals; trailing zeros of the fraction are left out, except for the first `keep`.
std::string decimal_text(std::int64_t value, int decimals, int keep);

/// An output record with the headers that all have.
OutputRecord output_record(Topic topic, std::string_view record, std::string value);

}  // namespace bartizan
