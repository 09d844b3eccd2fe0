// run on Kafka.

#include <algorithm>
#include <array>
#include <mutex>
#include <optional>
#include <string_view>

#include "connectors/cli/bundle_record.h"
#include "connectors/cli/errand.h"
#include "connectors/cli/kafka_watch.h"
#include "connectors/cli/live_transport.h"
#include "connectors/kafka/bundle_topic.h"
#include "connectors/kafka/identity.h"
#include "connectors/kafka/kafka_detect.h"
#include "connectors/kafka/kafka_ingest.h"
#include "connectors/kafka/topics.h"

namespace bartizan::cli {
namespace {

using std::chrono::milliseconds;

/// Errors for a person: starting again would end the same way.
constexpr std::array<std::string_view, 20> kLasting = {
    "journal_recreated", "journal_trimmed", "journal_truncated", "journal_timestamps", "offset_gap",     "missing_position", "bad_position",
    "ahead_of_outputs",  "bad_checkpoint",  "output_refused",    "unreadable",         "unknown_bundle", "unknown_version",  "corrupt",
    "not_authorized",    "authentication",  "bad_setting",       "secret_file",        "interrupted",    "no_topic"};

/// With a line of the log when the brokers do not answer at once.
kafka::KafkaOptions with_word(kafka::KafkaOptions options, Log& log) {
  options.while_waiting = [brokers = brokers_text(options.brokers),
                           &log] { log.info("waiting", "waiting for an answer from the brokers", {{"brokers", brokers}}); };
  return options;
}

class KafkaLive final : public LiveTransport {
 public:
  KafkaLive(const LoadedConfig& loaded, Log& log)
      : options_(with_word(kafka_options(loaded), log)),
        has_ingest_(loaded.config.has(Role::ingest)),
        has_detect_(loaded.config.has(Role::detect)),
        log_(log),
        bundles_(options_, &waits_) {}

  Status open() override;
  Status store_bundle(const Bundle& bundle) override {
    return has_ingest_ ? bundles_.store(bundle.hash(), bundle.serialise(), bundle_record(bundle)) : Status{Ok{}};
  }
  Result<std::string> load_bundle(std::string_view hash) override { return bundles_.load(hash); }
  IngestTransport* ingest() override { return ingest_ ? &ingest_->transport() : nullptr; }
  DetectTransport* detect() override { return detect_ ? &detect_->transport() : nullptr; }
  CheckpointStore* checkpoints() override { return state_.get(); }
  std::vector<LiveProblem> new_problems() override;
  Status last_failure() const override { return Ok{}; }
  bool can_renew(const Error& why) const override { return std::find(kLasting.begin(), kLasting.end(), why.code) == kLasting.end(); }
  Status renew_ingest() override;
  Status renew_detect() override;
  milliseconds ingest_silence() const override;
  milliseconds detect_silence() const override;
  bool reachable() const override { return !watch_ || watch_->reachable(); }
  void interrupt() override;
  void add_metrics(MetricsSource& source) const override;
  std::string outputs() const override { return "topics " + options_.prefix + "*"; }
  Status close() override;
  bool stuck() const override { return stuck_; }

 private:
  Status settle();
  Status open_ingest();
  Status open_detect();

