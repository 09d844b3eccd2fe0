#include "engine/model/ip.h"

#include <algorithm>

#include "engine/model/check.h"

namespace bartizan {
namespace {

constexpr std::uint64_t kIpDomain = 3;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// A dotted quad without leading zeros.
bool parse_v4(std::string_view s, std::uint8_t* out) {
  std::size_t i = 0;
  for (int part = 0; part < 4; ++part) {
    if (part > 0 && (i >= s.size() || s[i++] != '.')) return false;
    const std::size_t start = i;
    unsigned value = 0;
    while (i < s.size() && is_digit(s[i]) && i - start < 3) value = value * 10 + static_cast<unsigned>(s[i++] - '0');
    if (i == start || value > 255 || (i - start > 1 && s[start] == '0')) return false;
    out[part] = static_cast<std::uint8_t>(value);
  }
  return i == s.size();
}

int hex_value(char c) {
  if (is_digit(c)) return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

/// RFC 4291 section 2.2, without zone.
bool parse_v6(std::string_view s, std::array<std::uint8_t, 16>& out) {
  std::array<std::uint16_t, 8> groups{};
  int count = 0;
  int gap = -1;
  std::size_t i = 0;
  if (s.size() >= 2 && s[0] == ':' && s[1] == ':') {
    gap = 0;
    i = 2;
  } else if (!s.empty() && s[0] == ':') {
    return false;
  }
  while (i < s.size()) {
    if (count == 8) return false;
    const std::size_t end = std::min(s.find(':', i), s.size());
    const std::string_view part = s.substr(i, end - i);
    if (part.find('.') != std::string_view::npos) {  // the last 32 bits as a dotted quad
      std::uint8_t quad[4];
      if (end != s.size() || count > 6 || !parse_v4(part, quad)) return false;
      groups[static_cast<std::size_t>(count++)] = static_cast<std::uint16_t>(quad[0] << 8 | quad[1]);
      groups[static_cast<std::size_t>(count++)] = static_cast<std::uint16_t>(quad[2] << 8 | quad[3]);
      i = s.size();
      break;
    }
    if (part.empty() || part.size() > 4) return false;
    unsigned value = 0;
    for (const char c : part) {
      const int v = hex_value(c);
      if (v < 0) return false;
      value = value << 4 | static_cast<unsigned>(v);
    }
    groups[static_cast<std::size_t>(count++)] = static_cast<std::uint16_t>(value);
    i = end;
    if (i == s.size()) break;
    ++i;  // the colon
    if (i == s.size()) return false;
    if (s[i] == ':') {
      if (gap >= 0) return false;
      gap = count;
      ++i;
    }
  }
  if (gap < 0 ? count != 8 : count > 7) return false;
  std::array<std::uint16_t, 8> full{};
  const int tail = gap < 0 ? 0 : count - gap;
  for (int k = 0; k < (gap < 0 ? count : gap); ++k) full[static_cast<std::size_t>(k)] = groups[static_cast<std::size_t>(k)];
  for (int k = 0; k < tail; ++k) full[static_cast<std::size_t>(8 - tail + k)] = groups[static_cast<std::size_t>(gap + k)];
  for (std::size_t k = 0; k < 8; ++k) {
    out[2 * k] = static_cast<std::uint8_t>(full[k] >> 8);
    out[2 * k + 1] = static_cast<std::uint8_t>(full[k]);
  }
  return true;
}

bool is_port(std::string_view s) {
  return !s.empty() && s.size() <= 5 && std::all_of(s.begin(), s.end(), is_digit);
}

void append_hex(std::string& out, unsigned v) {
  static constexpr char kDigits[] = "0123456789abcdef";
  bool started = false;
  for (int shift = 12; shift >= 0; shift -= 4) {
    const unsigned d = (v >> shift) & 15;
    if (d != 0 || started || shift == 0) {
      out.push_back(kDigits[d]);
      started = true;
    }
  }
}

}  // namespace

IpAddress IpAddress::v4(std::uint32_t host_order) {
  IpAddress a;
  a.family_ = Family::v4;
  for (int i = 0; i < 4; ++i) a.bytes_[static_cast<std::size_t>(i)] = static_cast<std::uint8_t>(host_order >> (24 - 8 * i));
  return a;
}

IpAddress IpAddress::v6(const std::array<std::uint8_t, 16>& bytes) {
  static constexpr std::array<std::uint8_t, 12> kMapped = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  IpAddress a;
  if (std::equal(kMapped.begin(), kMapped.end(), bytes.begin())) {
    a.family_ = Family::v4;
    std::copy(bytes.begin() + 12, bytes.end(), a.bytes_.begin());
  } else {
    a.family_ = Family::v6;
    a.bytes_ = bytes;
  }
  return a;
}

std::optional<IpAddress> IpAddress::parse(std::string_view text) {
  if (text.empty() || text.size() > 64) return std::nullopt;
  if (text.front() == '[') {
    const std::size_t close = text.find(']');
    if (close == std::string_view::npos) return std::nullopt;
    const std::string_view rest = text.substr(close + 1);
    if (!rest.empty() && (rest.front() != ':' || !is_port(rest.substr(1)))) return std::nullopt;
    text = text.substr(1, close - 1);
    if (text.find(':') == std::string_view::npos) return std::nullopt;
  }
  IpAddress a;
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos || (text.find('.') < colon && text.find(':', colon + 1) == std::string_view::npos)) {
    if (colon != std::string_view::npos && !is_port(text.substr(colon + 1))) return std::nullopt;
    if (!parse_v4(text.substr(0, colon), a.bytes_.data())) return std::nullopt;
    a.family_ = Family::v4;
    return a;
  }
  std::array<std::uint8_t, 16> bytes{};
  if (!parse_v6(text, bytes)) return std::nullopt;
  return v6(bytes);
}

std::uint32_t IpAddress::v4_value() const {
  BARTIZAN_CHECK(family_ == Family::v4);
  return static_cast<std::uint32_t>(bytes_[0]) << 24 | static_cast<std::uint32_t>(bytes_[1]) << 16 |
         static_cast<std::uint32_t>(bytes_[2]) << 8 | bytes_[3];
}

std::string IpAddress::str() const {
  std::string out;
  if (family_ == Family::v4) {
    for (std::size_t i = 0; i < 4; ++i) {
      if (i > 0) out.push_back('.');
      out += std::to_string(bytes_[i]);
    }
  } else if (family_ == Family::v6) {
    std::array<unsigned, 8> g{};
    for (std::size_t i = 0; i < 8; ++i) g[i] = static_cast<unsigned>(bytes_[2 * i] << 8 | bytes_[2 * i + 1]);
    // RFC 5952: the longest run of two or more zero groups, the first of equals, becomes "::".
    std::size_t best = 8;
    std::size_t best_size = 1;
    for (std::size_t i = 0; i < 8; ++i) {
      std::size_t n = 0;
      while (i + n < 8 && g[i + n] == 0) ++n;
      if (n > best_size) {
        best = i;
        best_size = n;
      }
    }
    for (std::size_t i = 0; i < 8;) {
      if (i == best) {
        out += "::";
        i += best_size;
        continue;
      }
      if (!out.empty() && out.back() != ':') out.push_back(':');
      append_hex(out, g[i++]);
    }
  }
  return out;
}

IpAddress IpAddress::prefix(int bits) const {
  IpAddress a = *this;
  for (int i = 0; i < 16; ++i) {
    const int keep = std::clamp(bits - 8 * i, 0, 8);
    a.bytes_[static_cast<std::size_t>(i)] &= static_cast<std::uint8_t>(0xff00 >> keep);
  }
  return a;
}

bool IpAddress::is_special() const {
  if (family_ == Family::none) return true;
  const auto& b = bytes_;
  if (family_ == Family::v4) {
    return b[0] == 10 || b[0] == 127 || b[0] == 0 || (b[0] == 172 && (b[1] & 0xf0) == 16) || (b[0] == 192 && b[1] == 168) ||
           (b[0] == 169 && b[1] == 254) || (b[0] == 100 && (b[1] & 0xc0) == 64);
  }
  const bool zeros = std::all_of(b.begin(), b.begin() + 15, [](std::uint8_t v) { return v == 0; });
  return (zeros && b[15] <= 1) || (b[0] & 0xfe) == 0xfc || (b[0] == 0xfe && (b[1] & 0xc0) == 0x80);
}

Key128 IpAddress::key() const {
  char text[17];
  std::copy(bytes_.begin(), bytes_.end(), reinterpret_cast<std::uint8_t*>(text));
  text[16] = static_cast<char>(family_);
  return stable_hash128({text, sizeof text}, kIpDomain);
}

}  // namespace bartizan
