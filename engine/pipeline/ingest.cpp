#include "engine/pipeline/ingest.h"

#include "engine/codec/output_writer.h"
#include "engine/model/check.h"

namespace bartizan {

/// Takes what the decoder finds in one message.
class IngestStep::Sink final : public RecordSink {
 public:
  Sink(IngestStep& step, StatelessMatcher* matcher) : step_(step), matcher_(matcher) {}

  void begin(const RawMessage& message) { arrival_ = message.arrival; }

  void sign_in(const SignIn& e, const SourcePosition& position) override {
    step_.stats_.events[static_cast<std::size_t>(e.category)][e.is_agent() ? 1 : 0].add();
    SignIn& body = entry_.body.emplace<SignIn>(e);
    if (matcher_ != nullptr) {
      matched_.clear();
      matcher_->match(body, matched_);
      BARTIZAN_CHECK(matched_.size() <= kMatchedRulesMax);
      body.matched_rules = matched_;
    }
    add(e.tenant_id, e.published_time, position);
  }

  void risk_report(const RiskReport& r, const SourcePosition& position) override {
    step_.stats_.risk_reports.add();
    entry_.body = r;
    add(r.tenant_id, r.published_time, position);
  }

  void directory_change(const DirectoryChange& c, const SourcePosition& position) override {
    step_.stats_.directory_changes.add();
    entry_.body = c;
    add(c.tenant_id, c.published_time, position);
  }

  void command(const Command& c, const SourcePosition& position) override {
    step_.stats_.commands.add();
    entry_.body = c;
    add(c.tenant_id, c.at, position);
  }

  void dead_letter(DeadLetter&& letter) override {
    step_.stats_.dead_letters[static_cast<std::size_t>(letter.reason)].add();
    step_.port_.dead_letter(write_dead_letter(letter));
  }

  void ignored(IgnoredReason reason) override { step_.stats_.ignored[static_cast<std::size_t>(reason)].add(); }

 private:
  /// The entry, whose body is there already.
  void add(const Id& tenant, Time own_time, const SourcePosition& position) {
    entry_.source = position;
    entry_.append_time = arrival_.value_or(own_time);
    step_.add(partition_of(tenant), entry_);
  }

  std::int32_t partition_of(const Id& tenant) {
    const Key128 key = tenant.key();
    if (key != last_tenant_) {
      last_partition_ = journal_partition_of(tenant.str(), step_.options_.journal_partitions);
      last_tenant_ = key;
    }
    return last_partition_;
  }

  IngestStep& step_;
  StatelessMatcher* matcher_;
  std::optional<Time> arrival_;
  JournalEntry entry_;
  std::vector<std::string_view> matched_;
  Key128 last_tenant_{};
  std::int32_t last_partition_ = journal_partition_of("", 1);
};

IngestStep::IngestStep(const IngestOptions& options, JournalPort& port, IngestStats& stats, StatelessMatcher* matcher)
    : options_(options),
      port_(port),
      stats_(stats),
      writers_(static_cast<std::size_t>(options.journal_partitions)),
      pending_in_(static_cast<std::size_t>(options.journal_partitions), 0),
      sink_(std::make_unique<Sink>(*this, matcher)) {
  BARTIZAN_CHECK(options.journal_partitions > 0);
}

IngestStep::~IngestStep() = default;

void IngestStep::step(const RawMessage& message) {
  stats_.messages.add();
  stats_.bytes.add(message.bytes.size());
  DecodeOptions options;
  options.tenant = message.tenant;
  options.arrival = message.arrival;
  options.engine_version = options_.engine_version;
  sink_->begin(message);
  if (message.is_command) {
    decoder_.decode_command(message.bytes, message.position, options, *sink_);
  } else {
    decoder_.decode(message.bytes, message.position, options, *sink_);
  }
}

void IngestStep::add(std::int32_t partition, const JournalEntry& entry) {
  if (pending_in_[static_cast<std::size_t>(partition)] != 0) write_activation(partition, entry.append_time);
  JournalWriter& writer = writers_[static_cast<std::size_t>(partition)];
  writer.add(entry);
  stats_.journal_entries.add();
  if (writer.entries() >= options_.entries_max || writer.size() >= options_.bytes_max) finish(partition);
}

void IngestStep::finish(std::int32_t partition) {
  JournalWriter& writer = writers_[static_cast<std::size_t>(partition)];
  const std::size_t entries = writer.entries();
  if (entries == 0) return;
  std::string message = writer.finish(options_.own_append_times);
  stats_.journal_messages.add();
  stats_.journal_bytes.add(message.size());
  port_.append(partition, std::move(message), entries);
}

void IngestStep::activate(const BundleActivation& activation, std::optional<Time> append_time) {
  pending_ = PendingActivation{std::string{activation.hash}, std::string{activation.previous}, std::string{activation.by},
                               activation.rule_count};
  for (std::int32_t p = 0; p < options_.journal_partitions; ++p) {
    pending_in_[static_cast<std::size_t>(p)] = 1;
    if (append_time) write_activation(p, *append_time);
  }
}

void IngestStep::write_activation(std::int32_t partition, Time append_time) {
  pending_in_[static_cast<std::size_t>(partition)] = 0;
  JournalEntry entry;
  entry.append_time = append_time;
  entry.body = BundleActivation{pending_.hash, pending_.previous, pending_.rule_count, pending_.by};
  add(partition, entry);
}

void IngestStep::tick(std::int32_t journal_partition, Time append_time) {
  JournalEntry entry;
  entry.append_time = append_time;
  entry.body = Tick{};
  stats_.ticks.add();
  add(journal_partition, entry);
}

void IngestStep::flush() {
  for (std::int32_t p = 0; p < options_.journal_partitions; ++p) finish(p);
}

}  // namespace bartizan
