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

/// What is known while walking.
struct Walk {
  const JsonIndex& json;
  std::vector<Token>* keys;  // notes every key looked at, where somebody wants to know

  Token members(Token t, SourceObject object, FieldPlaces& out, FieldPlaces* properties) const;
  Token nested(Token t, Field f, FieldPlaces& out, FieldPlaces* properties) const;
};

/// Notes the members of the value at `t` of a field that holds some. `properties`: only among a record's own members.
Token Walk::nested(Token t, Field f, FieldPlaces& out, FieldPlaces* properties) const {
  const bool is_object = *json.begin(t) == '{';
  if (f == Field::properties) {
    if (properties == nullptr) return json.behind(t);
    properties->clear_common();
    return is_object ? members(t, SourceObject::record, *properties, nullptr) : json.behind(t);
  }
  const MemberRange range = members_of(f);
  out.forget(f, range.last);
  return is_object ? members(t, range.object, out, properties) : json.behind(t);
}

Token Walk::members(Token t, SourceObject object, FieldPlaces& out, FieldPlaces* properties) const {
  ++t;
  if (*json.begin(t) == '}') return t + 1;
  for (;; ++t) {
    if (keys != nullptr) keys->push_back(t);
    const std::string_view key = json.raw_string(t);
    Field f = find_field(object, key);
    if (f == Field::none && json.has_escape(key)) f = field_of_escaped(object, key);
    t += 2;
    out[f] = t;  // also of keys that are no fields, where nobody looks
    t = holds_members(f) ? nested(t, f, out, properties) : json.behind(t);
    if (*json.begin(t) == '}') return t + 1;
  }
}

}  // namespace

Token walk_object(const JsonIndex& json, Token t, SourceObject object, FieldPlaces& out) {
  return Walk{json, nullptr}.members(t, object, out, nullptr);
}

Token RecordWalk::walk(const JsonIndex& json, Token t, RecordPlaces& out) {
  const JsonPattern* const pattern = t == 0 ? json.pattern() : nullptr;
  if (pattern != nullptr && !walked_.empty()) {
    const Walked& before = walked_[pattern->place];
    if (before.pattern == pattern->number && known_keys_.all(before.keys, json)) {
      std::copy_n(before.own.begin(), kCommonFieldCount, out.own.at.begin());
      std::copy_n(before.properties.begin(), kCommonFieldCount, out.properties.at.begin());
      return json.behind(0);
    }
  }
  out.own.clear_common();
  out.properties.clear_common();
  keys_.clear();
  const Token next = Walk{json, pattern != nullptr ? &keys_ : nullptr}.members(t, SourceObject::record, out.own, &out.properties);
  if (pattern != nullptr) remember(json, out);
  return next;
}

void RecordWalk::remember(const JsonIndex& json, const RecordPlaces& places) {
  if (walked_.empty()) walked_.resize(JsonPatterns::kPatternsMax);
  Walked& w = walked_[json.pattern()->place];
  w.pattern = 0;
  w.keys.clear();
  if (known_keys_.full()) {
    known_keys_.clear();
    for (Walked& other : walked_) other.pattern = 0;
  }
  for (const Token t : keys_) {
    const auto key = known_keys_.add(json.raw_string(t));
    if (!key) return;
    w.keys.push_back({t, *key});
  }
  std::copy_n(places.own.at.begin(), kCommonFieldCount, w.own.begin());
  std::copy_n(places.properties.at.begin(), kCommonFieldCount, w.properties.begin());
  w.pattern = json.pattern()->number;
}

}  // namespace bartizan
