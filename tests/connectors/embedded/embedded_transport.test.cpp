#include "connectors/embedded/embedded_transport.h"

#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <csignal>
#include <filesystem>
#include <thread>

#include "tests/connectors/embedded/scratch.h"

using namespace bartizan;
using namespace bartizan::embedded;
using bartizan::testing::Scratch;

namespace {

EmbeddedOptions options_in(const Scratch& dir, std::int32_t partitions = 1) {
  EmbeddedOptions options;
  options.inputs = {{dir / "in*", "", false}};
  options.output = dir / "out";
  options.state_dir = dir / "state";
  options.journal_partitions = partitions;
  options.follow = false;
  return options;
}

std::unique_ptr<EmbeddedTransport> open(EmbeddedOptions options) {
  auto transport = EmbeddedTransport::open(std::move(options));
  if (!transport.ok()) FAIL(transport.error().message);
  return std::move(transport.value());
}

std::string code_of_open(EmbeddedOptions options) {
  const auto transport = EmbeddedTransport::open(std::move(options));
  return transport.ok() ? "" : transport.error().code;
}

// The smallest line there is: every message becomes a journal message, every journal message an alert.
struct TinyLine {
  explicit TinyLine(EmbeddedTransport& t) : transport(t) {
    for (const std::int32_t p : t.detect().assigned()) {
      const auto c = t.detect().committed_position(p);
      next[p] = c ? *c : CommittedPosition{};
      t.detect().assign_at(p, next[p].next_offset);
    }
  }
  std::size_t read(std::size_t max) {
    const auto messages = transport.ingest().poll(max, Duration{0});
    for (const RawMessage& m : messages) {
      std::string text{m.bytes};
      if (m.position.source.generation > 0) text += "@" + std::to_string(m.position.source.generation);
      if (m.is_command) text = "command " + text;
      const auto partition = static_cast<std::int32_t>(m.position.offset) % transport.ingest().journal_partitions();
      transport.ingest().append(partition, std::move(text));
    }
    return messages.size();
  }
  std::size_t fold(std::size_t max) {
    const auto messages = transport.detect().poll(max, Duration{0});
    for (const JournalMessage& m : messages) {
      CHECK(m.offset == next[m.partition].next_offset);
      next[m.partition].next_offset = m.offset + 1;
      OutputRecord record;
      record.topic = Topic::alerts;
      record.value = std::string{m.bytes};
      transport.detect().emit(m.partition, std::move(record));
    }
    return messages.size();
  }
  CommitResult commit() { return transport.detect().commit(next); }
  void run() {
    while (!transport.ingest().exhausted() || !transport.detect().exhausted()) {
      if (read(3) > 0) REQUIRE(transport.ingest().commit());
      if (fold(2) > 0) REQUIRE(commit() == CommitResult::committed);
    }
  }

  EmbeddedTransport& transport;
  std::map<std::int32_t, CommittedPosition> next;
};

std::string lines(int from, int to) {
  std::string text;
  for (int i = from; i < to; ++i) text += "line " + std::to_string(i) + "\n";
  return text;
}

}  // namespace

TEST_CASE("what is read reaches the outputs once, over restarts") {
  const Scratch dir;
  testing::write_file(dir / "in", lines(0, 20));
  for (const int end : {20, 20, 31}) {
    testing::write_file(dir / "grown", lines(0, end));
    if (end == 31) testing::append_file(dir / "in", lines(20, 31));
    auto transport = open(options_in(dir));
    TinyLine{*transport}.run();
    REQUIRE(transport->close().ok());
    CHECK(transport->problems().empty());
    CHECK(testing::read_file(dir / "out/alerts.ndjson") == lines(0, end));
  }
}

TEST_CASE("what was polled but not committed is read again; what was committed is not") {
  const Scratch dir;
  testing::write_file(dir / "in", lines(0, 10));
  {
    auto transport = open(options_in(dir));
    TinyLine line{*transport};
    CHECK(line.read(4) == 4);
    REQUIRE(transport->ingest().commit());
    CHECK(line.read(3) == 3);
    CHECK(line.fold(100) == 4);
    REQUIRE(line.commit() == CommitResult::committed);
  }
  auto transport = open(options_in(dir));
  TinyLine{*transport}.run();
  CHECK(testing::read_file(dir / "out/alerts.ndjson") == lines(0, 10));
}

TEST_CASE("DETECT sees nothing that is not durable") {
  const Scratch dir;
  testing::write_file(dir / "in", lines(0, 4));
  auto transport = open(options_in(dir));
  TinyLine line{*transport};
  CHECK(line.read(2) == 2);
  CHECK(line.fold(10) == 0);
  CHECK(transport->journal_lag(0) == 0);
  REQUIRE(transport->ingest().commit());
  CHECK(transport->journal_lag(0) == 2);
  CHECK(line.fold(10) == 2);
  CHECK(testing::read_file(dir / "out/alerts.ndjson").empty());
  REQUIRE(line.commit() == CommitResult::committed);
  CHECK(testing::read_file(dir / "out/alerts.ndjson") == lines(0, 2));
}

