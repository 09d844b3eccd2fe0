#include "tests/support/line/crash_run.h"

#include "engine/pipeline/detect_worker.h"
#include "tests/support/line/fold.h"
#include "tests/support/line/memory_world.h"
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
  return options;
}

std::set<std::int32_t> all_of(const MemoryWorld& world) {
  std::set<std::int32_t> all;
  for (std::size_t p = 0; p < world.journal.size(); ++p) all.insert(static_cast<std::int32_t>(p));
  return all;
}

/// One process: runs until everything is committed, or until it dies. False: died. `trouble`: an error that a person would be called for.
bool live(MemoryWorld& world, Accidents& accidents, Random& random, DetectStats& stats, std::string& trouble) {
  try {
    StepClock clock{std::chrono::milliseconds{5}};
    MemoryDetectTransport transport{world, accidents, all_of(world)};
    MemoryCheckpointStore checkpoints{world, accidents};
    DetectWorker worker{transport, checkpoints, std::make_shared<SmallRules>(), clock, stats, drawn_options(random)};
    const bool reassigns = random.chance(30);
    while (!worker.drained()) {
      if (reassigns && random.chance(5)) {
        std::set<std::int32_t> some;
        for (const std::int32_t p : all_of(world)) {
          if (random.chance(50)) some.insert(p);
        }
        transport.reassign(some);
        if (Status s = worker.run_once(Duration{0}); !s.ok()) return trouble = s.error().message, true;
        transport.reassign(all_of(world));
      }
      if (Status s = worker.run_once(Duration{0}); !s.ok()) return trouble = s.error().message, true;
    }
    if (random.chance(50)) {
      if (Status s = worker.stop(); !s.ok()) return trouble = s.error().message, true;
    }
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
      return at == w.outputs.end() ? std::vector<std::string>{} : lines(at->second);
    };
    const auto expected = find(sound);
    const auto got = find(world);
    for (std::size_t i = 0; i < std::max(expected.size(), got.size()); ++i) {
      if (i < expected.size() && i < got.size() && expected[i] == got[i]) continue;
      return "partition " + std::to_string(p) + ", output " + std::to_string(i) + " of " + std::to_string(expected.size()) + ": expected\n  " +
             (i < expected.size() ? expected[i] : "nothing") + "\ngot\n  " + (i < got.size() ? got[i] : "nothing");
    }
    if (sound.positions.at(partition).output_hash != world.positions.at(partition).output_hash) return "rolling hashes differ";
  }
  return {};
}

}  // namespace

CrashReport crash_detect(std::uint64_t seed, std::int32_t partitions) {
  CrashReport report;
  Random random(seed);
  const Scenario scenario(random.word(), 500);
  MemoryWorld sound(partitions);
  scenario.fill(sound, random.word(), 1 + random.below(12));
  MemoryWorld world = sound;
  DetectStats stats;
  Accidents none;
  Random calm(1);
  live(sound, none, calm, stats, report.trouble);
  if (!report.trouble.empty()) return report;

  Accidents accidents(random.word(), static_cast<unsigned>(1 + random.below(25)));
  DetectStats crash_stats;
  while (!live(world, accidents, random, crash_stats, report.trouble)) {
    if (++report.lives == kLivesMax) accidents.stop();
  }
  ++report.lives;
  report.accidents = accidents.seen();
  if (report.trouble.empty() && crash_stats.recovery_hash_mismatches.value() != 0) report.trouble = "a recovery gave other outputs than the committed ones";
  if (report.trouble.empty()) report.trouble = compare(sound, world);
  return report;
}

}  // namespace bartizan::test
