#pragma once
// `bartizan demo`: two weeks of a made-up tenant, one attack per detector, two near misses, a verdict and a score.

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "connectors/demo/line.h"

namespace bartizan::demo {

struct DemoOptions {
  std::uint64_t seed = 7;
  /// "all", a scenario's name (impossible_travel) or a rule's id (unlikelyTravel).
  std::string scenario = "all";
  bool headless = false;      // no pauses: the same bytes on `out` every time
  double speed = 0;           // times faster than life while the story plays; 0: as fits in 30 s
  bool quiet = false;         // nothing on `err`
  bool colour = false;        // never the only sign: words say it too
  bool progress_bar = false;  // `err` is a terminal: redraw one line; otherwise a line every ten seconds
  std::uint32_t width = 0;    // columns of `out`; 0: lines are not cut
  std::string output;         // folder of the output files, to be named at the end; empty: none
  std::function<void(std::string_view)> out, err;
  std::function<bool()> interrupted;  // asked between steps; may be empty
};

/// Names that DemoOptions::scenario takes, without "all".
std::vector<std::string_view> demo_scenarios();

/// Plays the story through `line`. 0: everything injected was found and the near misses stayed silent; 1: not so; 2: no such scenario; 5: the
/// line failed; 130: interrupted.
int run_demo(const DemoOptions& options, DemoLine& line);

}  // namespace bartizan::demo
