// run on the embedded transport.

#include "connectors/cli/live_transport.h"
#include "connectors/embedded/embedded_transport.h"

namespace bartizan::cli {
namespace {

embedded::EmbeddedOptions transport_options(const LoadedConfig& loaded, bool once) {
  const Config& config = loaded.config;
  embedded::EmbeddedOptions out;
  for (const auto& input : config.files.inputs) out.inputs.push_back({resolve(loaded, input), lower_ascii(config.files.tenant), false});
  out.commands = resolve(loaded, config.files.commands);
  out.output = resolve(loaded, config.files.output);
  out.state_dir = resolve(loaded, config.state.dir);
  out.journal_partitions = config.topics.journal_partitions;
  out.follow = config.files.follow && !once;
  out.arrival = config.files.arrival;
  out.journal.keep_for = config.state.journal_retention;
  return out;
}

/// A pattern that matches nothing (yet) is worth a word; a named file that is not there is an error.
bool is_empty_glob(const embedded::InputProblem& problem) {
  return problem.error.code == "not_found" && problem.input.find_first_of("*?[") != std::string::npos;
}

class EmbeddedLive final : public LiveTransport {
 public:
  explicit EmbeddedLive(embedded::EmbeddedOptions options) : options_(std::move(options)) {}

  Status open() override {
    auto opened = embedded::EmbeddedTransport::open(options_);
    if (!opened) return opened.error();
    transport_ = std::move(opened.value());
    return Ok{};
  }
  Status store_bundle(const Bundle& bundle) override { return transport_->bundles().store(bundle.hash(), bundle.serialise()); }
  Result<std::string> load_bundle(std::string_view hash) override { return transport_->bundles().load(hash); }
  IngestTransport* ingest() override { return &transport_->ingest(); }
  DetectTransport* detect() override { return &transport_->detect(); }
  CheckpointStore* checkpoints() override { return &transport_->checkpoints(); }

  std::vector<LiveProblem> new_problems() override {
    std::vector<LiveProblem> out;
    const auto& problems = transport_->problems();
    for (; told_ < problems.size(); ++told_) out.push_back({problems[told_].input, problems[told_].error, !is_empty_glob(problems[told_])});
    return out;
  }

  Status last_failure() const override { return transport_->status(); }
  // What fails here is the disk: a commit was tried again many times already.
  bool can_renew(const Error&) const override { return false; }
  Status renew_ingest() override { return Error{"not_renewable", "the embedded transport is opened once"}; }
  Status renew_detect() override { return renew_ingest(); }
  std::chrono::milliseconds ingest_silence() const override { return std::chrono::milliseconds::max(); }
  std::chrono::milliseconds detect_silence() const override { return std::chrono::milliseconds::max(); }
  bool reachable() const override { return true; }
  void interrupt() override {}
  void add_metrics(MetricsSource&) const override {}
  std::string outputs() const override { return options_.output; }
  Status close() override { return transport_->close(); }

 private:
  embedded::EmbeddedOptions options_;
  std::unique_ptr<embedded::EmbeddedTransport> transport_;
  std::size_t told_ = 0;
};

}  // namespace

std::unique_ptr<LiveTransport> make_embedded_live(const LoadedConfig& loaded, bool once) {
  return std::make_unique<EmbeddedLive>(transport_options(loaded, once));
}

}  // namespace bartizan::cli
