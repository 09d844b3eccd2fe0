#include "engine/model/detmath.h"

#include <array>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>

// Methods. exp: Cody and Waite reduction by ln 2 in two parts, Taylor series of degree 13 (remainder below 5e-18). log: the series of
// 2 atanh(f / (2 + f)) in the arrangement that keeps f exact (Tang 1990 and fdlibm use the same identity). sin, cos: Cody and Waite
// reduction by pi/2 in three parts into a sum of two doubles, Taylor series of degree 17 and 16. asin: polynomial through 13 Chebyshev nodes
// (error below 5e-18), computed in 80-digit arithmetic. lgamma: Taylor series at 2 with the zeta function's values (Abramowitz
// and Stegun 6.1.33), recurrence up to 8, then Stirling's series (6.1.41).
//
// Only std::sqrt and std::trunc are called: IEEE 754 defines their bits.

namespace bartizan::detmath {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

// ln 2 in two parts; the first has 21 trailing zero bits, so that its product with an exponent is exact.
constexpr double kLn2High = 0x1.62e42fee00000p-1;
constexpr double kLn2Low = 0x1.a39ef35793c76p-33;
constexpr double kInverseLn2 = 0x1.71547652b82fep+0;

template <std::size_t N>
constexpr double horner(const std::array<double, N>& coefficients, double x) {
  double sum = coefficients[N - 1];
  for (std::size_t i = N - 1; i-- > 0;) sum = sum * x + coefficients[i];
  return sum;
}

constexpr double power_of_two(int exponent) {  // REQUIRES: -1022 <= exponent <= 1023
  return std::bit_cast<double>(static_cast<std::uint64_t>(exponent + 1023) << 52);
}

/// x * 2^exponent for results down to the subnormals; |exponent| <= 1100.
double scale(double x, int exponent) {
  if (exponent > 1000) return x * power_of_two(1000) * power_of_two(exponent - 1000);
  if (exponent < -1000) return x * power_of_two(exponent + 100) * power_of_two(-100);
  return x * power_of_two(exponent);
}

int nearest_int(double x) { return static_cast<int>(x + (x < 0 ? -0.5 : 0.5)); }

constexpr std::array<double, 12> kExp{1.0 / 2,       1.0 / 6,        1.0 / 24,        1.0 / 120,
                                      1.0 / 720,     1.0 / 5040,     1.0 / 40320,     1.0 / 362880,
                                      1.0 / 3628800, 1.0 / 39916800, 1.0 / 479001600, 1.0 / 6227020800.0};

// (ln 2)^n / n! for n = 1 ... 14.
constexpr std::array<double, 14> kExp2{
    0x1.62e42fefa39efp-1,  0x1.ebfbdff82c58fp-3,  0x1.c6b08d704a0c0p-5,  0x1.3b2ab6fba4e77p-7,  0x1.5d87fe78a6731p-10,
    0x1.430912f86c787p-13, 0x1.ffcbfc588b0c7p-17, 0x1.62c0223a5c824p-20, 0x1.b5253d395e7c4p-24, 0x1.e4cf5158b8ecap-28,
    0x1.e8cac7351bb25p-32, 0x1.c3bd650fc2986p-36, 0x1.816193166d0f9p-40, 0x1.314964d5878a9p-44};

// 2 / (2n + 1) for n = 1 ... 11.
constexpr std::array<double, 11> kAtanh{2.0 / 3,  2.0 / 5,  2.0 / 7,  2.0 / 9,  2.0 / 11, 2.0 / 13,
                                        2.0 / 15, 2.0 / 17, 2.0 / 19, 2.0 / 21, 2.0 / 23};

/// exponent * ln 2 + log(1 + f); REQUIRES: sqrt(1/2) <= 1 + f <= sqrt(2), nearly.
double log_parts(double f, int exponent) {
  const double s = f / (2.0 + f);
  const double z = s * s;
  const double half_square = 0.5 * f * f;
  const double rest = z * horner(kAtanh, z);
  const double k = exponent;
  // log(1 + f) = 2s + s rest, and 2s = f - f²/2 + s f²/2: f itself enters without rounding.
  return k * kLn2High - ((half_square - (s * (half_square + rest) + k * kLn2Low)) - f);
}

/// An argument reduced to |hi| <= pi/4 (a little more by rounding), with what `hi` lost, and the quadrant.
struct Reduced {
  double hi;
  double lo;
  int quadrant;
};

Reduced reduce(double x) {
  constexpr double kTwoOverPi = 0x1.45f306dc9c883p-1;
  // pi/2 in parts of 33, 33 and 53 bits: products with a quadrant number below 2^20 are exact for the first two.
  constexpr double kPart1 = 0x1.921fb54400000p+0;
  constexpr double kPart2 = 0x1.0b4611a600000p-34;
  constexpr double kPart3 = 0x1.3198a2e037073p-69;
  const int n = nearest_int(x * kTwoOverPi);
  const double a = x - n * kPart1;  // exact
  const double b = n * kPart2;      // exact
  const double t = a - b;
  const double v = t - a;  // Knuth's two-sum: t + e is exactly a - b
  const double e = (a - (t - v)) - (b + v);
  const double low = e - n * kPart3;
  const double hi = t + low;
  return Reduced{hi, (t - hi) + low, n & 3};
}

constexpr std::array<double, 8> kSin{-1.0 / 6,        1.0 / 120,           -1.0 / 5040,           1.0 / 362880,
                                     -1.0 / 39916800, 1.0 / 6227020800.0, -1.0 / 1307674368000.0, 1.0 / 355687428096000.0};
constexpr std::array<double, 7> kCos{1.0 / 24,        -1.0 / 720,           1.0 / 40320,         -1.0 / 3628800,
                                     1.0 / 479001600, -1.0 / 87178291200.0, 1.0 / 20922789888000.0};

double sin_reduced(const Reduced& r) {
  const double z = r.hi * r.hi;
  return r.hi + (r.hi * z * horner(kSin, z) + r.lo * (1.0 - 0.5 * z));
}

double cos_reduced(const Reduced& r) {
  const double z = r.hi * r.hi;
  const double half = 0.5 * z;
  const double w = 1.0 - half;
  return w + (((1.0 - w) - half) + (z * z * horner(kCos, z) - r.hi * r.lo));
}

// (asin(sqrt z) / sqrt z - 1) / z on 0 <= z <= 1/4.
constexpr std::array<double, 13> kAsin{
    0x1.5555555555556p-3, 0x1.3333333332ecap-4, 0x1.6db6db6e31f13p-5, 0x1.f1c71c1db0623p-6, 0x1.6e8bb1c8209a2p-6,
    0x1.1c4d35cf95421p-6, 0x1.c9cf07674736ap-7, 0x1.782651caa6547p-7, 0x1.52420b04b37bep-7, 0x1.65a9c4dfcf8b2p-8,
    0x1.1d189408314eep-6, -0x1.e6aaa8a0a04ccp-7, 0x1.d72b2bc8155f8p-6};

double asin_small(double x) {  // |x| <= 1/2
  const double z = x * x;
  return x + x * z * horner(kAsin, z);
}

// 1 - Euler's constant, then (-1)^k (zeta(k) - 1) / k for k = 2 ... 24: lgamma(2 + z) / z for |z| <= 1/2.
constexpr std::array<double, 24> kGamma{
    0x1.b0ee6072093cep-2,   0x1.4a34cc4a60fa6p-2,   -0x1.13e001a557607p-4,  0x1.51322ac7d8483p-6,   -0x1.e404fc218f5f2p-8,
    0x1.7add6eadb6c30p-9,   -0x1.38ac5c2bf8e08p-10, 0x1.0b36af86396e9p-11,  -0x1.d3fd4c76d2fc8p-13, 0x1.a127b0f17d65ap-14,
    -0x1.78de5bd7c81efp-15, 0x1.580dcee66eb02p-16,  -0x1.3cbc963ce2243p-17, 0x1.2597a39f34aacp-18,  -0x1.11b2eb7679541p-19,
    0x1.0064cdeb22f0fp-20,  -0x1.e2600d93cfd2fp-22, 0x1.c76bbb3f07a4dp-23,  -0x1.af5a6cbbf8a97p-24, 0x1.99b93c2070b0fp-25,
    -0x1.862c734df3eacp-26, 0x1.7469daccfadcdp-27,  -0x1.6434a8447aeadp-28, 0x1.555a877ffd2c3p-29};

double lgamma_at_two_plus(double z) { return z * horner(kGamma, z); }

double lgamma_stirling(double x) {  // x >= 8
  constexpr double kHalfLogTwoPi = 0x1.d67f1c864beb5p-1;
  // B(2n) / (2n (2n - 1)) for n = 1 ... 8.
  constexpr std::array<double, 8> kStirling{1.0 / 12,   -1.0 / 360,          1.0 / 1260, -1.0 / 1680,
                                            1.0 / 1188, -691.0 / 360360.0, 1.0 / 156,  -3617.0 / 122400.0};
  const double inverse = 1.0 / x;
  const double series = inverse * horner(kStirling, inverse * inverse);
  const double logarithm = log(x);
  return (x - 0.5) * (logarithm - 1.0) + ((kHalfLogTwoPi - 0.5) + series);
}

}  // namespace

