#pragma once
// A Shard by itself: folding messages, and its state as rows.

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "engine/pipeline/shard.h"
#include "tests/support/line/memory_world.h"
#include "tests/support/line/small_rules.h"

namespace bartizan::test {

using Rows = std::map<std::pair<std::uint32_t, std::string>, std::string>;

/// Rows of a save, and the keys that it erases.
struct Image final : TableSink {
  Rows rows;
  Rows erased;  // values are empty
  void put(StateTable table, std::string_view key, std::string_view bytes) override {
    rows[{static_cast<std::uint32_t>(table), std::string{key}}] = bytes;
  }
  void erase(StateTable table, std::string_view key) override {
    rows.erase({static_cast<std::uint32_t>(table), std::string{key}});
    erased[{static_cast<std::uint32_t>(table), std::string{key}}];
  }
};

struct CollectedOutputs final : OutputSink {
  std::vector<OutputRecord> records;
  void emit(OutputRecord&& record) override { records.push_back(std::move(record)); }
};

/// A shard with everything it needs, on the small rules.
struct Fold {
  explicit Fold(std::int32_t partition = 0) : shard(partition, std::make_shared<SmallRules>(), stats) {}
  /// Outputs of message `offset`; fails the test program on an error.
  std::vector<std::string> step(const MemoryWorld::Message& message, std::int64_t offset);
  Image image(bool all) const;
  /// Fails the test program when a row is refused.
  void load(const CheckpointMarker& marker, const Rows& rows);

  DetectStats stats;
  Shard shard;
};

/// Where two sets of rows differ, for people; empty when equal.
std::string difference(const Rows& a, const Rows& b);

/// Audit ids are journal positions, so they depend on how entries were packed: the same lines without them.
std::vector<std::string> without_positions(std::vector<std::string> lines);

}  // namespace bartizan::test
