#pragma once
// The embedded journal: per partition a folder of segments, appended by INGEST and read by DETECT and `journal dump`.

#include <condition_variable>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "connectors/embedded/journal_segment.h"
#include "engine/model/result.h"
#include "engine/model/time.h"

namespace bartizan::embedded {

struct JournalLimits {
  std::uint64_t segment_bytes = kSegmentBytesMax;
  int zstd_level = 1;  // 3 saves 2 % of the bytes for twice the time (tests/bench/embedded.bench.cpp)
  /// Old segments go when both DETECT's checkpoint is past them and one of these is exceeded.
  std::uint64_t keep_bytes = 64ULL << 30;        // of all partitions together
  Duration keep_for{std::chrono::hours{24 * 30}};
};

/// A message as the journal keeps it.
struct StoredMessage {
  std::int64_t offset = 0;
  Time append_time{};
  std::string bytes;
};

/// Reads one partition's messages in order, in this process or beside a writer at work (read only, no lock).
class JournalCursor {
 public:
  /// `folder`: of the partition.
  explicit JournalCursor(std::string folder) : folder_(std::move(folder)) {}
  /// Error `journal_gone` when the journal begins after `offset`.
  Status seek(std::int64_t offset);
  /// The next message below `limit`; false: none (yet). Error `journal_damaged`: a gap, or a broken frame with more behind it.
  Result<bool> next(std::int64_t limit, StoredMessage& out);
  std::int64_t offset() const { return offset_; }

 private:
  Status open_segment();
  std::string folder_;
  std::int64_t offset_ = 0;
  std::optional<SegmentReader> reader_;
  FrameReader unpacker_;
};
/// First offset kept; no value for an empty partition.
std::optional<std::int64_t> journal_start(const std::string& folder);
std::string journal_folder(const std::string& state_dir, std::int32_t partition);
/// Partitions that have a folder, in order.
std::vector<std::int32_t> journal_partitions_in(const std::string& state_dir);

/// The writing end of all partitions. Messages are buffered until flush(); what flush() made durable is never cut again. After a crash a
/// tail that is no whole frame is cut off: nobody can have read it, because readers in this process stop at durable_end().
class JournalFiles {
 public:
  JournalFiles(std::string state_dir, std::int32_t partitions, JournalLimits limits);
  /// Finds the ends. `committed_ends`: next offsets that were durable for sure; a journal that ends before is refused
  /// (`journal_damaged`, `journal_gone`).
  Status open(const std::vector<std::int64_t>& committed_ends);
  void append(std::int32_t partition, std::string_view message, Time append_time);
  /// Writes and syncs everything appended. On an error nothing is lost: call again.
  Status flush();
  /// First offset that is not durable yet. Any thread.
  std::int64_t durable_end(std::int32_t partition) const;
  /// Waits until something was flushed since `flushes()` gave `seen`, at most `timeout`. Any thread.
  void wait(std::uint64_t seen, Duration timeout) const;
  std::uint64_t flushes() const;
  std::int32_t partitions() const { return static_cast<std::int32_t>(tails_.size()); }
  /// Append time of the newest message found by open().
  Time last_append_time() const { return last_append_time_; }
  /// Drops old segments (JournalLimits) that hold only offsets below `keep_from` of their partition.
  Status trim(const std::vector<std::int64_t>& keep_from, Time now);

 private:
  struct Tail {
    std::string folder;
    Fd fd;
    std::string path;
    std::uint64_t bytes = 0;         // of the open segment, whole frames only
    std::int64_t next_offset = 0;    // including pending ones
    std::int64_t durable = 0;
    std::string pending;             // frames not written yet
    std::int64_t pending_from = 0;
    Time newest{};
    bool unsynced = false;
    std::uint64_t unsynced_bytes = 0;
  };
  Status open_tail(Tail& tail, std::int64_t committed_end);
  Status scan(Tail& tail, const Segment& segment, std::int64_t committed_end);
  Status start_segment(Tail& tail, std::int64_t first_offset);
  Status write_pending(Tail& tail);
  Status sync(Tail& tail);

  JournalLimits limits_;
  FrameWriter packer_;
  std::vector<Tail> tails_;
  Time last_append_time_{};
  Status failed_ = Ok{};  // a sync failed: what the disk holds is unknown until the next start checks it
  std::uint64_t flushes_ = 0;
  mutable std::mutex mutex_;  // guards Tail::durable and flushes_
  mutable std::condition_variable flushed_;
};

}  // namespace bartizan::embedded
