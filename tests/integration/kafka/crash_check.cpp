// Faults against the line on a real broker: whatever happened, what readers of committed records see is what an undisturbed fold of the journal
// says, the journal has every record that was sent, and the checkpoints hold the fold's state. Exit code 0: all of it holds. 1: not, and why.
//
//   kafka_crash_check RUNNER RECOUNT [--kills N] [--points all|NAME:COUNT]... [--broker-kills N] [--freezes N] [--joins N] [--abort-every N]
//                     [--unknown-every N] [--sources N] [--partitions N] [--verdicts N] [--calm] [--hidden] [--seed N]
//                     [--times N]

#include <cstdlib>
#include <exception>
#include <iostream>
#include <string>

#include "tests/integration/kafka/history.h"

namespace {

using namespace bartizan::test;

struct Arguments {
  Shape shape;
  Faults faults;
};

const char* const kPoints[] = {
    "before_unit:20",     "before_flush:6",     "before_offsets:20",       "before_commit:20",          "after_commit:20",          "checkpoint_begun:3",
    "checkpoint_row:40",  "checkpoint_flushed:3", "checkpoint_committed:3", "recovery_fenced:2",         "recovery_marker:2",        "recovery_load:1",
    "ingest_before_flush:20", "ingest_before_positions:20", "ingest_after_positions:20"};

bool read(int argc, char** argv, Arguments& a) {
  if (argc < 3) return false;
  a.shape.runner = argv[1];
  a.shape.recount = argv[2];
  unsigned times = 1;
  for (int i = 3; i < argc; ++i) {
    const std::string word = argv[i];
    if (word == "--calm") {
      a.shape.calm = true;
      continue;
    }
    if (word == "--hidden") {
      a.faults.hidden = true;
      continue;
    }
    if (i + 1 == argc) return false;
    const std::string value = argv[++i];
    const auto number = static_cast<unsigned>(std::strtoul(value.c_str(), nullptr, 10));
    if (word == "--kills") a.faults.kills = number;
    else if (word == "--points" && value == "all") a.faults.points.assign(std::begin(kPoints), std::end(kPoints));
    else if (word == "--points") a.faults.points.push_back(value);
    else if (word == "--broker-kills") a.faults.broker_kills = number;
    else if (word == "--freezes") a.faults.freezes = number;
    else if (word == "--joins") a.faults.joins = number;
    else if (word == "--abort-every") a.faults.abort_every = static_cast<int>(number);
    else if (word == "--unknown-every") a.faults.unknown_every = static_cast<int>(number);
    else if (word == "--sources") a.shape.sources = static_cast<int>(number);
    else if (word == "--partitions") a.shape.partitions = static_cast<int>(number);
    else if (word == "--verdicts") a.shape.verdicts = number;
    else if (word == "--seed") a.shape.seed = number;
    else if (word == "--times") times = number;
    else return false;
  }
  a.faults.kills *= times, a.faults.broker_kills *= times, a.faults.freezes *= times, a.faults.joins *= times;
  const auto once = a.faults.points;
  for (unsigned i = 1; i < times; ++i) a.faults.points.insert(a.faults.points.end(), once.begin(), once.end());
  return true;
}

}  // namespace

int main(int argc, char** argv) try {
  Arguments a;
  if (!read(argc, argv, a)) {
    std::cerr << "usage: kafka_crash_check RUNNER RECOUNT [options at the top of crash_check.cpp]\n";
    return 2;
  }
  Broker::Settings settings;
  settings.comes_back = a.faults.broker_kills > 0;
  Broker broker{settings};
  History history{a.shape, a.faults, broker, "line"};
  std::cout << "seed " << a.shape.seed << std::endl;
  const std::string trouble = history.run();
  std::cout << history.summary() << std::endl;
  if (trouble.empty()) return 0;
  std::cout << "RED " << trouble << std::endl;
  return 1;
} catch (const std::exception& e) {
  std::cerr << "the check itself failed: " << e.what() << std::endl;
  return 2;
}
