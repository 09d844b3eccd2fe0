// What the crash check kills: the line of the embedded transport with the built-in rules, over archives.
//
//   embedded_runner STATE OUTPUT PARTITIONS THREADS INPUT...     runs to the end of the inputs
//   embedded_runner --fold STATE OUTPUT PARTITIONS               folds the journal from its start, as an engine that was never killed

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <string>
#include <thread>

#include "connectors/embedded/embedded_transport.h"
#include "connectors/embedded/journal_files.h"
#include "engine/pipeline/detect_worker.h"
#include "engine/pipeline/ingest_worker.h"
#include "rules/packs/bundle.h"

namespace {

using namespace bartizan;
using namespace bartizan::embedded;

class SteadyClock final : public Clock {
 public:
  Time now() override { return std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now()); }
  std::chrono::nanoseconds steady() override { return std::chrono::steady_clock::now().time_since_epoch(); }
};

int fail(const char* what, const Error& error) {
  std::cerr << what << ": " << error.code << ": " << error.message << '\n';
  return 4;
}

Bundle built_in() {
  settings::Diagnostics diagnostics;
  auto bundle = Bundle::make(builtin_pack(), EngineSettings{}, diagnostics);
  if (!bundle) {
    std::cerr << "the built-in pack does not load\n";
    std::exit(5);
  }
  return std::move(*bundle);
}

// Many small units, so that there are many instants between them.
IngestWorkerOptions ingest_options() {
  IngestWorkerOptions options;
  options.commit_interval = std::chrono::milliseconds{4};
  options.record_time = true;
  options.poll_max = 24;
  return options;
}

IngestOptions step_options() {
  IngestOptions options;
  options.entries_max = 16;
  return options;
}

DetectOptions detect_options() {
  DetectOptions options;
  options.commit_interval = options.quiet_commit_interval = std::chrono::milliseconds{4};
  options.checkpoint_interval = std::chrono::milliseconds{25};
  options.poll_max = 3;
  return options;
}

class Run {
 public:
  Run(EmbeddedTransport& transport, const Bundle& bundle)
      : transport_(transport), store_(std::make_shared<BundleStore>()),
        ingest_(transport.ingest(), ingest_clock_, ingest_stats_, ingest_options(), step_options()),
        detect_(transport.detect(), transport.checkpoints(), with(bundle), detect_clock_, detect_stats_, detect_options()) {
    ingest_.activate({bundle.hash(), {}, static_cast<std::uint32_t>(bundle.rule_set()->rules.size()), {}});
  }

  int in_turn() {
    while (!ingest_.drained() || !detect_.drained()) {
      if (const auto s = ingest_.run_once(Duration{0}); !s.ok()) return fail("ingest", s.error());
      if (const auto s = detect_.run_once(Duration{0}); !s.ok()) return fail("detect", s.error());
    }
    return finish();
  }

  int on_two_threads() {
    std::atomic<int> code{0};
    std::thread ingest{[&] {
      while (code == 0 && !ingest_.drained()) {
        if (const auto s = ingest_.run_once(Duration{5}); !s.ok()) code = fail("ingest", s.error());
      }
    }};
    while (code == 0 && !detect_.drained()) {
      if (const auto s = detect_.run_once(Duration{5}); !s.ok()) code = fail("detect", s.error());
    }
    ingest.join();
    return code != 0 ? code.load() : finish();
  }

 private:
  std::shared_ptr<const RuleSetStore> with(const Bundle& bundle) {
    store_->add(bundle);
    return store_;
  }

  int finish() {
    if (const auto s = ingest_.stop(); !s.ok()) return fail("ingest", s.error());
    if (const auto s = detect_.stop(); !s.ok()) return fail("detect", s.error());
    if (const auto s = transport_.close(); !s.ok()) return fail("close", s.error());
    for (const auto& problem : transport_.problems()) fail("input", problem.error);
    return transport_.problems().empty() ? 0 : 4;
  }

  EmbeddedTransport& transport_;
  std::shared_ptr<BundleStore> store_;
  SteadyClock ingest_clock_, detect_clock_;
  IngestStats ingest_stats_;
  DetectStats detect_stats_;
  IngestWorker ingest_;
  DetectWorker detect_;
};

class FileSink final : public OutputSink {
 public:
  explicit FileSink(std::string folder) : folder_(std::move(folder)) {}
  void emit(OutputRecord&& record) override {
    std::ofstream{folder_ + "/" + std::string{file_name(record.topic)}, std::ios::app} << record.value << '\n';
  }

 private:
  std::string folder_;
};

int fold(const std::string& state, const std::string& output, std::int32_t partitions) {
  auto store = std::make_shared<BundleStore>();
  store->add(built_in());
  FileSink sink{output};
  DetectStats stats;
  for (std::int32_t p = 0; p < partitions; ++p) {
    Shard shard{p, store, stats};
    JournalCursor cursor{journal_folder(state, p)};
    if (const auto s = cursor.seek(0); !s.ok()) return fail("journal", s.error());
    StoredMessage message;
    while (true) {
      const auto more = cursor.next(INT64_MAX, message);
      if (!more.ok()) return fail("journal", more.error());
      if (!more.value()) break;
      if (const auto s = shard.step_message(message.bytes, message.append_time, message.offset, sink); !s.ok()) return fail("fold", s.error());
    }
  }
  return 0;
}

int run(const std::string& state, const std::string& output, std::int32_t partitions, int threads, char** inputs, int count) {
  EmbeddedOptions options;
  for (int i = 0; i < count; ++i) options.inputs.push_back({inputs[i], "", false});
  options.output = output;
  options.state_dir = state;
  options.journal_partitions = partitions;
  options.follow = false;
  options.arrival = Arrival::record;
  options.journal.segment_bytes = 256 * 1024;
  auto transport = EmbeddedTransport::open(std::move(options));
  if (!transport.ok()) return fail("open", transport.error());
  const Bundle bundle = built_in();
  Run line{*transport.value(), bundle};
  return threads == 2 ? line.on_two_threads() : line.in_turn();
}

}  // namespace

int main(int argc, char** argv) {
  const std::string first = argc > 1 ? argv[1] : "";
  if (first == "--fold" && argc == 5) return fold(argv[2], argv[3], std::atoi(argv[4]));
  if (argc < 6) {
    std::cerr << "usage: embedded_runner STATE OUTPUT PARTITIONS THREADS INPUT...\n";
    return 2;
  }
  return run(argv[1], argv[2], std::atoi(argv[3]), std::atoi(argv[4]), argv + 5, argc - 5);
}
