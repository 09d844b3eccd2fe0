// init: a working folder to start from.

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "connectors/cli/commands.h"
#include "connectors/cli/config.h"
#include "connectors/cli/exit_code.h"
#include "rules/packs/bundle.h"

namespace bartizan::cli {
namespace {

namespace fs = std::filesystem;

constexpr const char* kConfig = R"(# yaml-language-server: $schema=./bartizan.schema.json
# Bartizan. Every key with its default: `bartizan config show`. Check after a change: `bartizan validate -c bartizan.yaml`.
version: 1
roles: [ingest, detect]

files:
  # Azure Monitor or Microsoft Graph sign-in records: one JSON object a line, plain, gzip or zstd.
  inputs: [signins/*.ndjson, signins/*.ndjson.gz]
  output: out            # alerts.ndjson, risky-users.ndjson, ...
  follow: true           # keep reading as the files grow
  # tenant: 00000000-0000-0000-0000-000000000001   # for records that carry none (Microsoft Graph v1.0)

rules:
  paths: [rules]         # your copy of the built-in pack: change parameters here

state:
  dir: state             # journal, positions, checkpoints; one process at a time

http:
  listen: 127.0.0.1:8080 # /metrics, /-/healthy, /-/ready

commit: {interval: 100ms}
checkpoint: {interval: 60s}
)";

struct NewFile {
  fs::path path;
  std::string text;
};

std::vector<NewFile> new_files() {
  std::vector<NewFile> out = {
      {"bartizan.yaml", kConfig},
      {"bartizan.schema.json", settings::json_schema(config_section().schema(), "urn:bartizan:schema:config.v1", "bartizan.yaml")}};
  for (const auto& file : builtin_pack()) out.push_back({fs::path("rules") / file.path, file.bytes});
  return out;
}

}  // namespace

int init(const Global& global, const InitOptions& options) {
  const fs::path root = options.directory;
  const auto files = new_files();
  if (!options.force) {
    for (const auto& file : files) {
      if (fs::exists(root / file.path)) {
        say_error(global, "'" + (root / file.path).string() + "' exists; nothing was written (--force replaces it)");
        return kInvalid;
      }
    }
  }
  std::error_code error;
  fs::create_directories(root / "signins", error);
  for (const auto& file : files) {
    fs::create_directories((root / file.path).parent_path(), error);
    std::ofstream out(root / file.path, std::ios::binary | std::ios::trunc);
    out << file.text;
    out.close();
    if (!out) {
      say_error(global, "cannot write '" + (root / file.path).string() + "': " + std::strerror(errno));
      return kUnavailable;
    }
  }
  const std::string in = options.directory == "." ? "" : "cd " + options.directory + " && ";
  say(global, "Wrote bartizan.yaml, its schema, " + std::to_string(builtin_pack().size()) + " rules and the folder signins.\n\nNext:\n  " +
                  in + "bartizan validate -c bartizan.yaml\n  cp your-sign-ins.ndjson signins/\n  bartizan run -c bartizan.yaml");
  return kDone;
}

}  // namespace bartizan::cli
