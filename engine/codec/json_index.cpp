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

struct JsonIndex::Stage1 {
  std::unique_ptr<simdjson::internal::dom_parser_implementation> parser;
  std::size_t capacity = 0;

  bool make_room(std::size_t size) {
    if (size <= capacity && (capacity <= kCapacityKept || size > kCapacityKept)) return true;
    std::size_t wanted = kCapacityMin;
    while (wanted < size) wanted *= 2;
    parser.reset();
    capacity = 0;
    if (simdjson::get_active_implementation()->create_dom_parser_implementation(wanted, 1, parser) != simdjson::SUCCESS) return false;
    capacity = wanted;
    return true;
  }
};

JsonIndex::JsonIndex() : stage1_(std::make_unique<Stage1>()) {}
JsonIndex::~JsonIndex() = default;

JsonError JsonIndex::open(std::string_view text) {
  text_ = text.data();
  size_ = text.size();
  count_ = 0;
  error_ = JsonError::malformed;
  if (text.empty() || !stage1_->make_room(text.size())) return error_;
  auto& parser = *stage1_->parser;
  const auto status =
      parser.stage1(reinterpret_cast<const std::uint8_t*>(text_), size_, simdjson::stage1_mode::regular);
  if (status != simdjson::SUCCESS) {
    if (!simdjson::validate_utf8(text_, size_)) error_ = JsonError::invalid_utf8;
    return error_;
  }
  at_ = parser.structural_indexes.get();
  count_ = parser.n_structural_indexes;
  if (!check_escapes()) return error_;
  error_ = JsonError::none;
  return error_;
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

bool JsonIndex::scalar_ok(Token t) const {
  const char* p = text_ + at_[t];
  const char* const end = text_ + at_[t + 1];  // behind the last token: the end of the text
  const auto literal = [&](std::string_view word) -> const char* {
    return static_cast<std::size_t>(end - p) >= word.size() && std::memcmp(p, word.data(), word.size()) == 0 ? p + word.size() : nullptr;
  };
  const char* last = nullptr;
  switch (*p) {
    case 't': last = literal("true"); break;
    case 'f': last = literal("false"); break;
    case 'n': last = literal("null"); break;
    default: last = number_end(p, end); break;
  }
  return last != nullptr && (last == end || is_space(*last));
}

Token JsonIndex::skip(Token t, std::uint32_t depth, std::uint32_t& deepest) {
  bool in_object[kNestingMax + 1];
  std::uint32_t level = 0;  // containers open here
  const auto broken = [this](JsonError e) {
    error_ = e;
    return Token{0};
  };
  for (;;) {  // one value at t
    const char c = first(t);
    if (c == '"') {
      ++t;
    } else if (c == '{' || c == '[') {
      const bool object = c == '{';
      ++t;
      if (depth + ++level > kNestingMax) return broken(JsonError::too_deep);
      deepest = std::max(deepest, depth + level);
      if (first(t) == (object ? '}' : ']')) {
        ++t;
        --level;
      } else {
        in_object[level] = object;
        if (object) {
          if (first(t) != '"' || first(t + 1) != ':') return broken(JsonError::malformed);
          t += 2;
        }
        continue;
      }
    } else {
      if (c == '\0' || !scalar_ok(t)) return broken(JsonError::malformed);
      ++t;
    }
    for (;;) {  // behind a value
      if (level == 0) return t;
      const char d = first(t);
      if (d == ',') {
        ++t;
        if (in_object[level]) {
          if (first(t) != '"' || first(t + 1) != ':') return broken(JsonError::malformed);
          t += 2;
        }
        break;
      }
      if (d != (in_object[level] ? '}' : ']')) return broken(JsonError::malformed);
      ++t;
      --level;
    }
  }
}

std::string_view JsonIndex::raw_scalar(Token t) const {
  const char* const begin = text_ + at_[t];
  const char* end = text_ + at_[t + 1];
  while (end != begin && is_space(end[-1])) --end;
  return {begin, static_cast<std::size_t>(end - begin)};
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
