#pragma once
// What we ask of the brokers about topics, one question at a time.

#include <chrono>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "connectors/kafka/client.h"
#include "connectors/kafka/options.h"

namespace bartizan::kafka {

struct TopicPlan;

struct TopicFound {
  enum class State : std::uint8_t { present, missing, refused, unknown };
  State state = State::unknown;
  std::int32_t partitions = 0;
  std::string error;  // refused, unknown
};

struct SettingsFound {
  std::map<std::string, std::string> values;
  std::string error;  // could not be read
};

/// A client that creates no topic by asking for it. One thread; every call ends within half a minute.
class Admin {
 public:
  /// Waits for a first answer, at most options.connect_max. Errors: `unreachable`, `tls`, `authentication` (the client's own words), those of client.h.
  static Result<std::unique_ptr<Admin>> connect(const KafkaOptions& options);

  /// "2 brokers, first 127.0.0.1:9092"
  std::string cluster() const;
  TopicFound find(const std::string& topic);
  /// Returns what could not be created, with the reason. A topic that another engine created meanwhile is no failure. Error `unreachable`.
  Result<std::vector<std::pair<std::string, std::string>>> create(const std::vector<TopicPlan>& plans, std::int32_t replication_factor);
  /// By topic; every plan has an entry. Error `unreachable`.
  Result<std::map<std::string, SettingsFound>> settings(const std::vector<TopicPlan>& plans);
  /// Deletes topics; one that is not there is no failure. Returns what could not be deleted, with the reason. Error `unreachable`.
  Result<std::vector<std::pair<std::string, std::string>>> remove(const std::vector<std::string>& topics);
  /// Why reading the topic is refused; empty: it is not.
  std::string refuses_reading(const std::string& topic);
  /// Why looking at the group's positions is refused; empty: it is not. Joins nothing.
  static std::string refuses_group(const KafkaOptions& options, const std::string& group, const std::string& topic);

 private:
  Admin() = default;
  Status wait_for_brokers(const KafkaOptions& options);
  static void on_error(rd_kafka_t* client, int code, const char* reason, void* self);
  bool wait_until_seen(const std::vector<std::string>& topics);

  std::mutex mutex_;           // guards the two below
  rd_kafka_resp_err_t last_error_ = RD_KAFKA_RESP_ERR_NO_ERROR;
  std::string last_reason_;
  std::string cluster_;
  ClientPtr client_;           // last: it calls on_error until it is gone
};

}  // namespace bartizan::kafka
