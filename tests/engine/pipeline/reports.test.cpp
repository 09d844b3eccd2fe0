// Entra's risk feeds and the directory's audit records, from raw text to output records.

#include <catch2/catch.hpp>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "engine/pipeline/ingest.h"
#include "tests/support/json_schema.h"
#include "tests/support/line/fold.h"

using namespace bartizan;
using namespace bartizan::test;

namespace {

constexpr std::string_view kTenant = "5f2c9a1e-7b3d-4c68-9d10-2f4e6a8b0c1d";
constexpr std::string_view kUser = "51e26eae-d07b-44e5-bb0b-249f49569a8c";

/// Raw records in, output records out: each is checked against its schema and its headers.
class Line final : public JournalPort {
 public:
  Line() : step_({}, *this, ingest) {}

  std::vector<OutputRecord> put(const std::string& record) {
    std::string padded = record;
    padded.resize(record.size() + RecordDecoder::kPadding, ' ');
    RawMessage message;
    message.bytes = std::string_view{padded}.substr(0, record.size());
    message.position.source.input = "feeds";
    message.position.source.topic = "feeds";
    message.position.offset = next_++;
    step_.step(message);
    step_.flush();
    return fold_all();
  }

  void append(std::int32_t, std::string message, std::size_t) override { waiting_.push_back(std::move(message)); }
  void dead_letter(OutputRecord&& letter) override { dead.push_back(letter.value); }

  IngestStats ingest;
  std::unique_ptr<Fold> fold = std::make_unique<Fold>();
  std::vector<std::string> dead;

 private:
  std::vector<OutputRecord> fold_all() {
    CollectedOutputs out;
    for (const std::string& message : waiting_) REQUIRE(fold->shard.step_message(message, Time{}, fold->shard.next_offset(), out).ok());
    waiting_.clear();
    for (const OutputRecord& r : out.records) {
      require_valid(r.value);
      CHECK(r.ce_type.rfind("io.bartizan.", 0) == 0);
      CHECK_FALSE(r.ce_source.empty());
      CHECK_FALSE(r.ce_subject.empty());
      CHECK_FALSE(r.ce_id.empty());
      CHECK(r.ce_dataschema == "urn:bartizan:schema:" + r.ce_type.substr(12));
      CHECK((r.topic == Topic::audit || r.ce_time != Time{}));
      CHECK((r.topic == Topic::audit || r.key == std::string{kTenant} + '/' + r.ce_subject));
    }
    return out.records;
  }

  IngestStep step_;
  std::vector<std::string> waiting_;
  std::int64_t next_ = 0;
};

std::string envelope(const std::string& category, const std::string& time, const std::string& properties) {
  return R"({"time":")" + time + R"(","category":")" + category + R"(","tenantId":")" + std::string{kTenant} + R"(","properties":{)" + properties + "}}";
}

std::string detection(const std::string& id, const std::string& type, const std::string& level, const std::string& state, const std::string& updated,
                      const std::string& detail = "none") {
  return envelope("UserRiskEvents", updated,
                  R"("id":")" + id + R"(","requestId":"e1b6d9d7-5fc0-4638-ae1a-e0abceb92200","riskEventType":")" + type + R"(","riskState":")" + state +
                      R"(","riskLevel":")" + level + R"(","riskDetail":")" + detail +
                      R"(","source":"IdentityProtection","detectionTimingType":"realtime","activity":"signin","ipAddress":"198.51.100.42",)"
                      R"("location":{"city":"Dresden","countryOrRegion":"DE","geoCoordinates":{"latitude":51.0714,"longitude":13.7399}},)"
                      R"("activityDateTime":"2026-03-02T08:00:00Z","detectedDateTime":"2026-03-02T08:01:00Z","lastUpdatedDateTime":")" +
                      updated + R"(","userId":")" + std::string{kUser} + R"(","userDisplayName":"Ana Souza","userPrincipalName":"ana.souza@example.com")");
}

