#include "connectors/kafka/state_topic.h"

#include <map>
#include <utility>

#include "connectors/kafka/error_code.h"
#include "connectors/kafka/producer.h"
#include "connectors/kafka/reader.h"
#include "connectors/kafka/state_rows.h"
#include "connectors/kafka/topics.h"
#include "engine/model/check.h"
#include "engine/pipeline/crash_point.h"

namespace bartizan::kafka {
namespace {

constexpr std::size_t kRowBytesMax = 1'000'000;  // of one batch

std::string partition_text(std::int32_t partition) { return "state partition " + std::to_string(partition); }

/// The committed records of one partition as they stand now.
Result<HeldCheckpoint> read_partition(const KafkaOptions& options, rd_kafka_t* uncommitted_reader, std::int32_t partition, Pulse& pulse) {
  const std::string name = topic(options, "state");
#ifdef BARTIZAN_FAULT_RESTORE_TO_STABLE_OFFSET  // only ever defined by a target that tests the tests
  auto stable_reader = make_reader(options, "state", Isolation::committed);
  if (!stable_reader.ok()) return stable_reader.error();
  const auto ends = watermarks(stable_reader.value().get(), name, partition, pulse);
#else
  const auto ends = watermarks(uncommitted_reader, name, partition, pulse);
#endif
  static_cast<void>(uncommitted_reader);
  if (!ends.ok()) return ends.error();
  HeldCheckpoint held{partition};
  bool known = true;
  const Status read = read_stretch(
      options, name, partition, ends.value().low, ends.value().high, Isolation::committed, pulse, [&](const rd_kafka_message_t& m) {
        const std::string_view value{static_cast<const char*>(m.payload), m.len};
        known = held.add({static_cast<const char*>(m.key), m.key_len}, m.payload == nullptr ? nullptr : &value);
        return known;
      });
  if (!read.ok()) return read.error();
  if (!known) return Error{"unknown_version", partition_text(partition) + " holds records of a form that this version does not know"};
  return held;
}

}  // namespace

class StateTopic::Impl {
 public:
  Impl(const KafkaOptions& options, Pulse* pulse)
      : options_(options), pulse_(pulse == nullptr ? own_pulse_ : *pulse), topic_(topic(options, "state")) {}

  Status fence(std::int32_t partition) {
    writers_.erase(partition);
    held_.erase(partition);
    auto writer = new_writer(partition);
    if (!writer.ok()) return writer.error();
    writers_[partition] = std::move(writer.value());
    BARTIZAN_CRASH_POINT("recovery_fenced");
    return Ok{};
  }

  Status begin(std::int32_t partition, std::int64_t next_offset) {
    BARTIZAN_CHECK(open_ == nullptr);
    if (!writers_.contains(partition)) {
      if (const Status s = fence_again(partition, next_offset); !s.ok()) return s;
    }
    Producer& writer = *writers_.at(partition);
    const TxnResult begun = writer.begin();
    if (begun != TxnResult::ok) return give_up(partition, begun);
    open_ = &writer;
    partition_ = partition;
    BARTIZAN_CRASH_POINT("checkpoint_begun");
    return Ok{};
  }

  void put(std::uint32_t table, std::string_view key, const std::string_view* bytes) {
    key_.clear();
    append_row_key(key_, table, key);
    open_->send_row(open_->handle(topic_), partition_, key_, bytes);
    if ((++rows_ & 1023) == 0) {
      pulse_.beat();
      open_->serve();
    }
    BARTIZAN_CRASH_POINT("checkpoint_row");
  }

  bool delivered() { return open_ == nullptr || open_->settled(); }

  /// Ends the transaction with one more record.
  Status seal(std::string_view key, std::string_view value) {
    Producer& writer = *open_;
    writer.send_row(writer.handle(topic_), partition_, key, &value);
    TxnResult result = writer.flush(options_.checkpoint_timeout) ? TxnResult::ok : TxnResult::must_abort;
    BARTIZAN_CRASH_POINT("checkpoint_flushed");
    if (result == TxnResult::ok) result = writer.commit();
    BARTIZAN_CRASH_POINT("checkpoint_committed");
    if (result == TxnResult::ok) {
      open_ = nullptr;
      if (writer.end_was_shaky()) writers_.erase(partition_);
      return Ok{};
    }
    if (result == TxnResult::must_abort) {
      Error error{"checkpoint_failed", partition_text(partition_) + ": " + writer.trouble()};
      abandon();
      return error;
    }
    open_ = nullptr;
    return give_up(partition_, result);
  }

