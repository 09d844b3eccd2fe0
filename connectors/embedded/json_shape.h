#pragma once
// How deep in brackets a text stands, without parsing it: enough to find where a JSON document that spans lines ends.

#include <cstdint>
#include <string_view>

namespace bartizan::embedded {

/// Follows brackets outside of strings. Feed it text piece by piece. A raw newline ends a string: no valid JSON has one inside, and
/// one broken string must not swallow the rest of a file.
class JsonShape {
 public:
  void feed(char c) {
    if (in_string_) {
      if (escaped_) {
        escaped_ = false;
      } else if (c == '\\') {
        escaped_ = true;
      } else if (c == '"') {
        in_string_ = false;
      } else if (c == '\n') {
        in_string_ = false;
        broken_ = true;
      }
      return;
    }
    switch (c) {
      case '"': in_string_ = true; break;
      case '{':
      case '[': ++depth_; break;
      case '}':
      case ']': --depth_; break;
      default: break;
    }
  }
  void feed(std::string_view text) {
    for (const char c : text) feed(c);
  }
  std::int64_t depth() const { return depth_; }
  bool in_string() const { return in_string_; }
  bool broken() const { return broken_; }
  /// Every bracket closed, outside of strings.
  bool closed() const { return depth_ <= 0 && !in_string_; }

 private:
  std::int64_t depth_ = 0;
  bool in_string_ = false;
  bool escaped_ = false;
  bool broken_ = false;
};

/// True when a file whose first line (without its newline) is `first`, and second line `second`, holds a JSON document spread over
/// lines: `first` opens more brackets than it closes, outside of strings. A first line that was merely cut off is told apart by a
/// second line that is an object by itself, unless `first` ends in '[', where that is how an array goes on.
bool begins_document(std::string_view first, std::string_view second);
/// `line` is one whole object, from its first byte to its last.
bool is_whole_object(std::string_view line);
/// Opens with a bracket and ends with all of them closed.
bool is_closed_value(std::string_view text);
bool is_blank(std::string_view line);

}  // namespace bartizan::embedded
