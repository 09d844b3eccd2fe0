#pragma once
// The one door through which a worker loop learns the time outside. Never reaches the fold: it decides when to commit and measures.

#include <chrono>

#include "engine/model/time.h"

namespace bartizan {

class Clock {
 public:
  virtual ~Clock() = default;
  /// Wall-clock time, for latencies in metrics only.
  virtual Time now() = 0;
  /// Never goes back; for intervals.
  virtual std::chrono::nanoseconds steady() = 0;
};

}  // namespace bartizan
