#pragma once
// Which journal partition holds a tenant.

#include <cstdint>
#include <string_view>

namespace bartizan {

/// A stated hash of the tenant's id, so that any tool can compute it (docs/formats/journal.md). REQUIRES: partitions > 0.
std::int32_t journal_partition_of(std::string_view tenant_id, std::int32_t partitions);

}  // namespace bartizan
