#include "engine/pipeline/ingest_worker.h"

#include <optional>
#include <utility>

namespace bartizan {
namespace {

IngestOptions fit(IngestOptions step, const IngestTransport& transport) {
  step.journal_partitions = transport.journal_partitions();
  step.own_append_times = transport.own_append_times();
  return step;
}

}  // namespace

/// Hands finished messages to the transport and notes when each partition was last written.
class IngestWorker::Port final : public JournalPort {
 public:
  explicit Port(IngestWorker& worker) : worker_(worker) {}
  void append(std::int32_t journal_partition, std::string message, std::size_t) override {
    worker_.last_append_[static_cast<std::size_t>(journal_partition)] = worker_.clock_.steady();
    worker_.transport_.append(journal_partition, std::move(message));
  }
  void dead_letter(OutputRecord&& letter) override { worker_.transport_.dead_letter(std::move(letter)); }

 private:
  IngestWorker& worker_;
};

IngestWorker::IngestWorker(IngestTransport& transport, Clock& clock, IngestStats& stats, IngestWorkerOptions options, IngestOptions step,
                           StatelessMatcher* matcher)
    : transport_(transport),
      clock_(clock),
      stats_(stats),
      options_(options),
      port_(std::make_unique<Port>(*this)),
      step_(fit(std::move(step), transport), *port_, stats, matcher),
      last_append_(static_cast<std::size_t>(transport.journal_partitions()), clock.steady()),
      last_commit_(clock.steady()) {}

IngestWorker::~IngestWorker() = default;

void IngestWorker::activate(const BundleActivation& activation) {
  step_.activate(activation, options_.record_time ? std::nullopt : std::optional{transport_.now()});
  open_ = true;
}

Status IngestWorker::run_once(Duration timeout) {
  const auto messages = transport_.poll(options_.poll_max, timeout);
  if (Status s = transport_.status(); !s.ok()) return s;
  const auto began = clock_.steady();
  for (const RawMessage& message : messages) step_.step(message);
  if (!messages.empty()) {
    open_ = true;
    stats_.decode_seconds.observe(static_cast<double>((clock_.steady() - began).count()) / 1e9);
  }
  if (!options_.record_time && messages.empty() && !transport_.exhausted()) tick_silent_partitions();
  const bool due = clock_.steady() - last_commit_ >= options_.commit_interval || transport_.exhausted() || transport_.wants_commit();
  if (open_ && due) return commit();
  return Ok{};
}

void IngestWorker::tick_silent_partitions() {
  const auto now = clock_.steady();
  for (std::size_t p = 0; p < last_append_.size(); ++p) {
    if (now - last_append_[p] < options_.tick_interval) continue;
    step_.tick(static_cast<std::int32_t>(p), transport_.now());
    last_append_[p] = now;
    open_ = true;
  }
}

Status IngestWorker::commit() {
  step_.flush();
  for (std::uint32_t attempt = 0; attempt < options_.commit_attempts_max; ++attempt) {
    if (transport_.commit()) {
      stats_.commits.add();
      open_ = false;
      last_commit_ = clock_.steady();
      return Ok{};
    }
    stats_.commit_failures.add();
    if (Status s = transport_.status(); !s.ok()) return s;
  }
  return Error{"commit_failed", "the same positions failed " + std::to_string(options_.commit_attempts_max) + " times"};
}

Status IngestWorker::stop() { return open_ ? commit() : Status{Ok{}}; }

}  // namespace bartizan
