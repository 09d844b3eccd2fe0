// bartizan_bench: the whole line on generated records of about 5.3 KB, with the process's own CPU seconds.
//
//   bartizan_bench speed FILE    file -> alerts, as `replay` runs it; makes FILE (100,000 users) when it is missing
//   bartizan_bench state         bytes of state per user after 14 simulated days, and of the journal per event
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zstd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "connectors/demo/tenant.h"
#include "connectors/embedded/replay_input.h"
#include "tests/bench/generated_line.h"

namespace {

using namespace bartizan;
using namespace bartizan::demo;

double cpu_seconds(int who = RUSAGE_SELF) {
  rusage r{};
  ::getrusage(who, &r);
  const auto seconds = [](const timeval& t) { return static_cast<double>(t.tv_sec) + 1e-6 * static_cast<double>(t.tv_usec); };
  return seconds(r.ru_utime) + seconds(r.ru_stime);
}

std::size_t resident_bytes() {
  std::FILE* f = std::fopen("/proc/self/statm", "r");
  unsigned long total = 0, resident = 0;
  if (f != nullptr && std::fscanf(f, "%lu %lu", &total, &resident) != 2) resident = 0;
  if (f != nullptr) std::fclose(f);
  return resident * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

struct Counted : OutputSink {
  void emit(OutputRecord&& record) override {
    ++records[static_cast<std::size_t>(record.topic)];
    bytes += record.value.size();
  }
  std::array<std::uint64_t, kTopicCount> records{};
  std::uint64_t bytes = 0;
};

struct Arguments {
  std::string mode, file, floor;
  std::uint32_t users = 100'000, days = 14, passes = 3;
  std::uint64_t bytes = 2'000'000'000;
  double interactive = 1, non_interactive = 5;
  std::uint64_t seed = 1;
};

TenantOptions tenant_options(const Arguments& a, RecordSize size) {
  TenantOptions o;
  o.seed = a.seed;
  o.users = a.users;
  o.days = a.days;
  o.size = size;
  o.interactive_per_workday = a.interactive;
  o.non_interactive_per_workday = a.non_interactive;
  o.service_principals_per_user = 0.02;
  o.managed_identities_per_user = 0.01;
  o.blueprints_per_user = 0.0005;
  return o;
}

bool make_file(const Arguments& a) {
  std::FILE* out = std::fopen(a.file.c_str(), "wb");
  if (out == nullptr) return false;
  Tenant tenant{tenant_options(a, RecordSize::full)};
  std::string buffer;
  std::uint64_t bytes = 0;
  bool whole = true;
  while (whole && bytes < a.bytes && tenant.next(buffer) != nullptr) {
    if (buffer.size() < 1 << 20) continue;
    whole = std::fwrite(buffer.data(), 1, buffer.size(), out) == buffer.size();
    bytes += buffer.size();
    buffer.clear();
  }
  return std::fclose(out) == 0 && whole;
}

int speed(const Arguments& a, const std::shared_ptr<bench::MeasuredRules>& rules) {
  struct stat file {};
  if (::stat(a.file.c_str(), &file) != 0) {
    std::fprintf(stderr, "making %s ...\n", a.file.c_str());
    if (!make_file(a) || ::stat(a.file.c_str(), &file) != 0) {
      std::perror(a.file.c_str());
      return 4;
    }
  }
  for (std::uint32_t pass = 0; pass < a.passes; ++pass) {
    Counted outputs;
    const double before = cpu_seconds();
    ReplayLine line{rules, rules->activation(), outputs};
    embedded::ReplayInput input{{{a.file, {}, false}}, outputs};
    if (const Status done = line.run(input); !done.ok()) {
      std::fprintf(stderr, "%s: %s\n", done.error().code.c_str(), done.error().message.c_str());
      return 5;
    }
    const double seconds = cpu_seconds() - before;
    std::uint64_t events = 0, dead = 0;
    for (const auto& by_agent : line.ingest_stats().events) events += by_agent[0].value() + by_agent[1].value();
    for (const auto& n : line.ingest_stats().dead_letters) dead += n.value();
    std::printf("pass %u: %llu events, %.0f bytes each, %.2f CPU s, %.0f events/CPU-s, %.2f us an event, %.0f MB/CPU-s, %llu alert revisions, %llu dead letters, RSS %zu MB\n",
                pass + 1, static_cast<unsigned long long>(events), static_cast<double>(file.st_size) / static_cast<double>(std::max<std::uint64_t>(1, events)), seconds,
                static_cast<double>(events) / seconds, 1e6 * seconds / static_cast<double>(std::max<std::uint64_t>(1, events)), static_cast<double>(file.st_size) / seconds / 1e6,
                static_cast<unsigned long long>(outputs.records[static_cast<std::size_t>(Topic::alerts)]), static_cast<unsigned long long>(dead), resident_bytes() >> 20);
    std::fflush(stdout);
  }
  if (a.floor.empty()) return 0;
  const double before = cpu_seconds(RUSAGE_CHILDREN);
  const std::string command = "'" + a.floor + "' '" + a.file + "' j 1";
  if (std::system(command.c_str()) != 0) return 4;
  std::printf("floor: %.2f CPU s for the same file, start and reading included\n", cpu_seconds(RUSAGE_CHILDREN) - before);
  return 0;
}

/// Journal messages as they go to disk: each compressed on its own.
class JournalSize : public JournalPort {
 public:
  void append(std::int32_t, std::string message, std::size_t entries) override {
    plain += message.size();
    events += entries;
    buffer_.resize(ZSTD_compressBound(message.size()));
    packed += ZSTD_compress(buffer_.data(), buffer_.size(), message.data(), message.size(), 3);
  }
  void dead_letter(OutputRecord&&) override {}
  std::uint64_t plain = 0, packed = 0, events = 0;

 private:
  std::string buffer_;
};

int state(const Arguments& a, const std::shared_ptr<bench::MeasuredRules>& rules) {
  const std::size_t start = resident_bytes();
  auto tenant = std::make_unique<Tenant>(tenant_options(a, RecordSize::compact));
  const std::size_t with_tenant = resident_bytes();
  Counted outputs;
  ReplayLine line{rules, rules->activation(), outputs};
  bench::RecordFeeder feeder{line};
  JournalSize journal;
  IngestStats journal_stats;
  IngestStep packer{{}, journal, journal_stats};
  SourcePosition position;
  position.source.input = position.source.file = "generated.ndjson";
  std::string record;
  std::uint64_t events = 0;
  std::int64_t day = 0;
  while (true) {
    record.clear();
    const Draft* d = tenant->next(record);
    if (d == nullptr) break;
    if (const Status done = feeder.feed(record); !done.ok()) return 5;
    ++events;
    if (events <= 500'000) {
      RawMessage message;
      ++position.offset;
      message.position = position;
      message.bytes = {record.data(), record.size() - 1};
      packer.step(message);
    }
    if (tenant->now() / kDay == day) continue;
    day = tenant->now() / kDay;
    Shard::Measures m;
    line.shard().measure(m);
    std::fprintf(stderr, "day %2lld: %llu events, state %zu bytes in %zu rows, %zu ids, RSS %zu MB\n",
                 static_cast<long long>(day - tenant->world().start() / kDay), static_cast<unsigned long long>(events), m.state_bytes, m.state_rows, m.remembered_ids,
                 resident_bytes() >> 20);
  }
  packer.flush();
  if (const Status done = line.finish(); !done.ok()) return 5;
  Shard::Measures m;
  line.shard().measure(m);
  const std::size_t before = resident_bytes();
  tenant.reset();
  std::printf("%u users, %u days, %llu events\n", a.users, a.days, static_cast<unsigned long long>(events));
  std::printf("accounted state: %zu bytes (%.0f a user), %zu rows; remembered ids: %zu\n", m.state_bytes, static_cast<double>(m.state_bytes) / a.users, m.state_rows, m.remembered_ids);
  std::printf("RSS: start %zu MB, generator's actors %zu MB, end %zu MB\n", start >> 20, (with_tenant - start) >> 20, before >> 20);
  std::printf("journal: %.1f bytes an event plain, %.1f with zstd level 3 (message by message, first %llu events)\n",
              static_cast<double>(journal.plain) / static_cast<double>(std::max<std::uint64_t>(1, journal.events)),
              static_cast<double>(journal.packed) / static_cast<double>(std::max<std::uint64_t>(1, journal.events)), static_cast<unsigned long long>(journal.events));
  for (const auto& [id, held] : m.rules) {
    std::printf("  %-28s %12llu rows %14llu bytes\n", id.c_str(), static_cast<unsigned long long>(held.rows), static_cast<unsigned long long>(held.bytes));
  }
  return 0;
}

bool parse(int argc, char** argv, Arguments& a) {
  for (int i = 1; i < argc; ++i) {
    const std::string_view word = argv[i];
    if (word.empty()) return false;
    const auto value = [&]() -> const char* { return i + 1 < argc ? argv[++i] : "0"; };
    const auto number = [&] { return static_cast<std::uint32_t>(std::strtoul(value(), nullptr, 10)); };
    if (word == "--users") a.users = number();
    else if (word == "--days") a.days = number();
    else if (word == "--passes") a.passes = number();
    else if (word == "--seed") a.seed = std::strtoull(value(), nullptr, 10);
    else if (word == "--bytes") a.bytes = std::strtoull(value(), nullptr, 10);
    else if (word == "--interactive") a.interactive = std::strtod(value(), nullptr);
    else if (word == "--non-interactive") a.non_interactive = std::strtod(value(), nullptr);
    else if (word == "--floor") a.floor = value();
    else if (word[0] == '-') return false;
    else if (a.mode.empty()) a.mode = word;
    else if (a.file.empty()) a.file = word;
    else return false;
  }
  return (a.mode == "speed" && !a.file.empty()) || a.mode == "state";
}

}  // namespace

int main(int argc, char** argv) {
  Arguments a;
  if (!parse(argc, argv, a)) {
    std::fputs(
        "usage: bartizan_bench speed FILE [--passes 3] [--bytes 2000000000] [--floor PROGRAM]\n"
        "       bartizan_bench state [--users 100000] [--days 14] [--interactive 1] [--non-interactive 5]\n"
        "speed replays FILE, made first when it is missing (records of about 5.3 KB, all four categories), and tells CPU time.\n"
        "state tells bytes per user after the given days, and of the journal per event. Both: --users N --seed N.\n",
        stderr);
    return 2;
  }
  const auto rules = bench::MeasuredRules::make({});
  if (!rules.ok()) {
    std::fprintf(stderr, "%s\n", rules.error().message.c_str());
    return 3;
  }
  return a.mode == "speed" ? speed(a, rules.value()) : state(a, rules.value());
}
