#include <catch2/catch.hpp>

#include <set>
#include <sstream>

#include "engine/codec/output_writer.h"
#include "engine/report/alert_book.h"
#include "engine/report/alert_codec.h"
#include "tests/engine/report/book_bench.h"
#include "tests/support/json_schema.h"

using namespace bartizan;
using namespace bartizan::test;

namespace {

/// What leaves the engine, byte for byte.
struct Lines : AlertSink {
  std::string text;
  std::vector<Alert> alerts;
  void alert(const Alert& a) override {
    const OutputRecord r = write_alert(a);
    text += std::string{topic_name(r.topic)} + ' ' + r.value + '\n';
    alerts.push_back(a);
  }
};

struct World {
  std::shared_ptr<RuleSet> settings = std::make_shared<RuleSet>();
  std::unique_ptr<AlertBook> book;
  TenPoints risk;
  Lines out;
  Time now = kStart, watermark = kStart;
  std::uint64_t event = 0;

  World() {
    settings->settings.alerts_per_hour_max = 6;
    settings->settings.open_alerts_max = 30;
    book = std::make_unique<AlertBook>(kTenant, settings);
  }
};

const Rule kRules[] = {make_rule("unlikelyTravel"), make_rule("passwordSpray"), make_rule("newCountry", RuleMode::shadow)};

Finding random_finding(Random& random, World& w) {
  const bool on_address = random.below(5) == 0;
  const std::uint64_t who = random.below(7);
  Finding f = make_finding(on_address ? make_entity(EntityType::ip, "198.51.100." + std::to_string(who % 3))
                                      : make_entity(static_cast<EntityType>(random.below(4)), "user" + std::to_string(who) + "@example.com"),
                           "e" + std::to_string(random.below(9) == 0 ? w.event : ++w.event),
                           w.watermark + Duration{static_cast<std::int64_t>(random.below(3'600'000))},
                           static_cast<Severity>(random.below(8) == 0 ? 3 + random.below(2) : random.below(3)));
  for (std::uint64_t i = random.below(4); i > 0; --i) {
    f.evidence.push_back(make_evidence("x" + std::to_string(random.below(400)), w.watermark - Duration{static_cast<std::int64_t>(random.below(7'200'000))},
                                       "203.0.113." + std::to_string(random.below(20))));
  }
  f.evidence.back().fields.emplace_back("attempts", static_cast<double>(random.below(100)));
  if (random.below(3) == 0) f.why.push_back(Check{"country", std::string{"SG"}, CheckOp::not_in, std::vector<CheckScalar>{std::string{"PT"}, std::string{"ES"}}, "", CheckValue{std::string{"PT"}}, true});
  if (on_address) {
    f.campaign.emplace();
    f.campaign->targets_total = 1 + random.below(50);
    f.campaign->targets = {CampaignTarget{make_entity(EntityType::user, "user1@example.com"), true}};
  } else if (random.below(3) == 0) {
    f.campaign_entity = make_entity(EntityType::ip, "198.51.100." + std::to_string(random.below(3)));
  }
  if (random.below(4) == 0) {
    f.suppression = random.below(2) == 0 ? Suppression::learning : Suppression::exception;
    if (f.suppression == Suppression::exception) f.suppressed_by = "lab";
  }
  return f;
}

void random_step(Random& random, World& w) {
  switch (random.below(6)) {
    case 0: case 1: case 2: {
      const Rule& rule = kRules[random.below(3)];
      Finding f = random_finding(random, w);
      w.book->observe(rule, std::move(f), w.now, w.risk, w.out);
      break;
    }
    case 3: w.now += Duration{static_cast<std::int64_t>(random.below(20 * 60'000))}; break;
    case 4: w.watermark += Duration{static_cast<std::int64_t>(random.below(random.below(12) == 0 ? 12 * 3'600'000 : 30 * 60'000))}; break;
    default:
      if (w.book->due(w.now, w.watermark)) w.book->advance(w.now, w.watermark, 1 + random.below(4), w.out);
      break;
  }
}

}  // namespace

TEST_CASE("a book loaded from its rows goes on byte for byte, and dirty rows add up to a full save", "[report]") {
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    INFO("seed " << seed);
    World kept, moved;
    Random a{seed}, b{seed}, cuts{seed * 77};
    RowMap rows;
    for (int step = 0; step < 400; ++step) {
      random_step(a, kept);
      random_step(b, moved);
      if (cuts.below(15) != 0) continue;
      if (cuts.below(3) != 0) {
        moved.book->save(rows, false);
        if (cuts.below(4) != 0) moved.book->saved();
      }
      RowMap full_a, full_b;
      kept.book->save(full_a, true);
      moved.book->save(full_b, true);
      REQUIRE(full_a.rows == full_b.rows);
      if (cuts.below(2) == 0) {
        moved.book->save(rows, false);
        moved.book->saved();
        REQUIRE(rows.rows == full_b.rows);
        moved.book = std::make_unique<AlertBook>(kTenant, moved.settings);
        for (const auto& [key, bytes] : rows.rows) REQUIRE(moved.book->load(key, bytes));
        REQUIRE(moved.book->bytes() == kept.book->bytes());
        REQUIRE(moved.book->rows() == kept.book->rows());
        RowMap nothing;
        moved.book->save(nothing, false);
        REQUIRE(nothing.rows.empty());
      }
      REQUIRE(kept.out.text == moved.out.text);
    }
    REQUIRE(kept.out.text == moved.out.text);
  }
}

TEST_CASE("every revision is valid, stands once on its topic and keeps the promises of an alert", "[report]") {
  for (std::uint64_t seed = 300; seed < 306; ++seed) {
    INFO("seed " << seed);
    World w;
    Random random{seed};
    for (int step = 0; step < 500; ++step) random_step(random, w);
    std::map<std::pair<std::string, std::string>, Alert> last;
    for (const Alert& a : w.out.alerts) {
      const OutputRecord r = write_alert(a);
      require_valid(r.value);
      const bool hidden = a.suppression != Suppression::none || a.rule.mode == RuleMode::shadow;
      REQUIRE(r.topic == (hidden ? Topic::alerts_shadow : Topic::alerts));
      REQUIRE(a.id == alert_id(kTenant, a.rule.id, a.entity.type, a.entity.id, a.evidence[0].event_id));
      const auto name = std::pair{std::string{topic_name(r.topic)}, a.id};
      const auto before = last.find(name);
      if (before == last.end()) {
        REQUIRE(a.revision == 1);
      } else {
        const Alert& p = before->second;
        REQUIRE(a.revision == p.revision + 1);
        REQUIRE(p.state != AlertState::closed);
        REQUIRE(a.severity >= p.severity);
        REQUIRE(a.count >= p.count);
        REQUIRE(a.evidence_total >= p.evidence_total);
        REQUIRE(a.detected_at == p.detected_at);
        REQUIRE(a.first_seen <= p.first_seen);
        REQUIRE(a.last_seen >= p.last_seen);
      }
      last.insert_or_assign(name, a);
    }
    CHECK(last.size() > 20);
  }
}

TEST_CASE("rows of another version, cut rows and rows under a wrong key are refused", "[report]") {
  World w;
  Random random{5};
  for (int step = 0; step < 60; ++step) random_step(random, w);
  RowMap rows;
  w.book->save(rows, true);
  std::set<char> kinds;
  for (const auto& [key, bytes] : rows.rows) {
    kinds.insert(key[0]);
    AlertBook fresh{kTenant, w.settings};
    std::string other = bytes;
    other[0] = 2;
    CHECK_FALSE(fresh.load(key, other));
    for (std::size_t n = 0; n < bytes.size(); ++n) REQUIRE_FALSE(fresh.load(key, std::string_view{bytes}.substr(0, n)));
    CHECK_FALSE(fresh.load(key, bytes + "x"));
    CHECK(fresh.rows() == 0);
    CHECK(fresh.load(key, bytes));
  }
  CHECK(kinds == std::set<char>{'a', 'b', 'z'});
}

TEST_CASE("a row stays below its bound however large its evidence", "[report]") {
  World w;
  Finding f = make_finding(make_entity(EntityType::user, "u"), "anchor", kStart);
  for (int i = 0; i < 19; ++i) {
    Evidence e = make_evidence("e" + std::to_string(i), kStart + Duration{i});
    e.user_agent = std::string(1024, 'x');
    for (int j = 0; j < 32; ++j) e.fields.emplace_back("field" + std::to_string(j), std::string(200, 'y'));
    f.evidence.push_back(std::move(e));
  }
  for (int i = 0; i < 15; ++i) f.why.push_back(Check{std::string(128, 'c'), std::vector<CheckScalar>(16, CheckScalar{std::string(256, 'z')}), CheckOp::in, std::string(512, 'l'), "", std::nullopt, true});
  w.book->observe(kRules[0], std::move(f), w.now, w.risk, w.out);
  RowMap rows;
  w.book->save(rows, true);
  for (const auto& [key, bytes] : rows.rows) CHECK(bytes.size() <= kStateRowBytesMax);
}
