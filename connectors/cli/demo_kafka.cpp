// The demo's line over Kafka: the production transports, with the story's time instead of the clock.

#include <array>
#include <chrono>
#include <map>
#include <vector>

#include "connectors/cli/author.h"
#include "connectors/cli/demo_lines.h"
#include "connectors/cli/wall_clock.h"
#include "connectors/kafka/admin.h"
#include "connectors/kafka/bundle_topic.h"
#include "connectors/kafka/identity.h"
#include "connectors/kafka/kafka_detect.h"
#include "connectors/kafka/kafka_ingest.h"
#include "connectors/kafka/reader.h"
#include "connectors/kafka/topic_access.h"
#include "connectors/kafka/topics.h"
#include "engine/pipeline/detect_worker.h"
#include "engine/pipeline/ingest_worker.h"

namespace bartizan::cli {
namespace {

constexpr std::array<Topic, 4> kShown = {Topic::alerts, Topic::risky_users, Topic::risky_workload_identities, Topic::risky_agents};
constexpr auto kSettleMax = std::chrono::seconds{120};
constexpr int kPollMs = 100;

/// INGEST's transport as it is, but for time: entries get the records' own, so that two weeks of story pass in seconds.
class StoryTime final : public IngestTransport {
 public:
  explicit StoryTime(IngestTransport& real) : real_(real) {}
  std::span<const RawMessage> poll(std::size_t max, Duration timeout) override {
    const auto polled = real_.poll(max, timeout);
    messages_.assign(polled.begin(), polled.end());
    for (auto& message : messages_) message.arrival.reset();
    return messages_;
  }
  bool exhausted() const override { return real_.exhausted(); }
  std::int32_t journal_partitions() const override { return real_.journal_partitions(); }
  bool own_append_times() const override { return true; }
  void append(std::int32_t partition, std::string message) override { real_.append(partition, std::move(message)); }
  void dead_letter(OutputRecord&& letter) override { real_.dead_letter(std::move(letter)); }
  bool commit() override { return real_.commit(); }
  Time now() override { return real_.now(); }
  bool wants_commit() const override { return real_.wants_commit(); }
  Status status() const override { return real_.status(); }

 private:
  IngestTransport& real_;
  std::vector<RawMessage> messages_;
};

/// Reads committed outputs as any consumer would.
class OutputReader {
 public:
  Status open(const kafka::KafkaOptions& options) {
    auto reader = kafka::make_reader(options, "demo", kafka::Isolation::committed);
    if (!reader) return reader.error();
    reader_ = std::move(reader.value());
    const kafka::ListPtr list{rd_kafka_topic_partition_list_new(static_cast<int>(kShown.size()))};
    for (const Topic t : kShown) {
      const std::string name = kafka::topic(options, t);
      topics_[name] = t;
      rd_kafka_topic_partition_list_add(list.get(), name.c_str(), 0)->offset = RD_KAFKA_OFFSET_BEGINNING;
    }
    rd_kafka_assign(reader_.get(), list.get());
    return Ok{};
  }

  /// Everything committed by now, in order within each topic.
  Status read(std::vector<demo::OutputLine>& out) {
    std::map<std::string, std::int64_t> missing;  // end of each topic that is not reached yet
    for (const auto& [name, topic] : topics_) {
      const auto ends = kafka::watermarks(reader_.get(), name, 0, pulse_, kafka::kErrandMax);
      if (!ends) return ends.error();
      if (ends.value().high > reached_[name]) missing[name] = ends.value().high;
    }
    const auto limit = std::chrono::steady_clock::now() + kSettleMax;
    while (!missing.empty()) {
      if (std::chrono::steady_clock::now() > limit) return Error{"unreachable", "the outputs cannot be read to their end"};
      const kafka::MessagePtr message{rd_kafka_consumer_poll(reader_.get(), kPollMs)};
      if (!message || message->rkt == nullptr) continue;
      const std::string name = rd_kafka_topic_name(message->rkt);
      const bool end = message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF;
      if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR && !end) continue;
      if (!end && message->payload != nullptr) {
        out.push_back({topics_.at(name), std::string(static_cast<const char*>(message->payload), message->len)});
      }
      reached_[name] = message->offset + (end ? 0 : 1);
      if (const auto it = missing.find(name); it != missing.end() && reached_[name] >= it->second) missing.erase(it);
    }
    return Ok{};
  }