TEST_CASE("two threads, three partitions: everything arrives, each partition in order") {
  const Scratch dir;
  testing::write_file(dir / "in", lines(0, 3000));
  auto transport = open(options_in(dir, 3));
  TinyLine line{*transport};
  std::thread ingest{[&] {
    while (!transport->ingest().exhausted()) {
      const auto messages = transport->ingest().poll(64, Duration{5});
      for (const RawMessage& m : messages) transport->ingest().append(static_cast<std::int32_t>(m.position.offset % 3), std::string{m.bytes});
      if (!messages.empty()) static_cast<void>(transport->ingest().commit());
    }
  }};
  while (!transport->detect().exhausted()) {
    const auto messages = transport->detect().poll(16, Duration{50});
    for (const JournalMessage& m : messages) {
      OutputRecord record;
      record.topic = m.partition == 0 ? Topic::alerts : m.partition == 1 ? Topic::risky_users : Topic::risky_agents;
      record.value = std::string{m.bytes};
      line.next[m.partition].next_offset = m.offset + 1;
      transport->detect().emit(m.partition, std::move(record));
    }
    if (!messages.empty()) REQUIRE(line.commit() == CommitResult::committed);
  }
  ingest.join();
  std::string expected[3];
  for (int i = 0; i < 3000; ++i) expected[(i + 1) % 3] += "line " + std::to_string(i) + "\n";
  CHECK(testing::read_file(dir / "out/alerts.ndjson") == expected[0]);
  CHECK(testing::read_file(dir / "out/risky-users.ndjson") == expected[1]);
  CHECK(testing::read_file(dir / "out/risky-agents.ndjson") == expected[2]);
}

TEST_CASE("a state folder has one owner, and the message names it") {
  const Scratch dir;
  testing::write_file(dir / "in", "x\n");
  const auto first = open(options_in(dir));
  const auto second = EmbeddedTransport::open(options_in(dir));
  REQUIRE_FALSE(second.ok());
  CHECK(second.error().code == "locked");
  CHECK(second.error().message.find(std::to_string(::getpid())) != std::string::npos);
}

TEST_CASE("another number of journal partitions than the journal has is refused") {
  const Scratch dir;
  testing::write_file(dir / "in", "x\n");
  static_cast<void>(open(options_in(dir, 2)));
  CHECK(code_of_open(options_in(dir, 3)) == "partition_count");
  CHECK(code_of_open(options_in(dir, 2)).empty());
}

TEST_CASE("paths that cannot be used are errors with a message") {
  const Scratch dir;
  testing::write_file(dir / "file", "x");
  EmbeddedOptions options = options_in(dir);
  options.state_dir = dir / "file/state";
  CHECK(code_of_open(options) == "not_a_folder");
  options = options_in(dir);
  options.output = dir / "file";
  CHECK(code_of_open(options) == "not_a_folder");
  options.output = "/proc/bartizan";
  CHECK_FALSE(code_of_open(options).empty());
}

TEST_CASE("an input that cannot be read is a problem, and the others go through") {
  const Scratch dir;
  testing::write_file(dir / "in.good", lines(0, 3));
  const std::string packed = testing::gzip(lines(3, 5000));
  testing::write_file(dir / "in.cut", packed.substr(0, packed.size() / 2));
  std::filesystem::create_directory(dir / "in.folder");
  auto transport = open(options_in(dir));
  TinyLine{*transport}.run();
  CHECK(transport->problems().size() == 2);
  const std::string alerts = testing::read_file(dir / "out/alerts.ndjson");
  CHECK(alerts.find("line 2\n") != std::string::npos);
  CHECK(alerts.find("line 1000\n") != std::string::npos);
}

TEST_CASE("a message too large becomes a dead letter once, even when there is nothing else") {
  const Scratch dir;
  testing::write_file(dir / "in", std::string(kMessageBytesMax + 5, 'x') + "\n");
  for (int life = 0; life < 2; ++life) {
    auto transport = open(options_in(dir));
    TinyLine{*transport}.run();
  }
  const std::string letters = testing::read_file(dir / "out/dead-letter.ndjson");
  CHECK(std::count(letters.begin(), letters.end(), '\n') == 1);
  CHECK(letters.find("\"size\":" + std::to_string(kMessageBytesMax + 5)) != std::string::npos);
}

TEST_CASE("commands are read from their own file, as they are appended") {
  const Scratch dir;
  testing::write_file(dir / "in", "x\n");
  EmbeddedOptions options = options_in(dir);
  options.follow = true;
  auto transport = open(options);
  TinyLine line{*transport};
  REQUIRE(append_command(commands_path(dir / "state"), "{\"n\":1}").ok());
  std::this_thread::sleep_for(std::chrono::milliseconds{2100});  // globs are looked at again every two seconds
  for (int i = 0; i < 3; ++i) line.read(10);
  REQUIRE(append_command(commands_path(dir / "state"), "{\"n\":2}").ok());
  for (int i = 0; i < 3; ++i) line.read(10);
  REQUIRE(transport->ingest().commit());
  line.fold(10);
  REQUIRE(line.commit() == CommitResult::committed);
  CHECK(testing::read_file(dir / "out/alerts.ndjson") == "x\ncommand {\"n\":1}\ncommand {\"n\":2}\n");
}

