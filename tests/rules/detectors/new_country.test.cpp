#include <catch2/catch.hpp>

#include "tests/rules/detectors/stage.h"

namespace bartizan {
const DetectorType& new_country();
namespace {

using namespace test;
using std::chrono::hours;
using std::chrono::minutes;

}  // namespace

TEST_CASE("a first sign-in from a country on a registered device is low, once", "[rules]") {
  Stage stage(new_country());
  stage.history(1);
  stage.feed(Event(1, kMorning - hours{2}).device("d1", "Windows 11", "Edge 126.0"));
  auto found = stage.feed(Event(1, kMorning).at(kSingapore, kAttacker, 64500).device("d1", "Windows 11", "Edge 126.0"));
  REQUIRE(found.size() == 1);
  CHECK(found[0].severity == Severity::low);
  CHECK(found[0].title.find("SG for the first time") != std::string::npos);
  CHECK(stage.feed(Event(1, kMorning + hours{1}).at(kSingapore, kAttacker, 64500)).empty());
}

TEST_CASE("new to the tenant and without a registered device is medium, however common the browser", "[rules]") {
  for (const char* os : {"Linux", "Windows 11"}) {
    Stage stage(new_country());
    stage.history(1);
    const auto found = stage.feed(Event(1, kMorning).at(kSingapore, kAttacker, 64500).device("", os, "Edge 126.0"));
    REQUIRE(found.size() == 1);
    CHECK(found[0].severity == Severity::medium);
    stage.restart();
    CHECK(stage.feed(Event(1, kMorning + hours{1}).at(kSingapore, kAttacker + 1, 64501).device("", os, "Edge 126.0")).empty());
  }
}

TEST_CASE("somebody else's registered device does not speak for the user", "[rules]") {
  Stage stage(new_country());
  stage.history(1);
  const auto found = stage.feed(Event(1, kMorning).at(kSingapore, kAttacker, 64500).device("d9", "Windows 11", "Edge 126.0"));
  REQUIRE(found.size() == 1);
  CHECK(found[0].severity == Severity::medium);
}

TEST_CASE("a country of colleagues is low on any device", "[rules]") {
  Stage stage(new_country());
  stage.history(1);
  stage.feed(Event(2, kMorning).at(kSingapore, kAttacker, 64500));
  const auto found = stage.feed(Event(1, kMorning).at(kSingapore, kAttacker + 256, 64501).device("", "Linux", "Firefox"));
  REQUIRE(found.size() == 1);
  CHECK(found[0].severity == Severity::low);
}

TEST_CASE("learning, shared egress, trusted locations and known network owners stay silent", "[rules]") {
  Stage young(new_country());
  young.history(1, 2);
  CHECK(young.feed(Event(1, kMorning).at(kSingapore, kAttacker, 64500)).empty());

  Stage shared(new_country());
  for (std::uint64_t u = 10; u < 16; ++u) shared.feed(Event(u, kMorning - hours{1}).at(kSingapore, kAttacker, 64500));
  shared.history(1);
  CHECK(shared.feed(Event(1, kMorning).at(kSingapore, kAttacker, 64500)).empty());

  Stage trusted(new_country());
  trusted.history(1);
  Event e = Event(1, kMorning).at(kSingapore, kAttacker, 64500);
  e.e.flags |= kFlagTrustedLocation;
  CHECK(trusted.feed(e).empty());

  Stage carrier(new_country());
  carrier.history(1);
  CHECK(carrier.feed(Event(1, kMorning).at(kMadrid, kAttacker, 64496)).empty());
}

TEST_CASE("failures and records without a country say nothing", "[rules]") {
  Stage stage(new_country());
  stage.history(1);
  CHECK(stage.feed(Event(1, kMorning).at(kSingapore, kAttacker, 64500).code(50126)).empty());
  Event e = Event(1, kMorning).at(kSingapore, kAttacker, 64500);
  e.e.location = Location{};
  CHECK(stage.feed(e).empty());
}

}  // namespace bartizan
