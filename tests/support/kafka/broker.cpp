#include "tests/support/kafka/broker.h"

#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>

namespace bartizan::test {
namespace {

constexpr int kStartsAgain = 2;

std::string quoted(const std::string& word) { return "'" + word + "'"; }  // our words hold no quotes

std::string base64_url(const std::string& bytes) {
  static constexpr char kDigits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  std::string out;
  std::uint32_t bits = 0;
  int count = 0;
  for (const char c : bytes) {
    bits = (bits << 8U) | static_cast<unsigned char>(c);
    for (count += 8; count >= 6; count -= 6) out += kDigits[(bits >> static_cast<unsigned>(count - 6)) & 63U];
  }
  if (count > 0) out += kDigits[(bits << static_cast<unsigned>(6 - count)) & 63U];
  return out;
}

}  // namespace

Broker::Broker(Settings settings) : settings_(settings) {
  std::string name = (std::filesystem::temp_directory_path() / "bartizan-broker-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("cannot make " + name);
  folder_ = name;
  start();
}

Broker::~Broker() {
  run({"kill", folder_});
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

void Broker::start() {
  std::vector<std::string> words{"start", folder_, "--owner", std::to_string(::getpid())};
  if (settings_.secure) words.emplace_back("--secure");
  if (settings_.comes_back) words.insert(words.end(), {"--session-ms", "2000"});
  int exit_code = -1;
  std::string said = run(words, &exit_code);
  // A starved broker fences itself while it starts and never gets ready.
  for (int again = 0; exit_code != 0 && again < kStartsAgain; ++again) {
    kill();
    said = run(words, &exit_code);
  }
  std::istringstream lines{said};
  addresses_.clear();
  for (std::string line; std::getline(lines, line);) {
    const auto equals = line.find('=');
    if (equals != std::string::npos) addresses_[line.substr(0, equals)] = line.substr(equals + 1);
  }
  if (addresses_.count("plaintext") == 0) throw std::runtime_error("the test broker did not start, see " + file("log"));
}

void Broker::stop() { run({"stop", folder_}); }
void Broker::kill() { run({"kill", folder_}); }
void Broker::freeze() { run({"freeze", folder_}); }
void Broker::thaw() { run({"thaw", folder_}); }

bool Broker::tool(const std::string& class_name, const std::vector<std::string>& arguments) const {
  std::vector<std::string> words{"tool", folder_, class_name, "--bootstrap-server", address()};
  words.insert(words.end(), arguments.begin(), arguments.end());
  int exit_code = -1;
  run(words, &exit_code);
  return exit_code == 0;
}

std::string Broker::run(const std::vector<std::string>& arguments, int* exit_code) const {
  std::string line = "bash " + quoted(BARTIZAN_SOURCE_DIR "/tests/support/kafka/broker.sh");
  for (const auto& word : arguments) line += " " + quoted(word);
  FILE* pipe = ::popen(line.c_str(), "re");
  if (pipe == nullptr) throw std::runtime_error("cannot run " + line);
  std::string out;
  std::array<char, 512> buffer{};
  while (std::fgets(buffer.data(), buffer.size(), pipe) != nullptr) out += buffer.data();
  const int status = ::pclose(pipe);
  if (exit_code != nullptr) *exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  return out;
}

std::string unsigned_token(const std::string& subject, std::int64_t issued_at, std::int64_t expires_at) {
  return base64_url(R"({"alg":"none"})") + "." +
         base64_url("{\"sub\":\"" + subject + "\",\"iat\":" + std::to_string(issued_at) + ",\"exp\":" + std::to_string(expires_at) + "}") + ".";
}

std::string write_file(const std::string& path, const std::string& text) {
  // Written beside and moved over, so that nobody reads half of it.
  const std::string beside = path + ".new";
  std::ofstream{beside, std::ios::binary} << text;
  std::filesystem::rename(beside, path);
  return path;
}

}  // namespace bartizan::test
