#include "connectors/demo/screen.h"

#include <algorithm>

#include "connectors/demo/text.h"

namespace bartizan::demo {
namespace {

constexpr std::size_t kOneLine = 140;  // from here on an event fits in one line
constexpr std::size_t kTime = 10, kKind = 9, kWhat = 27, kWho = 34;

std::string padded(std::string_view text, std::size_t columns) {
  std::string out = fitted(text, columns - 1);
  out.append(columns - columns_of(out), ' ');
  return out;
}

}  // namespace

std::string grouped(std::uint64_t n) {
  std::string digits = std::to_string(n);
  for (std::size_t at = digits.size(); at > 3;) digits.insert(at -= 3, 1, ',');
  return digits;
}

std::size_t columns_of(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

std::string fitted(std::string_view text, std::size_t columns) {
  std::string out;
  const bool cut = columns != 0 && columns_of(text) > columns;
  std::size_t left = cut ? columns - 1 : SIZE_MAX;
  for (const char c : text) {
    if ((static_cast<unsigned char>(c) & 0xc0) != 0x80) {
      if (left == 0) break;
      --left;
    }
    out.push_back(static_cast<unsigned char>(c) < 32 || c == 127 ? ' ' : c);
  }
  if (cut) out += "…";
  return out;
}

std::vector<std::string> wrapped(std::string_view text, std::size_t columns) {
  if (columns == 0 || columns_of(text) <= columns) return {fitted(text, 0)};
  std::size_t at = 0, blank = std::string_view::npos;
  for (std::size_t left = columns + 1; at < text.size(); ++at) {
    if ((static_cast<unsigned char>(text[at]) & 0xc0) != 0x80 && left-- == 0) break;
    if (text[at] == ' ') blank = at;
  }
  if (blank == std::string_view::npos || blank < columns / 2) return {fitted(text, columns)};
  return {fitted(text.substr(0, blank), columns), fitted(text.substr(blank + 1), columns)};
}

void Screen::write_wrapped(std::string first, std::size_t columns_before, std::string_view text) {
  const std::size_t width = options_.width;
  const auto lines = wrapped(text, width == 0 ? 0 : std::max<std::size_t>(20, width > columns_before ? width - columns_before : 0));
  write(first + lines.front());
  for (std::size_t i = 1; i < lines.size(); ++i) write(std::string(columns_before, ' ') + lines[i]);
}

std::string Screen::tinted(std::string_view text, Tint tint) const {
  if (!options_.colour || tint == Tint::plain) return std::string{text};
  constexpr std::string_view kCodes[] = {"0", "1", "2", "1;31", "33", "36", "32", "35", "34"};
  return join({"\x1b[", kCodes[static_cast<std::size_t>(tint)], "m", text, "\x1b[0m"});
}

void Screen::write(std::string line) {
  end_progress();
  line.erase(line.find_last_not_of(' ') + 1);
  line.push_back('\n');
  options_.out(line);
}

void Screen::fact(std::string_view word, std::string_view text) {
  // Blanks inside a tint would outlive the cut of trailing blanks.
  write_wrapped(text.empty() ? tinted(std::string{word}, Tint::bold) : tinted(padded(word, kTime), Tint::bold), kTime, text);
}

void Screen::blank() { write({}); }

void Screen::event(std::string_view time, std::string_view kind, Tint tint, std::string_view what, std::string_view who, std::string_view text) {
  const std::size_t width = options_.width;
  std::string line = tinted(padded(time, kTime), Tint::dim) + tinted(padded(kind, kKind), tint);
  if (width == 0 || width >= kOneLine) {
    write_wrapped(line + padded(what, kWhat) + padded(who, kWho), kTime + kKind + kWhat + kWho, text);
    return;
  }
  const std::size_t room = width > kTime + kKind + kWhat + 8 ? width - kTime - kKind - kWhat : 20;
  write(line + padded(what, kWhat) + fitted(who, room));
  if (!text.empty()) write_wrapped(std::string(kTime + kKind, ' '), kTime + kKind, text);
}

void Screen::row(std::string_view what, std::string_view who, std::string_view result, Tint tint, std::string_view severity, std::string_view after) {
  const std::size_t width = options_.width;
  const bool narrow = width != 0 && width < 110;
  std::string line = "  " + padded(what, 27);
  if (!narrow) line += padded(who, kWho);
  line += tinted(padded(result, 10), tint) + padded(severity, 10);
  write(line + fitted(after, narrow ? width - 49 : 0));
}

void Screen::command(std::string_view command, std::string_view meaning) {
  write(join({"  ", tinted(padded(command, 37), Tint::bold), fitted(meaning, options_.width > 60 ? options_.width - 39 : 0)}));
}

double Screen::seconds() const { return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count(); }

void Screen::progress(std::string_view what, std::uint64_t done, std::uint64_t total, std::uint64_t records) {
  if (options_.quiet) return;
  const auto now = std::chrono::steady_clock::now();
  if (phase_start_ == std::chrono::steady_clock::time_point{}) {
    phase_start_ = now;
    next_draw_ = options_.progress_bar ? now : now + std::chrono::seconds{10};
  }
  if (now < next_draw_) return;
  next_draw_ = now + (options_.progress_bar ? std::chrono::milliseconds{100} : std::chrono::milliseconds{10'000});
  const double elapsed = std::max(1e-3, std::chrono::duration<double>(now - phase_start_).count());
  const double share = total > 0 ? std::min(1.0, static_cast<double>(done) / static_cast<double>(total)) : 0;
  const auto rate = static_cast<std::uint64_t>(static_cast<double>(records) / elapsed);
  const auto left = share > 0.01 ? static_cast<std::uint64_t>(elapsed / share * (1 - share) + 0.5) : 0;
  std::string bar;
  if (options_.progress_bar) {
    constexpr int kCells = 16;
    for (int i = 0; i < kCells; ++i) bar += share * kCells > i ? "█" : "░";
    bar += "  ";
  }
  std::string line = join({padded(what, kTime), bar, std::to_string(static_cast<int>(share * 100)), " %  ", grouped(records), " sign-ins  ", grouped(rate), "/s  ",
                           std::to_string(left), " s left"});
  if (options_.progress_bar) {
    options_.err(join({"\r\x1b[K", fitted(line, options_.width > 1 ? options_.width - 1 : 0)}));
    drawn_ = true;
  } else {
    options_.err(line + "\n");
  }
}

void Screen::ticker(std::string_view time, std::uint64_t records) {
  const auto now = std::chrono::steady_clock::now();
  if (options_.quiet || !options_.progress_bar || now < next_draw_) return;
  next_draw_ = now + std::chrono::milliseconds{100};
  options_.err(join({"\r\x1b[K", time, "  ", grouped(records), " sign-ins"}));
  drawn_ = true;
}

void Screen::end_progress() {
  if (drawn_) options_.err("\r\x1b[K");
  drawn_ = false;
}

void Screen::remark(std::string_view text) {
  end_progress();
  phase_start_ = {};
  if (!options_.quiet) options_.err(join({text, "\n"}));
}

}  // namespace bartizan::demo
