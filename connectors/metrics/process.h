#pragma once
// The process as the system sees it.

#include <cstdint>

namespace bartizan::metrics {

struct ProcessNumbers {
  double cpu_seconds = 0;
  std::uint64_t resident_bytes = 0;
  std::uint64_t virtual_bytes = 0;
  std::uint64_t open_files = 0;
  std::uint64_t open_files_max = 0;
};
ProcessNumbers process_numbers();

}  // namespace bartizan::metrics
