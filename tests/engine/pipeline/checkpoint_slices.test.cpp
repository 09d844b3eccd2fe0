// A checkpoint is the state at its cut, however long its rows are under way.

#include <catch2/catch.hpp>

#include <memory>
#include <set>

#include "engine/pipeline/detect_worker.h"
#include "engine/pipeline/held_rows.h"
#include "tests/support/line/fold.h"
#include "tests/support/line/memory_world.h"
#include "tests/support/line/scenario.h"

using namespace bartizan;
using namespace bartizan::test;

namespace {

/// A store that holds a checkpoint up, or refuses to seal it, where a test says so.
class SlowStore final : public CheckpointStore {
 public:
  SlowStore(MemoryWorld& world, Accidents& none) : store_{world, none} {}
  Status begin(std::int32_t partition, std::int64_t next_offset) override {
    ++begun;
    return store_.begin(partition, next_offset);
  }
  void put(std::uint32_t table, std::string_view key, std::string_view bytes) override { store_.put(table, key, bytes); }
  void erase(std::uint32_t table, std::string_view key) override { store_.erase(table, key); }
  bool delivered() override { return !holds; }
  Status commit(const CheckpointMarker& marker) override { return refuses ? Status{Error{"io", "refused"}} : store_.commit(marker); }
  std::optional<CheckpointMarker> marker(std::int32_t partition) override { return store_.marker(partition); }
  Status load(std::int32_t partition, std::int64_t committed, const std::function<bool(std::uint32_t, std::string_view, std::string_view)>& row) override {
    return store_.load(partition, committed, row);
  }
  void abandon() override { store_.abandon(); }

  bool holds = false, refuses = false;
  int begun = 0;

 private:
  MemoryCheckpointStore store_;
};

struct Process {
  explicit Process(MemoryWorld& w, std::set<std::int32_t> assigned = {0}) : world{w}, transport{w, none, std::move(assigned)}, checkpoints{w, none} {
    options.poll_max = 1;
    options.commit_interval = options.quiet_commit_interval = std::chrono::milliseconds{0};
    options.checkpoint_interval = std::chrono::hours{1};
    options.checkpoint_slice_bytes = 200;
    start();
  }
  void start() { worker = std::make_unique<DetectWorker>(transport, checkpoints, std::make_shared<SmallRules>(), clock, stats, options); }
  void turn(int times = 1) {
    for (; times > 0; --times) REQUIRE(worker->run_once(Duration{0}).ok());
  }
  std::int64_t position() const { return worker->shard(0)->next_offset(); }

  MemoryWorld& world;
  Accidents none;
  StepClock clock{std::chrono::milliseconds{1}};
  MemoryDetectTransport transport;
  SlowStore checkpoints;
  DetectStats stats;
  DetectOptions options;
  std::unique_ptr<DetectWorker> worker;
};

MemoryWorld world_of(std::size_t entries, std::size_t partitions = 1) {
  MemoryWorld world(static_cast<std::int32_t>(partitions));
  Scenario(81, entries).fill(world, 1, 5);
  return world;
}

/// The state after the first `messages` messages of partition 0.
Rows state_at(const MemoryWorld& world, std::int64_t messages) {
  Fold fold;
  for (std::int64_t at = 0; at < messages; ++at) fold.step(world.journal[0][static_cast<std::size_t>(at)], at);
  return fold.image(true).rows;
}

void check_sealed(const MemoryWorld& world) {
  const auto& sealed = world.checkpoints.at(0);
  CHECK(difference(sealed.rows, state_at(world, sealed.marker.next_offset)) == "");
}

}  // namespace

TEST_CASE("the line goes on while a checkpoint is written, which is the state at its cut", "[pipeline]") {
  MemoryWorld world = world_of(600);
  Process process(world);
  process.turn(20);
  const std::int64_t first_cut = process.position();
  process.checkpoints.holds = true;
  process.worker->checkpoint_soon();
  process.turn(60);
  CHECK(process.stats.checkpoints.value() == 0);
  CHECK(process.position() >= first_cut + 50);
  process.checkpoints.holds = false;
  for (int i = 0; i < 100 && process.stats.checkpoints.value() == 0; ++i) process.turn();
  REQUIRE(process.stats.checkpoints.value() == 1);
  CHECK(world.checkpoints.at(0).marker.next_offset <= first_cut + 1);
  check_sealed(world);
  // The next one holds what changed since that cut, also while its rows were under way.
  process.worker->checkpoint_soon();
  for (int i = 0; i < 1000 && process.stats.checkpoints.value() == 1; ++i) process.turn();
  REQUIRE(process.stats.checkpoints.value() == 2);
  CHECK(world.checkpoints.at(0).marker.next_offset > first_cut + 50);
  check_sealed(world);
}

