#pragma once
// Everything outside the engine, in memory: a journal, positions, outputs, checkpoints, and the accidents that befall them.

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/pipeline/checkpoint.h"
#include "engine/pipeline/clock.h"
#include "engine/pipeline/transport.h"
#include "tests/support/random_entries.h"

namespace bartizan::test {

/// Thrown in the place of kill -9: whatever was in the process is gone, whatever was durable stays. Not a std::exception, so that
/// nothing in the engine can catch it.
struct Crash {
  const char* point;
};

/// Where and how often things go wrong. The default is: never.
class Accidents {
 public:
  Accidents() : random_(0) {}
  Accidents(std::uint64_t seed, unsigned per_thousand) : random_(seed), per_thousand_(per_thousand) {}
  /// Crashes here, by chance. `rarity`: for points passed very often, one in so many counts.
  void point(const char* name, unsigned rarity = 1);
  /// An unlucky answer, by chance.
  bool strikes(const char* name, unsigned rarity = 1);
  const std::map<std::string, unsigned>& seen() const { return seen_; }
  void stop() { per_thousand_ = 0; }

 private:
  Random random_;
  unsigned per_thousand_ = 0;
  std::map<std::string, unsigned> seen_;
};

/// What survives a crash.
struct MemoryWorld {
  struct Message {
    std::string bytes;
    Time append_time{};
  };
  struct Checkpoint {
    CheckpointMarker marker;
    std::map<std::pair<std::uint32_t, std::string>, std::string> rows;
  };
  explicit MemoryWorld(std::int32_t partitions = 1) : journal(static_cast<std::size_t>(partitions)) {}

  std::vector<std::vector<Message>> journal;
  std::map<std::int32_t, CommittedPosition> positions;
  std::map<std::int32_t, std::vector<OutputRecord>> outputs;
  std::map<std::int32_t, Checkpoint> checkpoints;
  std::map<std::int32_t, std::vector<std::pair<std::int64_t, std::int32_t>>> quarantined;
  std::size_t input_position = 0;  // raw messages committed by INGEST
  std::vector<OutputRecord> dead_letters;
};

/// One line per output: "topic key value".
std::vector<std::string> lines(const std::vector<OutputRecord>& outputs);

/// Moves on by a fixed step at every look, so that intervals pass without waiting.
class StepClock final : public Clock {
 public:
  explicit StepClock(std::chrono::nanoseconds step) : step_(step) {}
  Time now() override { return Time{} + std::chrono::duration_cast<Duration>(now_); }
  std::chrono::nanoseconds steady() override { return now_ += step_; }

 private:
  std::chrono::nanoseconds step_;
  std::chrono::nanoseconds now_{};
};

class MemoryDetectTransport final : public DetectTransport {
 public:
  MemoryDetectTransport(MemoryWorld& world, Accidents& accidents, std::set<std::int32_t> assigned);
  std::vector<std::int32_t> assigned() const override { return {assigned_.begin(), assigned_.end()}; }
  void assign_at(std::int32_t partition, std::int64_t offset) override { next_[partition] = offset; }
  void pause(std::int32_t partition) override { paused_.insert(partition); }
  void resume(std::int32_t partition) override { paused_.erase(partition); }
  std::span<const JournalMessage> poll(std::size_t max, Duration timeout) override;
  bool exhausted() const override;
  void emit(std::int32_t partition, OutputRecord&& record) override;
  CommitResult commit(const std::map<std::int32_t, CommittedPosition>& positions) override;
  std::optional<CommittedPosition> committed_position(std::int32_t partition) override;
  void drop_unit() override { unit_.clear(); }
  bool quarantine(std::int32_t partition, std::int64_t offset, std::int32_t index) override {
    world_.quarantined[partition].emplace_back(offset, index);
    return true;
  }
  std::vector<std::pair<std::int64_t, std::int32_t>> quarantined(std::int32_t partition) override { return world_.quarantined[partition]; }

  /// From the next poll on.
  void reassign(std::set<std::int32_t> partitions) { reassigned_ = std::move(partitions); }

 private:
  void apply(const std::map<std::int32_t, CommittedPosition>& positions);

  MemoryWorld& world_;
  Accidents& accidents_;
  std::set<std::int32_t> assigned_;
  std::optional<std::set<std::int32_t>> reassigned_;
  std::set<std::int32_t> paused_;
  std::map<std::int32_t, std::int64_t> next_;
  std::vector<JournalMessage> polled_;
  std::vector<std::pair<std::int32_t, OutputRecord>> unit_;
};

class MemoryCheckpointStore final : public CheckpointStore {
 public:
  MemoryCheckpointStore(MemoryWorld& world, Accidents& accidents) : world_(world), accidents_(accidents) {}
  Status begin(std::int32_t partition, std::int64_t next_offset) override;
  void put(std::uint32_t table, std::string_view key, std::string_view bytes) override;
  void erase(std::uint32_t table, std::string_view key) override;
  bool delivered() override { return !accidents_.strikes("checkpoint not delivered yet"); }
  Status commit(const CheckpointMarker& marker) override;
  std::optional<CheckpointMarker> marker(std::int32_t partition) override;
  Status load(std::int32_t partition, std::int64_t committed_next_offset,
              const std::function<bool(std::uint32_t, std::string_view, std::string_view)>& row) override;
  void abandon() override { open_.reset(); }

 private:
  MemoryWorld& world_;
  Accidents& accidents_;
  std::optional<MemoryWorld::Checkpoint> open_;
  std::int32_t open_partition_ = 0;
};

/// Raw messages from a list.
class MemoryIngestTransport final : public IngestTransport {
 public:
  MemoryIngestTransport(MemoryWorld& world, Accidents& accidents, const std::vector<std::pair<SourcePosition, std::string>>& input);
  std::span<const RawMessage> poll(std::size_t max, Duration timeout) override;
  bool exhausted() const override { return next_ == input_.size(); }
  std::int32_t journal_partitions() const override { return static_cast<std::int32_t>(world_.journal.size()); }
  bool own_append_times() const override { return true; }
  void append(std::int32_t journal_partition, std::string message) override;
  void dead_letter(OutputRecord&& letter) override { letters_.push_back(std::move(letter)); }
  bool commit() override;
  Time now() override { return Time{}; }

 private:
  MemoryWorld& world_;
  Accidents& accidents_;
  const std::vector<std::pair<SourcePosition, std::string>>& input_;
  std::size_t next_;
  std::vector<std::string> padded_;
  std::vector<RawMessage> polled_;
  std::vector<OutputRecord> letters_;
};

}  // namespace bartizan::test
