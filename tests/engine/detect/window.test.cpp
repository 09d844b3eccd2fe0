#include "engine/detect/window.h"

#include <catch2/catch.hpp>

#include <map>
#include <set>
#include <string>

#include "engine/detect/distinct.h"
#include "engine/detect/geo.h"
#include "tests/engine/detect/rows.h"

namespace bartizan {
namespace {

using test::Random;
constexpr Duration kBucket = std::chrono::minutes{5};
const Time kStart = kEarliestEventTime + std::chrono::hours{24 * 365 * 10};

template <class T>
T through_bytes(const T& value) {
  std::string bytes;
  ByteWriter w(bytes);
  value.encode(w);
  T copy;
  ByteReader r(bytes);
  REQUIRE(copy.decode(r));
  REQUIRE(r.at_end());
  return copy;
}

}  // namespace

TEST_CASE("a ring counts what a list of events within its buckets counts", "[detect]") {
  for (const std::uint64_t seed : test::kSeeds) {
    CAPTURE(seed);
    Random random(seed);
    CountRing<12> ring;
    std::map<std::int64_t, std::uint32_t> counts;  // by bucket number
    std::int64_t newest = 0;
    Time now = kStart;
    for (int i = 0; i < 3'000; ++i) {
      now += Duration{static_cast<std::int64_t>(random.below(400'000))};
      if (random.chance(0.01)) now += std::chrono::hours{3};
      const Time t = now - Duration{static_cast<std::int64_t>(random.below(3'000'000))};
      const std::int64_t b = (to_ms(t) - to_ms(kEarliestEventTime)) / kBucket.count();
      newest = std::max(newest, b);
      const bool held = b > newest - 12;
      REQUIRE(ring.add(t, kBucket) == held);
      if (held) ++counts[b];
      if (random.chance(0.1) && counts[b] > 0 && held) {
        ring.subtract(t, kBucket);
        --counts[b];
      }
      const std::size_t width = 1 + random.below(12);
      const Time at = now - Duration{static_cast<std::int64_t>(random.below(600'000))};
      const std::int64_t last = (to_ms(at) - to_ms(kEarliestEventTime)) / kBucket.count();
      std::uint32_t expected = 0;
      for (std::size_t k = 0; k < width; ++k) {
        const auto bucket = last - static_cast<std::int64_t>(k);
        if (bucket > newest - 12) expected += counts[bucket];
      }
      REQUIRE(ring.sum(at, kBucket, width) == expected);
      if (random.chance(0.02)) ring = through_bytes(ring);
    }
  }
}

TEST_CASE("a recent set keeps the last seen and forgets the longest unseen", "[detect]") {
  RecentSet<3> set;
  CHECK(set.see(7, 10) == 0);
  CHECK(set.see(8, 11) == 0);
  CHECK(set.see(7, 12) == 0);
  CHECK(set.see(9, 12) == 0);
  CHECK(set.find(7)->days == 2);
  CHECK(set.see(10, 13) == 8);
  CHECK(set.find(8) == nullptr);
  CHECK(set.see(7, 11) == 0);  // late: the day is not moved back
  CHECK(set.find(7)->last == 12);
  CHECK(set.see(0, 13) == 0);
  CHECK(set.size() == 3);
  const auto copy = through_bytes(set);
  for (const std::uint32_t h : {7U, 9U, 10U}) {
    REQUIRE(copy.find(h) != nullptr);
    CHECK(copy.find(h)->last == set.find(h)->last);
    CHECK(copy.find(h)->days == set.find(h)->days);
  }
}

TEST_CASE("what comes back on many days is not put out by what is met in passing", "[detect]") {
  RecentSet<3> set;
  for (Day day = 10; day < 20; ++day) set.see(1, day);
  for (std::uint32_t h = 2; h < 10; ++h) set.see(h, 24);
  REQUIRE(set.find(1) != nullptr);
  CHECK(set.find(1)->days == 10);
  for (std::uint32_t h = 10; h < 13; ++h) set.see(h, 40);  // ten days after its last sight, and ten more
  CHECK(set.find(1) == nullptr);
}

TEST_CASE("distinct users are exact while few and forgotten after two periods", "[detect]") {
  DistinctWindow window;
  for (std::uint64_t i = 0; i < 4; ++i) window.see(i * 7, 5);
  CHECK(window.count(5) == Approx(4).margin(0.6));
  CHECK(window.at_least(5) == 4);
  CHECK(window.at_least(6) == 4);
  CHECK(window.at_least(7) == 0);
  window.see(1, 6);
  CHECK(window.at_least(6) == 5);
  CHECK(window.count_before(6) == Approx(4).margin(0.6));
  window.see(2, 5);  // late, still within the period before
  CHECK(window.at_least(6) == 6);
  window.see(3, 9);
  CHECK(window.at_least(9) == 1);
  CHECK(through_bytes(window).at_least(9) == 1);
}

TEST_CASE("a distinct set is exact to 256 and within three percent at 10,000", "[detect]") {
  DistinctSet set;
  Random random(99);
  std::set<std::uint64_t> model;
  for (int i = 0; i < 256; ++i) {
    const std::uint64_t h = random.next();
    CHECK(set.insert(h) == model.insert(h).second);
    CHECK_FALSE(set.insert(h));
    CHECK(set.contains(h));
  }
  CHECK(set.count() == 256);
  set = through_bytes(set);
  while (model.size() < 10'000) {
    const std::uint64_t h = random.next();
    model.insert(h);
    set.insert(h);
    if (model.size() == 1'000) set = through_bytes(set);
  }
  CHECK(static_cast<double>(set.count()) == Approx(10'000).epsilon(0.03));
  for (const std::uint64_t h : model) REQUIRE(set.contains(h));
}

TEST_CASE("stamps and days go there and back", "[detect]") {
  CHECK(stamp_of(Time::min()) == 0);
  CHECK(time_of(0) == Time::min());
  const Time t = time_from_ms(1'772'442'842'118);
  CHECK(time_of(stamp_of(t)) <= t);
  CHECK(t - time_of(stamp_of(t)) < std::chrono::seconds{1});
  CHECK(day_of(kEarliestEventTime) == 1);
  CHECK(end_of(day_of(t)) > t);
  CHECK(end_of(day_of(t)) - t <= std::chrono::hours{24});
}

TEST_CASE("distances are those of the globe", "[detect]") {
  const CompactPlace lisbon = compact(38.72, -9.14);
  const CompactPlace singapore = compact(1.29, 103.85);
  CHECK(distance_km(lisbon, singapore) == Approx(11'879).margin(15));
  CHECK(distance_km(lisbon, lisbon) == 0);
  CHECK(distance_km(compact(0, 0), compact(0, 180)) == Approx(20'015).margin(5));
  CHECK(distance_km(compact(90, 0), compact(-90, 77)) == Approx(20'015).margin(5));
  CHECK(distance_km(compact(10, 179.99), compact(10, -179.99)) == Approx(2.2).margin(1.2));
  CHECK(compact(123.0, 400.0).latitude_degrees() == 90.0);
}

}  // namespace bartizan
