#pragma once
// The log of `run`: standard error, text or JSON, counted by level.

#include <initializer_list>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>

#include "connectors/cli/config.h"
#include "connectors/metrics/exposition.h"

namespace bartizan::cli {

using LogField = std::pair<std::string_view, std::string>;

/// JSON lines use OpenTelemetry's names: timestamp, severity_text, event, body, attributes. `event` is a stable word for machines. No
/// secret and no record of a user belongs here. Any thread.
class Log {
 public:
  explicit Log(const LogConfig& config);
  using Fields = std::initializer_list<LogField>;
  void debug(std::string_view event, std::string_view message, Fields fields = {}) { write(LogLevel::debug, event, message, fields); }
  void info(std::string_view event, std::string_view message, Fields fields = {}) { write(LogLevel::info, event, message, fields); }
  void warn(std::string_view event, std::string_view message, Fields fields = {}) { write(LogLevel::warn, event, message, fields); }
  void error(std::string_view event, std::string_view message, Fields fields = {}) { write(LogLevel::error, event, message, fields); }
  const LogCounts& counts() const { return counts_; }

 private:
  void write(LogLevel level, std::string_view event, std::string_view message, Fields fields);
  LogLevel least_;
  bool json_;
  std::mutex mutex_;  // guards counts_: Counter has one writer
  LogCounts counts_;
};

}  // namespace bartizan::cli
