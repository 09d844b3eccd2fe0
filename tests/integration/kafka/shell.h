#pragma once
// What a shell command prints.

#include <string>

namespace bartizan::test {

/// Its standard output; empty where it cannot be started.
std::string output_of(const std::string& command);

}  // namespace bartizan::test
