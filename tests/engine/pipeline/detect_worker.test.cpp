#include <catch2/catch.hpp>

#include <algorithm>
#include <memory>
#include <set>

#include "engine/pipeline/detect_worker.h"
#include "tests/support/line/fold.h"
#include "tests/support/line/memory_world.h"
#include "tests/support/line/scenario.h"

using namespace bartizan;
using namespace bartizan::test;

namespace {

struct Process {
  explicit Process(MemoryWorld& world, std::set<std::int32_t> assigned = {0}) : transport{world, none, std::move(assigned)}, checkpoints{world, none} {
    options.checkpoint_interval = std::chrono::milliseconds{50};
    worker = std::make_unique<DetectWorker>(transport, checkpoints, std::make_shared<SmallRules>(), clock, stats, options);
  }
  Status run() {
    while (!worker->drained()) {
      if (Status s = worker->run_once(Duration{0}); !s.ok()) return s;
    }
    return Ok{};
  }
  Accidents none;
  StepClock clock{std::chrono::milliseconds{5}};
  MemoryDetectTransport transport;
  MemoryCheckpointStore checkpoints;
  DetectStats stats;
  DetectOptions options;
  std::unique_ptr<DetectWorker> worker;
};

MemoryWorld world_of(std::size_t entries) {
  MemoryWorld world(1);
  Scenario(77, entries).fill(world, 1, 5);
  return world;
}

std::string code(const Status& s) { return s.ok() ? "" : s.error().code; }

}  // namespace

TEST_CASE("a clean stop lets the next start go on without folding anything again", "[pipeline]") {
  MemoryWorld world = world_of(400);
  Process first(world);
  REQUIRE(first.run().ok());
  REQUIRE(first.worker->stop().ok());
  CHECK(world.checkpoints.at(0).marker.clean_stop);
  CHECK(world.checkpoints.at(0).marker.next_offset == static_cast<std::int64_t>(world.journal[0].size()));
  Process second(world);
  REQUIRE(second.run().ok());
  CHECK(second.stats.recovery_messages.value() == 0);
  CHECK(second.stats.recovery_hash_mismatches.value() == 0);
}

TEST_CASE("a checkpoint ahead of the outputs stops the worker", "[pipeline]") {
  MemoryWorld world = world_of(400);
  Process first(world);
  REQUIRE(first.run().ok());
  REQUIRE(first.worker->stop().ok());
  world.positions.at(0).next_offset -= 3;
  Process second(world);
  CHECK(code(second.run()) == "ahead_of_outputs");
}

TEST_CASE("a checkpoint without a committed position stops the worker, unless it was a clean stop", "[pipeline]") {
  MemoryWorld world = world_of(400);
  Process first(world);
  REQUIRE(first.run().ok());
  REQUIRE(first.worker->stop().ok());
  world.positions.clear();
  MemoryWorld crashed = world;
  crashed.checkpoints.at(0).marker.clean_stop = false;
  Process second(crashed);
  CHECK(code(second.run()) == "missing_position");
  Process third(world);
  CHECK(third.run().ok());
  CHECK(third.stats.outputs.value() == 0);
}

TEST_CASE("after a clean stop the first commit takes the mark of the clean stop away", "[pipeline]") {
  MemoryWorld world = world_of(400);
  const auto all = world.journal[0];
  world.journal[0].resize(all.size() / 2);
  Process first(world);
  REQUIRE(first.run().ok());
  REQUIRE(first.worker->stop().ok());
  world.journal[0] = all;
  Process second(world);
  REQUIRE(second.run().ok());
  CHECK_FALSE(world.checkpoints.at(0).marker.clean_stop);
}

TEST_CASE("a recreated journal is refused by the checksum of the message before the checkpoint", "[pipeline]") {
  MemoryWorld world = world_of(400);
  const auto all = world.journal[0];
  world.journal[0].resize(all.size() / 2);
  Process first(world);
  REQUIRE(first.run().ok());
  REQUIRE(first.worker->stop().ok());
  MemoryWorld recreated(1);
  Scenario(78, 400).fill(recreated, 1, 5);
  world.journal[0] = recreated.journal[0];
  Process second(world);
  CHECK(code(second.run()) == "journal_recreated");
}

TEST_CASE("other outputs than the committed ones are counted and audited, and the line goes on", "[pipeline]") {
  MemoryWorld world = world_of(400);
  const auto all = world.journal[0];
  world.journal[0].resize(all.size() / 2);
  Process first(world);
  REQUIRE(first.run().ok());
  REQUIRE(first.worker->stop().ok());
  world.positions.at(0).output_hash ^= 1;
  world.journal[0] = all;
  Process second(world);
  REQUIRE(second.run().ok());
  CHECK(second.stats.recovery_hash_mismatches.value() == 1);
  const auto outputs = lines(world.outputs.at(0));
  CHECK(std::count_if(outputs.begin(), outputs.end(), [](const std::string& l) { return l.find("recovery_range") != std::string::npos; }) == 1);
}

TEST_CASE("suppressed replay counts nothing and emits nothing", "[pipeline]") {
  MemoryWorld world = world_of(400);
  Process first(world);
  REQUIRE(first.run().ok());
  const std::size_t emitted = world.outputs.at(0).size();
  world.checkpoints.clear();  // the whole journal again
  Process second(world);
  REQUIRE(second.run().ok());
  CHECK(second.stats.recovery_messages.value() == world.journal[0].size());
  CHECK(second.stats.journal_entries.value() == 0);
  CHECK(second.stats.outputs.value() == 0);
  CHECK(second.stats.events_repeated_position.value() == 0);
  CHECK(world.outputs.at(0).size() == emitted);
}

