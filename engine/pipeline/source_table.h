#pragma once
// Highest applied position and event time of every source partition: what makes repeats vanish and the watermark honest.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "engine/detect/rule_set.h"
#include "engine/model/source_position.h"
#include "engine/model/state_rows.h"
#include "engine/model/time.h"

namespace bartizan {

/// Clocks of one journal partition, all of them functions of the entries read so far.
///
/// Journal time is the running maximum of append times. The watermark is the minimum over the source partitions that are not idle
/// of their event-time maximum, minus lateness; it never goes back, and stands still while all are idle. A source partition is idle
/// when journal time has gone on by `idle_after` without an event of it; a jump of journal time counts as kIdleStepMax at most,
/// because nothing arrived meanwhile from anybody: after an outage of ours no source is declared idle before it could deliver.
///
/// A jump of append time by more than kLeapMax is believed only when kLeapEntries entries in a row agree on it to within a day: in a
/// replay the append time is what a record says of itself, and one record from the year 2098 must not expire the world.
///
/// Holds at most kSourcesMax partitions; forgets one after kForgetAfter without an entry, or the longest unseen when full (counted).
class SourceTable : public StatePart {
 public:
  static constexpr std::size_t kSourcesMax = 65'536;
  static constexpr Duration kForgetAfter = std::chrono::hours{24 * 35};
  static constexpr Duration kIdleStepMax = std::chrono::seconds{60};
  static constexpr Duration kLeapMax = std::chrono::hours{24 * 400};
  static constexpr std::uint32_t kLeapEntries = 8;

  void set_settings(const EngineSettings& settings);
  /// Takes note of an entry's append time.
  void advance(Time append_time);
  /// False: the position is not above the highest applied one of its partition, so this is a repeat.
  bool admit(const SourcePosition& position);
  /// Takes note of the event time of the entry just admitted. Not called for late events: they say nothing about their partition's
  /// present.
  void note_event(Time event_time);

  Time journal_time() const { return journal_time_; }
  Time watermark() const { return watermark_; }
  std::uint64_t evictions() const { return evictions_; }

  void save(RowSink& sink, bool all) const override;
  void saved() override;
  bool load(std::string_view key, std::string_view bytes) override;
  /// After the last row: rebuilds what is derived.
  void loaded() { rescan(); }
  std::size_t bytes() const override;
  std::size_t rows() const override { return rows_.size(); }

 private:
  struct Row {
    Key128 key;
    std::int64_t offset = -1;
    std::int32_t index = -1;
    bool has_event = false;
    bool active = false;  // derived: stands in active_
    bool dirty = true;
    Time event_max{};
    Duration last_active{};  // on the idle clock
    Time last_seen{};        // journal time
  };
  std::uint32_t row_of(const SourcePosition& position);
  std::uint32_t insert(const Key128& key);
  void erase(std::uint32_t at);
  void forget();
  void rescan();
  bool is_idle(const Row& row) const { return idle_clock_ - row.last_active > idle_after_; }
  bool believe(Time append_time);
  void save_clocks(RowSink& sink) const;

  Duration lateness_ = EngineSettings{}.lateness;
  Duration idle_after_ = EngineSettings{}.idle_after;
  Time journal_time_{};
  Time watermark_{};
  Duration idle_clock_{};  // journal time with its jumps cut
  Time leap_{};            // where the last entries that leapt want to be
  std::uint32_t leap_entries_ = 0;
  std::int64_t forget_step_ = 0;
  std::uint64_t evictions_ = 0;

  std::vector<Row> rows_;
  absl::flat_hash_map<Key128, std::uint32_t, Key128Hash> index_;
  std::vector<std::string> erased_;  // keys of rows gone since saved()
  // Derived, rebuilt by rescan().
  std::vector<std::uint32_t> active_;
  std::uint32_t lowest_ = 0;       // row with the least event_max among active_
  Duration next_idle_{};           // no active row is idle before the idle clock passes this
  // The last source looked up, with its own text: batches mostly come from one.
  std::string last_input_, last_topic_, last_file_;
  Source last_source_;
  std::uint32_t last_row_ = 0;
  bool has_last_ = false;
};

}  // namespace bartizan
