// Brokers that are away or come back, and clocks that jump, under `bartizan run`.

#include <catch2/catch.hpp>

#include <signal.h>

#include <cmath>
#include <cstdint>
#include <ctime>
#include <cstring>
#include <thread>

#include "tests/integration/kafka/line_check.h"
#include "tests/integration/kafka/product.h"

using namespace bartizan;
using bartizan::test::Broker;
using bartizan::test::Product;
using bartizan::test::within;
using std::chrono::hours;
using std::chrono::seconds;

namespace {

constexpr seconds kDead{120};
constexpr seconds kFrozen{30};  // five times the group session

Broker& broker() {
  static Broker one{{false, true}};
  return one;
}

/// Sets the wall clock of a process with the shim (clock_shim.cpp) ahead or back.
void set_clock(const std::string& file, std::chrono::nanoseconds ahead) {
  const std::int64_t count = ahead.count();
  std::string bytes(sizeof count, '\0');
  std::memcpy(bytes.data(), &count, sizeof count);
  FILE* out = std::fopen(file.c_str(), "r+b");
  if (out == nullptr) out = std::fopen(file.c_str(), "wb");
  REQUIRE(out != nullptr);
  std::fwrite(bytes.data(), 1, bytes.size(), out);
  std::fclose(out);
}

}  // namespace

TEST_CASE("a broker that is dead for two minutes: alive, not ready, two lines in the log, then on with nothing lost or doubled",
          "[kafka]") {
  Product product{broker(), "dead"};
  REQUIRE(product.start());
  product.feed(0, 500);
  std::thread later{[&] { product.feed(500, 900); }};  // into the outage
  std::this_thread::sleep_for(std::chrono::milliseconds{500});
  broker().kill();
  const auto killed = std::chrono::steady_clock::now();
  const std::size_t complaints = product.complaints();
  CHECK(within(seconds{30}, [&] { return product.get("/-/ready").status == 503; }));
  int unhealthy = 0, ready = 0;
  while (std::chrono::steady_clock::now() - killed < kDead) {
    unhealthy += product.get("/-/healthy").status == 200 ? 0 : 1;
    ready += product.get("/-/ready").status == 200 ? 1 : 0;
    std::this_thread::sleep_for(seconds{1});
  }
  CHECK(product.engine().runs());
  CHECK(unhealthy == 0);
  CHECK(ready == 0);
  CHECK(product.metric("bartizan_kafka_reachable") == 0);
  INFO(product.log());
  CHECK(product.told("\"event\":\"brokers_unreachable\"") == 1);
  CHECK(product.complaints() - complaints <= 4);  // the client may be quicker than the question that tells an outage

  broker().start();
  later.join();
  CHECK(within(seconds{60}, [&] { return product.get("/-/ready").status == 200; }));
  CHECK(product.told("\"event\":\"brokers_reachable\"") >= 1);
  product.feed(900, 1'400);
  CHECK(product.finish() == "");
}

TEST_CASE("a broker that is frozen for half a minute and wakes: alive, nothing lost, nothing doubled", "[kafka]") {
  Product product{broker(), "frozen"};
  REQUIRE(product.start());
  product.feed(0, 400);
  std::thread later{[&] { product.feed(400, 800); }};
  std::this_thread::sleep_for(std::chrono::milliseconds{500});
  broker().freeze();
  const auto frozen = std::chrono::steady_clock::now();
  int unhealthy = 0;
  while (std::chrono::steady_clock::now() - frozen < kFrozen) {
    unhealthy += product.get("/-/healthy").status == 200 ? 0 : 1;
    std::this_thread::sleep_for(seconds{1});
  }
  broker().thaw();
  later.join();
  INFO(product.log());
  CHECK(unhealthy == 0);
  CHECK(product.engine().runs());
  CHECK(within(seconds{60}, [&] { return product.get("/-/ready").status == 200; }));
  product.feed(800, 1'200);
  CHECK(product.finish() == "");
}

TEST_CASE("an engine that starts while its broker is coming back starts", "[kafka]") {
  Product product{broker(), "back"};
  REQUIRE(product.start());
  product.feed(0, 300);
  for (std::size_t round = 0; round < 3; ++round) {
    broker().kill();
    CHECK(product.engine().end(SIGKILL) == -SIGKILL);
    std::thread start{[] { broker().start(); }};
    std::this_thread::sleep_for(std::chrono::milliseconds{1'500 + 700 * static_cast<int>(round)});
    const bool started = product.start();
    start.join();
    INFO(product.log());
    REQUIRE(started);
    product.feed(300 + 100 * round, 400 + 100 * round);
  }
  CHECK(product.finish() == "");
}

TEST_CASE("the engine's clock jumps, and nothing follows it: no record is refused, outputs are those of a replay", "[kafka]") {
  const std::string file = broker().file("clock");
  set_clock(file, hours{0});
  Product product{broker(), "clock"};
  product.environment = {"LD_PRELOAD=" CLOCK_SHIM, "BARTIZAN_CLOCK_FILE=" + file};
  REQUIRE(product.start());
  product.feed(0, 300);
  std::size_t from = 300;
  for (const hours ahead : {hours{24 * 3}, hours{-2}, hours{24 * 400}, hours{-24 * 400}, hours{0}}) {
    set_clock(file, ahead);
    product.feed(from, from + 200);
    from += 200;
    CHECK(test::settle(product.options, 60));
    const double jumped = product.metric("bartizan_last_event_processed_timestamp_seconds") - static_cast<double>(std::time(nullptr));
    CHECK(std::abs(jumped - static_cast<double>(seconds{ahead}.count())) < 60);  // the clock did jump
    CHECK(product.get("/-/healthy").status == 200);
    CHECK(product.get("/-/ready").status == 200);
  }
  INFO(product.log());
  CHECK(product.complaints() <= 1);
  CHECK(product.metric("bartizan_dead_letters_total{reason=\"bad_time\"}") <= 0);
  CHECK(product.finish() == "");
}
