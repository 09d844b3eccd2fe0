// status: where the line stands, asked from outside.

#include <algorithm>
#include <filesystem>
#include <map>
#include <optional>

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include "connectors/cli/commands.h"
#include "connectors/cli/errand.h"
#include "connectors/cli/exit_code.h"
#include "connectors/cli/rule_files.h"
#include "connectors/embedded/checkpoint_db.h"
#include "connectors/embedded/journal_files.h"
#include "connectors/embedded/position_db.h"
#include "connectors/kafka/group.h"
#include "connectors/kafka/journal_source.h"
#include "connectors/kafka/topic_access.h"

namespace bartizan::cli {
namespace {

struct PartitionStatus {
  std::string role, topic;
  std::int32_t partition = 0;
  std::string owner;
  std::optional<std::int64_t> committed;
  std::int64_t end = 0, lag = 0;
  std::optional<CheckpointMarker> checkpoint;
};

struct LineStatus {
  std::string transport, guarantee;
  std::string running;  // who holds the line; empty: nobody, or unknown
  std::vector<PartitionStatus> partitions;
};

// ------------------------------------------------------------------------------------------------ Kafka

using Owners = std::map<std::pair<std::string, std::int32_t>, std::string>;

Result<Owners> owners_of(const kafka::KafkaOptions& options, const std::string& role, std::size_t& members) {
  const auto found = kafka::group_members(options, kafka::group_of(options, role));
  if (!found) return found.error();
  members += found.value().size();
  Owners out;
  for (const auto& member : found.value()) {
    for (const auto& partition : member.partitions) out[partition] = member.client_id + member.host;
  }
  return out;
}

Status add_group(const kafka::KafkaOptions& options, const std::string& role, const Result<std::vector<kafka::GroupPosition>>& positions,
                 std::size_t& members, LineStatus& out) {
  if (!positions) return positions.error();
  const auto owners = owners_of(options, role, members);
  if (!owners) return owners.error();
  for (const auto& p : positions.value()) {
    PartitionStatus row{role, p.topic, p.partition, "", p.committed, p.end, p.lag(), std::nullopt};
    if (const auto owner = owners.value().find({p.topic, p.partition}); owner != owners.value().end()) row.owner = owner->second;
    out.partitions.push_back(std::move(row));
  }
  return Ok{};
}

Result<LineStatus> kafka_status(const Global& global, const LoadedConfig& loaded, bool brief) {
  const kafka::KafkaOptions options = errand_options(global, loaded);
  if (const Status reached = kafka::reach(options); !reached.ok()) return reached.error();
  LineStatus out;
  out.transport = "kafka";
  out.guarantee =
      "exactly once for readers of committed records: outputs and positions in one transaction; inputs at least once, repeats dropped by "
      "source position";
  std::size_t members = 0;
  if (const Status added = add_group(options, "ingest", kafka::ingest_positions(options), members, out); !added.ok()) return added.error();
  if (const Status added = add_group(options, "detect", kafka::detect_positions(options), members, out); !added.ok()) return added.error();
  for (auto& row : out.partitions) {
    if (brief || row.role != "detect") continue;
    const auto marker = kafka::checkpoint_marker(options, row.partition);
    if (!marker) return marker.error();
    row.checkpoint = marker.value();
  }
  if (members > 0) out.running = std::to_string(members) + " group members";
  return out;
}

// ------------------------------------------------------------------------------------------------ embedded

/// The process that holds the state folder. A look that takes the lock for an instant when nobody does.
std::string holder_of(const std::string& state) {
  const int fd = ::open((state + "/lock").c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return {};
  char pid[32] = {};
  const bool held = ::flock(fd, LOCK_SH | LOCK_NB) != 0;
  const ssize_t n = ::pread(fd, pid, sizeof pid - 1, 0);
  ::close(fd);
  if (!held) return {};
  std::string text(pid, n > 0 ? static_cast<std::size_t>(n) : 0);
  text.erase(std::find_if_not(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; }), text.end());
  return "process " + (text.empty() ? "?" : text);
}

Result<LineStatus> embedded_status(const LoadedConfig& loaded, bool brief) {
  const std::string state = resolve(loaded, loaded.config.state.dir);
  LineStatus out;
  out.transport = "embedded";
  out.guarantee = loaded.config.files.output == "-" ? "at least once on standard output, with the same ids"
                                                    : "exactly once in the files: outputs and positions in one commit";
  out.running = holder_of(state);
  const std::vector<std::int32_t> partitions = embedded::journal_partitions_in(state);
  if (partitions.empty() || !std::filesystem::exists(state + "/positions.db")) {
    return Error{"no_journal", "nothing has run in '" + state + "' yet"};
  }
  auto positions = embedded::PositionDb::open(state + "/positions.db");
  if (!positions) return positions.error();
  std::unique_ptr<embedded::CheckpointDb> checkpoints;
  if (!brief && std::filesystem::exists(state + "/checkpoint.db")) {
    auto opened = embedded::CheckpointDb::open(state + "/checkpoint.db");
    if (!opened) return opened.error();
    checkpoints = std::move(opened.value());
  }
  for (const std::int32_t p : partitions) {
    PartitionStatus row{"detect", "journal", p, out.running, std::nullopt, 0, 0, std::nullopt};
    const auto end = positions.value()->journal_end(p);
    const auto committed = positions.value()->detect(p);
    if (!end || !committed) return end ? committed.error() : end.error();
    row.end = std::max<std::int64_t>(end.value(), 0);
    if (committed.value()) row.committed = committed.value()->next_offset;
    row.lag = row.end - row.committed.value_or(embedded::journal_start(embedded::journal_folder(state, p)).value_or(0));
    if (checkpoints) row.checkpoint = checkpoints->marker(p);
    out.partitions.push_back(std::move(row));
  }
  return out;
}

// ------------------------------------------------------------------------------------------------ print

std::string number_or_nothing(const std::optional<std::int64_t>& n) { return n ? std::to_string(*n) : ""; }

void print_table(const LineStatus& status, const std::string& bundle, OutputFormat format, bool colour) {
  if (format != OutputFormat::csv) {
    std::string head;
    const auto line = [&head](const std::string& name, const std::string& value) {
      head += name + std::string(12 - name.size(), ' ') + printable(value) + "\n";
    };
    line("transport", status.transport);
    line("running", status.running.empty() ? "nobody" : status.running);
    line("bundle", bundle + " (of the configuration)");
    line("guarantee", status.guarantee);
    write_out(head + "\n");
  }
  Rows rows({"role", "topic", "partition", "owner", "committed", "end", "lag", "checkpoint", "clean_stop", "bundle"});
  for (const auto& p : status.partitions) {
    rows.add({p.role, p.topic, std::to_string(p.partition), p.owner, number_or_nothing(p.committed), std::to_string(p.end),
              std::to_string(p.lag),
              p.checkpoint ? std::to_string(p.checkpoint->next_offset) : "", p.checkpoint && p.checkpoint->clean_stop ? "yes" : "",
              p.checkpoint ? p.checkpoint->bundle_hash.substr(0, format == OutputFormat::csv ? std::string::npos : 12) : ""});
  }
  rows.print(format, colour);
}

std::string partition_json(const PartitionStatus& p) {
  std::string out = "{\"role\":" + json_text(p.role) + ",\"topic\":" + json_text(p.topic) + ",\"partition\":" + std::to_string(p.partition);
  if (!p.owner.empty()) out += ",\"owner\":" + json_text(p.owner);
  if (p.committed) out += ",\"committed\":" + std::to_string(*p.committed);
  out += ",\"end\":" + std::to_string(p.end) + ",\"lag\":" + std::to_string(p.lag);
  if (p.checkpoint) {
    out += ",\"checkpoint\":{\"offset\":" + std::to_string(p.checkpoint->next_offset) + ",\"clean_stop\":" +
        (p.checkpoint->clean_stop ? "true" : "false") +
           ",\"fold_version\":" + std::to_string(p.checkpoint->fold_version) + ",\"bundle\":" + json_text(p.checkpoint->bundle_hash) + "}";
  }
  return out + "}";
}

std::string status_json(const LineStatus& status, const std::string& bundle) {
  std::string partitions;
  for (const auto& p : status.partitions) partitions += (partitions.empty() ? "" : ",") + partition_json(p);
  return "{\"schema_version\":1,\"transport\":" + json_text(status.transport) + ",\"running\":" + json_text(status.running) +
         ",\"bundle\":" + json_text(bundle) +
         ",\"guarantee\":" + json_text(status.guarantee) + ",\"partitions\":[" + partitions + "]}\n";
}

}  // namespace

int status(const Global& global, const StatusOptions& options) {
  const auto loaded = load_all(global.config_files, {}, wants_colour(global.colour, STDERR_FILENO));
  if (!loaded) return kInvalid;
  const auto found = loaded->config.config.kafka ? kafka_status(global, loaded->config, options.brief)
                                                 : embedded_status(loaded->config, options.brief);
  if (!found) {
    say_error(global, found.error().message);
    return exit_code_of(found.error());
  }
  OutputFormat format = global.format;
  if (format == OutputFormat::automatic) format = is_terminal(STDOUT_FILENO) ? OutputFormat::table : OutputFormat::ndjson;
  const std::string& bundle = loaded->bundle.hash();
  if (format == OutputFormat::json || format == OutputFormat::ndjson) {
    return write_out(status_json(found.value(), bundle)) ? kDone : kUnavailable;
  }
  print_table(found.value(), bundle, format, wants_colour(global.colour, STDOUT_FILENO));
  return kDone;
}

}  // namespace bartizan::cli
