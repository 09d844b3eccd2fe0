// bartizan_kafka_bench: the line on a running broker, with the process's own CPU seconds (the client library's threads included).
//
//   bartizan_kafka_bench fill BROKER NAME [--events 300000] [--users 20000] [--codec lz4] [--inputs 2]    raw records of about 5.3 KB on NAME-signins
//   bartizan_kafka_bench line BROKER NAME [--partitions 1]                                  INGEST and DETECT until all of it is alerts
//   bartizan_kafka_bench users BROKER NAME [--users 1000000] [--dirty 5]                                   a journal that gives each user state; fold, checkpoint
//   bartizan_kafka_bench restart BROKER NAME                                                               restore, to the first unit after it
//   bartizan_kafka_bench latency BROKER NAME [--rate 200] [--interval 100]                                 raw append to readable alert
#include <pthread.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "connectors/demo/attacks.h"
#include "connectors/demo/tenant.h"
#include "connectors/kafka/admin.h"
#include "connectors/kafka/journal_source.h"
#include "connectors/kafka/kafka_detect.h"
#include "connectors/kafka/kafka_ingest.h"
#include "connectors/kafka/producer.h"
#include "connectors/kafka/reader.h"
#include "connectors/kafka/topics.h"
#include "engine/codec/journal.h"
#include "engine/pipeline/detect_worker.h"
#include "engine/pipeline/ingest_worker.h"
#include "engine/pipeline/journal_partition.h"
#include "tests/bench/generated_line.h"

namespace {

using namespace bartizan;
using namespace bartizan::kafka;
using Steady = std::chrono::steady_clock;

struct Arguments {
  std::string mode, codec = "lz4";
  KafkaOptions kafka;
  std::uint64_t events = 300'000;
  std::uint32_t users = 0;
  int inputs = 2;
  int dirty = 5;  // per cent
  int rate = 200;  // records a second
  std::chrono::milliseconds interval{100};
};

class WallClock final : public Clock {
 public:
  Time now() override { return std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now()); }
  std::chrono::nanoseconds steady() override { return Steady::now().time_since_epoch(); }
};

double cpu_seconds() {
  rusage r{};
  ::getrusage(RUSAGE_SELF, &r);
  const auto seconds = [](const timeval& t) { return static_cast<double>(t.tv_sec) + 1e-6 * static_cast<double>(t.tv_usec); };
  return seconds(r.ru_utime) + seconds(r.ru_stime);
}

double seconds_since(Steady::time_point then) { return std::chrono::duration<double>(Steady::now() - then).count(); }

