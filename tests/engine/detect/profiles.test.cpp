#include "engine/detect/profiles.h"

#include <catch2/catch.hpp>

#include <memory>
#include <string>

#include "engine/detect/client_family.h"
#include "engine/detect/event_note.h"
#include "tests/engine/detect/rows.h"

namespace bartizan {
namespace {

using test::Random;

const Time kStart = kEarliestEventTime + std::chrono::hours{24 * 365 * 16};
constexpr Duration kDay = std::chrono::hours{24};

SignIn sign_in(std::uint64_t user, Time t, std::uint32_t ip, std::uint32_t asn, const char* country) {
  static std::uint64_t id = 0;
  SignIn e;
  e.id = Id::from_guid(7, ++id);
  e.tenant_id = Id::from_guid(1, 1);
  e.user_id = Id::from_guid(9, user);
  e.event_time = t;
  e.ip = IpAddress::v4(ip);
  e.asn = asn;
  e.location.country = {country[0], country[1]};
  e.device.os = "Windows 11";
  e.device.browser = "Edge 126.0";
  return e;
}
SignIn wrong_password(SignIn e) {
  e.result_code = 50126;
  e.result_class = ResultClass::failure;
  e.failure_class = FailureClass::bad_password;
  return e;
}

constexpr std::uint32_t kHome = 0xC0000212;    // 192.0.2.18
constexpr std::uint32_t kAway = 0xCB00714D;    // 203.0.113.77
constexpr std::uint32_t kOffice = 0xC6336401;  // 198.51.100.1

}  // namespace

TEST_CASE("a profile holds the places and devices of successes only", "[detect]") {
  Profiles profiles;
  const SignIn home = sign_in(1, kStart, kHome, 64496, "PT");
  CHECK(profiles.user(home, kStart) == nullptr);
  profiles.learn(home, kStart, false);
  profiles.learn(wrong_password(sign_in(1, kStart, kAway, 64500, "SG")), kStart, false);
  const UserProfile* p = profiles.user(home, kStart);
  REQUIRE(p != nullptr);
  CHECK(p->logins == 1);
  CHECK(p->knows_asn(64496));
  CHECK_FALSE(p->knows_asn(64500));
  CHECK(p->knows_host(host_hash(home.ip)));
  CHECK(p->knows_neighbourhood(host_hash(IpAddress::v4(kHome + 1))));
  CHECK_FALSE(p->knows_host(host_hash(IpAddress::v4(kHome + 1))));
  CHECK_FALSE(p->knows_neighbourhood(host_hash(IpAddress::v4(kAway))));
  CHECK(p->knows_device(device_hash(home)));
  CHECK(profiles.users_of_country(country_code({'P', 'T'})) == 1);
  CHECK(profiles.users_of_country(country_code({'S', 'G'})) == 0);
}

TEST_CASE("a network becomes shared by users who succeed from it, and is forgotten after a month", "[detect]") {
  Profiles profiles;
  for (std::uint64_t u = 0; u < 6; ++u) profiles.learn(sign_in(u, kStart, kOffice + static_cast<std::uint32_t>(u), 64496, "PT"), kStart, false);
  const IpAddress office = IpAddress::v4(kOffice + 100);
  CHECK(profiles.shared_by(office, kStart, 5));
  CHECK(profiles.users_of_neighbourhood(office, kStart) == Approx(6).margin(1.5));
  CHECK(profiles.users_of_asn(64496) == Approx(6).margin(1.5));
  CHECK_FALSE(profiles.shared_by(IpAddress::v4(kHome), kStart, 1));
  CHECK_FALSE(profiles.shared_by(office, kStart + 31 * kDay, 1));
  profiles.expire(kStart + 31 * kDay);
  CHECK_FALSE(profiles.shared_by(office, kStart, 1));
}

TEST_CASE("a suspicious place is not learned until a verdict or two weeks have passed", "[detect]") {
  Profiles profiles;
  profiles.learn(sign_in(1, kStart, kHome, 64496, "PT"), kStart, false);
  SignIn away = sign_in(1, kStart + kDay, kAway, 64500, "SG");
  away.device.os = "Linux";
  profiles.learn(away, kStart, true);
  away.event_time += std::chrono::hours{1};
  profiles.learn(away, kStart, false);  // the attacker comes back, without a finding this time
  CHECK_FALSE(profiles.user(away, kStart)->knows_asn(64500));
  CHECK_FALSE(profiles.user(away, kStart)->knows_device(device_hash(away)));

  SECTION("the user's own places go on being learned") {
    profiles.learn(sign_in(1, kStart + kDay, kOffice, 64497, "ES"), kStart, false);
    CHECK(profiles.user(away, kStart)->knows_asn(64497));
  }
  SECTION("dismissed: learned at the next sign-in") {
    Fact fact;
    fact.id = away.user_id;
    fact.action = CommandAction::dismiss;
    profiles.on_fact(fact, kStart);
    profiles.learn(away, kStart, false);
    CHECK(profiles.user(away, kStart)->knows_asn(64500));
  }
  SECTION("confirmed compromised: not learned after two weeks either") {
    Fact fact;
    fact.id = away.user_id;
    fact.action = CommandAction::confirm_compromised;
    profiles.on_fact(fact, kStart);
    away.event_time += 16 * kDay;
    profiles.learn(away, kStart + 16 * kDay, false);
    CHECK_FALSE(profiles.user(away, kStart)->knows_asn(64500));
  }
  SECTION("no verdict: learned after two weeks") {
    away.event_time += 16 * kDay;
    profiles.learn(away, kStart + 16 * kDay, false);
    CHECK(profiles.user(away, kStart)->knows_asn(64500));
  }
}

TEST_CASE("a corrected event teaches once", "[detect]") {
  Profiles profiles;
  SignIn e = sign_in(1, kStart, kHome, 64496, "PT");
  profiles.learn(e, kStart, false);
  profiles.learn_correction(EarlierCopy{}, e, kStart, false);
  CHECK(profiles.user(e, kStart)->logins == 1);
  EarlierCopy before;
  before.result_class = ResultClass::interrupted;
  e = sign_in(1, kStart, kHome, 64496, "PT");
  profiles.learn_correction(before, e, kStart, false);
  CHECK(profiles.user(e, kStart)->logins == 2);
}

TEST_CASE("agents and workloads teach nothing about users", "[detect]") {
  Profiles profiles;
  SignIn agent = sign_in(1, kStart, kHome, 64496, "PT");
  agent.flags = kFlagAgent;
  profiles.learn(agent, kStart, false);
  SignIn workload = sign_in(2, kStart, kHome, 64496, "PT");
  workload.category = SignInCategory::service_principal;
  profiles.learn(workload, kStart, false);
  CHECK(profiles.rows() == 0);
}

TEST_CASE("contact failures count against the past of a network, not against an attack going on", "[detect]") {
  Profiles profiles;
  const IpAddress ip = IpAddress::v4(kOffice);
  const Time first = kStart - (kStart - kEarliestEventTime) % (15 * kDay);  // a period begins
  for (std::uint64_t u = 0; u < 3; ++u) profiles.learn(sign_in(u, first, kOffice, 64496, "PT"), first, false);
  for (std::uint64_t u = 10; u < 13; ++u) profiles.learn(wrong_password(sign_in(u, first, kOffice, 64496, "PT")), first, false);
  CHECK(profiles.contact_failure_rate(ip, first) == 0);
  const Time next = first + 15 * kDay;
  profiles.learn(sign_in(1, next, kOffice, 64496, "PT"), next, false);
  CHECK(profiles.contact_failure_rate(ip, next) == Approx(0.5).margin(0.05));
}

TEST_CASE("profiles loaded at any point answer and save as the uninterrupted ones", "[detect]") {
  for (const std::uint64_t seed : test::kSeeds) {
    CAPTURE(seed);
    Random random(seed);
    auto straight = std::make_unique<Profiles>(200);
    auto broken = std::make_unique<Profiles>(200);
    Time now = kStart;
    const char* countries[] = {"PT", "ES", "SG", "US", "BR", "DE", "FR"};
    for (int i = 0; i < 6'000; ++i) {
      now += Duration{static_cast<std::int64_t>(random.below(1'200'000))};
      if (random.chance(0.001)) now += 20 * kDay;
      SignIn e = sign_in(random.below(300), now, kHome + static_cast<std::uint32_t>(random.below(5'000) * 64),
                         64496 + static_cast<std::uint32_t>(random.below(9)), countries[random.below(7)]);
      if (random.chance(0.2)) e = wrong_password(e);
      const bool suspicious = random.chance(0.02);
      for (Profiles* p : {straight.get(), broken.get()}) {
        p->learn(e, now - std::chrono::minutes{15}, suspicious);
        if (i % 50 == 0) p->expire(now);
      }
      const std::uint16_t country = country_code(e.location.country);
      REQUIRE(straight->users_of_country(country) == broken->users_of_country(country));
      REQUIRE(straight->users() == broken->users());
      if (!random.chance(0.01)) continue;
      const auto rows = test::all_rows(*broken);
      REQUIRE(rows.rows == test::all_rows(*straight).rows);
      broken = std::make_unique<Profiles>(200);
      test::load_all(*broken, rows);
    }
    CHECK(straight->evictions() > 0);
  }
}

TEST_CASE("an ordinary user costs less than 260 bytes of profile", "[detect]") {
  Profiles profiles;
  constexpr std::uint64_t kUsers = 20'000;
  for (std::uint64_t u = 0; u < kUsers; ++u) {
    const auto home = static_cast<std::uint32_t>(0x0A000000 + u * 97);
    for (int day = 0; day < 5; ++day) profiles.learn(sign_in(u, kStart + day * kDay, home, 64496, "PT"), kStart, false);
  }
  WARN("bytes of profile per user: " << profiles.bytes() / kUsers);
  CHECK(profiles.bytes() / kUsers < 260);
}

TEST_CASE("clients are told apart by family, not by version", "[detect]") {
  SignIn a, b;
  a.device.os = "Windows 10";
  a.device.browser = "Edge 125.0.1";
  b.device.os = "Windows 11";
  b.device.browser = "Edge 126.0";
  CHECK(device_hash(a) == device_hash(b));
  b.device.browser = "Chrome 126.0";
  CHECK(device_hash(a) != device_hash(b));
  SignIn phone;
  phone.user_agent = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) AppleWebKit/605.1.15 Version/17.4 Mobile/15E148 Safari/604.1";
  CHECK(os_family(phone) == OsFamily::ios);
  CHECK(browser_family(phone) == BrowserFamily::safari);
  SignIn bare;
  CHECK(device_hash(bare) == 0);
}

TEST_CASE("a note names the event it was made of, after a checkpoint too", "[detect]") {
  SignIn e = sign_in(1, kStart, kHome, 64496, "PT");
  e.location.has_coordinates = true;
  e.location.latitude = 38.72;
  e.location.longitude = -9.14;
  for (const Id& id : {Id::from_guid(0x0123456789abcdef, 42), Id::from("event-17")}) {
    e.id = id;
    std::string bytes;
    ByteWriter w(bytes);
    note_of(e).encode(w);
    EventNote note;
    ByteReader r(bytes);
    REQUIRE(note.decode(r));
    CHECK(r.at_end());
    CHECK(note.same_event(e));
    const Evidence ev = evidence_of(note);
    CHECK(ev.event_id == id.str());
    CHECK(ev.ip == "192.0.2.18");
    CHECK(ev.time == e.event_time);
    CHECK(ev.location.country == "PT");
    CHECK(ev.location.latitude == Approx(38.72));
  }
  e.id = Id::from("a-text-that-is-longer-than-sixteen-bytes");
  CHECK_FALSE(note_of(e).names_event());
}

TEST_CASE("durations in titles are words", "[detect]") {
  CHECK(duration_words(std::chrono::seconds{5}) == "1 minute");
  CHECK(duration_words(std::chrono::minutes{55}) == "55 minutes");
  CHECK(duration_words(std::chrono::hours{3}) == "3 hours");
  CHECK(duration_words(std::chrono::hours{24 * 5}) == "5 days");
}

}  // namespace bartizan
