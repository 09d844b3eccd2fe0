// What the Kafka crash check kills: INGEST and DETECT with the built-in rules in one process, through the real workers.
//
//   kafka_runner BROKER NAME STATE_DIR PARTITIONS INPUT_TOPIC...     until SIGTERM: commits, seals a clean stop, leaves
//   options before these: --ingest, --detect (one role only), --interval MS (commits), --checkpoint MS

#include <csignal>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <iostream>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include "connectors/kafka/bundle_topic.h"
#include "connectors/kafka/client_log.h"
#include "connectors/kafka/identity.h"
#include "connectors/kafka/kafka_detect.h"
#include "connectors/kafka/kafka_ingest.h"
#include "engine/pipeline/detect_worker.h"
#include "engine/pipeline/ingest_worker.h"
#include "rules/packs/bundle.h"
#include "tests/integration/kafka/built_in.h"

namespace {

using namespace bartizan;
using namespace bartizan::kafka;

std::atomic<bool> stopping{false};

class WallClock final : public Clock {
 public:
  Time now() override { return std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now()); }
  std::chrono::nanoseconds steady() override { return std::chrono::steady_clock::now().time_since_epoch(); }
};

struct Arguments {
  bool ingest = true, detect = true;
  std::chrono::milliseconds interval{30}, checkpoint{400};
  KafkaOptions kafka;
};

void tell_events() {
  for (const ClientEvent& e : take_client_events()) {
    if (e.level >= ClientEvent::Level::warning) std::cerr << "client " << e.client << ": " << e.code << ' ' << e.text << std::endl;
  }
}

int fail(const char* part, const Error& error) {
  tell_events();
  std::cerr << part << ": " << error.code << ": " << error.message << std::endl;
  stopping = true;
  return 4;
}

int run_ingest(const Arguments& a, const BundleActivation& activation) {
  auto transport = KafkaIngest::open(a.kafka);
  if (!transport.ok()) return fail("ingest", transport.error());
  WallClock clock;
  IngestStats stats;
  IngestWorkerOptions options;
  options.commit_interval = a.interval;
  options.tick_interval = std::chrono::milliseconds{200};
  IngestOptions step;
  step.entries_max = 32;
  IngestWorker worker(transport.value()->transport(), clock, stats, options, step);
  worker.activate(activation);
  while (!stopping) {
    if (const Status s = worker.run_once(Duration{20}); !s.ok()) return fail("ingest", s.error());
  }
  if (const Status s = worker.stop(); !s.ok()) return fail("ingest", s.error());
  for (const InputProblem& p : transport.value()->problems()) std::cerr << "input " << p.input << ": " << p.error.code << ": " << p.error.message << std::endl;
  std::cerr << "ingest: " << stats.messages.value() << " messages, " << stats.journal_entries.value() << " entries, " << transport.value()->counters().resends << " resends\n";
  transport.value()->close();
  return 0;
}

#ifdef BARTIZAN_FAULT_COALESCED  // only ever defined by a target that tests the tests
/// Sends only the last record of each key that a unit holds: what is published then depends on when commits happen.
class Coalescing final : public DetectTransport {
 public:
  explicit Coalescing(DetectTransport& to) : to_(to) {}
  std::vector<std::int32_t> assigned() const override { return to_.assigned(); }
  void assign_at(std::int32_t p, std::int64_t o) override { to_.assign_at(p, o); }
  void pause(std::int32_t p) override { to_.pause(p); }
  void resume(std::int32_t p) override { to_.resume(p); }
  std::span<const JournalMessage> poll(std::size_t max, Duration timeout) override { return to_.poll(max, timeout); }
  bool exhausted() const override { return to_.exhausted(); }
  bool wants_commit() const override { return to_.wants_commit(); }
  Status status() const override { return to_.status(); }
  void emit(std::int32_t p, OutputRecord&& r) override {
    auto key = std::pair{r.topic, r.key};
    unit_.insert_or_assign(std::move(key), std::pair{p, std::move(r)});
  }
  CommitResult commit(const std::map<std::int32_t, CommittedPosition>& positions) override {
    for (auto& [key, record] : unit_) to_.emit(record.first, std::move(record.second));
    unit_.clear();
    return to_.commit(positions);
  }
  std::optional<CommittedPosition> committed_position(std::int32_t p) override { return to_.committed_position(p); }
  void drop_unit() override { unit_.clear(), to_.drop_unit(); }
  std::int64_t first_offset(std::int32_t p) override { return to_.first_offset(p); }

