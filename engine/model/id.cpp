#include "engine/model/id.h"

#include <array>

namespace bartizan {
namespace {

constexpr std::array<std::int8_t, 256> make_hex_values() {
  std::array<std::int8_t, 256> t{};
  for (auto& v : t) v = -1;
  for (int i = 0; i < 10; ++i) t[static_cast<std::size_t>('0' + i)] = static_cast<std::int8_t>(i);
  for (int i = 0; i < 6; ++i) {
    t[static_cast<std::size_t>('a' + i)] = static_cast<std::int8_t>(10 + i);
    t[static_cast<std::size_t>('A' + i)] = static_cast<std::int8_t>(10 + i);
  }
  return t;
}
constexpr auto kHex = make_hex_values();
constexpr std::uint64_t kTextDomain = 2;

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; }

}  // namespace

bool parse_guid(std::string_view text, std::uint64_t& hi, std::uint64_t& lo) {
  if (text.size() != 36 || text[8] != '-' || text[13] != '-' || text[18] != '-' || text[23] != '-') return false;
  // Positions of the 32 digits; `bad` collects the sign bit of every look-up.
  static constexpr std::array<std::uint8_t, 32> kAt = {0,  1,  2,  3,  4,  5,  6,  7,  9,  10, 11, 12, 14, 15, 16, 17,
                                                       19, 20, 21, 22, 24, 25, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35};
  int bad = 0;
  std::uint64_t words[2] = {0, 0};
  for (std::size_t i = 0; i < 32; ++i) {
    const int v = kHex[static_cast<unsigned char>(text[kAt[i]])];
    bad |= v;
    words[i / 16] = (words[i / 16] << 4) | static_cast<std::uint64_t>(v & 15);
  }
  if (bad < 0) return false;
  hi = words[0];
  lo = words[1];
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
