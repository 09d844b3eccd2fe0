#include "engine/codec/json_index.h"

#include <simdjson.h>

#include <algorithm>
#include <bit>
#include <cstring>

namespace bartizan {
namespace {

constexpr std::size_t kCapacityMin = 64 * 1024;
constexpr std::size_t kCapacityKept = 4 * 1024 * 1024;  // a larger table is given back after the next small text

bool is_space(char c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

int hex(char c) {
  if (is_digit(c)) return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

/// Four hexadecimal digits, or -1.
int hex4(const char* p) {
  int v = 0;
  for (int i = 0; i < 4; ++i) {
    const int d = hex(p[i]);
    if (d < 0) return -1;
    v = v * 16 + d;
  }
  return v;
}

char* put_utf8(char* out, std::uint32_t c) {
  const auto put = [&out](std::uint32_t byte) { *out++ = static_cast<char>(byte); };
  if (c < 0x80) {
    put(c);
  } else if (c < 0x800) {
    put(0xc0 | c >> 6);
    put(0x80 | (c & 0x3f));
  } else if (c < 0x10000) {
    put(0xe0 | c >> 12);
    put(0x80 | (c >> 6 & 0x3f));
    put(0x80 | (c & 0x3f));
  } else {
    put(0xf0 | c >> 18);
    put(0x80 | (c >> 12 & 0x3f));
    put(0x80 | (c >> 6 & 0x3f));
    put(0x80 | (c & 0x3f));
  }
  return out;
}

}  // namespace

/// Memory that stays from text to text.
struct JsonIndex::Tables {
  std::unique_ptr<simdjson::internal::dom_parser_implementation> parser;
  std::unique_ptr<Token[]> closes;
  std::unique_ptr<std::uint8_t[]> classes;
  JsonPatterns patterns;
  std::size_t capacity = 0;  // bytes of text, so also tokens

  bool make_room(std::size_t size) {
    if (size <= capacity && (capacity <= kCapacityKept || size > kCapacityKept)) return true;
    std::size_t wanted = kCapacityMin;
    while (wanted < size) wanted *= 2;
    capacity = 0;
    parser.reset();
    if (simdjson::get_active_implementation()->create_dom_parser_implementation(wanted, 1, parser) != simdjson::SUCCESS) return false;
    closes = std::make_unique_for_overwrite<Token[]>(wanted);
    classes = std::make_unique_for_overwrite<std::uint8_t[]>(wanted + JsonStructure::kPadding);
    capacity = wanted;
    return true;
  }
};

JsonIndex::JsonIndex() : tables_(std::make_unique<Tables>()) {}
JsonIndex::~JsonIndex() = default;

JsonError JsonIndex::open(std::string_view text) {
  text_ = text.data();
  size_ = text.size();
  count_ = 0;
  if (text.empty() || !tables_->make_room(text.size())) return JsonError::malformed;
  auto& parser = *tables_->parser;
  const auto status = parser.stage1(reinterpret_cast<const std::uint8_t*>(text_), size_, simdjson::stage1_mode::regular);
  if (status != simdjson::SUCCESS) return simdjson::validate_utf8(text_, size_) ? JsonError::malformed : JsonError::invalid_utf8;
  if (!check_escapes()) return JsonError::malformed;
  at_ = parser.structural_indexes.get();
  const JsonTokens tokens{text_, at_, parser.n_structural_indexes};
  JsonStructure structure{tables_->classes.get(), tables_->closes.get()};
  const std::uint64_t hash = classify_tokens(tokens, structure);
  pattern_ = tables_->patterns.find(structure.classes, tokens.count, hash);
  if (pattern_ != nullptr) {
    for (const Token t : pattern_->scalars) {
      if (!scalar_ok(tokens, t)) return JsonError::malformed;
    }
    closes_ = pattern_->closes.data();
    deepest_ = pattern_->deepest;
  } else {
    if (const JsonError error = check_structure(tokens, structure); error != JsonError::none) return error;
    closes_ = structure.closes;
    deepest_ = structure.deepest;
    pattern_ = tables_->patterns.note(structure, tokens.count, hash);
  }
  count_ = tokens.count;
  return JsonError::none;
}

std::uint32_t JsonIndex::deepest(Token t, Token next) const {
  std::uint32_t level = 0;
  std::uint32_t deepest = 0;
  for (; t != next; ++t) {
    const char c = text_[at_[t]];
    if (c == '{' || c == '[') deepest = std::max(deepest, ++level);
    if (c == '}' || c == ']') --level;
  }
  return deepest;
}

bool JsonIndex::check_escapes() {
  escape_buckets_ = 0;
  bucket_shift_ = static_cast<std::uint32_t>(std::max(0, static_cast<int>(std::bit_width(size_)) - 6));
  const char* p = text_;
  const char* const end = text_ + size_;
  while ((p = static_cast<const char*>(std::memchr(p, '\\', static_cast<std::size_t>(end - p)))) != nullptr) {
    if (end - p < 2) return false;
    escape_buckets_ |= std::uint64_t{1} << (static_cast<std::size_t>(p - text_) >> bucket_shift_);
    switch (p[1]) {
      case '"': case '\\': case '/': case 'b': case 'f': case 'n': case 'r': case 't':
        p += 2;
        break;
      case 'u': {
        if (end - p < 6) return false;
        const int code = hex4(p + 2);
        if (code < 0 || (code >= 0xdc00 && code <= 0xdfff)) return false;
        p += 6;
        if (code >= 0xd800 && code <= 0xdbff) {
          if (end - p < 6 || p[0] != '\\' || p[1] != 'u') return false;
          const int low = hex4(p + 2);
          if (low < 0xdc00 || low > 0xdfff) return false;
          p += 6;
        }
        break;
      }
      default:
        return false;
    }
  }
  return true;
}

std::string_view JsonIndex::raw_value(Token t, Token next) const {
  const char* const begin = text_ + at_[t];
  const char* end = text_ + at_[next];
  while (end != begin && is_space(end[-1])) --end;
  return {begin, static_cast<std::size_t>(end - begin)};
}

std::string_view JsonIndex::unescaped(std::string_view raw, TextArena& arena) {
  char* out = arena.take(raw.size());
  return {out, unescape_json(raw, out)};
}

std::size_t unescape_json(std::string_view raw, char* out) {
  char* const start = out;
  const char* p = raw.data();
  const char* const end = p + raw.size();
  while (p != end) {
    if (*p != '\\') {
      *out++ = *p++;
      continue;
    }
    const char c = p[1];
    p += 2;
    switch (c) {
      case 'b': *out++ = '\b'; break;
      case 'f': *out++ = '\f'; break;
      case 'n': *out++ = '\n'; break;
      case 'r': *out++ = '\r'; break;
      case 't': *out++ = '\t'; break;
      case 'u': {
        auto code = static_cast<std::uint32_t>(hex4(p));
        p += 4;
        if (code >= 0xd800 && code <= 0xdbff) {
          code = 0x10000 + ((code - 0xd800) << 10) + (static_cast<std::uint32_t>(hex4(p + 2)) - 0xdc00);
          p += 6;
        }
        out = put_utf8(out, code);
        break;
      }
      default: *out++ = c; break;
    }
  }
  return static_cast<std::size_t>(out - start);
}

}  // namespace bartizan
