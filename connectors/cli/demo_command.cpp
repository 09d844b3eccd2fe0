// demo: the made-up tenant through a line of its own.

#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <optional>

#include <unistd.h>

#include "connectors/cli/commands.h"
#include "connectors/cli/demo_lines.h"
#include "connectors/cli/errand.h"
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

/// How the cluster is reached: at --broker, the rest as the configuration says, if one is given. No value: the problem has been printed.
std::optional<kafka::KafkaOptions> cluster_options(const Global& global, const std::string& broker) {
  kafka::KafkaOptions out;
  if (!global.config_files.empty()) {
    settings::Diagnostics diagnostics;
    const auto config = load_config(global.config_files, diagnostics);
    if (!diagnostics.all().empty()) write_error(settings::render(diagnostics, wants_colour(global.colour, STDERR_FILENO)));
    if (!config) return std::nullopt;
    if (!config->config.kafka) {
      say_error(global, "the configuration has no section kafka: it says how brokers are reached");
      return std::nullopt;
    }
    out = kafka_options(*config);
  }
  out.brokers = {broker};
  mind_the_wait(global, out);
  return out;
}

/// Deletes the topics, or says which stay. The exit code.
int tidy_up(const Global& global, const DemoCommandOptions& options, demo::DemoLine& line, int code) {
  if (options.broker.empty() || options.keep) return code;
  const Status removed = remove_kafka_demo(line);
  if (removed.ok()) return code;
  say_error(global, "topics " + kafka_demo_prefix(line) + "* are still there: " + removed.error().message);
  return code == kDone ? kUnavailable : code;
}

}  // namespace

int demo(const Global& global, const DemoCommandOptions& options) {
  if (!options.broker.empty() && !options.output.empty()) {
    say_error(global, "--output names a folder for files; with --broker the outputs are topics");
    return kUsage;
  }
  if (options.broker.empty() && options.keep) {
    say_error(global, "--keep is about topics and needs --broker; --output DIR keeps files");
    return kUsage;
  }
  settings::Diagnostics diagnostics;
  const auto bundle = load_bundle({}, EngineSettings{}, diagnostics);
  if (!bundle) {
    write_error(settings::render(diagnostics, false));
    return kInternal;
  }
  const auto cluster = options.broker.empty() ? std::make_optional<kafka::KafkaOptions>() : cluster_options(global, options.broker);
  if (!cluster) return kInvalid;
  const std::string folder = demo_folder(global, options.output);
  if (folder.empty()) return kUnavailable;
  const bool kept = !options.output.empty();
  const RemoveAtEnd remove(kept ? "" : folder);
  auto line = options.broker.empty() ? embedded_demo_line(folder, *bundle) : kafka_demo_line(*cluster, folder, *bundle);
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
  const std::string outputs =
      options.broker.empty() ? (fs::path(folder) / "out").string() : "topics " + kafka_demo_prefix(*line.value()) + "*";
  const bool worth_saying = kept || options.keep;
  story.output = options.headless || !worth_saying ? "" : outputs;
  story.out = [](std::string_view text) { write_out(text); };
  story.err = [](std::string_view text) { write_error(text); };
  story.interrupted = [] { return interrupted.load(); };
  const int code = tidy_up(global, options, *line.value(), demo::run_demo(story, *line.value()));
  if (options.headless && worth_saying) say(global, "outputs: " + outputs);
  return code;
}

}  // namespace bartizan::cli
