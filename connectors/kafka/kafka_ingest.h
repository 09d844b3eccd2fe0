#pragma once
// INGEST's transport on Kafka: raw topics and commands in, journal and dead letters out, at least once.

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "connectors/kafka/options.h"
#include "connectors/kafka/pulse.h"
#include "engine/model/result.h"
#include "engine/pipeline/transport.h"

namespace bartizan::kafka {

/// An input that stopped, or lost something; the others go on.
struct InputProblem {
  std::string input;  // topic
  std::int32_t partition = -1;
  Error error;
};

/// Member of the group `<group_id>.ingest` over all inputs and the commands topic.
///
/// What is appended is kept until the commit that covers it, and the commit waits until the brokers have all of it; only then do source
/// positions follow (metadata: the input's generation and a hash of the last record). After a failed delivery a new idempotent producer
/// sends the same bytes again, in the same order: repeats carry the same source positions, and the fold drops them. Nothing here is a
/// transaction, so the sources may be another cluster.
///
/// Problems that stop one source partition: `source_recreated` (the topic is another one than was read, source_mark.h: raise the input's
/// `generation`), `source_gone`, `not_authorized`. Told without a stop: `source_trimmed` (retention passed unread records; goes on where
/// the topic begins), `commands_recreated` (that topic has no configured generation; the next one begins by itself). Used by one thread,
/// but for status(), pulse() and counters.
class KafkaIngest {
 public:
  struct Counters {
    std::uint64_t rebalances = 0, resends = 0, problems = 0, offset_gaps = 0;
  };

  /// Joins nothing yet: the first poll does. Errors of client.h.
  static Result<std::unique_ptr<KafkaIngest>> open(const KafkaOptions& options);
  ~KafkaIngest();

  IngestTransport& transport();
  /// Not ok: this process cannot go on (fatal client error, interrupted); start again. What is transient is told to the log only.
  Status status() const;
  const std::vector<InputProblem>& problems() const;  // oldest first, grows only
  Pulse& pulse();
  Counters counters() const;
  /// Leaves the group. Nothing may follow.
  void close();

 private:
  class Impl;
  explicit KafkaIngest(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace bartizan::kafka
