#pragma once
// How the demo looks: lines for people at any width, progress on standard error.

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "connectors/demo/story.h"

namespace bartizan::demo {

enum class Tint : std::uint8_t { plain, bold, dim, red, yellow, cyan, green, magenta, blue };

/// `1234567` as "1,234,567".
std::string grouped(std::uint64_t n);
/// Columns that a text takes: one per code point.
std::size_t columns_of(std::string_view text);
/// At most `columns` columns (0: all), cut with an ellipsis; control characters become spaces.
std::string fitted(std::string_view text, std::size_t columns);
/// At most two lines of `columns` columns (0: one line, all of it), broken at a blank, the second cut with an ellipsis.
std::vector<std::string> wrapped(std::string_view text, std::size_t columns);

class Screen {
 public:
  explicit Screen(const DemoOptions& options) : options_(options), start_(std::chrono::steady_clock::now()), next_draw_(start_) {}

  /// "Tenant    example.com: 240 users ..." with the first word set off.
  void fact(std::string_view word, std::string_view text);
  void blank();
  /// One event of the story: time of day, a word for its kind, what, who, text. Two lines where the width asks for it.
  void event(std::string_view time, std::string_view kind, Tint tint, std::string_view what, std::string_view who, std::string_view text);
  /// A row of the score table.
  void row(std::string_view what, std::string_view who, std::string_view result, Tint tint, std::string_view severity, std::string_view after);
  void command(std::string_view command, std::string_view meaning);

  /// Work done of `total`, with a rate and the time left; cheap to call.
  void progress(std::string_view what, std::uint64_t done, std::uint64_t total, std::uint64_t records);
  /// The story's clock while nothing happens; on a terminal only.
  void ticker(std::string_view time, std::uint64_t records);
  void end_progress();
  /// A remark on standard error.
  void remark(std::string_view text);
  double seconds() const;

 private:
  void write(std::string line);
  /// `first` and then the text, further lines of it indented as far as `columns_before`.
  void write_wrapped(std::string first, std::size_t columns_before, std::string_view text);
  std::string tinted(std::string_view text, Tint tint) const;

  const DemoOptions& options_;
  std::chrono::steady_clock::time_point start_, next_draw_, phase_start_{};
  bool drawn_ = false;
};

}  // namespace bartizan::demo
