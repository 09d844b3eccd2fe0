#include "connectors/cli/config.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
#include <sstream>

#include <unistd.h>

#include "connectors/http/server.h"
#include "rules/packs/bundle.h"

namespace bartizan::cli {
namespace {

namespace fs = std::filesystem;
using settings::Diagnostics;
using settings::Section;
using namespace std::chrono_literals;

constexpr double kSecond = 1000;
constexpr double kHour = 3600 * kSecond;

std::string listen_complaint(std::string_view text) {
  const auto options = parse_listen(text);
  if (!options) return "is not HOST:PORT with an address as host, for example 127.0.0.1:8080";
  if (!is_loopback(options.value().host)) {
    return "is not a loopback address: without TLS and authentication the server listens on 127.0.0.1 or ::1 only";
  }
  return {};
}

Section<FilesConfig> files_section() {
  Section<FilesConfig> s("Embedded transport: files in, files out.");
  s.key("inputs", &FilesConfig::inputs, "Files or globs to read: plain, gzip or zstd; `-` is standard input.")
      .example("[/var/log/entra/*.ndjson]");
  s.key("output", &FilesConfig::output, "Folder for one NDJSON file per output topic.");
  s.key("commands", &FilesConfig::commands, "File of analyst commands, one command.v1 a line; default: commands.ndjson in state.dir.");
  s.key("tenant", &FilesConfig::tenant, "Tenant id for records that carry none (Microsoft Graph v1.0).");
  s.word("arrival", &FilesConfig::arrival, {{"clock", Arrival::clock}, {"record", Arrival::record}},
         "Append time of a record: the clock when it is read, or its own published time (archives: the same outputs every time).");
  s.key("follow", &FilesConfig::follow, "Keep reading as files grow; otherwise stop at their end.");
  return s;
}

void check_roles(const settings::Node& node, const std::string& pointer, Diagnostics& diagnostics) {
  const settings::Node* roles = node.find("roles");
  const settings::Node* kafka = node.find("kafka");
  const bool on_kafka = kafka != nullptr && kafka->kind == settings::Node::Kind::map;
  bool ingest = roles == nullptr;
  if (roles != nullptr) {
    for (const auto& item : roles->items) {
      ingest = ingest || item.text == "ingest";
      if (item.text == "console") {
        diagnostics.add(settings::code::kBadValue, "role 'console' is not part of this version", item.at, pointer + "/roles");
      }
    }
    if (roles->items.size() < 2 && !on_kafka) {
      diagnostics.add(settings::code::kBadValue, "without Kafka one process does both, ingest and detect", roles->at, pointer + "/roles");
    }
  }
  if (!on_kafka) return;
  const settings::Node* inputs = kafka->find("inputs");
  if (ingest && (inputs == nullptr || inputs->items.empty())) {
    diagnostics.add(settings::code::kMissingKey, "role 'ingest' needs kafka.inputs: topics with raw records",
                    inputs != nullptr ? inputs->at : kafka->at, pointer + "/kafka/inputs");
  }
  const settings::Node* files = node.find("files");
  const settings::Member* both = files != nullptr ? files->member("inputs") : nullptr;
  if (both != nullptr) {
    diagnostics.add(settings::code::kBadValue, "'files.inputs' is not read where 'kafka' is set: choose one", both->key_at,
                    pointer + "/files/inputs");
  }
}

Section<Config> make_section() {
  Section<Config> s("Bartizan's configuration.");
  s.key("version", &Config::version, "Version of this file's form.").range(1, 1);
  s.words("roles", &Config::roles, {{"ingest", Role::ingest}, {"detect", Role::detect}, {"console", Role::console}},
          "What this process does.");
  s.section("kafka", &Config::kafka, kafka_section());
  s.section("files", &Config::files, files_section());

  Section<TopicsConfig> topics("Topics.");
  topics.key("prefix", &TopicsConfig::prefix, "Prefix of every topic's name.").check(topic_name_complaint);
  topics.key("journal_partitions", &TopicsConfig::journal_partitions,
             "Partitions of the journal; a tenant is in one. Fixed once the journal exists.").range(1, 1024);
  topics.key("create", &TopicsConfig::create, "Kafka: create topics that are missing; otherwise they are only checked.");
  topics.key("replication_factor", &TopicsConfig::replication_factor, "Kafka: of topics that are created; 0: the broker's default.")
      .range(0, 32);
  s.section("topics", &Config::topics, topics);

  Section<RulesConfig> rules("Rules.");
  rules.key("paths", &RulesConfig::paths, "Folders of rule packs; none: the built-in pack.");
  s.section("rules", &Config::rules, rules);

  Section<StateConfig> state("State on disk.");
  state.key("dir", &StateConfig::dir,
            "Folder for journal, positions and checkpoints; on Kafka for the process's identity only. One process at a time.");
  state.key("journal_retention", &StateConfig::journal_retention,
            "What is older goes: journal segments behind every checkpoint; on Kafka retention.ms of the journal topic.")
      .range(kHour, 365 * 24 * kHour);
  s.section("state", &Config::state, state);

  Section<HttpConfig> http("Metrics and health.");
  http.key("listen", &HttpConfig::listen, "Address and port; a loopback address.").check(listen_complaint);
  s.section("http", &Config::http, http);

  Section<CommitConfig> commit("Commits of outputs and positions.");
  commit.key("interval", &CommitConfig::interval, "Time between commits.").range(1, 60 * kSecond);
  s.section("commit", &Config::commit, commit);

  Section<StopConfig> stop("SIGTERM and Ctrl-C.");
  stop.key("grace", &StopConfig::grace, "Time to commit and leave; after it the process ends as it is, which loses nothing.")
      .range(100, 10 * 60 * kSecond);
  s.section("stop", &Config::stop, stop);

  Section<CheckpointConfig> checkpoint("Checkpoints of state.");
  checkpoint.key("interval", &CheckpointConfig::interval, "Time between checkpoints.").range(kSecond, 24 * kHour);
  s.section("checkpoint", &Config::checkpoint, checkpoint);

  s.section("engine", &Config::engine, engine_section());

  Section<LogConfig> log("Logs, on standard error.");
  log.word("level", &LogConfig::level,
           {{"debug", LogLevel::debug}, {"info", LogLevel::info}, {"warn", LogLevel::warn}, {"error", LogLevel::error}},
           "Least level that is written.");
  log.word("format", &LogConfig::format, {{"auto", LogFormat::automatic}, {"text", LogFormat::text}, {"json", LogFormat::json}},
           "auto: text on a terminal, otherwise JSON.");
  s.section("log", &Config::log, log);
  s.check(check_roles);
  return s;
}

bool read_file(const std::string& path, std::string& out, std::string& why) {
  std::error_code error;
  if (fs::is_directory(path, error)) {
    why = "is a folder";
    return false;
  }
  std::ifstream in(path, std::ios::binary);
  if (!in) {
    why = std::strerror(errno);
    return false;
  }
  std::ostringstream text;
  text << in.rdbuf();
  out = std::move(text).str();
  return true;
}

std::vector<std::string> default_files() {
  std::vector<std::string> out;
  std::error_code error;
  if (fs::is_regular_file("/etc/bartizan/bartizan.yaml", error)) out.emplace_back("/etc/bartizan/bartizan.yaml");
  std::vector<std::string> more;
  for (fs::directory_iterator it("/etc/bartizan/conf.d", error), end; !error && it != end; it.increment(error)) {
    if (it->path().extension() == ".yaml") more.push_back(it->path().string());
  }
  std::sort(more.begin(), more.end());
  out.insert(out.end(), more.begin(), more.end());
  return out;
}

std::vector<std::pair<std::string, std::string>> environment() {
  std::vector<std::pair<std::string, std::string>> out;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text = *entry;
    const std::size_t equals = text.find('=');
    if (text.rfind("BARTIZAN_", 0) != 0 || equals == std::string_view::npos) continue;
    out.emplace_back(text.substr(0, equals), text.substr(equals + 1));
  }
  return out;
}

}  // namespace

