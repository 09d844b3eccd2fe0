#pragma once
// A consumer as anybody would write one: librdkafka, a group of its own, read_committed; nothing of the engine's.

#include <map>
#include <string>
#include <vector>

namespace bartizan::test {

struct ReadMessage {
  std::string key, value;
  bool null = false;  // no value: a tombstone
};

/// Everything committed in these topics by now, by topic and in the order of each partition. Throws std::runtime_error when it cannot be read
/// to its end within a minute.
std::map<std::string, std::vector<ReadMessage>> read_committed(const std::string& broker, const std::string& group, const std::vector<std::string>& topics);

}  // namespace bartizan::test
