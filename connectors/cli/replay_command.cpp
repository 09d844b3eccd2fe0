// replay: files, or the journal, through the whole line.

#include <algorithm>
#include <functional>
#include <map>
#include <unordered_map>

#include <unistd.h>

#include "connectors/cli/commands.h"
#include "connectors/cli/exit_code.h"
#include "connectors/cli/journal_access.h"
#include "connectors/cli/output_folder.h"
#include "connectors/cli/progress.h"
#include "connectors/cli/rule_files.h"
#include "connectors/embedded/replay_input.h"
#include "engine/pipeline/replay.h"

namespace bartizan::cli {
namespace {

/// Counts alerts and dead letters on their way out, for the summary and for --fail-on-alert.
class CountingSink : public OutputSink {
 public:
  explicit CountingSink(OutputSink& next) : next_(next) {}
  void emit(OutputRecord&& record) override {
    if (record.topic == Topic::alerts) note(record.value);
    if (record.topic == Topic::dead_letter) ++dead_letters_[std::string{member(record.value, "\"reason\":\"")}];
    next_.emit(std::move(record));
  }
  /// Alerts whose highest severity this was.
  std::uint64_t alerts(Severity s) const { return alerts_[static_cast<std::size_t>(s)]; }
  const std::map<std::string, std::uint64_t>& dead_letters() const { return dead_letters_; }  // by reason
  /// The highest severity that any revision on `alerts` had.
  std::optional<Severity> highest() const { return highest_; }

