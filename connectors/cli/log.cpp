#include "connectors/cli/log.h"

#include <array>

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include "connectors/cli/terminal.h"

namespace bartizan::cli {
namespace {

constexpr std::array<spdlog::level::level_enum, 4> kLevels = {spdlog::level::debug, spdlog::level::info, spdlog::level::warn,
                                                              spdlog::level::err};
constexpr const char* kName = "bartizan";

}  // namespace

Log::Log(const LogConfig& config)
    : least_(config.level),
      json_(config.format == LogFormat::json || (config.format == LogFormat::automatic && !is_terminal(STDERR_FILENO))) {
  spdlog::drop(kName);
  const auto logger = spdlog::stderr_logger_mt(kName);
  logger->set_level(kLevels[static_cast<std::size_t>(config.level)]);
  const char* const pattern = json_ ? "{\"timestamp\":\"%Y-%m-%dT%H:%M:%S.%eZ\",\"severity_text\":\"%l\",%v}"
                                    : "%Y-%m-%dT%H:%M:%S.%eZ %l %v";
  logger->set_pattern(pattern, spdlog::pattern_time_type::utc);
}

void Log::write(LogLevel level, std::string_view event, std::string_view message, std::initializer_list<LogField> fields) {
  if (level < least_) return;
  std::string text;
  if (json_) {
    text = "\"event\":" + json_text(event) + ",\"body\":" + json_text(message);
    std::string attributes;
    for (const auto& [name, value] : fields) attributes += (attributes.empty() ? "" : ",") + json_text(name) + ":" + json_text(value);
    if (!attributes.empty()) text += ",\"attributes\":{" + attributes + "}";
  } else {
    text = printable(message);
    for (const auto& [name, value] : fields) text += " " + std::string(name) + "=" + printable(value);
  }
  const auto logger = spdlog::get(kName);
  const std::lock_guard lock(mutex_);
  logger->log(kLevels[static_cast<std::size_t>(level)], "{}", text);
  counts_.by_level[static_cast<std::size_t>(level)].add();
}

}  // namespace bartizan::cli
