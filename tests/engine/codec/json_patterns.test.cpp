// What is remembered of earlier texts changes no result: a reader that has met many texts finds what a new one finds.
#include <catch2/catch.hpp>

#include <random>
#include <string>
#include <vector>

#include "engine/codec/json_index.h"
#include "engine/codec/record_fields.h"

using namespace bartizan;

namespace {

constexpr std::size_t kPadding = 64;

/// A text with room behind it.
struct Padded {
  explicit Padded(std::string_view text) : bytes(text), size(text.size()) { bytes.append(kPadding, ' '); }
  std::string_view view() const { return std::string_view{bytes}.substr(0, size); }
  std::string bytes;
  std::size_t size;
};

const std::vector<std::string> kTexts = {
    R"({"category":"SignInLogs","properties":{"id":"a","status":{"errorCode":0},"location":{"city":"x","geoCoordinates":{"latitude":1}}}})",
    R"({"category":"SignInLogs","properties":{"id":"b","status":{"errorCode":7},"location":{"city":"y","geoCoordinates":{"latitude":2}}}})",
    R"({"Category":"SignInLogs","properties":{"ip":"b","status":{"errorCode":7},"locatiox":{"city":"y","geoCoordinates":{"latitude":2}}}})",
    R"({"category":"SignInLogs","properties":{"id":"b","status":{"errorCode":07},"location":{"city":"y","geoCoordinates":{"latitude":2}}}})",
    R"({"category":"SignInLogs","properties":{"id":"b","status":{"errorCode":nul},"location":{"city":"y","geoCoordinates":{"latitude":2}}}})",
    R"({"id":"a","x":[1,{},[],{"y":"}"}],"userId":null})",
    R"({"id":"a","x":[1,{},[],{"y":"}"}],"\u0075serId":null})",
    R"({"id":"a","id":"b","x":{"id":1},"status":{"errorCode":1},"status":null})",
    R"({"aLongKeyThatIsLongerThanWhatFitsIntoOneEntryOfTheKnownKeys":1,"id":"a"})",
    R"([{"id":"a"},{"id":"b"}])",
    "{\"id\":\"a\"}\n{\"id\":\"b\"}",
    R"({"id":"a"})",
    R"({"id":[})",
};

/// Changes some bytes into others that matter to JSON.
std::string mutated(std::string text, std::mt19937_64& random) {
  constexpr std::string_view kBytes = "{}[]:,\"\\ 01en-.x";
  const auto changes = random() % 3;
  for (std::uint64_t i = 0; i < changes; ++i) {
    const auto at = static_cast<std::size_t>(random() % text.size());
    text[at] = kBytes[static_cast<std::size_t>(random() % kBytes.size())];
  }
  return text;
}

}  // namespace

TEST_CASE("a reader that has met many texts finds what a new one finds") {
  const std::uint64_t seed = 20'261'123;
  INFO("seed " << seed);
  std::mt19937_64 random{seed};
  JsonIndex warm;
  RecordWalk warm_walk;
  std::size_t known = 0;
  std::size_t broken = 0;
  for (int round = 0; round < 30'000; ++round) {
    const std::string& base = kTexts[static_cast<std::size_t>(random() % kTexts.size())];
    const Padded text{mutated(base, random)};
    INFO(text.view());
    JsonIndex fresh;
    const JsonError error = fresh.open(text.view());
    REQUIRE(warm.open(text.view()) == error);
    if (error != JsonError::none) {
      ++broken;
      continue;
    }
    known += warm.pattern() != nullptr ? 1 : 0;
    REQUIRE(warm.end() == fresh.end());
    REQUIRE(warm.deepest() == fresh.deepest());
    for (Token t = 0; t < fresh.end(); ++t) REQUIRE(warm.behind(t) == fresh.behind(t));
    if (fresh.first(0) != '{') continue;
    RecordWalk fresh_walk;
    RecordPlaces expected;
    RecordPlaces found;
    REQUIRE(warm_walk.walk(warm, 0, found) == fresh_walk.walk(fresh, 0, expected));
    for (std::size_t f = 1; f < kFieldCount; ++f) {
      REQUIRE(found.own.at[f] == expected.own.at[f]);
      REQUIRE(found.properties.at[f] == expected.properties.at[f]);
    }
  }
  CHECK(known > 5'000);
  CHECK(broken > 5'000);
}

TEST_CASE("more patterns and keys than are kept change nothing") {
  JsonIndex warm;
  RecordWalk walk;
  for (int round = 0; round < 3; ++round) {
    for (int i = 0; i < 6'000; ++i) {
      std::string record = "{\"key" + std::to_string(i) + "\":[";
      for (int k = 0; k < i % 700; ++k) record += "1,";
      const Padded text{record + "1],\"id\":\"a\"}"};
      for (int twice = 0; twice < 2; ++twice) {
        REQUIRE(warm.open(text.view()) == JsonError::none);
        RecordPlaces places;
        REQUIRE(walk.walk(warm, 0, places) == warm.end());
        REQUIRE(places.own[Field::id] + 2 == warm.end());
      }
    }
  }
}
