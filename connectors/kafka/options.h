#pragma once
// What the Kafka transport must be told: brokers, inputs, topics, security.

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

namespace bartizan::kafka {

/// A raw topic. `generation` goes up when the topic was created anew, so that offsets from 0 are no repeats.
struct InputTopic {
  std::string topic;
  std::int32_t generation = 0;
  std::string tenant;  // directory id, only where records carry none
};

enum class Protocol : std::uint8_t { plaintext, ssl, sasl_plaintext, sasl_ssl };
enum class Mechanism : std::uint8_t { none, plain, scram_sha_256, scram_sha_512, oauthbearer };

/// Secrets are read from files only, so that none stands in a configuration, a process list or a log.
struct Security {
  Protocol protocol = Protocol::plaintext;
  Mechanism mechanism = Mechanism::none;
  std::string username;
  std::string password_file;
  std::string token_file;           // OAUTHBEARER: a JWT; read again before it ends and when it changes
  std::string ca_file;              // empty: the system's
  std::string certificate_file;     // client certificate, PEM
  std::string key_file;             // its key, PEM
  std::string key_password_file;
};

struct KafkaOptions {
  std::vector<std::string> brokers;  // host:port
  std::string group_id = "bartizan";  // consumer groups: <group_id>.ingest, <group_id>.detect
  std::vector<InputTopic> inputs;
  Security security;
  std::map<std::string, std::string> librdkafka;  // passed through; names that would break a law are refused (client.h)
  std::string prefix = "bartizan.";
  std::int32_t journal_partitions = 8;
  std::int32_t replication_factor = 0;  // of topics created; 0: the broker's default
  bool create_topics = true;
  std::string state_dir;                // holds the writer's UUID and its lock
  std::chrono::milliseconds journal_retention{std::chrono::hours{24 * 7}};
  std::chrono::milliseconds transaction_timeout{10'000};
  std::chrono::milliseconds checkpoint_timeout{300'000};
  std::chrono::milliseconds session_timeout{10'000};
  std::chrono::milliseconds connect_max{15'000};  // how long a first answer is waited for
  std::function<void()> while_waiting;            // called once when the first answer does not come at once
};

}  // namespace bartizan::kafka
