#include "connectors/cli/terminal.h"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>

#include <sys/ioctl.h>
#include <unistd.h>

#include "engine/settings/schema.h"

namespace bartizan::cli {
namespace {

bool is_continuation(char c) { return (static_cast<unsigned char>(c) & 0xc0) == 0x80; }

bool write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t n = ::write(fd, text.data(), text.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    text.remove_prefix(static_cast<std::size_t>(n));
  }
  return true;
}

std::string csv_cell(const std::string& cell) {
  if (cell.find_first_of(",\"\r\n") == std::string::npos) return cell;
  std::string out = "\"";
  for (const char c : cell) {
    if (c == '"') out.push_back('"');
    out.push_back(c);
  }
  return out + "\"";
}

}  // namespace

bool is_terminal(int fd) { return ::isatty(fd) == 1; }

int terminal_width(int fd) {
  winsize size{};
  if (::ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) return size.ws_col;
  const char* columns = std::getenv("COLUMNS");
  const int n = columns != nullptr ? std::atoi(columns) : 0;
  return n > 0 ? n : 80;
}

bool wants_colour(ColourMode mode, int fd) {
  if (mode != ColourMode::automatic) return mode == ColourMode::always;
  const char* no_colour = std::getenv("NO_COLOR");
  const char* term = std::getenv("TERM");
  const bool refused = (no_colour != nullptr && *no_colour != '\0') || (term != nullptr && std::strcmp(term, "dumb") == 0);
  return !refused && is_terminal(fd);
}

std::size_t columns_of(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) { return !is_continuation(c); }));
}

std::string printable(std::string_view text, std::size_t columns) {
  const bool cut = columns > 0 && columns_of(text) > columns;
  const std::size_t keep = cut ? columns - 1 : columns_of(text);
  std::string out;
  std::size_t count = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (!is_continuation(text[i]) && ++count > keep) break;
    // C0 and DEL, and C1 (U+0080..U+009F, in UTF-8 0xC2 0x80..0x9F), can move a terminal's cursor or change its state.
    const bool c1 = c == 0xc2 && i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) < 0xa0;
    if (c < 0x20 || c == 0x7f || c1) {
      out += "\xef\xbf\xbd";
      if (c1) ++i;
    } else {
      out.push_back(text[i]);
    }
  }
  return cut ? out + "\xe2\x80\xa6" : out;
}

void Rows::add(std::vector<std::string> cells) {
  cells.resize(header_.size());
  rows_.push_back(std::move(cells));
}

void Rows::print(OutputFormat format, bool colour) const {
  if (format == OutputFormat::automatic) format = is_terminal(STDOUT_FILENO) ? OutputFormat::table : OutputFormat::ndjson;
  if (format == OutputFormat::table) return print_table(colour);
  if (format == OutputFormat::csv) return print_csv();
  print_json(format == OutputFormat::ndjson);
}

void Rows::print_table(bool colour) const {
  std::vector<std::size_t> widths;
  for (const auto& name : header_) widths.push_back(columns_of(name));
  for (const auto& row : rows_) {
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], columns_of(printable(row[i])));
  }
  const auto line = [&widths](const std::vector<std::string>& cells) {
    std::string out;
    for (std::size_t i = 0; i < cells.size(); ++i) {
      const std::string text = printable(cells[i]);
      out += text;
      if (i + 1 < cells.size()) out.append(widths[i] - columns_of(text) + 2, ' ');
    }
    return out;
  };
  std::string out = (colour ? "\x1b[1m" : "") + line(header_) + (colour ? "\x1b[0m\n" : "\n");
  for (const auto& row : rows_) out += line(row) + "\n";
  write_out(out);
}

void Rows::print_json(bool lines) const {
  std::string out = lines ? "" : "[";
  for (std::size_t r = 0; r < rows_.size(); ++r) {
    if (!lines && r > 0) out += ",";
    std::string object;
    for (std::size_t i = 0; i < header_.size(); ++i) {
      const std::string& cell = rows_[r][i];
      if (cell.empty()) continue;  // a field without a value is absent
      const bool raw = std::find(raw_.begin(), raw_.end(), i) != raw_.end();
      object += (object.empty() ? "" : ",") + json_text(header_[i]) + ":" + (raw ? cell : json_text(cell));
    }
    out += "{" + object + "}";
    if (lines) out += "\n";
  }
  write_out(lines ? out : out + "]\n");
}

void Rows::print_csv() const {
  std::string out;
  const auto line = [&out](const std::vector<std::string>& cells) {
    for (std::size_t i = 0; i < cells.size(); ++i) out += (i > 0 ? "," : "") + csv_cell(cells[i]);
    out += "\r\n";
  };
  line(header_);
  for (const auto& row : rows_) line(row);
  write_out(out);
}

bool write_out(std::string_view text) { return write_all(STDOUT_FILENO, text); }
void write_error(std::string_view text) { write_all(STDERR_FILENO, text); }

std::string json_text(std::string_view text) {
  std::string out;
  settings::append_json_text(out, text);
  return out;
}

}  // namespace bartizan::cli
