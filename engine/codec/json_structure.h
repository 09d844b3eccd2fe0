#pragma once
// The grammar of a JSON text over its tokens: what may follow what, and which brackets belong together.

#include <cstdint>

namespace bartizan {

/// Place of a token in the text: an index into the token table. 0 is the document itself, so it also stands for "no value".
using Token = std::uint32_t;

enum class JsonError : std::uint8_t { none, invalid_utf8, malformed, too_deep };

/// Nesting beyond this is `too_deep`; records are bounded much earlier, at kRecordDepthMax.
constexpr std::uint32_t kJsonNestingMax = 1024;

/// Classes of tokens, by the number of their bit.
enum TokenClass : unsigned { kQuote, kColon, kComma, kOpenObject, kOpenArray, kCloseObject, kCloseArray, kScalar, kTokenClasses };
constexpr bool opens_container(std::uint8_t bits) { return (bits & (1u << kOpenObject | 1u << kOpenArray)) != 0; }
constexpr bool is_scalar(std::uint8_t bits) { return bits == 1u << kScalar; }

/// The tokens of a text: where each structural character and each scalar begins. `at[count]` is the size of the text.
struct JsonTokens {
  const char* text = nullptr;
  const std::uint32_t* at = nullptr;
  std::uint32_t count = 0;
};

/// What is found out while checking.
struct JsonStructure {
  std::uint8_t* classes = nullptr;  // room for every token and kPadding more: the bit of its class (TokenClass)
  Token* closes = nullptr;          // room for every token; set for opening brackets: the bracket that closes it
  std::uint32_t deepest = 0;        // containers on the deepest path of the text
  static constexpr std::size_t kPadding = 128;
};

/// Fills in the classes; gives a hash of them.
std::uint64_t classify_tokens(const JsonTokens& tokens, JsonStructure& out);
/// Accepts one value, or several in a row, exactly when RFC 8259 does; strings have been checked before. Works on 64 tokens at a time: the
/// order of tokens by bit masks, brackets one by one, scalars character by character. REQUIRES: classified tokens.
JsonError check_structure(const JsonTokens& tokens, JsonStructure& out);
/// The token is a number, `true`, `false` or `null`.
bool scalar_ok(const JsonTokens& tokens, Token t);

}  // namespace bartizan
