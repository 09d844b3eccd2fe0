#pragma once
// A DemoLine without files: INGEST, journal codec and DETECT in memory, with the built-in pack.

#include <memory>

#include "connectors/demo/line.h"

namespace bartizan::demo {

/// Append times are the records' own published times, as in `replay`.
std::unique_ptr<DemoLine> make_memory_line();

}  // namespace bartizan::demo
