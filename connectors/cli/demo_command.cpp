// demo: the made-up tenant through a line of its own.

#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <filesystem>

#include <unistd.h>

#include "connectors/cli/commands.h"
#include "connectors/cli/demo_lines.h"
#include "connectors/cli/exit_code.h"
#include "connectors/cli/rule_files.h"
#include "connectors/demo/story.h"

namespace bartizan::cli {
namespace {

namespace fs = std::filesystem;

std::atomic<bool> interrupted{false};

/// Removes a temporary folder when the demo ends.
class RemoveAtEnd {
 public:
  explicit RemoveAtEnd(std::string folder) : folder_(std::move(folder)) {}
  ~RemoveAtEnd() {
    std::error_code ignored;
    if (!folder_.empty()) fs::remove_all(folder_, ignored);
  }
  RemoveAtEnd(const RemoveAtEnd&) = delete;
  RemoveAtEnd& operator=(const RemoveAtEnd&) = delete;

 private:
  std::string folder_;
};

/// The folder that was asked for, empty or new; otherwise a new temporary one. Empty: the problem has been printed.
std::string demo_folder(const Global& global, const std::string& wanted) {
  if (!wanted.empty()) {
    std::error_code error;
    if (fs::exists(wanted, error) && !fs::is_empty(wanted, error)) {
      say_error(global, "'" + wanted + "' is not empty");
      return {};
    }
    return wanted;
  }
  std::string name = (fs::temp_directory_path() / "bartizan-demo-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr) {
    say_error(global, "cannot make a temporary folder: " + std::string(std::strerror(errno)));
    return {};
  }
  return name;
}

}  // namespace

int demo(const Global& global, const DemoCommandOptions& options) {
  if (!options.broker.empty() && !options.output.empty()) {
    say_error(global, "--output names a folder for files; with --broker the outputs are topics");
    return kUsage;
  }
  settings::Diagnostics diagnostics;
  const auto bundle = load_bundle({}, EngineSettings{}, diagnostics);
  if (!bundle) {
    write_error(settings::render(diagnostics, false));
    return kInternal;
  }
  const std::string folder = demo_folder(global, options.output);
  if (folder.empty()) return kUnavailable;
  const bool kept = !options.output.empty();
  const RemoveAtEnd remove(kept ? "" : folder);
  auto line = options.broker.empty() ? embedded_demo_line(folder, *bundle) : kafka_demo_line(options.broker, folder, *bundle);
  if (!line) {
    say_error(global, line.error().message);
    return exit_code_of(line.error());
  }
  std::signal(SIGINT, [](int) { interrupted = true; });
  std::signal(SIGTERM, [](int) { interrupted = true; });

  demo::DemoOptions story;
  story.seed = options.seed;
  story.scenario = options.scenario;
  story.headless = options.headless;
  story.speed = options.speed;
  story.quiet = global.quiet;
  story.colour = !options.headless && wants_colour(global.colour, STDOUT_FILENO);
  story.progress_bar = !options.headless && is_terminal(STDERR_FILENO);
  story.width = is_terminal(STDOUT_FILENO) ? static_cast<std::uint32_t>(terminal_width(STDOUT_FILENO)) : 0;
  // Headless output must not change, so it leaves the folder's name to standard error.
  const std::string outputs = options.broker.empty() ? (fs::path(folder) / "out").string() : "topics " + kafka_demo_prefix(*line.value()) + "*";
  const bool worth_saying = kept || !options.broker.empty();
  story.output = options.headless || !worth_saying ? "" : outputs;
  story.out = [](std::string_view text) { write_out(text); };
  story.err = [](std::string_view text) { write_error(text); };
  story.interrupted = [] { return interrupted.load(); };
  const int code = demo::run_demo(story, *line.value());
  if (options.headless && worth_saying) say(global, "outputs: " + outputs);
  return code;
}

}  // namespace bartizan::cli