double exp(double x) {
  if (!(x == x)) return x;
  if (x > 709.782712893384) return kInfinity;
  if (x < -745.2) return 0.0;
  const int k = nearest_int(x * kInverseLn2);
  const double high = x - k * kLn2High;
  const double low = k * kLn2Low;
  const double r = high - low;
  const double lost = (high - r) - low;
  return scale(1.0 + (r + (lost + r * r * horner(kExp, r))), k);
}

double exp2(double x) {
  if (!(x == x)) return x;
  if (x >= 1024.0) return kInfinity;
  if (x < -1076.0) return 0.0;
  const int k = nearest_int(x);
  const double r = x - k;  // exact
  return scale(1.0 + r * horner(kExp2, r), k);
}

double log(double x) {
  if (!(x > 0.0)) return x == 0.0 ? -kInfinity : kNaN;
  if (x == kInfinity) return x;
  int exponent = 0;
  if (x < std::numeric_limits<double>::min()) {  // subnormal
    x *= power_of_two(54);
    exponent = -54;
  }
  const std::uint64_t bits = std::bit_cast<std::uint64_t>(x);
  exponent += static_cast<int>(bits >> 52) - 1023;
  double m = std::bit_cast<double>((bits & 0x000fffffffffffffULL) | 0x3ff0000000000000ULL);
  constexpr double kSqrt2 = 0x1.6a09e667f3bcdp+0;
  if (m > kSqrt2) {
    m *= 0.5;
    ++exponent;
  }
  return log_parts(m - 1.0, exponent);
}

