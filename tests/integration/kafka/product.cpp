#include "tests/integration/kafka/product.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <filesystem>
#include <thread>

#include "tests/connectors/embedded/scratch.h"
#include "tests/integration/embedded/crash_input.h"
#include "tests/integration/kafka/feeder.h"
#include "tests/integration/kafka/line_check.h"

namespace bartizan::test {
namespace {

/// The port of the newest "runs" line.
int port_of(const std::string& log) {
  constexpr std::string_view kBefore = "\"http\":\"127.0.0.1:";
  const auto at = log.rfind(kBefore);
  return at == std::string::npos ? 0 : std::atoi(log.c_str() + at + kBefore.size());
}

std::string ask(int port, const std::string& request) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const timeval limit{3, 0};
  ::setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  std::string answer;
  if (::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 &&
      ::send(fd, request.data(), request.size(), MSG_NOSIGNAL) > 0) {
    std::array<char, 4096> buffer{};
    for (ssize_t n = 0; (n = ::recv(fd, buffer.data(), buffer.size(), 0)) > 0;) answer.append(buffer.data(), static_cast<std::size_t>(n));
  }
  ::close(fd);
  return answer;
}

}  // namespace

bool within(std::chrono::seconds limit, const std::function<bool()>& holds) {
  const auto end = std::chrono::steady_clock::now() + limit;
  while (!holds()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds{100});
  }
  return true;
}

Product::Product(const Broker& broker, const std::string& name)
    : options(deployment(broker, name)),
      broker_(broker),
      folder_(broker.file("product-" + name)),
      log_(folder_ + "/log"),
      lines_(testing::split_lines(testing::make_crash_input(7).first)) {
  std::filesystem::create_directories(folder_);
  options.inputs = {{name + "-signins", 0, ""}};
  create_topic(broker, source(), 1);
}

void Product::launch() {
  const std::string config =
      write_file(folder_ + "/c.yaml",
                 "kafka: {brokers: [" + options.brokers.front() + "], group_id: " + options.group_id +
                     ", session_timeout: 6s, inputs: [{topic: " + source() +
                     ", generation: " + std::to_string(options.inputs.front().generation) + "}]" + more_kafka +
                     "}\ntopics: {prefix: " + options.prefix + ", journal_partitions: " + std::to_string(options.journal_partitions) +
                     "}\nstate: {dir: state}\nhttp: {listen: 127.0.0.1:0}\ncheckpoint: {interval: 3s}\nlog: {format: json}\n" + more);
  engine_.reset();
  engine_ = std::make_unique<Engine>(std::vector<std::string>{BARTIZAN_BINARY, "run", "-c", config}, environment, log_);
}

bool Product::start() {
  const std::size_t before = told("\"event\":\"started\"");
  launch();
  within(std::chrono::seconds{60},
         [&] { return !engine_->runs() || (told("\"event\":\"started\"") > before && get("/-/ready").status == 200); });
  return engine_->runs() && get("/-/ready").status == 200;
}

void Product::feed(std::size_t from, std::size_t to) const {
  std::string text;
  for (std::size_t i = from; i < to && i < lines_.size(); ++i) text += lines_[i] + "\n";
  kafka::KafkaOptions plain = options;  // the administrator's listener
  plain.brokers = {broker_.address()};
  plain.security = {};
  const Feeder feeder{plain, source(), text, 1, std::chrono::milliseconds{1'000}};
  while (!feeder.done()) std::this_thread::sleep_for(std::chrono::milliseconds{20});
}

HttpAnswer Product::get(const std::string& path) const {
  const int port = port_of(log());
  if (port == 0) return {};
  const std::string answer = ask(port, "GET " + path + " HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n");
  const auto body = answer.find("\r\n\r\n");
  if (answer.rfind("HTTP/1.1 ", 0) != 0 || body == std::string::npos) return {};
  return {std::atoi(answer.c_str() + 9), answer.substr(body + 4)};
}

double Product::metric(const std::string& line) const {
  const std::string text = "\n" + get("/metrics").body;
  const auto at = text.find("\n" + line + " ");
  return at == std::string::npos ? -1 : std::atof(text.c_str() + at + line.size() + 2);
}

std::string Product::log() const { return testing::read_file(log_); }

std::size_t Product::told(std::string_view text) const {
  const std::string all = log();
  std::size_t lines = 0;
  for (std::size_t at = all.find(text); at != std::string::npos; at = all.find(text, at)) {
    ++lines;
    at = std::min(all.find('\n', at), all.size());
  }
  return lines;
}

int Product::ends_within(std::chrono::seconds limit) {
  return within(limit, [this] { return !engine_->runs(); }) ? engine_->code() : -1000;
}

std::string Product::finish(int settle_seconds) {
  kafka::KafkaOptions plain = options;
  plain.brokers = {broker_.address()};
  plain.security = {};
  if (!settle(plain, settle_seconds)) return "not everything was read, folded and committed in time";
  if (const int code = engine_->end(SIGTERM); code != 0) return "the engine ended with code " + std::to_string(code);
  return check_line(plain).trouble;
}

}  // namespace bartizan::test
