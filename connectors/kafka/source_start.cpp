#include "connectors/kafka/source_start.h"

#include <string>

namespace bartizan::kafka {

bool worth_comparing(const SourceFacts& facts) {
  return facts.mark && facts.mark->record != 0 && facts.mark->next_offset > facts.ends.low && facts.mark->next_offset <= facts.ends.high;
}

Error source_recreated(std::int32_t partition, const std::string& how) {
  return {"source_recreated",
          "partition " + std::to_string(partition) + " " + how +
              ": the topic was made anew or truncated; raise the input's generation and start again to read it from its start"};
}

SourceStart source_start(const SourceFacts& facts) {
  SourceStart start;
  start.offset = facts.ends.low;
  const std::int64_t read = facts.committed.value_or(facts.mark ? facts.mark->next_offset : 0);
  if (read > facts.ends.high) {
    start.stopped = true;
    start.problem = source_recreated(facts.partition,
                                     "ends at offset " + std::to_string(facts.ends.high) + ", but " + std::to_string(read) + " was read");
  } else if (worth_comparing(facts) && facts.likeness == Likeness::other) {
    start.stopped = true;
    start.problem = source_recreated(facts.partition, "holds another record at offset " + std::to_string(facts.mark->next_offset - 1) +
                                                          " than the one that was read there");
  } else if (facts.committed && *facts.committed < facts.ends.low) {
    start.lost = facts.ends.low - *facts.committed;
    start.problem = Error{"source_trimmed", "offsets " + std::to_string(*facts.committed) + " to " + std::to_string(facts.ends.low - 1) +
                                                " of partition " + std::to_string(facts.partition) +
                                                " were deleted by retention before they were read"};
  } else if (facts.committed) {
    start.offset = *facts.committed;
  }
  return start;
}

}  // namespace bartizan::kafka
