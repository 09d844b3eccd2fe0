#include <catch2/catch.hpp>

#include "engine/risk/ledger.h"
#include "engine/risk/ledger_state.h"
#include "tests/engine/risk/ledger_bench.h"

using namespace bartizan;
using namespace bartizan::test;

namespace {

const Rule kTravel = make_rule("unlikelyTravel", "travel");
const Rule kCountry = make_rule("newCountry", "properties");
const std::string kAnaId = "8c1d2e3f-4a5b-4c6d-8e7f-901a2b3c4d5e";

CommandTarget target_of(EntityType t) {
  return t == EntityType::user ? CommandTarget::user
         : t == EntityType::service_principal ? CommandTarget::service_principal
         : t == EntityType::managed_identity ? CommandTarget::managed_identity : CommandTarget::agent;
}

struct Case {
  EntityType type;
  CommandAction action;
  RiskState state;
  RiskLevel level;
  RiskDetail detail;
};

constexpr Case kTable[] = {
    {EntityType::user, CommandAction::dismiss, RiskState::dismissed, RiskLevel::none, RiskDetail::admin_dismissed_all_risk_for_user},
    {EntityType::user, CommandAction::confirm_safe, RiskState::confirmed_safe, RiskLevel::none, RiskDetail::admin_confirmed_account_safe},
    {EntityType::user, CommandAction::confirm_compromised, RiskState::confirmed_compromised, RiskLevel::high,
     RiskDetail::admin_confirmed_user_compromised},
    {EntityType::service_principal, CommandAction::dismiss, RiskState::dismissed, RiskLevel::none,
     RiskDetail::admin_dismissed_all_risk_for_service_principal},
    {EntityType::service_principal, CommandAction::confirm_compromised, RiskState::confirmed_compromised, RiskLevel::high,
     RiskDetail::admin_confirmed_service_principal_compromised},
    {EntityType::managed_identity, CommandAction::dismiss, RiskState::dismissed, RiskLevel::none,
     RiskDetail::admin_dismissed_all_risk_for_service_principal},
    {EntityType::managed_identity, CommandAction::confirm_compromised, RiskState::confirmed_compromised, RiskLevel::high,
     RiskDetail::admin_confirmed_service_principal_compromised},
    {EntityType::agent, CommandAction::dismiss, RiskState::dismissed, RiskLevel::none, RiskDetail::admin_dismissed_risk_for_agent},
    {EntityType::agent, CommandAction::confirm_safe, RiskState::confirmed_safe, RiskLevel::none, RiskDetail::admin_confirmed_agent_safe},
    {EntityType::agent, CommandAction::confirm_compromised, RiskState::confirmed_compromised, RiskLevel::high,
     RiskDetail::admin_confirmed_agent_compromised},
};

void is_as(const RiskyEntity& row, const Case& c) {
  CHECK(row.state == c.state);
  CHECK(row.level == c.level);
  CHECK(row.detail == c.detail);
  CHECK(row.history.back().by == "soc@example.com");
  REQUIRE(row.verdict);
  CHECK(row.verdict->action == c.action);
}

}  // namespace

TEST_CASE("each verdict takes an entity at risk to its state, level and detail", "[risk]") {
  for (const Case& c : kTable) {
    LedgerBench b;
    b.find(kTravel, make_entity(c.type, kAnaId), 0.5);
    b.now += kHour;
    const CommandOutcome o = b.command(c.action, target_of(c.type), kAnaId, 1);
    CHECK(o.accepted);
    CHECK(o.target_id == kAnaId);
    CHECK(o.before.revision == 1);
    CHECK(o.before.state == RiskState::at_risk);
    CHECK(o.after.revision == 2);
    CHECK(o.after.state == c.state);
    is_as(b.out.last(), c);
    CHECK(b.out.last().revision == 2);
    CHECK(b.out.last().event_time == b.now);
    CHECK(b.out.last().score == o.after.score);
    if (c.level == RiskLevel::none) {
      CHECK(b.out.last().contributions.empty());
      CHECK(b.out.last().score == 0);
    } else {
      CHECK(b.out.last().score == 1000);
      const Contribution& word = b.out.last().contributions.front();
      CHECK(word.rule_id == to_word(c.detail));
      CHECK(word.alert_id.empty());
      CHECK_FALSE(word.expires);
    }
  }
}