 private:
  DetectTransport& to_;
  std::map<std::pair<Topic, std::string>, std::pair<std::int32_t, OutputRecord>> unit_;
};
#endif

int run_detect(const Arguments& a, const std::string& transactional_id, std::shared_ptr<BundleStore> rules) {
  auto state = StateTopic::open(a.kafka);
  if (!state.ok()) return fail("state", state.error());
  auto transport = KafkaDetect::open(a.kafka, transactional_id, *state.value());
  if (!transport.ok()) return fail("detect", transport.error());
  WallClock clock;
  DetectStats stats;
  DetectOptions options;
  options.commit_interval = options.quiet_commit_interval = a.interval;
  options.checkpoint_interval = a.checkpoint;
#ifdef BARTIZAN_FAULT_COALESCED
  Coalescing seam(transport.value()->transport());
#else
  DetectTransport& seam = transport.value()->transport();
#endif
  DetectWorker worker(seam, *state.value(), rules, clock, stats, options);
  while (!stopping) {
    if (const Status s = worker.run_once(Duration{20}); !s.ok()) return fail("detect", s.error());
    tell_events();
  }
  if (const Status s = worker.stop(); !s.ok()) return fail("detect", s.error());
  const auto c = transport.value()->counters();
  std::cerr << "detect: " << stats.commits.value() << " commits, " << c.aborts << " aborts, " << c.producers << " producers, " << stats.recoveries.value() << " recoveries, "
            << stats.recovery_messages.value() << " messages again, " << stats.recovery_hash_mismatches.value() << " mismatches, " << stats.checkpoints.value()
            << " checkpoints, " << stats.checkpoint_failures.value() << " failed" << std::endl;
  transport.value()->close();
  return stats.recovery_hash_mismatches.value() == 0 ? 0 : 1;
}

bool read(int argc, char** argv, Arguments& a) {
  int i = 1;
  for (; i < argc && std::strncmp(argv[i], "--", 2) == 0; ++i) {
    const std::string word = argv[i];
    if (word == "--ingest") a.detect = false;
    else if (word == "--detect") a.ingest = false;
    else if (word == "--interval" && i + 1 < argc) a.interval = std::chrono::milliseconds{std::atoi(argv[++i])};
    else if (word == "--checkpoint" && i + 1 < argc) a.checkpoint = std::chrono::milliseconds{std::atoi(argv[++i])};
    else return false;
  }
  if (argc - i < 5) return false;
  a.kafka.brokers = {argv[i]};
  a.kafka.group_id = argv[i + 1];
  a.kafka.prefix = std::string{argv[i + 1]} + ".";
  a.kafka.state_dir = argv[i + 2];
  a.kafka.journal_partitions = std::atoi(argv[i + 3]);
  a.kafka.session_timeout = std::chrono::milliseconds{2'000};
  a.kafka.transaction_timeout = std::chrono::milliseconds{5'000};
  for (int t = i + 4; t < argc; ++t) a.kafka.inputs.push_back({argv[t], 0, {}});
  return true;
}

}  // namespace

int main(int argc, char** argv) {
  Arguments a;
  if (!read(argc, argv, a)) {
    std::cerr << "usage: kafka_runner [--ingest|--detect] [--interval MS] [--checkpoint MS] BROKER NAME STATE_DIR PARTITIONS INPUT_TOPIC...\n";
    return 2;
  }
  std::signal(SIGTERM, [](int) { stopping = true; });
  const auto identity = Identity::take(a.kafka.state_dir);
  if (!identity.ok()) return fail("state", identity.error());
  const Bundle bundle = test::built_in_bundle();
  auto rules = std::make_shared<BundleStore>();
  rules->add(bundle);
  BundleTopic bundles(a.kafka);
  if (const Status s = bundles.store(bundle.hash(), bundle.serialise()); !s.ok()) return fail("bundles", s.error());
  const BundleActivation activation{bundle.hash(), {}, static_cast<std::uint32_t>(bundle.rule_set()->rules.size()), {}};
  std::atomic<int> code{0};
  std::thread ingest{[&] {
    if (!a.ingest) return;
    if (const int c = run_ingest(a, activation); c != 0) code = c;
  }};
  if (a.detect) {
    if (const int c = run_detect(a, identity.value().transactional_id(a.kafka.group_id, 0), rules); c != 0) code = c;
  }
  ingest.join();
  return code;
}
