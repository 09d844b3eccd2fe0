#pragma once
// A JSON text by its tokens: simdjson's first stage, and a check of everything that stands between them.
//
// simdjson finds the tokens (structural characters and the starts of scalars) and checks UTF-8, quotes and control characters. Its
// on-demand reader checks nothing of what a caller skips (`{"a":[1,{],"id":"x"}}` ends early without an error), so the check of the rest is
// our own (json_structure.h): a text opens exactly when RFC 8259 accepts it, and reading it needs no checks afterwards.

#include <cstdint>
#include <memory>
#include <string_view>

#include "engine/codec/json_patterns.h"
#include "engine/codec/json_structure.h"
#include "engine/codec/text_arena.h"

namespace bartizan {

class JsonIndex {
 public:
  JsonIndex();
  ~JsonIndex();

  /// Checks `text`, which must be readable for 64 bytes behind its end and stay in place: one value, or several in a row. Blank text is
  /// malformed.
  JsonError open(std::string_view text);

  std::string_view text() const { return {text_, size_}; }
  Token end() const { return count_; }
  /// First character of a token; NUL behind the end.
  char first(Token t) const { return t < count_ ? text_[at_[t]] : '\0'; }
  const char* begin(Token t) const { return text_ + at_[t]; }
  std::size_t offset(Token t) const { return at_[t]; }
  /// The token behind the value at `t`.
  Token behind(Token t) const {
    const char c = text_[at_[t]];
    return (c == '{' || c == '[' ? closes_[t] : t) + 1;
  }
  /// Containers on the deepest path of the whole text.
  std::uint32_t deepest() const { return deepest_; }
  /// Same within the value [t, next).
  std::uint32_t deepest(Token t, Token next) const;

  /// The pattern of the whole text, where it is known.
  const JsonPattern* pattern() const { return pattern_; }

  bool is_string(Token t) const { return first(t) == '"'; }
  /// Between the quotes, escapes as written. REQUIRES: a string.
  std::string_view raw_string(Token t) const {
    const std::size_t begin = at_[t] + std::size_t{1};
    std::size_t last = at_[t + 1] - std::size_t{1};
    while (text_[last] != '"') --last;  // white space before the next token
    return {text_ + begin, last - begin};
  }
  /// A number, literal or any other scalar as written.
  std::string_view raw_scalar(Token t) const { return raw_value(t, t + 1); }
  /// The bytes of the value [t, next): from its first to its last character. REQUIRES: next = behind(t).
  std::string_view raw_value(Token t, Token next) const;
  /// Does `raw`, a part of the text, hold an escape?
  bool has_escape(std::string_view raw) const {
    const auto begin = static_cast<std::size_t>(raw.data() - text_);
    const std::uint64_t buckets = (~std::uint64_t{0} << (begin >> bucket_shift_)) & (~std::uint64_t{0} >> (63 - ((begin + raw.size()) >> bucket_shift_)));
    return (escape_buckets_ & buckets) != 0 && raw.find('\\') != std::string_view::npos;
  }
  /// The string's value: a view into the text, or unescaped in `arena`. REQUIRES: a string.
  std::string_view string(Token t, TextArena& arena) const {
    const std::string_view raw = raw_string(t);
    return has_escape(raw) ? unescaped(raw, arena) : raw;
  }

 private:
  bool check_escapes();
  static std::string_view unescaped(std::string_view raw, TextArena& arena);

  struct Tables;
  std::unique_ptr<Tables> tables_;
  const char* text_ = nullptr;
  std::size_t size_ = 0;
  const std::uint32_t* at_ = nullptr;
  const Token* closes_ = nullptr;
  const JsonPattern* pattern_ = nullptr;
  std::uint32_t count_ = 0;
  std::uint32_t deepest_ = 0;
  std::uint64_t escape_buckets_ = 0;  // bit i: an escape in bytes [i << bucket_shift_, ...) of the text; escapes are few and close together
  std::uint32_t bucket_shift_ = 0;
};

/// Writes the value of a well-formed JSON string body to `out` (as long as `raw` at most); gives the number of bytes.
std::size_t unescape_json(std::string_view raw, char* out);

}  // namespace bartizan
