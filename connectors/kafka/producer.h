#pragma once
// A librdkafka producer whose deliveries are counted.

#include <chrono>
#include <map>
#include <memory>
#include <string>

#include "connectors/kafka/client.h"
#include "connectors/kafka/out_message.h"
#include "connectors/kafka/pulse.h"

namespace bartizan::kafka {

struct ProducerSettings {
  std::string transactional_id;                      // empty: idempotent, gapless, messages never time out
  std::chrono::milliseconds transaction_timeout{10'000};
  std::string codec = "lz4";
  std::size_t message_bytes_max = 1 << 20;
  std::chrono::milliseconds linger{2};
};

/// What became of a transaction call.
enum class TxnResult : std::uint8_t { ok, must_abort, fatal, interrupted };

/// One thread. A message sent is not copied: its value stays in place until it is delivered or this is gone.
class Producer {
 public:
  static Result<std::unique_ptr<Producer>> make(const KafkaOptions& options, std::string_view purpose, const ProducerSettings& settings,
                                                Pulse& pulse);
  /// Drops what was not delivered.
  ~Producer();

  /// Makes the topic's handle before its first message: by name alone 2.0.2 waits up to a second there.
  void prepare(const std::string& topic);
  /// Waits while the queue is full. False: refused (see `trouble`); nothing later will be accepted as part of the same unit.
  bool send(const OutMessage& message);
  /// One row, copied. `value` null: tombstone.
  bool send_row(rd_kafka_topic_t* topic, std::int32_t partition, std::string_view key, const std::string_view* value);
  rd_kafka_topic_t* handle(const std::string& topic);
  void serve() { rd_kafka_poll(client_.get(), 0); }

  /// Everything sent is delivered, or something failed.
  bool settled() {
    serve();
    return waiting_ == 0 || failed_;
  }
  /// Waits until everything sent is delivered or failed, at most `limit`; true: all of it is delivered.
  bool flush(std::chrono::milliseconds limit);
  bool failed() const { return failed_; }
  /// The first thing that went wrong.
  const std::string& trouble() const { return trouble_; }
  const std::string& trouble_code() const { return trouble_code_; }
  bool has_fatal_error() const;

  // Transactions: error order abortable, retriable (same call again), else fatal. The waits are cut into slices, so the pulse goes on.
  TxnResult init();
  TxnResult begin();
  TxnResult send_offsets(const rd_kafka_topic_partition_list_t* offsets, const rd_kafka_consumer_group_metadata_t* group);
  TxnResult commit();
  TxnResult abort();
  /// The last commit or abort met an error on its way or took long: an EndTxn may still be under way in the network, and only a new epoch
  /// keeps it from ending the next transaction instead (KAFKA-17754).
  bool end_was_shaky() const { return shaky_; }

 private:
  explicit Producer(Pulse& pulse) : pulse_(pulse) {}
  template <class Call>
  TxnResult call(Call&& call);
  void note(std::string code, std::string text);
  static void on_delivery(rd_kafka_t*, const rd_kafka_message_t* message, void* self);

  struct TopicFree {
    void operator()(rd_kafka_topic_t* t) const { rd_kafka_topic_destroy(t); }
  };
  Pulse& pulse_;
  ClientPtr client_;
  std::map<std::string, std::unique_ptr<rd_kafka_topic_t, TopicFree>> topics_;
  std::size_t waiting_ = 0;  // sent, not reported
  bool failed_ = false;
  bool shaky_ = false;
  std::string trouble_, trouble_code_;
};

}  // namespace bartizan::kafka