TEST_CASE("a revoked partition that comes back where it stood is not loaded again", "[pipeline]") {
  MemoryWorld world(2);
  Scenario(79, 600).fill(world, 1, 5);
  Process process(world, {0, 1});
  REQUIRE(process.run().ok());
  REQUIRE(process.worker->commit().ok());
  const auto before = process.stats.recovery_seconds.sum_seconds();
  const auto recovered = process.stats.recovery_messages.value();
  process.transport.reassign({1});
  REQUIRE(process.worker->run_once(Duration{0}).ok());
  CHECK(process.worker->shard(0) == nullptr);
  process.transport.reassign({0, 1});
  REQUIRE(process.worker->run_once(Duration{0}).ok());
  CHECK(process.worker->shard(0) != nullptr);
  REQUIRE(process.run().ok());
  CHECK(process.stats.recovery_messages.value() == recovered);
  CHECK(process.stats.recovery_seconds.sum_seconds() == before);
}

TEST_CASE("an entry that kills three starts in a row is passed over by every later fold, and audited", "[pipeline]") {
  MemoryWorld world = world_of(400);
  struct Marks final : CrashWatch {
    StepMark one;
    StepMark* mark(std::int32_t) override { return &one; }
  } marks;
  // A process that dies in the same entry whenever it is folded: message 20, entry 0. What it leaves behind is the mark.
  const auto dies = [&] {
    Process process(world);
    process.worker = std::make_unique<DetectWorker>(process.transport, process.checkpoints, std::make_shared<SmallRules>(), process.clock,
                                                    process.stats, process.options, &marks);
    REQUIRE(process.worker->run_once(Duration{0}).ok());
    const bool fatal = world.quarantined[0].empty();
    if (fatal) {
      marks.one.offset = 20;
      marks.one.index = 0;
      marks.one.running = 1;
    } else {
      REQUIRE(process.run().ok());
    }
    return fatal;
  };
  CHECK(dies());
  CHECK(dies());
  CHECK(dies());
  CHECK_FALSE(dies());
  REQUIRE(world.quarantined[0].size() == 1);
  CHECK(world.quarantined[0][0] == std::pair<std::int64_t, std::int32_t>{20, 0});
  const auto outputs = lines(world.outputs.at(0));
  CHECK(std::count_if(outputs.begin(), outputs.end(), [](const std::string& l) { return l.find("record_quarantined") != std::string::npos; }) == 1);
  CHECK(marks.one.running == 0);
  // Folded again from the start, without any checkpoint: the same bytes.
  world.checkpoints.clear();
  Process again(world);
  REQUIRE(again.run().ok());
  CHECK(again.stats.recovery_hash_mismatches.value() == 0);
}

TEST_CASE("a death elsewhere in between proves the entry harmless", "[pipeline]") {
  MemoryWorld world = world_of(200);
  struct Marks final : CrashWatch {
    StepMark one;
    StepMark* mark(std::int32_t) override { return &one; }
  } marks;
  for (int start = 0; start < 9; ++start) {
    Process process(world);
    process.worker = std::make_unique<DetectWorker>(process.transport, process.checkpoints, std::make_shared<SmallRules>(), process.clock,
                                                    process.stats, process.options, &marks);
    REQUIRE(process.worker->run_once(Duration{0}).ok());
    if (start % 3 == 2) continue;
    marks.one.offset = 20;
    marks.one.running = 1;
  }
  CHECK(world.quarantined[0].empty());
}

TEST_CASE("a missing stretch of the journal stops the worker", "[pipeline]") {
  MemoryWorld world = world_of(300);
  Accidents none;
  MemoryCheckpointStore checkpoints{world, none};
  StepClock clock{std::chrono::milliseconds{5}};
  DetectStats stats;
  class Gapped final : public DetectTransport {
   public:
    explicit Gapped(DetectTransport& inner) : inner_(inner) {}
    std::vector<std::int32_t> assigned() const override { return inner_.assigned(); }
    void assign_at(std::int32_t p, std::int64_t o) override { inner_.assign_at(p, o); }
    void pause(std::int32_t p) override { inner_.pause(p); }
    void resume(std::int32_t p) override { inner_.resume(p); }
    std::span<const JournalMessage> poll(std::size_t max, Duration timeout) override {
      const auto got = inner_.poll(max, timeout);
      kept_.assign(got.begin(), got.end());
      std::erase_if(kept_, [](const JournalMessage& m) { return m.offset == 7; });
      return kept_;
    }
    bool exhausted() const override { return inner_.exhausted(); }
    void emit(std::int32_t p, OutputRecord&& r) override { inner_.emit(p, std::move(r)); }
    CommitResult commit(const std::map<std::int32_t, CommittedPosition>& p) override { return inner_.commit(p); }
    std::optional<CommittedPosition> committed_position(std::int32_t p) override { return inner_.committed_position(p); }

   private:
    DetectTransport& inner_;
    std::vector<JournalMessage> kept_;
  };
  MemoryDetectTransport sound{world, none, {0}};
  Gapped transport{sound};
  DetectWorker worker{transport, checkpoints, std::make_shared<SmallRules>(), clock, stats};
  Status status = Ok{};
  for (int i = 0; i < 50 && status.ok(); ++i) status = worker.run_once(Duration{0});
  CHECK(code(status) == "offset_gap");
}