/// CPU seconds of each thread so far, by name: the client library's threads have theirs.
void print_threads() {
  std::map<std::string, double> by_name;
  for (const auto& task : std::filesystem::directory_iterator{"/proc/self/task"}) {
    std::ifstream in(task.path() / "stat");
    std::string line;
    std::getline(in, line);
    const std::size_t open = line.find('('), close = line.rfind(')');
    unsigned long user = 0, system = 0;
    if (close == std::string::npos || std::sscanf(line.c_str() + close + 2, "%*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user, &system) != 2) continue;
    by_name[line.substr(open + 1, close - open - 1)] += static_cast<double>(user + system) / static_cast<double>(::sysconf(_SC_CLK_TCK));
  }
  for (const auto& [name, seconds] : by_name) {
    if (seconds >= 0.01) std::printf("  %-16s %.2f CPU s\n", name.c_str(), seconds);
  }
}

long peak_mb() {
  rusage r{};
  ::getrusage(RUSAGE_SELF, &r);
  return r.ru_maxrss / 1024;
}

[[noreturn]] void stop_with(const Error& error) {
  std::fprintf(stderr, "%s: %s\n", error.code.c_str(), error.message.c_str());
  std::exit(4);
}

void check(const Status& status) {
  if (!status.ok()) stop_with(status.error());
}

std::shared_ptr<bench::MeasuredRules> rules() {
  auto made = bench::MeasuredRules::make({});
  if (!made.ok()) stop_with(made.error());
  return made.value();
}

void settle(const KafkaOptions& options) {
  const auto problems = settle_topics(options, true);
  if (!problems.ok()) stop_with(problems.error());
  for (const TopicProblem& p : problems.value()) std::fprintf(stderr, "%s: %s; %s\n", p.topic.c_str(), p.what.c_str(), p.advice.c_str());
}

std::unique_ptr<Producer> feeder(const Arguments& a, Pulse& pulse) {
  ProducerSettings settings;
  settings.codec = a.codec;
  settings.linger = std::chrono::milliseconds{a.mode == "latency" ? 0 : 50};
  auto producer = Producer::make(a.kafka, "feeder", settings, pulse);
  if (!producer.ok()) stop_with(producer.error());
  return std::move(producer.value());
}

// ---------------------------------------------------------------- fill

void create_input(const Arguments& a) {
  auto admin = Admin::connect(a.kafka);
  if (!admin.ok()) stop_with(admin.error());
  TopicPlan plan;
  plan.name = a.kafka.inputs[0].topic;
  plan.partitions = a.inputs;
  if (const auto made = admin.value()->create({plan}, 1); !made.ok()) stop_with(made.error());
}

int fill(const Arguments& a) {
  create_input(a);
  Pulse pulse;
  auto producer = feeder(a, pulse);
  demo::TenantOptions options;
  options.users = a.users == 0 ? 20'000 : a.users;
  options.size = demo::RecordSize::full;
  options.interactive_per_workday = 1;
  options.non_interactive_per_workday = 5;
  demo::Tenant tenant{options};
  std::uint64_t bytes = 0;
  std::string record;
  rd_kafka_topic_t* topic = producer->handle(a.kafka.inputs[0].topic);
  for (std::uint64_t i = 0; i < a.events; ++i) {
    record.clear();
    if (tenant.next(record) == nullptr) break;
    record.pop_back();
    bytes += record.size();
    const std::string_view value{record};
    if (!producer->send_row(topic, static_cast<std::int32_t>(i / 64 % static_cast<std::uint64_t>(a.inputs)), {}, &value)) stop_with({"produce", producer->trouble()});
  }
  if (!producer->flush(std::chrono::minutes{5})) stop_with({"produce", producer->trouble()});
  std::printf("filled: %.0f bytes an event\n", static_cast<double>(bytes) / static_cast<double>(a.events));
  return 0;
}

// ---------------------------------------------------------------- the line

std::uint64_t input_messages(const KafkaOptions& options) {
  const auto at = ingest_positions(options);
  if (!at.ok()) stop_with(at.error());
  std::uint64_t total = 0;
  for (const GroupPosition& p : at.value()) total += static_cast<std::uint64_t>(p.lag());
  return total;
}

struct Line {
  explicit Line(const Arguments& a) : arguments(a), store(rules()) {
    auto opened_state = StateTopic::open(a.kafka);
    if (!opened_state.ok()) stop_with(opened_state.error());
    state = std::move(opened_state.value());
    auto opened = KafkaDetect::open(a.kafka, a.kafka.group_id + ".bench", *state);
    if (!opened.ok()) stop_with(opened.error());
    detect = std::move(opened.value());
    DetectOptions options;
    options.commit_interval = a.interval;
    worker = std::make_unique<DetectWorker>(detect->transport(), *state, store, clock, stats, options);
  }

  void stop() {
    check(worker->stop());
    worker.reset();
    detect->close();
  }

  const Arguments& arguments;
  std::shared_ptr<bench::MeasuredRules> store;
  WallClock clock;
  DetectStats stats;
  std::unique_ptr<StateTopic> state;
  std::unique_ptr<KafkaDetect> detect;
  std::unique_ptr<DetectWorker> worker;
};

void ingest_all(const Arguments& a, const BundleActivation& activation, std::uint64_t messages, std::atomic<bool>& done, const std::atomic<bool>& finish, IngestStats& stats,
                std::uint64_t& journal_bytes) {
  ::pthread_setname_np(::pthread_self(), "INGEST");
  auto transport = KafkaIngest::open(a.kafka);
  if (!transport.ok()) stop_with(transport.error());
  WallClock clock;
  IngestWorkerOptions options;
  options.commit_interval = a.interval;
  options.tick_interval = std::chrono::hours{1};
  IngestWorker worker(transport.value()->transport(), clock, stats, options);
  worker.activate(activation);
  while (stats.messages.value() < messages) check(worker.run_once(Duration{50}));
  check(worker.stop());
  journal_bytes = stats.journal_bytes.value();
  done = true;
  while (!finish) std::this_thread::sleep_for(Duration{5});
  transport.value()->close();
}

int line(const Arguments& a) {
  settle(a.kafka);
  const std::uint64_t messages = input_messages(a.kafka);
  Line l(a);
  IngestStats ingest_stats;
  std::uint64_t plain_bytes = 0;
  std::atomic<bool> ingested{false}, finish_ingest{false};
  const auto began = Steady::now();
  const double before = cpu_seconds();
  std::thread ingest{[&] { ingest_all(a, l.store->activation(), messages, ingested, finish_ingest, ingest_stats, plain_bytes); }};
  std::vector<std::int64_t> ends;
  double flush_ms = 0, offsets_ms = 0, end_ms = 0, commit_ms = 0;
  std::uint64_t commits = 0;
  while (true) {
    check(l.worker->run_once(Duration{50}));
    const auto c = l.detect->counters();
    if (c.transactions != commits) {
      commits = c.transactions;
      flush_ms += static_cast<double>(c.last_flush_us) / 1e3, offsets_ms += static_cast<double>(c.last_offsets_us) / 1e3;
      end_ms += static_cast<double>(c.last_end_us) / 1e3, commit_ms += static_cast<double>(c.last_commit_us) / 1e3;
    }
    if (!ingested) continue;
    if (ends.empty()) {
      const auto journal = JournalSource::open(a.kafka);
      if (!journal.ok()) stop_with(journal.error());
      for (std::int32_t p = 0; p < journal.value()->partitions(); ++p) ends.push_back(journal.value()->end(p));
    }
    bool all = true;
    for (std::size_t p = 0; p < ends.size(); ++p) {
      const Shard* shard = l.worker->shard(static_cast<std::int32_t>(p));
      all = all && shard != nullptr && shard->next_offset() >= ends[p];
    }
    if (all) break;
  }
  check(l.worker->commit());
  const double cpu = cpu_seconds() - before;
  const double wall = seconds_since(began);
  print_threads();
  finish_ingest = true;
  ingest.join();
  const auto n = static_cast<double>(messages);
  std::printf("%.0f events, %.2f CPU s, %.0f events/CPU-s, %.2f us an event, wall %.1f s, %.0f B of journal an event before compression, peak RSS %ld MB\n", n, cpu, n / cpu,
              1e6 * cpu / n, wall, static_cast<double>(plain_bytes) / n, peak_mb());
  const double units = static_cast<double>(std::max<std::uint64_t>(1, commits));
  std::printf("%llu commits: mean %.1f ms (flush %.1f, offsets %.1f, end %.1f)\n", static_cast<unsigned long long>(commits), commit_ms / units, flush_ms / units,
              offsets_ms / units, end_ms / units);
  const auto checkpoint_began = Steady::now();
  const double checkpoint_cpu = cpu_seconds();
  l.stop();
  std::printf("stop with a whole checkpoint: %.2f s, %.2f CPU s, %llu rows, %.1f MB\n", seconds_since(checkpoint_began), cpu_seconds() - checkpoint_cpu,
              static_cast<unsigned long long>(l.stats.checkpoint_rows.value()), static_cast<double>(l.stats.checkpoint_bytes.value()) / 1e6);
  return 0;
}

// ---------------------------------------------------------------- state of many users

/// One sign-in of each user, straight into the journal.
void write_users(const Arguments& a, Producer& producer, std::uint32_t users, int per_cent, std::uint64_t first_id, Time at) {
  std::deque<OutMessage> kept;
  const std::string journal = topic(a.kafka, "journal");
  JournalWriter writer;
  const auto finish = [&](std::int32_t partition) {
    if (writer.entries() == 0) return;
    OutMessage m;
    m.topic = journal;
    m.partition = partition;
    m.value = writer.finish(false);
    kept.push_back(std::move(m));
    if (!producer.send(kept.back())) stop_with({"produce", producer.trouble()});
    if (kept.size() >= 256) {
      if (!producer.flush(std::chrono::minutes{2})) stop_with({"produce", producer.trouble()});
      kept.clear();
    }
  };
  const Id tenant = Id::from_guid(0x77, 1);
  const std::int32_t partition = journal_partition_of(tenant.str(), a.kafka.journal_partitions);
  static std::int64_t offset = 0;
  std::string name, address;
  for (std::uint32_t u = 0; u < users; ++u) {
    if (static_cast<int>(u % 100) >= per_cent) continue;
    JournalEntry entry;
    entry.source.source.input = entry.source.source.topic = "synthetic";
    entry.source.offset = offset++;
    SignIn e;
    e.tenant_id = tenant;
    e.id = Id::from_guid(first_id, u + 1);
    e.user_id = Id::from_guid(0xaa, u + 1);
    name = "user" + std::to_string(u) + "@example.com";
    e.user_principal_name = name;
    e.event_time = at;
    e.published_time = at + std::chrono::seconds{90};
    e.category = SignInCategory::interactive_user;
    e.app_id = Id::from_guid(7, u % 40);
    e.app_name = "Portal";
    e.asn = 64496 + u % 16;
    e.location.country = {'D', 'E'};
    e.ip = *IpAddress::parse("198.51." + std::to_string(u / 256 % 256) + "." + std::to_string(u % 256));
    e.user_agent = u % 3 == 0 ? "Mozilla/5.0 (Windows NT 10.0; Win64; x64)" : "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7)";
    e.result_class = ResultClass::success;
    entry.body = e;
    writer.add(entry);
    if (writer.entries() >= 256) finish(partition);
  }
  finish(partition);
  if (!producer.flush(std::chrono::minutes{2})) stop_with({"produce", producer.trouble()});
}

void fold_to_end(Line& l) {
  const auto journal = JournalSource::open(l.arguments.kafka);
  if (!journal.ok()) stop_with(journal.error());
  while (true) {
    check(l.worker->run_once(Duration{50}));
    bool all = true;
    for (std::int32_t p = 0; p < journal.value()->partitions(); ++p) {
      const Shard* shard = l.worker->shard(p);
      all = all && shard != nullptr && shard->next_offset() >= journal.value()->end(p);
    }
    if (all) break;
  }
  check(l.worker->commit());
}

void checkpoint(Line& l, const char* what) {
  const std::uint64_t rows = l.stats.checkpoint_rows.value(), bytes = l.stats.checkpoint_bytes.value();
  const std::uint64_t sealed = l.stats.checkpoints.value();
  const double stopped = l.stats.checkpoint_seconds.sum_seconds();
  const auto began = Steady::now();
  const double before = cpu_seconds();
  l.worker->checkpoint_soon();
  while (l.stats.checkpoints.value() == sealed && l.stats.checkpoint_failures.value() == 0) check(l.worker->run_once(Duration{20}));
  std::printf("%s: longest stop of the line %.1f ms, sealed after %.2f s, %.2f CPU s, %llu rows, %.1f MB\n", what,
              1e3 * (l.stats.checkpoint_seconds.sum_seconds() - stopped), seconds_since(began), cpu_seconds() - before,
              static_cast<unsigned long long>(l.stats.checkpoint_rows.value() - rows), static_cast<double>(l.stats.checkpoint_bytes.value() - bytes) / 1e6);
  std::fflush(stdout);
}

int users(const Arguments& a) {
  settle(a.kafka);
  Pulse pulse;
  const std::uint32_t count = a.users == 0 ? 1'000'000 : a.users;
  auto producer = feeder(a, pulse);
  const Time start = time_from_ms(1'767'225'600'000);
  Line l(a);
  {
    IngestStats stats;
    std::uint64_t bytes = 0;
    std::atomic<bool> done{false}, finish{true};
    ingest_all(a, l.store->activation(), 0, done, finish, stats, bytes);
  }
  write_users(a, *producer, count, 100, 1, start);
  auto began = Steady::now();
  fold_to_end(l);
  std::printf("folded %u users in %.1f s\n", count, seconds_since(began));
  checkpoint(l, "whole checkpoint");
  write_users(a, *producer, count, a.dirty, 2, start + std::chrono::hours{1});
  fold_to_end(l);
  checkpoint(l, (std::to_string(a.dirty) + " % of the users changed").c_str());
  l.stop();
  std::printf("peak RSS %ld MB\n", peak_mb());
  return 0;
}

int restart(const Arguments& a) {
  const auto began = Steady::now();
  Line l(a);
  while (l.worker->shard(0) == nullptr) check(l.worker->run_once(Duration{20}));
  const double assigned = seconds_since(began);
  const std::uint64_t commits = l.stats.commits.value();
  Pulse pulse;
  auto producer = feeder(a, pulse);
  write_users(a, *producer, 100, 100, 3, time_from_ms(1'767'225'600'000) + std::chrono::hours{2});
  while (l.stats.commits.value() == commits) check(l.worker->run_once(Duration{20}));
  std::printf("restored after %.2f s (recovery %.2f s), first commit after %.2f s, %.2f CPU s, peak RSS %ld MB\n", assigned, l.stats.recovery_seconds.sum_seconds(), seconds_since(began), cpu_seconds(),
              peak_mb());
  l.stop();
  return 0;
}

// ---------------------------------------------------------------- latency

/// A small tenant under attack: quiet days first.
std::vector<std::string> attacked_tenant() {
  demo::TenantOptions options;
  options.seed = 3;
  options.users = 60;
  options.days = 4;
  options.non_interactive_per_workday = 10;
  demo::Tenant tenant{options};
  demo::Attacker attacker{tenant, options.seed};
  const auto plan = demo::plan_attacks(options.seed, tenant.world().start() + 2 * demo::kDay, tenant.world().end() - demo::kHour, 4);
  std::size_t launched = 0;
  std::vector<std::string> records;
  std::string record;
  while (true) {
    while (launched < plan.size() && plan[launched].at <= tenant.now()) attacker.launch(plan[launched++].scenario, tenant.now());
    record.clear();
    const demo::Draft* draft = tenant.next(record);
    if (draft == nullptr) return records;
    attacker.observe(*draft);
    record.pop_back();
    records.push_back(record);
  }
}

/// When the raw record of the alert's anchor was appended; none for later revisions.
std::optional<Time> appended(std::string_view alert) {
  if (alert.find("\"revision\":1,") == alert.npos) return std::nullopt;
  constexpr std::string_view kTimestamp = "\"timestamp\":\"";
  const std::size_t at = alert.find(kTimestamp);
  return at == alert.npos ? std::nullopt : parse_time(alert.substr(at + kTimestamp.size(), 24));
}

/// Reads alerts as they become readable, until `done`; counts those of records appended at `from_ms` or later.
void read_alerts(const Arguments& a, const std::atomic<std::int64_t>& from_ms, const std::atomic<bool>& done, std::vector<double>& latencies) {
  auto reader = make_reader(a.kafka, "alerts", Isolation::committed);
  if (!reader.ok()) stop_with(reader.error());
  const std::string name = topic(a.kafka, Topic::alerts);
  Pulse pulse;
  ListPtr all{rd_kafka_topic_partition_list_new(4)};
  for (std::int32_t p = 0; p < partition_count(reader.value().get(), name, pulse).value(); ++p) {
    rd_kafka_topic_partition_list_add(all.get(), name.c_str(), p)->offset = watermarks(reader.value().get(), name, p, pulse).value().high;
  }
  rd_kafka_assign(reader.value().get(), all.get());
  while (!done) {
    const MessagePtr message{rd_kafka_consumer_poll(reader.value().get(), 100)};
    if (!message || message->err != RD_KAFKA_RESP_ERR_NO_ERROR) continue;
    const Time now = std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now());
    const auto then = appended({static_cast<const char*>(message->payload), message->len});
    if (then && to_ms(*then) >= from_ms) latencies.push_back(static_cast<double>((now - *then).count()));
  }
  rd_kafka_consumer_close(reader.value().get());
}

/// INGEST and DETECT until `done`.
void run_line(const Arguments& a, const std::atomic<bool>& done) {
  Line l(a);
  std::thread ingest{[&] {
    auto transport = KafkaIngest::open(a.kafka);
    if (!transport.ok()) stop_with(transport.error());
    WallClock clock;
    IngestStats stats;
    IngestWorkerOptions options;
    options.commit_interval = a.interval;
    IngestWorker worker(transport.value()->transport(), clock, stats, options);
    worker.activate(l.store->activation());
    while (!done) check(worker.run_once(Duration{20}));
    check(worker.stop());
    transport.value()->close();
  }};
  while (!done) check(l.worker->run_once(Duration{20}));
  ingest.join();
  std::uint64_t alerts = 0;
  for (std::size_t i = 0; i <= Distribution::kBounds.size(); ++i) alerts += l.stats.detection_latency.count(i);
  std::printf("append to the journal to the end of the commit: mean %.0f ms of %llu alerts; commits: mean %.0f ms of %llu\n",
              1e3 * l.stats.detection_latency.sum_seconds() / static_cast<double>(std::max<std::uint64_t>(1, alerts)), static_cast<unsigned long long>(alerts),
              1e3 * l.stats.commit_seconds.sum_seconds() / static_cast<double>(std::max<std::uint64_t>(1, l.stats.commits.value())),
              static_cast<unsigned long long>(l.stats.commits.value()));
  l.stop();
}

void report(std::vector<double> latencies, int rate) {
  std::sort(latencies.begin(), latencies.end());
  if (latencies.empty()) stop_with({"latency", "no alert"});
  const auto at = [&](double p) { return latencies[std::min(latencies.size() - 1, static_cast<std::size_t>(p * static_cast<double>(latencies.size())))]; };
  std::printf("%d records/s: %zu first revisions, raw append to readable alert p50 %.0f ms, p90 %.0f ms, p99 %.0f ms\n", rate, latencies.size(), at(0.5), at(0.9), at(0.99));
}

int latency(const Arguments& a) {
  create_input(a);
  settle(a.kafka);
  const std::vector<std::string> records = attacked_tenant();
  Pulse pulse;
  auto producer = feeder(a, pulse);
  rd_kafka_topic_t* topic = producer->handle(a.kafka.inputs[0].topic);
  std::atomic<bool> done{false};
  std::atomic<std::int64_t> from_ms{INT64_MAX};
  std::vector<double> latencies;
  std::thread reader{[&] { read_alerts(a, from_ms, done, latencies); }};
  std::thread line_thread{[&] { run_line(a, done); }};
  // The quiet days as fast as can be, the attacked ones at the rate.
  const std::size_t quiet = records.size() / 2;
  auto due = Steady::now();
  for (std::size_t i = 0; i < records.size(); ++i) {
    if (i == quiet) {
      producer->flush(std::chrono::minutes{1});
      std::this_thread::sleep_for(std::chrono::seconds{8});
      due = Steady::now();
      from_ms = to_ms(std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now()));
    }
    if (i >= quiet) {
      due += std::chrono::microseconds{1'000'000 / a.rate};
      std::this_thread::sleep_until(due);
      producer->serve();
    }
    const std::string_view value{records[i]};
    if (!producer->send_row(topic, static_cast<std::int32_t>(i % static_cast<std::size_t>(a.inputs)), {}, &value)) stop_with({"produce", producer->trouble()});
  }
  producer->flush(std::chrono::minutes{1});
  std::this_thread::sleep_for(std::chrono::seconds{3});
  done = true;
  reader.join();
  line_thread.join();
  report(latencies, a.rate);
  return 0;
}

