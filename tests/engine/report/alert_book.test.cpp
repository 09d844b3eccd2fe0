#include "engine/report/alert_book.h"

#include <catch2/catch.hpp>

#include "tests/engine/report/book_bench.h"

using namespace bartizan;
using namespace bartizan::test;

namespace {
const Rule kTravel = make_rule("unlikelyTravel");
const Rule kSpray = make_rule("passwordSpray");
const Rule kShadow = make_rule("unlikelyTravel", RuleMode::shadow);
const Entity kAna = make_entity(EntityType::user, "8c1d2e3f-4a5b-4c6d-8e7f-901a2b3c4d5e");
const Entity kBen = make_entity(EntityType::user, "0f9e8d7c-6b5a-4948-8372-61504f3e2d1c");
const Entity kAddress = make_entity(EntityType::ip, "198.51.100.23");

Finding campaign_finding(const std::string& event, Time at, std::uint64_t targets) {
  Finding f = make_finding(kAddress, event, at);
  f.campaign.emplace();
  f.campaign->targets_total = targets;
  return f;
}
}  // namespace

TEST_CASE("a first finding opens an alert with the id of its anchor", "[report]") {
  BookBench b;
  b.see(kTravel, make_finding(kAna, "e1", kStart));
  REQUIRE(b.out.alerts.size() == 1);
  const Alert& a = b.out.last();
  CHECK(a.id == alert_id(kTenant, "unlikelyTravel", EntityType::user, kAna.id, "e1"));
  CHECK(a.revision == 1);
  CHECK(a.state == AlertState::open);
  CHECK(a.detected_at == kStart);
  CHECK(a.last_updated == kStart);
  CHECK(a.confidence == 35);
  CHECK(a.count == 1);
  CHECK(a.evidence_total == 1);
  REQUIRE(a.risk);
  CHECK(a.risk->score_after == 100);
  CHECK(b.risk.asked == std::vector<std::string>{a.id});
  REQUIRE(a.labels.size() == 2);
  CHECK(a.labels[0].first == "area");
}

TEST_CASE("other news waits for 15 minutes since the last revision and is not lost", "[report]") {
  BookBench b;
  b.see(kTravel, make_finding(kAna, "e1", kStart));
  b.wait(5 * kMinute);
  b.see(kTravel, make_finding(kAna, "e2", b.now));
  b.wait(5 * kMinute);
  b.see(kTravel, make_finding(kAna, "e3", b.now));
  CHECK(b.out.alerts.size() == 1);
  b.wait(5 * kMinute);
  REQUIRE(b.out.alerts.size() == 2);
  const Alert& a = b.out.last();
  CHECK(a.revision == 2);
  CHECK(a.state == AlertState::updated);
  CHECK(a.count == 3);
  CHECK(a.evidence_total == 3);
  CHECK(a.detected_at == kStart);
  CHECK(a.last_updated == kStart + 15 * kMinute);
  // From before the first finding of this revision to after its last.
  CHECK(a.risk->score_before == 100);
  CHECK(a.risk->score_after == 300);
  b.wait(16 * kMinute);
  CHECK(b.out.alerts.size() == 2);
  b.see(kTravel, make_finding(kAna, "e4", b.now));
  CHECK(b.out.alerts.size() == 3);
  CHECK(b.out.last().risk->score_before == 300);
}

TEST_CASE("a graver severity is a revision at once and never falls again", "[report]") {
  BookBench b;
  b.see(kTravel, make_finding(kAna, "e1", kStart, Severity::medium));
  b.wait(kMinute);
  b.see(kTravel, make_finding(kAna, "e2", b.now, Severity::low));
  CHECK(b.out.alerts.size() == 1);
  b.see(kTravel, make_finding(kAna, "e3", b.now, Severity::high));
  REQUIRE(b.out.alerts.size() == 2);
  CHECK(b.out.last().severity == Severity::high);
  CHECK(b.out.last().count == 3);
  CHECK(b.out.last().title == "Something happened at e3.");
  b.wait(20 * kMinute);
  b.see(kTravel, make_finding(kAna, "e4", b.now, Severity::low));
  REQUIRE(b.out.alerts.size() == 3);
  CHECK(b.out.last().severity == Severity::high);
  CHECK(b.out.last().title == "Something happened at e3.");
  CHECK(b.out.last().evidence[0].event_id == "e1");
}

