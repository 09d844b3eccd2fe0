#include "connectors/kafka/kafka_ingest.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstring>
#include <deque>
#include <map>
#include <mutex>
#include <thread>
#include <utility>

#include "connectors/kafka/client_log.h"
#include "connectors/kafka/error_code.h"
#include "connectors/kafka/group.h"
#include "connectors/kafka/offset_metadata.h"
#include "connectors/kafka/out_message.h"
#include "connectors/kafka/producer.h"
#include "connectors/kafka/reader.h"
#include "connectors/kafka/source_mark.h"
#include "connectors/kafka/source_start.h"
#include "connectors/kafka/source_survey.h"
#include "connectors/kafka/topics.h"
#include "engine/codec/record_decoder.h"
#include "engine/model/check.h"
#include "engine/pipeline/crash_point.h"

namespace bartizan::kafka {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kPollBytesMax = 4 << 20;
constexpr std::size_t kMessageBytesMax = 16'842'752;  // of a journal message: what its topic takes (topics.cpp)
constexpr std::chrono::seconds kFlushMax{10};      // one attempt; the worker makes a hundred
constexpr std::chrono::seconds kCommitMax{30};
constexpr std::chrono::milliseconds kRetryPause{100};
constexpr std::chrono::seconds kAskMax{30};
constexpr int kResendsMax = 5;                     // of one unit, when the broker's answer will not change
constexpr std::size_t kProblemsMax = 1024;
constexpr std::chrono::hours kMarkEvery{1};        // marks beside the positions may be old: they tell topics apart, not progress
constexpr std::size_t kNone = static_cast<std::size_t>(-1);

}  // namespace

class KafkaIngest::Impl final : public IngestTransport {
 public:
  explicit Impl(const KafkaOptions& options)
      : options_(options), journal_(topic(options, "journal")), dead_letters_(topic(options, Topic::dead_letter)) {
    for (const InputTopic& input : options_.inputs) inputs_[input.topic] = SourceInput{input.topic, input.tenant, input.generation, false};
    const std::string commands = topic(options_, "commands");
    inputs_[commands] = SourceInput{"commands", {}, 0, true};
  }

  ~Impl() override { close(); }

  Status open() {
    auto conf = group_conf(options_, "ingest");
    if (!conf.ok()) return conf.error();
    set_default(conf.value().get(), options_, "queued.max.messages.kbytes", "131072");
    rd_kafka_conf_set_error_cb(conf.value().get(), on_client_error);
    std::vector<std::string> topics;
    for (const auto& [name, input] : inputs_) topics.push_back(name);
    auto member = join_group(std::move(conf.value()), topics, on_rebalance, this);
    if (!member.ok()) return member.error();
    consumer_ = std::move(member.value());
    commits_.reset(rd_kafka_queue_new(consumer_.get()));
    if (const Status s = new_producer(); !s.ok()) return s;
    return Ok{};
  }

  // ---------------------------------------------------------------- the seam

