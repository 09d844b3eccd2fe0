#include "connectors/kafka/kafka_detect.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstring>
#include <deque>
#include <map>
#include <mutex>
#include <set>
#include <thread>
#include <utility>

#include "connectors/kafka/client_log.h"
#include "connectors/kafka/error_code.h"
#include "connectors/kafka/group.h"
#include "connectors/kafka/offset_metadata.h"
#include "connectors/kafka/out_message.h"
#include "connectors/kafka/producer.h"
#include "connectors/kafka/reader.h"
#include "connectors/kafka/topics.h"
#include "engine/model/check.h"
#include "engine/pipeline/crash_point.h"

namespace bartizan::kafka {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kPollBytesMax = 8 << 20;
constexpr std::size_t kOutputBytesMax = 1'000'000;  // of one record and of one batch
constexpr std::chrono::seconds kFlushMax{60};     // then the transaction has long timed out
constexpr std::chrono::milliseconds kRetryPause{50};
constexpr std::chrono::seconds kSeekMax{20};
constexpr std::chrono::seconds kAskMax{30};

std::int64_t micros(Clock::duration d) { return std::chrono::duration_cast<std::chrono::microseconds>(d).count(); }

}  // namespace

class KafkaDetect::Impl final : public DetectTransport {
 public:
  Impl(const KafkaOptions& options, std::string transactional_id, StateTopic& state)
      : options_(options), transactional_id_(std::move(transactional_id)), state_(state), journal_(topic(options, "journal")) {
    for (std::size_t t = 0; t < kTopicCount; ++t) topics_[t] = topic(options, static_cast<Topic>(t));
  }

  ~Impl() override {
    messages_.clear();
    group_.reset();
  }

  Status open() {
    auto conf = group_conf(options_, "detect");
    if (!conf.ok()) return conf.error();
    rd_kafka_conf_t* c = conf.value().get();
    // The journal holds no transactions; this makes the client ask for stable offsets only, so that a new owner waits for the end of the
    // old owner's last transaction.
    set(c, "isolation.level", "read_committed");
    set_default(c, options_, "fetch.message.max.bytes", "4194304");
    set_default(c, options_, "queued.max.messages.kbytes", "65536");
    rd_kafka_conf_set_error_cb(c, on_client_error);
    auto member = join_group(std::move(conf.value()), {journal_}, on_rebalance, this);
    if (!member.ok()) return member.error();
    consumer_ = std::move(member.value());
    return Ok{};
  }

  // ---------------------------------------------------------------- the seam

  std::vector<std::int32_t> assigned() const override {
    std::vector<std::int32_t> all;
    for (const auto& [partition, part] : parts_) all.push_back(partition);
    return all;
  }

  void assign_at(std::int32_t partition, std::int64_t offset) override {
    const auto it = parts_.find(partition);
    if (it == parts_.end()) return;  // lost meanwhile: the worker finds out after the next poll
    it->second.next = offset;
    it->second.placed = true;
    if (started_) seek(partition, offset);
  }

  void pause(std::int32_t partition) override {
    const auto it = parts_.find(partition);
    if (it == parts_.end() || it->second.paused) return;
    it->second.paused = true;
    if (started_) rd_kafka_pause_partitions(consumer_.get(), list_of(partition, it->second.next).get());
  }

  // 2.0.2 rewinds a partition that is resumed without having been paused, hence our own flag.
  void resume(std::int32_t partition) override {
    const auto it = parts_.find(partition);
    if (it == parts_.end() || !it->second.paused) return;
    it->second.paused = false;
    if (started_) rd_kafka_resume_partitions(consumer_.get(), list_of(partition, it->second.next).get());
  }

  std::span<const JournalMessage> poll(std::size_t max, Duration timeout) override {
    pulse_.beat();
    messages_.clear();
    views_.clear();
    if (pulse_.interrupted()) fail({"interrupted", "stopped while waiting for the brokers"});
    if (!status().ok()) return {};
    if (lost_at_ && Clock::now() - *lost_at_ > 3 * options_.session_timeout)
      fail({"client", "the group took the partitions away and never said so; start again"});
    if (doubted_ && !look_at_journal()) return {};
    if (revoking_) finish_revocation();
    if (!start_when_placed()) return {};
    const auto deadline = Clock::now() + timeout;
    std::size_t bytes = 0;
    while (views_.size() < max && bytes < kPollBytesMax && !revoking_) {
      const auto left = std::chrono::duration_cast<Duration>(deadline - Clock::now()).count();
      const bool wait = views_.empty() && left > 0;
      MessagePtr message{rd_kafka_consumer_poll(consumer_.get(), wait ? static_cast<int>(left) : 0)};
      if (!message && (!wait || revoking_ || !started_)) break;
      if (message) bytes += take(std::move(message));
    }
    return views_;
  }

