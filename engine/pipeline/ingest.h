#pragma once
// Raw messages to journal messages.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/codec/journal.h"
#include "engine/codec/record_decoder.h"
#include "engine/model/journal_entry.h"
#include "engine/model/output.h"
#include "engine/pipeline/journal_partition.h"
#include "engine/pipeline/stats.h"
#include "engine/pipeline/transport.h"

namespace bartizan {

/// Where finished journal messages and dead letters go.
class JournalPort {
 public:
  virtual ~JournalPort() = default;
  virtual void append(std::int32_t journal_partition, std::string message, std::size_t entries) = 0;
  virtual void dead_letter(OutputRecord&& letter) = 0;
};

/// Names the stateless rules that a sign-in matches; asked once per sign-in, before it enters the journal.
class StatelessMatcher {
 public:
  virtual ~StatelessMatcher() = default;
  /// Appends rule ids that live at least until the next call; at most kMatchedRulesMax.
  virtual void match(const SignIn& e, std::vector<std::string_view>& rule_ids) = 0;
};

struct IngestOptions {
  std::int32_t journal_partitions = 1;
  /// Entries carry their own append time (embedded transport, replay); otherwise the broker's holds.
  bool own_append_times = true;
  /// A journal message is finished at this many entries or about this many bytes.
  std::size_t entries_max = 256;
  std::size_t bytes_max = 256 * 1024;
  std::string engine_version = BARTIZAN_VERSION;
};

/// Stateless: decodes, asks the matcher, packs. One per INGEST thread.
///
/// The append time of an entry is the moment given with its message, or, where the message came without one (replay), the record's own
/// published time; DETECT takes the running maximum of a partition as journal time, so that a repeat after a crash changes nothing.
/// Entries of one source partition keep their order within each journal partition.
class IngestStep {
 public:
  IngestStep(const IngestOptions& options, JournalPort& port, IngestStats& stats, StatelessMatcher* matcher = nullptr);
  ~IngestStep();

  void step(const RawMessage& message);
  /// To all partitions: from here on the bundle holds. Without a time (no clock: replay) it enters each partition just before the next
  /// entry there, at that entry's append time.
  void activate(const BundleActivation& activation, std::optional<Time> append_time);
  void tick(std::int32_t journal_partition, Time append_time);
  /// Finishes what was begun. Call before a commit.
  void flush();

 private:
  class Sink;
  void add(std::int32_t partition, const JournalEntry& entry);
  void finish(std::int32_t partition);
  void write_activation(std::int32_t partition, Time append_time);
  /// What waits for the next entry of a partition; owns its text.
  struct PendingActivation {
    std::string hash, previous, by;
    std::uint32_t rule_count = 0;
  };

  IngestOptions options_;
  JournalPort& port_;
  IngestStats& stats_;
  RecordDecoder decoder_;
  std::vector<JournalWriter> writers_;  // by partition
  PendingActivation pending_;
  std::vector<std::uint8_t> pending_in_;  // by partition: the activation is still to be written
  std::unique_ptr<Sink> sink_;
};

}  // namespace bartizan