double log1p(double x) {
  if (!(x > -1.0)) return x == -1.0 ? -kInfinity : kNaN;
  if (x == kInfinity) return x;
  // Close to zero the argument itself is the f of log_parts, without the rounding of 1 + x.
  if (x > -0.29 && x < 0.41) return log_parts(x, 0);
  const double u = 1.0 + x;
  const double lost = x > 1.0 ? 1.0 - (u - x) : x - (u - 1.0);
  return log(u) + lost / u;
}

double sin(double x) {
  if (!(x >= -1000.0 && x <= 1000.0)) return kNaN;
  const Reduced r = reduce(x);
  const double value = (r.quadrant & 1) != 0 ? cos_reduced(r) : sin_reduced(r);
  return (r.quadrant & 2) != 0 ? -value : value;
}

double cos(double x) {
  if (!(x >= -1000.0 && x <= 1000.0)) return kNaN;
  const Reduced r = reduce(x);
  const double value = (r.quadrant & 1) != 0 ? sin_reduced(r) : cos_reduced(r);
  return ((r.quadrant + 1) & 2) != 0 ? -value : value;
}

double asin(double x) {
  constexpr double kHalfPiHigh = 0x1.921fb54442d18p+0;
  constexpr double kHalfPiLow = 0x1.1a62633145c07p-54;
  if (!(x >= -1.0 && x <= 1.0)) return kNaN;
  const double a = x < 0 ? -x : x;
  if (a <= 0.5) return asin_small(x);
  // asin(a) = pi/2 - 2 asin(sqrt((1 - a) / 2)); 1 - a is exact here.
  const double value = kHalfPiHigh - (2.0 * asin_small(std::sqrt((1.0 - a) * 0.5)) - kHalfPiLow);
  return x < 0 ? -value : value;
}

double lgamma(double x) {
  if (!(x > 0.0)) return kNaN;
  if (x == kInfinity) return x;
  if (x < 0.5) return lgamma_at_two_plus(x) - log1p(x) - log(x);
  if (x < 1.5) return lgamma_at_two_plus(x - 1.0) - log1p(x - 1.0);
  if (x >= 8.0) return lgamma_stirling(x);
  double product = 1.0;
  while (x > 2.5) {
    x -= 1.0;
    product *= x;
  }
  return lgamma_at_two_plus(x - 2.0) + (product > 1.0 ? log(product) : 0.0);
}

double round_half_away(double x) {
  const double a = x < 0 ? -x : x;
  double t = std::trunc(a);
  if (a - t >= 0.5) t += 1.0;
  return x < 0 ? -t : t;
}

}  // namespace bartizan::detmath