  bool exhausted() const override { return false; }
  bool wants_commit() const override { return revoking_; }

  void emit(std::int32_t partition, OutputRecord&& record) override {
    static_cast<void>(partition);
    const std::string& name = topics_[static_cast<std::size_t>(record.topic)];
    unit_.push_back(to_message(name, std::move(record)));
  }

  CommitResult commit(const std::map<std::int32_t, CommittedPosition>& positions) override {
    pulse_.beat();
    if (!status().ok()) return CommitResult::fatal;
    if (rd_kafka_assignment_lost(consumer_.get()) != 0 || !owns(positions)) return lose();
    BARTIZAN_CRASH_POINT("before_unit");
    const auto began = Clock::now();
    CommitResult result = ready_producer() ? attempt(positions) : CommitResult::fatal;
    if (result == CommitResult::committed) {
      unit_.clear();
      refusals_in_a_row_ = 0;
      last_commit_us_ = micros(Clock::now() - began);
      ++transactions_;
    } else if (result == CommitResult::retry_same_bytes || result == CommitResult::unknown) {
      std::this_thread::sleep_for(kRetryPause);
    }
    if (pulse_.interrupted() && result != CommitResult::committed) {
      fail({"interrupted", "stopped while a commit was open"});
      return CommitResult::fatal;
    }
    return result;
  }

  std::optional<CommittedPosition> committed_position(std::int32_t partition) override {
    // First what this writer left open must have ended: a new epoch sees to that.
    if (!ready_producer()) return std::nullopt;
    const auto found = committed_offsets(consumer_.get(), journal_, {partition}, pulse_);
    if (!found.ok()) {
      fail(found.error());
      return std::nullopt;
    }
    const auto it = found.value().find(partition);
    if (it == found.value().end()) return std::nullopt;
    const auto hash = read_hash_metadata(it->second.metadata);
    if (!hash) {
      fail({"bad_position", partition_text(partition) + ": the committed position of group " + group_of(options_, "detect") +
                                " was not written by this engine; group_id must not be shared"});
      return std::nullopt;
    }
    check_end(partition, it->second.next_offset);
    return CommittedPosition{it->second.next_offset, *hash};
  }

  void drop_unit() override { unit_.clear(); }

  std::int64_t first_offset(std::int32_t partition) override {
    const auto found = watermarks(consumer_.get(), journal_, partition, pulse_);
    if (!found.ok()) {
      fail(found.error());
      return 0;
    }
    return found.value().low;
  }

  bool quarantine(std::int32_t partition, std::int64_t offset, std::int32_t index) override {
    return state_.quarantine(partition, offset, index);
  }
  std::vector<std::pair<std::int64_t, std::int32_t>> quarantined(std::int32_t partition) override { return state_.quarantined(partition); }

  Status status() const override {
    const std::lock_guard lock{mutex_};
    return status_;
  }

  // ---------------------------------------------------------------- the rest

  Pulse& pulse() { return pulse_; }

  Counters counters() const {
    Counters c;
    c.rebalances = rebalances_;
    c.aborts = aborts_;
    c.producers = producers_;
    c.transactions = transactions_;
    c.last_commit_us = last_commit_us_;
    c.last_flush_us = last_flush_us_;
    c.last_offsets_us = last_offsets_us_;
    c.last_end_us = last_end_us_;
    return c;
  }

  void close() {
    if (!consumer_) return;
    closing_ = true;
    messages_.clear();
    views_.clear();
    // An assignment that the client was not told to take up yet would keep the close waiting for ever.
    if (revoking_ || waiting_to_start_) finish_revocation();
    rd_kafka_consumer_close(consumer_.get());
    group_.reset();
    producer_.reset();
    if (missed_) let_go(std::move(consumer_));
    consumer_.reset();
  }

