#pragma once
// Where a raw record stood.

#include <cstdint>
#include <string_view>

#include "engine/model/hash.h"
#include "engine/model/time.h"

namespace bartizan {

/// One source partition: a partition of an input topic in one generation, or one input file.
struct Source {
  std::string_view input;        // configured name of the input; files: the path as matched
  std::string_view topic;        // empty for files
  std::string_view file;         // file name without folders; empty for topics
  std::uint32_t generation = 0;
  std::int32_t partition = 0;    // 0 for files

  bool is_file() const { return !file.empty(); }
  /// Identity of the partition in position de-duplication: input, generation, topic, partition.
  Key128 key() const;
  friend bool operator==(const Source&, const Source&) = default;
};

/// Place of one record inside its source partition. (offset, index) rises strictly within a partition.
struct SourcePosition {
  Source source;
  std::int64_t offset = 0;   // Kafka offset, or 1-based line of a file
  std::int32_t index = -1;   // place in the message's `records` or `value` array; -1: the message is the record
  Time timestamp{};          // the broker's time of the message; 0 for files
};

}  // namespace bartizan
