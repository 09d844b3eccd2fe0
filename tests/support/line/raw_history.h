#pragma once
// Raw sign-in records as an input topic would hold them, drawn from a seed.

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "engine/model/source_position.h"

namespace bartizan::test {

/// Azure Monitor records of a dozen users in two tenants, alone or three to a message, from two source partitions; failures in a row, new
/// hosts, copies with another result; now and then something that is no record.
std::vector<std::pair<SourcePosition, std::string>> raw_history(std::uint64_t seed, std::size_t messages);

}  // namespace bartizan::test
