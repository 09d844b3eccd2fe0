#pragma once
// Every command as a function of its options. app.cpp turns words into options.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "connectors/cli/terminal.h"
#include "engine/model/time.h"

namespace bartizan::cli {

/// Flags that every command takes.
struct Global {
  std::vector<std::string> config_files;  // -c
  OutputFormat format = OutputFormat::automatic;
  ColourMode colour = ColourMode::automatic;
  bool quiet = false;
  bool verbose = false;
  Duration timeout{std::chrono::seconds{15}};  // of the commands that ask brokers: how long a first answer is waited for
};

struct RunOptions {
  bool once = false;  // stop when the inputs are read to their end
};
struct ReplayOptions {
  std::vector<std::string> files;
  std::string output;
  std::vector<std::string> rules;
  std::string tenant;
  bool force = false;
  bool journal = false;
  std::string fail_on_alert;  // severity; empty: never
};
struct DemoCommandOptions {
  std::uint64_t seed = 7;
  std::string scenario = "all";
  bool once = false;
  bool headless = false;
  double speed = 0;
  std::string output;
  std::string broker;  // host:port; empty: the embedded transport
  bool keep = false;   // the topics
};
struct InitOptions {
  std::string directory = ".";
  bool force = false;
};
struct ValidateOptions {
  std::vector<std::string> rules;
  bool environment = false;  // look at the brokers, or files and folders, too
};
struct StatusOptions {
  bool brief = false;  // without checkpoints, which are looked for in the state topic
};
struct ConfigShowOptions {
  bool origin = false;
};
struct SchemaOptions {
  std::string name;  // empty: list
  std::string file;  // check: file to check, or - for standard input
};
struct DlqOptions {
  std::string file;    // default: dead-letter.ndjson in files.output
  std::string reason;  // only this one
  std::uint64_t number = 0;  // show: 1-based
  bool raw = false;
  std::vector<std::uint64_t> numbers;  // replay; none: all
  std::string to;                      // replay of files: the input file
  bool yes = false;
};
struct JournalDumpOptions {
  std::string from;  // P:O
  std::uint64_t limit = 0;
};
struct RiskOptions {
  std::string action;  // dismiss, confirm-compromised, confirm-safe
  std::string target;  // TYPE/ID
  std::string tenant;
  std::string author;
  std::string note;
  std::uint64_t revision = 0;
  std::string id;  // command id; empty: a new one
};

int run(const Global& global, const RunOptions& options);
int replay(const Global& global, const ReplayOptions& options);
int demo(const Global& global, const DemoCommandOptions& options);
int init(const Global& global, const InitOptions& options);
int validate(const Global& global, const ValidateOptions& options);
int config_show(const Global& global, const ConfigShowOptions& options);
int config_schema(const Global& global);
int schema(const Global& global, const SchemaOptions& options);
int dlq_list(const Global& global, const DlqOptions& options);
int dlq_show(const Global& global, const DlqOptions& options);
int dlq_replay(const Global& global, const DlqOptions& options);
int status(const Global& global, const StatusOptions& options);
int journal_dump(const Global& global, const JournalDumpOptions& options);
int risk(const Global& global, const RiskOptions& options);
int version(const Global& global);

/// Prints `error: ...` to standard error.
void say_error(const Global& global, const std::string& message);
void say(const Global& global, const std::string& message);  // unless --quiet

}  // namespace bartizan::cli