 private:
  struct Part {
    std::int64_t next = 0;  // offset expected from the client
    bool placed = false;    // the worker said where to start
    bool paused = false;
  };
  struct GroupFree {
    void operator()(rd_kafka_consumer_group_metadata_t* g) const { rd_kafka_consumer_group_metadata_destroy(g); }
  };

  static std::string partition_text(std::int32_t partition) { return "journal partition " + std::to_string(partition); }

  ListPtr list_of(std::int32_t partition, std::int64_t offset) const {
    ListPtr list{rd_kafka_topic_partition_list_new(1)};
    rd_kafka_topic_partition_list_add(list.get(), journal_.c_str(), partition)->offset = offset;
    return list;
  }

  void fail(Error error) {
    const std::lock_guard lock{mutex_};
    if (status_.ok()) status_ = std::move(error);
  }

  // ---------------------------------------------------------------- rebalances

  static void on_rebalance(rd_kafka_t*, rd_kafka_resp_err_t error, rd_kafka_topic_partition_list_t* partitions, void* self) {
    auto* impl = static_cast<Impl*>(self);
    ++impl->rebalances_;
    if (error == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS && !impl->closing_) {
      impl->on_assigned(*partitions);
    } else {
      impl->on_revoked();
    }
  }

  // The client is told later (start_when_placed): assigning now and moving afterwards would need seeks, and 2.0.2's are unreliable.
  void on_assigned(const rd_kafka_topic_partition_list_t& partitions) {
    // Taken here and kept: after a lost session 2.0.2 would hand out an empty member id, which brokers let pass.
    group_.reset(rd_kafka_consumer_group_metadata(consumer_.get()));
    std::set<std::int32_t> now;
    for (int i = 0; i < partitions.cnt; ++i) now.insert(partitions.elems[i].partition);
    for (const std::int32_t partition : released_) {
      if (!now.contains(partition)) state_.release(partition);
    }
    released_.clear();
    parts_.clear();
    for (const std::int32_t partition : now) parts_[partition] = Part{};
    started_ = false;
    if (parts_.empty()) rd_kafka_assign(consumer_.get(), &partitions);
    waiting_to_start_ = !parts_.empty();
  }

  void on_revoked() {
    revoking_ = true;
    const bool lost = rd_kafka_assignment_lost(consumer_.get()) != 0;
    if (lost || closing_ || !started_) finish_revocation();
  }

  void finish_revocation() {
    revoking_ = false;
    lost_at_.reset();
    for (const auto& [partition, part] : parts_) released_.insert(partition);
    parts_.clear();
    started_ = false;
    waiting_to_start_ = false;
    rd_kafka_assign(consumer_.get(), nullptr);
  }

  /// One assign per rebalance, with every start. False: not every start is known.
  bool start_when_placed() {
    if (!waiting_to_start_) return true;
    if (!std::all_of(parts_.begin(), parts_.end(), [](const auto& p) { return p.second.placed; }))
      return true;  // polled on for rebalances only
    ListPtr list{rd_kafka_topic_partition_list_new(static_cast<int>(parts_.size()))};
    for (const auto& [partition, part] : parts_)
      rd_kafka_topic_partition_list_add(list.get(), journal_.c_str(), partition)->offset = part.next;
    const rd_kafka_resp_err_t error = rd_kafka_assign(consumer_.get(), list.get());
    if (error != RD_KAFKA_RESP_ERR_NO_ERROR) {
      fail({"client", journal_ + ": " + rd_kafka_err2str(error)});
      return false;
    }
    started_ = true;
    waiting_to_start_ = false;
    for (const auto& [partition, part] : parts_) {
      if (part.paused) rd_kafka_pause_partitions(consumer_.get(), list_of(partition, part.next).get());
    }
    return true;
  }

