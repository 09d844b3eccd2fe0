#pragma once
// The one hash family of the engine. Its values are written to disk, choose journal partitions and order nothing by
// chance: they never change between versions, compilers or machines (std::hash and absl::Hash may).

#include <compare>
#include <cstdint>
#include <string_view>

namespace bartizan {

/// 128 bits that stand for a key. Equal keys are taken as equal things: at 128 bits of SipHash a chance collision among
/// 10^12 keys has a probability below 10^-14, and nobody can search for one without about 2^64 tries.
struct Key128 {
  std::uint64_t hi = 0;
  std::uint64_t lo = 0;
  friend constexpr auto operator<=>(const Key128&, const Key128&) = default;
};

/// SipHash-1-3 with 128-bit output and a fixed, published key (docs/formats/journal.md). `domain` separates uses, so that
/// an address and a name with the same bytes do not meet.
Key128 stable_hash128(std::string_view bytes, std::uint64_t domain = 0);
std::uint64_t stable_hash64(std::string_view bytes, std::uint64_t domain = 0);

/// Cheap full-avalanche mixing of two words (for composing keys that are already uniform).
constexpr std::uint64_t mix64(std::uint64_t x) {
  x ^= x >> 30;
  x *= 0xbf58476d1ce4e5b9ULL;
  x ^= x >> 27;
  x *= 0x94d049bb133111ebULL;
  return x ^ (x >> 31);
}
constexpr Key128 combine(Key128 a, Key128 b) {
  return Key128{mix64(a.hi + 0x9e3779b97f4a7c15ULL) ^ mix64(b.lo + 0xd1b54a32d192ed03ULL) * 3,
                mix64(a.lo + 0x8cb92ba72f3d8dd7ULL) ^ mix64(b.hi + 0xaaaaaaaaaaaaaaabULL) * 5};
}

/// For hash tables only.
struct Key128Hash {
  std::size_t operator()(const Key128& k) const {
    return static_cast<std::size_t>(mix64(k.hi ^ (k.lo * 0x9e3779b97f4a7c15ULL)));
  }
};

}  // namespace bartizan
