#pragma once
// A broker of Apache Kafka that belongs to one test program (broker.sh beside this).

#include <map>
#include <string>
#include <vector>

#include "connectors/kafka/options.h"

namespace bartizan::test {

/// Starts in a folder of its own below the system's temporary folder; both go with the object, and the broker with the process, however it ends.
class Broker {
 public:
  struct Settings {
    bool secure = false;     // TLS, SASL and an authorizer beside the plaintext listener
    bool comes_back = false; // will be killed: a short session, so that it may come back soon
  };
  explicit Broker(Settings settings);
  ~Broker();
  Broker(const Broker&) = delete;
  Broker& operator=(const Broker&) = delete;

  /// host:port of "plaintext", "ssl", "sasl_plaintext" or "sasl_ssl".
  const std::string& address(const std::string& listener = "plaintext") const { return addresses_.at(listener); }
  std::string file(const std::string& name) const { return folder_ + "/" + name; }  // "tls/ca.pem", "log"
  const std::string& folder() const { return folder_; }

  void start();   // again, on the same data and ports
  void stop();    // in good order
  void kill();    // SIGKILL
  void freeze();  // SIGSTOP
  void thaw();
  /// Runs a tool of Kafka's own, "kafka.admin.AclCommand", as the administrator; true: it ended well.
  bool tool(const std::string& class_name, const std::vector<std::string>& arguments) const;

 private:
  std::string run(const std::vector<std::string>& arguments, int* exit_code = nullptr) const;
  Settings settings_;
  std::string folder_;
  std::map<std::string, std::string> addresses_;
};

/// Options for a deployment of its own (prefix, groups, state folder below the broker's folder) on the plaintext listener: small and quick.
kafka::KafkaOptions deployment(const Broker& broker, const std::string& name);
/// Creates raw topics as an administrator would.
void create_topic(const Broker& broker, const std::string& name, int partitions, const std::map<std::string, std::string>& settings = {});
void delete_topic(const Broker& broker, const std::string& name);
/// An unsigned JSON Web Token, which the test broker takes.
std::string unsigned_token(const std::string& subject, std::int64_t issued_at, std::int64_t expires_at);
std::string write_file(const std::string& path, const std::string& text);  // returns the path

}  // namespace bartizan::test