  void abandon() {
    if (open_ == nullptr) return;
    const bool aborted = open_->abort() == TxnResult::ok;
    open_ = nullptr;
    if (!aborted) writers_.erase(partition_);
  }

  std::optional<CheckpointMarker> marker(std::int32_t partition) {
    BARTIZAN_CRASH_POINT("recovery_marker");
    auto reader = asking();
    if (!reader.ok()) return failed(reader.error());
    auto held = read_partition(options_, reader.value(), partition, pulse_);
    if (!held.ok()) return failed(held.error());
    status_ = Ok{};
    quarantined_[partition] = held.value().quarantined();
    const auto marker = held.value().marker();
    if (marker) held_.insert_or_assign(partition, std::move(held.value()));
    return marker;
  }

  Status load(std::int32_t partition, std::int64_t committed_next_offset,
              const std::function<bool(std::uint32_t, std::string_view, std::string_view)>& row) {
    const auto it = held_.find(partition);
    if (it == held_.end()) {
      if (!marker(partition)) return status_.ok() ? Error{"not_found", partition_text(partition) + " has no checkpoint"} : status_;
      return load(partition, committed_next_offset, row);
    }
    const HeldCheckpoint held = std::move(it->second);
    held_.erase(it);
    BARTIZAN_CRASH_POINT("recovery_load");
#ifndef BARTIZAN_FAULT_MARKER_AHEAD
    if (held.marker()->next_offset > committed_next_offset) {
      return Error{"ahead_of_outputs", "the checkpoint of partition " + std::to_string(partition) + " stands at offset " +
                                           std::to_string(held.marker()->next_offset) + ", ahead of the outputs at " +
                                           std::to_string(committed_next_offset)};
    }
#else
    static_cast<void>(committed_next_offset);
#endif
    if (!held.visit(row))
      return Error{"unknown_version", "a row of the checkpoint of partition " + std::to_string(partition) + " cannot be read"};
    return Ok{};
  }

  bool quarantine(std::int32_t partition, std::int64_t offset, std::int32_t index) {
    const auto writer = writers_.find(partition);
    if (writer == writers_.end() || writer->second->begin() != TxnResult::ok) return false;
    open_ = writer->second.get();
    partition_ = partition;
    if (!seal(quarantine_key(offset, index), "1").ok()) return false;
    quarantined_[partition].emplace_back(offset, index);
    return true;
  }

  std::vector<std::pair<std::int64_t, std::int32_t>> quarantined(std::int32_t partition) const {
    const auto it = quarantined_.find(partition);
    return it == quarantined_.end() ? std::vector<std::pair<std::int64_t, std::int32_t>>{} : it->second;
  }

  void release(std::int32_t partition) {
    if (open_ != nullptr && partition_ == partition) abandon();
    writers_.erase(partition);
    held_.erase(partition);
  }

  const Status& status() const { return status_; }
  std::int32_t open_partition() const { return open_ == nullptr ? -1 : partition_; }

 private:
  Result<std::unique_ptr<Producer>> new_writer(std::int32_t partition) {
    ProducerSettings settings;
    settings.transactional_id = options_.group_id + ".state." + std::to_string(partition);
    settings.transaction_timeout = options_.checkpoint_timeout;
    settings.message_bytes_max = kRowBytesMax;
    auto writer = Producer::make(options_, "state", settings, pulse_);
    if (!writer.ok()) return writer.error();
    writer.value()->prepare(topic_);
    const TxnResult done = writer.value()->init();
    if (done != TxnResult::ok) {
      const char* const code = done == TxnResult::interrupted                  ? "interrupted"
                               : means_refused(writer.value()->trouble_code()) ? "not_authorized"
                                                                               : "fence_failed";
      return Error{code, partition_text(partition) + ": " + settings.transactional_id + ": " + writer.value()->trouble()};
    }
    return writer;
  }

