#pragma once
// A JSON text by its tokens: simdjson's first stage, and a walk over it that checks everything.
//
// simdjson finds the tokens (structural characters and the starts of scalars) and checks UTF-8, quotes and control characters. Its
// on-demand reader checks nothing of what a caller skips (`{"a":[1,{],"id":"x"}}` ends early without an error), so the walk here is our
// own: `skip()` accepts a value exactly when RFC 8259 does, at about the price of on-demand's blind skip.

#include <cstdint>
#include <memory>
#include <string_view>

#include "engine/codec/text_arena.h"

namespace bartizan {

/// Place of a token in the text: an index into the token table. 0 is the document itself, so it also stands for "no value".
using Token = std::uint32_t;

enum class JsonError : std::uint8_t { none, invalid_utf8, malformed, too_deep };

class JsonIndex {
 public:
  JsonIndex();
  ~JsonIndex();

  /// Nesting beyond this ends the walk (`too_deep`); records are bounded much earlier, at kRecordDepthMax.
  static constexpr std::uint32_t kNestingMax = 1024;

  /// Finds the tokens of `text`, which must be readable for 64 bytes behind its end and stay in place. Blank text is malformed.
  JsonError open(std::string_view text);

  std::string_view text() const { return {text_, size_}; }
  Token end() const { return count_; }
  /// First character of a token; NUL behind the end.
  char first(Token t) const { return t < count_ ? text_[at_[t]] : '\0'; }
  std::size_t offset(Token t) const { return at_[t]; }

  /// Checks the whole value at `t` and gives the token behind it; 0 when it is broken (error() says how). `depth` is the number of
  /// containers around it; the deepest nesting met is kept in `deepest`.
  Token skip(Token t, std::uint32_t depth, std::uint32_t& deepest);
  /// A number, `true`, `false` or `null` at `t` is well-formed.
  bool scalar_ok(Token t) const;
  JsonError error() const { return error_; }
  void set_error(JsonError e) { error_ = e; }

  bool is_string(Token t) const { return first(t) == '"'; }
  /// Between the quotes, escapes as written. REQUIRES: a string that has been walked over.
  std::string_view raw_string(Token t) const {
    const std::size_t begin = at_[t] + std::size_t{1};
    std::size_t last = at_[t + 1] - std::size_t{1};
    while (text_[last] != '"') --last;  // white space before the next token
    return {text_ + begin, last - begin};
  }
  /// A number, literal or any other scalar as written. REQUIRES: walked over.
  std::string_view raw_scalar(Token t) const;
  /// The bytes of the value [t, next): from its first to its last character. REQUIRES: next = skip(t).
  std::string_view raw_value(Token t, Token next) const;
  /// Does `raw`, a part of the text, hold an escape?
  bool has_escape(std::string_view raw) const {
    const auto begin = static_cast<std::size_t>(raw.data() - text_);
    const std::uint64_t buckets = (~std::uint64_t{0} << (begin >> bucket_shift_)) & (~std::uint64_t{0} >> (63 - ((begin + raw.size()) >> bucket_shift_)));
    return (escape_buckets_ & buckets) != 0 && raw.find('\\') != std::string_view::npos;
  }
  /// The string's value: a view into the text, or unescaped in `arena`. REQUIRES: walked over.
  std::string_view string(Token t, TextArena& arena) const {
    const std::string_view raw = raw_string(t);
    return has_escape(raw) ? unescaped(raw, arena) : raw;
  }

 private:
  bool check_escapes();
  static std::string_view unescaped(std::string_view raw, TextArena& arena);

  struct Stage1;
  std::unique_ptr<Stage1> stage1_;
  const char* text_ = nullptr;
  std::size_t size_ = 0;
  const std::uint32_t* at_ = nullptr;
  std::uint32_t count_ = 0;
  std::uint64_t escape_buckets_ = 0;  // bit i: an escape in bytes [i << bucket_shift_, ...) of the text; escapes are few and close together
  std::uint32_t bucket_shift_ = 0;
  JsonError error_ = JsonError::none;
};

/// Writes the value of a well-formed JSON string body to `out` (as long as `raw` at most); gives the number of bytes.
std::size_t unescape_json(std::string_view raw, char* out);

}  // namespace bartizan
