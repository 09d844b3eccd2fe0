#pragma once
// Identifiers as Entra writes them.

#include <cstdint>
#include <string>
#include <string_view>

#include "engine/model/hash.h"

namespace bartizan {

constexpr std::size_t kIdBytesMax = 256;  // longer ids make the record a dead letter (`bad_field`)

/// An object, event, application or tenant id: a GUID held as 16 bytes, or other text (a user principal name, a URI at
/// AD FS). ASCII letters are lower case. A value type of 40 bytes; text ids are *views*, valid as long as their source.
class Id {
 public:
  enum class Kind : std::uint8_t { none, guid, text };

  constexpr Id() = default;
  static constexpr Id from_guid(std::uint64_t hi, std::uint64_t lo) { return Id{Kind::guid, hi, lo, {}}; }
  /// Recognises the canonical 36-character form; anything else is kept as text. Empty text gives an empty id.
  /// REQUIRES: no ASCII upper case in `lower_case` (see lower_ascii).
  static Id from(std::string_view lower_case);
  /// As `from`, but the GUID of all zeros, which Entra writes for "none", gives an empty id.
  static Id from_or_none(std::string_view lower_case);

  constexpr Kind kind() const { return kind_; }
  constexpr bool empty() const { return kind_ == Kind::none; }
  explicit constexpr operator bool() const { return !empty(); }
  constexpr std::uint64_t hi() const { return hi_; }
  constexpr std::uint64_t lo() const { return lo_; }
  constexpr std::string_view text() const { return text_; }  // only for Kind::text

  /// Identity for keyed state: the GUID's own bits, or a stable hash of the text.
  Key128 key() const;
  void append_to(std::string& out) const;
  std::string str() const;
  friend bool operator==(const Id& a, const Id& b) {
    return a.kind_ == b.kind_ && a.hi_ == b.hi_ && a.lo_ == b.lo_ && a.text_ == b.text_;
  }

 private:
  constexpr Id(Kind kind, std::uint64_t hi, std::uint64_t lo, std::string_view text)
      : hi_(hi), lo_(lo), text_(text), kind_(kind) {}
  std::uint64_t hi_ = 0;
  std::uint64_t lo_ = 0;
  std::string_view text_;
  Kind kind_ = Kind::none;
};

/// An id that owns its text: what state keeps.
class OwnedId {
 public:
  OwnedId() = default;
  explicit OwnedId(const Id& id) : guid_(id), text_(id.text()) {
    if (id.kind() == Id::Kind::text) guid_ = Id{};
  }
  Id view() const { return guid_.empty() ? Id::from(text_) : guid_; }
  bool empty() const { return guid_.empty() && text_.empty(); }
  std::string str() const { return view().str(); }
  friend bool operator==(const OwnedId&, const OwnedId&) = default;

 private:
  Id guid_;
  std::string text_;
};

/// A-Z to a-z, in place and on a copy; other bytes stay (no locale).
void lower_ascii(char* data, std::size_t size);
std::string lower_ascii(std::string_view text);
bool equals_ignoring_case(std::string_view a, std::string_view b);
/// The canonical 36 characters of a GUID, lower case; `out` has room for 36.
void write_guid(char* out, std::uint64_t hi, std::uint64_t lo);
/// True when `text` is a canonical GUID (either case); sets hi and lo.
bool parse_guid(std::string_view text, std::uint64_t& hi, std::uint64_t& lo);

}  // namespace bartizan
