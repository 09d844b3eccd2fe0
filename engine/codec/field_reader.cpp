#include "engine/codec/field_reader.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstring>

namespace bartizan {
namespace {

constexpr std::size_t kQuotedBytesMax = 64;  // of a record, in a dead letter's detail

bool has_upper(std::string_view s) {
  return std::any_of(s.begin(), s.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
}

bool has_control(std::string_view s) {
  return std::any_of(s.begin(), s.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }
/// Behind the digits of a number without a fraction or an exponent.
bool ends_number(char c) { return c == ',' || c == '}' || c == ']'; }

std::string_view lower_in(TextArena& arena, std::string_view s) {
  if (!has_upper(s)) return s;
  char* p = arena.take(s.size());
  std::copy(s.begin(), s.end(), p);
  lower_ascii(p, s.size());
  return {p, s.size()};
}

std::string_view object_prefix(SourceObject o) {
  switch (o) {
    case SourceObject::status: return "status.";
    case SourceObject::location: return "location.";
    case SourceObject::coordinates: return "location.geoCoordinates.";
    case SourceObject::device: return "deviceDetail.";
    case SourceObject::agent: return "agent.";
    case SourceObject::managed_identity: return "managedServiceIdentity.";
    case SourceObject::step: return "authenticationDetails.";
    case SourceObject::network: return "networkLocationDetails.";
    default: return "";
  }
}

}  // namespace

void RecordProblem::set(DeadLetterReason r, std::string_view text) {
  if (found) return;
  found = true;
  reason = r;
  detail = text;
}

std::string field_path(Field f) {
  for (const FieldRow& row : field_rows()) {
    if (row.field == f) return std::string{object_prefix(row.object)} + std::string{row.name};
  }
  return "record";
}

FieldReader::Shape FieldReader::shape(Field f) const {
  const Token t = places_[f];
  if (t == 0) return Shape::absent;
  switch (json_.first(t)) {
    case '"': return json_.raw_string(t).empty() ? Shape::absent : Shape::string;
    case 'n': return Shape::absent;
    case '{': return json_.first(t + 1) == '}' ? Shape::absent : Shape::object;
    case '[': return json_.first(t + 1) == ']' ? Shape::absent : Shape::array;
    case 't': case 'f': return Shape::boolean;
    default: return Shape::number;
  }
}

void FieldReader::bad(Field f, std::string_view expected, DeadLetterReason reason) const {
  if (problem_.found) return;
  std::string detail = field_path(f) + ": expected " + std::string{expected};
  const Token t = places_[f];
  if (t != 0) {
    const std::string_view value = json_.raw_value(t, json_.behind(t));
    const std::string_view quoted = cut_text(value, kQuotedBytesMax);
    detail += ", found ";
    detail += quoted;
    if (quoted.size() < value.size()) detail += "...";
  }
  problem_.set(reason, detail);
}

std::string_view FieldReader::any_text(Field f) const {
  switch (shape(f)) {
    case Shape::absent: return {};
    case Shape::string: return json_.string(places_[f], arena_);
    case Shape::number: case Shape::boolean: return json_.raw_scalar(places_[f]);
    default: bad(f, "text"); return {};
  }
}

std::string_view FieldReader::lower_text(Field f, std::size_t max) const { return lower_in(arena_, text(f, max)); }

Id FieldReader::id(Field f) const {
  const Token t = places_[f];
  if (t == 0) return {};
  std::uint64_t hi = 0;
  std::uint64_t lo = 0;
  if (json_.is_string(t)) {
    const std::string_view raw = json_.raw_string(t);
    if (parse_guid(raw, hi, lo)) return Id::from_guid(hi, lo);
    if (raw.empty()) return {};
  }
  const std::string_view s = any_text(f);
  if (s.size() > kIdBytesMax || has_control(s)) {
    bad(f, "an id of at most 256 bytes without control characters");
    return {};
  }
  return Id::from(lower_in(arena_, s));
}

Id FieldReader::id_or_none(Field f) const {
  const Id v = id(f);
  return v.kind() == Id::Kind::guid && (v.hi() | v.lo()) == 0 ? Id{} : v;
}

std::optional<Time> FieldReader::time(Field f) const {
  const Token token = places_[f];
  if (token == 0) return std::nullopt;
  if (json_.is_string(token)) {
    if (const auto t = parse_time(json_.raw_string(token))) return t;  // no time has an escape
  }
  const Shape s = shape(f);
  if (s == Shape::absent) return std::nullopt;
  const auto t = s == Shape::string ? parse_time(json_.string(token, arena_)) : std::nullopt;
  if (!t) bad(f, "a time", DeadLetterReason::bad_time);
  return t;
}

std::optional<std::int64_t> FieldReader::integer(Field f, std::int64_t max) const {
  const Token token = places_[f];
  if (token == 0) return std::nullopt;
  constexpr std::size_t kPlainDigits = 15;
  const char* const first = json_.begin(token);  // the text's padding ends every number
  std::int64_t plain = 0;
  std::size_t count = 0;
  for (; count < kPlainDigits && is_digit(first[count]); ++count) plain = plain * 10 + (first[count] - '0');
  if (count > 0 && count < kPlainDigits && ends_number(first[count]) && plain <= max) return plain;
  const Shape s = shape(f);
  if (s == Shape::absent) return std::nullopt;
  const std::string_view digits = s == Shape::string || s == Shape::number ? any_text(f) : std::string_view{};
  std::int64_t v = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), v);
  if (digits.empty() || error != std::errc{} || end != digits.data() + digits.size() || digits[0] == '-' || v > max) {
    bad(f, "a number from 0 to " + std::to_string(max));
    return std::nullopt;
  }
  return v;
}

std::optional<double> FieldReader::decimal(Field f, double limit) const {
  const Shape s = shape(f);
  if (s == Shape::absent) return std::nullopt;
  const std::string_view digits = s == Shape::string || s == Shape::number ? any_text(f) : std::string_view{};
  double v = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), v);
  const bool read = !digits.empty() && error == std::errc{} && end == digits.data() + digits.size();
  if (!read || !(std::fabs(v) <= limit)) {
    bad(f, "degrees");
    return std::nullopt;
  }
  return v;
}

