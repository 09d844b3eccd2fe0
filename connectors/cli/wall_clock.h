#pragma once
// The clock of the worker loops.

#include <chrono>

#include "engine/pipeline/clock.h"

namespace bartizan::cli {

class WallClock final : public Clock {
 public:
  Time now() override { return std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now()); }
  std::chrono::nanoseconds steady() override { return std::chrono::steady_clock::now().time_since_epoch(); }
};

}  // namespace bartizan::cli
