// What Entra says of an entity and of its detections, in any order.

#include <catch2/catch.hpp>

#include <algorithm>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "engine/risk/entra_rules.h"
#include "tests/engine/risk/ledger_bench.h"

using namespace bartizan;
using namespace bartizan::test;

namespace {

const std::string kUser = "51e26eae-d07b-44e5-bb0b-249f49569a8c";

/// A ledger that hears Entra as the fold lets it: findings share one alert for each rule.
struct EntraBench : LedgerBench {
  using LedgerBench::LedgerBench;

  ReportOutcome hear(RiskReport r, std::string_view event_type, EntraRiskLevel level, int version, EntraRiskState state) {
    r.tenant_id = Id::from(kTenant);
    r.entity_id = Id::from(kUser);
    r.event_type = event_type;
    r.level = level;
    r.state = state;
    r.updated = kStart + version * kMinute;
    const Rule rule = entra_rule(r, *rules);
    const ReportOutcome outcome = ledger.take(r, rule, now);
    if (outcome.kind == ReportOutcome::Kind::finding) {
      Finding f = entra_finding(r, rule, SourcePosition{});
      if (outcome.confidence > 0) f.confidence = outcome.confidence;
      const std::string alert = "alert of " + rule.alert.id;
      ledger.apply(LedgerFinding{&rule, &f, alert, nullptr, false, &r}, now, now);
    }
    ledger.flush(out);
    return outcome;
  }
  ReportOutcome detection(const std::string& id, std::string_view event_type, EntraRiskLevel level, int version = 1,
                          EntraRiskState state = EntraRiskState::at_risk) {
    RiskReport r;
    r.id = Id::from(id);
    return hear(r, event_type, level, version, state);
  }
  ReportOutcome detection_on(const std::string& sign_in, const std::string& id, int version = 1, EntraRiskState state = EntraRiskState::at_risk) {
    RiskReport r;
    r.id = Id::from(id);
    r.request_id = Id::from(sign_in);
    return hear(r, "anonymizedIPAddress", EntraRiskLevel::high, version, state);
  }
  bool arrives(const std::string& sign_in, bool fresh = true, const std::string& who = kUser) {
    const auto s = make_sign_in(sign_in, who);
    const bool changed = ledger.arrived(s->e, fresh, now);
    ledger.flush(out);
    return changed;
  }
  ReportOutcome user(EntraRiskLevel level, int version = 1, EntraRiskState state = EntraRiskState::at_risk) {
    RiskReport r;
    r.kind = ReportKind::entity;
    r.id = Id::from(kUser);
    return hear(r, {}, level, version, state);
  }
  /// Score now, of everything together; changes nothing.
  RiskEffect look() {
    const Rule rule = make_rule("look", "look");
    return find(rule, make_entity(EntityType::user, kUser), 0.5, "L", nullptr, true, Severity::informational);
  }
  std::string state_words() {
    const RiskEffect seen = look();
    std::string words = std::to_string(seen.score_after) + ' ' + std::string{to_word(seen.level_after)};
    for (const Contribution& c : seen.contributions) words += ' ' + c.rule_id + '=' + std::to_string(c.score);
    return words;
  }
};

using Steps = std::vector<std::function<void(EntraBench&)>>;

/// Every way to interleave the streams; each stream keeps its order.
void interleavings(const std::vector<Steps>& streams, std::vector<std::size_t> done, Steps made, std::vector<Steps>& all) {
  bool more = false;
  for (std::size_t s = 0; s < streams.size(); ++s) {
    if (done[s] == streams[s].size()) continue;
    more = true;
    Steps next = made;
    next.push_back(streams[s][done[s]]);
    ++done[s];
    interleavings(streams, done, std::move(next), all);
    --done[s];
  }
  if (!more) all.push_back(std::move(made));
}

constexpr EntraRiskLevel kLow = EntraRiskLevel::low;
constexpr EntraRiskLevel kMedium = EntraRiskLevel::medium;
constexpr EntraRiskLevel kHigh = EntraRiskLevel::high;

/// One score, whatever comes first, and when every record comes twice.
std::string one_result(const std::vector<Steps>& streams) {
  std::vector<Steps> all;
  interleavings(streams, std::vector<std::size_t>(streams.size()), {}, all);
  std::string first;
  for (const Steps& steps : all) {
    for (const bool twice : {false, true}) {
      EntraBench b;
      for (const auto& step : steps) {
        step(b);
        if (twice) step(b);
      }
      const std::string now = b.state_words();
      if (first.empty()) first = now;
      CHECK(now == first);
    }
  }
  return first;
}

}  // namespace

