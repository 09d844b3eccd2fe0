#pragma once
// A small, busy history for the crash check: two tenants under attack, verdicts, and lines that nobody can read.

#include <cstdint>
#include <string>

namespace bartizan::testing {

struct CrashInput {
  std::string first;      // Azure Monitor records of one tenant, with broken lines in between
  std::string second;     // of another, the same days
  std::string commands;   // verdicts on users and agents of both
};
CrashInput make_crash_input(std::uint64_t seed);

}  // namespace bartizan::testing
