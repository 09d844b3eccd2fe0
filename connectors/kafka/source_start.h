#pragma once
// Where a source partition is read from when this process gets it, or why it is not read.

#include <cstdint>
#include <optional>

#include "connectors/kafka/reader.h"
#include "connectors/kafka/source_mark.h"
#include "engine/model/result.h"

namespace bartizan::kafka {

/// What is known of the partition in the input's generation.
struct SourceFacts {
  std::int32_t partition = 0;
  Watermarks ends;
  std::optional<std::int64_t> committed;       // the group's position
  std::optional<SourceMark> mark;              // of the last record read: it travels with the position, or was kept beside it
  Likeness likeness = Likeness::unknown;       // of that record with what is there now
};

struct SourceStart {
  std::int64_t offset = 0;
  bool stopped = false;                        // not to be read
  std::optional<Error> problem;                // `source_recreated` (stopped), `source_trimmed` (goes on where the partition begins)
  std::int64_t lost = 0;                       // offsets that retention took before they were read
};

/// The mark's record can still be there.
bool worth_comparing(const SourceFacts& facts);
/// A partition without a position is read from its beginning: what the journal holds of it already, the fold drops.
SourceStart source_start(const SourceFacts& facts);
/// `source_recreated`, in one wording.
Error source_recreated(std::int32_t partition, const std::string& how);

}  // namespace bartizan::kafka
