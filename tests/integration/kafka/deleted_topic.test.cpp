// Topics that are deleted while `bartizan run` runs, and topics made anew.

#include <catch2/catch.hpp>

#include <signal.h>

#include <algorithm>
#include <thread>

#include "connectors/kafka/topic_access.h"
#include "tests/integration/kafka/line_check.h"
#include "tests/integration/kafka/product.h"

using namespace bartizan;
using bartizan::test::Broker;
using bartizan::test::Product;
using bartizan::test::within;
using std::chrono::seconds;

namespace {

Broker& broker() {
  static Broker one{{}};
  return one;
}

}  // namespace

TEST_CASE(
    "a source topic that is deleted stops that input with one message; made anew, and longer than it was, it is neither skipped nor "
    "doubled",
    "[kafka]") {
  Product product{broker(), "source"};
  REQUIRE(product.start());
  product.feed(0, 300);
  REQUIRE(test::settle(product.options, 60));
  test::delete_topic(broker(), product.source());
  CHECK(within(seconds{40}, [&] { return product.told("source_gone") > 0; }));
  std::this_thread::sleep_for(seconds{5});
  INFO(product.log());
  CHECK(product.told("source_gone") == 1);
  CHECK(product.complaints() <= 2);  // and a word of the client
  CHECK(product.metric("bartizan_kafka_input_problems_total") >= 1);
  CHECK(product.get("/-/healthy").status == 200);
  CHECK(product.get("/-/ready").status == 200);

  CHECK(product.engine().end(SIGTERM) == 0);
  test::create_topic(broker(), product.source(), 1);
  product.feed(300, 1'000);
  // The brokers deleted the group's positions together with the topic: only the marks tell that this is another one.
  REQUIRE(product.start());
  CHECK(within(seconds{40}, [&] { return product.told("source_recreated") > 0; }));
  CHECK(product.told("raise the input's generation") > 0);
  CHECK(product.engine().end(SIGTERM) == 0);

  product.options.inputs.front().generation = 1;
  REQUIRE(product.start());
  CHECK(product.finish() == "");
}

TEST_CASE("a source topic made anew while the engine is down, and longer than what was read, is known by the last record", "[kafka]") {
  Product product{broker(), "down"};
  REQUIRE(product.start());
  product.feed(0, 200);
  REQUIRE(test::settle(product.options, 60));
  CHECK(product.engine().end(SIGTERM) == 0);
  REQUIRE(product.start());  // the same topic raises no alarm
  product.feed(200, 300);
  REQUIRE(test::settle(product.options, 60));
  CHECK(product.engine().end(SIGTERM) == 0);
  CHECK(product.told("source_recreated") == 0);

  test::delete_topic(broker(), product.source());
  std::this_thread::sleep_for(seconds{2});
  test::create_topic(broker(), product.source(), 1);
  product.feed(300, 1'000);
  REQUIRE(product.start());
  CHECK(within(seconds{40}, [&] { return product.told("source_recreated") > 0; }));
  INFO(product.log());
  CHECK(product.told("source_recreated") == 1);
  CHECK(product.engine().end(SIGTERM) == 0);

  product.options.inputs.front().generation = 1;
  REQUIRE(product.start());
  CHECK(product.finish() == "");
}

TEST_CASE("a commands topic made anew is read from its start: verdicts before and after it count, each once", "[kafka]") {
  const bool down = GENERATE(true, false);  // while the engine is down, or under it
  Product product{broker(), down ? "verdicts-down" : "verdicts-up"};
  const std::string commands = product.options.prefix + "commands";
  const auto say = [&](const std::string& what) {
    kafka::OutMessage verdict;
    verdict.topic = commands;
    verdict.value = what;
    REQUIRE(kafka::put_messages(product.options, "test", {verdict}).ok());
  };
  // Nobody understands them, so each ends as a dead letter that can be counted.
  const auto dead_letters = [&] {
    std::size_t found = 0;
    for (const auto& [name, values] : test::published(product.options)) {
      const bool is_verdict = name.first == "dead-letter" && name.second.rfind("commands/", 0) == 0;  // the key is the source position
      found += is_verdict ? values.size() : 0;
    }
    return found;
  };
  REQUIRE(product.start());
  product.feed(0, 200);
  REQUIRE(test::settle(product.options, 60));
  say("{one");
  say("{two");
  CHECK(within(seconds{30}, [&] { return dead_letters() == 2; }));

  if (down) CHECK(product.engine().end(SIGTERM) == 0);
  test::delete_topic(broker(), commands);
  std::this_thread::sleep_for(seconds{4});
  if (!down) CHECK(product.engine().end(SIGTERM) == 0);
  REQUIRE(product.start());  // makes the topic
  say("{three");
  say("{four");
  say("{five");
  product.feed(200, 300);
  CHECK(within(seconds{30}, [&] { return dead_letters() == 5; }));
  INFO(product.log());
  CHECK(product.told("commands_recreated") == 1);
  CHECK(product.finish() == "");
  CHECK(dead_letters() == 5);
}

TEST_CASE("a journal that is deleted ends the engine with one message, and it stays away from what is made in its place", "[kafka]") {
  Product product{broker(), "order"};
  REQUIRE(product.start());
  product.feed(0, 300);
  REQUIRE(test::settle(product.options, 60));
  std::this_thread::sleep_for(seconds{4});  // a checkpoint
  test::delete_topic(broker(), "order.journal");
  product.feed(300, 600);
  const int code = product.ends_within(seconds{90});
  INFO(product.log());
  REQUIRE(code == 4);
  CHECK(product.told("order.journal was deleted while the engine ran") >= 1);
  CHECK(product.told("order.journal was deleted while the engine ran") <= 2);  // one of each half
  product.launch();
  CHECK(product.ends_within(seconds{60}) == 4);
  CHECK(product.told("journal_trimmed") + product.told("journal_recreated") + product.told("missing_position") == 1);

  // What the message says: begin anew. Everything that the input still holds is read.
  product.options.prefix = "order-2.";
  product.options.group_id = "order-2";
  REQUIRE(product.start());
  CHECK(product.finish() == "");
}

TEST_CASE(
    "an output topic that is deleted ends the engine with one message; the next start makes it anew, and nothing is missing or doubled",
    "[kafka]") {
  Product product{broker(), "said"};
  REQUIRE(product.start());
  test::delete_topic(broker(), "said.alerts");
  product.feed(0, 1'500);
  CHECK(product.ends_within(seconds{120}) == 4);
  CHECK(product.told("said.alerts was deleted while the engine ran") == 1);
  CHECK(product.complaints() < 12);
  REQUIRE(product.start());
  const std::string trouble = product.finish();
  INFO(product.log());
  CHECK(trouble == "");
}

TEST_CASE("an output topic that is deleted and created again in a moment holds nothing up", "[kafka]") {
  Product product{broker(), "moment"};
  REQUIRE(product.start());
  test::delete_topic(broker(), "moment.alerts");
  std::this_thread::sleep_for(seconds{2});
  test::create_topic(broker(), "moment.alerts", 4);
  product.feed(0, 1'500);
  const std::string trouble = product.finish();
  INFO(product.log());
  CHECK(trouble == "");
}
