// Loads a checkpoint file in a fresh process, goes on with the scenario and prints what it emits: the other half of the boundary test.
//
//   bartizan_go_on SEED ENTRIES PACK_SEED PACK_MAX CHECKPOINT  > lines
//
// Lines: every output, then one "state HASH" of the whole state at the end.

#include <cstdlib>
#include <fstream>
#include <iostream>
#include <iterator>

#include "engine/model/bytes.h"
#include "engine/model/check.h"
#include "tests/support/line/checkpoint_file.h"
#include "tests/support/line/fold.h"
#include "tests/support/line/scenario.h"

int main(int argc, char** argv) {
  using namespace bartizan;
  using namespace bartizan::test;
  if (argc != 6) return 2;
  const auto number = [&](int i) { return std::strtoull(argv[i], nullptr, 10); };
  const Scenario scenario(number(1), number(2));
  const auto messages = scenario.messages(number(3), number(4));
  std::ifstream in(argv[5], std::ios::binary);
  const std::string bytes{std::istreambuf_iterator<char>(in), {}};
  Fold fold;
  const auto [marker, rows] = read_checkpoint(bytes);
  fold.load(marker, rows);
  for (auto at = static_cast<std::size_t>(marker.next_offset); at < messages.size(); ++at) {
    for (const std::string& line : fold.step(messages[at], static_cast<std::int64_t>(at))) std::cout << line << '\n';
  }
  std::cout << "state " << state_hash(fold.image(true).rows) << '\n';
  return 0;
}
