#include "engine/model/id.h"

#include <cstring>

namespace bartizan {
namespace {

constexpr std::uint64_t each_byte(std::uint64_t b) { return b * 0x0101010101010101ULL; }

/// The value of eight hexadecimal digits, first digit highest, all at once; `bad` gets bits when one of them is none.
std::uint64_t hex8(const char* p, const char* q, std::uint64_t& bad) {
  std::uint32_t halves[2];
  std::memcpy(&halves[0], p, 4);
  std::memcpy(&halves[1], q, 4);
  std::uint64_t x = halves[0] | static_cast<std::uint64_t>(halves[1]) << 32;  // first digit lowest
  const std::uint64_t high = each_byte(0x80);
  const std::uint64_t low7 = x & ~high;
  // Per byte, the top bit of (c + 128 - first) & ~(c + 127 - last) is set for first <= c <= last.
  const std::uint64_t digit = (low7 + each_byte(0x80 - '0')) & ~(low7 + each_byte(0x7f - '9'));
  const std::uint64_t folded = low7 | each_byte(0x20);
  const std::uint64_t letter = (folded + each_byte(0x80 - 'a')) & ~(folded + each_byte(0x7f - 'f')) & (low7 << 1);
  bad |= (~(digit | letter) | x) & high;
  x = (low7 & each_byte(0x0f)) + 9 * ((low7 >> 6) & each_byte(0x01));
  x = (x << 4 | x >> 8) & 0x00ff00ff00ff00ffULL;  // two digits a byte, in every second byte
  x = (x << 8 | x >> 16) & 0x0000ffff0000ffffULL;
  x = (x << 16 | x >> 32) & 0xffffffffULL;
  return x;
}

constexpr std::uint64_t kTextDomain = 2;

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; }

}  // namespace

bool parse_guid(std::string_view text, std::uint64_t& hi, std::uint64_t& lo) {
  if (text.size() != 36 || text[8] != '-' || text[13] != '-' || text[18] != '-' || text[23] != '-') return false;
  const char* const p = text.data();
  std::uint64_t bad = 0;
  const std::uint64_t w0 = hex8(p, p + 4, bad);
  const std::uint64_t w1 = hex8(p + 9, p + 14, bad);
  const std::uint64_t w2 = hex8(p + 19, p + 24, bad);
  const std::uint64_t w3 = hex8(p + 28, p + 32, bad);
  if (bad != 0) return false;
  hi = w0 << 32 | w1;
  lo = w2 << 32 | w3;
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
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (lower(a[i]) != lower(b[i])) return false;
  }
  return true;
}

}  // namespace bartizan
