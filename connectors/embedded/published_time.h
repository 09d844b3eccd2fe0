#pragma once
// When a raw message was published, read off without decoding it: what orders several files in one stream.

#include <optional>
#include <string_view>

#include "engine/model/time.h"

namespace bartizan::embedded {

/// The first member called `time`, else `createdDateTime`, else `CreationTime`, else `TimeGenerated`, with a readable text as value,
/// within the first 64 KiB; no value when there is none. Of an array: its first record's, in most cases. Only the order between files
/// hangs on it, never what a record says.
std::optional<Time> published_time(std::string_view message);

/// The same for a command: its `at`.
std::optional<Time> command_time(std::string_view message);

}  // namespace bartizan::embedded