TEST_CASE("the rows of a refused checkpoint go with the next one", "[pipeline]") {
  for (const std::size_t held_max : {std::size_t{1} << 20, std::size_t{3'000}, std::size_t{1}}) {
    CAPTURE(held_max);
    MemoryWorld world = world_of(600);
    Process process(world);
    process.options.checkpoint_held_max = held_max;
    process.start();
    process.turn(30);
    for (int refused = 0; refused < 3; ++refused) {
      process.checkpoints.refuses = true;
      process.worker->checkpoint_soon();
      const auto failures = process.stats.checkpoint_failures.value();
      for (int i = 0; i < 1000 && process.stats.checkpoint_failures.value() == failures; ++i) process.turn();
      REQUIRE(process.stats.checkpoint_failures.value() == failures + 1);
      CHECK(world.checkpoints.at(0).rows.empty());
      process.turn(7);
    }
    process.checkpoints.refuses = false;
    process.worker->checkpoint(false);
    REQUIRE(process.stats.checkpoints.value() == 1);
    check_sealed(world);
  }
}

TEST_CASE("a stop while a checkpoint is under way seals one of everything", "[pipeline]") {
  MemoryWorld world = world_of(600);
  Process process(world);
  process.turn(20);
  process.checkpoints.holds = true;
  process.worker->checkpoint_soon();
  process.turn(20);
  REQUIRE(process.worker->stop().ok());
  CHECK(process.stats.checkpoints.value() == 1);
  CHECK(process.stats.checkpoint_failures.value() == 0);
  CHECK(world.checkpoints.at(0).marker.clean_stop);
  CHECK(world.checkpoints.at(0).marker.next_offset == process.position());
  check_sealed(world);
}

TEST_CASE("a partition that is taken away with rows held is loaded again", "[pipeline]") {
  MemoryWorld world = world_of(1'200, 2);
  Process process(world, {0, 1});
  process.turn(30);
  process.checkpoints.holds = true;
  process.worker->checkpoint_soon();
  process.turn(3);
  REQUIRE(process.checkpoints.begun == 1);
  const auto recoveries = process.stats.recovery_seconds.sum_seconds();
  process.transport.reassign({1});
  process.turn();
  // Another owner, up to the same position; its checkpoint must not be mixed with the rows held here.
  Process other(world);
  while (!other.worker->drained()) other.turn();
  REQUIRE(other.worker->stop().ok());
  process.checkpoints.holds = false;
  process.transport.reassign({0, 1});
  while (!process.worker->drained()) process.turn();
  CHECK(process.stats.recovery_seconds.sum_seconds() > recoveries);
  process.worker->checkpoint(false);
  check_sealed(world);
  CHECK(process.stats.recovery_hash_mismatches.value() == 0);
}

TEST_CASE("held rows leave as they came", "[pipeline]") {
  MemoryWorld world(1);
  Accidents none;
  MemoryCheckpointStore store{world, none};
  HeldRows held{64}, later{64};
  const std::string big(1'000, 'x');
  held.put(StateTable::profiles, "a", "1");
  held.put(StateTable::profiles, "", "");
  held.put(StateTable::detector, "b", big);
  held.erase(StateTable::profiles, "a");
  later.put(StateTable::profiles, "c", "3");
  later.erase(StateTable::detector, "never there");
  held.append(std::move(later));
  CHECK(held.rows() == 6);
  CHECK(held.slices() >= 4);
  REQUIRE(store.begin(0, 0).ok());
  for (std::size_t i = 0; i < held.slices(); ++i) held.send(i, store);
  REQUIRE(store.commit(CheckpointMarker{}).ok());
  const auto table = [](StateTable t) { return static_cast<std::uint32_t>(t); };
  const Rows expected{{{table(StateTable::profiles), ""}, ""}, {{table(StateTable::profiles), "c"}, "3"}, {{table(StateTable::detector), "b"}, big}};
  CHECK(difference(world.checkpoints.at(0).rows, expected) == "");
}
