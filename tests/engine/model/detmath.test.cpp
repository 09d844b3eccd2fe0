#include "engine/model/detmath.h"

#include <algorithm>
#include <bit>
#include <catch2/catch.hpp>
#include <cmath>
#include <cstdint>
#include <limits>

#include "engine/model/hash.h"

namespace bartizan {
namespace {

/// Numbers between two bounds from a fixed seed, without std::*_distribution.
class Grid {
 public:
  explicit Grid(std::uint64_t seed) : state_(seed) {}
  double next(double from, double to) {
    const double unit = static_cast<double>(mix64(state_ += 0x9e3779b97f4a7c15ULL) >> 11) * 0x1p-53;
    return from + (to - from) * unit;
  }

 private:
  std::uint64_t state_;
};

/// Distance in units of the last place of `want`, which carries 64 bits of precision.
long double ulps(double got, long double want) {
  const double rounded = static_cast<double>(want);
  if (got == rounded) return 0;
  const double ulp = std::nextafter(std::fabs(rounded), std::numeric_limits<double>::infinity()) - std::fabs(rounded);
  return std::fabs((static_cast<long double>(got) - want) / static_cast<long double>(ulp));
}

template <class Ours, class Theirs>
long double worst(Ours ours, Theirs theirs, double from, double to) {
  constexpr std::uint64_t kSeed = 20260302;
  INFO("seed " << kSeed << ", from " << from << " to " << to);
  Grid grid{kSeed};
  long double bound = 0;
  for (int i = 0; i < 20000; ++i) {
    const double x = grid.next(from, to);
    bound = std::max(bound, ulps(ours(x), theirs(static_cast<long double>(x))));
  }
  return bound;
}

constexpr double kInfinity = std::numeric_limits<double>::infinity();
const auto exp_l = [](long double x) { return std::exp(x); };
const auto exp2_l = [](long double x) { return std::exp2(x); };
const auto log_l = [](long double x) { return std::log(x); };
const auto log1p_l = [](long double x) { return std::log1p(x); };
const auto sin_l = [](long double x) { return std::sin(x); };
const auto cos_l = [](long double x) { return std::cos(x); };
const auto asin_l = [](long double x) { return std::asin(x); };

TEST_CASE("detmath: exp and exp2 stay within 2 ulp", "[detmath]") {
  for (const double span : {0.001, 0.4, 1.0, 10.0, 700.0}) {
    CHECK(worst(detmath::exp, exp_l, -span, span) <= 2);
    CHECK(worst(detmath::exp2, exp2_l, -span, span) <= 2);
  }
  CHECK(worst(detmath::exp, exp_l, -745, -700) <= 2);
  CHECK(detmath::exp(0) == 1);
  CHECK(detmath::exp(-746) == 0);
  CHECK(detmath::exp(710) == kInfinity);
  CHECK(detmath::exp(-745.13) == std::exp(-745.13));
  CHECK(detmath::exp2(10) == 1024);
  CHECK(detmath::exp2(-1074) == std::numeric_limits<double>::denorm_min());
  CHECK(detmath::exp2(1024) == kInfinity);
  CHECK(std::isnan(detmath::exp(std::nan(""))));
}

TEST_CASE("detmath: log stays within 2 ulp and log1p within 4", "[detmath]") {
  CHECK(worst(detmath::log, log_l, 1e-300, 1e-290) <= 2);
  CHECK(worst(detmath::log, log_l, 1e-9, 1) <= 2);
  CHECK(worst(detmath::log, log_l, 0.6, 1.6) <= 2);
  CHECK(worst(detmath::log, log_l, 1 - 1e-9, 1 + 1e-9) <= 2);
  CHECK(worst(detmath::log, log_l, 1, 1e12) <= 2);
  CHECK(worst(detmath::log, log_l, 1e-310, 1e-309) <= 2);
  CHECK(worst(detmath::log1p, log1p_l, -0.999, 0) <= 4);
  CHECK(worst(detmath::log1p, log1p_l, -1e-12, 1e-12) <= 4);
  CHECK(worst(detmath::log1p, log1p_l, 0, 3) <= 4);
  CHECK(worst(detmath::log1p, log1p_l, 1, 1e18) <= 4);
  CHECK(detmath::log(1) == 0);
  CHECK(detmath::log(0) == -kInfinity);
  CHECK(std::isnan(detmath::log(-1)));
  CHECK(detmath::log1p(-1) == -kInfinity);
}

TEST_CASE("detmath: sin and cos stay within 4 ulp up to 1000", "[detmath]") {
  for (const double span : {1e-6, 0.8, 3.2, 100.0, 1000.0}) {
    CHECK(worst(detmath::sin, sin_l, -span, span) <= 4);
    CHECK(worst(detmath::cos, cos_l, -span, span) <= 4);
  }
  // Next to multiples of pi/2, where the reduction cancels most.
  for (int n = 1; n < 636; ++n) {
    const double x = n * 1.5707963267948966;
    CHECK(ulps(detmath::sin(x), std::sin(static_cast<long double>(x))) <= 4);
    CHECK(ulps(detmath::cos(x), std::cos(static_cast<long double>(x))) <= 4);
  }
  CHECK(std::isnan(detmath::sin(1001)));
}

TEST_CASE("detmath: asin stays within 8 ulp", "[detmath]") {
  CHECK(worst(detmath::asin, asin_l, -1, 1) <= 8);
  CHECK(worst(detmath::asin, asin_l, 0.499, 0.501) <= 8);
  CHECK(worst(detmath::asin, asin_l, 0.999999, 1) <= 8);
  CHECK(worst(detmath::asin, asin_l, -1e-8, 1e-8) <= 8);
  CHECK(detmath::asin(1) == std::asin(1.0));
  CHECK(detmath::asin(-1) == std::asin(-1.0));
  CHECK(std::isnan(detmath::asin(1.0000001)));
}

TEST_CASE("detmath: lgamma has a relative error below 1e-12, near its zeros at 1 and 2 too", "[detmath]") {
  const auto relative = [](double from, double to) {
    Grid grid{20260303};
    long double bound = 0;
    for (int i = 0; i < 20000; ++i) {
      const double x = grid.next(from, to);
      const long double want = lgammal(static_cast<long double>(x));
      if (want != 0) bound = std::max(bound, std::fabs((static_cast<long double>(detmath::lgamma(x)) - want) / want));
    }
    return bound;
  };
  CHECK(relative(1e-9, 1e-3) < 1e-12L);
  CHECK(relative(0.001, 0.999) < 1e-12L);
  CHECK(relative(1 - 1e-6, 1 + 1e-6) < 1e-12L);
  CHECK(relative(2 - 1e-6, 2 + 1e-6) < 1e-12L);
  CHECK(relative(1, 10) < 1e-12L);
  CHECK(relative(7, 1e6) < 1e-12L);
  CHECK(detmath::lgamma(1) == 0);
  CHECK(detmath::lgamma(2) == 0);
}

TEST_CASE("detmath: halves round away from zero", "[detmath]") {
  CHECK(detmath::round_half_away(0.5) == 1);
  CHECK(detmath::round_half_away(-0.5) == -1);
  CHECK(detmath::round_half_away(2.5) == 3);
  CHECK(detmath::round_half_away(0.49999999999999994) == 0);
  CHECK(detmath::round_half_away(-2.4) == -2);
  CHECK(detmath::round_half_away(9007199254740993.0) == 9007199254740993.0);
}
/// One word over the bits of a function's values on a grid: differs as soon as one bit of one value does.
template <class Function>
std::uint64_t bits_of(Function f, double from, double to) {
  Grid grid{7};
  std::uint64_t word = 0;
  for (int i = 0; i < 5000; ++i) word = mix64(word ^ std::bit_cast<std::uint64_t>(f(grid.next(from, to))));
  return word;
}

TEST_CASE("detmath: bits are the same under every compiler", "[detmath][golden]") {
  CHECK(bits_of(detmath::exp, -700, 700) == 0xe325c25fac4c0cabULL);
  CHECK(bits_of(detmath::exp2, -1000, 1000) == 0xdc6d9814c29efcf2ULL);
  CHECK(bits_of(detmath::log, 0, 1000) == 0x48513f7ef57978caULL);
  CHECK(bits_of(detmath::log1p, -0.9, 10) == 0x783188ad60eff733ULL);
  CHECK(bits_of(detmath::sin, -1000, 1000) == 0x40a4bb365a49252bULL);
  CHECK(bits_of(detmath::cos, -1000, 1000) == 0x082ca7d216b43ecaULL);
  CHECK(bits_of(detmath::asin, -1, 1) == 0xe356b219c2e103cbULL);
  CHECK(bits_of(detmath::lgamma, 0, 40) == 0x78950f22fe1ae1abULL);
  CHECK(std::bit_cast<std::uint64_t>(detmath::exp(1)) == 0x4005bf0a8b14576aULL);
  CHECK(std::bit_cast<std::uint64_t>(detmath::log(10)) == 0x40026bb1bbb55516ULL);
  CHECK(std::bit_cast<std::uint64_t>(detmath::sin(1)) == 0x3feaed548f090ceeULL);
}

}  // namespace
}  // namespace bartizan
