#pragma once
// What librdkafka's clients have to say, kept in one bounded channel until somebody reads it.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace bartizan::kafka {

/// One line of a client's log, or one of its errors.
struct ClientEvent {
  enum class Level : std::uint8_t { debug, info, warning, error };
  Level level = Level::info;
  std::string client;  // "bartizan-ingest#consumer-1"
  std::string text;
  std::string code;    // errors: librdkafka's name, "_AUTHENTICATION"; log lines: empty
};

inline constexpr std::size_t kClientEventsMax = 256;

/// The channel is one per process: librdkafka's log callback is handed nothing but the client. Any thread.
void note_client_event(ClientEvent event);
/// Takes what has gathered, oldest first. When more came than fit, the newest were dropped and `dropped` grows by their number.
std::vector<ClientEvent> take_client_events(std::uint64_t* dropped = nullptr);

}  // namespace bartizan::kafka
