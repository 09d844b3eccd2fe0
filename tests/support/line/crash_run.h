#pragma once
// One history under accidents, and whether it ended with the bytes of an uninterrupted run.

#include <cstdint>
#include <map>
#include <string>

namespace bartizan::test {

struct CrashReport {
  std::string trouble;  // empty: equal in every byte
  unsigned lives = 0;   // starts of the process
  std::map<std::string, unsigned> accidents;
};

/// DETECT over a ready journal of `partitions` partitions: crashes, failed and unknown commits, lost ownership, failed checkpoints.
/// Everything follows from the seed.
CrashReport crash_detect(std::uint64_t seed, std::int32_t partitions);

/// The whole line from raw messages, INGEST and DETECT in turn in one process: a crash of INGEST leaves repeats in the journal.
CrashReport crash_line(std::uint64_t seed, std::int32_t partitions);

}  // namespace bartizan::test
