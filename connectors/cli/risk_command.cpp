// risk: a verdict into the commands input.

#include <chrono>

#include <unistd.h>

#include "connectors/cli/author.h"
#include "connectors/cli/commands.h"
#include "connectors/cli/config.h"
#include "connectors/cli/errand.h"
#include "connectors/cli/exit_code.h"
#include "connectors/embedded/state_folder.h"
#include "connectors/kafka/topic_access.h"
#include "connectors/kafka/topics.h"
#include "engine/model/command.h"
#include "engine/settings/diagnostic.h"

namespace bartizan::cli {
namespace {

/// What is wrong with the words of the command, or empty.
std::string complaint(const RiskOptions& options, const std::string& type, const std::string& id, const std::string& tenant) {
  const auto target = command_target_from(type);
  if (!target) {
    const std::string near = settings::nearest(type, {"user", "service_principal", "managed_identity", "agent", "sign_in"});
    return "'" + printable(options.target, 80) + "' is not TYPE/ID with user, service_principal, managed_identity, agent or sign_in" +
           (near.empty() ? "" : "; did you mean '" + near + "/...'?");
  }
  if (id.empty() || id.size() > kIdBytesMax) return "the id in '" + printable(options.target, 80) + "' is empty or longer than 256 bytes";
  if (tenant.empty()) return "--tenant ID is needed (or files.tenant in the configuration)";
  if (options.action == "confirm-safe" && (*target == CommandTarget::service_principal || *target == CommandTarget::managed_identity)) {
    return "Microsoft Graph has no confirm-safe for service principals and managed identities; use dismiss";
  }
  std::uint64_t hi = 0;
  std::uint64_t lo = 0;
  if (!options.id.empty() && !parse_guid(options.id, hi, lo)) return "--id '" + printable(options.id, 60) + "' is not a UUID";
  if (options.note.size() > 1000) return "--note is longer than 1000 bytes";
  return {};
}

/// Into the commands topic or file; says which.
Result<std::string> put_command(const Global& global, const LoadedConfig& loaded, const std::string& line, const std::string& key,
                                const std::string& id) {
  if (loaded.config.kafka) {
    const kafka::KafkaOptions options = errand_options(global, loaded);
    kafka::OutMessage message;
    message.topic = kafka::topic(options, "commands");
    message.keyed = true;
    message.key = key;
    message.value = line;
    message.headers = {{"ce_specversion", "1.0"}, {"ce_type", "io.bartizan.command.v1"}, {"ce_source", "/bartizan"}, {"ce_id", id},
                       {"content-type", "application/json"}};
    const std::string name = message.topic;
    if (const Status sent = kafka::put_messages(options, "risk", {std::move(message)}); !sent.ok()) return sent.error();
    return "topic " + name;
  }
  const std::string& file = loaded.config.files.commands;
  const std::string path = file.empty() ? embedded::commands_path(resolve(loaded, loaded.config.state.dir)) : resolve(loaded, file);
  if (const Status written = embedded::append_command(path, line); !written.ok()) return written.error();
  return path;
}

}  // namespace

int risk(const Global& global, const RiskOptions& options) {
  settings::Diagnostics diagnostics;
  const auto config = load_config(global.config_files, diagnostics);
  if (!diagnostics.all().empty()) write_error(settings::render(diagnostics, wants_colour(global.colour, STDERR_FILENO)));
  if (!config) return kInvalid;

  const std::size_t slash = options.target.find('/');
  const std::string type = options.target.substr(0, slash);
  const std::string id = slash == std::string::npos ? "" : lower_ascii(options.target.substr(slash + 1));
  const std::string tenant = lower_ascii(options.tenant.empty() ? config->config.files.tenant : options.tenant);
  if (const std::string wrong = complaint(options, type, id, tenant); !wrong.empty()) {
    say_error(global, wrong);
    return kUsage;
  }
  std::string action = options.action;
  if (const std::size_t dash = action.find('-'); dash != std::string::npos) action[dash] = '_';
  const std::string command_id = options.id.empty() ? new_uuid() : lower_ascii(options.id);
  const Time now = std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now());
  std::string line = "{\"schema\":\"bartizan.command/v1\",\"id\":" + json_text(command_id) + ",\"action\":" + json_text(action) +
                     ",\"target\":{\"type\":" + json_text(type) + ",\"id\":" + json_text(id) + "},\"tenant_id\":" + json_text(tenant) +
                     ",\"author\":" + json_text(options.author.empty() ? login_name() : options.author) +
                     ",\"at\":" + json_text(format_time(now));
  if (options.revision > 0) line += ",\"decided_on_revision\":" + std::to_string(options.revision);
  if (!options.note.empty()) line += ",\"note\":" + json_text(options.note);
  line += "}";

  const auto where = put_command(global, *config, line, tenant + "/" + type + "/" + id, command_id);
  if (!where) {
    say_error(global, where.error().message);
    return exit_code_of(where.error());
  }
  write_out(line + "\n");
  say(global, "written to " + where.value() + "; the outcome stands in audit (command_accepted or command_rejected)");
  return kDone;
}

}  // namespace bartizan::cli
