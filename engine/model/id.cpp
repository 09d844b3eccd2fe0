#include "engine/model/id.h"

#include <cstring>
#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace bartizan {
namespace {

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; }

/// The values of 16 hexadecimal digits, first digit highest: eight from `p`, four from `q`, four from `r`. `good` is cleared when one of them
/// is none.
#if defined(__SSE2__)
std::uint64_t hex16(const char* p, const char* q, const char* r, bool& good) {
  std::int64_t eight;
  std::int32_t four[2];
  std::memcpy(&eight, p, 8);
  std::memcpy(&four[0], q, 4);
  std::memcpy(&four[1], r, 4);
  const __m128i last = _mm_unpacklo_epi32(_mm_cvtsi32_si128(four[0]), _mm_cvtsi32_si128(four[1]));
  const __m128i c = _mm_unpacklo_epi64(_mm_cvtsi64_si128(eight), last);
  const __m128i digit = _mm_sub_epi8(c, _mm_set1_epi8('0'));
  const __m128i letter = _mm_sub_epi8(_mm_or_si128(c, _mm_set1_epi8(0x20)), _mm_set1_epi8('a'));
  const __m128i is_digit = _mm_cmpeq_epi8(_mm_min_epu8(digit, _mm_set1_epi8(9)), digit);
  const __m128i is_letter = _mm_cmpeq_epi8(_mm_min_epu8(letter, _mm_set1_epi8(5)), letter);
  good = good && _mm_movemask_epi8(_mm_or_si128(is_digit, is_letter)) == 0xffff;
  const __m128i of_letter = _mm_and_si128(is_letter, _mm_add_epi8(letter, _mm_set1_epi8(10)));
  const __m128i values = _mm_or_si128(_mm_and_si128(is_digit, digit), of_letter);
  const __m128i pairs = _mm_or_si128(_mm_slli_epi16(values, 4), _mm_srli_epi16(values, 8));
  const __m128i bytes = _mm_packus_epi16(_mm_and_si128(pairs, _mm_set1_epi16(0xff)), _mm_setzero_si128());
  return __builtin_bswap64(static_cast<std::uint64_t>(_mm_cvtsi128_si64(bytes)));
}
#else
std::uint64_t hex16(const char* p, const char* q, const char* r, bool& good) {
  std::uint64_t value = 0;
  const auto add = [&](const char* from, int count) {
    for (int i = 0; i < count; ++i) {
      const char c = lower(from[i]);
      const int v = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
      good = good && v >= 0;
      value = value << 4 | static_cast<std::uint64_t>(v & 15);
    }
  };
  add(p, 8), add(q, 4), add(r, 4);
  return value;
}
#endif

constexpr std::uint64_t kTextDomain = 2;

}  // namespace

bool parse_guid(std::string_view text, std::uint64_t& hi, std::uint64_t& lo) {
  if (text.size() != 36 || text[8] != '-' || text[13] != '-' || text[18] != '-' || text[23] != '-') return false;
  const char* const p = text.data();
  bool good = true;
  const std::uint64_t high = hex16(p, p + 9, p + 14, good);
  const std::uint64_t low = hex16(p + 28, p + 19, p + 24, good);  // its last eight digits first
  if (!good) return false;
  hi = high;
  lo = low << 32 | low >> 32;
  return true;
}

void write_guid(char* out, std::uint64_t hi, std::uint64_t lo) {
  static constexpr char kDigits[] = "0123456789abcdef";
  for (int i = 0, at = 0; i < 32; ++i, ++at) {
    if (i == 8 || i == 12 || i == 16 || i == 20) out[at++] = '-';
    const std::uint64_t word = i < 16 ? hi : lo;
    out[at] = kDigits[(word >> (60 - 4 * (i % 16))) & 15];
  }
}

Id Id::from(std::string_view lower_case) {
  if (lower_case.empty()) return {};
  std::uint64_t hi = 0;
  std::uint64_t lo = 0;
  if (parse_guid(lower_case, hi, lo)) return from_guid(hi, lo);
  return Id{Kind::text, 0, 0, lower_case};
}

Id Id::from_or_none(std::string_view lower_case) {
  const Id id = from(lower_case);
  return id.kind_ == Kind::guid && id.hi_ == 0 && id.lo_ == 0 ? Id{} : id;
}

Key128 Id::key() const {
  return kind_ == Kind::guid ? Key128{hi_, lo_} : kind_ == Kind::none ? Key128{} : stable_hash128(text_, kTextDomain);
}

void Id::append_to(std::string& out) const {
  if (kind_ == Kind::text) {
    out.append(text_);
  } else if (kind_ == Kind::guid) {
    char buffer[36];
    write_guid(buffer, hi_, lo_);
    out.append(buffer, sizeof buffer);
  }
}

std::string Id::str() const {
  std::string out;
  append_to(out);
  return out;
}

void lower_ascii(char* data, std::size_t size) {
  for (std::size_t i = 0; i < size; ++i) data[i] = lower(data[i]);
}

std::string lower_ascii(std::string_view text) {
  std::string out{text};
  lower_ascii(out.data(), out.size());
  return out;
}

bool equals_ignoring_case(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  if (a == b) return true;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (lower(a[i]) != lower(b[i])) return false;
  }
  return true;
}

}  // namespace bartizan
