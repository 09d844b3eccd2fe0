#include <catch2/catch.hpp>

#include <map>
#include <sstream>

#include "engine/risk/ledger.h"
#include "tests/engine/risk/ledger_bench.h"

using namespace bartizan;
using namespace bartizan::test;

namespace {

/// Everything a row says, as text.
struct Transcript : RiskSink {
  std::ostringstream text;
  void risky_entity(const RiskyEntity& r) override {
    text << "E " << to_word(r.entity.type) << '/' << r.entity.id << ' ' << r.revision << ' ' << to_word(r.level) << ' ' << to_word(r.state) << ' ' << to_word(r.detail)
         << ' ' << r.score << ' ' << to_ms(r.event_time) << ' ' << to_ms(r.last_updated);
    for (const Contribution& c : r.contributions) {
      text << " [" << c.rule_id << ' ' << c.family << ' ' << c.score << ' ' << to_ms(c.at) << ' '
           << (c.expires ? to_ms(*c.expires) : 0) << ' ' << c.alert_id << ']';
    }
    for (const RiskHistoryItem& h : r.history) {
      text << " (" << h.revision << ' ' << to_ms(h.at) << ' ' << to_word(h.level) << ' ' << h.score << ' ' << h.by;
      for (const std::string& rule : h.risk_event_types) text << ' ' << rule;
      text << ')';
    }
    if (r.verdict) text << " V " << r.verdict->command_id;
    text << '\n';
    law(r.level, r.state);
  }
  void risky_entity_gone(std::string_view, EntityType type, std::string_view id) override {
    text << "G " << to_word(type) << '/' << id << " 0\n";
  }
  void risky_sign_in(const RiskySignIn& r) override {
    text << "S " << r.sign_in.id << ' ' << r.revision << ' ' << r.entity.id << ' ' << to_word(r.level_aggregated) << ' '
         << to_word(r.level_during_sign_in) << ' ' << to_word(r.state) << ' ' << to_word(r.detail) << ' ' << r.score << ' '
         << to_ms(r.last_updated) << ' ' << r.sign_in.asn;
    for (const SignInDetection& d : r.detections) text << " [" << d.alert_id << ' ' << d.rule_id << ' ' << to_ms(d.at) << ']';
    text << '\n';
    law(r.level_aggregated, r.state);
  }
  void risky_sign_in_gone(std::string_view, std::string_view id) override { text << "G " << id << " 0\n"; }
  void fact(const Fact& f) override { text << "F " << f.id.str() << ' ' << to_word(f.level) << '\n'; }
  void law(RiskLevel level, RiskState state) const {
    if (state == RiskState::at_risk) REQUIRE(level != RiskLevel::none);
    else if (state == RiskState::confirmed_compromised) REQUIRE(level == RiskLevel::high);
    else REQUIRE(level == RiskLevel::none);
  }
};

const Rule kRules[] = {make_rule("unlikelyTravel", "travel"), make_rule("newCountry", "properties"),
                       make_rule("mfaFatigue", "mfa", 14 * kDay), make_rule("passwordSpray", "credential", 14 * kDay),
                       make_rule("suspiciousSignins", "workload", 7 * kDay)};

std::string user(std::uint64_t i) { return i % 2 == 0 ? "user" + std::to_string(i) + "@example.com" : "8c1d2e3f-4a5b-4c6d-8e7f-90000000000" + std::to_string(i); }

/// One random call; the same generator state gives the same call.
void random_step(Random& random, RiskLedger& ledger, Time& now, Transcript& out, std::uint64_t& command) {
  const auto span = [&](std::uint64_t most) { return Duration{static_cast<std::int64_t>(random.below(most))}; };
  const auto type = static_cast<EntityType>(random.below(4));
  const std::string id = user(random.below(6));
  switch (random.below(10)) {
    case 0: case 1: case 2: case 3: {
      const Rule& rule = kRules[random.below(5)];
      Finding f;
      f.entity = make_entity(type, id);
      f.severity = static_cast<Severity>(random.below(5));
      f.confidence = static_cast<double>(random.below(95)) / 100;
      f.pinned = random.below(40) == 0;
      const std::string alert = "A" + std::to_string(random.below(12));
      const auto s = make_sign_in("e" + std::to_string(random.below(30)), random.below(8) == 0 ? user(7) : id, type);
      LedgerFinding lf;
      lf.rule = &rule;
      lf.finding = &f;
      lf.alert_id = alert;
      if (random.below(3) != 0) lf.sign_in = &s->e;
      lf.real_time = random.below(3) != 0;
      ledger.apply(lf, now, now);
      break;
    }
    case 4: {
      Command c;
      c.id = Id::from_guid(9, random.below(8) == 0 ? command : ++command);
      c.action = static_cast<CommandAction>(random.below(3));
      c.target = static_cast<CommandTarget>(random.below(5));
      const std::string target = c.target == CommandTarget::sign_in ? "e" + std::to_string(random.below(30)) : id;
      c.target_id = Id::from(target);
      c.author = "soc@example.com";
      if (random.below(2) == 0) c.decided_on_revision = 1 + random.below(12);
      if (c.action == CommandAction::confirm_safe &&
          (c.target == CommandTarget::service_principal || c.target == CommandTarget::managed_identity)) {
        c.action = CommandAction::dismiss;
      }
      const CommandOutcome o = ledger.apply(c, now);
      out.text << "C " << o.accepted << ' ' << to_word(o.reason) << ' ' << o.before.score << ' ' << o.after.revision << ' '
               << o.after.score << '\n';
      break;
    }
    case 5: {
      const auto s = make_sign_in("e" + std::to_string(random.below(30)), id);
      s->e.asn = static_cast<std::uint32_t>(64496 + random.below(3));
      ledger.correct(s->e, now);
      break;
    }
    case 6: now += span(40 * 60'000); break;
    case 7: now += random.below(30) == 0 ? span(100 * 86'400'000ULL) : span(2 * 86'400'000ULL); break;
    case 8: out.text << "T " << ledger.advance(now, 1 + random.below(6)) << '\n'; break;
    default: ledger.flush(out); break;
  }
}

}  // namespace

TEST_CASE("a ledger loaded from its rows goes on byte for byte, and dirty rows add up to a full save", "[risk]") {
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    INFO("seed " << seed);
    const auto rules = make_rules();
    auto kept = std::make_unique<RiskLedger>(kTenant, rules);
    auto moved = std::make_unique<RiskLedger>(kTenant, rules);
    Random a{seed}, b{seed}, cuts{seed * 77};
    Time now_a = kStart, now_b = kStart;
    Transcript out_a, out_b;
    std::uint64_t commands_a = 0, commands_b = 0;
    RowMap rows;
    for (int step = 0; step < 600; ++step) {
      random_step(a, *kept, now_a, out_a, commands_a);
      random_step(b, *moved, now_b, out_b, commands_b);
      if (cuts.below(10) != 0) continue;
      if (cuts.below(3) != 0) {  // a checkpoint, at times one that fails and is taken again
        moved->save(rows, false);
        if (cuts.below(4) != 0) moved->saved();
      }
      RowMap full_a, full_b;
      kept->save(full_a, true);
      moved->save(full_b, true);
      REQUIRE(full_a.rows == full_b.rows);
      if (cuts.below(2) == 0) {
        moved->save(rows, false);
        moved->saved();
        REQUIRE(rows.rows == full_b.rows);
        moved = std::make_unique<RiskLedger>(kTenant, rules);
        for (const auto& [key, bytes] : rows.rows) REQUIRE(moved->load(key, bytes));
        REQUIRE(moved->bytes() == kept->bytes());
        REQUIRE(moved->next_due() == kept->next_due());
        RowMap nothing;
        moved->save(nothing, false);
        REQUIRE(nothing.rows.empty());
      }
      REQUIRE(out_a.text.str() == out_b.text.str());
      for (const EntityType t : {EntityType::user, EntityType::agent}) REQUIRE(kept->risky_count(t) == moved->risky_count(t));
    }
    REQUIRE(out_a.text.str() == out_b.text.str());
    CHECK(out_a.text.str().size() > 1000);
  }
}

