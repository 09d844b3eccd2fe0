#pragma once
// The command line: words to commands.

#include <string>
#include <vector>

namespace bartizan::cli {

/// Runs `bartizan ARGS...`; returns the exit code. Never throws.
int run_app(const std::vector<std::string>& arguments);

/// docs/cli.md: the help of every command.
std::string help_markdown();

}  // namespace bartizan::cli