TEST_CASE("a user's level and the detections that explain it give one score in any order", "[risk][reports]") {
  const Steps level = {[](EntraBench& b) { b.user(kMedium, 1); }, [](EntraBench& b) { b.user(kHigh, 2); }};
  const Steps leaked = {[](EntraBench& b) { b.detection("d-1", "leakedCredentials", kHigh); }};
  const Steps spray = {[](EntraBench& b) { b.detection("d-2", "passwordSpray", kLow, 1); },
                       [](EntraBench& b) { b.detection("d-2", "passwordSpray", kMedium, 2); }};
  const Steps nameless = {[](EntraBench& b) { b.detection("d-3", "generic", kMedium); }};
  const Steps own = {[](EntraBench& b) { b.find(make_rule("mfaFatigue", "mfa"), make_entity(EntityType::user, kUser), 0.5); }};

  CHECK(one_result({level, leaked}) == "900 high leakedCredentials=900");
  CHECK(one_result({level, spray}) == "802 high generic=604 passwordSpray=500");
  CHECK(one_result({level, nameless}) == "802 high generic=802");
  CHECK(one_result({level, own}) == "802 high generic=604 mfaFatigue=500");
  one_result({level, leaked, own});
  one_result({level, spray, own});
}

TEST_CASE("a user's level that falls leaves what detections and our own findings say", "[risk][reports]") {
  const Steps level = {[](EntraBench& b) { b.user(kHigh, 1); }, [](EntraBench& b) { b.user(kLow, 2); }};
  const Steps spray = {[](EntraBench& b) { b.detection("d-2", "passwordSpray", kMedium); }};
  CHECK(one_result({level, spray}) == "500 medium passwordSpray=500");
  const Steps settled = {[](EntraBench& b) { b.user(kHigh, 1); }, [](EntraBench& b) { b.user(kHigh, 2, EntraRiskState::dismissed); }};
  EntraBench b;
  for (const auto& step : settled) step(b);
  CHECK(b.state_words() == "0 none");
}

TEST_CASE("a detection taken back leaves no more of the level than before, and the level told again all of it", "[risk][reports]") {
  EntraBench b;
  b.user(kHigh, 1);
  b.detection("d-2", "passwordSpray", kMedium, 1);
  b.detection("d-2", "passwordSpray", kMedium, 2, EntraRiskState::dismissed);
  CHECK(b.state_words() == "604 medium generic=604");
  b.user(kHigh, 2);
  CHECK(b.state_words() == "802 high generic=802");
}

TEST_CASE("a level that was lowered is no newer than it was: a verdict on it still takes it along", "[risk][reports]") {
  EntraBench b;
  b.user(kHigh, 1);
  const std::uint64_t seen = b.out.last().revision;
  b.now += kHour;
  b.detection("d-2", "passwordSpray", kMedium, 2);
  CHECK(b.command(CommandAction::dismiss, CommandTarget::user, kUser, seen).accepted);
  CHECK(b.state_words() == "500 medium passwordSpray=500");
}