  /// A writer made after the recovery may shut out the next owner, so only the owner of the stable position may make one.
  Status fence_again(std::int32_t partition, std::int64_t next_offset) {
    auto writer = new_writer(partition);
    if (!writer.ok()) return writer.error();
    auto reader = asking();
    if (!reader.ok()) return reader.error();
    const auto stable = committed_offsets(reader.value(), topic(options_, "journal"), {partition}, pulse_);
    if (!stable.ok()) return stable.error();
    const auto it = stable.value().find(partition);
    if (it == stable.value().end() || it->second.next_offset != next_offset) {
      return Error{"ownership_lost", partition_text(partition) + ": the group's position is not where this checkpoint stands"};
    }
    writers_[partition] = std::move(writer.value());
    return Ok{};
  }

  /// A client for questions, never assigned; sees uncommitted ends.
  Result<rd_kafka_t*> asking() {
    if (!asking_) {
      auto reader = make_reader(options_, "state", Isolation::uncommitted);
      if (!reader.ok()) return reader.error();
      asking_ = std::move(reader.value());
    }
    return asking_.get();
  }

  std::optional<CheckpointMarker> failed(const Error& error) {
    status_ = error;
    return std::nullopt;
  }

  Error give_up(std::int32_t partition, TxnResult result) {
    Error error{result == TxnResult::interrupted ? "interrupted" : "checkpoint_failed",
                partition_text(partition) + ": " + writers_.at(partition)->trouble()};
    writers_.erase(partition);
    return error;
  }

  KafkaOptions options_;
  Pulse own_pulse_;
  Pulse& pulse_;
  std::string topic_;
  std::map<std::int32_t, std::unique_ptr<Producer>> writers_;
  std::map<std::int32_t, HeldCheckpoint> held_;
  std::map<std::int32_t, std::vector<std::pair<std::int64_t, std::int32_t>>> quarantined_;
  ClientPtr asking_;
  Producer* open_ = nullptr;
  std::int32_t partition_ = -1;  // of the open transaction
  std::string key_;
  std::uint64_t rows_ = 0;
  Status status_ = Ok{};
};

StateTopic::StateTopic(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
StateTopic::~StateTopic() = default;

Result<std::unique_ptr<StateTopic>> StateTopic::open(const KafkaOptions& options, Pulse* pulse) {
  return std::unique_ptr<StateTopic>{new StateTopic{std::make_unique<Impl>(options, pulse)}};
}

Status StateTopic::fence(std::int32_t partition) { return impl_->fence(partition); }
Status StateTopic::begin(std::int32_t partition, std::int64_t next_offset) { return impl_->begin(partition, next_offset); }
void StateTopic::put(std::uint32_t table, std::string_view key, std::string_view bytes) { impl_->put(table, key, &bytes); }
void StateTopic::erase(std::uint32_t table, std::string_view key) { impl_->put(table, key, nullptr); }
bool StateTopic::delivered() { return impl_->delivered(); }
Status StateTopic::commit(const CheckpointMarker& marker) {
  BARTIZAN_CHECK(impl_->open_partition() == marker.partition);
  return impl_->seal(kMarkerKey, write_marker(marker));
}
std::optional<CheckpointMarker> StateTopic::marker(std::int32_t partition) { return impl_->marker(partition); }
Status StateTopic::load(std::int32_t partition, std::int64_t committed_next_offset,
                        const std::function<bool(std::uint32_t, std::string_view, std::string_view)>& row) {
  return impl_->load(partition, committed_next_offset, row);
}
void StateTopic::abandon() { impl_->abandon(); }
bool StateTopic::quarantine(std::int32_t partition, std::int64_t offset, std::int32_t index) {
  return impl_->quarantine(partition, offset, index);
}
std::vector<std::pair<std::int64_t, std::int32_t>> StateTopic::quarantined(std::int32_t partition) const {
  return impl_->quarantined(partition);
}
void StateTopic::release(std::int32_t partition) { impl_->release(partition); }
Status StateTopic::status() const { return impl_->status(); }

}  // namespace bartizan::kafka
