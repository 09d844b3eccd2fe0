#pragma once
// Where in the text each known field of a record stands.

#include <algorithm>
#include <array>
#include <cstdint>
#include <vector>

#include "engine/codec/field_table.h"
#include "engine/codec/json_index.h"
#include "engine/codec/known_keys.h"

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
};

/// Notes the fields of the object at `t`: those of `object` and of the objects in it. Gives the token behind it.
Token walk_object(const JsonIndex& json, Token t, SourceObject object, FieldPlaces& out);

/// Walks over records. Reusable. One that repeats an earlier one's pattern of tokens and its keys is not walked over again.
class RecordWalk {
 public:
  /// Notes the fields of the object at `t`. Gives the token behind it.
  Token walk(const JsonIndex& json, Token t, RecordPlaces& out);

 private:
  /// What a walk over the one record of a text found.
  struct Walked {
    std::uint64_t pattern = 0;  // its number; 0: none
    std::vector<KnownKeys::Entry> keys;
    std::array<Token, kCommonFieldCount> own;
    std::array<Token, kCommonFieldCount> properties;
  };
  void remember(const JsonIndex& json, const RecordPlaces& places);

  KnownKeys known_keys_;
  std::vector<Walked> walked_;  // by place of the pattern
  std::vector<Token> keys_;     // looked at in this walk
};

}  // namespace bartizan
