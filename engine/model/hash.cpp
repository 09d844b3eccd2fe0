#include "engine/model/hash.h"

#include <bit>
#include <cstddef>

namespace bartizan {
namespace {

// Published in docs/formats/journal.md: "bartizan stable!" as two little-endian words.
constexpr std::uint64_t kKey0 = 0x6e617a6974726162ULL;  // "bartizan"
constexpr std::uint64_t kKey1 = 0x21656c6261747320ULL;  // " stable!"

std::uint64_t load_le(const char* p, std::size_t n) {
  std::uint64_t v = 0;
  for (std::size_t i = 0; i < n; ++i) v |= static_cast<std::uint64_t>(static_cast<unsigned char>(p[i])) << (8 * i);
  return v;
}

struct SipState {
  std::uint64_t v0, v1, v2, v3;
  void round() {
    v0 += v1;
    v1 = std::rotl(v1, 13) ^ v0;
    v0 = std::rotl(v0, 32);
    v2 += v3;
    v3 = std::rotl(v3, 16) ^ v2;
    v0 += v3;
    v3 = std::rotl(v3, 21) ^ v0;
    v2 += v1;
    v1 = std::rotl(v1, 17) ^ v2;
    v2 = std::rotl(v2, 32);
  }
  std::uint64_t finish(std::uint64_t xor_into_v1) {
    v1 ^= xor_into_v1;
    round();
    round();
    round();
    return v0 ^ v1 ^ v2 ^ v3;
  }
};

}  // namespace

// SipHash-1-3 with 128-bit output (Aumasson and Bernstein, "SipHash: a fast short-input PRF"); the domain is added to the second
// key word.
Key128 stable_hash128(std::string_view bytes, std::uint64_t domain) {
  const std::uint64_t k0 = kKey0;
  const std::uint64_t k1 = kKey1 + domain;
  SipState s{k0 ^ 0x736f6d6570736575ULL, k1 ^ 0x646f72616e646f6dULL ^ 0xee, k0 ^ 0x6c7967656e657261ULL, k1 ^ 0x7465646279746573ULL};
  const char* p = bytes.data();
  std::size_t left = bytes.size();
  for (; left >= 8; p += 8, left -= 8) {
    const std::uint64_t m = load_le(p, 8);
    s.v3 ^= m;
    s.round();
    s.v0 ^= m;
  }
  const std::uint64_t last = (static_cast<std::uint64_t>(bytes.size() & 0xff) << 56) | load_le(p, left);
  s.v3 ^= last;
  s.round();
  s.v0 ^= last;
  s.v2 ^= 0xee;
  Key128 out;
  out.lo = s.finish(0);
  out.hi = s.finish(0xdd);
  return out;
}

std::uint64_t stable_hash64(std::string_view bytes, std::uint64_t domain) { return stable_hash128(bytes, domain).lo; }

}  // namespace bartizan
