#pragma once
// A checkpoint as one string, to hand it to another process.

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "tests/support/line/fold.h"

namespace bartizan::test {

std::string write_checkpoint(const CheckpointMarker& marker, const Rows& rows);
std::pair<CheckpointMarker, Rows> read_checkpoint(std::string_view bytes);
std::uint64_t state_hash(const Rows& rows);

}  // namespace bartizan::test
