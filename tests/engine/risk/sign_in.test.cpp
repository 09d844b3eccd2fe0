#include <catch2/catch.hpp>

#include "engine/risk/ledger.h"
#include "engine/risk/ledger_state.h"
#include "engine/risk/row_codec.h"
#include "tests/engine/risk/ledger_bench.h"

using namespace bartizan;
using namespace bartizan::test;

namespace {
const Rule kTravel = make_rule("unlikelyTravel", "travel");
const Rule kCountry = make_rule("newCountry", "properties");
const std::string kAnaId = "8c1d2e3f-4a5b-4c6d-8e7f-901a2b3c4d5e";
const Entity kAna = make_entity(EntityType::user, kAnaId);
}  // namespace

TEST_CASE("a sign-in's risk is that of its own detections, without decay", "[risk]") {
  LedgerBench b;
  const auto s = make_sign_in("e1", kAnaId);
  b.find(kTravel, kAna, 0.35, "A1", &s->e, true, Severity::medium);
  REQUIRE(b.out.sign_ins.size() == 1);
  CHECK(b.out.sign_ins[0].revision == 1);
  CHECK(b.out.sign_ins[0].score == 350);
  b.wait(2 * kDay);
  b.find(kCountry, kAna, 0.10, "A2", &s->e, false, Severity::low);
  REQUIRE(b.out.sign_ins.size() == 2);
  const RiskySignIn& row = b.out.sign_ins[1];
  CHECK(row.score == 415);
  CHECK(row.level_aggregated == RiskLevel::medium);
  CHECK(row.level_during_sign_in == RiskLevel::low);
  REQUIRE(row.detections.size() == 2);
  CHECK(row.detections[0].rule_id == "unlikelyTravel");
  CHECK(row.detections[0].level == RiskLevel::medium);
  CHECK_FALSE(row.detections[1].real_time);
  CHECK(row.sign_in.id == "e1");
}

TEST_CASE("a sign-in below low has no row until it leaves none", "[risk]") {
  LedgerBench b;
  const auto s = make_sign_in("e1", kAnaId);
  b.find(kTravel, kAna, 0.06, "A1", &s->e);
  CHECK(b.out.sign_ins.empty());
  b.find(kCountry, kAna, 0.06, "A2", &s->e, false);
  REQUIRE(b.out.sign_ins.size() == 1);
  CHECK(b.out.sign_ins[0].revision == 1);
  CHECK(b.out.sign_ins[0].level_during_sign_in == RiskLevel::none);
}

TEST_CASE("the level during sign-in is frozen after the first reading, whatever a verdict says", "[risk]") {
  LedgerBench b;
  const auto s = make_sign_in("e1", kAnaId);
  b.find(kTravel, kAna, 0.45, "A1", &s->e);
  b.find(kCountry, kAna, 0.9, "A2", &s->e, true);  // claims real time in a later step
  CHECK(b.out.sign_ins.back().level_during_sign_in == RiskLevel::medium);
  b.command(CommandAction::confirm_safe, CommandTarget::sign_in, "e1");
  CHECK(b.out.sign_ins.back().level_during_sign_in == RiskLevel::medium);
  CHECK(b.out.sign_ins.back().level_aggregated == RiskLevel::none);
}

TEST_CASE("a finding about somebody who took no part leaves the sign-in alone", "[risk]") {
  LedgerBench b;
  const auto s = make_sign_in("e1", kAnaId);
  b.find(kTravel, make_entity(EntityType::user, "0f9e8d7c-6b5a-4948-8372-61504f3e2d1c"), 0.5, "A1", &s->e);
  CHECK(b.out.entities.size() == 1);
  CHECK(b.out.sign_ins.empty());
}

TEST_CASE("where an agent acts for a user the sign-in's risk is the user's", "[risk]") {
  LedgerBench b;
  const auto s = make_sign_in("e1", kAnaId);
  const std::string robot = "c3d4e5f6-0718-4293-a4b5-c6d7e8f90a1b";
  s->e.flags = kFlagAgent;
  s->e.service_principal_id = Id::from(robot);
  b.find(kTravel, make_entity(EntityType::agent, robot), 0.2, "A1", &s->e);
  CHECK(b.out.sign_ins.back().entity.type == EntityType::agent);
  b.find(kCountry, kAna, 0.2, "A2", &s->e);
  CHECK(b.out.sign_ins.back().entity.id == kAnaId);
  CHECK(b.out.sign_ins.back().detections.size() == 2);
  REQUIRE(b.command(CommandAction::dismiss, CommandTarget::user, kAnaId).accepted);
  CHECK(b.out.sign_ins.back().detections.size() == 1);
  CHECK(b.out.sign_ins.back().state == RiskState::at_risk);
}

