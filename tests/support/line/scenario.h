#pragma once
// A mixed history of a small world, drawn from a seed: what the tests of the fold feed it.

#include <cstdint>
#include <deque>
#include <string>
#include <utility>
#include <vector>

#include "engine/model/journal_entry.h"
#include "tests/support/line/memory_world.h"
#include "tests/support/random_entries.h"

namespace bartizan::test {

/// Two tenants with a dozen users; three source partitions, one of them hours behind; failures in a row, new hosts, re-sent copies of all
/// kinds, repeats by position, records far too late and from the year 9999, commands good and bad, silences, ticks, three bundles.
class Scenario {
 public:
  Scenario(std::uint64_t seed, std::size_t entries);
  const std::vector<JournalEntry>& entries() const { return entries_; }
  /// Packs the entries into one partition's messages of 1 to `pack_max` entries, by chance of `seed`.
  std::vector<MemoryWorld::Message> messages(std::uint64_t seed, std::size_t pack_max) const;
  /// By tenant into several partitions (the activations and ticks into each).
  void fill(MemoryWorld& world, std::uint64_t seed, std::size_t pack_max) const;

 private:
  struct SourceState {
    Source source;
    std::int64_t offset = 0;
    Duration behind{};
  };
  void step();
  void add_sign_in();
  void add_copy();
  void add_command();
  void add_repeat();
  void add(SignIn e);
  SignIn sign_in();
  std::string_view text(std::string s) { return texts_.emplace_back(std::move(s)); }
  void activate(char name);

  Random random_;
  Time now_ = time_from_ms(1'767'225'600'000);  // 2026-01-01
  std::deque<std::string> texts_;
  std::vector<SourceState> sources_;
  std::vector<SignIn> sent_;
  std::vector<Command> commands_;
  std::int64_t command_offset_ = 0;
  std::vector<JournalEntry> entries_;
  unsigned streak_user_ = 0;
  unsigned streak_left_ = 0;
};

}  // namespace bartizan::test