TEST_CASE("the counts 10, 100 and 1000 are revisions at once", "[report]") {
  BookBench b;
  for (int i = 1; i <= 1000; ++i) b.see(kTravel, make_finding(kAna, "e" + std::to_string(i), kStart + Duration{i}));
  std::vector<std::uint64_t> counts;
  for (const Alert& a : b.out.alerts) counts.push_back(a.count);
  CHECK(counts == std::vector<std::uint64_t>{1, 10, 100, 1000});
  CHECK(b.out.last().evidence_total == 1000);
  CHECK(b.out.last().evidence.size() == 20);
}

TEST_CASE("an alert closes when the watermark has passed its window, with everything that waited", "[report]") {
  BookBench b;
  b.see(kTravel, make_finding(kAna, "e1", kStart));
  b.wait(kMinute);
  b.see(kTravel, make_finding(kAna, "e2", kStart + kHour));
  b.watermark = kStart + 7 * kHour;  // last_seen + window: not yet passed
  b.now = kStart + 2 * kMinute;
  CHECK_FALSE(b.book.due(b.now, b.watermark));
  b.watermark += Duration{1};
  REQUIRE(b.book.due(b.now, b.watermark));
  CHECK(b.book.advance(b.now, b.watermark, 10, b.out) == 1);
  REQUIRE(b.out.alerts.size() == 2);
  CHECK(b.out.last().state == AlertState::closed);
  CHECK(b.out.last().count == 2);
  CHECK(b.out.last().risk->score_before == 100);
  CHECK(b.out.last().risk->score_after == 200);

  b.see(kTravel, make_finding(kAna, "e3", kStart + kHour));
  CHECK(b.out.alerts.size() == 3);
  CHECK(b.out.last().revision == 1);
  CHECK(b.out.last().id != b.out.alerts[0].id);
}

TEST_CASE("a closing revision without news says that the risk did not move", "[report]") {
  BookBench b;
  b.see(kTravel, make_finding(kAna, "e1", kStart));
  b.wait(7 * kHour);
  REQUIRE(b.out.alerts.size() == 2);
  CHECK(b.out.last().state == AlertState::closed);
  CHECK(b.out.last().risk->score_before == 100);
  CHECK(b.out.last().risk->score_after == 100);
}

TEST_CASE("an anchor that has opened an alert opens no second one", "[report]") {
  BookBench b;
  b.see(kTravel, make_finding(kAna, "e1", kStart));
  b.wait(7 * kHour);
  b.see(kTravel, make_finding(kAna, "e1", kStart));
  CHECK(b.out.alerts.size() == 2);
  CHECK(b.book.repeats_total() == 1);
  Finding f = make_finding(kAna, "e1", kStart);
  f.evidence.push_back(make_evidence("e0", kStart - kHour));
  b.see(kTravel, std::move(f));
  REQUIRE(b.out.alerts.size() == 3);
  CHECK(b.out.last().evidence[0].event_id == "e0");
  CHECK(b.out.last().id == alert_id(kTenant, "unlikelyTravel", EntityType::user, kAna.id, "e0"));
}

TEST_CASE("hidden findings form an alert of their own without risk; the rest reaches alerts", "[report]") {
  BookBench b;
  Finding hidden = make_finding(kAna, "e1", kStart);
  hidden.suppression = Suppression::exception;
  hidden.suppressed_by = "lab-network";
  b.see(kTravel, hidden);
  REQUIRE(b.out.alerts.size() == 1);
  CHECK(b.out.last().state == AlertState::suppressed);
  CHECK(b.out.last().suppression == Suppression::exception);
  CHECK(b.out.last().suppressed_by == "lab-network");
  CHECK_FALSE(b.out.last().risk);
  CHECK(b.risk.asked.empty());
  // The same event, not hidden: another topic, so the same id stands there once too.
  b.see(kTravel, make_finding(kAna, "e1", kStart));
  REQUIRE(b.out.alerts.size() == 2);
  CHECK(b.out.last().state == AlertState::open);
  CHECK(b.out.last().revision == 1);
  b.wait(kMinute);
  hidden.evidence[0].event_id = "e2";
  hidden.suppression = Suppression::learning;
  hidden.suppressed_by.clear();
  hidden.severity = Severity::high;
  b.see(kTravel, hidden);
  CHECK(b.out.last().state == AlertState::suppressed);
  CHECK(b.out.last().revision == 2);
  CHECK(b.out.last().suppression == Suppression::learning);
  b.wait(8 * kHour);
  REQUIRE(b.out.alerts.size() == 5);
  for (std::size_t i = 3; i < 5; ++i) CHECK(b.out.alerts[i].state == AlertState::closed);
  CHECK(b.book.suppressed_total(Suppression::exception) == 1);
  CHECK(b.book.suppressed_total(Suppression::learning) == 1);
}

