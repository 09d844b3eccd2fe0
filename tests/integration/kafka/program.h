#pragma once
// The shipped program as a command that ends, or beside the test.

#include <string>

namespace bartizan::test {

struct Ran {
  int code = -1;  // exit code; 128 + signal
  std::string out, err;
};

/// Runs `bartizan ARGUMENTS` in a folder, words as a shell takes them, without a terminal.
Ran bartizan(const std::string& folder, const std::string& arguments);

}  // namespace bartizan::test
