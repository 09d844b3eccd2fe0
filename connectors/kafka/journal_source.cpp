#include "connectors/kafka/journal_source.h"

#include <chrono>

#include "connectors/kafka/group.h"
#include "connectors/kafka/offset_metadata.h"
#include "connectors/kafka/reader.h"
#include "connectors/kafka/state_rows.h"
#include "connectors/kafka/topics.h"

namespace bartizan::kafka {
namespace {

constexpr std::chrono::seconds kAskMax{30};
constexpr std::int64_t kLookBack = 1'000;  // offsets; each further look goes back eight times as far

/// A reader that answers questions for one group. It never joins.
Result<ClientPtr> group_reader(const KafkaOptions& options, std::string_view role) {
  auto conf = base_conf(options, "status");
  if (!conf.ok()) return conf.error();
  set(conf.value().get(), "group.id", group_of(options, role));
  set(conf.value().get(), "enable.auto.commit", "false");
  set(conf.value().get(), "isolation.level", "read_committed");
  return make_client(RD_KAFKA_CONSUMER, std::move(conf.value()));
}

Status positions_on(rd_kafka_t* reader, const std::string& name, Pulse& pulse, std::vector<GroupPosition>& out) {
  const auto count = partition_count(reader, name, pulse, kAskMax);
  if (!count.ok()) return count.error();
  std::vector<std::int32_t> partitions;
  for (std::int32_t p = 0; p < count.value(); ++p) partitions.push_back(p);
  const auto committed = committed_offsets(reader, name, partitions, pulse, kAskMax);
  if (!committed.ok()) return committed.error();
  for (const std::int32_t p : partitions) {
    const auto ends = watermarks(reader, name, p, pulse, kAskMax);
    if (!ends.ok()) return ends.error();
    GroupPosition position;
    position.topic = name;
    position.partition = p;
    position.first = ends.value().low;
    position.end = ends.value().high;
    if (const auto it = committed.value().find(p); it != committed.value().end()) {
      position.committed = it->second.next_offset;
      position.output_hash = read_hash_metadata(it->second.metadata).value_or(0);
    }
    out.push_back(std::move(position));
  }
  return Ok{};
}

/// The committed records of one state partition.
Result<HeldCheckpoint> read_state(const KafkaOptions& options, std::int32_t partition, Pulse& pulse) {
  const std::string name = topic(options, "state");
  auto reader = make_reader(options, "status", Isolation::uncommitted);
  if (!reader.ok()) return reader.error();
  const auto ends = watermarks(reader.value().get(), name, partition, pulse, kAskMax);
  if (!ends.ok()) return ends.error();
  HeldCheckpoint held{partition};
  const Status read = read_stretch(options, name, partition, ends.value().low, ends.value().high, Isolation::committed, pulse, [&](const rd_kafka_message_t& m) {
    const std::string_view key{static_cast<const char*>(m.key), m.key_len};
    const std::string_view value{static_cast<const char*>(m.payload), m.len};
    if (!read_row_key(key)) held.add(key, m.payload == nullptr ? nullptr : &value);
    return true;
  });
  if (!read.ok()) return read.error();
  return held;
}

}  // namespace

class JournalSource::Impl {
 public:
  Impl(const KafkaOptions& options, Pulse* pulse) : options_(options), pulse_(pulse == nullptr ? own_pulse_ : *pulse), topic_(topic(options, "journal")) {}

  Status open() {
    auto reader = make_reader(options_, "journal", Isolation::uncommitted);
    if (!reader.ok()) return reader.error();
    const auto count = partition_count(reader.value().get(), topic_, pulse_, kAskMax);
    if (!count.ok()) return count.error();
    if (count.value() != options_.journal_partitions) {
      return Error{"partition_count", topic_ + " has " + std::to_string(count.value()) + " partitions, the configuration says " +
                                          std::to_string(options_.journal_partitions)};
    }
    for (std::int32_t p = 0; p < count.value(); ++p) {
      const auto ends = watermarks(reader.value().get(), topic_, p, pulse_, kAskMax);
      if (!ends.ok()) return ends.error();
      ends_.push_back(ends.value());
    }
    return Ok{};
  }

