#pragma once
// Dead letters as the transport keeps them: lines of a file, or messages of a topic.

#include <cstdint>
#include <functional>
#include <map>
#include <string>

#include "connectors/cli/config.h"
#include "engine/model/result.h"

namespace bartizan::cli {

struct StoredLetter {
  std::map<std::string, std::string> fields;  // reason, stage, detail, size, sha256, detected_at, engine_version
  std::map<std::string, std::string> source;  // topic, partition, offset, index, or file, line
  std::string bytes;                          // original ones, the first 256 KiB

  std::string field(const std::string& name) const;
  /// file:line[index] or topic[partition]@offset[index].
  std::string place() const;
  /// Not all of the original is kept.
  bool is_cut() const;
};

/// Calls `visit(number, letter)` for each one, from 1; false stops. Errors: `unreadable`, `invalid` (a line that is no dead letter), those
/// of Kafka.
using VisitLetter = std::function<bool(std::uint64_t, const StoredLetter&)>;
Status letters_in_file(const std::string& path, const VisitLetter& visit);
/// In the order of partitions and offsets.
Status letters_in_topic(const kafka::KafkaOptions& options, const VisitLetter& visit);

}  // namespace bartizan::cli
