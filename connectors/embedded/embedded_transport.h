#pragma once
// INGEST's and DETECT's transport on one machine: files for topics, SQLite for positions.

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "connectors/embedded/checkpoint_db.h"
#include "connectors/embedded/input_set.h"
#include "connectors/embedded/journal_files.h"
#include "connectors/embedded/output_files.h"
#include "connectors/embedded/position_db.h"
#include "connectors/embedded/state_folder.h"
#include "engine/pipeline/transport.h"

namespace bartizan::embedded {

/// What an entry's append time is: the moment it was read, or the record's own published time (archives: the same files give the same bytes).
enum class Arrival : std::uint8_t { clock, record };

struct EmbeddedOptions {
  std::vector<InputPattern> inputs;
  std::string commands;              // path; empty: state_dir/commands.ndjson
  std::string output;                // folder, or "-" for standard output
  std::string state_dir;
  std::int32_t journal_partitions = 1;
  bool follow = true;                // false (`--once`): the end of the inputs is the end
  Arrival arrival = Arrival::clock;
  JournalLimits journal;
  std::string engine_version = BARTIZAN_VERSION;
};

/// Owns the state folder. ingest() and detect() may be used on one thread in turn, or each on a thread of its own.
///
/// One commit: journal synced -> one SQLite transaction (positions, output bytes as redo rows, expected file lengths) -> bytes appended to
/// the files -> files synced -> redo rows dropped by the next transaction. A crash in between loses nothing and shows nothing twice. Proved
/// against kill -9; against power loss it relies on fdatasync and SQLite's synchronous=FULL.
class EmbeddedTransport {
 public:
  /// Error codes: `locked`, `partition_count` (exit code 3), `journal_damaged`, `journal_gone`, `output_*`, `unknown_version`, and those of
  /// files and SQLite. Inputs that cannot be opened are no error here: see problems().
  static Result<std::unique_ptr<EmbeddedTransport>> open(EmbeddedOptions options);
  ~EmbeddedTransport();

  IngestTransport& ingest();
  DetectTransport& detect();
  CheckpointStore& checkpoints() { return *checkpoints_; }
  const BundleFolder& bundles() const { return bundles_; }

  /// What made the last commit fail, or what cannot be recovered from without a restart. Any thread.
  Status status() const;
  /// Inputs that stopped or never began, oldest first. Ingest's thread.
  const std::vector<InputProblem>& problems() const;
  std::uint64_t input_bytes_left() const;
  /// Messages over the size bound, written as dead letters by this transport itself. Any thread.
  std::uint64_t too_large_total() const { return too_large_total_.load(); }
  /// Entries waiting: journal offsets that DETECT has not polled yet.
  std::int64_t journal_lag(std::int32_t partition) const;
  /// After the last commit: finishes appends, drops redo rows. Nothing may follow.
  Status close();

 private:
  class Ingest;
  class Detect;
  explicit EmbeddedTransport(EmbeddedOptions options, StateLock lock);
  Status start();
  Status check_partitions();
  /// One transaction with the unit's outputs and `positions`, then the appends. `retry`: nothing happened, call again.
  template <class Positions>
  CommitResult commit_unit(const OutputUnit& unit, Positions&& positions);
  void note(const Status& status);
  Status trim_journal();

  EmbeddedOptions options_;
  StateLock lock_;
  BundleFolder bundles_;
  std::unique_ptr<PositionDb> positions_;
  std::unique_ptr<CheckpointDb> checkpoints_;
  std::unique_ptr<OutputFiles> outputs_;
  std::unique_ptr<JournalFiles> journal_;
  std::unique_ptr<Ingest> ingest_;
  std::unique_ptr<Detect> detect_;
  std::atomic<bool> ingest_done_{false};
  std::atomic<std::uint64_t> too_large_total_{0};
  std::mutex commit_mutex_;          // guards positions_ and outputs_
  mutable std::mutex status_mutex_;  // guards status_
  Status status_ = Ok{};
};

}  // namespace bartizan::embedded
