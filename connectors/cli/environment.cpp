#include "connectors/cli/environment.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <system_error>

#include <glob.h>
#include <unistd.h>

#include "connectors/cli/errand.h"
#include "connectors/cli/exit_code.h"
#include "connectors/kafka/topics.h"

namespace bartizan::cli {
namespace {

namespace fs = std::filesystem;
using Checks = std::vector<kafka::EnvironmentCheck>;

/// The folder, or the nearest one above it that exists and would hold it.
kafka::EnvironmentCheck folder_check(const std::string& subject, const std::string& path) {
  std::error_code ignored;
  fs::path at = fs::absolute(path.empty() ? "." : path);
  const bool exists = fs::exists(at, ignored);
  while (!fs::exists(at, ignored) && at.has_relative_path()) at = at.parent_path();
  kafka::EnvironmentCheck out{subject, true, exists ? path : path + " will be made in " + at.string(), ""};
  if (!fs::is_directory(at, ignored)) out = {subject, false, at.string() + " is not a folder", "name another folder"};
  else if (::access(at.c_str(), W_OK | X_OK) != 0) {
    out = {subject, false, at.string() + ": " + std::strerror(errno), "give this user the right to write there"};
  }
  return out;
}

kafka::EnvironmentCheck input_check(const std::string& pattern) {
  const std::string subject = "input " + pattern;
  if (pattern == "-") return {subject, true, "standard input", ""};
  glob_t found{};
  const int result = ::glob(pattern.c_str(), 0, nullptr, &found);
  std::vector<std::string> paths(found.gl_pathv, found.gl_pathv + found.gl_pathc);
  ::globfree(&found);
  if (result == GLOB_NOMATCH) {
    const bool is_glob = pattern.find_first_of("*?[") != std::string::npos;
    if (is_glob) return {subject, true, "matches nothing yet", ""};
    return {subject, false, "there is no such file", "correct files.inputs"};
  }
  for (const auto& path : paths) {
    if (::access(path.c_str(), R_OK) != 0) {
      return {subject, false, path + ": " + std::strerror(errno), "give this user the right to read it"};
    }
  }
  return {subject, true, std::to_string(paths.size()) + " files", ""};
}

Checks embedded_checks(const LoadedConfig& loaded) {
  Checks out;
  const Config& config = loaded.config;
  for (const auto& input : config.files.inputs) out.push_back(input_check(resolve(loaded, input)));
  if (config.files.inputs.empty()) out.push_back({"inputs", false, "files.inputs names none", "set it"});
  if (config.files.output != "-") out.push_back(folder_check("output", resolve(loaded, config.files.output)));
  return out;
}

}  // namespace

int show_environment(const Global& global, const Loaded& loaded) {
  const LoadedConfig& config = loaded.config;
  Checks checks = {{"configuration", true,
                    std::to_string(loaded.bundle.rule_set()->rules.size()) + " rules, bundle " + loaded.bundle.hash(), ""},
                   folder_check("state.dir", resolve(config, config.config.state.dir))};
  const std::size_t own = checks.size();
  Checks more = config.config.kafka ? kafka::check_environment(errand_options(global, config)) : embedded_checks(config);
  checks.insert(checks.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
  Rows rows({"check", "ok", "found", "advice"});
  rows.raw_column(1);
  bool outside = false;
  bool topics = false;
  for (std::size_t i = 0; i < checks.size(); ++i) {
    const auto& check = checks[i];
    rows.add({check.subject, check.ok ? "true" : "false", check.detail, check.advice});
    if (check.ok) continue;
    const bool of_topic = config.config.kafka && i >= own && check.subject.starts_with("topic");
    (of_topic ? topics : outside) = true;
  }
  rows.print(global.format, wants_colour(global.colour, STDOUT_FILENO));
  return outside ? kUnavailable : topics ? kInvalid : kDone;
}

}  // namespace bartizan::cli
