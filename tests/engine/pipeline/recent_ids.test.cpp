#include <catch2/catch.hpp>

#include <iterator>
#include <limits>
#include <map>

#include "engine/model/bytes.h"
#include "engine/pipeline/recent_ids.h"
#include "tests/support/random_entries.h"

using namespace bartizan;
using bartizan::test::Random;

namespace {

constexpr Time kStart = time_from_ms(1'767'225'600'000);  // 2026-01-01

Id id(std::uint64_t n) { return Id::from_guid(0x1234, n); }

SignIn sign_in(std::uint64_t n, Time published) {
  SignIn e;
  e.id = id(n);
  e.event_time = kStart;
  e.published_time = published;
  return e;
}

Sighting observe(RecentIds& ids, const SignIn& e, Time now) { return ids.observe(e.id, facts_of(e), now).sighting; }

struct Rows final : RowSink {
  std::map<std::string, std::string> rows;
  void put(std::string_view key, std::string_view bytes) override {
    CHECK(bytes.size() <= kStateRowBytesMax);
    rows[std::string{key}] = bytes;
  }
  void erase(std::string_view key) override { rows.erase(std::string{key}); }
};

}  // namespace

TEST_CASE("an equal copy is a repeat, whatever its version", "[pipeline]") {
  RecentIds ids;
  CHECK(observe(ids, sign_in(1, kStart), kStart) == Sighting::fresh);
  CHECK(observe(ids, sign_in(1, kStart), kStart) == Sighting::repeat);
  CHECK(observe(ids, sign_in(1, kStart + std::chrono::minutes{5}), kStart) == Sighting::repeat);
  CHECK(observe(ids, sign_in(2, kStart), kStart) == Sighting::fresh);
  CHECK(ids.rows() == 2);
}

TEST_CASE("a newer copy that differs is a correction and tells what was before", "[pipeline]") {
  RecentIds ids;
  SignIn e = sign_in(1, kStart);
  e.result_class = ResultClass::failure;
  e.failure_class = FailureClass::bad_password;
  CHECK(observe(ids, e, kStart) == Sighting::fresh);
  e.result_class = ResultClass::success;
  e.failure_class = FailureClass::ok;
  e.published_time += std::chrono::minutes{1};
  const Seen seen = ids.observe(e.id, facts_of(e), kStart);
  CHECK(seen.sighting == Sighting::newer);
  CHECK(seen.before.result_class == ResultClass::failure);
  CHECK(seen.before.failure_class == FailureClass::bad_password);
  CHECK(observe(ids, e, kStart) == Sighting::repeat);
}

TEST_CASE("a copy that differs and is older is told apart, and changes nothing", "[pipeline]") {
  RecentIds ids;
  SignIn e = sign_in(1, kStart + std::chrono::minutes{10});
  CHECK(observe(ids, e, kStart) == Sighting::fresh);
  SignIn older = sign_in(1, kStart);
  older.result_code = 50126;
  CHECK(observe(ids, older, kStart) == Sighting::older);
  CHECK(observe(ids, e, kStart) == Sighting::repeat);
}

TEST_CASE("every field that detectors look at makes a copy differ", "[pipeline]") {
  const SignIn base = sign_in(1, kStart);
  const auto differs = [&](auto change) {
    SignIn e = base;
    change(e);
    const CopyFacts a = facts_of(base);
    const CopyFacts b = facts_of(e);
    return a.digest != b.digest || a.risk != b.risk || a.result_class != b.result_class || a.failure_class != b.failure_class;
  };
  CHECK(differs([](SignIn& e) { e.ip = IpAddress::v4(0xc0000201); }));
  CHECK(differs([](SignIn& e) { e.asn = 64500; }));
  CHECK(differs([](SignIn& e) { e.location.city = "Bonn"; }));
  CHECK(differs([](SignIn& e) { e.location.country = {'D', 'E'}; }));
  CHECK(differs([](SignIn& e) { e.device.id = "d"; }));
  CHECK(differs([](SignIn& e) { e.user_agent = "curl"; }));
  CHECK(differs([](SignIn& e) { e.result_code = 50074; }));
  CHECK(differs([](SignIn& e) { e.password_validated = Tristate::yes; }));
  CHECK(differs([](SignIn& e) { e.user_id = Id::from_guid(1, 1); }));
  CHECK(differs([](SignIn& e) { e.risk_state = EntraRiskState::at_risk; }));
  CHECK(differs([](SignIn& e) { e.risk_level_during = EntraRiskLevel::high; }));
  CHECK(differs([](SignIn& e) { e.event_time += Duration{1}; }));
  CHECK_FALSE(differs([](SignIn& e) { e.published_time += Duration{1}; }));
}

TEST_CASE("an id is forgotten after its horizon and not before", "[pipeline]") {
  RecentIds ids{std::chrono::hours{24}};
  const SignIn e = sign_in(1, kStart);
  CHECK(observe(ids, e, kStart + std::chrono::minutes{59}) == Sighting::fresh);
  CHECK(observe(ids, e, kStart + std::chrono::hours{24} + std::chrono::minutes{59}) == Sighting::repeat);
  CHECK(observe(ids, e, kStart + std::chrono::hours{25}) == Sighting::fresh);
  CHECK(ids.rows() == 1);
}

