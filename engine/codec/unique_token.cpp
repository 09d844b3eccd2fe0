#include "engine/codec/unique_token.h"

#include <array>
#include <cstdint>

namespace bartizan {
namespace {

constexpr std::array<std::int8_t, 256> make_values() {
  std::array<std::int8_t, 256> t{};
  for (auto& v : t) v = -1;
  constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  for (std::size_t i = 0; i < kAlphabet.size(); ++i) t[static_cast<unsigned char>(kAlphabet[i])] = static_cast<std::int8_t>(i);
  t['-'] = 62;
  t['_'] = 63;
  return t;
}
constexpr auto kValues = make_values();

/// Whole bytes of `text`, at most `N`; false on a character outside the alphabet or on bits left over that are not zero.
template <std::size_t N>
bool decode(std::string_view text, std::array<std::uint8_t, N>& out) {
  std::uint32_t bits = 0;
  int held = 0;
  std::size_t n = 0;
  for (const char c : text) {
    const int v = kValues[static_cast<unsigned char>(c)];
    if (v < 0) return false;
    bits = bits << 6 | static_cast<std::uint32_t>(v);
    held += 6;
    if (held >= 8) {
      held -= 8;
      if (n == N) return false;
      out[n++] = static_cast<std::uint8_t>(bits >> held);
      bits &= (1u << held) - 1;
    }
  }
  return n == N && bits == 0;
}

/// The 22 characters of 16 bytes. .NET writes the first three groups of a GUID little-endian.
std::optional<Id> id_from_bytes(const char* p) {
  int seen = 0;
  const auto value = [&](std::size_t i) {
    const int v = kValues[static_cast<unsigned char>(p[i])];
    seen |= v;  // negative for a character outside the alphabet
    return static_cast<std::uint64_t>(v & 63);
  };
  const auto ten = [&](std::size_t from) {
    std::uint64_t bits = 0;
    for (std::size_t i = 0; i < 10; ++i) bits = bits << 6 | value(from + i);
    return bits;
  };
  const std::uint64_t middle = value(10);
  const std::uint64_t last = value(21);
  const std::uint64_t high = ten(0) << 4 | middle >> 2;
  const std::uint64_t low = middle << 62 | ten(11) << 2 | last >> 4;
  if (seen < 0 || (last & 15) != 0) return std::nullopt;
  const std::uint64_t first = __builtin_bswap32(static_cast<std::uint32_t>(high >> 32));
  const std::uint64_t second = __builtin_bswap16(static_cast<std::uint16_t>(high >> 16));
  const std::uint64_t third = __builtin_bswap16(static_cast<std::uint16_t>(high));
  return Id::from_guid(first << 32 | second << 16 | third, low);
}

}  // namespace

std::optional<Id> id_from_unique_token(std::string_view token) {
  if (token.size() == 22) return id_from_bytes(token.data());
  if (token.size() == 48) {
    std::array<std::uint8_t, 36> b{};
    std::uint64_t hi = 0;
    std::uint64_t lo = 0;
    if (!decode(token, b) || !parse_guid({reinterpret_cast<const char*>(b.data()), b.size()}, hi, lo)) return std::nullopt;
    return Id::from_guid(hi, lo);
  }
  return std::nullopt;
}

}  // namespace bartizan
