#include <catch2/catch.hpp>

#include <algorithm>

#include "tests/rules/detectors/stage.h"

namespace bartizan {
const DetectorType& password_spray();
namespace {

using namespace test;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

Event attempt(std::uint64_t user, Time t, std::uint32_t ip = kAttacker, std::int32_t code = 50126) {
  Event e = Event(user, t).at(kSingapore, ip, 64500).device("", "Linux", "Other");
  e.e.user_agent = "python-requests/2.31";
  return e.code(code);
}

std::vector<Finding> of(const std::vector<Finding>& found, EntityType type) {
  std::vector<Finding> out;
  std::copy_if(found.begin(), found.end(), std::back_inserter(out), [&](const Finding& f) { return f.entity.type == type; });
  return out;
}

}  // namespace

TEST_CASE("the seventh account that an address fails on accuses it, from the first minute", "[rules]") {
  Stage stage(password_spray());
  for (std::uint64_t u = 1; u <= 6; ++u) CHECK(stage.feed(attempt(u, kMorning + minutes{u})).empty());
  stage.restart();
  const auto found = stage.feed(attempt(7, kMorning + minutes{7}));
  REQUIRE(found.size() == 1);
  const Finding& f = found[0];
  CHECK(f.severity == Severity::medium);
  CHECK(f.entity.type == EntityType::ip);
  CHECK(f.entity.id == "203.0.113.23");
  REQUIRE(f.campaign.has_value());
  CHECK(f.campaign->targets_total == 7);
  CHECK(f.campaign->validated_total == 0);
  CHECK(f.campaign->targets.size() == 7);
  CHECK(f.title == "203.0.113.23 tried 7 accounts in 6 minutes.");
}

TEST_CASE("the same account again and again is not a spray", "[rules]") {
  Stage stage(password_spray());
  for (std::uint64_t i = 0; i < 100; ++i) CHECK(stage.feed(attempt(i % 6, kMorning + seconds{i})).empty());
}

TEST_CASE("a validated password makes the campaign high and the victim a finding of its own", "[rules]") {
  Stage stage(password_spray());
  stage.history(20);
  for (std::uint64_t u = 1; u <= 8; ++u) stage.feed(attempt(u, kMorning + minutes{u}));
  for (const std::int32_t code : {50076, 0, 53003}) {
    const std::uint64_t user = 20 + static_cast<std::uint64_t>(code == 0 ? 1 : code == 53003 ? 2 : 0);
    const auto found = stage.feed(attempt(user, kMorning + minutes{20}, kAttacker, code));
    const auto campaign = of(found, EntityType::ip);
    const auto victim = of(found, EntityType::user);
    REQUIRE(campaign.size() == 1);
    CHECK(campaign[0].severity == Severity::high);
    REQUIRE(victim.size() == 1);
    CHECK(victim[0].severity == Severity::high);
    REQUIRE(victim[0].campaign_entity.has_value());
    CHECK(victim[0].campaign_entity->id == "203.0.113.23");
    CHECK(campaign[0].campaign->targets[0].validated);
  }
}

TEST_CASE("an account validated before the source is accused is a victim too", "[rules]") {
  Stage stage(password_spray());
  for (std::uint64_t u = 1; u <= 3; ++u) stage.feed(attempt(u, kMorning + minutes{u}));
  CHECK(stage.feed(attempt(50, kMorning + minutes{4}, kAttacker, 50076)).empty());
  const std::uint64_t hit = stage.last_id();
  std::vector<Finding> victims;
  for (std::uint64_t u = 5; u <= 9; ++u) {
    for (const Finding& f : of(stage.feed(attempt(u, kMorning + minutes{u})), EntityType::user)) victims.push_back(f);
  }
  REQUIRE(victims.size() == 1);
  CHECK(victims[0].evidence[0].event_id == Id::from_guid(0x1c2d4e3f9a4b5c6dULL, hit).str());
}

TEST_CASE("a disabled account proves nothing", "[rules]") {
  Stage stage(password_spray());
  for (std::uint64_t u = 1; u <= 8; ++u) stage.feed(attempt(u, kMorning + minutes{u}));
  CHECK(stage.feed(attempt(60, kMorning + minutes{9}, kAttacker, 50057)).empty());
}

TEST_CASE("a busy office with typing errors stays silent all day", "[rules]") {
  Stage stage(password_spray());
  Random random(5);
  std::size_t findings = 0;
  for (int day = 0; day < 3; ++day) {
    for (std::uint64_t u = 0; u < 300; ++u) {
      const Time t = kMorning + day * kDay + seconds{30 * u};
      Event e = Event(u, t).at(kLisbon, kOffice, 64497);
      if (random.chance(0.05)) findings += stage.feed(Event(u, t).at(kLisbon, kOffice, 64497).code(50126)).size();
      findings += stage.feed(e).size();
    }
    // Names that do not exist, all afternoon.
    for (std::uint64_t u = 0; u < 20; ++u) {
      findings += stage.feed(Event(100'000 + u, kMorning + day * kDay + hours{4} + minutes{10 * u}).at(kLisbon, kOffice, 64497).code(50034)).size();
    }
  }
  CHECK(findings == 0);
}

TEST_CASE("users who fail where they are known stay silent: a password change day", "[rules]") {
  Stage stage(password_spray());
  for (std::uint64_t u = 0; u < 60; ++u) stage.feed(Event(u, kMorning - kDay).at(kLisbon, kOffice, 64497));
  for (std::uint64_t u = 0; u < 60; ++u) CHECK(stage.feed(Event(u, kMorning + seconds{u}).at(kLisbon, kOffice, 64497).code(50126)).empty());
  for (std::uint64_t u = 0; u < 60; ++u) CHECK(stage.feed(Event(u, kMorning + hours{1}).at(kLisbon, kOffice + 3, 64497).code(50055)).empty());
}

TEST_CASE("phones with old passwords behind a carrier that colleagues share stay silent", "[rules]") {
  Stage stage(password_spray());
  const auto carrier = [](std::uint64_t user, Time t, std::uint32_t pool) {
    return Event(user, t).at(kLisbon, 0xC6120000U + pool * 256 + static_cast<std::uint32_t>(user % 50), 64499);  // 198.18.0.0/15
  };
  for (std::uint64_t u = 0; u < 60; ++u) {
    for (std::uint32_t pool = 0; pool < 2; ++pool) stage.feed(carrier(u, kMorning - kDay + hours{pool}, (static_cast<std::uint32_t>(u) + pool) % 8));
  }
  for (std::uint64_t u = 0; u < 60; ++u) CHECK(stage.feed(carrier(u, kMorning + seconds{u}, (static_cast<std::uint32_t>(u) + 4) % 8).code(50126)).empty());
}

TEST_CASE("an outage is not a spray", "[rules]") {
  Stage stage(password_spray());
  for (std::uint64_t u = 0; u < 60; ++u) CHECK(stage.feed(attempt(u, kMorning + seconds{u}, kAttacker, 90033)).empty());
  for (std::uint64_t u = 0; u < 60; ++u) CHECK(stage.feed(attempt(u, kMorning + seconds{u}, kAttacker, 80002)).empty());
}

TEST_CASE("addresses of one neighbourhood that take turns are the tenant's campaign", "[rules]") {
  Stage stage(password_spray());
  std::vector<Finding> found;
  for (std::uint32_t u = 0; u < 12; ++u) {
    for (Finding& f : stage.feed(attempt(u, kMorning + minutes{3 * u}, kAttacker + u % 6))) found.push_back(std::move(f));
  }
  REQUIRE_FALSE(found.empty());
  for (const Finding& f : found) CHECK(f.entity.type == EntityType::tenant);
  CHECK(found.size() <= 12);
  CHECK(found[0].campaign->sources_total >= 3);
}

TEST_CASE("one kind of client from many networks is the tenant's campaign", "[rules]") {
  Stage stage(password_spray());
  for (std::uint64_t u = 0; u < 20; ++u) stage.history(u, 3);
  std::vector<Finding> found;
  for (std::uint32_t u = 0; u < 10; ++u) {
    Event e = attempt(u, kMorning + minutes{6 * u}, 0xC6120000U + u * 4096);  // 198.18.0.0/15
    e.e.asn = 4200000000U + u;
    for (Finding& f : stage.feed(e)) found.push_back(std::move(f));
  }
  REQUIRE_FALSE(found.empty());
  CHECK(found[0].entity.type == EntityType::tenant);
  const auto hit = [&] {
    Event e = attempt(3, kMorning + hours{2}, 0xC6120000U + 50 * 4096, 50076);
    e.e.asn = 4200000050U;
    return stage.feed(e);
  }();
  CHECK(of(hit, EntityType::user).size() == 1);
}

namespace {

constexpr std::uint32_t kFirstBase = 0xC6120000U;   // 198.18.0.0
constexpr std::uint32_t kSecondBase = 0xC6130000U;  // 198.19.0.0

/// Attempt `i` of a spray that rotates through `networks` /24s with one client of its own.
Event rotating(const char* agent, std::uint32_t base, std::uint32_t networks, std::uint32_t i, Time t, std::int32_t code = 50126) {
  Event e((base == kFirstBase ? 0 : 50) + i, t);
  e.at(kSingapore, base + i % networks * 256 + i % 5, 4200000000U + base % 89 + i % networks).device("", "Linux", "Other");
  e.e.user_agent = agent;
  return e.code(code);
}

std::vector<std::uint64_t> threads_of(const std::vector<Finding>& found) {
  std::vector<std::uint64_t> threads;
  for (const Finding& f : found) {
    if (f.entity.type == EntityType::tenant) threads.push_back(f.campaign_thread);
  }
  std::sort(threads.begin(), threads.end());
  threads.erase(std::unique(threads.begin(), threads.end()), threads.end());
  return threads;
}

}  // namespace

TEST_CASE("two sprays at one time that have nothing in common are two campaigns, each with its victims", "[rules]") {
  Stage stage(password_spray());
  for (std::uint64_t u = 0; u < 100; ++u) stage.history(u, 2);
  std::vector<Finding> first, second;
  const auto feed = [&](std::vector<Finding>& into, const Event& e) {
    for (Finding& f : stage.feed(e)) into.push_back(std::move(f));
  };
  for (std::uint32_t i = 0; i < 40; ++i) {
    const Time t = kMorning + minutes{2 * i};
    feed(first, rotating("go-http/1.1", kFirstBase, 3, i, t));
    feed(second, rotating("okhttp/4.9", kSecondBase, 4, i, t + seconds{30}));
    if (i == 20) stage.restart();
  }
  REQUIRE(threads_of(first).size() == 1);
  REQUIRE(threads_of(second).size() == 1);
  CHECK(threads_of(first)[0] != 0);
  CHECK(threads_of(second)[0] != 0);
  CHECK(threads_of(first) != threads_of(second));
  CHECK(first.back().campaign->targets_total == 40);
  CHECK(second.back().campaign->targets_total == 40);
  std::vector<Finding> hit;
  feed(hit, rotating("okhttp/4.9", kSecondBase, 4, 3, kMorning + hours{2}, 50076));
  const auto victims = of(hit, EntityType::user);
  REQUIRE_FALSE(victims.empty());
  for (const Finding& v : victims) CHECK(v.campaign_thread == threads_of(second)[0]);
}

TEST_CASE("one spray through many networks is one campaign, whichever of its sources speaks", "[rules]") {
  for (const std::uint32_t networks : {1U, 2U, 5U, 12U}) {
    CAPTURE(networks);
    Stage stage(password_spray());
    for (std::uint64_t u = 0; u < 100; ++u) stage.history(u, 2);
    std::vector<Finding> found;
    for (std::uint32_t i = 0; i < 90; ++i) {
      for (Finding& f : stage.feed(rotating("go-http/1.1", kFirstBase, networks, i, kMorning + minutes{i}))) found.push_back(std::move(f));
    }
    CHECK(threads_of(found).size() == 1);
  }
}

TEST_CASE("a slow spray in which every attempt comes from somewhere else is the tenant's campaign", "[rules]") {
  Stage stage(password_spray());
  Random random(8);
  for (std::uint64_t u = 0; u < 200; ++u) stage.history(u, 2);
  const auto elsewhere = [&](std::uint64_t user, Time t, std::int32_t code) {
    Event e(user, t);
    e.at(kSingapore, 0xC6120000U + static_cast<std::uint32_t>(random.below(1 << 17)), 4200000000U + static_cast<std::uint32_t>(random.below(1 << 20)));
    const std::string agent = "Agent/" + std::to_string(random.below(1'000'000));  // nothing in common
    e.e.user_agent = agent;
    e.device("", random.chance(0.5) ? "Linux" : "Windows 10", random.chance(0.5) ? "Firefox" : "Opera").code(code);
    e.e.app_id = Id::from_guid(6, random.below(50));
    e.e.id = Id::from_guid(77, random.next());
    return stage.feed_copy(e.e);
  };
  Time t = kMorning;
  std::size_t quiet = 0;
  for (int h = 0; h < 24 * 5; ++h) {
    t += hours{1};
    for (int i = 0; i < 2; ++i) {
      if (random.chance(0.5)) quiet += elsewhere(random.below(200), t + minutes{random.below(60)}, 50126).size();
    }
  }
  CHECK(quiet == 0);
  std::vector<Finding> found;
  int taken = 0;
  for (; taken < 12 && found.empty(); ++taken) {
    t += hours{1};
    for (int i = 0; i < 20; ++i) {
      for (Finding& f : elsewhere(random.below(200), t + minutes{3 * i}, 50126)) found.push_back(std::move(f));
    }
  }
  REQUIRE_FALSE(found.empty());
  CHECK(found[0].entity.type == EntityType::tenant);
  CHECK(found[0].severity == Severity::medium);
  CHECK(found[0].campaign_thread == 0);
  CHECK(taken <= 4);
  stage.restart();
  std::size_t victims = 0;
  for (std::uint64_t u = 0; u < 200 && victims == 0; ++u) victims += of(elsewhere(u, t + hours{1}, 50076), EntityType::user).size();
  CHECK(victims == 1);

  // An account that was never failed on, right at once from an address that failed on somebody else: any client will do.
  Event tried(7, t + hours{2});
  tried.at(kSingapore, 0xC6124321U, 4200000123U).device("", "Linux", "Firefox").code(50126);
  tried.e.user_agent = "Agent/one";
  stage.feed(tried);
  Event right(1000, t + hours{2} - kDay);
  stage.feed(right);  // has a past
  right.e.event_time = t + hours{2} + minutes{5};
  right.at(kSingapore, 0xC6124321U, 4200000123U).device("", "macOS", "Safari");
  right.e.user_agent = "Agent/two";
  CHECK(of(stage.feed(right), EntityType::user).size() == 1);
}

TEST_CASE("a correction does not count an attempt twice", "[rules]") {
  Stage stage(password_spray());
  for (std::uint64_t u = 1; u <= 6; ++u) {
    Event e = attempt(u, kMorning + minutes{u});
    e.e.id = Id::from_guid(2, u);
    CHECK(stage.feed_copy(e.e).empty());
    EarlierCopy before;
    before.result_class = ResultClass::failure;
    before.failure_class = FailureClass::bad_password;
    CHECK(stage.correct(before, e.e).empty());
  }
}

}  // namespace bartizan
