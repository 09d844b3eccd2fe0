// Kills a runner at random instants and at every named point, starts it again until it is done, and compares what it wrote with an
// uninterrupted run. Exit code 0: every byte is right. 1: not, and why. 2: usage, or the runner does not work at all.
//
//   embedded_crash_check RUNNER [--kills N] [--seed S] [--points] [--partitions P] [--threads T]

#include <cstdlib>
#include <iostream>
#include <string>

#include "tests/integration/embedded/history.h"

namespace {

using namespace bartizan::testing;

constexpr const char* kPoints[] = {"ingest_begin",      "segment_created",    "journal_torn",    "journal_appended", "journal_synced",
                                   "before_sqlite_commit", "sqlite_committed", "output_torn",     "output_appended",  "outputs_synced",
                                   "detect_begin",      "checkpoint_begun",   "checkpoint_row",  "checkpoint_rows",  "checkpoint_committed"};
constexpr int kCounts[] = {1, 4, 30};

struct Arguments {
  std::string runner;
  unsigned kills = 200;
  std::uint64_t seed = 1;
  bool points = false;
  Shape shape;
};

bool parse(int argc, char** argv, Arguments& a) {
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    const auto number = [&] { return i + 1 < argc ? std::strtoull(argv[++i], nullptr, 10) : 0; };
    if (word == "--kills") a.kills = static_cast<unsigned>(number());
    else if (word == "--seed") a.seed = number();
    else if (word == "--points") a.points = true;
    else if (word == "--partitions") a.shape.partitions = static_cast<int>(number());
    else if (word == "--threads") a.shape.threads = static_cast<int>(number());
    else if (a.runner.empty()) a.runner = word;
    else return false;
  }
  return !a.runner.empty();
}

int report(const Verdict& verdict, const std::string& what) {
  std::cout << what << ": " << verdict.trouble << '\n';
  return 1;
}

}  // namespace

int main(int argc, char** argv) {
  Arguments a;
  if (!parse(argc, argv, a)) {
    std::cerr << "usage: embedded_crash_check RUNNER [--kills N] [--seed S] [--points] [--partitions P] [--threads T]\n";
    return 2;
  }
  std::cout << "seed " << a.seed << ", " << a.shape.partitions << " partitions, " << a.shape.threads << " threads\n";
  CrashBench bench{a.runner, a.seed, a.shape};
  if (const Verdict v = bench.reference(); !v.ok()) {
    report(v, "uninterrupted run");
    return 2;
  }
  std::cout << bench.summary() << '\n';
  unsigned kills = 0;
  unsigned histories = 0;
  SplitMix random{a.seed};
  while (kills < a.kills) {
    const std::uint64_t history = random.next();
    const Verdict v = bench.random_history(history, a.kills - kills);
    kills += v.kills;
    ++histories;
    if (!v.ok()) return report(v, "history " + std::to_string(histories) + " after " + std::to_string(v.kills) + " kills");
  }
  std::cout << kills << " kills at random instants in " << histories << " histories: equal in every byte\n";
  if (!a.points) return 0;
  unsigned hit = 0;
  for (const char* point : kPoints) {
    bool reached = false;
    for (const int count : kCounts) {
      const Verdict v = bench.point_history(std::string{point} + ":" + std::to_string(count));
      if (!v.ok()) return report(v, "killed at " + std::string{point} + ":" + std::to_string(count));
      reached = reached || v.kills > 0;
      hit += v.kills;
    }
    if (!reached) return report({"was never reached", 0}, point);
  }
  std::cout << hit << " kills at named points: equal in every byte\n";
  return 0;
}