TEST_CASE("an explained level goes on fading at its own pace", "[risk][reports]") {
  EntraBench b;
  b.user(kHigh, 1);
  b.wait(3 * kDay);  // one half-life: 55.5 is left of it
  b.detection("d-2", "unfamiliarFeatures", kMedium, 2);
  CHECK(b.look().score_after == 555);
  b.detection("d-2", "unfamiliarFeatures", kMedium, 2);
  CHECK(b.look().score_after == 555);
}

TEST_CASE("a level asks for a score, of privileged identities too", "[risk][reports]") {
  EntraBench b;
  auto set = std::make_shared<RuleSet>(*b.rules);
  set->settings.privileged = {kUser};
  b.ledger.set_rules(set);
  b.user(kMedium);
  CHECK(b.state_words() == "402 medium generic=402");
}

TEST_CASE("a detection that came before its sign-in shows on it as soon as that arrives", "[risk][reports]") {
  EntraBench b;
  b.detection_on("e1", "d-1");
  CHECK(b.out.sign_ins.empty());
  CHECK_FALSE(b.arrives("e2"));
  CHECK_FALSE(b.arrives("e1", true, "somebody-else"));
  REQUIRE(b.arrives("e1"));
  REQUIRE(b.out.sign_ins.size() == 1);
  const RiskySignIn& row = b.out.sign_ins.back();
  CHECK(row.sign_in.id == "e1");
  CHECK(row.state == RiskState::at_risk);
  CHECK(row.level_during_sign_in == RiskLevel::none);  // it was not known at first reading
  REQUIRE(row.detections.size() == 1);
  CHECK(row.detections[0].source == RuleSource::entra);
  CHECK(row.detections[0].rule_id == "anonymizedIPAddress");
  CHECK_FALSE(b.arrives("e1", false));  // a correction finds it there
  CHECK(b.out.sign_ins.size() == 1);

  CHECK(b.command(CommandAction::dismiss, CommandTarget::sign_in, "e1").accepted);
  CHECK(b.state_words() == "0 none");
  CHECK_FALSE(b.arrives("e1", false));  // and does not undo a verdict
  CHECK(b.out.sign_ins.back().state == RiskState::dismissed);
}

TEST_CASE("what was settled before the sign-in arrives does not show on it", "[risk][reports]") {
  EntraBench taken_back;
  taken_back.detection_on("e1", "d-1", 1);
  taken_back.detection_on("e1", "d-1", 2, EntraRiskState::dismissed);
  CHECK_FALSE(taken_back.arrives("e1"));

  EntraBench dismissed;
  dismissed.detection_on("e1", "d-1");
  CHECK(dismissed.command(CommandAction::dismiss, CommandTarget::user, kUser).accepted);
  CHECK_FALSE(dismissed.arrives("e1"));
  CHECK(dismissed.out.sign_ins.empty());
}

TEST_CASE("a contribution stays while a detection on a sign-in yet to come feeds it", "[risk][reports]") {
  EntraBench b;
  b.detection_on("e1", "d-1");
  b.detection_on("e2", "d-2");
  REQUIRE(b.arrives("e1"));
  CHECK(b.command(CommandAction::dismiss, CommandTarget::sign_in, "e1").accepted);
  CHECK(b.state_words() == "400 medium anonymizedIPAddress=400");
  REQUIRE(b.arrives("e2"));
  CHECK(b.command(CommandAction::dismiss, CommandTarget::sign_in, "e2").accepted);
  CHECK(b.state_words() == "0 none");
}

TEST_CASE("a ledger that was loaded knows which detections wait for their sign-ins", "[risk][reports]") {
  EntraBench first;
  first.detection_on("e1", "d-1");
  RowMap rows;
  first.ledger.save(rows, true);
  EntraBench loaded;
  for (const auto& [key, bytes] : rows.rows) REQUIRE(loaded.ledger.load(key, bytes));
  CHECK(loaded.arrives("e1"));
  CHECK(loaded.out.sign_ins.size() == 1);
}
