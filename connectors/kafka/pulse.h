#pragma once
// A sign of life from a loop that may wait for a broker, for the watchdog outside the loop.

#include <atomic>
#include <chrono>
#include <cstdint>

namespace bartizan::kafka {

/// The transport beats in every turn of every wait of its own, so that a dead broker does not look like a dead loop, while a call of the
/// client library that never returns does. `interrupt()` ends the waits: what is open then stays uncommitted, which loses nothing.
/// Any thread; interrupt() also in a signal handler.
class Pulse {
 public:
  void beat() { last_ms_.store(now_ms(), std::memory_order_relaxed); }
  std::chrono::milliseconds since_last() const { return std::chrono::milliseconds{now_ms() - last_ms_.load(std::memory_order_relaxed)}; }
  void interrupt() { interrupted_.store(true, std::memory_order_relaxed); }
  bool interrupted() const { return interrupted_.load(std::memory_order_relaxed); }

 private:
  static std::int64_t now_ms() {
    return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now().time_since_epoch()).count();
  }
  std::atomic<std::int64_t> last_ms_{now_ms()};
  std::atomic<bool> interrupted_{false};
};

}  // namespace bartizan::kafka