 private:
  kafka::Pulse pulse_;
  kafka::ClientPtr reader_;
  std::map<std::string, Topic> topics_;
  std::map<std::string, std::int64_t> reached_;
};

kafka::KafkaOptions demo_options(const kafka::KafkaOptions& cluster, const std::string& folder) {
  kafka::KafkaOptions out = cluster;
  const std::string name = "bartizan-demo-" + new_uuid().substr(0, 8);
  out.group_id = name;
  out.prefix = name + ".";
  out.inputs = {{out.prefix + "sign-ins", 0, ""}};
  out.journal_partitions = 1;
  out.state_dir = folder;
  return out;
}

class KafkaLine final : public demo::DemoLine {
 public:
  KafkaLine(kafka::KafkaOptions options, const Bundle& bundle)
      : options_(std::move(options)), rules_(std::make_shared<BundleStore>()), bundles_(options_) {
    rules_->add(bundle);
  }

  Status open(const Bundle& bundle);
  Status put(std::string_view records) override;
  Status put_command(std::string_view command) override;
  Status settle(std::vector<demo::OutputLine>& out) override;
  Status close() override;
  Status remove();
  const std::string& prefix() const { return options_.prefix; }
  bool has_made_topics() const { return has_made_topics_; }

 private:
  Status make_topics();
  Status send();
  Status drain();

