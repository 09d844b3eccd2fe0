// validate, config show, config schema, version.

#include <unistd.h>

#include "connectors/cli/commands.h"
#include "connectors/cli/config.h"
#include "connectors/cli/environment.h"
#include "connectors/cli/exit_code.h"
#include "connectors/cli/rule_files.h"

namespace bartizan::cli {

void say_error(const Global& global, const std::string& message) {
  const bool colour = wants_colour(global.colour, STDERR_FILENO);
  write_error((colour ? "\x1b[1;31merror\x1b[0m: " : "error: ") + message + "\n");
}

void say(const Global& global, const std::string& message) {
  if (!global.quiet) write_error(message + "\n");
}

int validate(const Global& global, const ValidateOptions& options) {
  const auto loaded = load_all(global.config_files, options.rules, wants_colour(global.colour, STDERR_FILENO));
  if (!loaded) return kInvalid;
  if (options.environment) return show_environment(global, *loaded);
  std::size_t off = 0;
  for (const auto& rule : loaded->bundle.rules()) off += rule.off ? 1 : 0;
  Rows rows({"result", "files", "keys", "rules", "rules_off", "bundle"});
  for (std::size_t column = 1; column <= 4; ++column) rows.raw_column(column);
  rows.add({"valid", std::to_string(loaded->config.files.size()), std::to_string(loaded->config.document.keys()),
            std::to_string(loaded->bundle.rule_set()->rules.size()), std::to_string(off), loaded->bundle.hash()});
  rows.print(global.format, wants_colour(global.colour, STDOUT_FILENO));
  return kDone;
}

int config_show(const Global& global, const ConfigShowOptions& options) {
  settings::Diagnostics diagnostics;
  const auto config = load_config(global.config_files, diagnostics);
  if (!diagnostics.all().empty()) write_error(settings::render(diagnostics, wants_colour(global.colour, STDERR_FILENO)));
  if (!config) return kInvalid;
  std::vector<std::string> header = {"key", "value"};
  if (options.origin) header.emplace_back("origin");
  Rows rows(header);
  for (const auto& shown : settings::show_values(config_section().schema(), config->document)) {
    std::string origin = "default";
    if (!shown.is_default && shown.at.source) {
      origin = shown.at.source->name() + ":" + std::to_string(shown.at.line) + ":" + std::to_string(shown.at.column);
    }
    rows.add({shown.path, shown.value, origin});
  }
  rows.print(global.format, wants_colour(global.colour, STDOUT_FILENO));
  return kDone;
}

int config_schema(const Global&) {
  const std::string text = settings::json_schema(config_section().schema(), "urn:bartizan:schema:config.v1", "bartizan.yaml");
  return write_out(text) ? kDone : kUnavailable;
}

int version(const Global& global) {
#if defined(__clang__)
  const std::string compiler = "clang " + std::to_string(__clang_major__) + "." + std::to_string(__clang_minor__);
#else
  const std::string compiler = "g++ " + std::to_string(__GNUC__) + "." + std::to_string(__GNUC_MINOR__);
#endif
  if (global.format == OutputFormat::json || global.format == OutputFormat::ndjson) {
    write_out("{\"name\":\"bartizan\",\"version\":" + json_text(BARTIZAN_VERSION) + ",\"compiler\":" + json_text(compiler) +
              ",\"journal_version\":1,\"architecture\":\"x86-64\"}\n");
  } else {
    write_out(std::string("bartizan ") + BARTIZAN_VERSION + " (" + compiler + ")\n");
  }
  return kDone;
}

}  // namespace bartizan::cli
