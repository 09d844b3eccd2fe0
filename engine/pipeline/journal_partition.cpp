#include "engine/pipeline/journal_partition.h"

#include "engine/model/hash.h"

namespace bartizan {

std::int32_t journal_partition_of(std::string_view tenant_id, std::int32_t partitions) {
  constexpr std::uint64_t kDomain = 1;
  return static_cast<std::int32_t>(stable_hash64(tenant_id, kDomain) % static_cast<std::uint64_t>(partitions));
}

}  // namespace bartizan
