#pragma once
// What must hold of a deployment's topics whatever happened to the engine: compared with a fold of its journal that nobody disturbed.

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "connectors/kafka/options.h"

namespace bartizan::test {

/// By topic (without prefix) and key: the values in the order of the partition ("" for a tombstone), each with its ce_id.
using Published = std::map<std::pair<std::string, std::string>, std::vector<std::string>>;

/// All output topics as an ordinary reader of committed records sees them, at their end now.
Published published(const kafka::KafkaOptions& options);

struct LineCheck {
  std::string trouble;  // empty: all of it holds
  std::size_t outputs = 0, alerts = 0, journal_messages = 0, entries = 0, repeats = 0, dead_letters = 0, state_rows = 0;
};

/// REQUIRES: the engine was stopped in good order.
/// - what was published equals what the fold says, byte for byte and in the order of each key;
/// - every record of the inputs is in the journal or a dead letter, and the journal's first copies of a source partition are in order;
/// - the checkpoints hold exactly the rows of the fold's state at the committed positions;
/// - no transaction is open.
LineCheck check_line(const kafka::KafkaOptions& options);

/// How many sign-ins the journal holds, repeats left out, as "category tenant count" lines, then "unreadable" and the number of dead letters: what
/// the recount program says of the raw topic.
std::string counted(const kafka::KafkaOptions& options);

/// Waits until everything in the inputs has been read and everything in the journal folded and committed. False: not within `seconds`.
bool settle(const kafka::KafkaOptions& options, int seconds);

}  // namespace bartizan::test
