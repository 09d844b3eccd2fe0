// The fold gives the same bytes however its journal is cut, polled, committed or interrupted.

#include <catch2/catch.hpp>

#include <array>
#include <cstdio>
#include <fstream>
#include <memory>

#include "engine/pipeline/detect_worker.h"
#include "tests/support/line/checkpoint_file.h"
#include "tests/support/line/crash_run.h"
#include "tests/support/line/fold.h"
#include "tests/support/line/scenario.h"

using namespace bartizan;
using namespace bartizan::test;

namespace {

constexpr std::uint64_t kSeed = 20260101;
constexpr std::size_t kEntries = 1500;

std::vector<std::string> fold_all(const std::vector<MemoryWorld::Message>& messages) {
  Fold fold;
  std::vector<std::string> all;
  for (std::size_t at = 0; at < messages.size(); ++at) {
    for (std::string& line : fold.step(messages[at], static_cast<std::int64_t>(at))) all.push_back(std::move(line));
  }
  return all;
}

std::size_t count(const std::vector<std::string>& lines, std::string_view topic) {
  return static_cast<std::size_t>(std::count_if(lines.begin(), lines.end(), [&](const std::string& l) { return l.rfind(topic, 0) == 0; }));
}

}  // namespace

TEST_CASE("the scenario reaches every kind of output and every counter of the fold", "[property]") {
  const Scenario scenario(kSeed, kEntries);
  const auto messages = scenario.messages(1, 8);
  Fold fold;
  std::vector<std::string> all;
  for (std::size_t at = 0; at < messages.size(); ++at) {
    for (std::string& line : fold.step(messages[at], static_cast<std::int64_t>(at))) all.push_back(std::move(line));
  }
  CHECK(count(all, "alerts ") > 20);
  CHECK(count(all, "alerts.shadow ") > 5);
  CHECK(count(all, "risky-users ") > 20);
  CHECK(count(all, "risky-sign-ins ") > 20);
  CHECK(count(all, "audit ") > 10);
  CHECK(fold.stats.events_repeated_position.value() > 10);
  CHECK(fold.stats.events_repeated_id.value() > 10);
  CHECK(fold.stats.events_corrected.value() > 10);
  CHECK(fold.stats.events_older_copy.value() > 5);
  CHECK(fold.stats.events_late.value() > 2);
  CHECK(fold.stats.events_clamped.value() > 2);
  CHECK(fold.stats.commands_accepted.value() > 2);
  CHECK(fold.stats.commands_rejected.value() > 2);
  CHECK(fold.stats.bundles_activated.value() == 4);
  CHECK(fold.stats.rules.of("testStreak").errors.value() > 0);
  CHECK(fold.stats.timers_run.value() > 10);
}

TEST_CASE("at every message boundary a saved and loaded fold goes on with the same bytes", "[property]") {
  const Scenario scenario(kSeed, kEntries);
  const auto messages = scenario.messages(1, 8);
  Fold whole;
  for (std::size_t at = 0; at < messages.size(); ++at) {
    CAPTURE(kSeed, at);
    const Image before = whole.image(true);
    const CheckpointMarker marker = whole.shard.marker(false);
    whole.shard.saved();
    Fold loaded;
    loaded.load(marker, before.rows);
    REQUIRE(difference(before.rows, loaded.image(true).rows) == "");
    const auto offset = static_cast<std::int64_t>(at);
    REQUIRE(whole.step(messages[at], offset) == loaded.step(messages[at], offset));
    const Image next_whole = whole.image(false);
    const Image next_loaded = loaded.image(false);
    REQUIRE(difference(next_whole.rows, next_loaded.rows) == "");
    REQUIRE(difference(next_whole.erased, next_loaded.erased) == "");
    REQUIRE(difference(whole.image(true).rows, loaded.image(true).rows) == "");
    REQUIRE(whole.shard.output_hash() == loaded.shard.output_hash());
  }
}

TEST_CASE("changed rows on top of an older checkpoint are the whole state", "[property]") {
  const Scenario scenario(kSeed + 1, kEntries);
  const auto messages = scenario.messages(2, 10);
  Fold whole;
  Rows stored;
  Random random(3);
  for (std::size_t at = 0; at < messages.size(); ++at) {
    CAPTURE(at);
    whole.step(messages[at], static_cast<std::int64_t>(at));
    if (!random.chance(10)) continue;
    Image changed;
    changed.rows = std::move(stored);
    whole.shard.save(changed, false);
    whole.shard.saved();
    stored = std::move(changed.rows);
    REQUIRE(difference(whole.image(true).rows, stored) == "");
  }
}

