#pragma once
// How far long work has come: a bar with rate and time left on a terminal, a line every ten seconds otherwise.

#include <chrono>
#include <cstdint>
#include <string>

namespace bartizan::cli {

/// Writes to standard error only. Cheap to call often: it looks at the clock and redraws at most ten times a second.
class Progress {
 public:
  /// `total`: units of work (bytes) that done == total means; 0: unknown.
  Progress(std::string what, std::uint64_t total, bool quiet);
  ~Progress();  // ends the line
  void update(std::uint64_t done, std::uint64_t events);
  /// Ends the line; nothing is drawn any more.
  void finish();

 private:
  void draw(std::uint64_t done, std::uint64_t events, std::chrono::steady_clock::time_point now);
  std::string what_;
  std::uint64_t total_;
  bool quiet_;
  bool terminal_;
  bool drawn_ = false;
  std::chrono::steady_clock::time_point start_, next_;
};

/// 12 345 678 as "12,345,678".
std::string with_commas(std::uint64_t n);

}  // namespace bartizan::cli
