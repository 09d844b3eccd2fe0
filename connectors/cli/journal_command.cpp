// journal dump: one line per entry.

#include <climits>
#include <cstdlib>
#include <optional>

#include <unistd.h>

#include "connectors/cli/commands.h"
#include "connectors/cli/config.h"
#include "connectors/cli/exit_code.h"
#include "connectors/embedded/journal_files.h"
#include "engine/codec/journal.h"
#include "engine/pipeline/shard.h"

namespace bartizan::cli {
namespace {

struct Start {
  std::int32_t partition = 0;
  std::int64_t offset = 0;
};

/// P:O; no value when it is not of that form.
std::optional<Start> parse_from(const std::string& text) {
  const std::size_t colon = text.find(':');
  const std::string p = text.substr(0, colon);
  const std::string o = colon == std::string::npos ? "" : text.substr(colon + 1);
  const auto digits = [](const std::string& s, std::size_t most) { return !s.empty() && s.size() <= most && s.find_first_not_of("0123456789") == std::string::npos; };
  if (!digits(p, 9) || !digits(o, 18)) return std::nullopt;
  return Start{std::atoi(p.c_str()), std::atoll(o.c_str())};
}

/// Cells of one entry, in the order of the header in journal_dump().
std::vector<std::string> cells_of(const JournalEntry& entry, std::int32_t partition, std::int64_t offset, std::size_t index) {
  std::string kind, event_id, tenant, detail;
  std::string time;
  if (const auto* e = std::get_if<SignIn>(&entry.body)) {
    kind = "sign_in";
    event_id = e->id.str();
    tenant = e->tenant_id.str();
    time = format_time(e->event_time);
    detail = std::string(to_word(e->category)) + " " + std::string(to_word(e->result_class));
  } else if (const auto* c = std::get_if<Command>(&entry.body)) {
    kind = "command";
    event_id = c->id.str();
    tenant = c->tenant_id.str();
    time = format_time(c->at);
    detail = std::string(to_word(c->action)) + " " + std::string(to_word(c->target)) + "/" + c->target_id.str();
  } else if (const auto* a = std::get_if<BundleActivation>(&entry.body)) {
    kind = "bundle_activation";
    detail = a->hash;
  } else if (const auto* q = std::get_if<Quarantine>(&entry.body)) {
    kind = "quarantine";
    detail = std::to_string(q->offset) + "-" + std::to_string(q->index);
  } else {
    kind = "tick";
  }
  std::string source;
  const SourcePosition& s = entry.source;
  if (s.source.is_file()) {
    source = "{\"file\":" + json_text(s.source.file) + ",\"line\":" + std::to_string(s.offset);
  } else if (!s.source.topic.empty()) {
    source = "{\"input\":" + json_text(s.source.input) + ",\"topic\":" + json_text(s.source.topic) + ",\"partition\":" + std::to_string(s.source.partition) +
             ",\"offset\":" + std::to_string(s.offset);
  }
  if (!source.empty()) source += (s.index >= 0 ? ",\"index\":" + std::to_string(s.index) : "") + "}";
  return {std::to_string(partition), std::to_string(offset), std::to_string(index), kind, event_id, tenant, source, time, format_time(entry.append_time), detail};
}

}  // namespace

int journal_dump(const Global& global, const JournalDumpOptions& options) {
  settings::Diagnostics diagnostics;
  const auto config = load_config(global.config_files, diagnostics);
  if (!diagnostics.all().empty()) write_error(settings::render(diagnostics, wants_colour(global.colour, STDERR_FILENO)));
  if (!config) return kInvalid;
  std::optional<Start> from;
  if (!options.from.empty()) {
    from = parse_from(options.from);
    if (!from) {
      say_error(global, "--from '" + printable(options.from, 60) + "' is not PARTITION:OFFSET, for example 0:1200");
      return kUsage;
    }
  }
  const std::string state = resolve(*config, config->config.state.dir);
  const auto partitions = embedded::journal_partitions_in(state);
  if (partitions.empty()) {
    say_error(global, "there is no journal in '" + state + "'");
    return kUnavailable;
  }
  const std::vector<std::string> header = {"partition", "offset", "index", "kind", "event_id", "tenant_id", "source", "time", "append_time", "detail"};
  OutputFormat format = global.format;
  if (format == OutputFormat::automatic) format = is_terminal(STDOUT_FILENO) ? OutputFormat::table : OutputFormat::ndjson;
  const auto fresh = [&header] {
    Rows rows(header);
    for (const std::size_t raw : {0U, 1U, 2U, 6U}) rows.raw_column(raw);
    return rows;
  };
  Rows rows = fresh();
  std::uint64_t printed = 0;
  JournalReader reader;
  embedded::StoredMessage message;
  for (const std::int32_t partition : partitions) {
    if (from && partition < from->partition) continue;
    const std::string place = embedded::journal_folder(state, partition);
    embedded::JournalCursor cursor(place);
    const std::int64_t start = from && partition == from->partition ? from->offset : embedded::journal_start(place).value_or(0);
    Status status = cursor.seek(start);
    while (status.ok()) {
      const auto more = cursor.next(INT64_MAX, message);
      if (!more) status = more.error();
      if (!status.ok() || !more.value()) break;
      status = reader.open(message.bytes, message.append_time);
      std::size_t index = 0;
      for (const JournalEntry* entry = status.ok() ? reader.next() : nullptr; entry != nullptr; entry = reader.next()) {
        rows.add(cells_of(*entry, partition, message.offset, index++));
        // Lines go out as they come; a table or an array needs all rows first.
        if (format == OutputFormat::ndjson) {
          rows.print(format, false);
          rows = fresh();
        }
        if (options.limit > 0 && ++printed >= options.limit) break;
      }
      if (options.limit > 0 && printed >= options.limit) break;
    }
    if (!status.ok()) {
      say_error(global, status.error().message);
      return kUnavailable;
    }
    if (options.limit > 0 && printed >= options.limit) break;
  }
  if (format != OutputFormat::ndjson) rows.print(format, wants_colour(global.colour, STDOUT_FILENO));
  return kDone;
}

}  // namespace bartizan::cli
