#include "engine/settings/diagnostic.h"

#include <algorithm>
#include <cstdint>

namespace bartizan::settings {
namespace {

constexpr std::size_t kSnippetPoints = 160;

bool is_continuation(char c) { return (static_cast<unsigned char>(c) & 0xc0u) == 0x80u; }

/// Byte offset of the `points`-th code point.
std::size_t offset_of(std::string_view text, std::size_t points) {
  std::size_t i = 0;
  for (; i < text.size(); ++i) {
    if (is_continuation(text[i])) continue;
    if (points == 0) return i;
    --points;
  }
  return i;
}

std::string printable(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const auto u = static_cast<unsigned char>(c);
    if (c == '\t' || (u >= 0x20 && u != 0x7f)) {
      out.push_back(c);
    } else {
      out += "\xEF\xBF\xBD";
    }
  }
  return out;
}

struct Paint {
  bool on;
  std::string_view red() const { return on ? "\x1b[1;31m" : ""; }
  std::string_view yellow() const { return on ? "\x1b[1;33m" : ""; }
  std::string_view blue() const { return on ? "\x1b[1;34m" : ""; }
  std::string_view bold() const { return on ? "\x1b[1m" : ""; }
  std::string_view off() const { return on ? "\x1b[0m" : ""; }
};

void append_snippet(std::string& out, const Diagnostic& d, const Paint& paint, std::string_view margin) {
  std::string_view line = d.at.source->line(d.at.line);
  std::size_t column = d.at.column > 0 ? d.at.column - 1 : 0;
  const std::size_t end_column = d.at.end_column > 0 ? d.at.end_column - 1 : 0;
  std::size_t width = end_column > column ? end_column - column : 1;
  if (code_points(line) > kSnippetPoints) {
    const std::size_t skip = column > 40 ? column - 40 : 0;
    line.remove_prefix(offset_of(line, skip));
    line = line.substr(0, offset_of(line, kSnippetPoints));
    column -= skip;
    width = std::min(width, kSnippetPoints - std::min(kSnippetPoints - 1, column));
  }
  const std::string number = std::to_string(d.at.line);
  out.append(margin).append(" |\n");
  out.append(" ").append(number).append(" | ").append(printable(line)).append("\n");
  out.append(margin).append(" | ");
  const std::string_view before = line.substr(0, offset_of(line, column));
  for (const char c : before) {
    if (!is_continuation(c)) out.push_back(c == '\t' ? '\t' : ' ');
  }
  out.append(d.severity == Diagnostic::Severity::error ? paint.red() : paint.yellow());
  out.append(width, '^');
  if (!d.suggestion.empty()) out.append(" did you mean '").append(printable(d.suggestion)).append("'?");
  out.append(paint.off()).append("\n");
}

}  // namespace

SourceText::SourceText(std::string name, std::string text) : name_(std::move(name)), text_(std::move(text)) {
  starts_.push_back(text_.compare(0, 3, "\xEF\xBB\xBF") == 0 ? 3 : 0);
  for (std::size_t i = 0; i < text_.size(); ++i) {
    if (text_[i] == '\n') starts_.push_back(i + 1);
  }
}

std::string_view SourceText::line(std::uint32_t line) const {
  if (line == 0 || line > starts_.size()) return {};
  const std::size_t start = starts_[line - 1];
  std::string_view rest = std::string_view(text_).substr(start);
  rest = rest.substr(0, rest.find('\n'));
  if (!rest.empty() && rest.back() == '\r') rest.remove_suffix(1);
  return rest;
}

Diagnostic& Diagnostics::add(std::string_view code, std::string message, const Span& at, std::string pointer) {
  ++errors_;
  Diagnostic d;
  d.code = std::string(code);
  d.message = std::move(message);
  d.at = at;
  d.pointer = std::move(pointer);
  if (kept_.size() >= kKept) {
    overflow_ = std::move(d);
    return overflow_;
  }
  kept_.push_back(std::move(d));
  return kept_.back();
}

void Diagnostics::count_warning(Diagnostic& d) {
  if (d.severity == Diagnostic::Severity::warning) return;
  d.severity = Diagnostic::Severity::warning;
  --errors_;
  ++warnings_;
}

