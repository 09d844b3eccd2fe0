#include "connectors/kafka/crash_point.h"

#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <string>
#include <string_view>

namespace bartizan::kafka {
namespace {

struct Order {
  std::string name;
  int count = 0;
};

Order order_from_environment() {
  const char* text = std::getenv("BARTIZAN_CRASH_AT");
  if (text == nullptr) return {};
  const std::string_view order{text};
  const auto colon = order.rfind(':');
  return {std::string{order.substr(0, colon)}, std::atoi(text + colon + 1)};
}

}  // namespace

void crash_point(const char* name) {
  static const Order order = order_from_environment();
  static std::atomic<int> passed{0};
  if (order.name != name) return;
  if (++passed != order.count) return;
  ::kill(::getpid(), SIGKILL);
  ::pause();
}

bool forced_abort() {
  static const int every = [] {
    const char* text = std::getenv("BARTIZAN_ABORT_EVERY");
    return text == nullptr ? 0 : std::atoi(text);
  }();
  static std::atomic<int> calls{0};
  return every > 0 && ++calls % every == 0;
}

}  // namespace bartizan::kafka
