// Topics, access control and security against a real broker.

#include <catch2/catch.hpp>

#include <chrono>
#include <fstream>
#include <sstream>
#include <thread>

#include "connectors/kafka/client_log.h"
#include "connectors/kafka/topics.h"
#include "tests/support/kafka/broker.h"

using namespace bartizan;
using namespace bartizan::kafka;
using bartizan::test::Broker;

namespace {

Broker& broker() {
  static Broker one{{true, false}};
  return one;
}

std::int64_t now_s() { return std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch()).count(); }

/// "topic: what" of every problem, one a line.
std::string told(const Result<std::vector<TopicProblem>>& result) {
  if (!result) return result.error().code + ": " + result.error().message;
  std::string out;
  for (const auto& p : result.value()) out += p.topic + ": " + p.what + " (" + p.advice + ")\n";
  return out;
}

std::string secret(const std::string& name, const std::string& text) { return test::write_file(broker().file(name), text); }

KafkaOptions with_password(const std::string& name, const std::string& user, Mechanism mechanism, const std::string& listener) {
  KafkaOptions options = test::deployment(broker(), name);
  options.brokers = {broker().address(listener)};
  options.security.protocol = listener == "sasl_ssl" ? Protocol::sasl_ssl : Protocol::sasl_plaintext;
  options.security.mechanism = mechanism;
  options.security.username = user;
  options.security.password_file = secret(user + ".password", user + "-secret\n");
  if (listener == "sasl_ssl") options.security.ca_file = broker().file("tls/ca.pem");
  return options;
}

}  // namespace

TEST_CASE("missing topics are created once, and then they fit", "[kafka]") {
  const KafkaOptions options = test::deployment(broker(), "fresh");
  const auto missing = settle_topics(options, false);
  REQUIRE(missing.ok());
  CHECK(missing.value().size() == topic_plans(options).size());
  CHECK(told(settle_topics(options, true)).empty());
  CHECK(told(settle_topics(options, true)).empty());
  CHECK(told(settle_topics(options, false)).empty());
}

TEST_CASE("every topic that does not fit is told at once, with what to do", "[kafka]") {
  KafkaOptions options = test::deployment(broker(), "odd");
  options.inputs = {{"no-such-input", 0, ""}};
  test::create_topic(broker(), "odd.journal", 3, {{"cleanup.policy", "compact"}, {"message.timestamp.type", "CreateTime"}, {"max.message.bytes", "1000000"}});
  test::create_topic(broker(), "odd.state", 2, {{"cleanup.policy", "delete"}});
  test::create_topic(broker(), "odd.alerts", 1, {{"cleanup.policy", "compact"}, {"max.message.bytes", "1000"}});
  test::create_topic(broker(), "odd.risky-sign-ins", 7, {{"cleanup.policy", "delete,compact"}, {"retention.ms", "1000"}});
  const std::string text = told(settle_topics(options, true));
  INFO(text);
  CHECK(text.find("odd.journal: has 3 partitions, topics.journal_partitions is 2 (set topics.journal_partitions: 3") != std::string::npos);
  CHECK(text.find("odd.journal: cleanup.policy is compact, must be delete (kafka-configs.sh --alter") != std::string::npos);
  CHECK(text.find("odd.journal: message.timestamp.type is CreateTime, must be LogAppendTime") != std::string::npos);
  CHECK(text.find("odd.journal: max.message.bytes is 1000000, must be at least 16842752") != std::string::npos);
  CHECK(text.find("odd.state: cleanup.policy is delete, must be compact") != std::string::npos);
  CHECK(text.find("odd.alerts: cleanup.policy is compact, must be delete") != std::string::npos);
  CHECK(text.find("odd.alerts: max.message.bytes is 1000, must be at least") != std::string::npos);
  CHECK(text.find("no-such-input: input topic does not exist") != std::string::npos);
  CHECK(text.find("odd.risky-sign-ins") == std::string::npos);
}

