#include "connectors/kafka/producer.h"

#include <array>
#include <set>
#include <thread>
#include <utility>

#include "connectors/kafka/error_code.h"
#include "engine/model/check.h"

namespace bartizan::kafka {
namespace {

constexpr int kSliceMs = 200;
constexpr int kCallMs = 5'000;  // of one transaction call; a call that times out is made again
constexpr std::chrono::seconds kShakyAfter{5};
constexpr std::chrono::milliseconds kAgain{20};

}  // namespace

Result<std::unique_ptr<Producer>> Producer::make(const KafkaOptions& options, std::string_view purpose, const ProducerSettings& settings,
                                                 Pulse& pulse) {
  auto conf = base_conf(options, purpose);
  if (!conf.ok()) return conf.error();
  rd_kafka_conf_t* c = conf.value().get();
  set_default(c, options, "linger.ms", std::to_string(settings.linger.count()));
  set_default(c, options, "compression.codec", settings.codec);
  set_default(c, options, "queue.buffering.max.kbytes", "131072");
  set_default(c, options, "queue.buffering.max.messages", "1000000");
  set(c, "message.max.bytes", std::to_string(settings.message_bytes_max));
  set(c, "acks", "all");
  set(c, "partitioner", "murmur2_random");  // Kafka's own default for keys, whichever client wrote
  if (settings.transactional_id.empty()) {
    set(c, "enable.idempotence", "true");
    set(c, "enable.gapless.guarantee", "true");
    set(c, "message.timeout.ms", "0");
  } else {
    set(c, "transactional.id", settings.transactional_id);
    set(c, "transaction.timeout.ms", std::to_string(settings.transaction_timeout.count()));
  }
  std::unique_ptr<Producer> producer{new Producer{pulse}};
  rd_kafka_conf_set_opaque(c, producer.get());
  rd_kafka_conf_set_dr_msg_cb(c, on_delivery);
  auto client = make_client(RD_KAFKA_PRODUCER, std::move(conf.value()));
  if (!client.ok()) return client.error();
  producer->client_ = std::move(client.value());
  return producer;
}

Producer::~Producer() {
  topics_.clear();
  if (!client_) return;
  rd_kafka_purge(client_.get(), RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
  rd_kafka_poll(client_.get(), 0);
  if (means_missing(trouble_code_)) let_go(std::move(client_));
}

void Producer::prepare(const std::string& topic) { handle(topic); }

rd_kafka_topic_t* Producer::handle(const std::string& topic) {
  auto& handle = topics_[topic];
  if (!handle) handle.reset(rd_kafka_topic_new(client_.get(), topic.c_str(), nullptr));
  BARTIZAN_CHECK(handle != nullptr);
  return handle.get();
}

void Producer::note(std::string code, std::string text) {
  failed_ = true;
  // What follows from a failed unit may be told before the failure itself.
  static const std::set<std::string> consequences = {rd_kafka_err2name(RD_KAFKA_RESP_ERR__STATE),
                                                     rd_kafka_err2name(RD_KAFKA_RESP_ERR__PURGE_QUEUE),
                                                     rd_kafka_err2name(RD_KAFKA_RESP_ERR__PURGE_INFLIGHT)};
  if (!trouble_.empty() && (!consequences.contains(trouble_code_) || consequences.contains(code))) return;
  trouble_code_ = std::move(code);
  trouble_ = std::move(text);
}

void Producer::on_delivery(rd_kafka_t*, const rd_kafka_message_t* message, void* self) {
  auto* producer = static_cast<Producer*>(self);
  if (producer->waiting_ > 0) --producer->waiting_;
  if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) return;
  const char* topic = message->rkt != nullptr ? rd_kafka_topic_name(message->rkt) : "?";
  // Never rd_kafka_message_errstr here: for a message that was produced it returns the payload.
  producer->note(rd_kafka_err2name(message->err), std::string{topic} + ": " + rd_kafka_err2str(message->err));
}

bool Producer::send(const OutMessage& message) {
  rd_kafka_headers_t* headers = message.headers.empty() ? nullptr : rd_kafka_headers_new(message.headers.size());
  for (const auto& [name, value] : message.headers) {
    rd_kafka_header_add(headers, name.data(), static_cast<ssize_t>(name.size()), value.data(), static_cast<ssize_t>(value.size()));
  }
  std::array<rd_kafka_vu_t, 6> parts{};
  std::size_t count = 0;
  parts[count].vtype = RD_KAFKA_VTYPE_RKT;
  parts[count++].u.rkt = handle(message.topic);
  parts[count].vtype = RD_KAFKA_VTYPE_PARTITION;
  parts[count++].u.i32 = message.partition < 0 ? RD_KAFKA_PARTITION_UA : message.partition;
  parts[count].vtype = RD_KAFKA_VTYPE_VALUE;
  parts[count].u.mem.ptr = message.tombstone ? nullptr : const_cast<char*>(message.value.data());  // librdkafka only reads it
  parts[count++].u.mem.size = message.tombstone ? 0 : message.value.size();
  if (message.keyed) {
    parts[count].vtype = RD_KAFKA_VTYPE_KEY;
    parts[count].u.mem.ptr = const_cast<char*>(message.key.data());
    parts[count++].u.mem.size = message.key.size();
  }
  if (headers != nullptr) {
    parts[count].vtype = RD_KAFKA_VTYPE_HEADERS;
    parts[count++].u.headers = headers;
  }
  while (true) {
    const ErrorPtr error{rd_kafka_produceva(client_.get(), parts.data(), count)};
    if (!error) break;
    if (rd_kafka_error_code(error.get()) == RD_KAFKA_RESP_ERR__QUEUE_FULL && !pulse_.interrupted()) {
      pulse_.beat();
      rd_kafka_poll(client_.get(), 10);
      continue;
    }
    note(rd_kafka_error_name(error.get()), message.topic + ": " + rd_kafka_error_string(error.get()));
    if (headers != nullptr) rd_kafka_headers_destroy(headers);
    return false;
  }
  ++waiting_;
  return true;
}

bool Producer::send_row(rd_kafka_topic_t* topic, std::int32_t partition, std::string_view key, const std::string_view* value) {
  static char nothing = 0;  // an empty value is not a null value
  void* bytes = value == nullptr ? nullptr : value->empty() ? &nothing : const_cast<char*>(value->data());
  const std::size_t size = value == nullptr ? 0 : value->size();
  while (rd_kafka_produce(topic, partition, RD_KAFKA_MSG_F_COPY, bytes, size, key.data(), key.size(), nullptr) != 0) {
    const rd_kafka_resp_err_t error = rd_kafka_last_error();
    if (error == RD_KAFKA_RESP_ERR__QUEUE_FULL && !pulse_.interrupted()) {
      pulse_.beat();
      rd_kafka_poll(client_.get(), 10);
      continue;
    }
    note(rd_kafka_err2name(error), std::string{rd_kafka_topic_name(topic)} + ": " + rd_kafka_err2str(error));
    return false;
  }
  ++waiting_;
  return true;
}

bool Producer::flush(std::chrono::milliseconds limit) {
  const auto end = std::chrono::steady_clock::now() + limit;
  while (waiting_ > 0 && !failed_ && !has_fatal_error() && !pulse_.interrupted()) {
    pulse_.beat();
    rd_kafka_flush(client_.get(), kSliceMs);
    if (std::chrono::steady_clock::now() >= end) break;
  }
  return waiting_ == 0 && !failed_;
}

bool Producer::has_fatal_error() const { return rd_kafka_fatal_error(client_.get(), nullptr, 0) != RD_KAFKA_RESP_ERR_NO_ERROR; }

template <class Call>
TxnResult Producer::call(Call&& one_call) {
  const auto began = std::chrono::steady_clock::now();
  shaky_ = false;
  while (true) {
    pulse_.beat();
    const ErrorPtr error{one_call()};
    if (!error) {
      shaky_ = shaky_ || std::chrono::steady_clock::now() - began > kShakyAfter;
      return TxnResult::ok;
    }
    shaky_ = true;
    if (rd_kafka_error_txn_requires_abort(error.get()) != 0 || rd_kafka_error_is_retriable(error.get()) == 0) {
      note(rd_kafka_error_name(error.get()), rd_kafka_error_string(error.get()));
      return rd_kafka_error_txn_requires_abort(error.get()) != 0 ? TxnResult::must_abort : TxnResult::fatal;
    }
    if (pulse_.interrupted()) return TxnResult::interrupted;
    std::this_thread::sleep_for(kAgain);
  }
}

TxnResult Producer::init() {
  return call([this] { return rd_kafka_init_transactions(client_.get(), kCallMs); });
}

TxnResult Producer::begin() {
  failed_ = false;
  trouble_.clear();
  trouble_code_.clear();
  return call([this] { return rd_kafka_begin_transaction(client_.get()); });
}

TxnResult Producer::send_offsets(const rd_kafka_topic_partition_list_t* offsets, const rd_kafka_consumer_group_metadata_t* group) {
  return call([&] { return rd_kafka_send_offsets_to_transaction(client_.get(), offsets, group, kCallMs); });
}

TxnResult Producer::commit() {
  return call([this] { return rd_kafka_commit_transaction(client_.get(), kCallMs); });
}

TxnResult Producer::abort() {
  // Deliveries may have failed only because the transaction did. Why, the client says when it refuses to begin another.
  if (failed_) {
    const ErrorPtr cause{rd_kafka_begin_transaction(client_.get())};
    if (cause && rd_kafka_error_code(cause.get()) != RD_KAFKA_RESP_ERR__STATE)
      note(rd_kafka_error_name(cause.get()), rd_kafka_error_string(cause.get()));
  }
  const TxnResult result = call([this] { return rd_kafka_abort_transaction(client_.get(), kCallMs); });
  // The abort purged what was not sent; its reports must not be taken for those of the next transaction.
  for (int i = 0; i < 100 && waiting_ > 0; ++i) rd_kafka_poll(client_.get(), 10);
  waiting_ = 0;
  return result;
}

}  // namespace bartizan::kafka
