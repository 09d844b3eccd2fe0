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

}  // namespace

std::optional<Id> id_from_unique_token(std::string_view token) {
  if (token.size() == 22) {
    std::array<std::uint8_t, 16> b{};
    if (!decode(token, b)) return std::nullopt;
    // .NET writes the first three groups of a GUID little-endian.
    constexpr std::array<std::uint8_t, 16> kOrder = {3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15};
    std::uint64_t words[2] = {0, 0};
    for (std::size_t i = 0; i < 16; ++i) words[i / 8] = words[i / 8] << 8 | b[kOrder[i]];
    return Id::from_guid(words[0], words[1]);
  }
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