TEST_CASE("from checkpoints here and there a fold reaches the same end, also in a fresh process", "[property]") {
  const Scenario scenario(kSeed, kEntries);
  const auto messages = scenario.messages(1, 8);
  Fold whole;
  std::vector<std::vector<std::string>> outputs;
  std::vector<std::pair<CheckpointMarker, Rows>> checkpoints;
  for (std::size_t at = 0; at < messages.size(); ++at) {
    if (at % 60 == 30) checkpoints.emplace_back(whole.shard.marker(false), whole.image(true).rows);
    outputs.push_back(whole.step(messages[at], static_cast<std::int64_t>(at)));
  }
  const std::uint64_t end = state_hash(whole.image(true).rows);
  for (std::size_t c = 0; c < checkpoints.size(); ++c) {
    const auto& [marker, rows] = checkpoints[c];
    std::string expected;
    for (auto at = static_cast<std::size_t>(marker.next_offset); at < messages.size(); ++at) {
      for (const std::string& line : outputs[at]) expected += line + '\n';
    }
    expected += "state " + std::to_string(end) + '\n';
    const std::string path = std::string{BARTIZAN_BINARY_DIR} + "/go_on_" + std::to_string(c) + ".checkpoint";
    std::ofstream(path, std::ios::binary) << write_checkpoint(marker, rows);
    const std::string command = std::string{BARTIZAN_GO_ON} + ' ' + std::to_string(kSeed) + ' ' + std::to_string(kEntries) + " 1 8 " + path;
    const std::unique_ptr<std::FILE, int (*)(std::FILE*)> pipe(popen(command.c_str(), "r"), &pclose);
    REQUIRE(pipe);
    std::string got;
    std::array<char, 4096> buffer;
    while (const std::size_t n = std::fread(buffer.data(), 1, buffer.size(), pipe.get())) got.append(buffer.data(), n);
    CHECK(got == expected);
    std::remove(path.c_str());
  }
}

TEST_CASE("outputs do not depend on how entries are packed into messages", "[property]") {
  const Scenario scenario(kSeed + 2, kEntries);
  const auto one_each = without_positions(fold_all(scenario.messages(1, 1)));
  for (const std::size_t pack : {2u, 7u, 100u, 5000u}) {
    CAPTURE(pack);
    CHECK(without_positions(fold_all(scenario.messages(pack, pack))) == one_each);
  }
}

TEST_CASE("outputs do not depend on polls, commits, checkpoints, or which worker holds a partition", "[property]") {
  const Scenario scenario(kSeed + 3, kEntries);
  MemoryWorld journal(4);
  scenario.fill(journal, 1, 6);
  const auto run = [&](std::vector<std::set<std::int32_t>> workers, std::size_t poll_max, int commit_ms, int checkpoint_ms) {
    MemoryWorld world = journal;
    Accidents none;
    for (const auto& assigned : workers) {
      StepClock clock{std::chrono::milliseconds{3}};
      MemoryDetectTransport transport{world, none, assigned};
      MemoryCheckpointStore checkpoints{world, none};
      DetectStats stats;
      DetectOptions options;
      options.poll_max = poll_max;
      options.commit_interval = options.quiet_commit_interval = std::chrono::milliseconds{commit_ms};
      options.checkpoint_interval = std::chrono::milliseconds{checkpoint_ms};
      DetectWorker worker{transport, checkpoints, std::make_shared<SmallRules>(), clock, stats, options};
      while (!worker.drained()) REQUIRE(worker.run_once(Duration{0}).ok());
      REQUIRE(worker.stop().ok());
    }
    std::vector<std::vector<std::string>> all;
    for (std::int32_t p = 0; p < 4; ++p) all.push_back(lines(world.outputs[p]));
    return all;
  };
  const auto expected = run({{0, 1, 2, 3}}, 1, 0, 0);
  REQUIRE(expected[0].size() + expected[1].size() + expected[2].size() + expected[3].size() > 100);
  CHECK(run({{0, 1, 2, 3}}, 1000, 100000, 100000) == expected);
  CHECK(run({{0, 2}, {1, 3}}, 5, 20, 50) == expected);
  CHECK(run({{3}, {2}, {1}, {0}}, 3, 1, 1000) == expected);
}

TEST_CASE("crashes and failed commits at random points change no byte", "[property]") {
  for (std::uint64_t seed = 1000; seed < 1030; ++seed) {
    CAPTURE(seed);
    const auto partitions = 1 + static_cast<std::int32_t>(seed % 3);
    REQUIRE(crash_detect(seed, partitions).trouble == "");
    REQUIRE(crash_line(seed, partitions).trouble == "");
  }
}