  const kafka::KafkaOptions options_;
  const bool has_ingest_, has_detect_;
  Log& log_;
  kafka::Pulse waits_;  // of bundles and checkpoints, on DETECT's thread once the loops run
  kafka::BundleTopic bundles_;
  std::optional<kafka::Identity> identity_;
  mutable std::mutex mutex_;  // guards the three pointers and the sums: a half is made anew while others look
  std::unique_ptr<kafka::StateTopic> state_;
  std::unique_ptr<kafka::KafkaDetect> detect_;
  std::unique_ptr<kafka::KafkaIngest> ingest_;
  kafka::KafkaIngest::Counters ingest_before_;  // of halves that were made anew
  kafka::KafkaDetect::Counters detect_before_;
  std::uint64_t ingest_renewals_ = 0, detect_renewals_ = 0;
  bool interrupted_ = false;
  std::size_t told_ = 0;
  std::unique_ptr<KafkaWatch> watch_;
  bool stuck_ = false;
};

Status KafkaLive::settle() {
  const auto settled = kafka::settle_topics(options_, options_.create_topics);
  if (!settled) return settled.error();
  if (settled.value().empty()) return Ok{};
  for (const auto& problem : settled.value()) {
    log_.error("topic_settings", problem.topic + ": " + problem.what + "; " + problem.advice, {{"topic", problem.topic}});
  }
  return Error{"topic_settings", std::to_string(settled.value().size()) + " topics are not as they must be; see above"};
}

Status KafkaLive::open() {
  auto identity = kafka::Identity::take(options_.state_dir);
  if (!identity) return identity.error();
  identity_.emplace(std::move(identity.value()));
  if (Status settled = settle(); !settled.ok()) return settled;
  if (Status opened = has_detect_ ? open_detect() : Status{Ok{}}; !opened.ok()) return opened;
  if (Status opened = has_ingest_ ? open_ingest() : Status{Ok{}}; !opened.ok()) return opened;
  watch_ = std::make_unique<KafkaWatch>(options_, log_, has_ingest_, has_detect_);
  return Ok{};
}

Status KafkaLive::open_ingest() {
  auto opened = kafka::KafkaIngest::open(options_);
  if (!opened) return opened.error();
  const std::lock_guard lock(mutex_);
  ingest_ = std::move(opened.value());
  if (interrupted_) ingest_->pulse().interrupt();
  told_ = 0;
  return Ok{};
}

Status KafkaLive::open_detect() {
  auto state = kafka::StateTopic::open(options_, &waits_);
  if (!state) return state.error();
  auto opened = kafka::KafkaDetect::open(options_, identity_->transactional_id(options_.group_id, 0), *state.value());
  if (!opened) return opened.error();
  const std::lock_guard lock(mutex_);
  state_ = std::move(state.value());
  detect_ = std::move(opened.value());
  if (interrupted_) detect_->pulse().interrupt();
  return Ok{};
}

Status KafkaLive::renew_ingest() {
  std::unique_ptr<kafka::KafkaIngest> old;
  {
    const std::lock_guard lock(mutex_);
    old = std::move(ingest_);
    const auto c = old->counters();
    ingest_before_.rebalances += c.rebalances, ingest_before_.resends += c.resends;
    ingest_before_.problems += c.problems, ingest_before_.offset_gaps += c.offset_gaps;
    ++ingest_renewals_;
  }
  old->close();
  old.reset();
  return open_ingest();
}

Status KafkaLive::renew_detect() {
  std::unique_ptr<kafka::KafkaDetect> old;
  std::unique_ptr<kafka::StateTopic> old_state;
  {
    const std::lock_guard lock(mutex_);
    old = std::move(detect_);
    old_state = std::move(state_);
    const auto c = old->counters();
    detect_before_.rebalances += c.rebalances, detect_before_.aborts += c.aborts;
    detect_before_.producers += c.producers, detect_before_.transactions += c.transactions;
    ++detect_renewals_;
  }
  old->close();
  old.reset();  // it refers to the state topic
  old_state.reset();
  return open_detect();
}

std::vector<LiveProblem> KafkaLive::new_problems() {
  std::vector<LiveProblem> out;
  const auto& problems = ingest_->problems();
  for (; told_ < problems.size(); ++told_) {
    const auto& problem = problems[told_];
    const std::string place = problem.partition < 0 ? problem.input : problem.input + "[" + std::to_string(problem.partition) + "]";
    out.push_back({place, problem.error, problem.error.code != "source_trimmed"});
  }
  return out;
}

milliseconds KafkaLive::ingest_silence() const {
  const std::lock_guard lock(mutex_);
  return ingest_ ? ingest_->pulse().since_last() : milliseconds{0};
}

milliseconds KafkaLive::detect_silence() const {
  const std::lock_guard lock(mutex_);
  return detect_ ? std::min(detect_->pulse().since_last(), waits_.since_last()) : milliseconds{0};
}

void KafkaLive::interrupt() {
  const std::lock_guard lock(mutex_);
  interrupted_ = true;
  waits_.interrupt();
  if (ingest_) ingest_->pulse().interrupt();
  if (detect_) detect_->pulse().interrupt();
}

void KafkaLive::add_metrics(MetricsSource& source) const {
  KafkaNumbers& to = source.kafka;
  to.reachable = reachable();
  if (watch_) to.lag = watch_->lag();
  const std::lock_guard lock(mutex_);
  const auto in = ingest_ ? ingest_->counters() : kafka::KafkaIngest::Counters{};
  const auto out = detect_ ? detect_->counters() : kafka::KafkaDetect::Counters{};
  to.ingest_rebalances = ingest_before_.rebalances + in.rebalances;
  to.resends = ingest_before_.resends + in.resends;
  to.input_problems = ingest_before_.problems + in.problems;
  to.offset_gaps = ingest_before_.offset_gaps + in.offset_gaps;
  to.detect_rebalances = detect_before_.rebalances + out.rebalances;
  to.aborts = detect_before_.aborts + out.aborts;
  to.producers = detect_before_.producers + out.producers;
  to.transactions = detect_before_.transactions + out.transactions;
  to.ingest_renewals = ingest_renewals_;
  to.detect_renewals = detect_renewals_;
  const auto seconds = [](std::int64_t us) { return static_cast<double>(us) / 1e6; };
  to.last_commit_seconds = {seconds(out.last_flush_us), seconds(out.last_offsets_us), seconds(out.last_end_us),
                            seconds(out.last_commit_us)};
}

Status KafkaLive::close() {
  if (ingest_) ingest_->close();
  if (detect_) detect_->close();
  if (watch_ && !watch_->stop()) stuck_ = true;
  return Ok{};
}

}  // namespace

std::unique_ptr<LiveTransport> make_kafka_live(const LoadedConfig& loaded, Log& log) { return std::make_unique<KafkaLive>(loaded, log); }

}  // namespace bartizan::cli
