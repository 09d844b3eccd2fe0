// `bartizan run` as the principal that docs/kafka.md describes, and with one permission less.

#include <catch2/catch.hpp>

#include <signal.h>

#include <algorithm>
#include <fstream>
#include <sstream>

#include "connectors/kafka/topic_access.h"
#include "tests/integration/kafka/line_check.h"
#include "tests/integration/kafka/product.h"

using namespace bartizan;
using bartizan::test::Broker;
using bartizan::test::Product;
using std::chrono::seconds;

namespace {

using Words = std::vector<std::string>;

Broker& broker() {
  static Broker one{{true, false}};
  return one;
}

bool acl(Words words) { return broker().tool("kafka.admin.AclCommand", words); }

/// Runs the commands of the page for this deployment.
int grant(const Product& product) {
  std::ifstream page{BARTIZAN_SOURCE_DIR "/docs/kafka.md"};
  const std::string verb = "    kafka-acls.sh ";
  int granted = 0;
  for (std::string line; std::getline(page, line);) {
    if (line.rfind(verb, 0) != 0) continue;
    std::istringstream words{line.substr(verb.size())};
    Words arguments;
    for (std::string word; words >> word;)
      arguments.push_back(word == "bartizan." ? product.options.prefix : word == "entra-signins" ? product.source() : word);
    granted += acl(arguments) ? 1 : 0;
  }
  return granted;
}

struct Guarded : Product {
  explicit Guarded(const std::string& name) : Product(broker(), name) {
    options.brokers = {broker().address("sasl_ssl")};
    more_kafka = ", security: {protocol: sasl_ssl, mechanism: scram-sha-512, username: engine, password_file: " +
                 test::write_file(broker().file("engine.password"), "engine-secret\n") + ", ca_file: " + broker().file("tls/ca.pem") + "}";
  }
};

}  // namespace

TEST_CASE("the documented permissions carry the whole line: input, journal, alerts, checkpoints, bundle, verdicts", "[kafka]") {
  Guarded product{"guarded"};
  REQUIRE(grant(product) == 4);
  REQUIRE(product.start());
  product.feed(0, 700);
  kafka::OutMessage verdict;
  verdict.topic = product.options.prefix + "commands";
  verdict.value = "{broken";  // a dead letter: that right is needed too
  kafka::KafkaOptions administrator = product.options;
  administrator.brokers = {broker().address()};
  REQUIRE(kafka::put_messages(administrator, "test", {verdict}).ok());
  CHECK(test::within(seconds{30}, [&] { return product.metric("bartizan_checkpoints_total") >= 1; }));
  product.feed(700, 1'200);
  INFO(product.log());
  CHECK(product.told("AUTHORIZATION_FAILED") == 0);
  CHECK(product.told("not_authorized") == 0);
  CHECK(product.finish() == "");
  const auto alerts = test::published(administrator);
  CHECK(std::any_of(alerts.begin(), alerts.end(), [](const auto& a) { return a.first.first == "alerts"; }));
  CHECK(std::any_of(alerts.begin(), alerts.end(), [](const auto& a) { return a.first.first == "dead-letter"; }));
}

TEST_CASE("one permission less: one message, the documented exit code, and after the grant nothing is missing", "[kafka]") {
  struct Less {
    const char* name;
    Words what;      // denied
    const char* code;
    int exit_code;
    bool fed_first = false;  // the engine's very first unit meets the refusal
  };
  const Less less = GENERATE(
      Less{"noalerts", {"--operation", "Write", "--topic", "noalerts.alerts"}, "not_authorized", 4},
      Less{"atonce", {"--operation", "Write", "--topic", "atonce.alerts"}, "not_authorized", 4, true},
      Less{"nojournal", {"--operation", "Write", "--topic", "nojournal.journal"}, "not_authorized", 4},
      Less{"notxn", {"--operation", "Write", "--resource-pattern-type", "prefixed", "--transactional-id", "notxn."}, "not_authorized", 4},
      Less{"noinput", {"--operation", "Read", "--topic", "noinput-signins"}, "not_authorized", 4},
      Less{"nogroup", {"--operation", "Read", "--resource-pattern-type", "prefixed", "--group", "nogroup."}, "not_authorized", 4});
  Guarded product{less.name};
  REQUIRE(grant(product) == 4);
  Words deny{"--add", "--deny-principal", "User:engine"};
  deny.insert(deny.end(), less.what.begin(), less.what.end());
  REQUIRE(acl(deny));
  if (less.fed_first) product.feed(0, 1'200);
  product.launch();
  if (!less.fed_first) product.feed(0, 1'200);
  INFO(less.name);
  CHECK(product.ends_within(seconds{90}) == less.exit_code);
  INFO(product.log());
  CHECK(product.told(std::string{"\"event\":\""} + less.code + "\"") >= 1);
  CHECK(product.told(std::string{"\"event\":\""} + less.code + "\"") <= 2);  // one of each half
  CHECK(product.told(less.what.back()) >= 1);                              // it names the resource

  Words lift{"--remove", "--force", "--deny-principal", "User:engine"};
  lift.insert(lift.end(), less.what.begin(), less.what.end());
  REQUIRE(acl(lift));
  REQUIRE(product.start());
  CHECK(product.finish() == "");
}
