#include "engine/codec/json_structure.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace bartizan {
namespace {

constexpr std::array<std::uint8_t, 256> make_classes() {
  std::array<std::uint8_t, 256> t{};
  for (auto& v : t) v = 1u << kScalar;
  t['"'] = 1u << kQuote;
  t[':'] = 1u << kColon;
  t[','] = 1u << kComma;
  t['{'] = 1u << kOpenObject;
  t['['] = 1u << kOpenArray;
  t['}'] = 1u << kCloseObject;
  t[']'] = 1u << kCloseArray;
  return t;
}
constexpr auto kClassOf = make_classes();

/// Bit i: bit `c` of p[i].
std::uint64_t bits_of(const std::uint8_t* p, unsigned c) {
  std::uint64_t bits = 0;
#if defined(__SSE2__)
  for (unsigned i = 0; i < 4; ++i) {
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p + 16 * i));
    const int top = _mm_movemask_epi8(_mm_slli_epi16(bytes, static_cast<int>(7 - c)));
    bits |= static_cast<std::uint64_t>(static_cast<unsigned>(top)) << (16 * i);
  }
#else
  for (unsigned i = 0; i < 64; ++i) bits |= static_cast<std::uint64_t>(p[i] >> c & 1) << i;
#endif
  return bits;
}

bool is_space(char c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// End of a JSON number that starts at `p`, or null.
const char* number_end(const char* p, const char* end) {
  if (p != end && *p == '-') ++p;
  if (p == end || !is_digit(*p)) return nullptr;
  if (*p == '0') {
    ++p;
  } else {
    while (p != end && is_digit(*p)) ++p;
  }
  if (p != end && *p == '.') {
    ++p;
    if (p == end || !is_digit(*p)) return nullptr;
    while (p != end && is_digit(*p)) ++p;
  }
  if (p != end && (*p == 'e' || *p == 'E')) {
    ++p;
    if (p != end && (*p == '+' || *p == '-')) ++p;
    if (p == end || !is_digit(*p)) return nullptr;
    while (p != end && is_digit(*p)) ++p;
  }
  return p;
}

class Checker {
 public:
  Checker(const JsonTokens& tokens, JsonStructure& out) : tokens_(tokens), out_(out) { containers_[0] = kNone; }

  JsonError run() {
    for (Token base = 0; base < tokens_.count; base += 64) {
      if (!block(base)) return error_;
    }
    return level_ == 0 ? JsonError::none : JsonError::malformed;
  }

 private:
  enum Container : std::uint8_t { kNone, kObject, kArray };

  /// A class in the block: its tokens, and those one and two places behind such a token.
  struct Mask {
    std::uint64_t here, behind, two_behind;
  };
  Mask mask(const std::uint8_t* classes, TokenClass c) {
    const std::uint64_t here = bits_of(classes, c);
    const std::uint64_t last = last_[c];
    last_[c] = here;
    return {here, here << 1 | last >> 63, here << 2 | last >> 62};
  }

  bool block(Token base) {
    const std::uint8_t* const classes = out_.classes + base;
    const Mask quote = mask(classes, kQuote);
    const Mask colon = mask(classes, kColon);
    const Mask comma = mask(classes, kComma);
    const Mask open_object = mask(classes, kOpenObject);
    const Mask open_array = mask(classes, kOpenArray);
    const Mask close_object = mask(classes, kCloseObject);
    const Mask close_array = mask(classes, kCloseArray);
    const Mask scalar = mask(classes, kScalar);
    const std::uint64_t tokens = tokens_.count - base >= 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << (tokens_.count - base)) - 1;

    const std::uint64_t value = quote.here | open_object.here | open_array.here | scalar.here;
    const std::uint64_t may_be_key = quote.behind & (open_object.two_behind | comma.two_behind);
    std::uint64_t wrong = (colon.behind | comma.behind | begin_) & ~value;
    wrong |= open_object.behind & ~(quote.here | close_object.here);
    wrong |= open_array.behind & ~(value | close_array.here);
    wrong |= colon.here & ~may_be_key;
    wrong |= quote.behind & open_object.two_behind & ~colon.here;
    begin_ = 0;
    if ((wrong & tokens) != 0) return false;

    // A value right behind another one: only between documents.
    const std::uint64_t next_document = value & (quote.behind | scalar.behind | close_object.behind | close_array.behind);
    const std::uint64_t before_key = bits_of(classes + 2, kColon);
    misplaced_[kNone] = comma.here;
    misplaced_[kObject] = comma.here & ~before_key;
    misplaced_[kArray] = comma.here & before_key;
    const std::uint64_t brackets = open_object.here | open_array.here | close_object.here | close_array.here;
    return nest(base, brackets, open_object.here | open_array.here, next_document) && scalars(base, scalar.here);
  }

  /// Brackets in pairs, commas between members or between elements, documents outside of both.
  bool nest(Token base, std::uint64_t brackets, std::uint64_t opens, std::uint64_t next_document) {
    std::uint64_t from = ~std::uint64_t{0};  // tokens of the container that is open
    Token* const closes = out_.closes;
    const std::uint8_t* const classes = out_.classes;
    std::uint32_t level = level_;
    std::uint32_t deepest = out_.deepest;
    for (std::uint64_t left = brackets | next_document; left != 0; left &= left - 1) {
      const std::uint64_t bit = left & (~left + 1);
      const Token t = base + static_cast<Token>(std::countr_zero(left));
      if ((misplaced_[containers_[level]] & from & (bit - 1)) != 0) return false;
      from = ~(bit - 1);
      if ((next_document & bit) != 0 && level != 0) return false;
      if ((brackets & bit) == 0) continue;
      // Without a branch on open or close, which are hard to predict: what is written above the level is never looked at.
      const std::uint32_t open = (opens & bit) != 0 ? 1 : 0;
      const Container container = (classes[t] & (1u << kOpenObject | 1u << kCloseObject)) != 0 ? kObject : kArray;
      if (open == 0 && containers_[level] != container) return false;
      opened_[level + 1] = t;
      closes[opened_[level + open]] = t;
      containers_[level + 1] = container;
      level += 2 * open - 1;
      deepest = std::max(deepest, level);
      if (level > kJsonNestingMax) {
        error_ = JsonError::too_deep;
        return false;
      }
    }
    level_ = level;
    out_.deepest = deepest;
    return (misplaced_[containers_[level]] & from) == 0;
  }

  bool scalars(Token base, std::uint64_t left) const {
    for (; left != 0; left &= left - 1) {
      if (!scalar_ok(tokens_, base + static_cast<Token>(std::countr_zero(left)))) return false;
    }
    return true;
  }

  const JsonTokens& tokens_;
  JsonStructure& out_;
  JsonError error_ = JsonError::malformed;
  std::uint64_t begin_ = 1;                          // the first token, in its block
  std::array<std::uint64_t, kTokenClasses> last_{};       // masks of the block before
  std::array<std::uint64_t, 3> misplaced_{};         // by container: commas that may not stand in it
  std::uint32_t level_ = 0;                          // containers open here
  std::array<Token, kJsonNestingMax + 2> opened_;    // by level
  std::array<Container, kJsonNestingMax + 2> containers_;
};

}  // namespace

