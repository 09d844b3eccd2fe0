// Many histories under accidents: exit code 1 when one of them loses, repeats or changes a byte.
//
//   bartizan_crash_check [HISTORIES] [FIRST_SEED]

#include <cstdlib>
#include <iostream>
#include <map>

#include "tests/support/line/crash_run.h"

int main(int argc, char** argv) {
  using namespace bartizan::test;
  const std::uint64_t histories = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 40;
  const std::uint64_t first = argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 1;
  std::map<std::string, unsigned> accidents;
  unsigned lives = 0;
  for (std::uint64_t seed = first; seed < first + histories; ++seed) {
    const auto partitions = 1 + static_cast<std::int32_t>(seed % 3);
    const CrashReport report = seed % 2 == 0 ? crash_detect(seed, partitions) : crash_line(seed, partitions);
    lives += report.lives;
    for (const auto& [name, n] : report.accidents) accidents[name] += n;
    if (!report.trouble.empty()) {
      std::cout << "seed " << seed << ", after " << report.lives << " starts: " << report.trouble << '\n';
      return 1;
    }
  }
  std::cout << histories << " histories, " << lives << " starts, equal in every byte; accidents:\n";
  for (const auto& [name, n] : accidents) std::cout << "  " << name << ' ' << n << '\n';
  return 0;
}