TEST_CASE("more replicas than brokers is a problem of every topic, not a crash", "[kafka]") {
  KafkaOptions options = test::deployment(broker(), "replicas");
  options.replication_factor = 3;
  const auto result = settle_topics(options, true);
  REQUIRE(result.ok());
  CHECK(result.value().size() == topic_plans(options).size());
  CHECK(result.value().front().what.find("cannot be created") != std::string::npos);
}

TEST_CASE("a broker that is not there ends in one message within the time", "[kafka]") {
  KafkaOptions options = test::deployment(broker(), "nowhere");
  options.brokers = {"127.0.0.1:1"};
  const auto result = settle_topics(options, true);
  REQUIRE(!result.ok());
  CHECK(result.error().code == "unreachable");
  CHECK(result.error().message.find("refused") != std::string::npos);
}

TEST_CASE("TLS: a broker signed by our authority is trusted, another is not", "[kafka]") {
  KafkaOptions options = test::deployment(broker(), "tls");
  options.brokers = {broker().address("ssl")};
  options.security.protocol = Protocol::ssl;
  options.security.ca_file = broker().file("tls/other-ca.pem");
  const auto untrusted = settle_topics(options, false);
  REQUIRE(!untrusted.ok());
  CHECK(untrusted.error().code == "tls");
  CHECK(untrusted.error().message.find("verif") != std::string::npos);

  options.security.ca_file = broker().file("tls/ca.pem");
  CHECK(settle_topics(options, false).ok());

  options.security.ca_file = broker().file("tls/absent.pem");
  const auto absent = settle_topics(options, false);
  REQUIRE(!absent.ok());
  CHECK(absent.error().code == "secret_file");
  CHECK(absent.error().message.find("absent.pem: No such file") != std::string::npos);
}

TEST_CASE("PLAIN and SCRAM take the password from its file, and a wrong one is told without it", "[kafka]") {
  for (const auto mechanism : {Mechanism::plain, Mechanism::scram_sha_256, Mechanism::scram_sha_512}) {
    for (const auto* listener : {"sasl_plaintext", "sasl_ssl"}) {
      INFO(static_cast<int>(mechanism) << " on " << listener);
      KafkaOptions options = with_password("sasl", "engine", mechanism, listener);
      const auto good = settle_topics(options, false);
      CHECK(good.ok());
      options.security.password_file = secret("wrong.password", "not-the-word");
      const auto wrong = settle_topics(options, false);
      REQUIRE(!wrong.ok());
      CHECK(wrong.error().code == "authentication");
      CHECK(wrong.error().message.find("not-the-word") == std::string::npos);
    }
  }
}

TEST_CASE("secrets that cannot be used are told by file name", "[kafka]") {
  KafkaOptions options = with_password("secrets", "engine", Mechanism::plain, "sasl_plaintext");
  const auto message = [&options] {
    const auto conf = base_conf(options, "test");
    return conf.ok() ? std::string{} : conf.error().code + " " + conf.error().message;
  };
  options.security.password_file = secret("empty.password", "\n");
  CHECK(message().find("empty.password: empty") != std::string::npos);
  options.security.password_file = broker().file("gone.password");
  CHECK(message().find("gone.password: No such file") != std::string::npos);
  options.security.password_file = broker().folder();
  CHECK(message().find("secret_file") == 0);
  options.security.password_file.clear();
  CHECK(message().find("password_file is missing") != std::string::npos);
}

