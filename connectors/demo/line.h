#pragma once
// The line that the demo drives: records in, committed outputs out.

#include <string>
#include <string_view>
#include <vector>

#include "engine/model/output.h"
#include "engine/model/result.h"

namespace bartizan::demo {

struct OutputLine {
  Topic topic = Topic::alerts;
  std::string value;  // as in the topic's file
};

/// Whoever runs the demo builds one: the command line over the embedded transport, tests in memory. One thread.
class DemoLine {
 public:
  virtual ~DemoLine() = default;
  /// Takes sign-in records, one a line. They may wait until settle().
  virtual Status put(std::string_view records) = 0;
  /// Takes one command.v1 as the input of verdicts would.
  virtual Status put_command(std::string_view command) = 0;
  /// Folds everything put so far and commits its outputs; appends the new ones, in order within each topic.
  virtual Status settle(std::vector<OutputLine>& out) = 0;
  /// The end: what is open is finished, files are closed. Nothing may follow.
  virtual Status close() = 0;
};

}  // namespace bartizan::demo
