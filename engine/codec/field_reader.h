#pragma once
// Typed reading of fields: what counts as absent, which forms are accepted, what makes a record a dead letter.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "engine/codec/record_fields.h"
#include "engine/codec/text_arena.h"
#include "engine/model/alert.h"
#include "engine/model/id.h"
#include "engine/model/sign_in.h"
#include "engine/model/time.h"

namespace bartizan {

/// Why a record cannot be used; the first reason met stays.
struct RecordProblem {
  bool found = false;
  DeadLetterReason reason = DeadLetterReason::bad_field;
  std::string detail;

  void set(DeadLetterReason r, std::string_view text);
};

/// "status.errorCode"
std::string field_path(Field f);
/// Cut to `max` bytes at a character boundary.
inline std::string_view cut_text(std::string_view text, std::size_t max) {
  if (text.size() <= max) return text;
  while (max > 0 && (static_cast<unsigned char>(text[max]) & 0xc0) == 0x80) --max;
  return text.substr(0, max);
}

/// Reads the fields of one object. Absent are: a missing member, null, "", {} and []. Numbers and literals are accepted as text and text
/// as numbers; any other type is a `bad_field`. After a problem, values are empty.
class FieldReader {
 public:
  FieldReader(JsonIndex& json, const FieldPlaces& places, TextArena& arena, RecordProblem& problem)
      : json_(json), places_(places), arena_(arena), problem_(problem) {}

  enum class Shape : std::uint8_t { absent, string, number, boolean, object, array };
  Shape shape(Field f) const;
  bool has(Field f) const { return shape(f) != Shape::absent; }
  JsonIndex& json() const { return json_; }
  Token token(Field f) const { return places_[f]; }

  std::string_view text(Field f, std::size_t max = kNameBytesMax) const {
    const Token t = places_[f];
    if (t == 0) return {};
    if (!json_.is_string(t)) return cut_text(any_text(f), max);
    return cut_text(json_.string(t, arena_), max);
  }
  std::string_view lower_text(Field f, std::size_t max = kNameBytesMax) const;
  /// Lower case; over kIdBytesMax or with control characters: bad_field.
  Id id(Field f) const;
  /// As `id`, but the GUID of all zeros is absent: Entra writes it for "none".
  Id id_or_none(Field f) const;
  /// Unreadable: `bad_time`.
  std::optional<Time> time(Field f) const;
  /// Digits only, as a number or as text, up to `max`; anything else: bad_field.
  std::optional<std::int64_t> integer(Field f, std::int64_t max) const;
  std::optional<double> decimal(Field f, double limit) const;
  Tristate boolean(Field f) const;
  /// An object or nothing; anything else: bad_field.
  void expect_object(Field f) const;
  /// The array at `f`, which may be written as JSON text: `nested` then holds it. Null when absent or bad.
  JsonIndex* array(Field f, JsonIndex& nested, Token& start) const;

  void bad(Field f, std::string_view expected, DeadLetterReason reason = DeadLetterReason::bad_field) const;

 private:
  std::string_view any_text(Field f) const;

  JsonIndex& json_;
  const FieldPlaces& places_;
  TextArena& arena_;
  RecordProblem& problem_;
};

/// Opens JSON text that stood inside a string and checks all of it. False: not one JSON value.
bool open_nested(JsonIndex& nested, std::string_view text, TextArena& arena);

}  // namespace bartizan