TEST_CASE("a wide glob does not feed the engine its own output") {
  const Scratch dir;
  std::filesystem::create_directory(dir / "out");
  testing::write_file(dir / "out/in.ndjson", lines(0, 5));
  EmbeddedOptions options = options_in(dir);
  options.inputs = {{dir / "out/*.ndjson", "", false}};
  for (int life = 0; life < 3; ++life) {
    auto transport = open(options);
    TinyLine{*transport}.run();
  }
  CHECK(testing::read_file(dir / "out/alerts.ndjson") == lines(0, 5));
}

TEST_CASE("a pipe begins a new generation at every start, so that its lines are no repeats") {
  const Scratch dir;
  const std::string pipe = dir / "pipe";
  REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
  EmbeddedOptions options = options_in(dir);
  options.inputs = {{pipe, "", false}};
  for (const char* text : {"a\n", "b\n", "c\n"}) {
    std::thread writer{[&] { testing::write_file(pipe, text); }};
    auto transport = open(options);
    TinyLine{*transport}.run();
    writer.join();
  }
  CHECK(testing::read_file(dir / "out/alerts.ndjson") == "a\nb@1\nc@2\n");
}

TEST_CASE("append time never goes back, and with arrival from records no clock is asked") {
  const Scratch dir;
  testing::write_file(dir / "in", lines(0, 2));
  Time before{};
  {
    auto transport = open(options_in(dir));
    TinyLine line{*transport};
    before = transport->ingest().now();
    const auto messages = transport->ingest().poll(2, Duration{0});
    REQUIRE(messages.size() == 2);
    CHECK(messages[0].arrival.value() >= before);
    CHECK(transport->ingest().now() >= messages[1].arrival.value());
  }
  EmbeddedOptions options = options_in(dir);
  options.arrival = Arrival::record;
  auto transport = open(options);
  const auto messages = transport->ingest().poll(2, Duration{0});
  REQUIRE(messages.size() == 2);
  CHECK_FALSE(messages[0].arrival.has_value());
}

TEST_CASE("a full disk stops the line with a message and loses nothing: the same bytes go through once there is room") {
  const Scratch dir;
  const std::string small = dir / "small";
  std::filesystem::create_directory(small);
  if (::geteuid() != 0 || ::mount("tmpfs", small.c_str(), "tmpfs", 0, "size=12m") != 0) {
    WARN("skipped: a small file system cannot be mounted here");
    return;
  }
  for (const bool journal_too : {false, true}) {
    const std::string place = small + (journal_too ? "/all" : "/outputs");
    std::filesystem::create_directory(place);
    testing::write_file(dir / "in", lines(0, 400));
    EmbeddedOptions options = options_in(dir);
    options.output = place + "/out";
    options.state_dir = journal_too ? place + "/state" : dir / "state";
    auto transport = open(options);
    TinyLine line{*transport};
    // A filler leaves no room at all.
    const std::string filler = small + "/filler";
    testing::write_file(filler, "");
    while (std::filesystem::space(small).available > 0) testing::append_file(filler, std::string(4096, 'f'));
    bool refused = false;
    int tries = 0;
    while (!transport->ingest().exhausted() || !transport->detect().exhausted()) {
      if (line.read(50) > 0) {
        while (!transport->ingest().commit()) {
          refused = true;
          CHECK(transport->status().error().code == "disk_full");
          std::filesystem::remove(filler);
          REQUIRE(++tries < 20);
        }
      }
      if (line.fold(50) == 0) continue;
      CommitResult result = line.commit();
      while (result == CommitResult::retry_same_bytes) {
        refused = true;
        CHECK(transport->status().error().code == "disk_full");
        std::filesystem::remove(filler);
        REQUIRE(++tries < 20);
        result = line.commit();
      }
      REQUIRE(result == CommitResult::committed);
      if (!transport->status().ok()) refused = true;
    }
    CHECK(refused);
    std::filesystem::remove(filler);
    REQUIRE(transport->close().ok());
    CHECK(testing::read_file(options.output + "/alerts.ndjson") == lines(0, 400));
    transport.reset();
    CHECK(code_of_open(options).empty());
    std::filesystem::remove_all(place);
  }
  ::umount2(small.c_str(), MNT_DETACH);
}

TEST_CASE("bundles are kept under their hash, whole") {
  const Scratch dir;
  const BundleFolder bundles{dir.path()};
  CHECK(bundles.load("abc").error().code == "not_found");
  REQUIRE(bundles.store("abc", "first").ok());
  REQUIRE(bundles.store("abc", "again").ok());
  REQUIRE(bundles.store("0f", std::string{"\0x", 2}).ok());
  CHECK(bundles.load("abc").value() == "first");
  CHECK(bundles.load("0f").value() == std::string{"\0x", 2});
  CHECK(bundles.hashes() == std::vector<std::string>{"0f", "abc"});
}