Tristate FieldReader::boolean(Field f) const {
  const char first = places_[f] == 0 ? '\0' : *json_.begin(places_[f]);
  if (first == 't') return Tristate::yes;
  if (first == 'f') return Tristate::no;
  const Shape s = shape(f);
  if (s == Shape::absent) return Tristate::unknown;
  const std::string_view word = s == Shape::string || s == Shape::boolean ? any_text(f) : std::string_view{};
  if (equals_ignoring_case(word, "true")) return Tristate::yes;
  if (equals_ignoring_case(word, "false")) return Tristate::no;
  bad(f, "true or false");
  return Tristate::unknown;
}

void FieldReader::expect_object(Field f) const {
  const Shape s = shape(f);
  if (s != Shape::absent && s != Shape::object) bad(f, "an object");
}

JsonIndex* FieldReader::array(Field f, JsonIndex& nested, Token& start) const {
  switch (shape(f)) {
    case Shape::absent: return nullptr;
    case Shape::array: start = places_[f]; return &json_;
    case Shape::string:
      if (open_nested(nested, json_.string(places_[f], arena_), arena_) && nested.first(0) == '[') {
        start = 0;
        return &nested;
      }
      [[fallthrough]];
    default: bad(f, "an array"); return nullptr;
  }
}

bool open_nested(JsonIndex& nested, std::string_view text, TextArena& arena) {
  constexpr std::size_t kPadding = 64;
  char* copy = arena.take(text.size() + kPadding);
  std::memcpy(copy, text.data(), text.size());
  std::memset(copy + text.size(), 0, kPadding);
  return nested.open({copy, text.size()}) == JsonError::none && nested.behind(0) == nested.end() && nested.deepest() <= kRecordDepthMax;
}

}  // namespace bartizan