  // Before 2.1.0 the timeout of a seek is a thousand times too short, so it is repeated: a seek is idempotent. Never assign again instead.
  void seek(std::int32_t partition, std::int64_t offset) {
    const auto end = Clock::now() + kSeekMax;
    ListPtr list = list_of(partition, offset);
    while (true) {
      pulse_.beat();
      list->elems[0].err = RD_KAFKA_RESP_ERR_NO_ERROR;
      const ErrorPtr error{rd_kafka_seek_partitions(consumer_.get(), list.get(), 10'000)};
      if (!error && list->elems[0].err == RD_KAFKA_RESP_ERR_NO_ERROR) return;
      if (rd_kafka_assignment_lost(consumer_.get()) != 0) return;
      if (Clock::now() > end) return fail({"client", partition_text(partition) + " cannot be moved to offset " + std::to_string(offset)});
      std::this_thread::sleep_for(std::chrono::milliseconds{20});
    }
  }

  // ---------------------------------------------------------------- messages

  std::size_t take(MessagePtr message) {
    if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
      on_error(*message);
      return 0;
    }
    const auto it = parts_.find(message->partition);
    if (it == parts_.end() || !started_ || message->offset < it->second.next) return 0;  // from before a move
    rd_kafka_timestamp_type_t type{};
    const std::int64_t ms = rd_kafka_message_timestamp(message.get(), &type);
    if (type != RD_KAFKA_TIMESTAMP_LOG_APPEND_TIME) {
      fail({"journal_timestamps", journal_ + ": message.timestamp.type is not LogAppendTime; set it and start again"});
      return 0;
    }
    JournalMessage view;
    view.partition = message->partition;
    view.offset = message->offset;
    view.append_time = time_from_ms(ms);
    view.bytes = {static_cast<const char*>(message->payload), message->len};
    it->second.next = message->offset + 1;
    views_.push_back(view);
    messages_.push_back(std::move(message));
    return view.bytes.size();
  }

  void on_error(const rd_kafka_message_t& message) {
    const std::string text = rd_kafka_message_errstr(&message);
    note_client_event({ClientEvent::Level::warning, rd_kafka_name(consumer_.get()), text, rd_kafka_err2name(message.err)});
    switch (message.err) {
      case RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET:
      case RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE:
        return fail({"journal_trimmed",
                     journal_ + ": the position to read from is not there (retention passed it, or the topic was made anew): " + text});
      case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED: return fail({"not_authorized", journal_ + ": " + text});
      case RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED:
        return fail({"not_authorized", "group " + group_of(options_, "detect") + ": " + text});
      case RD_KAFKA_RESP_ERR__FATAL: return fail({"client", "the consumer has ended (" + text + "); start again"});
      default: return;  // the client goes on by itself
    }
  }

  // The client tells a missing topic here, again every second. Once is enough: look_at_journal tells it.
  static void on_client_error(rd_kafka_t* client, int error, const char* reason, void* self) {
    if (!means_missing(static_cast<rd_kafka_resp_err_t>(error))) return note_client_error(client, error, reason, self);
    auto* impl = static_cast<Impl*>(self);
    impl->doubted_ = impl->missed_ = true;
  }

  /// The journal was missing for a moment at least. False: it is gone, or not what it was.
  bool look_at_journal() {
    doubted_ = false;
    const auto count = partition_count(consumer_.get(), journal_, pulse_, kAskMax);
    if (!count.ok() && count.error().code == "no_topic") fail(journal_deleted(options_));
    for (const auto& [partition, part] : parts_) {
      if (count.ok() && part.placed) check_end(partition, part.next);
    }
    return status().ok();
  }

  /// A journal that ends below the committed position was truncated or made anew.
  void check_end(std::int32_t partition, std::int64_t next_offset) {
    const auto found = watermarks(consumer_.get(), journal_, partition, pulse_);
    if (!found.ok()) return fail(found.error());
    if (found.value().high >= next_offset) return;
    fail({"journal_recreated", partition_text(partition) + " ends at offset " + std::to_string(found.value().high) + ", but " +
                                   std::to_string(next_offset) + " was committed: the topic was truncated or made anew"});
  }

  // ---------------------------------------------------------------- transactions

  bool owns(const std::map<std::int32_t, CommittedPosition>& positions) const {
    return std::all_of(positions.begin(), positions.end(), [this](const auto& p) { return parts_.contains(p.first); });
  }

  // The revocation comes with a later poll; until then nothing is ours.
  CommitResult lose() {
    for (const auto& [partition, part] : parts_) released_.insert(partition);
    parts_.clear();
    lost_at_ = Clock::now();
    return CommitResult::ownership_lost;
  }

  /// A producer in a state to begin a transaction. False: interrupted, or refused for good.
  bool ready_producer() {
    if (producer_) return true;
    ProducerSettings settings;
    settings.transactional_id = transactional_id_;
    settings.transaction_timeout = options_.transaction_timeout;
    settings.message_bytes_max = kOutputBytesMax;
    settings.linger = std::chrono::milliseconds{0};
    while (true) {
      auto made = Producer::make(options_, "detect", settings, pulse_);
      if (!made.ok()) {
        fail(made.error());
        return false;
      }
      for (const std::string& name : topics_) made.value()->prepare(name);
      ++producers_;
      const TxnResult done = made.value()->init();
      if (done == TxnResult::ok) {
        producer_ = std::move(made.value());
        return true;
      }
      if (done == TxnResult::interrupted || refused_for_good(*made.value())) {
        fail({done == TxnResult::interrupted ? "interrupted" : "not_authorized",
              "transactional id " + transactional_id_ + ": " + made.value()->trouble()});
        return false;
      }
      std::this_thread::sleep_for(kRetryPause);
    }
  }

  static bool refused_for_good(const Producer& producer) {
    return producer.trouble_code() == rd_kafka_err2name(RD_KAFKA_RESP_ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED) ||
           producer.trouble_code() == rd_kafka_err2name(RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED) ||
           producer.trouble_code() == rd_kafka_err2name(RD_KAFKA_RESP_ERR_INVALID_TRANSACTION_TIMEOUT);
  }

  ListPtr offsets_of(const std::map<std::int32_t, CommittedPosition>& positions) const {
    ListPtr list{rd_kafka_topic_partition_list_new(static_cast<int>(positions.size()))};
    for (const auto& [partition, position] : positions) {
      rd_kafka_topic_partition_t* one = rd_kafka_topic_partition_list_add(list.get(), journal_.c_str(), partition);
      one->offset = position.next_offset;
      const std::string metadata = hash_metadata(position.output_hash);
      one->metadata = ::strdup(metadata.c_str());  // the list frees it
      one->metadata_size = metadata.size();
    }
    return list;
  }

  CommitResult attempt(const std::map<std::int32_t, CommittedPosition>& positions) {
    if (producer_->end_was_shaky()) {
      producer_.reset();
      if (!ready_producer()) return CommitResult::fatal;
    }
#ifdef BARTIZAN_FAULT_POSITIONS_FIRST  // only ever defined by a target that tests the tests
    rd_kafka_commit(consumer_.get(), offsets_of(positions).get(), 0);
#endif
    TxnResult result = producer_->begin();
    if (result != TxnResult::ok) return failed_attempt(result);
    const auto flush_began = Clock::now();
    for (const OutMessage& message : unit_) {
      if (!producer_->send(message)) return failed_attempt(TxnResult::must_abort);
    }
    if (!unit_.empty()) BARTIZAN_CRASH_POINT("before_flush");
    if (!producer_->flush(kFlushMax)) return failed_attempt(producer_->has_fatal_error() ? TxnResult::fatal : TxnResult::must_abort);
    const auto offsets_began = Clock::now();
    BARTIZAN_CRASH_POINT("before_offsets");
    if (!positions.empty()) result = producer_->send_offsets(offsets_of(positions).get(), group_.get());
    if (result != TxnResult::ok) return failed_attempt(result);
    const auto end_began = Clock::now();
    BARTIZAN_CRASH_POINT("before_commit");
#ifdef BARTIZAN_CRASH_POINTS
    if (forced_abort()) return failed_attempt(TxnResult::must_abort);
#endif
    result = producer_->commit();
    if (result != TxnResult::ok) return failed_attempt(result);
    BARTIZAN_CRASH_POINT("after_commit");
#ifdef BARTIZAN_CRASH_POINTS
    if (forced_unknown()) return failed_attempt(TxnResult::fatal);
#endif
    last_flush_us_ = micros(offsets_began - flush_began);
    last_offsets_us_ = micros(end_began - offsets_began);
    last_end_us_ = micros(Clock::now() - end_began);
    return CommitResult::committed;
  }

  // Aborted: the same bytes again. Anything that leaves the end unknown: this producer is gone, and the stable position decides.
  CommitResult failed_attempt(TxnResult result) {
    ++aborts_;
    if (result == TxnResult::must_abort) result = producer_->abort();  // its reports may name the cause
    const std::string code = producer_->trouble_code();
    note_client_event({ClientEvent::Level::warning, transactional_id_, "a unit was not committed: " + producer_->trouble(), code});
    if (may_mean_missing(code)) {
      if (auto deleted = deleted_output()) {
        fail(std::move(*deleted));
        return CommitResult::fatal;
      }
    }
    // Counted whatever became of the abort: a new producer whose first transaction got no partition cannot end it either.
    if (is_permanent(code) && ++refusals_in_a_row_ >= kRefusalsMax) {
      std::string topics;
      for (const std::string& name : unit_topics()) topics += (topics.empty() ? "" : ", ") + name;
      fail({means_refused(code) ? "not_authorized" : "output_refused",
            code + " on every attempt: " + producer_->trouble() + " (of " + topics + ")"});
      return CommitResult::fatal;
    }
    if (result != TxnResult::ok) {
      producer_.reset();
#ifdef BARTIZAN_FAULT_UNKNOWN_IS_ABORTED  // only ever defined by a target that tests the tests
      return CommitResult::retry_same_bytes;
#else
      return CommitResult::unknown;
#endif
    }
    if (is_ownership_lost(code)) return lose();
    return CommitResult::retry_same_bytes;
  }

  std::set<std::string> unit_topics() const {
    std::set<std::string> names;
    for (const OutMessage& message : unit_) names.insert(message.topic);
    return names;
  }

  /// The unit holds records for a topic that is not there.
  std::optional<Error> deleted_output() {
    for (const std::string& name : unit_topics()) {
      const auto count = partition_count(consumer_.get(), name, pulse_, kAskMax);
      if (!count.ok()) return count.error().code == "no_topic" ? std::optional{output_deleted(name)} : std::nullopt;
    }
    return std::nullopt;
  }

  static constexpr int kRefusalsMax = 5;

  const KafkaOptions options_;
  const std::string transactional_id_;
  StateTopic& state_;
  const std::string journal_;
  std::array<std::string, kTopicCount> topics_;
  Pulse pulse_;
  mutable std::mutex mutex_;
  Status status_ = Ok{};  // guarded by mutex_

  ClientPtr consumer_;
  std::unique_ptr<rd_kafka_consumer_group_metadata_t, GroupFree> group_;
  std::map<std::int32_t, Part> parts_;
  std::set<std::int32_t> released_;  // whose checkpoint writers go unless they come back
  bool started_ = false;             // the client knows the assignment
  bool waiting_to_start_ = false;
  bool revoking_ = false;            // in good order: after the worker's commit
  bool closing_ = false;
  bool doubted_ = false;             // the client said that the journal is not there
  bool missed_ = false;              // it once did
  std::optional<Clock::time_point> lost_at_;  // found out by a commit; the client is yet to say so
  std::vector<MessagePtr> messages_;
  std::vector<JournalMessage> views_;

  std::unique_ptr<Producer> producer_;
  std::deque<OutMessage> unit_;
  int refusals_in_a_row_ = 0;
  std::atomic<std::uint64_t> rebalances_{0}, aborts_{0}, producers_{0}, transactions_{0};
  std::atomic<std::int64_t> last_commit_us_{0}, last_flush_us_{0}, last_offsets_us_{0}, last_end_us_{0};
};

KafkaDetect::KafkaDetect(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

KafkaDetect::~KafkaDetect() { impl_->close(); }

Result<std::unique_ptr<KafkaDetect>> KafkaDetect::open(const KafkaOptions& options, const std::string& transactional_id,
                                                       StateTopic& state) {
  auto impl = std::make_unique<Impl>(options, transactional_id, state);
  if (const Status s = impl->open(); !s.ok()) return s.error();
  return std::unique_ptr<KafkaDetect>{new KafkaDetect{std::move(impl)}};
}

DetectTransport& KafkaDetect::transport() { return *impl_; }
Status KafkaDetect::status() const { return impl_->status(); }
Pulse& KafkaDetect::pulse() { return impl_->pulse(); }
KafkaDetect::Counters KafkaDetect::counters() const { return impl_->counters(); }
void KafkaDetect::close() { impl_->close(); }

}  // namespace bartizan::kafka
