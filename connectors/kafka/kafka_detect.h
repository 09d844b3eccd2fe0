#pragma once
// DETECT's transport on Kafka: the journal in, outputs and positions out in one transaction.

#include <cstdint>
#include <memory>
#include <string>

#include "connectors/kafka/options.h"
#include "connectors/kafka/pulse.h"
#include "connectors/kafka/state_topic.h"
#include "engine/model/result.h"
#include "engine/pipeline/transport.h"

namespace bartizan::kafka {

/// Member of the group `<group_id>.detect` over the journal; one for each DETECT thread.
///
/// A unit's outputs stay in memory until commit(), which sends them, then the positions with the group's generation (metadata: the rolling
/// hash), then ends the transaction. An abort keeps the unit: the same bytes go out again. After a fatal error a new producer with the same
/// transactional id settles what was open (init_transactions), and the stable committed position decides.
///
/// Rebalances are eager. A revocation in good order waits until the worker has committed (wants_commit), so its shards can be parked.
/// Assignment is told to the client once per rebalance, when every partition's start is known: on librdkafka 2.0.2 assigning twice and
/// then losing the partitions aborts the process.
class KafkaDetect {
 public:
  struct Counters {
    std::uint64_t rebalances = 0, aborts = 0, producers = 0, transactions = 0;
    std::int64_t last_commit_us = 0, last_flush_us = 0, last_offsets_us = 0, last_end_us = 0;
  };

  /// `transactional_id`: identity.h. `state` keeps what is quarantined and outlives this.
  static Result<std::unique_ptr<KafkaDetect>> open(const KafkaOptions& options, const std::string& transactional_id, StateTopic& state);
  ~KafkaDetect();

  DetectTransport& transport();
  /// Not ok: this process cannot go on (fatal client error, journal truncated, interrupted); start again, or call a person.
  Status status() const;
  Pulse& pulse();
  Counters counters() const;
  /// Leaves the group. Nothing may follow.
  void close();

 private:
  class Impl;
  explicit KafkaDetect(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace bartizan::kafka
