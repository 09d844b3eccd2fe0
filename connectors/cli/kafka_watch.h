#pragma once
// A thread beside the line that looks at the brokers and hands on what librdkafka's clients say.

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "connectors/cli/log.h"
#include "connectors/kafka/client_log.h"
#include "connectors/kafka/options.h"
#include "connectors/metrics/exposition.h"

namespace bartizan::cli {

/// Two threads: one empties the client log often and never waits for a broker, one asks for positions and may wait.
class KafkaWatch {
 public:
  /// `ingest`, `detect`: whose lag is of interest.
  KafkaWatch(kafka::KafkaOptions options, Log& log, bool ingest, bool detect);
  ~KafkaWatch() { stop(); }
  KafkaWatch(const KafkaWatch&) = delete;
  KafkaWatch& operator=(const KafkaWatch&) = delete;

  /// False: a question to a dead broker still runs. Its thread is left alone, and the process must end without tidying up (_exit).
  bool stop();
  bool reachable() const { return shared_->reachable.load(); }
  std::vector<KafkaNumbers::Lag> lag() const;

 private:
  /// Outlives the watch as long as the asking thread runs.
  struct Shared {
    kafka::KafkaOptions options;
    bool ingest = false, detect = false;
    std::atomic<bool> reachable{true};
    std::mutex mutex;  // guards the rest
    std::condition_variable changed;
    bool over = false, asker_done = false;
    bool look_now = false;
    std::vector<KafkaNumbers::Lag> lag;
  };
  static void ask(const std::shared_ptr<Shared>& shared);
  void hand_on();
  void write(const kafka::ClientEvent& event);
  void tell_change();

  Log& log_;
  std::shared_ptr<Shared> shared_;
  std::thread log_thread_, asker_;
  // Of log_thread_; the kinds of lines written in this period.
  std::set<std::string> said_;
  std::uint64_t unsaid_ = 0;
  bool said_reachable_ = true;
};

}  // namespace bartizan::cli
