#include "tests/support/line/memory_world.h"

#include <algorithm>

#include "engine/codec/record_decoder.h"

namespace bartizan::test {

void Accidents::point(const char* name, unsigned rarity) {
  if (strikes(name, rarity)) throw Crash{name};
}

bool Accidents::strikes(const char* name, unsigned rarity) {
  if (per_thousand_ == 0 || random_.below(std::uint64_t{1000} * rarity) >= per_thousand_) return false;
  ++seen_[name];
  return true;
}

std::vector<std::string> lines(const std::vector<OutputRecord>& outputs) {
  std::vector<std::string> all;
  all.reserve(outputs.size());
  for (const OutputRecord& o : outputs) all.push_back(std::string{topic_name(o.topic)} + ' ' + o.key + ' ' + o.value);
  return all;
}

// ------------------------------------------------------------------------------------------------ DETECT

MemoryDetectTransport::MemoryDetectTransport(MemoryWorld& world, Accidents& accidents, std::set<std::int32_t> assigned)
    : world_(world), accidents_(accidents), assigned_(std::move(assigned)) {}

std::span<const JournalMessage> MemoryDetectTransport::poll(std::size_t max, Duration) {
  accidents_.point("poll");
  polled_.clear();
  if (reassigned_) {
    assigned_ = *std::exchange(reassigned_, std::nullopt);
    std::erase_if(next_, [&](const auto& n) { return !assigned_.contains(n.first); });
  }
  for (auto& [partition, next] : next_) {
    if (paused_.contains(partition)) continue;
    const auto& messages = world_.journal[static_cast<std::size_t>(partition)];
    for (; polled_.size() < max && next < static_cast<std::int64_t>(messages.size()); ++next) {
      const MemoryWorld::Message& m = messages[static_cast<std::size_t>(next)];
      polled_.push_back(JournalMessage{partition, next, m.append_time, m.bytes});
    }
  }
  return polled_;
}

bool MemoryDetectTransport::exhausted() const {
  return std::all_of(assigned_.begin(), assigned_.end(), [&](std::int32_t p) {
    const auto at = next_.find(p);
    return at != next_.end() && at->second == static_cast<std::int64_t>(world_.journal[static_cast<std::size_t>(p)].size());
  });
}

void MemoryDetectTransport::emit(std::int32_t partition, OutputRecord&& record) {
  accidents_.point("emit", 3);
  unit_.emplace_back(partition, std::move(record));
}

void MemoryDetectTransport::apply(const std::map<std::int32_t, CommittedPosition>& positions) {
  for (auto& [partition, record] : unit_) world_.outputs[partition].push_back(std::move(record));
  unit_.clear();
  for (const auto& [partition, position] : positions) world_.positions[partition] = position;
}

CommitResult MemoryDetectTransport::commit(const std::map<std::int32_t, CommittedPosition>& positions) {
  accidents_.point("before commit");
  if (accidents_.strikes("retry")) return CommitResult::retry_same_bytes;
  if (accidents_.strikes("ownership lost")) return CommitResult::ownership_lost;
  if (accidents_.strikes("unknown, not committed")) return CommitResult::unknown;
  const bool unknown = accidents_.strikes("unknown, committed");
  apply(positions);
  accidents_.point("after commit");
  return unknown ? CommitResult::unknown : CommitResult::committed;
}

std::optional<CommittedPosition> MemoryDetectTransport::committed_position(std::int32_t partition) {
  accidents_.point("committed position");
  const auto at = world_.positions.find(partition);
  return at == world_.positions.end() ? std::nullopt : std::optional{at->second};
}

// ------------------------------------------------------------------------------------------------ checkpoints

Status MemoryCheckpointStore::begin(std::int32_t partition, std::int64_t) {
  accidents_.point("checkpoint begin");
  if (accidents_.strikes("checkpoint refused")) return Error{"io", "refused"};
  open_partition_ = partition;
  open_ = world_.checkpoints[partition];
  return Ok{};
}

void MemoryCheckpointStore::put(std::uint32_t table, std::string_view key, std::string_view bytes) {
  accidents_.point("checkpoint put", 100);
  open_->rows[{table, std::string{key}}] = bytes;
}

void MemoryCheckpointStore::erase(std::uint32_t table, std::string_view key) { open_->rows.erase({table, std::string{key}}); }

Status MemoryCheckpointStore::commit(const CheckpointMarker& marker) {
  accidents_.point("before checkpoint commit");
  if (accidents_.strikes("checkpoint commit failed")) return Error{"io", "failed"};
  open_->marker = marker;
  world_.checkpoints[open_partition_] = std::move(*open_);
  open_.reset();
  accidents_.point("after checkpoint commit");
  return Ok{};
}

std::optional<CheckpointMarker> MemoryCheckpointStore::marker(std::int32_t partition) {
  const auto at = world_.checkpoints.find(partition);
  if (at == world_.checkpoints.end() || at->second.rows.empty()) return std::nullopt;
  return at->second.marker;
}

Status MemoryCheckpointStore::load(std::int32_t partition, std::int64_t committed_next_offset,
                                   const std::function<bool(std::uint32_t, std::string_view, std::string_view)>& row) {
  const MemoryWorld::Checkpoint& checkpoint = world_.checkpoints.at(partition);
  if (checkpoint.marker.next_offset > committed_next_offset) return Error{"ahead_of_outputs", "checkpoint ahead of outputs"};
  for (const auto& [key, bytes] : checkpoint.rows) {
    accidents_.point("checkpoint load", 200);
    if (!row(key.first, key.second, bytes)) return Error{"bad_checkpoint", "row refused"};
  }
  return Ok{};
}

// ------------------------------------------------------------------------------------------------ INGEST

MemoryIngestTransport::MemoryIngestTransport(MemoryWorld& world, Accidents& accidents,
                                             const std::vector<std::pair<SourcePosition, std::string>>& input)
    : world_(world), accidents_(accidents), input_(input), next_(world.input_position) {}

std::span<const RawMessage> MemoryIngestTransport::poll(std::size_t max, Duration) {
  accidents_.point("ingest poll");
  padded_.clear();
  polled_.clear();
  const std::size_t end = std::min(input_.size(), next_ + max);
  for (std::size_t i = next_; i < end; ++i) padded_.push_back(input_[i].second + std::string(RecordDecoder::kPadding, '\0'));
  for (std::size_t i = next_; i < end; ++i) {
    RawMessage message;
    message.position = input_[i].first;
    message.bytes = std::string_view{padded_[i - next_]}.substr(0, input_[i].second.size());
    polled_.push_back(message);
  }
  next_ = end;
  return polled_;
}

// Messages become durable one by one, before the positions do: a crash in between leaves repeats.
void MemoryIngestTransport::append(std::int32_t journal_partition, std::string message) {
  accidents_.point("ingest append");
  world_.journal[static_cast<std::size_t>(journal_partition)].push_back(MemoryWorld::Message{std::move(message), Time{}});
}

bool MemoryIngestTransport::commit() {
  accidents_.point("ingest before commit");
  if (accidents_.strikes("ingest commit failed")) return false;
  for (OutputRecord& letter : letters_) world_.dead_letters.push_back(std::move(letter));
  letters_.clear();
  world_.input_position = next_;
  accidents_.point("ingest after commit");
  return true;
}

}  // namespace bartizan::test
