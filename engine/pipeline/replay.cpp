#include "engine/pipeline/replay.h"

#include <utility>

#include "engine/model/check.h"

namespace bartizan {
namespace {

/// What waits for its turn waits at most this long (schemas README, "What raises a revision").
constexpr Duration kNewsWait = std::chrono::minutes{15};
constexpr std::size_t kFinalTicksMax = 1'000'000;  // bounds the drain of timers at the end: kTimersPerEntry each

IngestOptions for_replay(IngestOptions options) {
  options.journal_partitions = 1;
  options.own_append_times = true;
  return options;
}

}  // namespace

/// Hands finished journal messages straight to the shard.
class ReplayLine::Port final : public JournalPort {
 public:
  Port(Shard& shard, OutputSink& out) : shard_(shard), out_(out) {}

  void append(std::int32_t, std::string message, std::size_t) override {
    if (status_.ok()) status_ = shard_.step_message(message, Time{}, offset_++, out_);
  }
  void dead_letter(OutputRecord&& letter) override { out_.emit(std::move(letter)); }
  const Status& status() const { return status_; }

 private:
  Shard& shard_;
  OutputSink& out_;
  std::int64_t offset_ = 0;
  Status status_ = Ok{};
};

ReplayLine::ReplayLine(std::shared_ptr<const RuleSetStore> rules, const BundleActivation& bundle, OutputSink& out, IngestOptions options)
    : shard_(0, std::move(rules), detect_stats_),
      port_(std::make_unique<Port>(shard_, out)),
      ingest_(for_replay(std::move(options)), *port_, ingest_stats_) {
  ingest_.activate(bundle, std::nullopt);
}

ReplayLine::~ReplayLine() = default;

Status ReplayLine::step(const RawMessage& message) {
  ingest_.step(message);
  return port_->status();
}

Status ReplayLine::run(IngestTransport& in, const std::function<bool(std::uint64_t)>& progress) {
  std::uint64_t messages = 0;
  while (true) {
    const auto batch = in.poll(kBatch, Duration{0});
    for (const RawMessage& message : batch) {
      if (Status done = step(message); !done.ok()) return done;
    }
    messages += batch.size();
    if (progress && !progress(messages)) break;
    if (batch.empty() && in.exhausted()) break;
  }
  return finish();
}

Status ReplayLine::finish() {
  ingest_.flush();
  if (!port_->status().ok() || shard_.next_offset() == 0) return port_->status();
  const Time end = shard_.journal_time() + kNewsWait;
  std::size_t ticks = 0;
  do {
    ingest_.tick(0, end);
    ingest_.flush();
    BARTIZAN_CHECK(++ticks < kFinalTicksMax);
  } while (port_->status().ok() && shard_.timers_waiting());
  return port_->status();
}

}  // namespace bartizan