  Status read(std::int32_t partition, std::int64_t from, const std::function<bool(const JournalMessage&)>& visit) {
    const Watermarks& ends = ends_.at(static_cast<std::size_t>(partition));
    return read_stretch(options_, topic_, partition, std::max(from, ends.low), ends.high, Isolation::uncommitted, pulse_, [&](const rd_kafka_message_t& m) {
      JournalMessage message;
      message.partition = partition;
      message.offset = m.offset;
      message.append_time = time_from_ms(rd_kafka_message_timestamp(&m, nullptr));
      message.bytes = {static_cast<const char*>(m.payload), m.len};
      return visit(message);
    });
  }

  Result<std::vector<std::pair<std::int64_t, std::int32_t>>> quarantined(std::int32_t partition) {
    auto held = read_state(options_, partition, pulse_);
    if (!held.ok()) return held.error();
    return held.value().quarantined();
  }

  const std::vector<Watermarks>& ends() const { return ends_; }

 private:
  KafkaOptions options_;
  Pulse own_pulse_;
  Pulse& pulse_;
  std::string topic_;
  std::vector<Watermarks> ends_;
};

JournalSource::JournalSource(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
JournalSource::~JournalSource() = default;

Result<std::unique_ptr<JournalSource>> JournalSource::open(const KafkaOptions& options, Pulse* pulse) {
  auto impl = std::make_unique<Impl>(options, pulse);
  if (const Status s = impl->open(); !s.ok()) return s.error();
  return std::unique_ptr<JournalSource>{new JournalSource{std::move(impl)}};
}

std::int32_t JournalSource::partitions() const { return static_cast<std::int32_t>(impl_->ends().size()); }
std::int64_t JournalSource::first(std::int32_t partition) const { return impl_->ends().at(static_cast<std::size_t>(partition)).low; }
std::int64_t JournalSource::end(std::int32_t partition) const { return impl_->ends().at(static_cast<std::size_t>(partition)).high; }
Status JournalSource::read(std::int32_t partition, std::int64_t from, const std::function<bool(const JournalMessage&)>& visit) {
  return impl_->read(partition, from, visit);
}
Result<std::vector<std::pair<std::int64_t, std::int32_t>>> JournalSource::quarantined(std::int32_t partition) { return impl_->quarantined(partition); }

Result<std::vector<GroupPosition>> detect_positions(const KafkaOptions& options) {
  auto reader = group_reader(options, "detect");
  if (!reader.ok()) return reader.error();
  Pulse pulse;
  std::vector<GroupPosition> out;
  if (const Status s = positions_on(reader.value().get(), topic(options, "journal"), pulse, out); !s.ok()) return s.error();
  return out;
}

Result<std::vector<GroupPosition>> ingest_positions(const KafkaOptions& options) {
  auto reader = group_reader(options, "ingest");
  if (!reader.ok()) return reader.error();
  Pulse pulse;
  std::vector<GroupPosition> out;
  for (const InputTopic& input : options.inputs) {
    if (const Status s = positions_on(reader.value().get(), input.topic, pulse, out); !s.ok()) return s.error();
  }
  if (const Status s = positions_on(reader.value().get(), topic(options, "commands"), pulse, out); !s.ok()) return s.error();
  return out;
}

Result<std::optional<CheckpointMarker>> checkpoint_marker(const KafkaOptions& options, std::int32_t partition) {
  const std::string name = topic(options, "state");
  Pulse pulse;
  const auto reader = make_reader(options, "status", Isolation::committed);
  if (!reader.ok()) return reader.error();
  const auto ends = watermarks(reader.value().get(), name, partition, pulse, kAskMax);
  if (!ends.ok()) return ends.error();
  // A marker is the last record of its checkpoint, so the newest one stands just below the last stable offset, whatever is being written.
  std::optional<CheckpointMarker> marker;
  std::int64_t end = ends.value().high;
  for (std::int64_t back = kLookBack; !marker && end > ends.value().low; back *= 8) {
    const std::int64_t from = std::max(ends.value().low, end - back);
    const Status read = read_stretch(options, name, partition, from, end, Isolation::committed, pulse, [&](const rd_kafka_message_t& m) {
      const bool is_marker = m.payload != nullptr && std::string_view{static_cast<const char*>(m.key), m.key_len} == kMarkerKey;
      if (is_marker) marker = read_marker({static_cast<const char*>(m.payload), m.len}, partition);
      return true;
    });
    if (!read.ok()) return read.error();
    end = from;
  }
  return marker;
}

}  // namespace bartizan::kafka
