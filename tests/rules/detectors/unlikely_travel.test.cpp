#include <catch2/catch.hpp>

#include "tests/rules/detectors/stage.h"

namespace bartizan {
const DetectorType& unlikely_travel();
namespace {

using namespace test;
using std::chrono::hours;
using std::chrono::minutes;

Event far_away(std::uint64_t user, Time t) {
  return Event(user, t).at(kSingapore, kAttacker, 64500).device("", "Linux", "Firefox 115");
}

}  // namespace

TEST_CASE("a sign-in on another continent 55 minutes later is found, with the far end as evidence", "[rules]") {
  Stage stage(unlikely_travel());
  stage.history(1);
  REQUIRE(stage.feed(Event(1, kMorning)).empty());
  const auto found = stage.feed(far_away(1, kMorning + minutes{55}));
  REQUIRE(found.size() == 1);
  const Finding& f = found[0];
  CHECK(f.severity == Severity::high);
  CHECK(f.entity.type == EntityType::user);
  CHECK(f.entity.id == Id::from_guid(0x8c1d2e3f4a5b4c6dULL, 1).str());
  REQUIRE(f.evidence.size() == 2);
  CHECK(f.evidence[0].ip == "203.0.113.23");
  CHECK(f.evidence[1].ip == "192.0.2.2");
  CHECK(f.title.find("55 minutes after PT, 11") != std::string::npos);
}

TEST_CASE("the same client families from far away are medium, not high", "[rules]") {
  Stage stage(unlikely_travel());
  stage.history(1);
  stage.feed(Event(1, kMorning));
  const auto found = stage.feed(Event(1, kMorning + minutes{55}).at(kSingapore, kAttacker, 64500));
  REQUIRE(found.size() == 1);
  CHECK(found[0].severity == Severity::medium);
}

TEST_CASE("an attacker who signs in before the user is the evidence, whoever's event completes the pair", "[rules]") {
  Stage stage(unlikely_travel());
  stage.history(1, 13);
  REQUIRE(stage.feed(far_away(1, kMorning)).empty());
  const std::uint64_t attacker_id = stage.last_id();
  const auto found = stage.feed(Event(1, kMorning + minutes{30}));
  REQUIRE(found.size() == 1);
  CHECK(found[0].evidence[0].event_id == Id::from_guid(0x1c2d4e3f9a4b5c6dULL, attacker_id).str());
  // The same anchor is not told again.
  CHECK(stage.feed(Event(1, kMorning + minutes{40})).empty());
}

TEST_CASE("a late event is compared with the sign-in after it", "[rules]") {
  Stage stage(unlikely_travel());
  stage.history(1);
  stage.feed(Event(1, kMorning));
  const auto found = stage.feed(far_away(1, kMorning - minutes{10}));
  REQUIRE(found.size() == 1);
  CHECK(found[0].title.find("before") != std::string::npos);
}

TEST_CASE("travel that planes can do stays silent", "[rules]") {
  Stage stage(unlikely_travel());
  stage.history(1);
  stage.feed(Event(1, kMorning));
  CHECK(stage.feed(Event(1, kMorning + hours{15}).at(kSingapore, kAttacker, 64500)).empty());
}

TEST_CASE("a user still being learned stays silent", "[rules]") {
  Stage stage(unlikely_travel());
  stage.history(1, 2);
  stage.feed(Event(1, kMorning));
  CHECK(stage.feed(far_away(1, kMorning + minutes{55})).empty());
}

TEST_CASE("a registered device that the user is known by stays silent: a VPN", "[rules]") {
  Stage stage(unlikely_travel());
  stage.history(1);
  stage.feed(Event(1, kMorning).device("d-117", "Windows 11", "Edge 126"));
  CHECK(stage.feed(Event(1, kMorning + minutes{5}).at(kSingapore, kAttacker, 64500).device("d-117", "Windows 11", "Edge 126")).empty());
}

TEST_CASE("egress that five colleagues share stays silent", "[rules]") {
  Stage stage(unlikely_travel());
  for (std::uint64_t u = 10; u < 16; ++u) stage.feed(Event(u, kMorning - hours{1}).at(kSingapore, kAttacker, 64500));
  stage.history(1, 14);
  stage.feed(Event(1, kMorning));
  CHECK(stage.feed(Event(1, kMorning + minutes{55}).at(kSingapore, kAttacker + 9, 64500)).empty());
}

TEST_CASE("from a shared office only a network and country that are both new count", "[rules]") {
  for (const bool been_there : {false, true}) {
    Stage stage(unlikely_travel());
    for (std::uint64_t u = 10; u < 16; ++u) stage.feed(Event(u, kMorning - hours{1}).at(kLisbon, kOffice, 64497));
    stage.history(1);
    if (been_there) stage.feed(Event(1, kMorning - 3 * kDay + hours{22}).at(kSingapore, kAttacker + 512, 64511));
    stage.feed(Event(1, kMorning + hours{30}).at(kLisbon, kOffice, 64497));
    const auto found = stage.feed(Event(1, kMorning + hours{31}).at(kSingapore, kAttacker, 64500));
    CHECK(found.size() == (been_there ? 0 : 1));
  }
}

TEST_CASE("a phone routed home and the laptop abroad stay silent", "[rules]") {
  Stage stage(unlikely_travel());
  stage.history(1);
  stage.feed(Event(1, kMorning - 2 * kDay).device("", "iOS 17", "Safari"));
  stage.feed(Event(1, kMorning).at(kLisbon, 0xC0000277U, 64498).device("", "iOS 17", "Safari"));
  Stage& s = stage;
  CHECK(s.feed(Event(1, kMorning + hours{30}).at(kLisbon, 0xC0000277U, 64498).device("", "iOS 17", "Safari")).empty());
  CHECK(s.feed(Event(1, kMorning + hours{31}).at(kNewYork, kAttacker, 64500)).empty());
}

TEST_CASE("trusted locations on both ends, missing coordinates and special addresses stay silent", "[rules]") {
  Stage stage(unlikely_travel());
  stage.history(1);
  Event home(1, kMorning);
  home.e.flags |= kFlagTrustedLocation;
  stage.feed(home);
  Event away = far_away(1, kMorning + minutes{5});
  away.e.flags |= kFlagTrustedLocation;
  CHECK(stage.feed(away).empty());
  Stage other(unlikely_travel());
  other.history(1);
  other.feed(Event(1, kMorning));
  Event nowhere = far_away(1, kMorning + minutes{5});
  nowhere.e.location.has_coordinates = false;
  CHECK(other.feed(nowhere).empty());
  CHECK(other.feed(far_away(1, kMorning + minutes{6}).at(kSingapore, 0x0A000001, 0)).empty());
}

TEST_CASE("a place of the user's own is found only when far too fast and on an unknown device", "[rules]") {
  Stage stage(unlikely_travel());
  stage.history(1);
  for (int d = 5; d > 0; --d) stage.feed(Event(1, kMorning - d * kDay + hours{22}).at(kNewYork, kAttacker, 64500));
  CHECK(stage.feed(Event(1, kMorning)).empty());
  CHECK(stage.feed(Event(1, kMorning + minutes{5}).at(kNewYork, kAttacker, 64500)).empty());
  CHECK(stage.feed(Event(1, kMorning + minutes{9})).empty());
  const auto found = stage.feed(Event(1, kMorning + minutes{20}).at(kNewYork, kAttacker, 64500).device("", "Linux", "Firefox"));
  REQUIRE(found.size() == 1);
  CHECK(found[0].severity == Severity::low);
}

TEST_CASE("a place told yesterday is told again after two weeks only", "[rules]") {
  Stage stage(unlikely_travel());
  stage.history(1);
  std::size_t told = 0;
  for (int d = 0; d < 14; ++d) {
    stage.feed(Event(1, kMorning + d * kDay));
    const auto found = stage.feed(Event(1, kMorning + d * kDay + minutes{30}).at(kSingapore, kAttacker, 64500));
    CHECK(found.size() == (d == 0 ? 1 : 0));
    told += found.size();
    if (d == 5) stage.restart();
  }
  CHECK(told == 1);
  stage.feed(Event(1, kMorning + 14 * kDay + hours{8}));
  CHECK(stage.feed(Event(1, kMorning + 14 * kDay + hours{9}).at(kNewYork, kAttacker + 512, 64501)).size() == 1);  // another place is news
}

TEST_CASE("travel state goes through a checkpoint", "[rules]") {
  Stage stage(unlikely_travel());
  stage.history(1);
  stage.feed(Event(1, kMorning));
  stage.restart();
  CHECK(stage.feed(far_away(1, kMorning + minutes{55})).size() == 1);
}

TEST_CASE("an interrupted sign-in that a correction completes is judged then", "[rules]") {
  Stage stage(unlikely_travel());
  stage.history(1);
  stage.feed(Event(1, kMorning));
  Event e = far_away(1, kMorning + minutes{55});
  CHECK(stage.feed(e.code(50076)).empty());
  EarlierCopy before;
  before.result_class = ResultClass::interrupted;
  e.code(0);
  e.e.id = Id::from_guid(0x1c2d4e3f9a4b5c6dULL, stage.last_id());
  CHECK(stage.correct(before, e.e).size() == 1);
}

TEST_CASE("a token renewed at home says where the user is, one from a network that colleagues share does not", "[rules]") {
  for (const bool shared : {false, true}) {
    Stage stage(unlikely_travel());
    if (shared) {
      for (std::uint64_t u = 10; u < 16; ++u) stage.feed(Event(u, kMorning - hours{1}).at(kLisbon, 0xC0000200U + static_cast<std::uint32_t>(u), 64496));
    }
    stage.history(1);
    stage.feed(Event(1, kMorning + hours{40}).non_interactive());
    stage.restart();
    const auto found = stage.feed(far_away(1, kMorning + hours{41}));
    REQUIRE(found.size() == (shared ? 0 : 1));
    if (!shared) CHECK(found[0].severity == Severity::high);
  }
}

TEST_CASE("a token renewed at home after the attacker's sign-in blames the attacker", "[rules]") {
  Stage stage(unlikely_travel());
  stage.history(1);
  REQUIRE(stage.feed(far_away(1, kMorning + hours{40})).empty());
  const std::uint64_t attacker_id = stage.last_id();
  const auto found = stage.feed(Event(1, kMorning + hours{41}).non_interactive());
  REQUIRE(found.size() == 1);
  CHECK(found[0].severity == Severity::high);
  CHECK(found[0].evidence[0].event_id == Id::from_guid(0x1c2d4e3f9a4b5c6dULL, attacker_id).str());
}

TEST_CASE("a traveller's own laptop beside the company's way out in a third country is low", "[rules]") {
  Stage stage(unlikely_travel());
  for (std::uint64_t u = 10; u < 16; ++u) stage.feed(Event(u, kMorning - hours{1}).at(kNewYork, kOffice, 64497));
  stage.history(1);
  stage.feed(Event(1, kMorning + hours{30}).at(kNewYork, kOffice, 64497));
  const auto found = stage.feed(Event(1, kMorning + hours{31}).at(kSingapore, kAttacker, 64500));
  REQUIRE(found.size() == 1);
  CHECK(found[0].severity == Severity::low);
}

TEST_CASE("of tokens renewed again and again one in ten minutes is looked at", "[rules]") {
  Stage stage(unlikely_travel());
  stage.history(1);
  const Time start = kMorning + hours{40};
  for (int i = 0; i < 20; ++i) stage.feed(Event(1, start + minutes{i}).non_interactive());
  stage.restart();
  const auto found = stage.feed(far_away(1, start + minutes{21}));
  REQUIRE(found.size() == 1);
  CHECK(found[0].title.find("11 minutes after PT") != std::string::npos);
}

}  // namespace bartizan