TEST_CASE("verdicts follow each other: every pair of actions ends in the second one's state", "[risk]") {
  for (const Case& first : kTable) {
    for (const Case& second : kTable) {
      if (first.type != second.type || first.action == second.action) continue;
      LedgerBench b;
      b.find(kTravel, make_entity(first.type, kAnaId), 0.5);
      REQUIRE(b.command(first.action, target_of(first.type), kAnaId).accepted);
      const CommandOutcome o = b.command(second.action, target_of(first.type), kAnaId);
      if (second.action == CommandAction::dismiss && first.action == CommandAction::confirm_safe) {
        CHECK(o.reason == RejectReason::no_change);  // nothing is left to dismiss
        continue;
      }
      REQUIRE(o.accepted);
      is_as(b.out.last(), second);
    }
  }
}

TEST_CASE("the same verdict again changes nothing", "[risk]") {
  for (const Case& c : kTable) {
    LedgerBench b;
    b.find(kTravel, make_entity(c.type, kAnaId), 0.5);
    REQUIRE(b.command(c.action, target_of(c.type), kAnaId).accepted);
    const std::size_t rows = b.out.entities.size();
    const CommandOutcome o = b.command(c.action, target_of(c.type), kAnaId);
    CHECK_FALSE(o.accepted);
    CHECK(o.reason == RejectReason::no_change);
    CHECK(b.out.entities.size() == rows);
  }
}

TEST_CASE("after a verdict that clears, a finding brings the entity back to atRisk and keeps the verdict", "[risk]") {
  for (const Case& c : kTable) {
    LedgerBench b;
    const Entity e = make_entity(c.type, kAnaId);
    b.find(kTravel, e, 0.5);
    b.command(c.action, target_of(c.type), kAnaId);
    b.now += kHour;
    b.find(kTravel, e, 0.5);
    const RiskyEntity& row = b.out.last();
    if (c.level == RiskLevel::none) {
      CHECK(row.state == RiskState::at_risk);
      CHECK(row.detail == RiskDetail::none);
      CHECK(row.score == 500);
    } else {
      CHECK(row.state == RiskState::confirmed_compromised);
    }
    CHECK(row.verdict->action == c.action);
  }
}

TEST_CASE("a finding too small for a level leaves the state that the verdict gave", "[risk]") {
  LedgerBench b;
  const Entity e = make_entity(EntityType::user, kAnaId);
  b.find(kTravel, e, 0.5);
  b.command(CommandAction::dismiss, CommandTarget::user, kAnaId);
  b.find(kCountry, e, 0.05, "A2");
  CHECK(b.out.last().state == RiskState::dismissed);
  CHECK(b.out.last().score == 50);
  CHECK(b.out.last().contributions.size() == 1);
}

TEST_CASE("findings newer than the revision decided on survive the verdict", "[risk]") {
  LedgerBench b;
  const Entity e = make_entity(EntityType::user, kAnaId);
  b.find(kTravel, e, 0.7);                 // revision 1
  b.now += kHour;
  b.find(kCountry, e, 0.45, "A2");         // revision 2
  b.find(kTravel, e, 0.2);                 // the same alert, newer than revision 2
  const CommandOutcome o = b.command(CommandAction::dismiss, CommandTarget::user, kAnaId, 1);
  CHECK(o.accepted);
  CHECK(b.out.last().state == RiskState::at_risk);
  CHECK(b.out.last().detail == RiskDetail::none);
  CHECK(b.out.last().score == 560);        // 1 - 0.55 * 0.8
  CHECK(b.out.last().verdict);
}

TEST_CASE("a verdict on a revision before all findings changes nothing", "[risk]") {
  LedgerBench b;
  const Entity e = make_entity(EntityType::user, kAnaId);
  b.find(kTravel, e, 0.7);
  b.command(CommandAction::dismiss, CommandTarget::user, kAnaId, 1);
  b.find(kTravel, e, 0.7, "A2");
  CHECK(b.command(CommandAction::confirm_safe, CommandTarget::user, kAnaId, 2).reason == RejectReason::no_change);
  CHECK(b.out.last().state == RiskState::at_risk);
}