  kafka::KafkaOptions options_;
  bool has_made_topics_ = false;
  std::shared_ptr<BundleStore> rules_;
  kafka::BundleTopic bundles_;
  std::optional<kafka::Identity> identity_;
  std::unique_ptr<kafka::StateTopic> state_;
  std::unique_ptr<kafka::KafkaDetect> detect_transport_;
  std::unique_ptr<kafka::KafkaIngest> ingest_transport_;
  std::unique_ptr<StoryTime> story_time_;
  WallClock clock_;
  IngestStats ingest_stats_;
  DetectStats detect_stats_;
  std::unique_ptr<IngestWorker> ingest_;
  std::unique_ptr<DetectWorker> detect_;
  std::unique_ptr<OutputReader> outputs_;
  std::vector<kafka::OutMessage> waiting_;  // put, not sent
  std::uint64_t messages_put_ = 0;
};

/// One partition each, so that inputs and outputs have one order.
Status KafkaLine::make_topics() {
  auto admin = kafka::Admin::connect(options_);
  if (!admin) return admin.error();
  std::vector<kafka::TopicPlan> plans;
  kafka::TopicPlan input;
  input.name = options_.inputs.front().topic;
  plans.push_back(input);
  for (auto& plan : kafka::topic_plans(options_)) {
    plan.partitions = 1;
    plans.push_back(std::move(plan));
  }
  has_made_topics_ = true;
  const auto refused = admin.value()->create(plans, options_.replication_factor);
  if (!refused) return refused.error();
  if (!refused.value().empty()) return Error{"topic_settings", refused.value().front().first + ": " + refused.value().front().second};
  const auto problems = kafka::settle_topics(options_, false);
  if (!problems) return problems.error();
  if (!problems.value().empty()) return Error{"topic_settings", problems.value().front().topic + ": " + problems.value().front().what};
  return Ok{};
}

Status KafkaLine::open(const Bundle& bundle) {
  auto identity = kafka::Identity::take(options_.state_dir);
  if (!identity) return identity.error();
  identity_.emplace(std::move(identity.value()));
  if (Status made = make_topics(); !made.ok()) return made;
  if (Status stored = bundles_.store(bundle.hash(), bundle.serialise()); !stored.ok()) return stored;
  auto state = kafka::StateTopic::open(options_);
  if (!state) return state.error();
  state_ = std::move(state.value());
  auto detect = kafka::KafkaDetect::open(options_, identity_->transactional_id(options_.group_id, 0), *state_);
  if (!detect) return detect.error();
  detect_transport_ = std::move(detect.value());
  auto ingest = kafka::KafkaIngest::open(options_);
  if (!ingest) return ingest.error();
  ingest_transport_ = std::move(ingest.value());
  story_time_ = std::make_unique<StoryTime>(ingest_transport_->transport());
  IngestWorkerOptions options;
  options.record_time = true;
  ingest_ = std::make_unique<IngestWorker>(*story_time_, clock_, ingest_stats_, options);
  ingest_->activate({bundle.hash(), {}, static_cast<std::uint32_t>(bundle.rule_set()->rules.size()), {}});
  detect_ = std::make_unique<DetectWorker>(detect_transport_->transport(), *state_, rules_, clock_, detect_stats_);
  outputs_ = std::make_unique<OutputReader>();
  return outputs_->open(options_);
}

Status KafkaLine::put(std::string_view records) {
  while (!records.empty()) {
    const std::size_t end = records.find('\n');
    kafka::OutMessage message;
    message.topic = options_.inputs.front().topic;
    message.partition = 0;
    message.value = std::string(records.substr(0, end));
    waiting_.push_back(std::move(message));
    records.remove_prefix(end == std::string_view::npos ? records.size() : end + 1);
  }
  return Ok{};
}

Status KafkaLine::send() {
  if (waiting_.empty()) return Ok{};
  const Status sent = kafka::put_messages(options_, "demo", waiting_);
  messages_put_ += waiting_.size();
  waiting_.clear();
  return sent;
}

Status KafkaLine::put_command(std::string_view command) {
  if (const Status drained = drain(); !drained.ok()) return drained;  // the verdict comes after what was seen
  kafka::OutMessage message;
  message.topic = kafka::topic(options_, "commands");
  message.value = std::string(command);
  waiting_.push_back(std::move(message));
  return send();
}

Status KafkaLine::drain() {
  if (Status sent = send(); !sent.ok()) return sent;
  const auto limit = std::chrono::steady_clock::now() + kSettleMax;
  const auto late = [&limit] { return std::chrono::steady_clock::now() > limit; };
  while (ingest_stats_.messages.value() < messages_put_) {
    if (const Status turned = ingest_->run_once(Duration{20}); !turned.ok()) return turned;
    if (const Status turned = detect_->run_once(Duration{0}); !turned.ok()) return turned;
    if (late()) return Error{"unreachable", "the input is not read within two minutes"};
  }
  if (const Status stopped = ingest_->stop(); !stopped.ok()) return stopped;
  while (detect_stats_.journal_messages.value() < ingest_stats_.journal_messages.value()) {
    if (const Status turned = detect_->run_once(Duration{20}); !turned.ok()) return turned;
    if (late()) return Error{"unreachable", "the journal is not read within two minutes"};
  }
  return detect_->commit();
}

Status KafkaLine::settle(std::vector<demo::OutputLine>& out) {
  if (const Status drained = drain(); !drained.ok()) return drained;
  return outputs_->read(out);
}

Status KafkaLine::close() {
  if (const Status drained = drain(); !drained.ok()) return drained;
  if (const Status stopped = detect_->stop(); !stopped.ok()) return stopped;
  ingest_transport_->close();
  detect_transport_->close();
  return Ok{};
}

Status KafkaLine::remove() {
  // Whoever still reads would only complain.
  outputs_.reset();
  if (ingest_transport_) ingest_transport_->close();
  if (detect_transport_) detect_transport_->close();
  auto admin = kafka::Admin::connect(options_);
  if (!admin) return admin.error();
  std::vector<std::string> names = {options_.inputs.front().topic};
  for (const auto& plan : kafka::topic_plans(options_)) names.push_back(plan.name);
  const auto stay = admin.value()->remove(names);
  if (!stay) return stay.error();
  if (stay.value().empty()) return Ok{};
  const auto& [first, why] = stay.value().front();
  return Error{"not_removed", std::to_string(stay.value().size()) + " topics stay, first " + first + ": " + why};
}

}  // namespace

Result<std::unique_ptr<demo::DemoLine>> kafka_demo_line(const kafka::KafkaOptions& cluster, const std::string& folder,
                                                        const Bundle& bundle) {
  auto line = std::make_unique<KafkaLine>(demo_options(cluster, folder), bundle);
  if (const Status opened = line->open(bundle); !opened.ok()) {
    // Where nobody answers, nothing was made.
    if (line->has_made_topics()) static_cast<void>(line->remove());
    return opened.error();
  }
  return std::unique_ptr<demo::DemoLine>(std::move(line));
}

Status remove_kafka_demo(demo::DemoLine& line) { return static_cast<KafkaLine&>(line).remove(); }

std::string kafka_demo_prefix(const demo::DemoLine& line) { return static_cast<const KafkaLine&>(line).prefix(); }

}  // namespace bartizan::cli
