#include <catch2/catch.hpp>

#include "engine/codec/output_writer.h"
#include "engine/report/alert_book.h"
#include "engine/risk/ledger.h"
#include "tests/engine/report/book_bench.h"
#include "tests/support/json_schema.h"

using namespace bartizan;
using namespace bartizan::test;

namespace {

/// The book on the real ledger, written through the real writers: one step per call.
struct Story : AlertSink, RiskSink, RiskApplier {
  std::shared_ptr<RuleSet> rules = std::make_shared<RuleSet>();
  AlertBook book{kTenant, rules};
  RiskLedger ledger{kTenant, rules};
  std::vector<OutputRecord> lines;
  Time now = kStart;
  const SignIn* sign_in = nullptr;

  void put(OutputRecord r) {
    require_valid(r.value);
    lines.push_back(std::move(r));
  }
  void alert(const Alert& a) override { put(write_alert(a)); }
  void risky_entity(const RiskyEntity& row) override { put(write_risky_entity(row)); }
  void risky_entity_gone(std::string_view tenant, EntityType type, std::string_view id) override {
    put(write_entity_tombstone(tenant, type, id));
  }
  void risky_sign_in_gone(std::string_view tenant, std::string_view id) override { put(write_sign_in_tombstone(tenant, id)); }
  void risky_sign_in(const RiskySignIn& row) override { put(write_risky_sign_in(row)); }
  void fact(const Fact&) override {}
  RiskEffect apply(const Rule& rule, const Finding& f, std::string_view id) override {
    return ledger.apply(LedgerFinding{&rule, &f, id, sign_in, true}, f.evidence[0].time, now);
  }

  void see(const Rule& rule, Finding f, const SignIn* on) {
    sign_in = on;
    book.observe(rule, std::move(f), now, *this, *this);
    ledger.flush(*this);
  }
  void tick(Duration span) {
    for (const Time end = now + span; now < end; now += 5 * kMinute) {
      const Time watermark = now - 15 * kMinute;
      while (ledger.advance(now, 10) > 0) {}
      while (book.due(now, watermark)) book.advance(now, watermark, 10, *this);
      ledger.flush(*this);
    }
  }
  void command(CommandAction action, CommandTarget target, const std::string& id, std::uint64_t number) {
    const std::string_view text{id};
    Command c;
    c.id = Id::from_guid(0x1111222233334444, number);
    c.tenant_id = Id::from(kTenant);
    c.action = action;
    c.target = target;
    c.target_id = Id::from(text);
    c.author = "soc@example.com";
    c.at = now;
    const CommandOutcome o = ledger.apply(c, now);
    REQUIRE(o.accepted);
    AuditRecord a;
    a.id = "0-1-" + std::to_string(number);
    a.kind = AuditKind::command_accepted;
    a.at = now;
    a.tenant_id = kTenant;
    a.by = "soc@example.com";
    a.command_id = c.id.str();
    a.action = action;
    a.target = target;
    a.target_id = o.target_id;
    a.before = o.before;
    a.after = o.after;
    put(write_audit(a));
    ledger.flush(*this);
  }
  std::vector<std::string> of(Topic topic) const {
    std::vector<std::string> out;
    for (const OutputRecord& r : lines) {
      if (r.topic == topic) out.push_back(r.value);
    }
    return out;
  }
};

bool has(const std::string& line, const std::string& part) { return line.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("a spray, its victim, a trip, a verdict: every record is valid and says what happened", "[report]") {
  const Rule spray = make_rule("passwordSpray"), travel = make_rule("unlikelyTravel");
  const std::string ana = "8c1d2e3f-4a5b-4c6d-8e7f-901a2b3c4d5e", event = "00000002-1c2d-4e3f-9a4b-5c6d7e8f0002",
                    tenant = kTenant, robot = "c3d4e5f6-0718-4293-a4b5-c6d7e8f90a1b";
  SignIn e;
  e.id = Id::from(event);
  e.tenant_id = Id::from(tenant);
  e.user_id = Id::from(ana);
  e.user_name = "Ana Souza";
  e.event_time = kStart;
  Story s;

  Finding campaign = make_finding(make_entity(EntityType::ip, "198.51.100.23"), "e-campaign", kStart);
  campaign.campaign.emplace();
  campaign.campaign->targets_total = 41;
  campaign.campaign->validated_total = 1;
  campaign.campaign->targets = {CampaignTarget{make_entity(EntityType::user, ana), true}};
  s.see(spray, std::move(campaign), &e);

  Finding victim = make_finding(make_entity(EntityType::user, ana), event, kStart, Severity::high);
  victim.confidence = 0.8;
  victim.entity.name = "Ana Souza";
  victim.campaign_entity = make_entity(EntityType::ip, "198.51.100.23");
  s.see(spray, std::move(victim), &e);

  s.now += 2 * kMinute;
  Finding trip = make_finding(make_entity(EntityType::user, ana), event, kStart, Severity::medium);
  s.see(travel, std::move(trip), &e);
  Finding hidden = make_finding(make_entity(EntityType::agent, robot), "e-agent", kStart, Severity::low);
  hidden.suppression = Suppression::learning;
  s.see(travel, std::move(hidden), nullptr);
  Finding seen = make_finding(make_entity(EntityType::managed_identity, robot), "e-workload", kStart, Severity::critical);
  s.see(travel, std::move(seen), nullptr);
  s.tick(8 * kHour);
  s.command(CommandAction::confirm_compromised, CommandTarget::sign_in, event, 1);
  s.command(CommandAction::dismiss, CommandTarget::user, ana, 2);
  s.command(CommandAction::confirm_compromised, CommandTarget::managed_identity, robot, 3);
  s.now += 95 * 24 * kHour;
  s.tick(kHour);

  const auto users = s.of(Topic::risky_users);
  CHECK(has(users.front(), R"("risk_level":"high","risk_state":"atRisk","risk_detail":"none","score":80.0)"));
  bool compromised = false, dismissed = false, gone = false;
  for (const std::string& line : users) {
    compromised = compromised || has(line, R"("risk_detail":"adminConfirmedSigninCompromised","score":100.0)");
    dismissed = dismissed || has(line, R"("risk_state":"dismissed","risk_detail":"adminDismissedAllRiskForUser","score":0.0)");
    gone = gone || has(line, "bartizan.tombstone/v1");
  }
  CHECK(compromised);
  CHECK(dismissed);
  CHECK(gone);
  const auto alerts = s.of(Topic::alerts);
  CHECK(has(alerts[1], R"("delta":80.0,"score_before":0.0,"score_after":80.0,"level_before":"none","level_after":"high")"));
  CHECK(has(alerts[1], R"("reason":"campaign")"));
  std::size_t closed = 0;
  for (const std::string& line : alerts) closed += has(line, R"("state":"closed")");
  CHECK(closed == 4);
  CHECK(s.of(Topic::alerts_shadow).size() == 2);
  const auto sign_ins = s.of(Topic::risky_sign_ins);
  REQUIRE(sign_ins.size() >= 2);
  CHECK(has(sign_ins.back(), "bartizan.tombstone/v1"));
  CHECK(has(sign_ins[sign_ins.size() - 2], R"("risk_level_during_sign_in":"high","risk_level_aggregated":"none","risk_state":"dismissed")"));
}
