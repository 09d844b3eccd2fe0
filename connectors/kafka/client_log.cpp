#include "connectors/kafka/client_log.h"

#include <mutex>
#include <utility>

namespace bartizan::kafka {
namespace {

struct Channel {
  std::mutex mutex;
  std::vector<ClientEvent> events;
  std::uint64_t dropped = 0;
};

Channel& channel() {
  // Never destroyed: threads of a client that was let go (let_go in client.h) may still speak when the process ends.
  static Channel* const one = new Channel;
  return *one;
}

}  // namespace

void note_client_event(ClientEvent event) {
  Channel& c = channel();
  const std::lock_guard lock{c.mutex};
  if (c.events.size() < kClientEventsMax) {
    c.events.push_back(std::move(event));
  } else {
    ++c.dropped;
  }
}

std::vector<ClientEvent> take_client_events(std::uint64_t* dropped) {
  Channel& c = channel();
  const std::lock_guard lock{c.mutex};
  if (dropped != nullptr) *dropped += std::exchange(c.dropped, 0);
  return std::exchange(c.events, {});
}

}  // namespace bartizan::kafka