std::string risky_user(const std::string& level, const std::string& state, const std::string& updated, const std::string& detail = "none",
                       const std::string& more = "") {
  return envelope("RiskyUsers", updated,
                  R"("id":")" + std::string{kUser} + R"(","userDisplayName":"Ana Souza","riskLastUpdatedDateTime":")" + updated + R"(","riskState":")" +
                      state + R"(","riskLevel":")" + level + R"(","riskDetail":")" + detail + "\"" + more);
}

std::string audit(const std::string& name, const std::string& time, const std::string& target_type = "User", const std::string& more = "") {
  return envelope("AuditLogs", time,
                  R"("id":"Directory_1","category":"UserManagement","result":"success","activityDisplayName":")" + name + R"(","activityDateTime":")" +
                      time + R"(","initiatedBy":{"user":{"userPrincipalName":"Admin@example.com"}},"targetResources":[{"id":")" + std::string{kUser} +
                      R"(","type":")" + target_type + "\"" + more + "}]");
}

std::vector<std::string> of(const std::vector<OutputRecord>& records, Topic topic) {
  std::vector<std::string> values;
  for (const OutputRecord& r : records) {
    if (r.topic == topic) values.push_back(r.value);
  }
  return values;
}

std::string only(const std::vector<OutputRecord>& records, Topic topic) {
  const auto values = of(records, topic);
  REQUIRE(values.size() == 1);
  return values[0];
}

bool says(const std::string& json, const std::string& what) { return json.find(what) != std::string::npos; }

}  // namespace

