#pragma once
// The reading side of `replay FILE...`: files to raw messages, nothing durable.

#include <string>
#include <vector>

#include "connectors/embedded/input_set.h"
#include "connectors/embedded/raw_messages.h"
#include "engine/model/output.h"
#include "engine/pipeline/transport.h"

namespace bartizan::embedded {

/// Reads the inputs once, interleaved by published time (input_set.h). Messages have no arrival: each record's own published time stands
/// for it. What has nowhere to go is refused: append() and commit() are never called by a replay line.
class ReplayInput final : public IngestTransport {
 public:
  /// `dead_letters` gets messages over the size bound; it outlives this.
  ReplayInput(std::vector<InputPattern> inputs, OutputSink& dead_letters, std::string engine_version = BARTIZAN_VERSION);

  std::span<const RawMessage> poll(std::size_t max, Duration timeout) override;
  bool exhausted() const override { return inputs_.exhausted(); }
  std::int32_t journal_partitions() const override { return 1; }
  bool own_append_times() const override { return true; }
  void append(std::int32_t journal_partition, std::string message) override;
  void dead_letter(OutputRecord&& letter) override { dead_letters_.emit(std::move(letter)); }
  bool commit() override;
  Time now() override { return Time{}; }

  /// Files that could not be read, or not to their end; what stood before was read. Complete once exhausted().
  const std::vector<InputProblem>& problems() const { return inputs_.problems(); }
  std::uint64_t bytes_left() const { return inputs_.bytes_left(); }
  std::uint64_t too_large_total() const { return too_large_total_; }

 private:
  InputSet inputs_;
  RawMessages raw_;
  OutputSink& dead_letters_;
  std::uint64_t too_large_total_ = 0;
};

}  // namespace bartizan::embedded
