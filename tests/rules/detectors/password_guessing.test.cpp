#include <catch2/catch.hpp>

#include "tests/rules/detectors/stage.h"

namespace bartizan {
const DetectorType& password_guessing();
namespace {

using namespace test;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

Event wrong(std::uint64_t user, Time t, std::uint32_t ip = kAttacker, std::uint32_t asn = 64500) {
  return Event(user, t).at(kSingapore, ip, asn).code(50126);
}

}  // namespace

TEST_CASE("the tenth wrong password in five minutes is guessing; the right one after it is high", "[rules]") {
  for (const bool known_user : {true, false}) {
    Stage stage(password_guessing());
    if (known_user) stage.history(1);
    for (int i = 0; i < 9; ++i) CHECK(stage.feed(wrong(1, kMorning + seconds{20 * i})).empty());
    stage.restart();
    auto found = stage.feed(wrong(1, kMorning + seconds{200}));
    REQUIRE(found.size() == 1);
    CHECK(found[0].severity == Severity::medium);
    found = stage.feed(Event(1, kMorning + minutes{10}).at(kSingapore, kAttacker, 64500));
    REQUIRE(found.size() == 1);
    CHECK(found[0].severity == Severity::high);
    CHECK(found[0].evidence[0].result->code == 0);
  }
}

TEST_CASE("four wrong passwords from three addresses in an hour are guessing", "[rules]") {
  Stage stage(password_guessing());
  stage.history(1);
  for (std::uint32_t i = 0; i < 3; ++i) CHECK(stage.feed(wrong(1, kMorning + minutes{10 * i}, kAttacker + i)).empty());
  CHECK(stage.feed(wrong(1, kMorning + minutes{35}, kAttacker)).size() == 1);
}

TEST_CASE("the password right behind MFA counts as found, a disabled account does not", "[rules]") {
  Stage stage(password_guessing());
  for (int i = 0; i < 10; ++i) stage.feed(wrong(1, kMorning + seconds{20 * i}));
  CHECK(stage.feed(Event(1, kMorning + minutes{4}).at(kSingapore, kAttacker, 64500).code(50057)).empty());
  CHECK(stage.feed(Event(1, kMorning + minutes{5}).at(kSingapore, kAttacker, 64500).code(50076)).size() == 1);
}

TEST_CASE("an expired password at home, a forgotten client and a phone on a carrier stay silent", "[rules]") {
  Stage stage(password_guessing());
  stage.history(1);
  for (int i = 0; i < 30; ++i) {
    Event e = Event(1, kMorning + seconds{10 * i}).code(50126);
    CHECK(stage.feed(e).empty());
  }
  for (std::uint32_t i = 0; i < 12; ++i) CHECK(stage.feed(wrong(1, kMorning + minutes{5 * i}, kAttacker + 300 * i, 64496)).empty());
}

TEST_CASE("interrupts are not failures", "[rules]") {
  Stage stage(password_guessing());
  for (int i = 0; i < 30; ++i) CHECK(stage.feed(Event(1, kMorning + seconds{i}).code(50140)).empty());
  for (int i = 0; i < 30; ++i) CHECK(stage.feed(Event(1, kMorning + seconds{i}).code(50058)).empty());
}

TEST_CASE("guessing state is gone an hour later", "[rules]") {
  Stage stage(password_guessing());
  for (int i = 0; i < 9; ++i) stage.feed(wrong(1, kMorning + seconds{20 * i}));
  stage.expire(kMorning + hours{3});
  CHECK(stage.detector().rows() == 0);
}

TEST_CASE("twenty wrong passwords a day from a network new to the user are guessing, however slow; the right one after them is high", "[rules]") {
  Stage stage(password_guessing());
  stage.history(1);
  for (int i = 0; i < 19; ++i) CHECK(stage.feed(wrong(1, kMorning + minutes{50 * i})).empty());
  stage.restart();
  const Time last = kMorning + minutes{50 * 19};
  auto found = stage.feed(wrong(1, last));
  REQUIRE(found.size() == 1);
  CHECK(found[0].severity == Severity::medium);
  CHECK(found[0].title.find("20 wrong passwords") == 0);
  found = stage.feed(Event(1, last + minutes{30}).at(kSingapore, kAttacker, 64500));
  REQUIRE(found.size() == 1);
  CHECK(found[0].severity == Severity::high);
}

TEST_CASE("slow failures stay silent: fewer, over more than a day, from the user's own mail program, from an office", "[rules]") {
  Stage spread(password_guessing());
  spread.history(1);
  for (int i = 0; i < 60; ++i) CHECK(spread.feed(wrong(1, kMorning + minutes{80 * i})).empty());
  Stage mail(password_guessing());
  mail.history(1);
  const auto program = [](Event e) {
    e.e.client_app = "IMAP4";
    e.e.user_agent = "BAV2ROPC";
    return e.device("", "", "");
  };
  mail.feed(program(Event(1, kMorning)));
  for (int i = 0; i < 60; ++i) CHECK(mail.feed(program(wrong(1, kMorning + minutes{10 * i}))).empty());
  Stage office(password_guessing());
  for (std::uint64_t u = 100; u < 140; ++u) office.feed(Event(u, kMorning - kDay).at(kSingapore, kAttacker, 64500));
  office.history(1);
  for (int i = 0; i < 30; ++i) CHECK(office.feed(wrong(1, kMorning + minutes{1 + i})).empty());
  CHECK(office.feed(Event(1, kMorning + hours{1}).at(kSingapore, kAttacker, 64500)).empty());
}

TEST_CASE("addresses in the user's own country without a network's name are not counted as different ones", "[rules]") {
  Stage stage(password_guessing());
  stage.history(1);
  for (std::uint32_t i = 0; i < 8; ++i) CHECK(stage.feed(Event(1, kMorning + minutes{6 * i}).at(kLisbon, kAttacker + 300 * i, 0).code(50126)).empty());
}

}  // namespace bartizan
