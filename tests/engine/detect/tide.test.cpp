#include "engine/detect/tide.h"

#include <catch2/catch.hpp>

#include <string>

#include "engine/detect/event_note.h"
#include "tests/engine/detect/rows.h"

namespace bartizan {
namespace {

using test::Random;
constexpr Duration kHour = std::chrono::hours{1};
const Time kMonday = time_from_ms(1'772'409'600'000);  // 2026-03-02T00:00:00Z
constexpr HourlyTide::Limits kLimits{12, 10};

HourlyTide through_bytes(const HourlyTide& tide) {
  std::string bytes;
  ByteWriter w(bytes);
  tide.encode(w);
  HourlyTide copy;
  ByteReader r(bytes);
  REQUIRE(copy.decode(r));
  REQUIRE(r.at_end());
  return copy;
}

/// `per_hour` counts spread over the hour, by day and night like an office.
void hour_of_life(HourlyTide& tide, Random& random, Time t, double extra) {
  const int of_day = static_cast<int>(to_ms(t) / 3'600'000 % 24);
  const double mean = of_day >= 8 && of_day < 18 ? 3 : 0.3;
  for (int i = 0; i < 60; ++i) {
    tide.advance(t + std::chrono::minutes{i}, kLimits);
    if (random.chance(mean / 60)) tide.count();
    if (random.chance(extra / 60)) tide.count();
  }
}

}  // namespace

TEST_CASE("ordinary weeks raise no alarm, a slow rise does within hours", "[detect]") {
  int false_alarms = 0;
  for (const std::uint64_t seed : test::kSeeds) {
    CAPTURE(seed);
    Random random(seed);
    HourlyTide tide;
    Time t = kMonday;
    bool high = false;
    for (int h = 0; h < 24 * 28; ++h, t += kHour) {
      hour_of_life(tide, random, t, 0);
      const bool now = tide.level(kLimits) >= kLimits.alarm;
      false_alarms += now && !high ? 1 : 0;
      high = now;
      if (h % 50 == 0) tide = through_bytes(tide);
    }
    int hours = 0;
    while (tide.level(kLimits) < kLimits.alarm && hours < 24) {
      hour_of_life(tide, random, t, 20);
      t += kHour;
      ++hours;
    }
    CHECK(hours <= 5);
    CHECK(tide.rising_since(kLimits) != Time::min());
  }
  CHECK(false_alarms <= 1);  // of 112 days
}

TEST_CASE("nothing is learned from an attack, and six quiet hours end it", "[detect]") {
  Random random(4);
  HourlyTide tide;
  Time t = kMonday;
  for (int h = 0; h < 24 * 14; ++h, t += kHour) hour_of_life(tide, random, t, 0);
  const double usual = tide.usual();
  for (int h = 0; h < 48; ++h, t += kHour) hour_of_life(tide, random, t, 40);
  CHECK(tide.level(kLimits) >= kLimits.alarm);
  CHECK(tide.usual() < usual + 3);
  for (int h = 0; h < 12; ++h, t += kHour) tide.advance(t, kLimits);
  CHECK(tide.level(kLimits) == 0);
  CHECK(tide.rising_since(kLimits) == Time::min());
}

TEST_CASE("a tenant's first days raise no alarm, whatever happens", "[detect]") {
  HourlyTide tide;
  for (int h = 0; h < 48; ++h) {
    tide.advance(kMonday + h * kHour, kLimits);
    for (int i = 0; i < 100; ++i) tide.count();
  }
  CHECK(tide.level(kLimits) == 0);
  CHECK(tide.usual() == -1);
}

TEST_CASE("packed notes come back as they were, and hostile bytes do not", "[detect]") {
  std::vector<EventNote> notes(3);
  for (std::size_t i = 0; i < notes.size(); ++i) {
    SignIn e;
    e.id = Id::from_guid(1, i);
    e.ip = i == 1 ? *IpAddress::parse("2001:db8::7") : IpAddress::v4(0xC0000201U);
    e.event_time = kMonday + static_cast<int>(i) * kHour;
    notes[i] = note_of(e);
    notes[i].tag = static_cast<std::uint32_t>(i + 7);
  }
  PackedNotes packed;
  packed.assign(notes);
  std::string bytes;
  ByteWriter w(bytes);
  packed.encode(w);
  for (std::size_t cut = 0; cut < bytes.size(); ++cut) {
    PackedNotes broken;
    ByteReader r(std::string_view(bytes).substr(0, cut));
    CHECK_FALSE(broken.decode(r, 3));
  }
  PackedNotes copy;
  ByteReader r(bytes);
  REQUIRE(copy.decode(r, 3));
  const auto again = copy.unpack();
  REQUIRE(again.size() == 3);
  CHECK(again[1].address().str() == "2001:db8::7");
  CHECK(again[2].tag == 9);
  ByteReader few(bytes);
  CHECK_FALSE(PackedNotes{}.decode(few, 2));
}

}  // namespace bartizan
