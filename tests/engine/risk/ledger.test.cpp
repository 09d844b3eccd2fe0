#include "engine/risk/ledger.h"

#include <catch2/catch.hpp>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "engine/risk/entity_row.h"
#include "tests/engine/risk/ledger_bench.h"

using namespace bartizan;
using namespace bartizan::test;

namespace {
const Rule kTravel = make_rule("unlikelyTravel", "travel");
const Rule kCountry = make_rule("newCountry", "properties");
const Rule kMfa = make_rule("mfaFatigue", "mfa");
const Entity kAna = make_entity(EntityType::user, "8c1d2e3f-4a5b-4c6d-8e7f-901a2b3c4d5e");
}  // namespace

TEST_CASE("a finding raises its entity and says what it did", "[risk]") {
  LedgerBench b;
  const RiskEffect effect = b.find(kTravel, kAna, 0.35);
  CHECK(effect.score_before == 0);
  CHECK(effect.score_after == 350);
  CHECK(effect.level_after == RiskLevel::low);
  REQUIRE(effect.contributions.size() == 1);
  CHECK(effect.contributions[0].expires == kStart + 21 * kDay);
  REQUIRE(b.out.entities.size() == 1);
  const RiskyEntity& row = b.out.last();
  CHECK(row.revision == 1);
  CHECK(row.state == RiskState::at_risk);
  CHECK(row.event_time == kStart - kMinute);
  CHECK(row.last_updated == kStart);
  REQUIRE(row.history.size() == 1);
  CHECK(row.history[0].risk_event_types == std::vector<std::string>{"unlikelyTravel"});
  CHECK(b.out.facts == std::vector<RiskLevel>{RiskLevel::low});
  CHECK(b.ledger.level(EntityType::user, Id::from(kAna.id)) == RiskLevel::low);
  CHECK(b.ledger.risky_count(EntityType::user)[0] == 1);
}

TEST_CASE("privileged identities count for more, named by id or user principal name in any case", "[risk]") {
  Entity bo = make_entity(EntityType::user, "b0");
  bo.user_principal_name = "bo@example.com";
  auto rules = std::make_shared<RuleSet>(*make_rules());
  rules->settings.privileged = {"8C1D2E3F-4A5B-4C6D-8E7F-901A2B3C4D5E", "Bo@example.com"};
  LedgerBench b;
  b.ledger.set_rules(rules);
  CHECK(b.find(kTravel, kAna, 0.35).score_after == 416);  // 1 - 0.65^1.25
  CHECK(b.find(kTravel, bo, 0.35).score_after == 416);
  CHECK(b.find(kTravel, make_entity(EntityType::user, "c0"), 0.35).score_after == 350);
}

TEST_CASE("levels are decided on the rounded score", "[risk]") {
  const std::pair<double, RiskLevel> table[] = {{0.0994, RiskLevel::none}, {0.0996, RiskLevel::low}, {0.3994, RiskLevel::low},
                                                {0.3996, RiskLevel::medium}, {0.7994, RiskLevel::medium}, {0.7996, RiskLevel::high}};
  for (const auto& [q, level] : table) {
    LedgerBench b;
    CHECK(b.find(kTravel, kAna, q).level_after == level);
    CHECK(b.out.entities.size() == (level == RiskLevel::none ? 0 : 1));
  }
}

TEST_CASE("the rule's default confidence counts where a finding brings none; informational raises nothing", "[risk]") {
  LedgerBench b;
  CHECK(b.find(kTravel, kAna, 0, "A1", nullptr, true, Severity::informational).score_after == 0);
  CHECK(b.ledger.rows() == 0);
  CHECK(b.find(kTravel, kAna, 0, "A1", nullptr, true, Severity::medium).score_after == 150);
  CHECK(b.find(kTravel, kAna, 0, "A1", nullptr, true, Severity::critical).score_after == 350);
}

TEST_CASE("addresses and the tenant carry no risk", "[risk]") {
  LedgerBench b;
  b.find(kTravel, make_entity(EntityType::ip, "198.51.100.7"), 0.9);
  b.find(kTravel, make_entity(EntityType::tenant, kTenant), 0.9);
  CHECK(b.ledger.rows() == 0);
  CHECK(b.out.order.empty());
}

