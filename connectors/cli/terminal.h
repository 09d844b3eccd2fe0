#pragma once
// What a command says and where: data on standard output, everything else on standard error.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace bartizan::cli {

enum class OutputFormat : std::uint8_t { automatic, table, json, ndjson, csv };
enum class ColourMode : std::uint8_t { automatic, always, never };

/// True when the stream is a terminal.
bool is_terminal(int fd);
/// Columns of the terminal on `fd`, COLUMNS from the environment, or 80.
int terminal_width(int fd);
/// Colour for `fd`: --color, NO_COLOR (any value but ""), TERM=dumb, terminal or not.
bool wants_colour(ColourMode mode, int fd);

/// Text for a terminal: control characters become U+FFFD, so that records cannot steer it. At most `columns` columns when not 0, cut with
/// an ellipsis. Counts every code point as one column.
std::string printable(std::string_view text, std::size_t columns = 0);
std::size_t columns_of(std::string_view text);

/// Rows as an aligned table, a JSON array, JSON lines or RFC 4180 CSV, by `format` (automatic: table on a terminal, else ndjson).
class Rows {
 public:
  explicit Rows(std::vector<std::string> header) : header_(std::move(header)) {}
  /// One cell per column. A cell that begins with a JSON number or true/false is written raw in JSON when its column is in `raw`.
  void add(std::vector<std::string> cells);
  void raw_column(std::size_t column) { raw_.push_back(column); }
  std::size_t size() const { return rows_.size(); }
  void print(OutputFormat format, bool colour) const;

 private:
  void print_table(bool colour) const;
  void print_json(bool lines) const;
  void print_csv() const;
  std::vector<std::string> header_;
  std::vector<std::vector<std::string>> rows_;
  std::vector<std::size_t> raw_;
};

/// Whole text to standard output; false when it cannot be written (closed pipe, full disk).
bool write_out(std::string_view text);
void write_error(std::string_view text);
std::string json_text(std::string_view text);  // quoted and escaped

}  // namespace bartizan::cli