TEST_CASE("silence of any length does not make old ids look young", "[pipeline]") {
  for (std::int64_t hours = 1; hours < 1200; hours += 7) {
    RecentIds ids{std::chrono::hours{24}};
    const SignIn e = sign_in(1, kStart);
    observe(ids, e, kStart);
    // Something else is seen now and then, so that the hours go on in steps.
    for (std::int64_t h = 50; h < hours; h += 50) observe(ids, sign_in(1000 + static_cast<std::uint64_t>(h), kStart), kStart + std::chrono::hours{h});
    CAPTURE(hours);
    CHECK(observe(ids, e, kStart + std::chrono::hours{hours}) == (hours <= 24 ? Sighting::repeat : Sighting::fresh));
  }
}

TEST_CASE("a table that was saved and loaded answers and saves as the first one", "[pipeline]") {
  RecentIds ids;
  RecentIds loaded;
  Random random(20260102);
  Time now = kStart;
  const auto any = [&] { return sign_in(random.below(60'000), kStart + Duration{static_cast<std::int64_t>(random.below(3)) * 60'000}); };
  for (int i = 0; i < 40'000; ++i) observe(ids, any(), now += Duration{2'000});
  Rows rows;
  ids.save(rows, true);
  ids.saved();
  for (const auto& [key, bytes] : rows.rows) REQUIRE(loaded.load(key, bytes));
  CHECK(loaded.rows() == ids.rows());
  for (int i = 0; i < 40'000; ++i) {
    const SignIn e = any();
    now += Duration{2'000};
    REQUIRE(observe(ids, e, now) == observe(loaded, e, now));
  }
  Rows a;
  Rows b;
  ids.save(a, false);
  loaded.save(b, false);
  CHECK(a.rows == b.rows);
}

TEST_CASE("changed pages on top of the last checkpoint are the whole table", "[pipeline]") {
  RecentIds ids;
  Rows stored;
  Random random(5);
  Time now = kStart;
  for (int round = 0; round < 40; ++round) {
    for (int i = 0; i < 1'000; ++i) observe(ids, sign_in(random.below(1'000'000), kStart), now += Duration{90'000});
    ids.save(stored, false);
    ids.saved();
    Rows all;
    ids.save(all, true);
    REQUIRE(all.rows == stored.rows);
  }
}

TEST_CASE("hostile rows are refused or harmless", "[pipeline]") {
  constexpr std::uint64_t kIds = 3'000;
  Random random(7);
  RecentIds ids;
  for (std::uint64_t i = 0; i < kIds; ++i) observe(ids, sign_in(i, kStart), kStart);
  Rows rows;
  ids.save(rows, true);
  REQUIRE(rows.rows.size() > 4);  // the header and some pages
  std::size_t refused = 0;
  for (int i = 0; i < 300; ++i) {
    CAPTURE(i);
    auto harmed = rows.rows;
    const auto at = std::next(harmed.begin(), static_cast<std::ptrdiff_t>(random.below(harmed.size())));
    const bool header = at->first == "h";
    const std::size_t harm = at->second.size() / 16;  // rows that the harmed page can hold
    for (std::uint64_t n = random.below(4) + 1; n != 0; --n) at->second[random.below(at->second.size())] = static_cast<char>(random.below(256));
    if (random.chance(20)) at->second.resize(random.below(at->second.size() + 1));
    RecentIds victim;
    for (const auto& [key, bytes] : harmed) refused += victim.load(key, bytes) ? 0 : 1;

    CHECK(victim.rows() <= kIds + (std::size_t{127} * 32));  // no page holds more
    CHECK(victim.bytes() <= (std::size_t{64} << 20));
    Rows saved;
    victim.save(saved, true);
    RecentIds again;
    for (const auto& [key, bytes] : saved.rows) REQUIRE(again.load(key, bytes));
    CHECK(again.rows() == victim.rows());

    std::size_t wrong = 0;
    for (std::uint64_t n = 0; n < kIds; ++n) {
      const Sighting first = observe(victim, sign_in(n, kStart), kStart);
      wrong += first == Sighting::repeat ? 0 : 1;
      REQUIRE(observe(again, sign_in(n, kStart), kStart) == first);
      const Sighting second = observe(victim, sign_in(n, kStart), kStart);
      REQUIRE((second == Sighting::repeat || second == Sighting::older));  // what it has just seen it knows
    }
    if (!header) CHECK(wrong <= harm);  // ids of the other pages are answered as before
  }
  CHECK(refused > 0);
}

TEST_CASE("a table from before the epoch is refused: hours do not count backwards", "[pipeline]") {
  std::string header;
  ByteWriter w{header};
  w.u8(1);
  w.zigzag(std::numeric_limits<std::int64_t>::min());
  w.varint(1);
  w.varint(0);
  RecentIds ids;
  CHECK_FALSE(ids.load("h", header));
  CHECK(observe(ids, sign_in(1, kStart), kStart) == Sighting::fresh);
  CHECK(observe(ids, sign_in(1, kStart), kStart) == Sighting::repeat);
}

TEST_CASE("a remembered id costs at most 24 bytes, also over days of traffic", "[pipeline]") {
  RecentIds ids;
  Time now = kStart;
  std::uint64_t n = 0;
  for (int hour = 0; hour < 60; ++hour) {
    const int rate = 2'000 + 1'500 * (hour % 24 > 8 && hour % 24 < 18);
    for (int i = 0; i < rate; ++i) observe(ids, sign_in(++n * 0x9e3779b97f4a7c15ULL, kStart), now + Duration{i});
    now += std::chrono::hours{1};
    if (hour < 26) continue;
    CAPTURE(hour, ids.rows(), ids.bytes());
    CHECK(static_cast<double>(ids.bytes()) / static_cast<double>(ids.rows()) <= 24.0);
  }
  CHECK(ids.evictions() == 0);
}