TEST_CASE("each row and revision is written once, in rising order, between tombstones", "[risk]") {
  std::size_t tombstones_total = 0;
  for (std::uint64_t seed = 100; seed < 120; ++seed) {
    INFO("seed " << seed);
    RiskLedger ledger{kTenant, make_rules()};
    Random random{seed};
    Time now = kStart;
    Transcript out;
    std::uint64_t commands = 0;
    for (int step = 0; step < 800; ++step) random_step(random, ledger, now, out, commands);
    std::istringstream lines{out.text.str()};
    std::map<std::string, std::uint64_t> revisions;
    std::string line;
    std::size_t rows = 0, tombstones = 0;
    while (std::getline(lines, line)) {
      std::istringstream words{line};
      std::string kind, id;
      std::uint64_t revision = 0;
      words >> kind >> id >> revision;
      if (kind == "E") {
        REQUIRE(revision == revisions[id] + 1);
        revisions[id] = revision;
        ++rows;
      } else if (kind == "G") {
        REQUIRE(revisions[id] > 0);
        revisions[id] = 0;
        ++tombstones;
      } else if (kind == "S") {
        REQUIRE(revision == revisions[id] + 1);  // a row that ended after 30 days counts from 1 again
        revisions[id] = revision;
      }
    }
    CHECK(rows > 100);
    tombstones_total += tombstones;
  }
  CHECK(tombstones_total > 10);
}

TEST_CASE("rows of another version, cut rows and rows under a wrong key are refused", "[risk]") {
  LedgerBench b;
  const auto s = make_sign_in("e1", user(1));
  b.find(kRules[0], make_entity(EntityType::user, user(1)), 0.5, "A1", &s->e);
  b.command(CommandAction::confirm_compromised, CommandTarget::user, user(1));
  RowMap rows;
  b.ledger.save(rows, true);
  REQUIRE(rows.rows.size() == 3);
  for (const auto& [key, bytes] : rows.rows) {
    RiskLedger fresh{kTenant, make_rules()};
    std::string other = bytes;
    other[0] = 2;
    CHECK_FALSE(fresh.load(key, other));
    for (std::size_t n = 0; n < bytes.size(); ++n) CHECK_FALSE(fresh.load(key, std::string_view{bytes}.substr(0, n)));
    CHECK_FALSE(fresh.load(key, bytes + "x"));
    CHECK_FALSE(fresh.load("x" + key.substr(1), bytes));
    if (key[0] != 'c') {
      std::string elsewhere = key;
      elsewhere[5] = static_cast<char>(elsewhere[5] + 1);
      CHECK_FALSE(fresh.load(elsewhere, bytes));
    }
    CHECK(fresh.rows() == 0);
    CHECK(fresh.load(key, bytes));
  }
}
