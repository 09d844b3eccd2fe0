#include "connectors/embedded/json_shape.h"

namespace bartizan::embedded {
namespace {

constexpr std::string_view kSpace = " \t\r\n";

char last_char(std::string_view text) {
  const auto at = text.find_last_not_of(kSpace);
  return at == std::string_view::npos ? '\0' : text[at];
}

}  // namespace

bool is_blank(std::string_view line) { return line.find_first_not_of(kSpace) == std::string_view::npos; }

bool is_whole_object(std::string_view line) {
  if (line.empty() || line.front() != '{' || last_char(line) != '}') return false;
  JsonShape shape;
  shape.feed(line);
  return shape.depth() == 0 && !shape.in_string();
}

bool is_closed_value(std::string_view text) {
  const auto first = text.find_first_not_of(kSpace);
  if (first == std::string_view::npos || (text[first] != '{' && text[first] != '[')) return false;
  JsonShape shape;
  shape.feed(text);
  return shape.closed();
}

bool begins_document(std::string_view first, std::string_view second) {
  const auto start = first.find_first_not_of(kSpace);
  if (start == std::string_view::npos || (first[start] != '{' && first[start] != '[')) return false;
  JsonShape shape;
  shape.feed(first);
  if (shape.in_string() || shape.depth() <= 0) return false;
  return last_char(first) == '[' || !is_whole_object(second);
}

}  // namespace bartizan::embedded