TEST_CASE("OAUTHBEARER reads its token from a file and again when the file changes", "[kafka]") {
  KafkaOptions options = test::deployment(broker(), "token");
  options.brokers = {broker().address("sasl_ssl")};
  options.security.protocol = Protocol::sasl_ssl;
  options.security.mechanism = Mechanism::oauthbearer;
  options.security.ca_file = broker().file("tls/ca.pem");
  options.security.token_file = secret("token", test::unsigned_token("engine", now_s() - 10, now_s() + 4));
  REQUIRE(settle_topics(options, false).ok());

  // A client that nobody polls: its token ends after 4 s, the next one is in the file before that.
  auto conf = base_conf(options, "idle");
  REQUIRE(conf.ok());
  take_client_events();
  const auto client = make_client(RD_KAFKA_PRODUCER, std::move(conf.value()));
  REQUIRE(client.ok());
  std::this_thread::sleep_for(std::chrono::seconds{2});
  secret("token", "half.a-token");
  std::this_thread::sleep_for(std::chrono::seconds{3});
  CHECK(!settle_topics(options, false).ok());
  secret("token", test::unsigned_token("engine", now_s() - 10, now_s() + 3600));
  CHECK(settle_topics(options, false).ok());
  secret("token", test::unsigned_token("engine", now_s() - 7200, now_s() - 3600));
  CHECK(!settle_topics(options, false).ok());
}

TEST_CASE("a principal with just the documented permissions can do it all, one without them nothing", "[kafka]") {
  std::ifstream page{BARTIZAN_SOURCE_DIR "/docs/kafka.md"};
  const std::string verb = "    kafka-acls.sh ";
  int granted = 0;
  for (std::string line; std::getline(page, line);) {
    if (line.rfind(verb, 0) != 0) continue;
    std::istringstream words{line.substr(verb.size())};
    std::vector<std::string> arguments;
    for (std::string word; words >> word;) arguments.push_back(word == "bartizan." ? "guarded." : word == "entra-signins" ? "guarded-input" : word);
    REQUIRE(broker().tool("kafka.admin.AclCommand", arguments));
    ++granted;
  }
  REQUIRE(granted == 4);
  test::create_topic(broker(), "guarded-input", 1);

  KafkaOptions options = with_password("guarded", "engine", Mechanism::scram_sha_512, "sasl_ssl");
  options.inputs = {{"guarded-input", 0, ""}};
  CHECK(told(settle_topics(options, true)).empty());
  CHECK(told(settle_topics(options, true)).empty());
  for (const auto& check : check_environment(options)) {
    INFO(check.subject << ": " << check.detail);
    CHECK(check.ok);
  }

  KafkaOptions stranger = with_password("guarded", "stranger", Mechanism::plain, "sasl_ssl");
  stranger.inputs = options.inputs;
  const auto refused = settle_topics(stranger, true);
  REQUIRE(refused.ok());
  CHECK(refused.value().size() == topic_plans(options).size() + 1);
  for (const auto& problem : refused.value()) CHECK(problem.what.find("no permission") == 0);
  int wrong = 0;
  for (const auto& check : check_environment(stranger)) wrong += check.ok ? 0 : 1;
  CHECK(wrong == static_cast<int>(topic_plans(options).size()) + 1 + 2);
}

TEST_CASE("pass-through settings: unknown names, bad values and refused ones each say why", "[kafka]") {
  const auto message = [](const std::string& name, const std::string& value) {
    KafkaOptions options = test::deployment(broker(), "pass");
    options.librdkafka = {{name, value}};
    const auto conf = base_conf(options, "test");
    return conf.ok() ? std::string{} : conf.error().message;
  };
  CHECK(message("queued.max.messages.kbytes", "65536").empty());
  CHECK(message("debug", "broker,topic").empty());
  CHECK(message("debug", "broker, security").find("writes credentials") != std::string::npos);
  CHECK(message("no.such.property", "1").find("no.such.property") != std::string::npos);
  CHECK(message("queued.max.messages.kbytes", "many").find("queued.max.messages.kbytes") != std::string::npos);
  for (const auto* name : {"enable.auto.commit", "isolation.level", "transactional.id", "enable.idempotence", "group.id", "acks", "message.timeout.ms",
                           "partitioner", "sasl.password", "ssl.key.password", "ssl.key.pem", "dr_msg_cb", "bootstrap.servers", "plugin.library.paths"}) {
    INFO(name);
    CHECK(message(name, "x").find("is refused: ") != std::string::npos);
  }
}