TEST_CASE("a detection of Entra's becomes an alert, a risk detection and a contribution", "[pipeline][reports]") {
  Line line;
  const auto out = line.put(detection("d-1", "anonymizedIPAddress", "high", "atRisk", "2026-03-02T08:07:00Z"));
  CHECK(line.dead.empty());
  const std::string alert = only(out, Topic::alerts);
  CHECK(says(alert, R"("id":"anonymizedIPAddress")"));
  CHECK(says(alert, R"("source":"entra")"));
  CHECK(says(alert, R"("event_id":"e1b6d9d7-5fc0-4638-ae1a-e0abceb92200")"));
  const std::string found = only(out, Topic::risk_detections);
  CHECK(says(found, R"("@odata.type":"#microsoft.graph.riskDetection")"));
  CHECK(says(found, R"("riskState":"atRisk","riskLevel":"high")"));
  CHECK(says(found, R"("source":"IdentityProtection","detectionTimingType":"realtime","activity":"signin")"));
  CHECK(says(found, R"(\"entraDetectionId\",\"Value\":\"d-1\")"));
  const std::string user = only(out, Topic::risky_users);
  CHECK(says(user, R"("risk_level":"medium","risk_state":"atRisk")"));
  CHECK(says(user, R"("rule_id":"anonymizedIPAddress","family":"network","score":40.0)"));
}

TEST_CASE("a detection sent again is a repeat, a newer copy a correction, and an older one nothing", "[pipeline][reports]") {
  Line line;
  line.put(detection("d-1", "passwordSpray", "medium", "atRisk", "2026-03-02T08:07:00Z"));
  CHECK(line.put(detection("d-1", "passwordSpray", "medium", "atRisk", "2026-03-02T08:07:00Z")).empty());
  CHECK(line.fold->stats.events_repeated_id.value() == 1);
  const auto risen = line.put(detection("d-1", "passwordSpray", "high", "atRisk", "2026-03-02T08:10:00Z"));
  CHECK(says(only(risen, Topic::alerts), R"("severity":"high")"));
  CHECK(says(only(risen, Topic::risk_detections), R"("@bartizan.revision":2)"));
  CHECK(says(only(risen, Topic::risky_users), R"("risk_level":"high")"));
  CHECK(line.put(detection("d-1", "passwordSpray", "low", "dismissed", "2026-03-02T08:08:00Z")).empty());
  const auto fallen = line.put(detection("d-1", "passwordSpray", "low", "atRisk", "2026-03-02T08:20:00Z"));
  CHECK(says(only(fallen, Topic::risky_users), R"("score":25.0)"));
}

TEST_CASE("a detection that Entra takes back stops counting; what we found stays", "[pipeline][reports]") {
  Line line;
  line.put(detection("d-1", "unfamiliarFeatures", "high", "atRisk", "2026-03-02T08:07:00Z"));
  line.put(detection("d-2", "anonymizedIPAddress", "high", "atRisk", "2026-03-02T08:08:00Z"));
  const auto out = line.put(detection("d-1", "unfamiliarFeatures", "high", "dismissed", "2026-03-02T08:09:00Z", "aiConfirmedSigninSafe"));
  CHECK(of(out, Topic::alerts).empty());
  CHECK(says(only(out, Topic::risk_detections), R"("riskState":"dismissed","riskLevel":"high","riskDetail":"aiConfirmedSigninSafe")"));
  const std::string user = only(out, Topic::risky_users);
  CHECK_FALSE(says(user, R"("rule_id":"unfamiliarFeatures")"));
  CHECK(says(user, R"("rule_id":"anonymizedIPAddress")"));
}

TEST_CASE("a risky user's level adds only what detections do not explain", "[pipeline][reports]") {
  Line line;
  const auto alone = line.put(risky_user("medium", "atRisk", "2026-03-02T08:07:00Z"));
  CHECK(says(only(alone, Topic::risky_users), R"("risk_level":"medium","risk_state":"atRisk")"));
  CHECK(says(only(alone, Topic::alerts), R"("id":"generic")"));
  CHECK_FALSE(says(only(alone, Topic::risk_detections), "requestId"));

  Line other;
  other.put(detection("d-1", "leakedCredentials", "high", "atRisk", "2026-03-02T08:07:00Z"));
  const auto explained = other.put(risky_user("high", "atRisk", "2026-03-02T08:08:00Z"));
  CHECK(explained.empty());

  Line before;  // the level comes first, then what explains it
  before.put(risky_user("high", "atRisk", "2026-03-02T08:07:00Z"));
  const auto later = before.put(detection("d-1", "leakedCredentials", "high", "atRisk", "2026-03-02T08:08:00Z"));
  const std::string row = only(later, Topic::risky_users);
  CHECK_FALSE(says(row, R"("rule_id":"generic")"));
  CHECK(says(row, R"("risk_level":"high","risk_state":"atRisk","risk_detail":"none","score":90.0)"));
  const auto told = of(later, Topic::risk_detections);  // what stood for the level stands for nothing any more
  CHECK(std::count_if(told.begin(), told.end(), [](const std::string& r) {
          return says(r, R"("riskEventType":"generic")") && says(r, R"("riskState":"none")");
        }) == 1);
}

TEST_CASE("a sign-in that arrives after Entra's detection becomes a risky sign-in", "[pipeline][reports]") {
  const std::string sign_in =
      envelope("SignInLogs", "2026-03-02T08:00:05Z",
               R"("id":"e1b6d9d7-5fc0-4638-ae1a-e0abceb92200","createdDateTime":"2026-03-02T08:00:00Z","userId":")" + std::string{kUser} +
                   R"(","userDisplayName":"Ana Souza","userPrincipalName":"ana.souza@example.com","appId":"00000003-0000-0000-c000-000000000000",)"
                   R"("appDisplayName":"Mail","ipAddress":"198.51.100.42","isInteractive":true,"status":{"errorCode":0})");
  Line line;
  line.put(detection("d-1", "anonymizedIPAddress", "high", "atRisk", "2026-03-02T08:07:00Z"));
  const std::string row = only(line.put(sign_in), Topic::risky_sign_ins);
  CHECK(line.dead.empty());
  CHECK(says(row, R"("id":"e1b6d9d7-5fc0-4638-ae1a-e0abceb92200")"));
  CHECK(says(row, R"("rule_id":"anonymizedIPAddress","source":"entra")"));
  CHECK(of(line.put(sign_in), Topic::risky_sign_ins).empty());
  const auto settled = line.put(detection("d-1", "anonymizedIPAddress", "high", "dismissed", "2026-03-02T08:20:00Z", "aiConfirmedSigninSafe"));
  CHECK(says(only(settled, Topic::risky_sign_ins), R"("risk_state":"dismissed","risk_detail":"aiConfirmedSigninSafe")"));
}