TEST_CASE("a level falls one step after 24 hours below 0.8 of its threshold, not before", "[risk]") {
  LedgerBench b;
  b.find(kTravel, kAna, 0.9);
  const auto level = [&] { return b.ledger.level(EntityType::user, Id::from(kAna.id)); };
  // -ln(0.1) 2^-(t/3d) = -ln(0.36) at t = 3.517 d: below 64 points from there on.
  b.wait(4 * kDay + 12 * kHour);
  CHECK(level() == RiskLevel::high);
  b.wait(kHour);
  CHECK(level() == RiskLevel::medium);
  CHECK(b.out.last().history.back().level == RiskLevel::medium);
  CHECK(b.out.last().history.back().risk_event_types.empty());
  // Below 32 points from 7.734 d on, below 8 from 14.361 d on.
  b.wait(4 * kDay + 4 * kHour);
  CHECK(level() == RiskLevel::medium);
  b.wait(kHour);
  CHECK(level() == RiskLevel::low);
  b.wait(6 * kDay + 14 * kHour);
  CHECK(level() == RiskLevel::low);
  b.wait(2 * kHour);
  CHECK(level() == RiskLevel::none);
  CHECK(b.out.last().state == RiskState::none);
  CHECK(b.out.last().detail == RiskDetail::none);
}

TEST_CASE("a finding that lifts the score above 0.8 of the threshold starts the 24 hours again", "[risk]") {
  LedgerBench b;
  b.find(kTravel, kAna, 0.9);
  b.wait(4 * kDay);  // below 64 points since 3.517 d
  b.find(kCountry, kAna, 0.3, "A2");
  b.wait(14 * kHour);  // 4.58 d: would have fallen at 4.517 d
  CHECK(b.ledger.level(EntityType::user, Id::from(kAna.id)) == RiskLevel::high);
}

TEST_CASE("a finding that leaves the score below keeps the 24 hours running", "[risk]") {
  LedgerBench b;
  b.find(kTravel, kAna, 0.9);
  b.wait(4 * kDay);
  b.find(kCountry, kAna, 0.01, "A2");
  b.wait(14 * kHour);
  CHECK(b.ledger.level(EntityType::user, Id::from(kAna.id)) == RiskLevel::medium);
}

TEST_CASE("falls happen at their times however late the clock is looked at", "[risk]") {
  LedgerBench often, once;
  often.find(kTravel, kAna, 0.9);
  once.find(kTravel, kAna, 0.9);
  often.wait(9 * kDay, kHour);
  once.wait(9 * kDay, 9 * kDay);
  CHECK(often.ledger.level(EntityType::user, Id::from(kAna.id)) == once.ledger.level(EntityType::user, Id::from(kAna.id)));
  CHECK(once.out.last().level == RiskLevel::low);
  const RiskEffect a = often.find(kTravel, kAna, 0, "A9", nullptr, true, Severity::informational);
  const RiskEffect c = once.find(kTravel, kAna, 0, "A9", nullptr, true, Severity::informational);
  CHECK(a.score_before == c.score_before);
  CHECK(once.out.entities.size() == 2);  // one revision for two falls in one step
}

TEST_CASE("a moved score is news at most every 15 minutes, at once when a rule is new", "[risk]") {
  LedgerBench b;
  b.find(kTravel, kAna, 0.2);
  b.wait(5 * kMinute, kMinute);
  b.find(kTravel, kAna, 0.25);
  CHECK(b.out.entities.size() == 1);
  b.wait(9 * kMinute, kMinute);
  CHECK(b.out.entities.size() == 1);
  b.wait(kMinute, kMinute);
  REQUIRE(b.out.entities.size() == 2);
  CHECK(b.out.last().score == 250);
  CHECK(b.out.last().last_updated == kStart + 15 * kMinute);
  CHECK(b.out.last().event_time == b.out.last().last_updated);
  CHECK(b.out.last().history.size() == 1);
  b.find(kCountry, kAna, 0.02, "A2");
  CHECK(b.out.entities.size() == 3);
}

TEST_CASE("decay is written when the score has moved by a point", "[risk]") {
  LedgerBench b;
  b.find(kTravel, kAna, 0.35);
  b.wait(3 * kDay, kMinute);
  for (std::size_t i = 1; i < b.out.entities.size(); ++i) {
    const RiskyEntity &before = b.out.entities[i - 1], &after = b.out.entities[i];
    CHECK(after.last_updated - before.last_updated >= risk::kMoveEvery);
    CHECK(before.score - after.score == 10);
    CHECK(after.revision == before.revision + 1);
  }
  CHECK(b.out.entities.size() == 16);  // 35.0 to 19.4 in one half-life
}

TEST_CASE("a row ends 90 days after its last change, and a later one starts at revision 1", "[risk]") {
  LedgerBench b;
  b.find(kTravel, kAna, 0.12);
  b.wait(30 * kDay, kHour);
  const Time last = b.out.last().last_updated;
  CHECK(b.out.last().level == RiskLevel::none);
  b.wait(last + 90 * kDay - b.now - kHour, kHour);
  CHECK(b.out.gone.empty());
  b.wait(2 * kHour, kHour);
  CHECK(b.out.gone == std::vector<std::string>{kAna.id});
  CHECK(b.ledger.rows() == 0);
  CHECK(b.ledger.bytes() == 0);
  b.find(kTravel, kAna, 0.12, "A9");
  CHECK(b.out.last().revision == 1);
  CHECK(b.out.last().history.size() == 1);
}

