#pragma once
// Something that a restore must not overlook: a record behind the last stable offset of a state partition.

#include <cstdint>

#include "connectors/kafka/options.h"

namespace bartizan::test {

/// Leaves a transaction open on the state partition (until the broker ends it, after `open_ms`) and writes behind it, outside of any
/// transaction, that the entry (offset, 0) of the journal is quarantined. Who reads only to the stable offset does not see that.
void hide_quarantine(const kafka::KafkaOptions& options, std::int32_t partition, std::int64_t journal_offset, int open_ms);

}  // namespace bartizan::test