TEST_CASE("states of risky users follow Entra: remediated, dismissed, confirmed", "[pipeline][reports]") {
  Line line;
  line.put(detection("d-1", "passwordSpray", "high", "atRisk", "2026-03-02T08:07:00Z"));
  const auto out = line.put(risky_user("none", "remediated", "2026-03-02T09:00:00Z", "userPerformedSecuredPasswordReset"));
  CHECK(says(only(out, Topic::risky_users), R"("risk_level":"none","risk_state":"remediated","risk_detail":"userPerformedSecuredPasswordReset","score":0.0)"));
  CHECK(says(only(out, Topic::risk_detections), R"("riskState":"remediated")"));
  CHECK(line.put(risky_user("high", "atRisk", "2026-03-02T08:30:00Z")).empty());  // an older copy
  const auto again = line.put(risky_user("high", "confirmedCompromised", "2026-03-02T10:00:00Z", "adminConfirmedUserCompromised"));
  CHECK(says(only(again, Topic::risky_users), R"("risk_level":"high","risk_state":"confirmedCompromised","risk_detail":"adminConfirmedUserCompromised")"));
  const auto dismissed = line.put(risky_user("none", "dismissed", "2026-03-02T11:00:00Z", "adminDismissedAllRiskForUser", R"(,"isDeleted":true)"));
  const std::string row = only(dismissed, Topic::risky_users);
  CHECK(says(row, R"("risk_level":"none","risk_state":"dismissed")"));
  CHECK(says(row, R"("is_deleted":true)"));
}

TEST_CASE("a machine's reassessment of a user settles only what Entra found", "[pipeline][reports]") {
  Line line;
  line.put(risky_user("medium", "atRisk", "2026-03-02T08:07:00Z"));
  const auto out = line.put(risky_user("none", "dismissed", "2026-03-02T08:20:00Z", "aiConfirmedSigninSafe"));
  CHECK(says(only(out, Topic::risky_users), R"("risk_state":"dismissed","risk_detail":"aiConfirmedSigninSafe")"));
}

TEST_CASE("a password reset remediates what was known before it, and only that", "[pipeline][reports]") {
  Line line;
  line.put(detection("d-1", "passwordSpray", "high", "atRisk", "2026-03-02T08:07:00Z"));
  const auto out = line.put(audit("Reset password (by admin)", "2026-03-02T09:00:00Z"));
  const std::string row = only(out, Topic::risky_users);
  CHECK(says(row, R"("risk_state":"remediated","risk_detail":"adminGeneratedTemporaryPassword")"));
  CHECK(says(row, R"("by":"admin@example.com")"));
  line.put(detection("d-2", "anomalousToken", "high", "atRisk", "2026-03-02T10:00:00Z"));
  CHECK(line.put(audit("Reset password (self-service)", "2026-03-02T09:30:00Z")).empty());
  CHECK(of(line.put(audit("Change user password", "2026-03-02T11:00:00Z")), Topic::risky_users).empty());
  CHECK(line.ingest.ignored[static_cast<std::size_t>(IgnoredReason::other_category)].value() == 1);
}

TEST_CASE("disabled and deleted accounts are shown on their row", "[pipeline][reports]") {
  Line line;
  CHECK(line.put(audit("Disable account", "2026-03-02T08:00:00Z")).empty());  // nobody at risk
  line.put(detection("d-1", "passwordSpray", "high", "atRisk", "2026-03-02T08:07:00Z"));
  CHECK(says(only(line.put(audit("Disable account", "2026-03-02T09:00:00Z")), Topic::risky_users), R"("is_enabled":false)"));
  CHECK_FALSE(says(only(line.put(audit("Enable account", "2026-03-02T09:10:00Z")), Topic::risky_users), "is_enabled"));
  CHECK(says(only(line.put(audit("Delete user", "2026-03-02T09:20:00Z")), Topic::risky_users), R"("is_deleted":true)"));
}