TEST_CASE("a finding that meets an overdue end writes the tombstone before the new row", "[risk]") {
  LedgerBench b;
  b.find(kTravel, kAna, 0.12);
  b.wait(30 * kDay, kHour);
  b.now += 100 * kDay;
  b.out.order.clear();
  b.find(kTravel, kAna, 0.5, "A9");
  REQUIRE(b.out.order.size() == 3);
  CHECK(b.out.order[0] == "gone " + kAna.id);
  CHECK(b.out.order[1] == "entity " + kAna.id + ":1");
}

TEST_CASE("risk too small for a row is kept silently and forgotten when it has expired", "[risk]") {
  LedgerBench b;
  b.find(kTravel, kAna, 0.05);
  CHECK(b.ledger.rows() == 1);
  CHECK(b.out.order.empty());
  b.wait(22 * kDay, kDay);
  CHECK(b.ledger.rows() == 0);
  CHECK(b.out.order.empty());
}

TEST_CASE("a pinned finding keeps its risk until a verdict", "[risk]") {
  LedgerBench b;
  b.find(kTravel, kAna, 0.85, "A1", nullptr, true, Severity::high, true);
  CHECK_FALSE(b.out.last().contributions[0].expires);
  b.wait(400 * kDay, kDay);
  CHECK(b.out.entities.size() == 1);
  CHECK(b.ledger.level(EntityType::user, Id::from(kAna.id)) == RiskLevel::high);
}

TEST_CASE("contributions are bounded and those written explain the score", "[risk]") {
  LedgerBench b;
  Random random{7};
  const Rule rules[] = {kTravel, kCountry, kMfa};
  for (int i = 0; i < 60; ++i) {
    const RiskEffect effect = b.find(rules[random.below(3)], kAna, 0.01 + static_cast<double>(random.below(30)) / 100,
                                     "A" + std::to_string(i));
    REQUIRE(effect.contributions.size() <= risk::kContributionsMax);
    // Recomputed from what is written: each alone-score is rounded to 0.1 points.
    std::map<std::string, std::pair<double, double>> families;
    for (const Contribution& c : effect.contributions) {
      const double e = -std::log(1 - c.score / 1000.0);
      families[c.family].first += e;
      families[c.family].second = std::max(families[c.family].second, e);
    }
    double sum = 0;
    for (const auto& [name, f] : families) sum += std::min(f.first, 2 * f.second);
    if (families.size() >= 3) sum *= 1.3;
    REQUIRE(std::abs(1000 * (1 - std::exp(-sum)) - effect.score_after) <= 0.5 + 0.5 * static_cast<double>(effect.contributions.size()));
    b.wait(7 * kMinute, kMinute);
  }
  CHECK(b.ledger.evictions() > 0);
}

TEST_CASE("findings of one moment give one row in any order", "[risk]") {
  std::vector<const Rule*> rules{&kTravel, &kCountry, &kMfa};
  std::sort(rules.begin(), rules.end());
  std::vector<ScoreTenths> scores;
  do {
    LedgerBench b;
    for (const Rule* r : rules) {
      Finding f;
      f.entity = kAna;
      f.confidence = r == &kTravel ? 0.31 : r == &kCountry ? 0.22 : 0.43;
      LedgerFinding lf;
      lf.rule = r;
      lf.finding = &f;
      lf.alert_id = r->alert.id;
      b.ledger.apply(lf, b.now, b.now);
    }
    b.ledger.flush(b.out);
    REQUIRE(b.out.entities.size() == 1);
    CHECK(b.out.last().revision == 1);
    CHECK(b.out.last().history[0].risk_event_types.size() == 3);
    scores.push_back(b.out.last().score);
  } while (std::next_permutation(rules.begin(), rules.end()));
  CHECK(std::set<ScoreTenths>(scores.begin(), scores.end()).size() == 1);
}

TEST_CASE("timers are bounded per call and the rest is carried over", "[risk]") {
  LedgerBench b;
  for (int i = 0; i < 10; ++i) b.find(kTravel, make_entity(EntityType::user, "user" + std::to_string(i) + "@example.com"), 0.5);
  b.now += 30 * kDay;
  CHECK(b.ledger.advance(b.now, 4) == 4);
  CHECK(b.ledger.next_due() <= b.now);
  CHECK(b.ledger.advance(b.now, 100) == 6);
  CHECK(b.ledger.next_due() > b.now);
}
