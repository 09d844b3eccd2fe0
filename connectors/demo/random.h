#pragma once
// The generator's random numbers: splitmix64 with explicit arithmetic, so that a seed gives the same tenant on every machine.

#include <cstdint>

#include "engine/model/detmath.h"
#include "engine/model/hash.h"

namespace bartizan::demo {

/// 16 random bytes in the form of a version 4 GUID.
struct Guid {
  std::uint64_t hi = 0;
  std::uint64_t lo = 0;
  friend bool operator==(const Guid&, const Guid&) = default;
};

/// One stream of random numbers. Each actor of the tenant has its own, so that adding one actor changes no other.
class Rng {
 public:
  explicit Rng(std::uint64_t seed = 0) : state_(seed) {}
  /// The stream of part `n` of something seeded with `seed`.
  static Rng of(std::uint64_t seed, std::uint64_t part, std::uint64_t n = 0) {
    return Rng{mix64(seed * 0x9e3779b97f4a7c15ULL + mix64(part * 0xd1b54a32d192ed03ULL + mix64(n + 0x632be59bd9b4e019ULL)))};
  }
  std::uint64_t next() { return mix64(state_ += 0x9e3779b97f4a7c15ULL); }
  /// 0 .. n-1; n > 0.
  std::uint32_t below(std::uint32_t n) { return static_cast<std::uint32_t>((std::uint64_t{static_cast<std::uint32_t>(next() >> 32)} * n) >> 32); }
  std::int64_t between(std::int64_t from, std::int64_t to) {  // inclusive; to - from < 2^32
    return from + below(static_cast<std::uint32_t>(to - from + 1));
  }
  double unit() { return static_cast<double>(next() >> 11) * 0x1.0p-53; }
  bool chance(double p) { return unit() < p; }
  double exponential(double mean) { return -mean * detmath::log(1.0 - unit()); }
  /// Sum of twelve uniform numbers: near enough to a normal variable, and plain arithmetic.
  double normal() {
    double sum = -6;
    for (int i = 0; i < 12; ++i) sum += unit();
    return sum;
  }
  double log_normal(double median, double sigma) { return median * detmath::exp(sigma * normal()); }
  /// Small counts (mean below about 200).
  std::uint32_t poisson(double mean) {
    if (mean > 30) {
      const double root = mean > 0 ? detmath::exp(0.5 * detmath::log(mean)) : 0;
      const double x = mean + root * normal();
      return x < 0 ? 0 : static_cast<std::uint32_t>(x + 0.5);
    }
    const double limit = detmath::exp(-mean);
    std::uint32_t n = 0;
    for (double p = unit(); p > limit && n < 1000; p *= unit()) ++n;
    return n;
  }
  /// Index 0 .. n-1 with weight 1/(i+1).
  std::uint32_t zipf(std::uint32_t n) {
    const double u = unit();
    const double i = detmath::exp(u * detmath::log(static_cast<double>(n) + 1.0)) - 1.0;
    const auto k = static_cast<std::uint32_t>(i);
    return k < n ? k : n - 1;
  }
  Guid guid() {
    return Guid{(next() & ~0xf000ULL) | 0x4000ULL, (next() & 0x3fffffffffffffffULL) | 0x8000000000000000ULL};
  }

 private:
  std::uint64_t state_;
};

}  // namespace bartizan::demo