TEST_CASE("service principals and agents have risk records of their own shape", "[pipeline][reports]") {
  Line line;
  const std::string common = R"(,"riskState":"atRisk","riskLevel":"high","riskDetail":"none","activityDateTime":"2026-03-02T08:00:00Z",)"
                             R"("detectedDateTime":"2026-03-02T08:01:00Z",)";
  const auto principal = line.put(envelope("ServicePrincipalRiskEvents", "2026-03-02T08:02:00Z",
                                           R"("id":"s-1","riskEventType":"suspiciousSignins","servicePrincipalId":"sp-1","servicePrincipalDisplayName":"export","appId":"app-1")" +
                                               common + R"("lastUpdatedDateTime":"2026-03-02T08:02:00Z")"));
  CHECK(says(only(principal, Topic::risk_detections), R"("activity":"servicePrincipal")"));
  CHECK(says(only(principal, Topic::risky_workload_identities), R"("app_id":"app-1")"));
  const auto agent = line.put(envelope("AgentRiskEvents", "2026-03-02T08:02:00Z",
                                       R"("id":"a-1","riskEventType":"signInSpike","agentId":"agent-1","agentDisplayName":"bot","identityType":"AgentIdentity")" + common +
                                           R"("lastModifiedDateTime":"2026-03-02T08:02:00Z")"));
  CHECK(says(only(agent, Topic::risk_detections), R"("@odata.type":"#microsoft.graph.agentRiskDetection")"));
  CHECK(says(only(agent, Topic::risky_agents), R"("risk_level":"medium")"));
  const auto dismissed = line.put(envelope("RiskyAgents", "2026-03-02T09:00:00Z",
                                           R"("id":"agent-1","riskState":"dismissed","riskLevel":"none","riskDetail":"adminDismissedRiskForAgent","riskLastModifiedDateTime":"2026-03-02T09:00:00Z")"));
  CHECK(says(only(dismissed, Topic::risky_agents), R"("risk_state":"dismissed","risk_detail":"adminDismissedRiskForAgent")"));
}

TEST_CASE("state made of reports goes on from a checkpoint as if nothing had happened", "[pipeline][reports]") {
  const std::vector<std::string> records = {
      detection("d-1", "passwordSpray", "high", "atRisk", "2026-03-02T08:07:00Z"),
      risky_user("high", "atRisk", "2026-03-02T08:30:00Z"),
      detection("d-2", "anonymizedIPAddress", "medium", "atRisk", "2026-03-02T08:40:00Z"),
      detection("d-1", "passwordSpray", "high", "dismissed", "2026-03-02T08:50:00Z", "aiConfirmedSigninSafe"),
      audit("Reset password (by admin)", "2026-03-02T09:00:00Z"),
      detection("d-3", "unfamiliarFeatures", "high", "atRisk", "2026-03-02T09:10:00Z"),
      risky_user("none", "dismissed", "2026-03-02T11:00:00Z", "adminDismissedAllRiskForUser"),
  };
  for (std::size_t cut = 1; cut < records.size(); ++cut) {
    Line whole;
    Line resumed;
    for (std::size_t i = 0; i < records.size(); ++i) {
      if (i == cut) {
        auto loaded = std::make_unique<Fold>();
        loaded->load(resumed.fold->shard.marker(false), resumed.fold->image(true).rows);
        CHECK(difference(loaded->image(true).rows, resumed.fold->image(true).rows) == "");
        resumed.fold = std::move(loaded);
      }
      whole.put(records[i]);
      resumed.put(records[i]);
    }
    CHECK(difference(resumed.fold->image(true).rows, whole.fold->image(true).rows) == "");
    CHECK(resumed.fold->shard.output_hash() == whole.fold->shard.output_hash());
  }
}