// ---------------------------------------------------------------- arguments

bool parse(int argc, char** argv, Arguments& a) {
  if (argc < 4) return false;
  a.mode = argv[1];
  a.kafka.brokers = {argv[2]};
  a.kafka.group_id = argv[3];
  a.kafka.prefix = std::string{argv[3]} + ".";
  a.kafka.inputs = {{std::string{argv[3]} + "-signins", 0, {}}};
  a.kafka.journal_partitions = 1;
  a.kafka.session_timeout = std::chrono::milliseconds{6'000};
  for (int i = 4; i < argc; ++i) {
    const std::string_view word = argv[i];
    const auto value = [&]() -> const char* { return i + 1 < argc ? argv[++i] : "0"; };
    if (word == "--events") a.events = std::strtoull(value(), nullptr, 10);
    else if (word == "--users") a.users = static_cast<std::uint32_t>(std::strtoul(value(), nullptr, 10));
    else if (word == "--codec") a.codec = value();
    else if (word == "--inputs") a.inputs = std::atoi(value());
    else if (word == "--partitions") a.kafka.journal_partitions = std::atoi(value());
    else if (word == "--dirty") a.dirty = std::atoi(value());
    else if (word == "--as") a.kafka.group_id = value(), a.kafka.prefix = a.kafka.group_id + ".";
    else if (word == "--rate") a.rate = std::atoi(value());
    else if (word == "--interval") a.interval = std::chrono::milliseconds{std::atoi(value())};
    else return false;
  }
  if (a.mode == "users" || a.mode == "restart") a.kafka.inputs.clear();
  return true;
}

}  // namespace

int main(int argc, char** argv) {
  Arguments a;
  if (parse(argc, argv, a)) {
    if (a.mode == "fill") return fill(a);
    if (a.mode == "line") return line(a);
    if (a.mode == "users") return users(a);
    if (a.mode == "restart") return restart(a);
    if (a.mode == "latency") return latency(a);
  }
  std::fputs("usage: bartizan_kafka_bench fill|line|users|restart|latency BROKER NAME [options]; see the head of its source\n", stderr);
  return 2;
}