void Diagnostics::take(Diagnostics&& other) {
  errors_ += other.errors_;
  warnings_ += other.warnings_;
  for (Diagnostic& d : other.kept_) {
    if (kept_.size() < kKept) kept_.push_back(std::move(d));
  }
  other = Diagnostics{};
}

std::string render(const Diagnostic& d, bool colour) {
  const Paint paint{colour};
  const bool error = d.severity == Diagnostic::Severity::error;
  std::string out;
  out.append(error ? paint.red() : paint.yellow()).append(error ? "error[" : "warning[").append(d.code).append("]");
  out.append(paint.off()).append(paint.bold()).append(": ").append(printable(d.message)).append(paint.off()).append("\n");
  std::string margin = "  ";
  if (d.at.source) {
    const bool placed = d.at.line > 0;
    if (placed) margin.assign(std::to_string(d.at.line).size() + 1, ' ');
    out.append(margin).append(paint.blue()).append("--> ").append(paint.off()).append(printable(d.at.source->name()));
    if (placed) out.append(":").append(std::to_string(d.at.line)).append(":").append(std::to_string(d.at.column));
    out.append("\n");
    if (placed) append_snippet(out, d, paint, margin);
  }
  for (const std::string& note : d.notes) out.append(margin).append(" = note: ").append(printable(note)).append("\n");
  if (!d.help.empty()) out.append(margin).append(" = help: ").append(printable(d.help)).append("\n");
  return out;
}

std::string render(const Diagnostics& all, bool colour) {
  std::string out;
  for (const Diagnostic& d : all.all()) out += render(d, colour);
  const std::size_t total = all.errors() + all.warnings();
  if (total > all.all().size()) out += "... and " + std::to_string(total - all.all().size()) + " more\n";
  return out;
}

namespace {

/// Optimal string alignment distance; words beyond 64 bytes are far from everything.
std::size_t distance(std::string_view a, std::string_view b) {
  constexpr std::size_t kMax = 64;
  if (a.size() > kMax || b.size() > kMax) return SIZE_MAX;
  std::size_t rows[3][kMax + 1] = {};
  for (std::size_t j = 0; j <= b.size(); ++j) rows[0][j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t* now = rows[i % 3];
    const std::size_t* last = rows[(i + 2) % 3];
    const std::size_t* before_last = rows[(i + 1) % 3];
    now[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      now[j] = std::min({now[j - 1] + 1, last[j] + 1, last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1)});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) now[j] = std::min(now[j], before_last[j - 2] + 1);
    }
  }
  return rows[a.size() % 3][b.size()];
}

}  // namespace

std::string nearest(std::string_view word, const std::vector<std::string>& candidates) {
  std::string best;
  std::size_t best_distance = SIZE_MAX;
  for (const std::string& candidate : candidates) {
    const std::size_t d = distance(word, candidate);
    const std::size_t allowed = std::max<std::size_t>(1, std::max(word.size(), candidate.size()) / 3);
    if (d <= allowed && d < best_distance) {
      best = candidate;
      best_distance = d;
    }
  }
  return best;
}

std::size_t code_points(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) { return !is_continuation(c); }));
}

bool is_utf8(std::string_view text) {
  for (std::size_t i = 0; i < text.size();) {
    const auto lead = static_cast<unsigned char>(text[i]);
    const std::size_t extra = lead < 0x80 ? 0 : lead >= 0xc2 && lead < 0xe0 ? 1 : (lead & 0xf0) == 0xe0 ? 2 : lead >= 0xf0 && lead < 0xf5 ? 3 : 4;
    if (extra == 4 || i + extra >= text.size() + (extra == 0 ? 1 : 0)) return false;
    for (std::size_t k = 1; k <= extra; ++k) {
      if (!is_continuation(text[i + k])) return false;
    }
    if (extra >= 2) {
      const auto second = static_cast<unsigned char>(text[i + 1]);
      if ((lead == 0xe0 && second < 0xa0) || (lead == 0xed && second > 0x9f) || (lead == 0xf0 && second < 0x90) ||
          (lead == 0xf4 && second > 0x8f)) {
        return false;
      }
    }
    i += extra + 1;
  }
  return true;
}

}  // namespace bartizan::settings