bool Config::has(Role role) const { return std::find(roles.begin(), roles.end(), role) != roles.end(); }

const Section<Config>& config_section() {
  static const Section<Config> section = make_section();
  return section;
}

std::string config_markdown() {
  std::string out =
      "# Configuration\n\nGenerated from the code. `bartizan init` writes a commented file, `bartizan validate` checks one, "
      "`bartizan config show --origin` tells where each\n"
      "value comes from, `bartizan config schema` prints a JSON schema for editors.\n\n"
      "Layers, lowest first: defaults; `/etc/bartizan/bartizan.yaml` and `/etc/bartizan/conf.d/*.yaml` (only without `--config`); "
      "`--config` files in order; the\n"
      "environment (`BARTIZAN_HTTP__LISTEN=127.0.0.1:9090` sets `http.listen`). Sections merge key by key, lists are replaced. "
      "Relative paths start at the folder of\n"
      "the last file. Unknown keys, wrong types, duplicate keys and values out of range are errors (exit code 3), all reported at once.\n\n"
      "| key | type | default | meaning |\n| --- | --- | --- | --- |\n";
  const std::function<void(const settings::Schema&, const std::string&)> add =
      [&](const settings::Schema& schema, const std::string& path) {
    for (const auto& key : schema.keys) {
      const std::string full = path.empty() ? key.name : path + "." + key.name;
      if (key.schema.type == settings::Schema::Type::section) {
        add(key.schema, full);
        continue;
      }
      std::string type = key.schema.type_word();
      std::replace(type.begin(), type.end(), '|', '/');
      out += "| `" + full + "` | " + type + " | " + (key.schema.default_text.empty() ? "" : "`" + key.schema.default_text + "`") + " | " +
          key.schema.doc + " |\n";
    }
  };
  add(config_section().schema(), "");
  return out;
}

std::optional<LoadedConfig> load_config(const std::vector<std::string>& paths, Diagnostics& diagnostics) {
  LoadedConfig out;
  out.files = paths.empty() ? default_files() : paths;
  for (const auto& path : out.files) {
    std::string text;
    std::string why;
    if (!read_file(path, text, why)) {
      diagnostics.add(settings::code::kUnreadable, "cannot read '" + path + "': " + why, {});
      continue;
    }
    settings::merge(out.document, settings::read_document(path, std::move(text), diagnostics));
    out.directory = fs::path(path).parent_path().string();
  }
  settings::merge(out.document, settings::read_environment(environment(), config_section().schema().key_names(), diagnostics));
  if (!diagnostics.ok()) {  // say the rest too: all errors at once
    settings::validate(out.document.root, config_section().schema(), "", "", diagnostics);
    return std::nullopt;
  }
  auto config = settings::bind(config_section(), out.document, diagnostics);
  if (!config) return std::nullopt;
  out.config = std::move(*config);
  return out;
}

std::string resolve(const LoadedConfig& config, const std::string& path) {
  if (path.empty() || path == "-" || path.front() == '/' || config.directory.empty()) return path;
  return (fs::path(config.directory) / path).lexically_normal().string();
}

}  // namespace bartizan::cli