  std::span<const RawMessage> poll(std::size_t max, Duration timeout) override {
    pulse_.beat();
    views_.clear();
    batch_.clear();
    if (pulse_.interrupted()) fail({"interrupted", "stopped while waiting for the brokers"});
    if (!status().ok()) return {};
    if (revoking_) finish_revocation();
    producer_->serve();
    if (doubted_) look_at_sources();
    const auto deadline = Clock::now() + timeout;
    std::size_t bytes = 0;
    while (batch_.size() < max && bytes < kPollBytesMax && !revoking_ && !doubted_) {
      const auto left = std::chrono::duration_cast<Duration>(deadline - Clock::now()).count();
      const bool wait = batch_.empty() && left > 0;
      MessagePtr message{rd_kafka_consumer_poll(consumer_.get(), wait ? static_cast<int>(left) : 0)};
      if (!message) {
        if (!wait) break;
        continue;
      }
      if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
        on_error(*message);
        continue;
      }
      Part* part = part_of(*message);
      if (part == nullptr || part->stopped || !follows(*part, *message)) continue;
      bytes += message->len;
      part->next = message->offset + 1;
      part->newest = batch_.size();
      batch_.push_back({std::move(message), part->input, part->partition});
    }
    hash_newest();
    make_views(bytes);
    return views_;
  }

  bool exhausted() const override { return false; }
  bool wants_commit() const override { return revoking_; }
  std::int32_t journal_partitions() const override { return options_.journal_partitions; }
  bool own_append_times() const override { return false; }
  // A clock that is set back must not make today's sign-ins look as if they came from tomorrow: those are refused.
  Time now() override {
    const auto steady = began_at_ + std::chrono::duration_cast<std::chrono::system_clock::duration>(Clock::now() - began_);
    return std::chrono::time_point_cast<Duration>(std::max(std::chrono::system_clock::now(), steady));
  }

  void append(std::int32_t journal_partition, std::string message) override {
    OutMessage out;
    out.topic = journal_;
    out.partition = journal_partition;
    out.value = std::move(message);
    send(std::move(out));
  }

  void dead_letter(OutputRecord&& letter) override {
    const std::vector<Header> original = headers_of(letter);
    send(to_dead_letter(dead_letters_, std::move(letter), original));
  }

  bool commit() override {
    pulse_.beat();
    if (pulse_.interrupted()) fail({"interrupted", "stopped while a commit was open"});
    if (!status().ok()) return false;
    BARTIZAN_CRASH_POINT("ingest_before_flush");
    keep_marks();
    if (!producer_->flush(kFlushMax)) {
      if (producer_->failed() || producer_->has_fatal_error()) send_again();
      return false;
    }
    BARTIZAN_CRASH_POINT("ingest_before_positions");
    kept_.clear();
    resends_in_a_row_ = 0;
    if (!commit_positions()) return false;
    BARTIZAN_CRASH_POINT("ingest_after_positions");
    return true;
  }

  Status status() const override {
    const std::lock_guard lock{mutex_};
    return status_;
  }

  // ---------------------------------------------------------------- the rest

  const std::vector<InputProblem>& problems() const { return problems_; }
  Pulse& pulse() { return pulse_; }
  Counters counters() const { return {rebalances_, resends_, problems_total_, offset_gaps_}; }

  void close() {
    if (!consumer_) return;
    closing_ = true;
    views_.clear();
    batch_.clear();
    if (revoking_) finish_revocation();
    rd_kafka_consumer_close(consumer_.get());
    commits_.reset();
    producer_.reset();
    if (missed_) let_go(std::move(consumer_));
    consumer_.reset();
  }

 private:
  struct Part {
    const std::string* topic = nullptr;
    const SourceInput* input = nullptr;
    std::int32_t partition = 0;
    std::int64_t next = 0;       // after the last message handed out
    std::int64_t committed = -1;
    std::uint64_t record = 0;    // hash of the last message; 0: none yet
    std::size_t newest = kNone;  // of it in the batch, until it is hashed
    std::optional<Clock::time_point> marked_at;
    bool stopped = false;
  };
  struct Taken {
    MessagePtr message;
    const SourceInput* input = nullptr;
    std::int32_t partition = 0;
  };
  struct QueueFree {
    void operator()(rd_kafka_queue_t* q) const { rd_kafka_queue_destroy(q); }
  };

  void fail(Error error) {
    const std::lock_guard lock{mutex_};
    if (status_.ok()) status_ = std::move(error);
  }

  void tell(const std::string& input, std::int32_t partition, std::string code, std::string text) {
    const bool told = std::any_of(problems_.begin(), problems_.end(), [&](const InputProblem& p) {
      return p.input == input && p.partition == partition && p.error.code == code;
    });
    ++problems_total_;
    if (!told && problems_.size() < kProblemsMax) problems_.push_back({input, partition, {std::move(code), std::move(text)}});
  }

  // ---------------------------------------------------------------- journal

  Status new_producer() {
    producer_.reset();
    ProducerSettings settings;
    settings.codec = "lz4";  // of a journal that is compact already zstd saves little for a microsecond an event (docs/performance.md)
    settings.message_bytes_max = kMessageBytesMax;
    auto made = Producer::make(options_, "ingest", settings, pulse_);
    if (!made.ok()) return made.error();
    producer_ = std::move(made.value());
    producer_->prepare(journal_);
    producer_->prepare(dead_letters_);
    return Ok{};
  }

  void send(OutMessage&& message) {
#ifdef BARTIZAN_FAULT_INGEST_GAP  // only ever defined by a target that tests the tests
    if (++sent_ % 97 == 0) return;
#endif
    kept_.push_back(std::move(message));
    if (!producer_->failed()) producer_->send(kept_.back());
  }

  // The same bytes in the same order, also those that were delivered: a repeat has the source position of its first copy, and the fold
  // drops it. Starting in the middle instead could leave a gap behind which later positions make the missing ones look like repeats.
  void send_again() {
    ++resends_;
    const std::string code = producer_->trouble_code();
    const std::string trouble = producer_->trouble();
    note_client_event({ClientEvent::Level::warning, "ingest", "sent again after a failed delivery: " + trouble, code});
    if (means_missing(code)) {
      const auto count = partition_count(consumer_.get(), journal_, pulse_, kAskMax);
      if (!count.ok() && count.error().code == "no_topic") return fail(journal_deleted(options_));
    }
    if (++resends_in_a_row_ >= kResendsMax && is_permanent(code))
      return fail({means_refused(code) ? "not_authorized" : "journal_refused", "writing " + trouble});
    if (const Status s = new_producer(); !s.ok()) return fail(s.error());
    std::this_thread::sleep_for(kRetryPause);
    for (const OutMessage& message : kept_) {
      if (!producer_->send(message)) return;
    }
  }

  // ---------------------------------------------------------------- positions

  bool commit_positions() {
    ListPtr list{rd_kafka_topic_partition_list_new(static_cast<int>(parts_.size()))};
    for (const Part& part : parts_) {
      if (part.next == part.committed || part.next < 0) continue;
      rd_kafka_topic_partition_t* one = rd_kafka_topic_partition_list_add(list.get(), part.topic->c_str(), part.partition);
      one->offset = part.next;
      const std::string metadata = source_metadata({part.input->generation, part.record});
      one->metadata = ::strdup(metadata.c_str());  // the list frees it
      one->metadata_size = metadata.size();
    }
    if (list->cnt == 0) return true;
    const rd_kafka_resp_err_t error = wait_for_commit(list.get());
    switch (error) {
      case RD_KAFKA_RESP_ERR_NO_ERROR:
        for (Part& part : parts_) part.committed = part.next;
        return true;
      // Another member has these partitions, or will: it reads them again, and the fold drops the repeats.
      case RD_KAFKA_RESP_ERR_ILLEGAL_GENERATION:
      case RD_KAFKA_RESP_ERR_UNKNOWN_MEMBER_ID:
      case RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID:
      case RD_KAFKA_RESP_ERR_REBALANCE_IN_PROGRESS:
      case RD_KAFKA_RESP_ERR__ASSIGNMENT_LOST: return true;
      // A topic was deleted, and its positions with it: look_at_sources tells.
      case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART: return true;
      case RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED:
      case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
        fail({"not_authorized",
              "committing source positions" + (refused_.empty() ? "" : " of " + refused_) + ": " + rd_kafka_err2str(error)});
        return false;
      default: std::this_thread::sleep_for(kRetryPause); return false;
    }
  }

  // Asynchronous with a queue of its own: the synchronous call waits for a coordinator without telling anybody.
  rd_kafka_resp_err_t wait_for_commit(rd_kafka_topic_partition_list_t* list) {
    const rd_kafka_resp_err_t asked = rd_kafka_commit_queue(consumer_.get(), list, commits_.get(), nullptr, nullptr);
    if (asked != RD_KAFKA_RESP_ERR_NO_ERROR) return asked;
    const auto end = Clock::now() + kCommitMax;
    while (Clock::now() < end && !pulse_.interrupted()) {
      pulse_.beat();
      rd_kafka_event_t* event = rd_kafka_queue_poll(commits_.get(), 200);
      if (event == nullptr) continue;
      rd_kafka_resp_err_t error = rd_kafka_event_error(event);
      refused_.clear();
      if (const auto* answered = rd_kafka_event_topic_partition_list(event); answered != nullptr) {
        for (int i = 0; i < answered->cnt; ++i) {
          if (answered->elems[i].err == RD_KAFKA_RESP_ERR_NO_ERROR) continue;
          error = answered->elems[i].err;
          refused_ += (refused_.empty() ? "" : ", ") + std::string{answered->elems[i].topic};
        }
      }
      rd_kafka_event_destroy(event);
      return error;
    }
    return RD_KAFKA_RESP_ERR__TIMED_OUT;
  }

  // ---------------------------------------------------------------- rebalances

  static void on_rebalance(rd_kafka_t*, rd_kafka_resp_err_t error, rd_kafka_topic_partition_list_t* partitions, void* self) {
    auto* impl = static_cast<Impl*>(self);
    ++impl->rebalances_;
    if (error == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS && !impl->closing_) {
      impl->on_assigned(*partitions);
      return;
    }
    impl->revoking_ = true;
    if (impl->closing_ || rd_kafka_assignment_lost(impl->consumer_.get()) != 0) impl->finish_revocation();
  }

  void finish_revocation() {
    revoking_ = false;
    parts_.clear();
    last_ = nullptr;
    rd_kafka_assign(consumer_.get(), nullptr);
  }

  void on_assigned(const rd_kafka_topic_partition_list_t& partitions) {
    parts_.clear();
    last_ = nullptr;
    const auto problem = [this](const std::string& topic, std::int32_t partition, const Error& why) { tell(topic, partition, why.code, why.message); };
    auto all = survey_sources(consumer_.get(), options_, inputs_, partitions, pulse_, problem);
    if (!all.ok()) return fail(all.error());
    if (const Status s = compare_candidates(options_, all.value(), pulse_); !s.ok()) return fail(s.error());
    ListPtr list{rd_kafka_topic_partition_list_new(partitions.cnt)};
    for (const SourceCandidate& one : all.value()) place(one, list.get());
    const rd_kafka_resp_err_t error = rd_kafka_assign(consumer_.get(), list.get());
    if (error != RD_KAFKA_RESP_ERR_NO_ERROR) fail({"client", std::string{"assign: "} + rd_kafka_err2str(error)});
  }

  /// Decides where one source partition starts, or that it does not.
  void place(const SourceCandidate& one, rd_kafka_topic_partition_list_t* list) {
    SourceStart start = source_start(one.facts);
    offset_gaps_ += static_cast<std::uint64_t>(start.lost);
    if (start.stopped && one.input->is_command) {
      // Nobody configures this topic: the next generation begins by itself.
      ++one.input->generation;
      tell(*one.topic, one.facts.partition, "commands_recreated",
           "the topic was made anew; it is read from its start as generation " + std::to_string(one.input->generation));
      start = SourceStart{};
      start.offset = one.facts.ends.low;
    } else if (start.problem) {
      tell(*one.topic, one.facts.partition, start.problem->code, start.problem->message);
    }
    if (start.stopped) return;
    Part part;
    part.topic = one.topic;
    part.input = one.input;
    part.partition = one.facts.partition;
    part.next = start.offset;
    const bool resumed = one.facts.committed == start.offset;
    part.committed = resumed ? start.offset : -1;
    part.record = resumed && one.facts.mark ? one.facts.mark->record : 0;
    parts_.push_back(part);
    rd_kafka_topic_partition_list_add(list, one.topic->c_str(), one.facts.partition)->offset = start.offset;
  }

  // ---------------------------------------------------------------- topics that are deleted while they are read

  // The client tells a missing topic here, again every second. Once is enough: look_at_sources tells it.
  static void on_client_error(rd_kafka_t* client, int error, const char* reason, void* self) {
    if (!means_missing(static_cast<rd_kafka_resp_err_t>(error))) return note_client_error(client, error, reason, self);
    auto* impl = static_cast<Impl*>(self);
    impl->missed_ = true;
    const std::string_view text = reason == nullptr ? "" : reason;
    impl->doubted_ = impl->doubted_ || std::any_of(impl->parts_.begin(), impl->parts_.end(), [text](const Part& part) {
      return !part.stopped && text.starts_with(*part.topic + " [");
    });
  }

  /// A topic was missing for a moment at least: nothing more of it is read before it is known to be gone, another one, or the same.
  void look_at_sources() {
    doubted_ = false;
    std::map<std::string, std::int32_t> counts;
    std::vector<SourceCandidate> all;
    std::vector<Part*> asked;
    for (Part& part : parts_) {
      if (part.stopped) continue;
      if (!counts.contains(*part.topic)) {
        const auto count = partition_count(consumer_.get(), *part.topic, pulse_, kAskMax);
        if (!count.ok() && count.error().code != "no_topic") return static_cast<void>(doubted_ = true);  // asked again
        counts[*part.topic] = count.ok() ? count.value() : 0;
      }
      Result<Watermarks> ends = Error{"no_topic", {}};
      if (part.partition < counts[*part.topic]) ends = watermarks(consumer_.get(), *part.topic, part.partition, pulse_, kAskMax);
      if (!ends.ok() && ends.error().code != "no_topic") return static_cast<void>(doubted_ = true);
      if (!ends.ok()) {
        stop(part, {"source_gone", "partition " + std::to_string(part.partition) +
                                       " is not there any more; once the topic is back, raise the input's generation and start again"});
        continue;
      }
      SourceCandidate one{part.topic, nullptr, {}};
      one.facts = {part.partition, ends.value(), part.next, SourceMark{part.next, part.record}, Likeness::unknown};
      all.push_back(std::move(one));
      asked.push_back(&part);
    }
    if (const Status s = compare_candidates(options_, all, pulse_); !s.ok()) return fail(s.error());
    for (std::size_t i = 0; i < asked.size(); ++i) {
      const SourceStart start = source_start(all[i].facts);
      if (start.stopped) stop(*asked[i], *start.problem);
    }
  }

  // ---------------------------------------------------------------- marks

  void hash_newest() {
    for (Part& part : parts_) {
      if (part.newest == kNone) continue;
      part.record = record_hash(*batch_[part.newest].message);
      part.newest = kNone;
    }
  }

  void keep_marks() {
    for (Part& part : parts_) {
      if (part.record == 0 || part.stopped || (part.marked_at && Clock::now() - *part.marked_at < kMarkEvery)) continue;
      part.marked_at = Clock::now();
      send(mark_row(options_, {*part.topic, part.input->generation, part.partition}, {part.next, part.record}));
    }
  }

  // ---------------------------------------------------------------- messages

  Part* part_of(const rd_kafka_message_t& message) {
    if (last_ != nullptr && last_topic_ == message.rkt && last_->partition == message.partition) return last_;
    const char* name = rd_kafka_topic_name(message.rkt);
    for (Part& part : parts_) {
      if (part.partition != message.partition || *part.topic != name) continue;
      last_ = &part;
      last_topic_ = message.rkt;
      return last_;
    }
    return nullptr;
  }

  bool follows(Part& part, const rd_kafka_message_t& message) {
    if (message.offset >= part.next) return true;  // compacted and transactional topics have gaps
    stop(part,
         source_recreated(part.partition, "gave offset " + std::to_string(message.offset) + " after " + std::to_string(part.next - 1)));
    return false;
  }

  void stop(Part& part, const Error& why) {
    part.stopped = true;
    ListPtr list{rd_kafka_topic_partition_list_new(1)};
    rd_kafka_topic_partition_list_add(list.get(), part.topic->c_str(), part.partition);
    rd_kafka_pause_partitions(consumer_.get(), list.get());
    tell(*part.topic, part.partition, why.code, why.message);
  }

  // The decoder reads a little beyond a message's end. Inside the client's fetch buffer the next message stands there, so most bytes need
  // no copy: memory between the ends of two messages that lie less than a page apart is readable whatever it is.
  static bool padded_by(const rd_kafka_message_t& message, const rd_kafka_message_t& next) {
    constexpr std::uintptr_t kPage = 4096;
    const auto end = reinterpret_cast<std::uintptr_t>(message.payload) + message.len;
    const auto begin = reinterpret_cast<std::uintptr_t>(next.payload);
    return next.payload != nullptr && begin >= end && begin - end < kPage && begin + next.len >= end + RecordDecoder::kPadding;
  }

  void make_views(std::size_t bytes) {
    const std::size_t needed = bytes + batch_.size() * RecordDecoder::kPadding;
    if (arena_.size() < needed) arena_.resize(needed);
    char* place = arena_.data();
    const Time arrival = now();
    for (std::size_t i = 0; i < batch_.size(); ++i) {
      const rd_kafka_message_t& message = *batch_[i].message;
      const char* begin = static_cast<const char*>(message.payload);
      if (i + 1 == batch_.size() || !padded_by(message, *batch_[i + 1].message)) {
        if (message.len > 0) std::memcpy(place, message.payload, message.len);
        begin = place;
        place += message.len + RecordDecoder::kPadding;
      }
      views_.push_back(view_of(batch_[i], {begin, message.len}, arrival));
    }
  }

  static RawMessage view_of(const Taken& taken, std::string_view bytes, Time arrival) {
    RawMessage view;
    view.position.source.input = taken.input->name;
    view.position.source.topic = rd_kafka_topic_name(taken.message->rkt);
    view.position.source.generation = static_cast<std::uint32_t>(taken.input->generation);
    view.position.source.partition = taken.partition;
    view.position.offset = taken.message->offset;
    rd_kafka_timestamp_type_t type{};
    const std::int64_t ms = rd_kafka_message_timestamp(taken.message.get(), &type);
    if (type != RD_KAFKA_TIMESTAMP_NOT_AVAILABLE && ms > 0) view.position.timestamp = time_from_ms(ms);
    view.bytes = bytes;
    view.arrival = arrival;
    view.is_command = taken.input->is_command;
    view.tenant = taken.input->tenant;
    return view;
  }

  void on_error(const rd_kafka_message_t& message) {
    const std::string text = rd_kafka_message_errstr(&message);
    note_client_event({ClientEvent::Level::warning, rd_kafka_name(consumer_.get()), text, rd_kafka_err2name(message.err)});
    const std::string name = message.rkt != nullptr ? rd_kafka_topic_name(message.rkt) : "";
    switch (message.err) {
      case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
      case RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC:
      case RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION: return tell(name, -1, "source_gone", text);
      case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED: return tell(name, -1, "not_authorized", text);
      case RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET:
      case RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE:
        if (Part* part = message.rkt == nullptr ? nullptr : part_of(message)) {
          stop(*part, source_recreated(part->partition, "has nothing at the position read to (" + text + ")"));
        }
        return;
      case RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED:
        return fail({"not_authorized", "group " + group_of(options_, "ingest") + ": " + text});
      case RD_KAFKA_RESP_ERR__FATAL: return fail({"client", "the consumer has ended (" + text + "); start again"});
      default: return;  // the client goes on by itself
    }
  }

  /// Headers of the message that a dead letter came in: it is still in the batch.
  std::vector<Header> headers_of(const OutputRecord& letter) const {
    std::vector<Header> found;
    for (std::size_t i = 0; i < views_.size(); ++i) {
      const SourcePosition& at = views_[i].position;
      const std::string prefix = std::string{at.source.input} + '/' + std::to_string(at.source.generation) + '/' +
                                 std::to_string(at.source.partition) + '/' + std::to_string(at.offset) + '/';
      if (letter.key.rfind(prefix, 0) != 0) continue;
      rd_kafka_headers_t* headers = nullptr;
      if (rd_kafka_message_headers(batch_[i].message.get(), &headers) != RD_KAFKA_RESP_ERR_NO_ERROR) return found;
      const char* name = nullptr;
      const void* value = nullptr;
      std::size_t size = 0;
      for (std::size_t h = 0; rd_kafka_header_get_all(headers, h, &name, &value, &size) == RD_KAFKA_RESP_ERR_NO_ERROR; ++h) {
        found.emplace_back(name, std::string{static_cast<const char*>(value), value == nullptr ? 0 : size});
      }
      return found;
    }
    return found;
  }

  const KafkaOptions options_;
  const Clock::time_point began_ = Clock::now();
  const std::chrono::system_clock::time_point began_at_ = std::chrono::system_clock::now();
  const std::string journal_, dead_letters_;
  SourceInputs inputs_;
  Pulse pulse_;
  mutable std::mutex mutex_;
  Status status_ = Ok{};  // guarded by mutex_
  std::vector<InputProblem> problems_;

  ClientPtr consumer_;
  std::unique_ptr<rd_kafka_queue_t, QueueFree> commits_;
  std::string refused_;  // topics of the last commit whose positions the brokers did not take
  std::vector<Part> parts_;
  Part* last_ = nullptr;  // of the last message, with its topic
  const rd_kafka_topic_t* last_topic_ = nullptr;
  bool revoking_ = false;  // in good order: after the worker's commit
  bool doubted_ = false;   // the client said that a topic we read is not there
  bool missed_ = false;    // it once said so of any
  bool closing_ = false;
  std::vector<Taken> batch_;
  std::vector<RawMessage> views_;
  std::vector<char> arena_;

  std::unique_ptr<Producer> producer_;
  std::deque<OutMessage> kept_;  // appended since the last commit
  int resends_in_a_row_ = 0;
#ifdef BARTIZAN_FAULT_INGEST_GAP
  std::uint64_t sent_ = 0;
#endif
  std::atomic<std::uint64_t> rebalances_{0}, resends_{0}, problems_total_{0}, offset_gaps_{0};
};

KafkaIngest::KafkaIngest(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

KafkaIngest::~KafkaIngest() = default;

Result<std::unique_ptr<KafkaIngest>> KafkaIngest::open(const KafkaOptions& options) {
  auto impl = std::make_unique<Impl>(options);
  if (const Status s = impl->open(); !s.ok()) return s.error();
  return std::unique_ptr<KafkaIngest>{new KafkaIngest{std::move(impl)}};
}

IngestTransport& KafkaIngest::transport() { return *impl_; }
Status KafkaIngest::status() const { return impl_->status(); }
const std::vector<InputProblem>& KafkaIngest::problems() const { return impl_->problems(); }
Pulse& KafkaIngest::pulse() { return impl_->pulse(); }
KafkaIngest::Counters KafkaIngest::counters() const { return impl_->counters(); }
void KafkaIngest::close() { impl_->close(); }

}  // namespace bartizan::kafka