std::uint64_t classify_tokens(const JsonTokens& tokens, JsonStructure& out) {
  // Copies of their own: a stored byte may change anything else, as far as a compiler knows.
  const char* const text = tokens.text;
  const std::uint32_t* const at = tokens.at;
  std::uint8_t* const classes = out.classes;
  const std::size_t count = tokens.count;
  std::uint64_t hash = count * 0x9e3779b97f4a7c15ULL;
  std::uint64_t factor = 0xd1b54a32d192ed03ULL;
  const auto class_at = [=](std::size_t i) { return kClassOf[static_cast<unsigned char>(text[at[i]])]; };
  std::size_t i = 0;
  for (; i + 8 <= count; i += 8) {
    std::uint64_t eight = 0;
    for (std::size_t k = 0; k < 8; ++k) eight |= static_cast<std::uint64_t>(class_at(i + k)) << (8 * k);
    std::memcpy(classes + i, &eight, 8);
    hash += eight * factor;
    factor += 0x9e3779b97f4a7c16ULL;  // even: factors stay odd
  }
  for (; i < count; ++i) {
    classes[i] = class_at(i);
    hash = (hash ^ classes[i]) * 0x9e3779b97f4a7c15ULL;
  }
  std::memset(classes + count, 0, JsonStructure::kPadding);
  return hash ^ hash >> 29;
}

bool scalar_ok(const JsonTokens& tokens, Token t) {
  const char* const p = tokens.text + tokens.at[t];
  const char* const end = tokens.text + tokens.at[t + 1];
  const auto literal = [&](const char* word, std::size_t size) -> const char* {
    return static_cast<std::size_t>(end - p) >= size && std::memcmp(p, word, size) == 0 ? p + size : nullptr;
  };
  const char* last = nullptr;
  switch (*p) {
    case 't': last = literal("true", 4); break;
    case 'f': last = literal("false", 5); break;
    case 'n': last = literal("null", 4); break;
    default: last = number_end(p, end); break;
  }
  return last != nullptr && (last == end || is_space(*last));
}

JsonError check_structure(const JsonTokens& tokens, JsonStructure& out) {
  out.deepest = 0;
  return tokens.count == 0 ? JsonError::malformed : Checker{tokens, out}.run();
}

}  // namespace bartizan
