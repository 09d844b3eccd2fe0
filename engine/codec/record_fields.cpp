#include "engine/codec/record_fields.h"

#include <algorithm>
#include <string>

namespace bartizan {
namespace {

/// A key that is written with escapes.
Field field_of_escaped(SourceObject object, std::string_view raw_key) {
  std::string key(raw_key.size() + 64, '\0');
  const std::size_t size = unescape_json(raw_key, key.data());
  return find_field(object, std::string_view{key}.substr(0, size));
}

/// What is known while walking; `properties` only for a record's own members.
struct Walk {
  JsonIndex& json;
  std::uint32_t& deepest;
  FieldPlaces* properties;

  Token object(Token t, std::uint32_t depth, SourceObject kind, FieldPlaces& out);
  Token member(Field f, Token t, std::uint32_t depth, FieldPlaces& out);
};

Token Walk::member(Field f, Token t, std::uint32_t depth, FieldPlaces& out) {
  if (f == Field::none) return json.skip(t, depth, deepest);
  out[f] = t;
  const bool is_object = json.first(t) == '{';
  if (f == Field::properties && properties != nullptr) {
    properties->clear_common();
    if (!is_object) return json.skip(t, depth, deepest);
    FieldPlaces& inner = *properties;
    properties = nullptr;
    const Token next = object(t, depth, SourceObject::record, inner);
    properties = &inner;
    return next;
  }
  const MemberRange members = members_of(f);
  if (members.last == Field::none) return json.skip(t, depth, deepest);
  out.forget(f, members.last);
  return is_object ? object(t, depth, members.object, out) : json.skip(t, depth, deepest);
}

Token Walk::object(Token t, std::uint32_t depth, SourceObject kind, FieldPlaces& out) {
  ++depth;
  deepest = std::max(deepest, depth);
  const auto malformed = [this] {
    json.set_error(JsonError::malformed);
    return Token{0};
  };
  ++t;
  if (json.first(t) == '}') return t + 1;
  for (;;) {
    if (json.first(t) != '"' || json.first(t + 1) != ':') return malformed();
    const std::string_view key = json.raw_string(t);
    const Field f = json.has_escape(key) ? field_of_escaped(kind, key) : find_field(kind, key);
    t = member(f, t + 2, depth, out);
    if (t == 0) return 0;
    const char c = json.first(t++);
    if (c == '}') return t;
    if (c != ',') return malformed();
  }
}

}  // namespace

Token walk_record(JsonIndex& json, Token t, std::uint32_t depth, RecordPlaces& out) {
  out.own.clear_common();
  out.properties.clear_common();
  std::uint32_t deepest = depth;
  const Token next = Walk{json, deepest, &out.properties}.object(t, depth, SourceObject::record, out.own);
  out.deepest = deepest - depth;
  return next;
}

Token walk_object(JsonIndex& json, Token t, std::uint32_t depth, SourceObject object, FieldPlaces& out, std::uint32_t& deepest) {
  return Walk{json, deepest, nullptr}.object(t, depth, object, out);
}

}  // namespace bartizan
