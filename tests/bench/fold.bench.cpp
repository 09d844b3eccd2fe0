// What the fold costs beside its detectors: journal decoding alone, then decoding and folding without rules, then the parts.
//
//   bench_fold        (items are events; 100,000 users, one tenant, one source partition)

#include <benchmark/benchmark.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "engine/codec/journal.h"
#include "engine/pipeline/recent_ids.h"
#include "engine/pipeline/shard.h"
#include "engine/pipeline/source_table.h"

namespace {

using namespace bartizan;

constexpr std::size_t kUsers = 100'000;
constexpr std::size_t kMessages = 2'000;
constexpr std::size_t kPerMessage = 256;
constexpr std::string_view kUserAgent =
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36 Edg/120.0.0.0";

/// One event, by number; texts live as long as the program.
SignIn event(std::uint64_t n) {
  static const std::vector<std::string> names = [] {
    std::vector<std::string> all;
    for (std::size_t i = 0; i < kUsers; ++i) all.push_back("user" + std::to_string(i) + "@example.com");
    return all;
  }();
  const std::uint64_t user = mix64(n) % kUsers;
  SignIn e;
  e.id = Id::from_guid(mix64(n + 1), mix64(n + 2));
  e.tenant_id = Id::from_guid(1, 1);
  e.user_id = Id::from_guid(2, user);
  e.user_principal_name = names[user];
  e.event_time = time_from_ms(1'767'225'600'000 + static_cast<std::int64_t>(n) * 20);
  e.published_time = e.event_time + Duration{60'000};
  e.app_id = Id::from_guid(3, n % 40);
  e.resource_id = Id::from_guid(4, n % 20);
  e.ip = IpAddress::v4(0x0a000000u + static_cast<std::uint32_t>(user % 5000));
  e.asn = 64500;
  e.location.city = "Bonn";
  e.location.country = {'D', 'E'};
  e.device.os = "Windows 10";
  e.user_agent = kUserAgent;
  e.client_app = "Browser";
  return e;
}

const std::vector<std::string>& journal() {
  static const std::vector<std::string> messages = [] {
    std::vector<std::string> all;
    JournalWriter writer;
    std::uint64_t n = 0;
    for (std::size_t m = 0; m < kMessages; ++m) {
      for (std::size_t i = 0; i < kPerMessage; ++i, ++n) {
        JournalEntry entry;
        entry.source.source.input = "signins";
        entry.source.source.file = "signins.ndjson";
        entry.source.offset = static_cast<std::int64_t>(n);
        entry.body = event(n);
        entry.append_time = std::get<SignIn>(entry.body).published_time;
        writer.add(entry);
      }
      all.push_back(writer.finish(true));
    }
    return all;
  }();
  return messages;
}

class NoRules final : public RuleSetStore {
 public:
  std::shared_ptr<const RuleSet> find(std::string_view) const override { return std::make_shared<RuleSet>(); }
};

struct NoOutput final : OutputSink {
  void emit(OutputRecord&&) override {}
};

void per_event(benchmark::State& state) {
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(kMessages * kPerMessage));
}

void decode(benchmark::State& state) {
  const auto& messages = journal();
  JournalReader reader;
  for (auto _ : state) {
    std::uint64_t sum = 0;
    for (const std::string& message : messages) {
      if (!reader.open(message, Time{}).ok()) state.SkipWithError("journal");
      while (const JournalEntry* entry = reader.next()) sum += std::get<SignIn>(entry->body).asn;
    }
    benchmark::DoNotOptimize(sum);
  }
  per_event(state);
}
BENCHMARK(decode)->Unit(benchmark::kMillisecond);

void fold_without_rules(benchmark::State& state) {
  const auto& messages = journal();
  NoOutput out;
  Shard::Measures measures;
  for (auto _ : state) {
    DetectStats stats;
    Shard shard(0, std::make_shared<NoRules>(), stats);
    std::int64_t offset = 0;
    for (const std::string& message : messages) {
      if (!shard.step_message(message, Time{}, offset++, out).ok()) state.SkipWithError("fold");
    }
    state.PauseTiming();
    measures = {};
    shard.measure(measures);
    state.ResumeTiming();
  }
  per_event(state);
  state.counters["bytes_per_user"] = static_cast<double>(measures.state_bytes) / static_cast<double>(kUsers);
}
BENCHMARK(fold_without_rules)->Unit(benchmark::kMillisecond);

void ids_and_digest(benchmark::State& state) {
  std::vector<SignIn> events;
  for (std::uint64_t n = 0; n < kMessages * kPerMessage; ++n) events.push_back(event(n));
  double bytes_per_id = 0;
  for (auto _ : state) {
    RecentIds ids;
    for (const SignIn& e : events) benchmark::DoNotOptimize(ids.observe(e.id, facts_of(e), e.published_time));
    bytes_per_id = static_cast<double>(ids.bytes()) / static_cast<double>(ids.rows());
  }
  per_event(state);
  state.counters["bytes_per_id"] = bytes_per_id;
}
BENCHMARK(ids_and_digest)->Unit(benchmark::kMillisecond);

void digest(benchmark::State& state) {
  std::vector<SignIn> events;
  for (std::uint64_t n = 0; n < 16; ++n) events.push_back(event(n));  // in the cache, as an event just decoded is
  for (auto _ : state) {
    for (const SignIn& e : events) benchmark::DoNotOptimize(facts_of(e));
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(events.size()));
}
BENCHMARK(digest)->Unit(benchmark::kMillisecond);

void sources(benchmark::State& state) {
  SourcePosition position;
  position.source.input = "signins";
  position.source.topic = "signins";
  for (auto _ : state) {
    SourceTable table;
    for (std::uint64_t n = 0; n < kMessages * kPerMessage; ++n) {
      position.source.partition = static_cast<std::int32_t>(n / 100 % 32);
      position.offset = static_cast<std::int64_t>(n);
      const Time t = time_from_ms(1'767'225'600'000 + static_cast<std::int64_t>(n) * 20);
      table.advance(t);
      benchmark::DoNotOptimize(table.admit(position));
      table.note_event(t);
    }
    benchmark::DoNotOptimize(table.watermark());
  }
  per_event(state);
}
BENCHMARK(sources)->Unit(benchmark::kMillisecond);

/// The pause of a checkpoint: every row of the state, encoded.
void save_all(benchmark::State& state) {
  struct Counting final : TableSink {
    std::size_t rows = 0, bytes = 0;
    void put(StateTable, std::string_view key, std::string_view value) override { ++rows, bytes += key.size() + value.size(); }
    void erase(StateTable, std::string_view) override {}
  };
  const auto& messages = journal();
  NoOutput out;
  DetectStats stats;
  Shard shard(0, std::make_shared<NoRules>(), stats);
  std::int64_t offset = 0;
  for (const std::string& message : messages) {
    if (!shard.step_message(message, Time{}, offset++, out).ok()) state.SkipWithError("fold");
  }
  Counting sink;
  for (auto _ : state) {
    sink = {};
    shard.save(sink, true);
  }
  state.counters["rows"] = static_cast<double>(sink.rows);
  state.counters["megabytes"] = static_cast<double>(sink.bytes) / 1e6;
}
BENCHMARK(save_all)->Unit(benchmark::kMillisecond);

}  // namespace
