#include <catch2/catch.hpp>

#include "rules/packs/bundle.h"

namespace bartizan {
namespace {

const std::string kRule =
    "schema: bartizan.rule/v1\n"
    "id: suspiciousSignins\n"
    "title: A title\n"
    "version: 1\n"
    "entity: service_principal\n"
    "family: workload\n"
    "description: What it does.\n"
    "risk: {low: 0.05, medium: 0.25, high: 0.6}\n"
    "false_positives: [A move]\n";

std::string with(std::string text, const std::string& from, const std::string& to) {
  REQUIRE(text.find(from) != std::string::npos);
  return text.replace(text.find(from), from.size(), to);
}

std::string told(const std::string& text) {
  settings::Diagnostics diagnostics;
  CHECK_FALSE(read_rule("r.yml", text, diagnostics));
  return settings::render(diagnostics, false);
}

std::string hash_of(const std::string& text) {
  settings::Diagnostics diagnostics;
  const auto rule = read_rule("r.yml", text, diagnostics);
  INFO(settings::render(diagnostics, false));
  REQUIRE(rule);
  return rule->rule.alert.hash;
}

Bundle make(std::vector<BundleFile> files, const EngineSettings& settings = {}) {
  settings::Diagnostics diagnostics;
  auto bundle = Bundle::make(std::move(files), settings, diagnostics);
  INFO(settings::render(diagnostics, false));
  REQUIRE(bundle);
  return *bundle;
}

TEST_CASE("a rule file becomes a rule with resolved parameters", "[packs]") {
  settings::Diagnostics diagnostics;
  const auto rule = read_rule("r.yml", kRule + "parameters: {low_nats: 7}\ndedup: {window: 2h}\nlabels: {team: identity}\n", diagnostics);
  REQUIRE(rule);
  CHECK(rule->rule.parameters.number("low_nats") == 7);
  CHECK(rule->rule.parameters.number("medium_nats") == 9);
  CHECK(rule->rule.dedup_window == std::chrono::hours{2});
  CHECK(rule->rule.risk == std::array<double, 3>{0.05, 0.25, 0.6});
  CHECK(rule->rule.type->id == "suspiciousSignins");
  CHECK(rule->rule.alert.hash.size() == 64);
}

TEST_CASE("mistakes in a rule file are told with their places", "[packs]") {
  using Catch::Contains;
  CHECK_THAT(told(with(kRule, "suspiciousSignins", "suspiciousSignin")), Contains("E0201") && Contains("did you mean 'suspiciousSignins'?"));
  CHECK_THAT(told(kRule + "parameters: {low_nat: 7}\n"), Contains("r.yml:10:14") && Contains("did you mean 'low_nats'?"));
  CHECK_THAT(told(kRule + "parameters: {low_nats: 0}\n"), Contains("'low_nats' is 0, but must be between 1 and 100"));
  CHECK_THAT(told(with(kRule, "high: 0.6", "high: 0.1")), Contains("E0204"));
  CHECK_THAT(told(with(kRule, "version: 1\n", "")), Contains("missing key 'version'"));
  CHECK_THAT(told(kRule + "attack: [{tactic: TA1, technique: T1078.4}]\n"), Contains("ATT&CK tactic") && Contains("ATT&CK technique"));
  CHECK_THAT(told(with(kRule, "bartizan.rule/v1", "bartizan.rule/v2")), Contains("is not bartizan.rule/v1"));
}

TEST_CASE("a rule's hash changes with what can change an output and with nothing else", "[packs]") {
  const std::string base = hash_of(kRule);
  CHECK(base == hash_of(with(kRule, "What it does.", "Something else.")));
  CHECK(base == hash_of(kRule + "parameters: {low_nats: 6}\n"));
  CHECK(base == hash_of("# comment\n" + kRule));
  CHECK(base != hash_of(kRule + "parameters: {low_nats: 6.5}\n"));
  CHECK(base != hash_of(with(kRule, "A title", "Another title")));
  CHECK(base != hash_of(kRule + "mode: shadow\n"));
  CHECK(base != hash_of(kRule + "labels: {a: b}\n"));
  CHECK(base != hash_of(with(kRule, "medium: 0.25", "medium: 0.2")));
}

TEST_CASE("a bundle's hash hangs on files and settings, not on their order", "[packs]") {
  const std::string other = with(kRule, "id: suspiciousSignins", "id: another\ndetector: suspiciousSignins");
  const Bundle a = make({{"a.yml", kRule}, {"b.yml", other}});
  CHECK(a.hash() == make({{"b.yml", other}, {"a.yml", kRule}, {"a.test.yml", "not read"}, {"notes.txt", "not read"}}).hash());
  CHECK(a.hash() != make({{"a.yml", kRule}}).hash());
  EngineSettings settings;
  settings.lateness = std::chrono::minutes{20};
  CHECK(a.hash() != make({{"a.yml", kRule}, {"b.yml", other}}, settings).hash());
  REQUIRE(a.rule_set()->rules.size() == 2);
  CHECK(a.rule_set()->rules[0].alert.id == "another");
  CHECK(a.rule_set()->bundle_hash == a.hash());
}

TEST_CASE("a bundle reads back from its bytes, and damaged bytes are refused", "[packs]") {
  EngineSettings settings;
  settings.lateness = Duration{1'234'567};
  settings.families_bonus = 1.17;
  const Bundle a = make({{"a.yml", kRule}}, settings);
  const std::string blob = a.serialise();
  const Result<Bundle> b = Bundle::parse(blob);
  REQUIRE(b.ok());
  CHECK(b.value().hash() == a.hash());
  CHECK(b.value().rule_set()->settings.lateness == settings.lateness);
  CHECK(b.value().rule_set()->settings.families_bonus == 1.17);
  CHECK(b.value().files() == a.files());
  CHECK(Bundle::parse(blob.substr(0, blob.size() - 1)).error().code == "corrupt");
  CHECK(Bundle::parse(blob + "x").error().code == "corrupt");
  CHECK(Bundle::parse("").error().code == "corrupt");
  CHECK(Bundle::parse(with(blob, "version: 1", "version: x")).error().code == "invalid");
}

TEST_CASE("privileged identities are part of the bundle", "[packs]") {
  EngineSettings settings;
  settings.privileged = {"bo@example.com", "8c1d2e3f-4a5b-4c6d-8e7f-901a2b3c4d5e"};
  const Bundle a = make({{"a.yml", kRule}}, settings);
  CHECK(a.hash() != make({{"a.yml", kRule}}).hash());
  const auto b = Bundle::parse(a.serialise());
  REQUIRE(b.ok());
  CHECK(b.value().rule_set()->settings.privileged.size() == 2);
  CHECK(b.value().hash() == a.hash());
}

TEST_CASE("labels of the configuration go to every rule, and a rule's own wins", "[packs]") {
  EngineSettings settings;
  settings.labels = {{"team", "soc"}, {"environment", "test: \"1\"\u00e9"}};
  const Bundle a = make({{"a.yml", kRule + "labels: {team: identity}\n"}}, settings);
  const std::vector<std::pair<std::string, std::string>> expected = {{"environment", "test: \"1\"\u00e9"}, {"team", "identity"}};
  CHECK(a.rule_set()->rules[0].labels == expected);
  CHECK(a.hash() != make({{"a.yml", kRule + "labels: {team: identity}\n"}}).hash());
  const Result<Bundle> b = Bundle::parse(a.serialise());
  REQUIRE(b.ok());
  CHECK(b.value().rule_set()->rules[0].labels == expected);
  CHECK(b.value().rule_set()->rules[0].alert.hash == make({{"a.yml", kRule + "labels: {team: identity}\n"}}).rule_set()->rules[0].alert.hash);

  settings.labels.clear();
  for (int i = 0; i < 32; ++i) settings.labels.emplace_back("l" + std::to_string(i), "x");
  settings::Diagnostics diagnostics;
  CHECK_FALSE(Bundle::make({{"a.yml", kRule + "labels: {team: identity}\n"}}, settings, diagnostics));
  CHECK_THAT(settings::render(diagnostics, false), Catch::Contains("more than 32 labels"));
}

TEST_CASE("no rule selected is an error, and so is an id that stands twice", "[packs]") {
  const auto code = [](std::vector<BundleFile> files) {
    settings::Diagnostics diagnostics;
    CHECK_FALSE(Bundle::make(std::move(files), EngineSettings{}, diagnostics));
    return diagnostics.all().front().code;
  };
  CHECK(code({}) == rule_code::kNoRules);
  CHECK(code({{"a.yml", kRule + "mode: off\n"}}) == rule_code::kNoRules);
  CHECK(code({{"a.yml", kRule}, {"b.yml", kRule}}) == rule_code::kDuplicateRule);
}

TEST_CASE("the built-in pack is in the binary and makes a bundle", "[packs]") {
  CHECK(builtin_pack().size() >= 8);
  const Bundle bundle = make(builtin_pack());
  BundleStore store;
  store.add(bundle);
  CHECK(store.find(bundle.hash()) == bundle.rule_set());
  CHECK(store.find("0") == nullptr);
}

}  // namespace
}  // namespace bartizan
