#pragma once
// One life story of a deployment: fed, disturbed, in the end checked.

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "connectors/kafka/options.h"
#include "tests/connectors/embedded/scratch.h"
#include "tests/integration/kafka/engine_process.h"
#include "tests/integration/kafka/feeder.h"
#include "tests/support/kafka/broker.h"

namespace bartizan::test {

struct Faults {
  unsigned kills = 0;         // of the engine, at random instants
  unsigned broker_kills = 0;  // inside transactions: DETECT commits without a pause
  unsigned freezes = 0;       // past the session, while another engine takes over; then woken
  unsigned joins = 0;         // of a second engine, which leaves in good order or by SIGKILL in turn
  std::vector<std::string> points;  // kill -9 at "name:count"
  bool hidden = false;        // before a restore, something behind the stable offset of a state partition
  int abort_every = 0;        // every such commit is aborted
  int unknown_every = 0;      // of every such commit the answer is lost
};

struct Shape {
  std::string runner, recount;  // programs
  std::uint64_t seed = 1;
  int sources = 2;              // partitions of the raw topic
  int partitions = 2;           // of the journal
  unsigned verdicts = 1;        // how often all verdicts come
  bool calm = false;            // afterwards the same input without faults: the same alerts
};

class History {
 public:
  History(Shape shape, Faults faults, Broker& broker, const std::string& name);
  /// Empty: everything holds.
  std::string run();
  const std::string& summary() const { return summary_; }

 private:
  using EnginePtr = std::unique_ptr<Engine>;
  EnginePtr engine(const std::string& state, const std::string& crash_at = {});
  void kill_once(const std::string& point, std::uint64_t after_ms);
  void kill_broker(std::uint64_t after_ms);
  void freeze_once();
  void join_once(bool orderly);
  void hide_something();
  void suffer();
  std::string finish(const kafka::KafkaOptions& options, EnginePtr& last);
  std::string compare_with_recount();
  std::string compare_with_calm_run();
  std::int64_t expected_ms() const;

  Shape shape_;
  Faults faults_;
  Broker& broker_;
  kafka::KafkaOptions options_;
  std::string log_, signins_, commands_, summary_;
  testing::SplitMix random_;
  std::vector<std::string> troubles_;  // of faults that did not happen as meant
  unsigned done_ = 0;
};

}  // namespace bartizan::test
