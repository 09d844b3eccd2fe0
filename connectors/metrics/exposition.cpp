#include "connectors/metrics/exposition.h"

#include <algorithm>
#include <set>

#include <prometheus/text_serializer.h>

#include "connectors/metrics/families.h"
#include "connectors/metrics/process.h"

namespace bartizan {
namespace {

using metrics::Families;
using metrics::Labels;

constexpr std::array<SignInCategory, 4> kCategories = {SignInCategory::interactive_user, SignInCategory::non_interactive_user,
                                                       SignInCategory::service_principal, SignInCategory::managed_identity};
constexpr std::array<EntityType, 4> kEntityTypes = {EntityType::user, EntityType::service_principal, EntityType::managed_identity,
                                                    EntityType::agent};
constexpr std::array<const char*, 3> kIgnored = {"other_category", "blank", "null_value"};
constexpr std::array<const char*, 4> kLevels = {"none", "low", "medium", "high"};
constexpr std::array<const char*, 4> kLogLevels = {"debug", "info", "warn", "error"};
constexpr std::array<const char*, 3> kCauses = {"learning", "cap", "exception"};  // Suppression without `none`

double value(const Counter& c) { return static_cast<double>(c.value()); }
double seconds(const Gauge& ms) { return static_cast<double>(ms.value()) / 1000; }

/// Reads a counter of a role that may not run here.
template <class Stats, class Get>
double read(const Stats* stats, Get&& get) {
  return stats != nullptr ? static_cast<double>(get(*stats)) : 0.0;
}

void add_build(Families& f, const MetricsSource& s) {
  f.gauge("build_info", "Always 1; the labels say what runs.", 1, {{"version", s.version}, {"compiler", s.compiler}});
  f.gauge("ruleset_info", "Always 1; the label is the hash of the bundle in force.", 1, {{"hash", s.bundle_hash}});
  f.gauge("config_last_reload_successful", "1 when the last reading of configuration and rules succeeded.", s.last_load_successful ? 1 : 0);
  f.gauge("config_last_reload_success_timestamp_seconds", "When configuration and rules were last read with success.",
          static_cast<double>(s.bundle_loaded_ms) / 1000);
}

void add_ingest(Families& f, const IngestStats* in) {
  f.counter("ingest_messages_total", "Raw messages read from the inputs.", read(in, [](auto& s) { return s.messages.value(); }));
  f.counter("ingest_bytes_total", "Bytes of raw messages.", read(in, [](auto& s) { return s.bytes.value(); }));
  for (std::size_t c = 0; c < kCategories.size(); ++c) {
    for (std::size_t agent = 0; agent < 2; ++agent) {
      f.counter("ingest_events_total", "Sign-ins decoded, repeats included.", read(in, [&](auto& s) { return s.events[c][agent].value(); }),
                {{"category", std::string{to_word(kCategories[c])}}, {"agent", agent == 1 ? "true" : "false"}});
    }
  }
  f.counter("ingest_risk_reports_total", "Records of Entra's risk feeds decoded, repeats included.",
            read(in, [](auto& s) { return s.risk_reports.value(); }));
  f.counter("ingest_directory_changes_total", "Records of AuditLogs decoded that change risk, repeats included.",
            read(in, [](auto& s) { return s.directory_changes.value(); }));
  f.counter("ingest_commands_total", "Analyst commands read.", read(in, [](auto& s) { return s.commands.value(); }));
  for (std::size_t r = 0; r < kDeadLetterReasons; ++r) {
    f.counter("dead_letters_total", "Records that could not be used, by reason (docs/formats).",
              read(in, [&](auto& s) { return s.dead_letters[r].value(); }),
              {{"reason", std::string{to_word(static_cast<DeadLetterReason>(r))}}});
  }
  for (std::size_t r = 0; r < kIgnored.size(); ++r) {
    f.counter("events_ignored_total", "Records that are none of ours and no dead letters either.",
              read(in, [&](auto& s) { return s.ignored[r].value(); }),
              {{"reason", kIgnored[r]}});
  }
  f.counter("journal_appended_messages_total", "Messages written to the journal.",
            read(in, [](auto& s) { return s.journal_messages.value(); }));
  f.counter("journal_appended_entries_total", "Entries written to the journal.",
            read(in, [](auto& s) { return s.journal_entries.value(); }));
  f.counter("journal_appended_bytes_total", "Bytes written to the journal, before compression.",
            read(in, [](auto& s) { return s.journal_bytes.value(); }));
  f.counter("journal_ticks_total", "Time ticks written while nothing else arrived.", read(in, [](auto& s) { return s.ticks.value(); }));
  f.counter("ingest_commits_total", "Commits of source positions.", read(in, [](auto& s) { return s.commits.value(); }));
  f.counter("ingest_commit_failures_total", "Commits of source positions that failed and were tried again.",
            read(in, [](auto& s) { return s.commit_failures.value(); }));
}

void add_events(Families& f, const DetectStats* d) {
  for (std::size_t c = 0; c < kCategories.size(); ++c) {
    for (std::size_t agent = 0; agent < 2; ++agent) {
      f.counter("events_total", "Sign-ins judged, without repeats.", read(d, [&](auto& s) { return s.events[c][agent].value(); }),
                {{"category", std::string{to_word(kCategories[c])}}, {"agent", agent == 1 ? "true" : "false"}});
    }
  }
  f.counter("risk_reports_total", "Records of Entra's risk feeds taken in, without repeats.",
            read(d, [](auto& s) { return s.risk_reports.value(); }));
  f.counter("directory_changes_total", "Records of AuditLogs taken in that change risk, without repeats.",
            read(d, [](auto& s) { return s.directory_changes.value(); }));
  const char* const help = "Sign-ins dropped as repeats: by source position, by event id, or as an older copy.";
  f.counter("events_deduplicated_total", help, read(d, [](auto& s) { return s.events_repeated_position.value(); }), {{"by", "position"}});
  f.counter("events_deduplicated_total", help, read(d, [](auto& s) { return s.events_repeated_id.value(); }), {{"by", "id"}});
  f.counter("events_deduplicated_total", help, read(d, [](auto& s) { return s.events_older_copy.value(); }), {{"by", "older_copy"}});
  f.counter("events_corrected_total", "Newer copies of a sign-in that was judged before.",
            read(d, [](auto& s) { return s.events_corrected.value(); }));
  f.counter("events_late_total", "Sign-ins older than the horizon of remembered ids: they update risk and views only.",
            read(d, [](auto& s) { return s.events_late.value(); }));
  f.counter("events_clamped_total", "Sign-ins whose event time was ahead of their arrival.",
            read(d, [](auto& s) { return s.events_clamped.value(); }));
  f.counter("events_refused_tenant_total", "Sign-ins beyond the bound on tenants in one partition.",
            read(d, [](auto& s) { return s.events_refused_tenant.value(); }));
  f.counter("events_quarantined_total", "Journal entries passed over by a quarantine.",
            read(d, [](auto& s) { return s.events_quarantined.value(); }));
  f.gauge("watermark_timestamp_seconds", "Event time up to which windows are complete (lowest partition).",
          d != nullptr ? seconds(d->watermark_ms) : 0);
  f.gauge("journal_timestamp_seconds", "Journal time: the newest append time applied.", d != nullptr ? seconds(d->journal_time_ms) : 0);
  f.gauge("last_event_processed_timestamp_seconds", "When the last event was processed.", d != nullptr ? seconds(d->last_event_ms) : 0);
  f.histogram("ingest_delay_seconds", "Arrival minus sign-in time: Microsoft's own delay.", d != nullptr ? &d->ingest_delay : nullptr);
  f.histogram("detection_latency_seconds", "Alert out minus arrival: our delay.", d != nullptr ? &d->detection_latency : nullptr);
}

void add_rules(Families& f, const MetricsSource& s) {
  static const RuleStats kNone{};
  std::set<std::string> ids(s.rule_ids.begin(), s.rule_ids.end());
  std::map<std::string, const RuleStats*> stats;
  if (s.detect != nullptr) {
    s.detect->rules.visit([&](std::string_view id, const RuleStats& r) {
      ids.emplace(id);
      stats.emplace(id, &r);
    });
  }
  // A family's series must stand together, so each family walks all rules.
  const auto each = [&](auto&& visit) {
    for (const auto& id : ids) {
      const auto found = stats.find(id);
      visit(id, found == stats.end() ? kNone : *found->second);
    }
  };
  each([&](const std::string& id, const RuleStats& r) {
    f.counter("rule_evaluations_total", "Events given to the rule.", value(r.evaluations), {{"rule", id}});
  });
  each([&](const std::string& id, const RuleStats& r) {
    f.counter("rule_errors_total", "Defects caught in the rule; the event went on.", value(r.errors), {{"rule", id}});
  });
  each([&](const std::string& id, const RuleStats& r) {
    for (std::size_t severity = 0; severity < r.alerts.size(); ++severity) {
      for (std::size_t mode = 0; mode < 2; ++mode) {
        f.counter("alerts_total", "Alerts opened, by rule, severity and mode.", value(r.alerts[severity][mode]),
                  {{"rule", id},
                   {"severity", std::string{to_word(static_cast<Severity>(severity))}},
                   {"mode", std::string{to_word(static_cast<RuleMode>(mode))}}});
      }
    }
  });
  each([&](const std::string& id, const RuleStats& r) {
    for (std::size_t cause = 0; cause < kCauses.size(); ++cause) {
      f.counter("alerts_suppressed_total", "Findings hidden from `alerts`, by cause.", value(r.suppressed[cause + 1]),
                {{"rule", id}, {"cause", kCauses[cause]}});
    }
  });
  const auto number = [](const Gauge& g) { return static_cast<double>(g.value()); };
  each([&](const std::string& id, const RuleStats& r) {
    f.gauge("state_entries", "Keyed rows that the detector holds.", number(r.state_rows), {{"detector", id}});
  });
  each([&](const std::string& id, const RuleStats& r) {
    f.gauge("detector_state_bytes", "Bytes of those rows.", number(r.state_bytes), {{"detector", id}});
  });
  each([&](const std::string& id, const RuleStats& r) {
    f.counter("state_evictions_total", "Rows that went because of a bound.", number(r.state_evictions), {{"detector", id}});
  });
}

void add_risk(Families& f, const DetectStats* d) {
  for (std::size_t t = 0; t < kEntityTypes.size(); ++t) {
    for (std::size_t level = 1; level < kLevels.size(); ++level) {
      f.gauge("risky_entities", "Entities at each risk level.", read(d, [&](auto& s) { return s.risky_entities[t][level - 1].value(); }),
              {{"entity_type", std::string{to_word(kEntityTypes[t])}}, {"level", kLevels[level]}});
    }
  }
  for (std::size_t t = 0; t < kEntityTypes.size(); ++t) {
    for (std::size_t level = 0; level < kLevels.size(); ++level) {
      f.counter("risk_transitions_total", "Changes of an entity's risk level, by the level reached.",
                read(d, [&](auto& s) { return s.risk_transitions[t][level].value(); }),
                {{"entity_type", std::string{to_word(kEntityTypes[t])}}, {"to_level", kLevels[level]}});
    }
  }
  f.counter("commands_total", "Analyst commands applied or refused (see the audit topic).",
            read(d, [](auto& s) { return s.commands_accepted.value(); }), {{"result", "accepted"}});
  f.counter("commands_total", "Analyst commands applied or refused (see the audit topic).",
            read(d, [](auto& s) { return s.commands_rejected.value(); }), {{"result", "rejected"}});
}

void add_state(Families& f, const DetectStats* d) {
  f.gauge("state_bytes", "Bytes of all state held in memory.", read(d, [](auto& s) { return s.state_bytes.value(); }));
  f.gauge("state_rows", "Rows of all state held in memory.", read(d, [](auto& s) { return s.state_rows.value(); }));
  f.gauge("remembered_ids", "Event ids remembered to tell repeats from corrections.",
          read(d, [](auto& s) { return s.remembered_ids.value(); }));
  f.counter("remembered_ids_evicted_total", "Event ids forgotten before their time.",
            read(d, [](auto& s) { return s.rows_ids_evicted.value(); }));
  f.gauge("tenants", "Tenants with state.", read(d, [](auto& s) { return s.tenants.value(); }));
  f.gauge("source_partitions", "Source partitions followed.", read(d, [](auto& s) { return s.sources.value(); }));
  f.gauge("assigned_partitions", "Journal partitions that this process owns.",
          read(d, [](auto& s) { return s.assigned_partitions.value(); }));
  f.counter("timers_total", "Timers run: alerts closed, risk decayed.", read(d, [](auto& s) { return s.timers_run.value(); }));
  f.counter("timers_carried_over_total", "Records after which due timers waited for the next record.",
            read(d, [](auto& s) { return s.timers_carried_over.value(); }));
  f.counter("checkpoints_total", "Checkpoints sealed.", read(d, [](auto& s) { return s.checkpoints.value(); }));
  f.counter("checkpoint_failures_total", "Checkpoints given up; the one before holds.",
            read(d, [](auto& s) { return s.checkpoint_failures.value(); }));
  f.counter("checkpoint_rows_total", "Rows written to checkpoints.", read(d, [](auto& s) { return s.checkpoint_rows.value(); }));
  f.counter("checkpoint_bytes_total", "Bytes written to checkpoints.", read(d, [](auto& s) { return s.checkpoint_bytes.value(); }));
  f.histogram("state_snapshot_duration_seconds", "The longest single stop of the line for a checkpoint.",
              d != nullptr ? &d->checkpoint_seconds : nullptr);
  f.gauge("state_snapshot_timestamp_seconds", "When the last checkpoint was sealed.", d != nullptr ? seconds(d->checkpoint_ms) : 0);
  f.histogram("state_restore_seconds", "Time to load a checkpoint and fold up to the committed position.",
              d != nullptr ? &d->recovery_seconds : nullptr);
  f.counter("recoveries_total", "Partitions recovered.", read(d, [](auto& s) { return s.recoveries.value(); }));
  f.counter("recovery_messages_total", "Journal messages folded with outputs suppressed.",
            read(d, [](auto& s) { return s.recovery_messages.value(); }));
  f.counter("recovery_hash_mismatches_total", "Recoveries that did not reproduce the committed output bytes. Must stay 0.",
            read(d, [](auto& s) { return s.recovery_hash_mismatches.value(); }));
}

void add_outputs(Families& f, const MetricsSource& s) {
  const DetectStats* d = s.detect;
  f.counter("output_records_total", "Records written to output topics.", read(d, [](auto& x) { return x.outputs.value(); }));
  f.counter("output_bytes_total", "Bytes of those records.", read(d, [](auto& x) { return x.output_bytes.value(); }));
  f.counter("journal_read_messages_total", "Journal messages folded.", read(d, [](auto& x) { return x.journal_messages.value(); }));
  f.counter("journal_read_entries_total", "Journal entries folded.", read(d, [](auto& x) { return x.journal_entries.value(); }));
  f.counter("commits_total", "Commits of outputs and positions.", read(d, [](auto& x) { return x.commits.value(); }));
  f.counter("commit_retries_total", "Units sent again with the same bytes.", read(d, [](auto& x) { return x.commit_retries.value(); }));
  f.counter("commit_unknown_total", "Commits whose end was unknown and had to be looked up.",
            read(d, [](auto& x) { return x.commit_unknown.value(); }));
  f.counter("ownership_lost_total", "Partitions dropped because another process owns them.",
            read(d, [](auto& x) { return x.ownership_lost.value(); }));
  f.counter("bundles_activated_total", "Bundle activations applied.", read(d, [](auto& x) { return x.bundles_activated.value(); }));
  f.histogram("batch_phase_seconds", "Time of one batch, by phase.", s.ingest != nullptr ? &s.ingest->decode_seconds : nullptr,
              {{"phase", "decode"}});
  f.histogram("batch_phase_seconds", "Time of one batch, by phase.", d != nullptr ? &d->batch_seconds : nullptr, {{"phase", "fold"}});
  f.histogram("batch_phase_seconds", "Time of one batch, by phase.", d != nullptr ? &d->commit_seconds : nullptr, {{"phase", "commit"}});
}

void add_process(Families& f, const MetricsSource& s) {
  std::map<std::pair<std::string, unsigned>, std::uint64_t> requests = s.http_requests;
  for (const char* path : {"/-/healthy", "/-/ready", "/metrics"}) requests.try_emplace({path, 200}, 0);
  for (const auto& [key, count] : requests) {
    f.counter("http_requests_total", "Requests answered.", static_cast<double>(count),
              {{"handler", key.first}, {"code", std::to_string(key.second)}});
  }
  for (std::size_t i = 0; i < kLogLevels.size(); ++i) {
    f.counter("log_messages_total", "Log messages written.", s.logs != nullptr ? value(s.logs->by_level[i]) : 0,
              {{"level", kLogLevels[i]}});
  }
  const auto numbers = metrics::process_numbers();
  f.counter("process_cpu_seconds_total", "User and system CPU time.", numbers.cpu_seconds);
  f.gauge("process_resident_memory_bytes", "Resident memory.", static_cast<double>(numbers.resident_bytes));
  f.gauge("process_virtual_memory_bytes", "Virtual memory.", static_cast<double>(numbers.virtual_bytes));
  f.gauge("process_open_fds", "Open file descriptors.", static_cast<double>(numbers.open_files));
  f.gauge("process_max_fds", "Most file descriptors allowed.", static_cast<double>(numbers.open_files_max));
  f.gauge("process_start_time_seconds", "Start time of the process.", static_cast<double>(s.start_time_ms) / 1000);
}

void add_kafka(Families& f, const KafkaNumbers& k) {
  const auto n = [](std::uint64_t v) { return static_cast<double>(v); };
  f.gauge("kafka_reachable", "1 while the brokers answer; 0 without Kafka.", k.reachable ? 1 : 0);
  for (const auto& lag : k.lag) {
    f.gauge("kafka_consumer_lag_messages",
            "Messages behind the committed position, of inputs, commands and journal; looked up every 10 s by each process, so use max by "
            "(topic, partition).",
            static_cast<double>(lag.messages), {{"topic", lag.topic}, {"partition", std::to_string(lag.partition)}});
  }
  const char* const rebalances = "Changes of assignment.";
  f.counter("kafka_rebalances_total", rebalances, n(k.ingest_rebalances), {{"group", "ingest"}});
  f.counter("kafka_rebalances_total", rebalances, n(k.detect_rebalances), {{"group", "detect"}});
  f.counter("kafka_transactions_total", "Transactions committed: outputs and position of a unit.", n(k.transactions));
  f.counter("kafka_transaction_aborts_total", "Transactions aborted; their units were sent again with the same bytes.", n(k.aborts));
  f.counter("kafka_transactional_producers_total", "Transactional producers made; more than one a start means fatal errors of the client.",
            n(k.producers));
  constexpr std::array<const char*, 4> kPhases = {"flush", "offsets", "end", "all"};
  for (std::size_t i = 0; i < kPhases.size(); ++i) {
    f.gauge("kafka_last_commit_seconds", "Time of the last transaction, by phase.", k.last_commit_seconds[i], {{"phase", kPhases[i]}});
  }
  f.counter("kafka_resends_total", "Times that INGEST sent its batch again after a failed delivery.", n(k.resends));
  f.counter("kafka_input_problems_total", "Inputs that stopped or lost something; the log says which.", n(k.input_problems));
  f.counter("kafka_input_offset_gaps_total", "Gaps in the offsets of an input: compaction, transactions, or records lost to retention.",
            n(k.offset_gaps));
  f.counter("kafka_renewals_total", "Times that a half of the line was started again after an error.", n(k.ingest_renewals),
            {{"half", "ingest"}});
  f.counter("kafka_renewals_total", "Times that a half of the line was started again after an error.", n(k.detect_renewals),
            {{"half", "detect"}});
}

Families collect(const MetricsSource& s) {
  Families f;
  add_build(f, s);
  add_ingest(f, s.ingest);
  add_events(f, s.detect);
  add_rules(f, s);
  add_risk(f, s.detect);
  add_state(f, s.detect);
  add_outputs(f, s);
  add_kafka(f, s.kafka);
  add_process(f, s);
  return f;
}

std::string type_word(prometheus::MetricType type) {
  switch (type) {
    case prometheus::MetricType::Counter: return "counter";
    case prometheus::MetricType::Histogram: return "histogram";
    default: return "gauge";
  }
}

}  // namespace

std::string metrics_text(const MetricsSource& source) {
  return prometheus::TextSerializer{}.Serialize(collect(source).all());
}

std::string metrics_markdown() {
  MetricsSource source;
  source.rule_ids = {"RULE"};
  source.kafka.lag = {{"TOPIC", 0, 0}};
  const Families families = collect(source);
  std::string out =
      "# Metrics\n\nGenerated from the code (`BARTIZAN_REWRITE=1` and the test \"the metrics page is what the code says\"). "
      "`GET /metrics` on `http.listen` gives\n"
      "them in the Prometheus text format. Every series is there from the start, at 0. Labels come from the configuration or from closed "
      "sets:\n"
      "never a user, an address or a tenant.\n\n| metric | type | labels | meaning |\n| --- | --- | --- | --- |\n";
  for (const auto& family : families.all()) {
    std::string labels;
    if (!family.metric.empty()) {
      for (const auto& label : family.metric.front().label) labels += (labels.empty() ? "" : ", ") + label.name;
    }
    out += "| `" + family.name + "` | " + type_word(family.type) + " | " + labels + " | " + family.help + " |\n";
  }
  return out;
}

}  // namespace bartizan