TEST_CASE("stale, repeated and unknown commands are rejected and change nothing", "[risk]") {
  LedgerBench b;
  const Entity e = make_entity(EntityType::user, kAnaId);
  CHECK(b.command(CommandAction::dismiss, CommandTarget::user, kAnaId).reason == RejectReason::unknown_target);
  CHECK(b.command(CommandAction::confirm_safe, CommandTarget::user, kAnaId).reason == RejectReason::unknown_target);
  CHECK(b.command(CommandAction::confirm_compromised, CommandTarget::user, kAnaId, 3).reason == RejectReason::unknown_target);
  CHECK(b.command(CommandAction::dismiss, CommandTarget::sign_in, "e1").reason == RejectReason::unknown_target);
  CHECK(b.out.order.empty());
  b.find(kTravel, e, 0.7);
  REQUIRE(b.command(CommandAction::confirm_compromised, CommandTarget::user, kAnaId, 1, 77).accepted);  // revision 2
  CHECK(b.command(CommandAction::dismiss, CommandTarget::user, kAnaId, 1).reason == RejectReason::stale);
  CHECK(b.command(CommandAction::dismiss, CommandTarget::user, kAnaId, 9).reason == RejectReason::stale);
  CHECK(b.command(CommandAction::dismiss, CommandTarget::user, kAnaId, 2, 77).reason == RejectReason::repeated);
  CHECK(b.out.last().state == RiskState::confirmed_compromised);
  CHECK(b.command(CommandAction::dismiss, CommandTarget::user, kAnaId, 2).accepted);
}

TEST_CASE("a command id is forgotten after 90 days", "[risk]") {
  LedgerBench b;
  CHECK(b.command(CommandAction::dismiss, CommandTarget::user, kAnaId, std::nullopt, 5).reason == RejectReason::unknown_target);
  b.now += kCommandsRemembered - Duration{1};
  CHECK(b.command(CommandAction::dismiss, CommandTarget::user, kAnaId, std::nullopt, 5).reason == RejectReason::repeated);
  b.now += Duration{1};
  CHECK(b.command(CommandAction::dismiss, CommandTarget::user, kAnaId, std::nullopt, 5).reason == RejectReason::unknown_target);
  b.wait(91 * kDay, kDay);
  CHECK(b.ledger.rows() == 0);
}

TEST_CASE("confirming an entity compromised that was never seen makes its row", "[risk]") {
  LedgerBench b;
  REQUIRE(b.command(CommandAction::confirm_compromised, CommandTarget::agent, kAnaId).accepted);
  CHECK(b.out.last().revision == 1);
  CHECK(b.out.last().level == RiskLevel::high);
  CHECK(b.out.last().contributions.front().family == "agent");
  b.wait(200 * kDay, kDay);
  CHECK(b.out.entities.size() == 1);  // an admin's word does not fade
}

TEST_CASE("dismissing a user dismisses the risk of all its sign-ins that the author knew of", "[risk]") {
  LedgerBench b;
  const Entity e = make_entity(EntityType::user, kAnaId);
  const auto s1 = make_sign_in("e1", kAnaId), s2 = make_sign_in("e2", kAnaId), s3 = make_sign_in("e3", kAnaId);
  b.find(kTravel, e, 0.5, "A1", &s1->e);
  b.find(kCountry, e, 0.3, "A2", &s2->e);  // revision 2
  b.now += kHour;
  b.find(kTravel, e, 0.5, "A3", &s3->e);   // revision 3
  b.out.sign_ins.clear();
  REQUIRE(b.command(CommandAction::dismiss, CommandTarget::user, kAnaId, 2).accepted);
  REQUIRE(b.out.sign_ins.size() == 2);
  for (const RiskySignIn& row : b.out.sign_ins) {
    CHECK(row.state == RiskState::dismissed);
    CHECK(row.detail == RiskDetail::admin_dismissed_all_risk_for_user);
    CHECK(row.level_aggregated == RiskLevel::none);
    CHECK(row.level_during_sign_in != RiskLevel::none);
    CHECK(row.detections.empty());
    CHECK(row.verdict->action == CommandAction::dismiss);
  }
  CHECK(b.out.last().state == RiskState::at_risk);
  CHECK(b.out.last().score == 500);
}