TEST_CASE("shadow rules get no risk, addresses neither", "[report]") {
  BookBench b;
  b.see(kShadow, make_finding(kAna, "e1", kStart));
  b.see(kSpray, campaign_finding("e2", kStart, 9));
  CHECK(b.risk.asked.empty());
  CHECK(b.out.alerts[0].state == AlertState::open);
  CHECK_FALSE(b.out.alerts[0].risk);
  CHECK_FALSE(b.out.alerts[1].risk);
}

TEST_CASE("beyond the budget new alerts are hidden; rises, merges, campaigns and high severity are not", "[report]") {
  BookBench b;
  b.settings->settings.alerts_per_hour_max = 3;
  const auto user = [](int i) { return make_entity(EntityType::user, "user" + std::to_string(i) + "@example.com"); };
  const auto see = [&](int i, const std::string& event, Severity severity = Severity::medium) {
    b.see(kTravel, make_finding(user(i), event, b.now, severity));
  };
  for (int i = 0; i < 5; ++i) see(i, "e" + std::to_string(i));
  REQUIRE(b.out.alerts.size() == 5);
  CHECK(b.out.alerts[2].state == AlertState::open);
  CHECK(b.out.alerts[3].state == AlertState::suppressed);
  CHECK(b.out.alerts[4].suppression == Suppression::cap);
  CHECK(b.book.suppressed_total(Suppression::cap) == 2);
  CHECK(b.risk.asked.size() == 3);
  see(3, "e9");  // merges into the hidden one and waits
  CHECK(b.out.alerts.size() == 5);
  see(0, "f0", Severity::high);  // a rise
  CHECK(b.out.last().revision == 2);
  CHECK(b.out.last().state == AlertState::updated);
  see(6, "e6", Severity::high);  // may be the one that matters
  CHECK(b.out.last().state == AlertState::open);
  b.see(kTravel, campaign_finding("e7", b.now, 10));
  CHECK(b.out.last().state == AlertState::open);
  b.wait(20 * kMinute);  // one token of three an hour
  see(7, "e17");
  CHECK(b.out.last().state == AlertState::open);
  see(8, "e18");
  CHECK(b.out.last().state == AlertState::suppressed);
}

TEST_CASE("victims and campaign point at each other", "[report]") {
  BookBench b;
  b.see(kSpray, campaign_finding("e1", kStart, 9));
  const std::string campaign = b.out.last().id;
  CHECK(b.out.last().campaign_id == campaign);
  Finding victim = make_finding(kBen, "e2", kStart, Severity::high);
  victim.campaign_entity = kAddress;
  b.see(kSpray, victim);
  REQUIRE(b.out.alerts.size() == 2);
  CHECK(b.out.last().campaign_id == campaign);
  REQUIRE(b.out.last().related.size() == 1);
  CHECK(b.out.last().related[0].alert_id == campaign);
  CHECK(b.out.last().related[0].reason == "campaign");
  const std::string victim_id = b.out.last().id;
  b.wait(15 * kMinute);  // the campaign's news
  REQUIRE(b.out.alerts.size() == 3);
  CHECK(b.out.last().id == campaign);
  REQUIRE(b.out.last().related.size() == 1);
  CHECK(b.out.last().related[0].alert_id == victim_id);
  CHECK(b.out.last().related[0].reason == "victim");
  CHECK(b.out.last().count == 1);
  // A hidden victim knows its campaign, the campaign does not speak of it.
  Finding quiet = make_finding(kAna, "e3", b.now);
  quiet.campaign_entity = kAddress;
  quiet.suppression = Suppression::learning;
  b.see(kSpray, quiet);
  CHECK(b.out.last().campaign_id == campaign);
  b.wait(20 * kMinute);
  CHECK(b.out.alerts.size() == 4);
  // Without an open campaign there is nothing to point at.
  Finding alone = make_finding(kAna, "e4", b.now);
  alone.campaign_entity = make_entity(EntityType::ip, "203.0.113.9");
  b.see(kSpray, alone);
  CHECK(b.out.last().campaign_id.empty());
  CHECK(b.out.last().related.empty());
}

