// The program itself on a real broker: run, status, risk, dlq, journal, replay, validate, demo.

#include <catch2/catch.hpp>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <functional>
#include <thread>
#include <utility>
#include <vector>

#include "connectors/kafka/client.h"
#include "connectors/kafka/topic_access.h"
#include "connectors/kafka/topics.h"
#include "tests/connectors/embedded/scratch.h"
#include "tests/integration/kafka/engine_process.h"
#include "tests/integration/kafka/program.h"
#include "tests/support/kafka/broker.h"

namespace bartizan::test {
namespace {

using namespace std::chrono_literals;

constexpr const char* kTenant = "3b6a1f7e-52c4-4d0b-9a38-6e1c0f4d7b21";

bool holds(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

std::string guid(int n) {
  char text[37];
  std::snprintf(text, sizeof text, "%08x-1c2d-4e3f-9a4b-5c6d7e8f%04x", static_cast<unsigned>(n), static_cast<unsigned>(n) & 0xffff);
  return text;
}

/// Twenty accounts tried from one address within three minutes.
std::vector<kafka::OutMessage> spray(const std::string& topic) {
  std::vector<kafka::OutMessage> out;
  for (int n = 1; n <= 20; ++n) {
    char time[40];
    std::snprintf(time, sizeof time, "2026-03-02T09:%02d:%02d.000Z", n * 9 / 60, n * 9 % 60);
    kafka::OutMessage message;
    message.topic = topic;
    message.value = std::string("{\"time\":\"") + time + "\",\"category\":\"SignInLogs\",\"tenantId\":\"" + kTenant + "\",\"resultType\":\"50126\",\"properties\":{\"id\":\"" +
                    guid(1000 + n) + "\",\"createdDateTime\":\"" + time + "\",\"userId\":\"" + guid(n) + "\",\"userPrincipalName\":\"user" + std::to_string(n) +
                    "@example.com\",\"appId\":\"" + guid(9) + "\",\"ipAddress\":\"203.0.113.66\",\"clientAppUsed\":\"Browser\",\"status\":{\"errorCode\":50126},"
                    "\"location\":{\"countryOrRegion\":\"NL\"},\"isInteractive\":true}}";
    out.push_back(std::move(message));
  }
  return out;
}

/// Values of a topic, sorted: its partitions have no common order.
std::vector<std::string> values(const kafka::KafkaOptions& options, Topic topic) {
  std::vector<std::string> out;
  const Status read = kafka::read_topic(options, kafka::topic(options, topic), [&](const rd_kafka_message_t& m) {
    if (m.payload != nullptr) out.emplace_back(static_cast<const char*>(m.payload), m.len);
    return true;
  });
  INFO((read.ok() ? "" : read.error().message));
  CHECK(read.ok());
  std::sort(out.begin(), out.end());
  return out;
}

bool within_a_minute(const std::function<bool()>& done) {
  const auto limit = std::chrono::steady_clock::now() + 60s;
  while (!done()) {
    if (std::chrono::steady_clock::now() > limit) return false;
    std::this_thread::sleep_for(200ms);
  }
  return true;
}

bool any_holds(const std::vector<std::string>& texts, const std::string& part) {
  return std::any_of(texts.begin(), texts.end(), [&](const auto& text) { return holds(text, part); });
}

/// How many topics of demos there are.
std::size_t demo_topics(const Broker& broker) {
  const auto client = kafka::make_client(RD_KAFKA_PRODUCER, std::move(kafka::base_conf(deployment(broker, "look"), "look").value()));
  const rd_kafka_metadata_t* found = nullptr;
  if (rd_kafka_metadata(client.value().get(), 1, nullptr, &found, 10'000) != RD_KAFKA_RESP_ERR_NO_ERROR) return SIZE_MAX;
  std::size_t count = 0;
  for (int t = 0; t < found->topic_cnt; ++t) count += std::string_view{found->topics[t].topic}.starts_with("bartizan-demo-") ? 1 : 0;
  rd_kafka_metadata_destroy(found);
  return count;
}

std::string config_text(const kafka::KafkaOptions& options, int partitions) {
  return "kafka: {brokers: [" + options.brokers.front() + "], group_id: " + options.group_id + ", inputs: [{topic: signins}]}\ntopics: {prefix: " + options.prefix +
         ", journal_partitions: " + std::to_string(partitions) + "}\nstate: {dir: state}\nhttp: {listen: 127.0.0.1:0}\ncheckpoint: {interval: 2s}\n";
}

}  // namespace

TEST_CASE("the commands work on a broker", "[kafka][cli]") {
  Broker broker({});
  create_topic(broker, "signins", 2);
  const kafka::KafkaOptions options = deployment(broker, "cli");
  const std::string folder = broker.file("cli-test");
  std::filesystem::create_directories(folder);
  write_file(folder + "/c.yaml", config_text(options, 2));
  write_file(folder + "/other.yaml", config_text(options, 3));

  {
    const std::string log = folder + "/run.log";
    Engine engine({BARTIZAN_BINARY, "run", "-c", folder + "/c.yaml"}, {}, log);
    REQUIRE(within_a_minute([&] { return holds(testing::read_file(log), "runs"); }));
    REQUIRE(kafka::put_messages(options, "test", spray("signins")).ok());
    CHECK(within_a_minute([&] { return any_holds(values(options, Topic::alerts), "passwordSpray"); }));

    const Ran verdict = bartizan(folder, "risk confirm-compromised user/" + guid(1) + " --tenant " + kTenant + " --author soc@example.com -c c.yaml");
    CHECK(verdict.code == 0);
    CHECK(within_a_minute([&] { return any_holds(values(options, Topic::audit), "soc@example.com"); }));

    kafka::OutMessage broken;
    broken.topic = "signins";
    broken.value = "{broken";
    REQUIRE(kafka::put_messages(options, "test", {broken}).ok());
    CHECK(within_a_minute([&] { return holds(bartizan(folder, "dlq list -c c.yaml").out, "malformed_json"); }));
    CHECK(holds(bartizan(folder, "dlq list -c c.yaml").out, "\"detected_at\":\"20"));
    CHECK(holds(bartizan(folder, "dlq show 1 -c c.yaml").out, "detected_at     20"));
    CHECK(bartizan(folder, "dlq show 1 --raw -c c.yaml").out == "{broken");
    CHECK(bartizan(folder, "dlq replay -c c.yaml").code == 2);  // nobody to ask
    CHECK(holds(bartizan(folder, "dlq replay --yes -c c.yaml").out, "{\"sent\":1,"));
    CHECK(within_a_minute([&] { return holds(bartizan(folder, "dlq list -c c.yaml").out, "\"number\":2"); }));

    const Ran second = bartizan(folder, "run -c c.yaml");
    CHECK(second.code == 4);  // one state.dir, one engine
    CHECK(holds(second.err, "is in use by process"));
    CHECK(within_a_minute([&] { return holds(bartizan(folder, "status -c c.yaml -o json").out, "\"running\":\"2 group members\""); }));
    INFO(testing::read_file(log));
    CHECK(engine.end(SIGTERM) == 0);
  }

  CHECK(bartizan(folder, "risk dismiss user/" + guid(1) + " --tenant " + kTenant + " -c c.yaml").code == 0);  // nobody reads it
  const Ran status = bartizan(folder, "status -c c.yaml -o json");
  CHECK(status.code == 0);
  INFO(status.out);
  CHECK(holds(status.out, "\"topic\":\"cli.commands\",\"partition\":0,\"committed\":1,\"end\":2,\"lag\":1}"));
  CHECK(holds(status.out, "\"running\":\"\""));
  CHECK(holds(status.out, "\"clean_stop\":true"));
  CHECK(!holds(bartizan(folder, "status --brief -c c.yaml -o json").out, "\"checkpoint\""));
  const Ran looked = bartizan(folder, "validate --environment -c c.yaml -o csv");
  INFO(looked.out);
  CHECK(looked.code == 0);
  const Ran refused = bartizan(folder, "run -c other.yaml");
  CHECK(refused.code == 3);
  CHECK(holds(refused.err, "journal_partitions"));
  CHECK(bartizan(folder, "validate --environment -c other.yaml").code == 3);

  CHECK(holds(bartizan(folder, "journal dump -c c.yaml -o ndjson").out, "\"kind\":\"sign_in\""));
  REQUIRE(bartizan(folder, "replay --journal -c c.yaml --output again").code == 0);
  std::vector<std::string> folded = testing::split_lines(testing::read_file(folder + "/again/alerts.ndjson"));
  std::sort(folded.begin(), folded.end());
  CHECK(folded == values(options, Topic::alerts));
}

TEST_CASE("the demo plays through a broker with TLS and SASL, with just the documented rights, and leaves nothing there", "[kafka][cli]") {
  Broker broker({true, false});
  for (const auto& rights : std::vector<std::vector<std::string>>{
           {"--topic", "--operation", "Read", "--operation", "Write", "--operation", "Create", "--operation", "DescribeConfigs", "--operation", "Delete"},
           {"--group", "--operation", "Read"},
           {"--transactional-id", "--operation", "Write", "--operation", "Describe"}}) {
    std::vector<std::string> words = {"--add", "--allow-principal", "User:engine", "--resource-pattern-type", "prefixed", rights[0], "bartizan-demo-"};
    words.insert(words.end(), rights.begin() + 1, rights.end());
    REQUIRE(broker.tool("kafka.admin.AclCommand", words));
  }
  write_file(broker.file("password"), "engine-secret\n");
  write_file(broker.file("c.yaml"), "kafka:\n  brokers: [kafka.example.com:9093]\n  inputs: [{topic: signins}]\n  security: {protocol: sasl_ssl, mechanism: scram-sha-512, username: engine, "
                                    "password_file: password, ca_file: tls/ca.pem}\n");
  const Ran demo = bartizan(broker.folder(), "demo --once --headless -c c.yaml --broker " + broker.address("sasl_ssl"));
  INFO(demo.err);
  CHECK(demo.code == 0);
  CHECK(!holds(demo.err, "bartizan-demo-"));
  CHECK(within_a_minute([&] { return demo_topics(broker) == 0; }));

  // A story that does not exist ends at once.
  const Ran kept = bartizan(broker.folder(), "demo --headless --keep --scenario none --broker " + broker.address());
  CHECK(kept.code == 2);
  CHECK(holds(kept.err, "outputs: topics bartizan-demo-"));
  const std::size_t topics = demo_topics(broker);
  CHECK(topics > 10);
  CHECK(bartizan(broker.folder(), "demo --headless --scenario none --broker " + broker.address()).code == 2);
  CHECK(within_a_minute([&] { return demo_topics(broker) == topics; }));
}

}  // namespace bartizan::test
