#include "connectors/cli/progress.h"

#include <algorithm>

#include <unistd.h>

#include "connectors/cli/terminal.h"

namespace bartizan::cli {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

std::string minutes_text(double s) {
  const auto whole = static_cast<std::uint64_t>(s + 0.5);
  const std::uint64_t sec = whole % 60;
  return std::to_string(whole / 60) + ":" + (sec < 10 ? "0" : "") + std::to_string(sec);
}

std::string bar_text(double part, std::size_t width) {
  const auto filled = static_cast<std::size_t>(part * static_cast<double>(width));
  std::string out;
  for (std::size_t i = 0; i < width; ++i) out += i < filled ? "\xe2\x96\x88" : "\xe2\x96\x91";
  return out;
}

}  // namespace

std::string with_commas(std::uint64_t n) {
  std::string out = std::to_string(n);
  for (int at = static_cast<int>(out.size()) - 3; at > 0; at -= 3) out.insert(static_cast<std::size_t>(at), ",");
  return out;
}

Progress::Progress(std::string what, std::uint64_t total, bool quiet)
    : what_(std::move(what)),
      total_(total),
      quiet_(quiet),
      terminal_(is_terminal(STDERR_FILENO)),
      start_(std::chrono::steady_clock::now()) {
  next_ = start_ + (terminal_ ? milliseconds{200} : milliseconds{10'000});
}

Progress::~Progress() { finish(); }

void Progress::update(std::uint64_t done, std::uint64_t events) {
  if (quiet_) return;
  const auto now = std::chrono::steady_clock::now();
  if (now < next_) return;
  next_ = now + (terminal_ ? milliseconds{100} : milliseconds{10'000});
  draw(done, events, now);
}

void Progress::finish() {
  if (drawn_ && terminal_) write_error("\r\x1b[K");
  drawn_ = false;
  quiet_ = true;
}

void Progress::draw(std::uint64_t done, std::uint64_t events, std::chrono::steady_clock::time_point now) {
  const double elapsed = std::chrono::duration<double>(now - start_).count();
  const double part = total_ > 0 ? std::min(1.0, static_cast<double>(done) / static_cast<double>(total_)) : 0;
  std::string tail = with_commas(events) + " events  " +
                     with_commas(static_cast<std::uint64_t>(static_cast<double>(events) / std::max(elapsed, 1e-3))) + "/s";
  if (total_ > 0 && part > 0.005) tail += "  " + minutes_text(elapsed / part - elapsed) + " left";
  if (!terminal_) {
    write_error(what_ + ": " + (total_ > 0 ? std::to_string(static_cast<int>(part * 100)) + " %  " : "") + tail + "\n");
    return;
  }
  const auto width = static_cast<std::size_t>(terminal_width(STDERR_FILENO));
  const std::size_t used = columns_of(what_) + columns_of(tail) + 12;
  std::string line = what_ + "  ";
  if (total_ > 0 && width > used + 8) {
    std::string percent = std::to_string(static_cast<int>(part * 100)) + " %";
    percent.insert(0, 5 - std::min<std::size_t>(5, percent.size()), ' ');
    line += bar_text(part, std::min<std::size_t>(40, width - used)) + percent + "  ";
  }
  write_error("\r\x1b[K" + printable(line + tail, width));
  drawn_ = true;
}

}  // namespace bartizan::cli
