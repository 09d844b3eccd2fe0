#pragma once
// `validate --environment`: what a configuration needs from outside, looked at without changing anything.

#include "connectors/cli/commands.h"
#include "connectors/cli/rule_files.h"

namespace bartizan::cli {

/// Prints one row a check. 0: all is well; 4: the brokers, or a file or folder, cannot be used; 3: topics are not as they must be.
int show_environment(const Global& global, const Loaded& loaded);

}  // namespace bartizan::cli
