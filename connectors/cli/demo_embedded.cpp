// The demo's line over the embedded transport, as in production, in a folder of its own.

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>

#include <fcntl.h>
#include <unistd.h>

#include "connectors/cli/demo_lines.h"
#include "connectors/cli/wall_clock.h"
#include "connectors/embedded/embedded_transport.h"
#include "engine/pipeline/detect_worker.h"
#include "engine/pipeline/ingest_worker.h"

namespace bartizan::cli {
namespace {

namespace fs = std::filesystem;

/// Reads what a file has grown by since the last look.
class TailReader {
 public:
  TailReader(std::string path, Topic topic) : path_(std::move(path)), topic_(topic) {}
  ~TailReader() {
    if (fd_ >= 0) ::close(fd_);
  }
  TailReader(const TailReader&) = delete;
  TailReader& operator=(const TailReader&) = delete;

  void read(std::vector<demo::OutputLine>& out) {
    if (fd_ < 0) fd_ = ::open(path_.c_str(), O_RDONLY | O_CLOEXEC);
    char block[1 << 16];
    for (ssize_t n = 0; fd_ >= 0 && (n = ::read(fd_, block, sizeof block)) > 0;) rest_.append(block, static_cast<std::size_t>(n));
    std::size_t at = 0;
    for (std::size_t end = 0; (end = rest_.find('\n', at)) != std::string::npos; at = end + 1) {
      out.push_back({topic_, rest_.substr(at, end - at)});
    }
    rest_.erase(0, at);
  }

 private:
  std::string path_;
  Topic topic_;
  int fd_ = -1;
  std::string rest_;
};

/// The demo's line over the embedded transport: a file that grows, a journal, checkpoints, output files.
class EmbeddedLine final : public demo::DemoLine {
 public:
  static Result<std::unique_ptr<EmbeddedLine>> open(const std::string& folder, const Bundle& bundle);
  ~EmbeddedLine() override {
    if (input_ >= 0) ::close(input_);
  }
  EmbeddedLine(const EmbeddedLine&) = delete;
  EmbeddedLine& operator=(const EmbeddedLine&) = delete;

  Status put(std::string_view records) override;
  Status put_command(std::string_view command) override;
  Status settle(std::vector<demo::OutputLine>& out) override;
  Status close() override;

 private:
  EmbeddedLine(std::string folder, std::unique_ptr<embedded::EmbeddedTransport> transport, const Bundle& bundle);
  static IngestWorkerOptions ingest_options() {
    IngestWorkerOptions options;
    options.record_time = true;  // story time, not the clock
    return options;
  }
  Status drain();

  std::string folder_;
  std::unique_ptr<embedded::EmbeddedTransport> transport_;
  std::shared_ptr<BundleStore> rules_;
  WallClock clock_;
  IngestStats ingest_stats_;
  DetectStats detect_stats_;
  IngestWorker ingest_;
  DetectWorker detect_;
  std::vector<std::unique_ptr<TailReader>> tails_;
  int input_ = -1;
  std::uint64_t messages_put_ = 0;
};

EmbeddedLine::EmbeddedLine(std::string folder, std::unique_ptr<embedded::EmbeddedTransport> transport, const Bundle& bundle)
    : folder_(std::move(folder)),
      transport_(std::move(transport)),
      rules_(std::make_shared<BundleStore>()),
      ingest_(transport_->ingest(), clock_, ingest_stats_, ingest_options()),
      detect_(transport_->detect(), transport_->checkpoints(), rules_, clock_, detect_stats_) {
  rules_->add(bundle);
  ingest_.activate({bundle.hash(), {}, static_cast<std::uint32_t>(bundle.rule_set()->rules.size()), {}});
  for (std::size_t i = 0; i < kTopicCount; ++i) {
    const auto topic = static_cast<Topic>(i);
    tails_.push_back(std::make_unique<TailReader>((fs::path(folder_) / "out" / file_name(topic)).string(), topic));
  }
}

Result<std::unique_ptr<EmbeddedLine>> EmbeddedLine::open(const std::string& folder, const Bundle& bundle) {
  const std::string input = (fs::path(folder) / "signins.ndjson").string();
  std::error_code error;
  fs::create_directories(folder, error);
  const int fd = ::open(input.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0644);
  if (fd < 0) return Error{"unwritable", "cannot write '" + input + "': " + std::strerror(errno)};
  embedded::EmbeddedOptions options;
  options.inputs.push_back({input, {}, false});
  options.output = (fs::path(folder) / "out").string();
  options.state_dir = (fs::path(folder) / "state").string();
  options.arrival = embedded::Arrival::record;
  auto transport = embedded::EmbeddedTransport::open(std::move(options));
  if (!transport) {
    ::close(fd);
    return transport.error();
  }
  if (const Status stored = transport.value()->bundles().store(bundle.hash(), bundle.serialise()); !stored.ok()) {
    ::close(fd);
    return stored.error();
  }
  std::unique_ptr<EmbeddedLine> line(new EmbeddedLine(folder, std::move(transport.value()), bundle));
  line->input_ = fd;
  return line;
}

Status EmbeddedLine::put(std::string_view records) {
  messages_put_ += static_cast<std::uint64_t>(std::count(records.begin(), records.end(), '\n'));
  while (!records.empty()) {
    const ssize_t n = ::write(input_, records.data(), records.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return Error{"unwritable", "cannot write the demo's input: " + std::string(std::strerror(errno))};
    records.remove_prefix(static_cast<std::size_t>(n));
  }
  return Ok{};
}

Status EmbeddedLine::put_command(std::string_view command) {
  if (const Status drained = drain(); !drained.ok()) return drained;  // the verdict comes after what was seen
  ++messages_put_;
  return embedded::append_command(embedded::commands_path((fs::path(folder_) / "state").string()), command);
}

Status EmbeddedLine::drain() {
  while (ingest_stats_.messages.value() + transport_->too_large_total() < messages_put_) {
    if (const Status turned = ingest_.run_once(Duration{5}); !turned.ok()) return turned;
    if (!transport_->problems().empty()) return transport_->problems().front().error;
    if (const Status turned = detect_.run_once(Duration{0}); !turned.ok()) return turned;
  }
  if (const Status stopped = ingest_.stop(); !stopped.ok()) return stopped;
  do {
    if (const Status turned = detect_.run_once(Duration{0}); !turned.ok()) return turned;
  } while (transport_->journal_lag(0) > 0);
  return detect_.commit();
}

Status EmbeddedLine::settle(std::vector<demo::OutputLine>& out) {
  if (const Status drained = drain(); !drained.ok()) return drained;
  for (const auto& tail : tails_) tail->read(out);
  return Ok{};
}

Status EmbeddedLine::close() {
  if (const Status drained = drain(); !drained.ok()) return drained;
  if (const Status stopped = detect_.stop(); !stopped.ok()) return stopped;
  return transport_->close();
}

}  // namespace

Result<std::unique_ptr<demo::DemoLine>> embedded_demo_line(const std::string& folder, const Bundle& bundle) {
  auto line = EmbeddedLine::open(folder, bundle);
  if (!line) return line.error();
  return std::unique_ptr<demo::DemoLine>(std::move(line.value()));
}

}  // namespace bartizan::cli
