// Reading files and keeping the journal: microseconds a record, bytes an event on disk. Input: the generated tenant, 5.3 KB a record.

#include <benchmark/benchmark.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

#include "connectors/demo/tenant.h"
#include "connectors/embedded/input_set.h"
#include "connectors/embedded/journal_files.h"
#include "engine/pipeline/ingest.h"

namespace {

using namespace bartizan;
using namespace bartizan::embedded;

constexpr std::size_t kRecords = 40'000;

/// The generated tenant as a plain file in a folder of its own, in memory where the machine has one.
class Archive {
 public:
  Archive() {
    std::string name = std::filesystem::is_directory("/dev/shm") ? "/dev/shm/bartizan-bench-XXXXXX" : "/tmp/bartizan-bench-XXXXXX";
    folder_ = ::mkdtemp(name.data());
    demo::TenantOptions options;
    options.size = demo::RecordSize::full;
    options.users = 5000;
    demo::Tenant tenant{options};
    std::ofstream out{path(), std::ios::binary};
    std::string text;
    for (std::size_t i = 0; i < kRecords; ++i) {
      text.clear();
      if (tenant.next(text) == nullptr) break;
      out << text;
    }
  }
  ~Archive() {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }
  std::string path() const { return folder_ + "/in.ndjson"; }
  const std::string& folder() const { return folder_; }

 private:
  std::string folder_;
};

const Archive& archive() {
  static const Archive a;
  return a;
}

template <class Each>
std::size_t read_all(Each&& each) {
  InputSet inputs{{{archive().path(), "", false}}, false, {}};
  inputs.open();
  std::vector<InputSet::Taken> taken;
  std::size_t records = 0;
  while (!inputs.exhausted()) {
    taken.clear();
    inputs.take(taken, 256);
    for (const auto& t : taken) each(t);
    records += taken.size();
  }
  return records;
}

void read_lines(benchmark::State& state) {
  static_cast<void>(archive());
  std::size_t records = 0;
  std::size_t bytes = 0;
  for (auto _ : state) {
    records += read_all([&](const InputSet::Taken& t) { bytes += t.message.bytes.size(); });
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(records));
  state.SetBytesProcessed(static_cast<std::int64_t>(bytes));
  state.counters["us_a_record"] = benchmark::Counter(static_cast<double>(records) / 1e6, benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}
BENCHMARK(read_lines)->Unit(benchmark::kMillisecond);

/// INGEST's messages of the archive, packed once.
class Packed final : public JournalPort {
 public:
  explicit Packed(std::size_t entries_max) {
    IngestOptions options;
    options.entries_max = entries_max;
    IngestStats stats;
    IngestStep step{options, *this, stats};
    read_all([&](const InputSet::Taken& t) {
      RawMessage m;
      m.position.source = t.input->source();
      m.position.offset = t.message.line;
      m.bytes = t.message.bytes;
      step.step(m);
    });
    step.flush();
  }
  void append(std::int32_t, std::string message, std::size_t entries) override {
    messages.push_back(std::move(message));
    events += entries;
  }
  void dead_letter(OutputRecord&&) override {}
  std::vector<std::string> messages;
  std::size_t events = 0;
};

// Arguments: entries a message, zstd level.
void journal_on_disk(benchmark::State& state) {
  const Packed packed{static_cast<std::size_t>(state.range(0))};
  JournalLimits limits;
  limits.zstd_level = static_cast<int>(state.range(1));
  std::uintmax_t bytes = 0;
  for (auto _ : state) {
    const std::string place = archive().folder() + "/state";
    JournalFiles journal{place, 1, limits};
    if (!journal.open({0}).ok()) state.SkipWithError("the journal cannot be opened");
    for (std::size_t i = 0; i < packed.messages.size(); ++i) {
      journal.append(0, packed.messages[i], Time{});
      if (i % 32 == 31 && !journal.flush().ok()) state.SkipWithError("the journal cannot be written");
    }
    static_cast<void>(journal.flush().ok());
    state.PauseTiming();
    bytes = 0;
    for (const Segment& s : list_segments(journal_folder(place, 0))) bytes += std::filesystem::file_size(s.path);
    std::filesystem::remove_all(place);
    state.ResumeTiming();
  }
  const auto events = static_cast<double>(packed.events);
  state.SetItemsProcessed(static_cast<std::int64_t>(packed.events) * state.iterations());
  state.counters["bytes_an_event"] = static_cast<double>(bytes) / events;
  state.counters["us_an_event"] =
      benchmark::Counter(events * static_cast<double>(state.iterations()) / 1e6, benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}
BENCHMARK(journal_on_disk)->ArgsProduct({{16, 64, 256}, {1, 3, 6}})->Unit(benchmark::kMillisecond);

void journal_read_back(benchmark::State& state) {
  const Packed packed{256};
  const std::string place = archive().folder() + "/state";
  {
    JournalFiles journal{place, 1, {}};
    if (!journal.open({0}).ok()) state.SkipWithError("the journal cannot be opened");
    for (const std::string& m : packed.messages) journal.append(0, m, Time{});
    static_cast<void>(journal.flush().ok());
  }
  for (auto _ : state) {
    JournalCursor cursor{journal_folder(place, 0)};
    static_cast<void>(cursor.seek(0).ok());
    StoredMessage m;
    while (cursor.next(INT64_MAX, m).value()) benchmark::DoNotOptimize(m.bytes.data());
  }
  std::filesystem::remove_all(place);
  state.SetItemsProcessed(static_cast<std::int64_t>(packed.events) * state.iterations());
}
BENCHMARK(journal_read_back)->Unit(benchmark::kMillisecond);

}  // namespace
