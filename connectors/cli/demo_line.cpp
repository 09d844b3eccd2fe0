#include "connectors/cli/demo_line.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <utility>

#include "connectors/embedded/embedded_transport.h"
#include "connectors/embedded/posix_file.h"
#include "engine/pipeline/detect_worker.h"
#include "engine/pipeline/ingest_worker.h"

namespace bartizan::cli {
namespace {

class SteadyClock final : public Clock {
 public:
  Time now() override { return std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now()); }
  std::chrono::nanoseconds steady() override { return std::chrono::steady_clock::now().time_since_epoch(); }
};

constexpr std::array kShown{Topic::alerts, Topic::risky_users, Topic::risky_workload_identities, Topic::risky_agents};
constexpr std::size_t kTurnsMax = 1'000'000;  // of the two loops while something is still on its way

std::string topic_path(const std::string& folder, Topic t) { return folder + "/" + std::string{file_name(t)}; }

IngestWorkerOptions ingest_options() {
  IngestWorkerOptions out;
  out.commit_interval = std::chrono::milliseconds{0};
  out.record_time = true;
  return out;
}

class EmbeddedLine final : public demo::DemoLine {
 public:
  EmbeddedLine(std::string folder, std::unique_ptr<embedded::EmbeddedTransport> transport, const Bundle& bundle, int input)
      : folder_(std::move(folder)), transport_(std::move(transport)), store_(std::make_shared<BundleStore>()), input_(input),
        ingest_(transport_->ingest(), clock_, ingest_stats_, ingest_options()),
        detect_(transport_->detect(), transport_->checkpoints(), store_, clock_, detect_stats_) {
    store_->add(bundle);
    BundleActivation activation;
    activation.hash = bundle.hash();
    activation.rule_count = static_cast<std::uint32_t>(bundle.rule_set()->rules.size());
    ingest_.activate(activation);
  }
  ~EmbeddedLine() override { ::close(input_); }

  Status put(std::string_view records) override {
    while (!records.empty()) {
      const ssize_t n = ::write(input_, records.data(), records.size());
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) return Error{"unwritable", folder_ + "/sign-ins.ndjson: " + std::strerror(errno)};
      records.remove_prefix(static_cast<std::size_t>(n));
    }
    return Ok{};
  }
  Status put_command(std::string_view command) override { return embedded::append_command(embedded::commands_path(folder_ + "/state"), command); }
  Status settle(std::vector<demo::OutputLine>& out) override {
    std::size_t turns = 0;
    do {
      if (Status s = ingest_.run_once(Duration{0}); !s.ok()) return s;
      if (Status s = detect_.run_once(Duration{0}); !s.ok()) return s;
      if (++turns > kTurnsMax) return Error{"stalled", "the line does not come to rest"};
    } while (transport_->input_bytes_left() > 0 || transport_->journal_lag(0) > 0);
    if (Status s = detect_.commit(); !s.ok()) return s;
    if (!transport_->problems().empty()) return transport_->problems().front().error;
    for (std::size_t i = 0; i < kShown.size(); ++i) {
      if (Status s = read_new(i, out); !s.ok()) return s;
    }
    return Ok{};
  }
  Status close() override {
    if (Status s = ingest_.stop(); !s.ok()) return s;
    if (Status s = detect_.stop(); !s.ok()) return s;
    return transport_->close();
  }

 private:
  /// What was appended to a topic's file since the last time.
  Status read_new(std::size_t i, std::vector<demo::OutputLine>& out) {
    const std::string path = topic_path(folder_, kShown[i]);
    const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (fd < 0) return errno == ENOENT ? Status{Ok{}} : Status{Error{"unreadable", path + ": " + std::strerror(errno)}};
    std::string bytes;
    char block[1 << 16];
    for (ssize_t n; (n = ::pread(fd, block, sizeof block, static_cast<off_t>(read_[i] + bytes.size()))) > 0;) bytes.append(block, static_cast<std::size_t>(n));
    ::close(fd);
    std::size_t at = 0;
    for (std::size_t end; (end = bytes.find('\n', at)) != std::string::npos; at = end + 1) out.push_back({kShown[i], bytes.substr(at, end - at)});
    read_[i] += at;
    return Ok{};
  }

  std::string folder_;
  SteadyClock clock_;
  IngestStats ingest_stats_;
  DetectStats detect_stats_;
  std::unique_ptr<embedded::EmbeddedTransport> transport_;
  std::shared_ptr<BundleStore> store_;
  int input_;
  IngestWorker ingest_;
  DetectWorker detect_;
  std::array<std::size_t, kShown.size()> read_{};
};

}  // namespace

Result<std::unique_ptr<demo::DemoLine>> make_demo_line(const std::string& folder, const Bundle& bundle) {
  const std::string input = folder + "/sign-ins.ndjson";
  const int fd = ::open(input.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0644);
  if (fd < 0) return Error{"unwritable", input + ": " + std::strerror(errno)};
  embedded::EmbeddedOptions options;
  options.inputs.push_back({input, {}, false});
  options.output = folder;
  options.state_dir = folder + "/state";
  options.arrival = embedded::Arrival::record;
  auto transport = embedded::EmbeddedTransport::open(std::move(options));
  if (!transport.ok()) {
    ::close(fd);
    return transport.error();
  }
  if (Status s = transport.value()->bundles().store(bundle.hash(), bundle.serialise()); !s.ok()) {
    ::close(fd);
    return s.error();
  }
  return std::unique_ptr<demo::DemoLine>{std::make_unique<EmbeddedLine>(folder, std::move(transport.value()), bundle, fd)};
}

}  // namespace bartizan::cli
