#pragma once
// Exit codes, the same for every command (docs/cli.md).

#include "engine/model/result.h"

namespace bartizan::cli {

enum ExitCode : int {
  kDone = 0,
  // done, and there is something to look at: a test failed, an attack was missed, an alert was found with --fail-on-alert
  kFindings = 1,
  kUsage = 2,        // unknown command, flag or word
  kInvalid = 3,      // configuration or rule is invalid, including zero rules or tests selected
  kUnavailable = 4,  // something outside: file, folder, disk, port, broker
  kInternal = 5,
  kInterrupted = 130,
  kTerminated = 143,
};

/// Of an error of a transport: wrong settings or something outside.
int exit_code_of(const Error& error);

}  // namespace bartizan::cli
