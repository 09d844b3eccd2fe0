#pragma once
// One life story of a runner: killed, started again, in the end compared.

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "tests/connectors/embedded/scratch.h"

namespace bartizan::testing {

struct Shape {
  int partitions = 1;
  int threads = 1;
};

struct Verdict {
  std::string trouble;  // empty: none
  unsigned kills = 0;
  bool ok() const { return trouble.empty(); }
};

/// Bytes of every output file, by name.
using Outputs = std::map<std::string, std::string>;

class CrashBench {
 public:
  CrashBench(std::string runner, std::uint64_t seed, Shape shape);
  /// Runs once without accidents. What it wrote is what every history must end with.
  Verdict reference();
  /// Kills at instants drawn from `seed`, at most `kills_max` times.
  Verdict random_history(std::uint64_t seed, unsigned kills_max);
  /// Kills once at the named point ("name:count"), then once at each point of the recovery, then lets it end.
  Verdict point_history(const std::string& point);
  std::string summary() const;

 private:
  struct Life {
    std::string state, output;
    Outputs seen;  // files only ever grow
  };
  enum class End : std::uint8_t { done, killed, failed };
  Life new_life(const Scratch& dir) const;
  End run(Life& life, const std::string& crash_at, std::int64_t kill_after_us, std::string& trouble) const;
  Verdict finish(Life& life, unsigned kills) const;
  std::string compare(const Life& life) const;
  std::string compare_with_journal(const Life& life) const;
  static std::string grown(Life& life);

  std::string runner_;
  Shape shape_;
  Scratch inputs_;
  Outputs expected_;
  std::int64_t whole_us_ = 0;   // an uninterrupted run
  std::int64_t start_us_ = 0;   // a start with nothing left to do
};

}  // namespace bartizan::testing