TEST_CASE("campaigns of one entity that a detector tells apart are alerts of their own, and keep their victims", "[report]") {
  BookBench b;
  const auto campaign = [&](const std::string& event, std::uint64_t thread) {
    Finding f = campaign_finding(event, b.now, 9);
    f.campaign_thread = thread;
    return f;
  };
  b.see(kSpray, campaign("e1", 7));
  const std::string first = b.out.last().id;
  b.see(kSpray, campaign("e2", 8));
  const std::string second = b.out.last().id;
  CHECK(b.out.last().state == AlertState::open);
  CHECK(first == alert_id(kTenant, "passwordSpray", kAddress.type, kAddress.id, "e1"));
  CHECK(second == alert_id(kTenant, "passwordSpray", kAddress.type, kAddress.id, "e2"));
  Finding victim = make_finding(kBen, "e3", b.now, Severity::high);
  victim.campaign_entity = kAddress;
  victim.campaign_thread = 8;
  b.see(kSpray, victim);
  CHECK(b.out.last().campaign_id == second);

  RowMap rows;
  b.book.save(rows, true);
  BookBench loaded;
  loaded.now = b.now;
  for (const auto& [key, bytes] : rows.rows) REQUIRE(loaded.book.load(key, bytes));
  RowMap again;
  loaded.book.save(again, true);
  CHECK(again.rows == rows.rows);
  loaded.now += 20 * kMinute;
  loaded.see(kSpray, campaign("e4", 7));
  CHECK(loaded.out.last().id == first);
  CHECK(loaded.out.last().revision == 2);
  Finding other = make_finding(kAna, "e5", b.now, Severity::high);  // of no thread: neither of the two
  other.campaign_entity = kAddress;
  loaded.see(kSpray, other);
  CHECK(loaded.out.last().campaign_id.empty());
}

TEST_CASE("a changed rule raises nothing by itself; its next finding brings the new version", "[report]") {
  BookBench b;
  b.see(kTravel, make_finding(kAna, "e1", kStart));
  auto changed = std::make_shared<RuleSet>();
  changed->bundle_hash = std::string(64, 'c');
  b.book.set_rules(changed);
  b.wait(kHour);
  CHECK(b.out.alerts.size() == 1);
  Rule newer = kTravel;
  newer.alert.version = 2;
  newer.alert.hash = std::string(64, 'd');
  b.see(newer, make_finding(kAna, "e2", b.now));
  REQUIRE(b.out.alerts.size() == 2);
  CHECK(b.out.last().rule.version == 2);
  CHECK(b.out.last().id == b.out.alerts[0].id);
}

TEST_CASE("the table of open alerts is bounded; hidden ones take half of it at most", "[report]") {
  BookBench b;
  b.settings->settings.open_alerts_max = 10;
  for (int i = 0; i < 8; ++i) {
    Finding f = make_finding(make_entity(EntityType::user, "user" + std::to_string(i) + "@example.com"), "e" + std::to_string(i), kStart);
    f.suppression = Suppression::learning;
    b.see(kTravel, std::move(f));
  }
  CHECK(b.out.alerts.size() == 5);
  CHECK(b.book.suppressed_total(Suppression::cap) == 3);
  for (int i = 0; i < 8; ++i) {
    b.see(kSpray, make_finding(make_entity(EntityType::user, "user" + std::to_string(i) + "@example.com"), "f" + std::to_string(i), kStart));
  }
  CHECK(b.out.alerts.size() == 10);
  CHECK(b.book.suppressed_total(Suppression::cap) == 6);
  CHECK(b.risk.asked.size() == 5);
}

TEST_CASE("closings and news run in order and within their limit", "[report]") {
  BookBench b;
  for (int i = 0; i < 10; ++i) {
    b.see(kTravel, make_finding(make_entity(EntityType::user, "user" + std::to_string(i) + "@example.com"), "e" + std::to_string(i),
                                kStart + Duration{i % 3}));
  }
  b.out.alerts.clear();
  b.now += 8 * kHour;
  b.watermark = b.now;
  CHECK(b.book.advance(b.now, b.watermark, 4, b.out) == 4);
  CHECK(b.book.due(b.now, b.watermark));
  CHECK(b.book.advance(b.now, b.watermark, 100, b.out) == 6);
  CHECK_FALSE(b.book.due(b.now, b.watermark));
  REQUIRE(b.out.alerts.size() == 10);
  for (std::size_t i = 1; i < 10; ++i) {
    const Alert &x = b.out.alerts[i - 1], &y = b.out.alerts[i];
    CHECK(std::pair{x.last_seen, x.id} < std::pair{y.last_seen, y.id});
  }
}