TEST_CASE("confirming a sign-in compromised raises its user to high until a verdict", "[risk]") {
  LedgerBench b;
  const Entity e = make_entity(EntityType::user, kAnaId);
  const auto s = make_sign_in("e1", kAnaId);
  b.find(kTravel, e, 0.35, "A1", &s->e);
  const CommandOutcome o = b.command(CommandAction::confirm_compromised, CommandTarget::sign_in, "e1", 1);
  REQUIRE(o.accepted);
  CHECK(o.after.level == RiskLevel::high);
  CHECK(o.after.revision == 2);
  const RiskySignIn& row = b.out.sign_ins.back();
  CHECK(row.state == RiskState::confirmed_compromised);
  CHECK(row.detail == RiskDetail::admin_confirmed_signin_compromised);
  CHECK(row.level_aggregated == RiskLevel::high);
  CHECK(row.level_during_sign_in == RiskLevel::low);
  CHECK(row.score == 1000);
  CHECK(b.out.last().state == RiskState::confirmed_compromised);
  CHECK(b.out.last().detail == RiskDetail::admin_confirmed_signin_compromised);
  CHECK(b.out.last().contributions.front().rule_id == "adminConfirmedSigninCompromised");
  CHECK(b.command(CommandAction::confirm_compromised, CommandTarget::sign_in, "e1").reason == RejectReason::no_change);

  SECTION("taking it back as safe reverses its effect on the user") {
    REQUIRE(b.command(CommandAction::confirm_safe, CommandTarget::sign_in, "e1", 2).accepted);
    CHECK(b.out.sign_ins.back().state == RiskState::confirmed_safe);
    CHECK(b.out.last().state == RiskState::none);
    CHECK(b.out.last().level == RiskLevel::none);
    CHECK(b.out.last().score == 0);
  }
  SECTION("dismissing the user dismisses it too") {
    REQUIRE(b.command(CommandAction::dismiss, CommandTarget::user, kAnaId).accepted);
    CHECK(b.out.sign_ins.back().state == RiskState::dismissed);
    CHECK(b.out.last().state == RiskState::dismissed);
  }
  SECTION("two confirmed sign-ins hold the user until both are taken back") {
    const auto other = make_sign_in("e2", kAnaId);
    b.find(kTravel, e, 0.35, "A2", &other->e);
    REQUIRE(b.command(CommandAction::confirm_compromised, CommandTarget::sign_in, "e2").accepted);
    REQUIRE(b.command(CommandAction::dismiss, CommandTarget::sign_in, "e1").accepted);
    CHECK(b.out.last().state == RiskState::confirmed_compromised);
    REQUIRE(b.command(CommandAction::dismiss, CommandTarget::sign_in, "e2").accepted);
    CHECK(b.out.last().state == RiskState::none);
  }
}

TEST_CASE("a dismissed sign-in takes its contribution along unless another one feeds it", "[risk]") {
  LedgerBench b;
  const Entity e = make_entity(EntityType::user, kAnaId);
  const auto s1 = make_sign_in("e1", kAnaId), s2 = make_sign_in("e2", kAnaId);
  b.find(kTravel, e, 0.5, "A1", &s1->e);
  b.find(kTravel, e, 0.5, "A1", &s2->e);
  REQUIRE(b.command(CommandAction::dismiss, CommandTarget::sign_in, "e1").accepted);
  CHECK(b.out.sign_ins.back().detail == RiskDetail::admin_dismissed_risk_for_sign_in);
  CHECK(b.ledger.level(EntityType::user, Id::from(kAnaId)) == RiskLevel::medium);
  REQUIRE(b.command(CommandAction::confirm_safe, CommandTarget::sign_in, "e2").accepted);
  CHECK(b.out.sign_ins.back().detail == RiskDetail::admin_confirmed_signin_safe);
  CHECK(b.out.last().level == RiskLevel::none);
  CHECK(b.out.last().state == RiskState::none);
  CHECK(b.out.last().history.back().by == "soc@example.com");
}
