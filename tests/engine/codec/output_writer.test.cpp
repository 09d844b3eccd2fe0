#include "engine/codec/output_writer.h"

#include <catch2/catch.hpp>
#include <limits>
#include <string>
#include <string_view>

#include "engine/codec/json_out.h"
#include "engine/model/sha256.h"
#include "tests/support/json_schema.h"

namespace bartizan {
namespace {

constexpr const char* kTenant = "3b6a1f7e-52c4-4d0b-9a38-6e1c0f4d7b21";
constexpr const char* kAna = "8c1d2e3f-4a5b-4c6d-8e7f-901a2b3c4d5e";
constexpr const char* kTravelAlert = "5F848F5NVTY77ZVB502HA6WPBE";
constexpr const char* kFeaturesAlert = "3188108B1BFF165TSH83YNBM7N";
constexpr const char* kChrome =
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36";

Time at(std::string_view text) { return parse_time(text).value(); }

std::string example(const std::string& name) { return test::compact(test::read_file("docs/formats/examples/" + name + ".json")); }

/// Replaces one passage that stands in `text`.
std::string with(std::string text, std::string_view old, std::string_view now) {
  const std::size_t place = text.find(old);
  REQUIRE(place != std::string::npos);
  return text.replace(place, old.size(), now);
}

Entity ana() {
  Entity e;
  e.type = EntityType::user;
  e.id = kAna;
  e.name = "Ana Souza";
  e.user_principal_name = "ana.souza@example.com";
  return e;
}

Named portal() { return {"00000046-1c2d-4e3f-9a4b-5c6d7e8f0046", "Example Portal"}; }
Named graph() { return {"00000003-0000-0000-c000-000000000000", "Microsoft Graph"}; }

Contribution contribution(const char* rule, const char* family, ScoreTenths score, const char* time, const char* expires, const char* alert) {
  return Contribution{rule, family, score, at(time), at(expires), alert};
}

Check check(const char* what, CheckValue actual, CheckOp op, CheckValue limit, const char* unit = "") {
  Check c;
  c.check = what;
  c.actual = std::move(actual);
  c.op = op;
  c.limit = std::move(limit);
  c.unit = unit;
  return c;
}

EvidenceLocation place(const char* city, const char* country, double latitude, double longitude) {
  EvidenceLocation l;
  l.city = city;
  l.country = country;
  l.has_coordinates = true;
  l.latitude = latitude;
  l.longitude = longitude;
  return l;
}

EvidenceSource topic_source(std::int64_t offset, std::int32_t index, const char* timestamp) {
  EvidenceSource s;
  s.input = "signins";
  s.topic = "signins";
  s.offset = offset;
  s.index = index;
  s.timestamp = at(timestamp);
  return s;
}

Evidence singapore() {
  Evidence e;
  e.event_id = "00000002-1c2d-4e3f-9a4b-5c6d7e8f0002";
  e.source = topic_source(48121, 3, "2026-03-02T09:16:11.190Z");
  e.correlation_id = "00000386-1c2d-4e3f-9a4b-5c6d7e8f0386";
  e.time = at("2026-03-02T09:09:02.640Z");
  e.ip = "203.0.113.77";
  e.asn = 64500;
  e.location = place("Singapore", "SG", 1.29, 103.85);
  e.app = portal();
  e.resource = graph();
  e.client_app = "Browser";
  e.user_agent = kChrome;
  e.result = EvidenceResult{0, "success", ""};
  return e;
}

Evidence lisbon() {
  Evidence e;
  e.event_id = "00000001-1c2d-4e3f-9a4b-5c6d7e8f0001";
  e.source = topic_source(47007, 0, "2026-03-02T08:19:40.002Z");
  e.correlation_id = "00000385-1c2d-4e3f-9a4b-5c6d7e8f0385";
  e.time = at("2026-03-02T08:14:02.118Z");
  e.ip = "192.0.2.18";
  e.asn = 64496;
  e.location = place("Lisbon", "PT", 38.72, -9.14);
  e.app = portal();
  e.resource = graph();
  e.device.id = "d-117";
  e.device.name = "LT-ANA";
  e.device.os = "Windows 11";
  e.device.browser = "Edge 126.0";
  e.device.compliant = true;
  e.device.managed = true;
  e.device.trust_type = "Azure AD joined";
  e.client_app = "Browser";
  e.result = EvidenceResult{0, "success", ""};
  return e;
}

Alert travel() {
  Alert a;
  a.id = kTravelAlert;
  a.tenant_id = kTenant;
  a.entity = ana();
  a.rule = {"unlikelyTravel", "Sign-ins too far apart for the time between them", 3,
            "b076495d6f381967c8cd43d78fe4a50b523c9468358c0abe32553fb3943b80b6", RuleMode::live, RuleSource::native};
  a.severity = Severity::medium;
  a.confidence = 35;
  a.title = "Ana Souza signed in from Singapore 55 minutes after Lisbon, 11879 km away.";
  const CheckValue home = std::vector<CheckScalar>{std::string{"PT"}, std::string{"ES"}};
  a.why.push_back(check("speed between the two sign-ins", 12959.0, CheckOp::gt, 900.0, "km/h"));
  a.why.push_back(check("distance", 11879.0, CheckOp::gt, 500.0, "km"));
  a.why.push_back(check("country seen for this user in 90 days", std::string{"SG"}, CheckOp::not_in, home));
  a.why.back().usual = home;
  a.why.push_back(check("users sharing the address", 1.0, CheckOp::lt, 5.0, "users"));
  a.risk = RiskEffect{100, 415, RiskLevel::low, RiskLevel::medium,
                      {contribution("unlikelyTravel", "travel", 350, "2026-03-02T09:16:11.204Z", "2026-03-23T09:16:11.204Z", kTravelAlert),
                       contribution("unfamiliarFeatures", "properties", 100, "2026-03-02T09:16:11.204Z", "2026-03-23T09:16:11.204Z",
                                    kFeaturesAlert)}};
  a.attack = {{"TA0001", "T1078.004"}};
  a.first_seen = at("2026-03-02T08:14:02.118Z");
  a.last_seen = at("2026-03-02T09:09:02.640Z");
  a.detected_at = at("2026-03-02T09:16:11.204Z");
  a.last_updated = a.detected_at;
  a.evidence = {singapore(), lisbon()};
  a.evidence_total = 2;
  a.labels = {{"team", "identity"}};
  return a;
}

Evidence spray_evidence(const char* id, const char* time, std::int32_t code, const char* result_class, const char* reason) {
  Evidence e;
  e.event_id = id;
  e.time = at(time);
  e.ip = "198.51.100.23";
  e.asn = 64511;
  e.client_app = "Other clients";
  e.result = EvidenceResult{code, result_class, reason};
  return e;
}

Alert spray() {
  Alert a;
  a.id = "7WQDNRE59QX95Y007DV3F3PQZ5";
  a.revision = 3;
  a.state = AlertState::closed;
  a.tenant_id = kTenant;
  a.entity.type = EntityType::ip;
  a.entity.id = "198.51.100.23";
  a.rule = {"passwordSpray", "Password spray", 2, "14f8406fe1f6945b37638e295473d29ad1f384c51dd1e978442cafb315b66510", RuleMode::live,
            RuleSource::native};
  a.severity = Severity::high;
  a.confidence = 90;
  a.title = "198.51.100.23 tried 41 accounts in 18 minutes and validated the password of 1.";
  a.why.push_back(check("evidence for spraying", 15.2, CheckOp::ge, 13.8, "nats"));
  a.why.push_back(check("accounts tried for the first time", 41.0, CheckOp::ge, 7.0, "accounts"));
  a.why.back().usual = 0.3;
  a.why.push_back(check("passwords validated", 1.0, CheckOp::ge, 1.0, "accounts"));
  a.attack = {{"TA0006", "T1110.003"}};
  a.first_seen = at("2026-03-02T02:00:11.000Z");
  a.last_seen = at("2026-03-02T02:18:40.512Z");
  a.count = 12;
  a.detected_at = at("2026-03-02T02:09:03.450Z");
  a.last_updated = at("2026-03-02T08:33:41.000Z");
  a.evidence = {spray_evidence("0000000a-1c2d-4e3f-9a4b-5c6d7e8f000a", "2026-03-02T02:03:27.000Z", 50126, "failure", "Invalid username or password"),
                spray_evidence("0000000b-1c2d-4e3f-9a4b-5c6d7e8f000b", "2026-03-02T02:18:40.512Z", 50076, "interrupted", "")};
  a.evidence_total = 43;
  a.related = {{"7Q1K87WBYY552SDME50MY834R9", "victim"}};
  a.campaign_id = a.id;
  CampaignTarget ben;
  ben.entity.id = "0f9e8d7c-6b5a-4948-8372-61504f3e2d1c";
  ben.entity.name = "Ben Okafor";
  ben.validated = true;
  CampaignTarget second;
  second.entity = ana();
  a.campaign = Campaign{41, 1, 1, {ben, second}};
  return a;
}

RiskHistoryItem history(std::uint64_t revision, const char* time, RiskLevel level, ScoreTenths score, const char* rule) {
  RiskHistoryItem h;
  h.revision = revision;
  h.at = at(time);
  h.level = level;
  h.state = RiskState::at_risk;
  h.score = score;
  h.risk_event_types = {rule};
  return h;
}

RiskyEntity risky_ana() {
  RiskyEntity r;
  r.tenant_id = kTenant;
  r.entity = ana();
  r.revision = 3;
  r.level = RiskLevel::high;
  r.state = RiskState::at_risk;
  r.score = 802;
  r.event_time = at("2026-03-02T09:31:45.011Z");
  r.last_updated = at("2026-03-02T09:38:20.877Z");
  r.contributions = {
      contribution("unlikelyTravel", "travel", 780, "2026-03-02T09:38:20.877Z", "2026-03-23T09:38:20.877Z", kTravelAlert),
      contribution("unfamiliarFeatures", "properties", 100, "2026-03-02T09:16:11.204Z", "2026-03-23T09:16:11.204Z", kFeaturesAlert)};
  r.history = {history(1, "2026-03-02T09:16:11.204Z", RiskLevel::low, 100, "unfamiliarFeatures"),
               history(2, "2026-03-02T09:16:11.204Z", RiskLevel::medium, 415, "unlikelyTravel"),
               history(3, "2026-03-02T09:38:20.877Z", RiskLevel::high, 802, "unlikelyTravel")};
  return r;
}

RiskySignIn risky_sign_in() {
  RiskySignIn r;
  r.tenant_id = kTenant;
  r.revision = 1;
  r.last_updated = at("2026-03-02T09:16:11.204Z");
  r.entity = ana();
  SignInSummary& s = r.sign_in;
  s.id = "00000002-1c2d-4e3f-9a4b-5c6d7e8f0002";
  s.time = at("2026-03-02T09:09:02.640Z");
  s.has_user = true;
  s.user_id = kAna;
  s.user_name = "Ana Souza";
  s.user_principal_name = "ana.souza@example.com";
  s.user_type = UserType::member;
  s.app = portal();
  s.client_app = "Browser";
  s.ip = "203.0.113.77";
  s.asn = 64500;
  s.location = place("Singapore", "SG", 1.29, 103.85);
  s.user_agent = kChrome;
  s.auth_requirement = "singleFactorAuthentication";
  s.auth_protocol = "oAuth2";
  s.auth_methods = {"Password"};
  s.conditional_access = ConditionalAccess::not_applied;
  s.resource = graph();
  s.result = {0, "success", ""};
  s.correlation_id = "00000386-1c2d-4e3f-9a4b-5c6d7e8f0386";
  r.score = 415;
  r.level_during_sign_in = r.level_aggregated = RiskLevel::medium;
  r.state = RiskState::at_risk;
  const Time found = at("2026-03-02T09:16:11.204Z");
  r.detections = {{kTravelAlert, "unlikelyTravel", RuleSource::native, RiskLevel::medium, found, true},
                  {kFeaturesAlert, "unfamiliarFeatures", RuleSource::native, RiskLevel::low, found, true}};
  return r;
}

AuditRecord dismissal() {
  AuditRecord r;
  r.id = "3-184220-0";
  r.at = at("2026-03-02T10:02:00.315Z");
  r.tenant_id = kTenant;
  r.by = "soc-2@example.com";
  r.command_id = "b1946ac9-2f4d-4c3e-8a57-0d9e8f7a6b5c";
  r.target_id = kAna;
  r.decided_on_revision = 3;
  r.note = "Business trip, confirmed by phone.";
  r.before = AuditSnapshot{3, RiskLevel::high, RiskState::at_risk, RiskDetail::none, 802};
  r.after = AuditSnapshot{4, RiskLevel::none, RiskState::dismissed, RiskDetail::admin_dismissed_all_risk_for_user, 0};
  return r;
}

DeadLetter bad_time() {
  DeadLetter d;
  d.reason = DeadLetterReason::bad_time;
  d.detail = "properties.createdDateTime: more than a day ahead of arrival";
  d.stage = DeadLetterStage::normalise;
  d.source.input = "in/day-061.ndjson";
  d.source.file = "day-061.ndjson";
  d.source.offset = 77;
  d.source.index = 4;
  d.value =
      R"({"category": "SignInLogs", "tenantId": "3b6a1f7e-52c4-4d0b-9a38-6e1c0f4d7b21", "properties": {"id": "00000032-1c2d-4e3f-9a4b-5c6d7e8f0032", "createdDateTime": "9999-12-31T00:00:00Z"}})";
  d.size = d.value.size();
  d.sha256 = sha256_hex(d.value);
  d.detected_at = at("2026-03-02T09:20:00.007Z");
  d.engine_version = "0.1.0";
  return d;
}

// ---- the published examples, byte for byte

TEST_CASE("writers: alerts are the published examples", "[writers]") {
  // The example writes a whole number as 12959.0; here a number without a fraction is written as an integer.
  const OutputRecord open = write_alert(travel());
  CHECK(open.value == with(example("alert.v1.travel-open"), "12959.0", "12959"));
  CHECK(write_alert(spray()).value == example("alert.v1.spray-campaign-closed"));
  test::require_valid(open.value);
}

TEST_CASE("writers: risk rows are the published examples", "[writers]") {
  CHECK(write_risky_entity(risky_ana()).value == example("risky-entity.v1.user-high"));
  CHECK(write_risky_sign_in(risky_sign_in()).value == example("risky-sign-in.v1.user"));
}

TEST_CASE("writers: audit records are the published examples", "[writers]") {
  AuditRecord r = dismissal();
  CHECK(write_audit(r).value == example("audit.v1.command-accepted"));
  r.id = "3-184231-0";
  r.kind = AuditKind::command_rejected;
  r.at = at("2026-03-02T10:02:04.001Z");
  r.reason = RejectReason::repeated;
  r.before.reset();
  r.after.reset();
  CHECK(write_audit(r).value == example("audit.v1.command-rejected"));

  AuditRecord bundle;
  bundle.id = "0-184300-0";
  bundle.kind = AuditKind::bundle_activated;
  bundle.at = at("2026-03-02T13:00:00.000Z");
  bundle.by = "api:admin";
  bundle.bundle_hash = "7545ef72e70af6b7d77f5a82182930dc11ce4d0e4d61fec997abd8520b3d8081";
  bundle.bundle_previous = "5d2475af8b9ca9066115181a8923c8f65cc08a8824924d8657be31fe01be5900";
  bundle.bundle_rule_count = 49;
  CHECK(write_audit(bundle).value == example("audit.v1.bundle-activated"));

  AuditRecord range;
  range.id = "5-90211-0";
  range.kind = AuditKind::recovery_range;
  range.at = at("2026-03-03T00:00:01.000Z");
  range.range_partition = 5;
  range.range_from = 90100;
  range.range_to = 90210;
  range.range_rows = 37;
  range.detail = "fold version 4 after 3: entity rows written again";
  CHECK(write_audit(range).value == example("audit.v1.recovery-range"));
  CHECK(write_audit(range).key == "engine/journal/5");
}

TEST_CASE("writers: dead letters and tombstones are the published examples", "[writers]") {
  CHECK(write_dead_letter(bad_time()).value == example("dead-letter.v1.bad-time-in-array-from-file"));
  CHECK(write_entity_tombstone(kTenant, EntityType::user, kAna).value == example("tombstone.v1.user"));
  const OutputRecord sign_in = write_sign_in_tombstone(kTenant, "00000002-1c2d-4e3f-9a4b-5c6d7e8f0002");
  CHECK(sign_in.value == example("tombstone.v1.sign-in"));
  CHECK(sign_in.tombstone);
  CHECK(sign_in.topic == Topic::risky_sign_ins);
}

// ---- addresses

TEST_CASE("writers: keys and headers are as the formats page says", "[writers]") {
  const std::string tenant = kTenant;
  const std::string user = std::string{"user/"} + kAna;
  const OutputRecord alert = write_alert(travel());
  CHECK(alert.topic == Topic::alerts);
  CHECK(alert.key == tenant + '/' + user);
  CHECK(alert.ce_type == "io.bartizan.alert.v1");
  CHECK(alert.ce_source == "/bartizan/" + tenant + "/unlikelyTravel");
  CHECK(alert.ce_subject == user);
  CHECK(alert.ce_id == std::string{kTravelAlert} + ":1");
  CHECK(alert.ce_time == at("2026-03-02T09:16:11.204Z"));
  CHECK(alert.ce_dataschema == "urn:bartizan:schema:alert.v1");

  const OutputRecord row = write_risky_entity(risky_ana());
  CHECK(row.topic == Topic::risky_users);
  CHECK(row.ce_id == user + ":3");
  CHECK(row.ce_source == "/bartizan/" + tenant);

  const OutputRecord sign_in = write_risky_sign_in(risky_sign_in());
  CHECK(sign_in.topic == Topic::risky_sign_ins);
  CHECK(sign_in.key == tenant + "/sign_in/00000002-1c2d-4e3f-9a4b-5c6d7e8f0002");
  CHECK(sign_in.ce_id == "sign_in/00000002-1c2d-4e3f-9a4b-5c6d7e8f0002:1");

  const OutputRecord audit = write_audit(dismissal());
  CHECK(audit.key == tenant + '/' + user);
  CHECK(audit.ce_id == "3-184220-0");

  DeadLetter letter = bad_time();
  CHECK(write_dead_letter(letter).key == "in/day-061.ndjson/0/0/77/4");
  letter.source.index = -1;
  CHECK(write_dead_letter(letter).key == "in/day-061.ndjson/0/0/77/-");
  CHECK(write_dead_letter(letter).ce_source == "/bartizan");

  const OutputRecord gone = write_entity_tombstone(kTenant, EntityType::managed_identity, "m-1");
  CHECK(gone.tombstone);
  CHECK(gone.topic == Topic::risky_workload_identities);
  CHECK(gone.ce_type == "io.bartizan.tombstone.v1");
  CHECK(topic_of(EntityType::agent) == Topic::risky_agents);
}

TEST_CASE("writers: shadow and suppressed alerts go to the shadow topic", "[writers]") {
  Alert shadow = travel();
  shadow.rule.mode = RuleMode::shadow;
  shadow.risk.reset();
  CHECK(write_alert(shadow).topic == Topic::alerts_shadow);
  test::require_valid(write_alert(shadow).value);
  Alert hidden = travel();
  hidden.state = AlertState::suppressed;
  hidden.risk.reset();
  for (const auto& [cause, word] : {std::pair{Suppression::learning, "learning"}, {Suppression::cap, "cap"}, {Suppression::exception, "exception"}}) {
    hidden.suppression = cause;
    hidden.suppressed_by = cause == Suppression::exception ? "trips" : "";
    const OutputRecord out = write_alert(hidden);
    CHECK(out.topic == Topic::alerts_shadow);
    CHECK(out.value.find(std::string{"\"suppressed_by\":{\"type\":\""} + word) != std::string::npos);
    test::require_valid(out.value);
  }
}

// ---- bounds and numbers

TEST_CASE("writers: longer texts are cut between characters and longer lists at their bound", "[writers]") {
  Alert a = travel();
  std::string umlauts;
  for (int i = 0; i < 2000; ++i) umlauts += "\xc3\xbc";
  a.title = a.rule.title = a.entity.name = umlauts;
  a.why.assign(40, check(umlauts.c_str(), umlauts, CheckOp::in, std::vector<CheckScalar>(40, CheckScalar{umlauts}), "km"));
  a.why[0].unit = umlauts;
  a.evidence.assign(30, lisbon());
  for (Evidence& e : a.evidence) {
    e.user_agent = e.client_app = e.device.name = e.location.city = e.app.name = e.result->reason = umlauts;
    e.fields.assign(50, {"list", CheckValue{umlauts}});
  }
  a.related.assign(30, {kTravelAlert, "victim"});
  a.attack.assign(20, {"TA0001", ""});
  a.risk->contributions.assign(30, a.risk->contributions[0]);
  for (int i = 0; i < 40; ++i) a.labels.emplace_back("label" + std::to_string(i), umlauts);
  test::require_valid(write_alert(a).value);
  CHECK(cut("a\xc3\xbc\xe2\x82\xac" "b", 2) == "a\xc3\xbc");
  CHECK(cut("a\xc3\xbc\xe2\x82\xac", 3) == "a\xc3\xbc\xe2\x82\xac");
  CHECK(cut("abc", 0) == "");

  RiskyEntity row = risky_ana();
  for (std::uint64_t i = 4; i < 40; ++i) row.history.push_back(history(i, "2026-03-02T09:38:20.877Z", RiskLevel::high, 802, "unlikelyTravel"));
  const std::string json = write_risky_entity(row).value;
  test::require_valid(json);
  CHECK(json.find("\"history\":[{\"revision\":20,") != std::string::npos);  // the newest 20

  DeadLetter letter = bad_time();
  letter.value.assign(kDeadLetterBytesMax + 5, 'x');
  letter.detail = umlauts;
  test::require_valid(write_dead_letter(letter).value);
}

TEST_CASE("writers: numbers have one form", "[writers]") {
  const auto number = [](double value) {
    JsonOut out;
    out.open();
    out.value("x", value);
    out.close();
    const std::string json = out.take();
    return json.substr(5, json.size() - 6);
  };
  CHECK(number(0) == "0");
  CHECK(number(-0.0) == "0");
  CHECK(number(41) == "41");
  CHECK(number(15.2) == "15.2");
  CHECK(number(0.0005) == "0.001");
  CHECK(number(-0.0005) == "-0.001");
  CHECK(number(0.0004) == "0");
  CHECK(number(2.9996) == "3");
  CHECK(number(-1234.5678) == "-1234.568");
  CHECK(number(1e15) == "1000000000000000");
  CHECK(number(1e300) == "9200000000000000000");
  CHECK(number(std::numeric_limits<double>::quiet_NaN()) == "0");
  CHECK(decimal_text(740, 1, 1) == "74.0");
  CHECK(decimal_text(-35, 1, 1) == "-3.5");
  CHECK(decimal_text(-5, 1, 1) == "-0.5");
  CHECK(decimal_text(0, 1, 1) == "0.0");
  CHECK(decimal_text(38'720'000, 6, 0) == "38.72");
  CHECK(decimal_text(-9'140'001, 6, 0) == "-9.140001");
  CHECK(decimal_text(45'000'000, 6, 0) == "45");
  CHECK(decimal_text(std::numeric_limits<std::int64_t>::min(), 0, 0) == "-9223372036854775808");
}

TEST_CASE("writers: coordinates that no map has are left out", "[writers]") {
  Alert a = travel();
  a.evidence[0].location = EvidenceLocation{};
  a.evidence[0].location.has_coordinates = true;
  a.evidence[0].location.latitude = 1e9;
  const std::string json = write_alert(a).value;
  test::require_valid(json);
  CHECK(json.find("\"asn\":64500,\"app\"") != std::string::npos);
}

TEST_CASE("writers: agents and workloads on sign-ins", "[writers]") {
  RiskySignIn r = risky_sign_in();
  r.sign_in.category = SignInCategory::managed_identity;
  r.sign_in.has_user = false;
  r.sign_in.has_workload = true;
  r.sign_in.workload_id = "5d4c3b2a-1908-47f6-a5e4-d3c2b1a09f8e";
  r.sign_in.is_agent = true;
  r.sign_in.agent_type = "agenticAppInstance";
  r.entity.type = EntityType::managed_identity;
  r.entity.user_principal_name.clear();
  r.verdict = Verdict{"soc-2@example.com", r.last_updated, CommandAction::dismiss, ""};
  const std::string json = write_risky_sign_in(r).value;
  test::require_valid(json);
  CHECK(json.find("\"user\":") == std::string::npos);
  CHECK(json.find("\"workload\":{\"type\":\"managed_identity\",\"id\":") != std::string::npos);
  CHECK(json.find("\"agent\":{\"agent_type\":\"agenticAppInstance\"}") != std::string::npos);
}

}  // namespace
}  // namespace bartizan
