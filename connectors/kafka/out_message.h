#pragma once
// An output record in the form that goes to Kafka.

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/model/output.h"

namespace bartizan::kafka {

using Header = std::pair<std::string, std::string>;

/// What one produce call needs.
struct OutMessage {
  std::string topic;            // with prefix
  std::int32_t partition = -1;  // -1: by the key's murmur2 hash
  bool keyed = false;
  bool tombstone = false;       // null value
  std::string key;
  std::string value;
  std::vector<Header> headers;
};

/// CloudEvents binary headers around the record's value (docs/formats/README.md, "Topics, keys, headers").
OutMessage to_message(std::string topic, OutputRecord&& record);

/// The Kafka form of a dead letter: the original bytes as the value, what is known about them as headers. `original`: headers of the message
/// that it came in; at most 32 and 4 KiB of them are kept. REQUIRES: the value is a dead-letter.v1 record.
OutMessage to_dead_letter(std::string topic, OutputRecord&& record, const std::vector<Header>& original);

}  // namespace bartizan::kafka