 private:
  static std::string_view member(const std::string& line, std::string_view name) {
    const std::size_t at = line.find(name);
    if (at == std::string::npos) return {};
    const std::size_t start = at + name.size();
    return std::string_view(line).substr(start, line.find_first_of("\",", start) - start);
  }
  void note(const std::string& line) {
    // Members stand in schema order and "severity" before any text of the record that could hold these names.
    const auto severity = severity_from(member(line, "},\"severity\":\""));
    if (!severity) return;
    const auto [known, is_new] = severity_of_.try_emplace(std::string{member(line, "\"id\":\"")}, *severity);
    if (is_new || *severity > known->second) {
      if (!is_new) --alerts_[static_cast<std::size_t>(known->second)];
      ++alerts_[static_cast<std::size_t>(*severity)];
      known->second = *severity;
    }
    highest_ = highest_ ? std::max(*highest_, *severity) : *severity;
  }
  OutputSink& next_;
  std::unordered_map<std::string, Severity> severity_of_;  // the highest, by alert id
  std::array<std::uint64_t, 5> alerts_{};
  std::map<std::string, std::uint64_t> dead_letters_;
  std::optional<Severity> highest_;
};

int unavailable(const Global& global, const Error& error) {
  say_error(global, error.message);
  return error.code == "not_empty" ? kUsage : kUnavailable;
}

/// "12 (10 bad_time, 2 too_large)".
std::string dead_letter_words(const CountingSink& counted) {
  std::string reasons;
  std::uint64_t all = 0;
  for (const auto& [reason, n] : counted.dead_letters()) {
    reasons += (reasons.empty() ? " (" : ", ") + with_commas(n) + " " + reason;
    all += n;
  }
  return with_commas(all) + (reasons.empty() ? "" : reasons + ")");
}

/// Exit code of a replay that ran to its end.
int finish(const Global& global, const ReplayOptions& options, OutputFolder& folder, const CountingSink& counted,
           const DetectStats& stats) {
  if (const Status closed = folder.close(); !closed.ok()) return unavailable(global, closed.error());
  std::uint64_t events = 0;
  for (const auto& category : stats.events) events += category[0].value() + category[1].value();
  std::string alerts;
  for (const Severity s : {Severity::critical, Severity::high, Severity::medium, Severity::low, Severity::informational}) {
    if (counted.alerts(s) > 0) alerts += (alerts.empty() ? "" : ", ") + std::to_string(counted.alerts(s)) + " " + std::string(to_word(s));
  }
  say(global, with_commas(events) + " sign-ins judged; alerts: " + (alerts.empty() ? "none" : alerts) + "; dead letters: " +
                  dead_letter_words(counted) + "\n" + options.output + "/alerts.ndjson");
  if (counted.dead_letters().contains("missing_tenant"))
    say(global, "hint: records that do not name their tenant (Microsoft Graph) were not judged; say whose they are with --tenant ID");
  if (options.fail_on_alert.empty() || !counted.highest()) return kDone;
  return *counted.highest() >= *severity_from(options.fail_on_alert) ? kFindings : kDone;
}

int replay_files(const Global& global, const ReplayOptions& options, const Loaded& loaded) {
  OutputFolder folder(options.output);
  if (const Status opened = folder.open(options.force); !opened.ok()) return unavailable(global, opened.error());
  CountingSink sink(folder);
  const std::string tenant = lower_ascii(options.tenant.empty() ? loaded.config.config.files.tenant : options.tenant);
  std::vector<embedded::InputPattern> inputs;
  for (const auto& file : options.files) inputs.push_back({file, tenant, false});
  embedded::ReplayInput input(std::move(inputs), sink);

  auto store = std::make_shared<BundleStore>();
  store->add(loaded.bundle);
  const BundleActivation activation{loaded.bundle.hash(), {}, static_cast<std::uint32_t>(loaded.bundle.rule_set()->rules.size()), {}};
  ReplayLine line(store, activation, sink);
  Progress progress("replay", input.bytes_left(), global.quiet);
  const std::uint64_t total = input.bytes_left();
  const Status done = line.run(input, [&](std::uint64_t messages) {
    progress.update(total - std::min(total, input.bytes_left()), messages);
    return folder.status().ok();
  });
  progress.finish();
  if (!done.ok()) {
    say_error(global, done.error().message);
    return kInternal;
  }
  const int code = finish(global, options, folder, sink, line.detect_stats());
  for (const auto& problem : input.problems()) say_error(global, problem.error.message);
  return input.problems().empty() ? code : kUnavailable;
}

/// The same fold as DETECT's, over what the journal holds at this moment.
Status fold_journal(JournalAccess& journal, const std::shared_ptr<StoredRuleSets>& rules, DetectStats& stats, OutputSink& sink,
                    const std::function<bool()>& go_on) {
  for (const std::int32_t partition : journal.partitions()) {
    Shard shard(partition, rules, stats);
    const auto passed_over = journal.quarantined(partition);
    if (!passed_over) return passed_over.error();
    for (const auto& [offset, index] : passed_over.value()) shard.quarantine(offset, index);
    Status folded = Ok{};
    const Status read = journal.read(partition, 0, [&](const JournalMessage& message) {
      folded = shard.step_message(message.bytes, message.append_time, message.offset, sink);
      return folded.ok() && go_on();
    });
    if (!read.ok()) return read;
    if (!folded.ok()) return folded;
  }
  return Ok{};
}

int replay_journal(const Global& global, const ReplayOptions& options, const Loaded& loaded) {
  auto journal = open_journal(global, loaded.config);
  if (!journal) {
    say_error(global, journal.error().message);
    return exit_code_of(journal.error());
  }
  OutputFolder folder(options.output);
  if (const Status opened = folder.open(options.force); !opened.ok()) return unavailable(global, opened.error());
  CountingSink sink(folder);
  const auto rules = std::make_shared<StoredRuleSets>([&journal](std::string_view hash) { return journal.value()->load_bundle(hash); });
  DetectStats stats;
  std::uint64_t messages = 0;
  Progress progress("replay of the journal", 0, global.quiet);
  const Status done = fold_journal(*journal.value(), rules, stats, sink, [&] {
    progress.update(0, ++messages);
    return folder.status().ok();
  });
  progress.finish();
  if (!done.ok()) return unavailable(global, done.error());
  return finish(global, options, folder, sink, stats);
}

}  // namespace

int replay(const Global& global, const ReplayOptions& options) {
  if (options.output.empty()) {
    say_error(global, "--output DIR is required: the folder for alerts.ndjson and the other outputs");
    return kUsage;
  }
  if (options.files.empty() != options.journal) {
    say_error(global, options.journal ? "--journal replays the journal: name no files" : "name at least one file, or --journal");
    return kUsage;
  }
  const auto loaded = load_all(global.config_files, options.rules, wants_colour(global.colour, STDERR_FILENO));
  if (!loaded) return kInvalid;
  return options.journal ? replay_journal(global, options, *loaded) : replay_files(global, options, *loaded);
}

}  // namespace bartizan::cli
