#include <catch2/catch.hpp>

#include "tests/rules/detectors/stage.h"

namespace bartizan {
const DetectorType& mfa_fatigue();
namespace {

using namespace test;
using std::chrono::hours;
using std::chrono::minutes;

constexpr const char* kDeclined = "MFA denied; user declined the authentication";
constexpr const char* kUnanswered = "MFA denied; user did not respond to mobile app notification";

Event prompt(std::uint64_t user, Time t, const char* text) {
  return Event(user, t).at(kSingapore, kAttacker, 64500).code(500121).details(text);
}

}  // namespace

TEST_CASE("the fifth declined prompt in ten minutes is a flood", "[rules]") {
  for (const bool known_user : {true, false}) {
    Stage stage(mfa_fatigue());
    if (known_user) stage.history(1);
    for (int i = 0; i < 4; ++i) CHECK(stage.feed(prompt(1, kMorning + minutes{i}, i % 2 == 0 ? kDeclined : kUnanswered)).empty());
    stage.restart();
    const auto found = stage.feed(prompt(1, kMorning + minutes{4}, kDeclined));
    REQUIRE(found.size() == 1);
    CHECK(found[0].severity == Severity::medium);
    CHECK(found[0].evidence.size() == 5);
    CHECK(found[0].evidence[0].event_id == Id::from_guid(0x1c2d4e3f9a4b5c6dULL, stage.last_id()).str());
  }
}

TEST_CASE("an approval from the flood's address is high, the user's own sign-in is not", "[rules]") {
  Stage stage(mfa_fatigue());
  stage.history(1);
  for (int i = 0; i < 6; ++i) stage.feed(prompt(1, kMorning + minutes{i}, kDeclined));
  CHECK(stage.feed(Event(1, kMorning + minutes{7})).empty());
  const auto found = stage.feed(Event(1, kMorning + minutes{9}).at(kSingapore, kAttacker, 64500));
  REQUIRE(found.size() == 1);
  CHECK(found[0].severity == Severity::high);
}

TEST_CASE("ten prompts over a day are a flood, nine are not", "[rules]") {
  Stage stage(mfa_fatigue());
  for (int i = 0; i < 9; ++i) CHECK(stage.feed(prompt(1, kMorning + hours{2 * i}, kDeclined)).empty());
  CHECK(stage.feed(prompt(1, kMorning + hours{18}, kDeclined)).size() == 1);
}

TEST_CASE("a phone without signal at the user's own desk stays silent", "[rules]") {
  Stage stage(mfa_fatigue());
  stage.history(1);
  for (int i = 0; i < 12; ++i) {
    Event e = Event(1, kMorning + std::chrono::seconds{40 * i}).code(500121).details(kUnanswered);
    CHECK(stage.feed(e).empty());
  }
}

TEST_CASE("wrong codes are not prompts; twenty of them are guessing", "[rules]") {
  Stage stage(mfa_fatigue());
  int findings = 0;
  for (int i = 0; i < 19; ++i) findings += static_cast<int>(stage.feed(prompt(1, kMorning + minutes{i}, "MFA denied; wrong code entered")).size());
  CHECK(findings == 0);
  CHECK(stage.feed(prompt(1, kMorning + minutes{20}, "MFA denied; invalid verification code")).size() == 1);
}

TEST_CASE("a prompt reported as fraud is high at once", "[rules]") {
  Stage stage(mfa_fatigue());
  const auto found = stage.feed(prompt(1, kMorning, "MFA denied; fraud code entered"));
  REQUIRE(found.size() == 1);
  CHECK(found[0].severity == Severity::high);
  CHECK(found[0].title.find("reported an MFA prompt as fraud") != std::string::npos);
}

TEST_CASE("500121 without any text counts as a prompt, with a code method as a wrong code", "[rules]") {
  Stage stage(mfa_fatigue());
  std::size_t findings = 0;
  for (int i = 0; i < 5; ++i) findings += stage.feed(prompt(1, kMorning + minutes{i}, "")).size();
  CHECK(findings == 1);
  Stage codes(mfa_fatigue());
  findings = 0;
  const AuthStep step{"OATH verification code", {}, {}, {}, {}, Tristate::no};
  for (int i = 0; i < 9; ++i) {
    Event e = prompt(1, kMorning + minutes{i}, "");
    e.e.auth_steps = {&step, 1};
    findings += codes.feed(e).size();
  }
  CHECK(findings == 0);
}

TEST_CASE("interrupts on the way to a prompt are not prompts", "[rules]") {
  Stage stage(mfa_fatigue());
  for (int i = 0; i < 20; ++i) CHECK(stage.feed(Event(1, kMorning + minutes{i}).code(50076).details("MFA required in Azure AD")).empty());
}

TEST_CASE("four prompts from a network new to the user, one of them approved, are high; fewer, or from the user's own network, are not", "[rules]") {
  for (const int prompts : {3, 4}) {
    Stage stage(mfa_fatigue());
    stage.history(1);
    for (int i = 0; i < prompts; ++i) CHECK(stage.feed(prompt(1, kMorning + minutes{20 * i}, kDeclined)).empty());
    stage.restart();
    const auto found = stage.feed(Event(1, kMorning + minutes{20 * prompts}).at(kSingapore, kAttacker, 64500));
    REQUIRE(found.size() == (prompts == 4 ? 1 : 0));
    if (prompts == 4) CHECK(found[0].severity == Severity::high);
  }
  Stage own(mfa_fatigue());
  own.history(1);
  for (int i = 0; i < 4; ++i) own.feed(Event(1, kMorning + minutes{20 * i}).at(kSingapore, kAttacker, 64496).code(500121).details(kDeclined));
  CHECK(own.feed(Event(1, kMorning + minutes{80}).at(kSingapore, kAttacker, 64496)).empty());
  Stage late(mfa_fatigue());
  late.history(1);
  for (int i = 0; i < 4; ++i) late.feed(prompt(1, kMorning + minutes{20 * i}, kDeclined));
  CHECK(late.feed(Event(1, kMorning + minutes{100}).at(kSingapore, kAttacker, 64500)).empty());
}

}  // namespace bartizan
