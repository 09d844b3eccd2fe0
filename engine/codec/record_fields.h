#pragma once
// Where in the text each known field of a record stands.

#include <algorithm>
#include <array>
#include <cstdint>

#include "engine/codec/field_table.h"
#include "engine/codec/json_index.h"

namespace bartizan {

/// Tokens of the values of one object and of the objects in it; 0 where the field is absent. Of a repeated key the last stands.
struct FieldPlaces {
  std::array<Token, kFieldCount> at{};
  Token operator[](Field f) const { return at[index_of(f)]; }
  Token& operator[](Field f) { return at[index_of(f)]; }
  /// Forgets what a walk over a record may have met; what only walk_object() meets stays.
  void clear_common() { std::fill_n(at.begin(), kCommonFieldCount, Token{0}); }
  /// Forgets the fields (after, last].
  void forget(Field after, Field last) {
    for (std::size_t i = index_of(after) + 1; i <= index_of(last); ++i) at[i] = 0;
  }
};

/// A record as it stands in the text: its own members (Azure Monitor's envelope, or all of a Graph record) and those of `properties`.
struct RecordPlaces {
  FieldPlaces own;
  FieldPlaces properties;
  std::uint32_t deepest = 0;  // nesting of the record; 1: no container in it
};

/// Walks over the object at `t`, checking all of it, and notes its fields. `depth`: containers around it. Gives the token behind it, or 0
/// (json.error() says why).
Token walk_record(JsonIndex& json, Token t, std::uint32_t depth, RecordPlaces& out);
/// Same for another object; only fields of `object` and of the objects in it are noted.
Token walk_object(JsonIndex& json, Token t, std::uint32_t depth, SourceObject object, FieldPlaces& out, std::uint32_t& deepest);

}  // namespace bartizan
