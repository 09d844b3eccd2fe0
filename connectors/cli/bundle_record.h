#pragma once
// The bundle.v1 record: what is in force, for people.

#include <string>

#include "rules/packs/bundle.h"

namespace bartizan::cli {

/// One line (docs/formats). Activated now, by the start of a process.
std::string bundle_record(const Bundle& bundle);

}  // namespace bartizan::cli
