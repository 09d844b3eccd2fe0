#include "engine/risk/score.h"

#include <catch2/catch.hpp>

#include <cmath>

#include "tests/engine/risk/ledger_bench.h"

using namespace bartizan;
using namespace bartizan::risk;
using namespace bartizan::test;

namespace {

Part part(std::string rule, std::string family, double q, Time at, Duration half_life = 3 * kDay) {
  Part p;
  p.rule_id = std::move(rule);
  p.family = std::move(family);
  p.alert_id = "A";
  p.half_life = half_life;
  p.renew(exponent_of(q), at, 1, half_life);
  return p;
}

}  // namespace

TEST_CASE("one finding alone scores its confidence", "[risk]") {
  for (int percent = 1; percent <= 99; ++percent) {
    const std::vector<Part> parts{part("a", "travel", percent / 100.0, kStart)};
    CHECK(score_at(parts, 1.3, kStart) == percent * 10);
  }
  CHECK(score_of(exponent_of(1.0)) == 999);
  CHECK(score_of(exponent_of(0.0)) == 0);
  CHECK(score_of(kConfirmedExponent) == 1000);
}

TEST_CASE("families add up as noisy-or, and stack inside a family to twice the largest only", "[risk]") {
  // The published example: 35 and 10 alone make 41.5 together.
  const std::vector<Part> two{part("a", "travel", 0.35, kStart), part("b", "properties", 0.10, kStart)};
  CHECK(score_at(two, 1.3, kStart) == 415);
  const std::vector<Part> stacked{part("a", "travel", 0.2, kStart), part("b", "travel", 0.2, kStart), part("c", "travel", 0.2, kStart),
                                  part("d", "travel", 0.2, kStart)};
  CHECK(score_at(stacked, 1.3, kStart) == 360);  // 1 - 0.8^2
}

TEST_CASE("three families within 24 hours of each other weigh 1.3 times", "[risk]") {
  std::vector<Part> parts{part("a", "travel", 0.2, kStart), part("b", "properties", 0.2, kStart),
                          part("c", "mfa", 0.2, kStart + kDay)};
  const Time t = kStart + kDay;
  const double sum = -std::log(0.8) * (1 + 2 * std::exp2(-1.0 / 3));
  CHECK(score_at(parts, 1.3, t) == std::lround(1000 * (1 - std::exp(-1.3 * sum))));
  parts[2] = part("c", "mfa", 0.2, t + Duration{1});
  const double later = -std::log(0.8) * (1 + 2 * std::exp2(-(24.0 * 3'600'000 + 1) / (72.0 * 3'600'000)));
  CHECK(score_at(parts, 1.3, t + Duration{1}) == std::lround(1000 * (1 - std::exp(-later))));
}

TEST_CASE("a contribution halves its exponent in a half-life and ends after seven", "[risk]") {
  const Part p = part("a", "travel", 0.5, kStart);
  CHECK(p.exponent(kStart + 3 * kDay) == Approx(-std::log(0.5) / 2).epsilon(1e-12));
  CHECK(p.expires() == kStart + 21 * kDay);
  CHECK(p.exponent(kStart + 21 * kDay - Duration{1}) > 0);
  CHECK(p.exponent(kStart + 21 * kDay) == 0);
}

TEST_CASE("decay never raises a score, whoever looks when", "[risk]") {
  Random random{42};
  for (int round = 0; round < 200; ++round) {
    std::vector<Part> parts;
    const char* const families[] = {"travel", "properties", "mfa", "token"};
    for (std::size_t i = 0; i < 1 + random.below(8); ++i) {
      parts.push_back(part("r" + std::to_string(i), families[random.below(4)], 0.01 + static_cast<double>(random.below(90)) / 100,
                           kStart + Duration{static_cast<std::int64_t>(random.below(3 * 86'400'000))},
                           Duration{static_cast<std::int64_t>(3'600'000 + random.below(14 * 86'400'000ULL))}));
    }
    Time t = kStart + 3 * kDay;
    ScoreTenths before = score_at(parts, 1.3, t);
    for (int i = 0; i < 100; ++i) {
      t += Duration{static_cast<std::int64_t>(random.below(2 * 86'400'000))};
      const ScoreTenths now = score_at(parts, 1.3, t);
      REQUIRE(now <= before);
      before = now;
    }
    const Time t0 = kStart + 3 * kDay;
    const ScoreTenths limit = score_at(parts, 1.3, t0) / 2 + 1;
    const Time crossing = first_below(parts, 1.3, limit, t0);
    REQUIRE(score_at(parts, 1.3, crossing) < limit);
    if (crossing > t0) REQUIRE(score_at(parts, 1.3, crossing - Duration{1}) >= limit);
  }
}

TEST_CASE("a newer finding renews a contribution; the larger counts, and a verdict spares what is newer", "[risk]") {
  Part p = part("a", "travel", 0.8, kStart);
  p.renew(exponent_of(0.2), kStart + kDay, 2, 3 * kDay);
  CHECK(p.newest == kStart + kDay);
  CHECK(p.exponent(kStart + kDay) == Approx(exponent_of(0.8) * std::exp2(-1.0 / 3)).epsilon(1e-12));
  Part kept = p;
  REQUIRE(kept.forget(1));
  CHECK(score_of(kept.exponent(kStart + kDay)) == 200);
  Part none = p;
  CHECK_FALSE(none.forget(2));
  p.renew(exponent_of(0.9), kStart + 2 * kDay, 3, 3 * kDay);
  CHECK(p.pieces.size() == 1);
  CHECK(score_of(p.exponent(kStart + 2 * kDay)) == 900);
}

TEST_CASE("findings of one time renew a contribution in any order alike", "[risk]") {
  Part ab = part("a", "travel", 0.8, kStart), ba = part("a", "travel", 0.2, kStart);
  ab.renew(exponent_of(0.2), kStart, 1, 3 * kDay);
  ba.renew(exponent_of(0.8), kStart, 1, 3 * kDay);
  REQUIRE(ab.pieces.size() == ba.pieces.size());
  CHECK(ab.exponent(kStart + kHour) == ba.exponent(kStart + kHour));
}

TEST_CASE("more findings than a contribution tells apart are kept rather than lost", "[risk]") {
  Part p = part("a", "travel", 0.9, kStart);
  for (std::uint64_t i = 2; i <= 10; ++i) p.renew(exponent_of(0.9 - 0.08 * static_cast<double>(i)), kStart, i, 3 * kDay);
  CHECK(p.pieces.size() <= kPiecesMax);
  CHECK(score_of(p.exponent(kStart)) == 900);
  for (std::size_t i = 1; i < p.pieces.size(); ++i) {
    CHECK(p.pieces[i].since > p.pieces[i - 1].since);
    CHECK(p.pieces[i].exponent < p.pieces[i - 1].exponent);
  }
}
