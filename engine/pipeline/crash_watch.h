#pragma once
// What a process leaves behind when it dies in the middle of a step, so that a record that kills every start can be told.

#include <atomic>
#include <cstdint>

namespace bartizan {

/// One partition's mark, in memory that outlives the process (a mapped file in the state folder): two plain stores an entry, nothing to
/// flush. All zero when fresh. Not for power loss, which kills no process by a record.
struct StepMark {
  std::atomic<std::uint64_t> running{0};  // 1: the entry below is being folded
  std::atomic<std::int64_t> offset{0};
  std::atomic<std::int64_t> index{0};
  // Written at starts only: the entry that the last start died in, and how many starts in a row did.
  std::int64_t suspect_offset = 0;
  std::int64_t suspect_index = 0;
  std::uint64_t deaths = 0;
};

/// Gives out the marks. Null: this installation keeps none, and a crash loop stays one.
class CrashWatch {
 public:
  virtual ~CrashWatch() = default;
  virtual StepMark* mark(std::int32_t journal_partition) = 0;
};

/// An entry that was fatal on this many starts in a row is quarantined.
constexpr std::uint64_t kDeathsMax = 3;

}  // namespace bartizan
