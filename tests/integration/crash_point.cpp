#include "engine/pipeline/crash_point.h"

#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <string>
#include <string_view>

namespace bartizan {
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

int number_from_environment(const char* name) {
  const char* text = std::getenv(name);
  return text == nullptr ? 0 : std::atoi(text);
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
  static const int every = number_from_environment("BARTIZAN_ABORT_EVERY");
  static std::atomic<int> calls{0};
  return every > 0 && ++calls % every == 0;
}

bool forced_unknown() {
  static const int every = number_from_environment("BARTIZAN_UNKNOWN_EVERY");
  static std::atomic<int> calls{0};
  return every > 0 && ++calls % every == 0;
}

}  // namespace bartizan
