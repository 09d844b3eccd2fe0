#include "tests/support/line/crash_run.h"

#include <algorithm>
#include <set>
#include <utility>
#include <vector>

#include "engine/pipeline/detect_worker.h"
#include "engine/pipeline/ingest_worker.h"
#include "tests/support/line/fold.h"
#include "tests/support/line/memory_world.h"
#include "tests/support/line/raw_history.h"
#include "tests/support/line/scenario.h"

namespace bartizan::test {
namespace {

constexpr unsigned kLivesMax = 2000;

DetectOptions drawn_options(Random& random) {
  DetectOptions options;
  options.commit_interval = std::chrono::milliseconds{1 + random.below(60)};
  options.quiet_commit_interval = options.commit_interval * 3;
  options.checkpoint_interval = std::chrono::milliseconds{5 + random.below(400)};
  options.poll_max = 1 + random.below(7);
  options.unit_outputs_max = 1 + random.below(40);
  options.checkpoint_slice_bytes = 1 + random.below(3'000);
  options.checkpoint_held_max = random.chance(80) ? 1u << 20 : random.below(20'000);
  return options;
}

std::set<std::int32_t> all_of(const MemoryWorld& world) {
  std::set<std::int32_t> all;
  for (std::size_t p = 0; p < world.journal.size(); ++p) all.insert(static_cast<std::int32_t>(p));
  return all;
}

/// Raw input; empty when the journal is there already.
using Input = std::vector<std::pair<SourcePosition, std::string>>;

/// One process: runs until everything is committed, or until it dies. False: died. `trouble`: an error that a person would be called for.
bool live(MemoryWorld& world, const Input& input, Accidents& accidents, Random& random, DetectStats& stats, std::string& trouble) {
  const auto good = [&](const Status& s) {
    if (!s.ok()) trouble = s.error().message;
    return s.ok();
  };
  try {
    StepClock clock{std::chrono::milliseconds{5}};
    MemoryIngestTransport raw{world, accidents, input};
    MemoryDetectTransport transport{world, accidents, all_of(world)};
    MemoryCheckpointStore checkpoints{world, accidents};
    IngestStats ingest_stats;
    IngestWorkerOptions ingest_options;
    ingest_options.record_time = true;
    ingest_options.poll_max = 1 + random.below(20);
    ingest_options.commit_interval = std::chrono::milliseconds{1 + random.below(60)};
    IngestOptions step;
    step.entries_max = 1 + random.below(12);
    IngestWorker ingest{raw, clock, ingest_stats, ingest_options, step};
    const std::string bundle = SmallRules::hash('a');
    if (!input.empty()) ingest.activate(BundleActivation{bundle, {}, 3, {}});
    DetectWorker worker{transport, checkpoints, std::make_shared<SmallRules>(), clock, stats, drawn_options(random)};
    const bool reassigns = random.chance(30);
    while (!worker.drained() || !ingest.drained()) {
      if (!ingest.drained() && !good(ingest.run_once(Duration{0}))) return true;
      if (reassigns && random.chance(5)) {
        std::set<std::int32_t> some;
        for (const std::int32_t p : all_of(world)) {
          if (random.chance(50)) some.insert(p);
        }
        transport.reassign(some);
        if (!good(worker.run_once(Duration{0}))) return true;
        transport.reassign(all_of(world));
      }
      if (!good(worker.run_once(Duration{0}))) return true;
    }
    if (random.chance(50)) good(worker.stop());
    return true;
  } catch (const Crash&) {
    return false;
  }
}

std::string compare(const MemoryWorld& sound, const MemoryWorld& world) {
  for (std::size_t p = 0; p < sound.journal.size(); ++p) {
    const auto partition = static_cast<std::int32_t>(p);
    const auto find = [&](const MemoryWorld& w) {
      const auto at = w.outputs.find(partition);
      return at == w.outputs.end() ? std::vector<std::string>{} : without_positions(lines(at->second));
    };
    const auto expected = find(sound);
    const auto got = find(world);
    for (std::size_t i = 0; i < std::max(expected.size(), got.size()); ++i) {
      if (i < expected.size() && i < got.size() && expected[i] == got[i]) continue;
      return "partition " + std::to_string(p) + ", output " + std::to_string(i) + " of " + std::to_string(expected.size()) + ": expected\n  " +
             (i < expected.size() ? expected[i] : "nothing") + "\ngot\n  " + (i < got.size() ? got[i] : "nothing");
    }
  }
  return {};
}

CrashReport run(MemoryWorld world, const Input& input, Random& random) {
  CrashReport report;
  MemoryWorld sound = world;
  DetectStats stats;
  Accidents none;
  Random calm(1);
  live(sound, input, none, calm, stats, report.trouble);
  if (!report.trouble.empty()) return report;

  Accidents accidents(random.word(), static_cast<unsigned>(1 + random.below(40)));
  DetectStats crash_stats;
  while (!live(world, input, accidents, random, crash_stats, report.trouble)) {
    if (++report.lives == kLivesMax) accidents.stop();
  }
  ++report.lives;
  report.accidents = accidents.seen();
  if (report.trouble.empty() && crash_stats.recovery_hash_mismatches.value() != 0) {
    report.trouble = "a recovery gave other outputs than the committed ones";
  }
  if (report.trouble.empty()) report.trouble = compare(sound, world);
  return report;
}

}  // namespace

CrashReport crash_detect(std::uint64_t seed, std::int32_t partitions) {
  Random random(seed);
  const Scenario scenario(random.word(), 500);
  MemoryWorld world(partitions);
  scenario.fill(world, random.word(), 1 + random.below(12));
  return run(std::move(world), {}, random);
}

CrashReport crash_line(std::uint64_t seed, std::int32_t partitions) {
  Random random(seed);
  const Input input = raw_history(random.word(), 250);
  return run(MemoryWorld(partitions), input, random);
}

}  // namespace bartizan::test
