#pragma once
// The whole line in one place: raw messages to outputs, without threads, positions or anything durable. What `replay` runs.

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "engine/model/output.h"
#include "engine/model/result.h"
#include "engine/pipeline/ingest.h"
#include "engine/pipeline/shard.h"
#include "engine/pipeline/stats.h"
#include "engine/pipeline/transport.h"

namespace bartizan {

/// INGEST and DETECT with the journal in memory. Every entry is encoded and decoded, so a replay sees what a live line would.
///
/// Append time is the running maximum of the records' own published times, so two replays of the same messages in the same order give
/// the same bytes. The end of the input is defined: finish() lets journal time go on by 15 minutes, so that every alert revision and risk row
/// that waits for its turn comes out; alerts stay open, since no further watermark closes them.
class ReplayLine {
 public:
  /// `bundle_hash` is activated before the first record; the store must know it.
  ReplayLine(std::shared_ptr<const RuleSetStore> rules, const BundleActivation& bundle, OutputSink& out, IngestOptions options = {});
  ~ReplayLine();

  /// One raw message. An error ends the replay.
  Status step(const RawMessage& message);
  /// Reads `in` to its end; `progress` (optional) is called after each batch with the messages so far, and ends the reading by false.
  Status run(IngestTransport& in, const std::function<bool(std::uint64_t)>& progress = {});
  /// Ends the input. Nothing may follow.
  Status finish();

  const Shard& shard() const { return shard_; }
  DetectStats& detect_stats() { return detect_stats_; }
  IngestStats& ingest_stats() { return ingest_stats_; }

 private:
  class Port;
  static constexpr std::size_t kBatch = 256;

  DetectStats detect_stats_;
  IngestStats ingest_stats_;
  Shard shard_;
  std::unique_ptr<Port> port_;
  IngestStep ingest_;
};

}  // namespace bartizan
