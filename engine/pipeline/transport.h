#pragma once
// The seam between the engine and the outside: what INGEST and DETECT need of a transport. Kafka, embedded (files + SQLite) and
// in-memory (tests) implement it.

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/model/output.h"
#include "engine/model/result.h"
#include "engine/model/source_position.h"
#include "engine/model/time.h"

namespace bartizan {

// ---------------------------------------------------------------- INGEST

/// One raw message. `bytes` is readable for RecordDecoder::kPadding more bytes and lives until the next poll.
struct RawMessage {
  SourcePosition position;  // index -1
  std::string_view bytes;
  std::optional<Time> arrival;  // absent: the record's own time (replay, `files.arrival: record`)
  bool is_command = false;
  std::string_view tenant;      // configured for the input; empty: none
};

/// At-least-once: positions are committed after everything made from them is durable; a repeat after a crash carries the same
/// source positions, and the fold drops it.
class IngestTransport {
 public:
  virtual ~IngestTransport() = default;
  /// Up to `max` messages; empty after `timeout` without any. Each source partition comes in order.
  virtual std::span<const RawMessage> poll(std::size_t max, Duration timeout) = 0;
  /// No more will ever come (files read to their end with `--once`, standard input closed).
  virtual bool exhausted() const = 0;
  /// Number of journal partitions.
  virtual std::int32_t journal_partitions() const = 0;
  /// Appends one message to a journal partition. `own_append_times`: how the writer must finish its messages.
  virtual bool own_append_times() const = 0;
  virtual void append(std::int32_t journal_partition, std::string message) = 0;
  virtual void dead_letter(OutputRecord&& letter) = 0;
  /// Makes everything appended so far durable, then the source positions polled so far. False: nothing is lost, call again or stop.
  virtual bool commit() = 0;
  /// Append time for entries made now (own_append_times only): the transport's clock, never going back.
  virtual Time now() = 0;
  /// A commit now rather than when it is due: a rebalance waits for it.
  virtual bool wants_commit() const { return false; }
  /// Not ok: nothing will come or go any more, and why.
  virtual Status status() const { return Ok{}; }
};

// ---------------------------------------------------------------- DETECT

struct JournalMessage {
  std::int32_t partition = 0;
  std::int64_t offset = 0;
  Time append_time{};  // of the message (Kafka LogAppendTime); entries may carry their own
  std::string_view bytes;
};

/// What was committed last for a journal partition.
struct CommittedPosition {
  std::int64_t next_offset = 0;       // first offset not yet applied
  std::uint64_t output_hash = 0;      // rolling hash of all output bytes of the partition up to there
};

enum class CommitResult : std::uint8_t { committed, retry_same_bytes, ownership_lost, unknown, fatal };

class DetectTransport {
 public:
  virtual ~DetectTransport() = default;
  /// Partitions owned at the moment; changes only inside poll().
  virtual std::vector<std::int32_t> assigned() const = 0;
  virtual void assign_at(std::int32_t partition, std::int64_t offset) = 0;
  virtual void pause(std::int32_t partition) = 0;
  virtual void resume(std::int32_t partition) = 0;
  /// Up to `max` messages in partition order; valid until the next poll.
  virtual std::span<const JournalMessage> poll(std::size_t max, Duration timeout) = 0;
  /// Everything in the journal at this moment has been polled and no more will come.
  virtual bool exhausted() const = 0;
  /// Adds to the open unit. Buffered until its commit succeeds.
  virtual void emit(std::int32_t partition, OutputRecord&& record) = 0;
  /// Outputs of the open unit and the new positions, atomically. After retry_same_bytes call again without emitting anything.
  virtual CommitResult commit(const std::map<std::int32_t, CommittedPosition>& positions) = 0;
  /// No value: never committed. After a commit that ended `unknown` the transport first makes sure that no older unit of its own can still
  /// become visible (Kafka: new producer with the same transactional id, init_transactions), so the answer is final.
  virtual std::optional<CommittedPosition> committed_position(std::int32_t partition) = 0;
  /// A commit now rather than when it is due: partitions are about to be taken away in good order, and after the commit their state can be
  /// parked instead of dropped.
  virtual bool wants_commit() const { return false; }
  /// Not ok: this transport has ended, and why; its last answer (a position above all) may then be none at all.
  virtual Status status() const { return Ok{}; }
  /// Forgets the open unit's outputs: its commit is known to have succeeded after all, or its shards are dropped and loaded again.
  virtual void drop_unit() {}
  /// The lowest offset that can still be read, where the transport knows it; the worker refuses to start below it.
  virtual std::int64_t first_offset(std::int32_t partition) {
    static_cast<void>(partition);
    return 0;
  }
  /// Makes durable that every later fold passes this entry over (kDeathsMax fatal starts in a row). False: this transport cannot.
  virtual bool quarantine(std::int32_t partition, std::int64_t offset, std::int32_t index) {
    static_cast<void>(partition), static_cast<void>(offset), static_cast<void>(index);
    return false;
  }
  /// What was quarantined, as (offset, index), before and by this process: the worker passes these over.
  virtual std::vector<std::pair<std::int64_t, std::int32_t>> quarantined(std::int32_t partition) {
    static_cast<void>(partition);
    return {};
  }
};

}  // namespace bartizan
