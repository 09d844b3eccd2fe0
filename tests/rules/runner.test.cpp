// The runner of rule tests: what makes a case fail, and where it says so.

#include <catch2/catch.hpp>

#include "rules/packs/bundle.h"
#include "rules/testing/runner.h"
#include "rules/testing/test_events.h"

namespace bartizan::rule_testing {
namespace {

const Bundle& bundle() {
  static const Bundle b = [] {
    settings::Diagnostics diagnostics;
    return *Bundle::make(builtin_pack(), EngineSettings{}, diagnostics);
  }();
  return b;
}

const std::string kHead =
    "schema: bartizan.rule-test/v1\n"
    "rule: suspiciousSignins\n"
    "cases:\n"
    "  - name: stolen\n"
    "    history:\n"
    "      - {days: 14, every: 1h, sp: job, ip: 192.0.2.10, asn: 64500, country: NL, resource: Graph, key: k1}\n"
    "    events:\n"
    "      - {at: 10m, sp: job, ip: 203.0.113.7, asn: 64501, country: BR, resource: Graph, key: k2}\n";

std::string failures(const std::string& expectation) {
  settings::Diagnostics diagnostics;
  const auto result = run_test_file("x.test.yml", kHead + expectation, bundle(), diagnostics);
  INFO(settings::render(diagnostics, false));
  REQUIRE(result);
  return describe_failures(*result);
}

TEST_CASE("a case passes when exactly the expected alert fires", "[rule_testing]") {
  CHECK(failures("    expect:\n      - {at: 10m, entity: job, severity: high}\n").empty());
  CHECK(failures("    expect:\n      - {entity: job, severity: high, title: BR, why: {country: BR, surprise: 40+-25}}\n").empty());
}

TEST_CASE("a case fails at its line on another time, severity, entity or reason", "[rule_testing]") {
  using Catch::Contains;
  CHECK_THAT(failures("    expect:\n      - {at: 11m, entity: job, severity: high}\n"), Contains("x.test.yml:10: case 'stolen':") && Contains("but it fired at 10m"));
  CHECK_THAT(failures("    expect:\n      - {entity: job, severity: low}\n"), Contains("but its severity is high") && Contains("unexpected: suspiciousSignins high on job"));
  CHECK_THAT(failures("    expect:\n      - {entity: other, severity: high}\n"), Contains("but nothing such fired"));
  CHECK_THAT(failures("    expect:\n      - {entity: job, severity: high, why: {country: NL}}\n"), Contains("'country' is BR, expected NL"));
  CHECK_THAT(failures("    expect:\n      - {entity: job, severity: high, why: {colour: red}}\n"), Contains("no check named 'colour'"));
  CHECK_THAT(failures("    expect:\n      - {entity: job, severity: high, title: nothing such}\n"), Contains("but its title is"));
}

TEST_CASE("a case that expects silence fails when the rule fires", "[rule_testing]") {
  CHECK_THAT(failures("    expect: []\n"), Catch::Contains("x.test.yml:4: case 'stolen': unexpected: suspiciousSignins high on job at 10m"));
}

TEST_CASE("another rule that fires fails the case unless it is allowed", "[rule_testing]") {
  std::string text = kHead + "    expect: []\n";
  text.replace(text.find("rule: suspiciousSignins"), 23, "rule: passwordSpray");
  settings::Diagnostics diagnostics;
  auto result = run_test_file("x", text, bundle(), diagnostics);
  REQUIRE(result);
  CHECK_FALSE(result->passed());
  result = run_test_file("x", text + "    allow: [suspiciousSignins]\n", bundle(), diagnostics);
  REQUIRE(result);
  CHECK(result->passed());
  CHECK(result->silent_cases() == 1);
}

TEST_CASE("a test file that makes no sense is refused with places", "[rule_testing]") {
  const auto told = [](const std::string& text) {
    settings::Diagnostics diagnostics;
    CHECK_FALSE(run_test_file("x.test.yml", text, bundle(), diagnostics));
    REQUIRE_FALSE(diagnostics.ok());
    return settings::render(diagnostics, false);
  };
  using Catch::Contains;
  CHECK_THAT(told("schema: bartizan.rule-test/v1\nrule: suspiciousSignins\ncases: []\n"), Contains("E0105"));
  CHECK_THAT(told("schema: bartizan.rule-test/v1\nrule: suspiciousSignin\ncases:\n  - {name: a, events: [{at: 0m, sp: a}], expect: []}\n"),
             Contains("did you mean 'suspiciousSignins'?"));
  CHECK_THAT(told("schema: bartizan.rule-test/v1\nrule: suspiciousSignins\ncases:\n  - {name: a, events: [{at: soon, sp: a, mi: b, city: Atlantis}], expect: []}\n"),
             Contains("'soon' is no offset") && Contains("'Atlantis' is not one of the places"));
  CHECK_THAT(told("schema: bartizan.rule-test/v1\nrule: suspiciousSignins\ncases:\n  - {name: a, events: [{at: 0m, sp: a, mi: b}], expect: []}\n"),
             Contains("exactly one of user, sp, mi, agent"));
}

TEST_CASE("names stand for the same id in every test, GUIDs for themselves", "[rule_testing]") {
  CHECK(id_for("user", "ana") == id_for("user", "ana"));
  CHECK(id_for("user", "ana") != id_for("sp", "ana"));
  CHECK(id_for("user", "00000003-0000-0000-c000-000000000000") == "00000003-0000-0000-c000-000000000000");
  CHECK(id_for("user", "ana").size() == 36);
}

TEST_CASE("history is the same in each run and lies before zero", "[rule_testing]") {
  ShortEvent e;
  e.user = "ana";
  e.days = 14;
  e.every = std::chrono::hours{1};
  e.hours = "9-17";
  e.weekends = false;
  const auto a = build_events(e, true, 1);
  const auto b = build_events(e, true, 1);
  REQUIRE(a.size() == b.size());
  CHECK(a.size() == 10 * 8);
  for (std::size_t i = 0; i < a.size(); ++i) {
    CHECK(a[i]->time == b[i]->time);
    CHECK(a[i]->time < kVirtualZero);
  }
}

}  // namespace
}  // namespace bartizan::rule_testing