TEST_CASE("a correction writes the row again where it changed the sign-in", "[risk]") {
  LedgerBench b;
  const auto s = make_sign_in("e1", kAnaId);
  b.find(kTravel, kAna, 0.45, "A1", &s->e);
  b.now += kMinute;
  b.ledger.correct(s->e, b.now);
  b.ledger.flush(b.out);
  CHECK(b.out.sign_ins.size() == 1);
  s->e.asn = 64500;
  b.ledger.correct(s->e, b.now);
  b.ledger.flush(b.out);
  REQUIRE(b.out.sign_ins.size() == 2);
  CHECK(b.out.sign_ins[1].sign_in.asn == 64500);
  CHECK(b.out.sign_ins[1].last_updated == b.now);
  const auto unknown = make_sign_in("e2", kAnaId);
  b.ledger.correct(unknown->e, b.now);
  b.ledger.flush(b.out);
  CHECK(b.out.sign_ins.size() == 2);
}

TEST_CASE("rows of sign-ins are kept 30 days", "[risk]") {
  LedgerBench b;
  const auto s = make_sign_in("e1", kAnaId);
  b.find(kTravel, kAna, 0.2, "A1", &s->e);
  b.wait(30 * kDay - kHour, kHour);
  CHECK(b.command(CommandAction::dismiss, CommandTarget::sign_in, "e1").accepted);  // touches it
  b.wait(30 * kDay - kHour, kHour);
  CHECK(b.command(CommandAction::dismiss, CommandTarget::sign_in, "e1").reason == RejectReason::no_change);
  CHECK(b.out.gone.empty());
  b.wait(2 * kHour, kHour);
  CHECK(b.command(CommandAction::dismiss, CommandTarget::sign_in, "e1").reason == RejectReason::unknown_target);
  CHECK(b.out.gone == std::vector<std::string>{"e1"});  // what was written ends with a tombstone
  b.find(kTravel, kAna, 0.2, "A2", &s->e);
  CHECK(b.out.sign_ins.back().revision == 1);
}

TEST_CASE("a sign-in that was never written leaves no tombstone", "[risk]") {
  LedgerBench b;
  const auto s = make_sign_in("e1", kAnaId);
  b.find(kTravel, kAna, 0.05, "A1", &s->e);
  b.wait(40 * kDay, kDay);
  CHECK(b.out.sign_ins.empty());
  CHECK(b.ledger.rows() == 0);
  CHECK(b.out.gone.empty());
}

TEST_CASE("the sign-ins of one entity are bounded; the longest untouched makes room", "[risk]") {
  LedgerBench b;
  for (std::size_t i = 0; i < kRiskSignInsPerEntityMax + 10; ++i) {
    const auto s = make_sign_in("e" + std::to_string(i), kAnaId);
    b.now += Duration{1};
    b.find(kTravel, kAna, 0.2, "A" + std::to_string(i), &s->e);
  }
  CHECK(b.out.gone == std::vector<std::string>{"e0", "e1", "e2", "e3", "e4", "e5", "e6", "e7", "e8", "e9"});
  CHECK(b.command(CommandAction::dismiss, CommandTarget::sign_in, "e9").reason == RejectReason::unknown_target);
  CHECK(b.command(CommandAction::dismiss, CommandTarget::sign_in, "e10").accepted);
  b.out.sign_ins.clear();
  CHECK(b.command(CommandAction::dismiss, CommandTarget::user, kAnaId).accepted);
  CHECK(b.out.sign_ins.size() == kRiskSignInsPerEntityMax - 1);
}

TEST_CASE("a summary survives its encoding", "[risk]") {
  SignInSummary s;
  s.id = "e1";
  s.time = kStart;
  s.category = SignInCategory::managed_identity;
  s.has_workload = true;
  s.workload_id = "w";
  s.location.country = "PT";
  s.location.has_coordinates = true;
  s.location.latitude = 38.72;
  s.device.compliant = false;
  s.auth_methods = {"Password", "SMS"};
  s.result = {50126, "failure", "Invalid username or password"};
  const std::string bytes = risk::encode(s);
  SignInSummary back;
  REQUIRE(risk::decode_summary(bytes, back));
  CHECK(risk::encode(back) == bytes);
  CHECK(back.device.compliant == false);
  CHECK(back.location.latitude == 38.72);
  CHECK(back.auth_methods == s.auth_methods);
  for (std::size_t n = 0; n < bytes.size(); ++n) {
    SignInSummary cut;
    CHECK_FALSE(risk::decode_summary(std::string_view{bytes}.substr(0, n), cut));
  }
}
