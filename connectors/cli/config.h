#pragma once
// bartizan.yaml: every key, its default and its documentation.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "connectors/cli/kafka_config.h"
#include "connectors/embedded/embedded_transport.h"
#include "engine/detect/rule_set.h"
#include "engine/model/time.h"
#include "engine/settings/binding.h"

namespace bartizan::cli {

enum class Role : std::uint8_t { ingest, detect, console };
using embedded::Arrival;
enum class LogFormat : std::uint8_t { automatic, text, json };
enum class LogLevel : std::uint8_t { debug, info, warn, error };

struct FilesConfig {
  std::vector<std::string> inputs;
  std::string output = "out";
  std::string commands;  // empty: commands.ndjson in state.dir
  std::string tenant;
  Arrival arrival = Arrival::clock;
  bool follow = true;
};
struct TopicsConfig {
  std::string prefix = "bartizan.";
  std::int32_t journal_partitions = 8;
  std::int32_t replication_factor = 0;
  bool create = true;
};
struct RulesConfig {
  std::vector<std::string> paths;
};
struct StateConfig {
  std::string dir = "state";
  Duration journal_retention{std::chrono::hours{24 * 7}};
};
struct HttpConfig {
  std::string listen = "127.0.0.1:8080";
};
struct StopConfig {
  Duration grace{std::chrono::seconds{30}};
};
struct CommitConfig {
  Duration interval{100};
};
struct CheckpointConfig {
  Duration interval{std::chrono::seconds{60}};
};
struct LogConfig {
  LogLevel level = LogLevel::info;
  LogFormat format = LogFormat::automatic;
};

struct Config {
  std::int32_t version = 1;
  std::vector<Role> roles = {Role::ingest, Role::detect};
  std::optional<KafkaConfig> kafka;  // absent: the embedded transport
  FilesConfig files;
  TopicsConfig topics;
  RulesConfig rules;
  StateConfig state;
  HttpConfig http;
  CommitConfig commit;
  StopConfig stop;
  CheckpointConfig checkpoint;
  EngineSettings engine;
  LogConfig log;
  bool has(Role role) const;
};

const settings::Section<Config>& config_section();
/// docs/config.md: every key.
std::string config_markdown();

/// A configuration and where each value came from.
struct LoadedConfig {
  Config config;
  settings::Document document;        // all layers merged
  std::vector<std::string> files;     // read, in order
  std::string directory;              // of the last file: relative paths in it start here; empty: the working folder
};

/// Layers, lowest first: defaults, /etc/bartizan/bartizan.yaml, /etc/bartizan/conf.d/*.yaml, --config files in order,
/// BARTIZAN_SECTION__KEY. The two in /etc are read only when no --config is given. No value when anything is wrong: all of it stands in
/// `diagnostics`.
std::optional<LoadedConfig> load_config(const std::vector<std::string>& paths, settings::Diagnostics& diagnostics);

/// `path` as the configuration means it: absolute, or below the folder of the file that names it.
std::string resolve(const LoadedConfig& config, const std::string& path);

}  // namespace bartizan::cli
