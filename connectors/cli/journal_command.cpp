// journal dump: one line per entry.

#include <cstdlib>
#include <optional>

#include <unistd.h>

#include "connectors/cli/commands.h"
#include "connectors/cli/config.h"
#include "connectors/cli/exit_code.h"
#include "connectors/cli/journal_access.h"
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
  const auto digits = [](const std::string& s, std::size_t most) {
    return !s.empty() && s.size() <= most && s.find_first_not_of("0123456789") == std::string::npos;
  };
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
  } else if (const auto* r = std::get_if<RiskReport>(&entry.body)) {
    kind = "risk_report";
    event_id = r->id.str();
    tenant = r->tenant_id.str();
    time = format_time(r->event_time);
    detail = std::string(r->kind == ReportKind::entity ? "entity" : r->event_type) + " " + std::string(to_word(r->entity_type)) + "/" +
             r->entity_id.str();
  } else if (const auto* d = std::get_if<DirectoryChange>(&entry.body)) {
    kind = "directory_change";
    event_id = d->id.str();
    tenant = d->tenant_id.str();
    time = format_time(d->event_time);
    detail = std::string(to_word(d->operation)) + " " + std::string(to_word(d->target_type)) + "/" + d->target_id.str();
  } else {
    kind = "tick";
  }
  std::string source;
  const SourcePosition& s = entry.source;
  if (s.source.is_file()) {
    source = "{\"file\":" + json_text(s.source.file) + ",\"line\":" + std::to_string(s.offset);
  } else if (!s.source.topic.empty()) {
    source = "{\"input\":" + json_text(s.source.input) + ",\"topic\":" + json_text(s.source.topic) + ",\"partition\":" +
             std::to_string(s.source.partition) + ",\"offset\":" + std::to_string(s.offset);
  }
  if (!source.empty()) source += (s.index >= 0 ? ",\"index\":" + std::to_string(s.index) : "") + "}";
  return {std::to_string(partition), std::to_string(offset), std::to_string(index), kind, event_id, tenant, source, time,
          format_time(entry.append_time), detail};
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
  auto journal = open_journal(global, *config);
  if (!journal) {
    say_error(global, journal.error().message);
    return exit_code_of(journal.error());
  }
  const std::vector<std::string> header =
      {"partition", "offset", "index", "kind", "event_id", "tenant_id", "source", "time", "append_time", "detail"};
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
  for (const std::int32_t partition : journal.value()->partitions()) {
    if (from && partition < from->partition) continue;
    Status readable = Ok{};
    const Status read = journal.value()
        ->read(partition, from && partition == from->partition ? from->offset : 0, [&](const JournalMessage& message) {
      readable = reader.open(message.bytes, message.append_time);
      std::size_t index = 0;
      for (const JournalEntry* entry = readable.ok() ? reader.next() : nullptr; entry != nullptr; entry = reader.next()) {
        rows.add(cells_of(*entry, partition, message.offset, index++));
        // Lines go out as they come; a table or an array needs all rows first.
        if (format == OutputFormat::ndjson) {
          rows.print(format, false);
          rows = fresh();
        }
        if (options.limit > 0 && ++printed >= options.limit) return false;
      }
      return readable.ok();
    });
    if (!read.ok() || !readable.ok()) {
      const Error& error = read.ok() ? readable.error() : read.error();
      say_error(global, error.message);
      return exit_code_of(error);
    }
    if (options.limit > 0 && printed >= options.limit) break;
  }
  if (format != OutputFormat::ndjson) rows.print(format, wants_colour(global.colour, STDOUT_FILENO));
  return kDone;
}

}  // namespace bartizan::cli
