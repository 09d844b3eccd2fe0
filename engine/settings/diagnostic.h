#pragma once
// What is wrong in a text that a person wrote, and where.

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace bartizan::settings {

/// A text that settings came from. `name` is what messages call it: a path, or "environment".
class SourceText {
 public:
  SourceText(std::string name, std::string text);
  const std::string& name() const { return name_; }
  const std::string& text() const { return text_; }
  /// Line `line` (1-based) without its end; empty beyond the text.
  std::string_view line(std::uint32_t line) const;

 private:
  std::string name_;
  std::string text_;
  std::vector<std::size_t> starts_;  // of lines
};

/// A range on one line. Lines and columns count from 1, columns in code points; line 0: no place in a text (a default).
struct Span {
  std::shared_ptr<const SourceText> source;
  std::uint32_t line = 0;
  std::uint32_t column = 0;
  std::uint32_t end_column = 0;  // behind the last character
};

/// Codes are stable: documented in docs/config.md and docs/rules.md, never reused.
namespace code {
inline constexpr std::string_view kSyntax = "E0101";        // not YAML
inline constexpr std::string_view kTooBig = "E0102";        // size, depth or alias expansion beyond the bounds
inline constexpr std::string_view kDuplicateKey = "E0103";
inline constexpr std::string_view kWrongType = "E0104";
inline constexpr std::string_view kOutOfRange = "E0105";
inline constexpr std::string_view kMissingKey = "E0106";
inline constexpr std::string_view kUnknownKey = "E0107";
inline constexpr std::string_view kUnknownWord = "E0108";   // not one of a closed set of words
inline constexpr std::string_view kBadValue = "E0109";      // right type, refused by the key's own check
inline constexpr std::string_view kUnreadable = "E0110";    // a file or folder that cannot be read
}  // namespace code

struct Diagnostic {
  enum class Severity : std::uint8_t { error, warning };
  Severity severity = Severity::error;
  std::string code;        // E0107
  std::string message;     // unknown key 'grop_id'
  Span at;
  std::string pointer;     // JSON pointer of the value: /kafka/grop_id
  std::string suggestion;  // the nearest valid name; empty: none is near
  std::vector<std::string> notes;
  std::string help;        // a command that says more
};

/// Collects every problem of a reading; keeps the first kKept and counts the rest.
class Diagnostics {
 public:
  static constexpr std::size_t kKept = 200;
  /// The reference lives until the next add().
  Diagnostic& add(std::string_view code, std::string message, const Span& at, std::string pointer = {});
  bool ok() const { return errors_ == 0; }
  std::size_t errors() const { return errors_; }
  std::size_t warnings() const { return warnings_; }
  void count_warning(Diagnostic& d);  // turns an error just added into a warning
  const std::vector<Diagnostic>& all() const { return kept_; }
  /// Moves everything from `other` behind what is here.
  void take(Diagnostics&& other);

 private:
  std::vector<Diagnostic> kept_;
  Diagnostic overflow_;
  std::size_t errors_ = 0;
  std::size_t warnings_ = 0;
};

/// Message, place, the line with carets, notes: several lines, the last one ended. Control characters are shown as U+FFFD.
std::string render(const Diagnostic& d, bool colour);
/// All of them, with "... and N more" where some were not kept.
std::string render(const Diagnostics& all, bool colour);

/// The candidate nearest to `word` by edit distance (insert, delete, replace, swap), if it is near enough to be a typing
/// mistake (at most a third of the longer word); empty otherwise. The first of equals wins.
std::string nearest(std::string_view word, const std::vector<std::string>& candidates);

/// Code points in valid UTF-8 (continuation bytes not counted).
std::size_t code_points(std::string_view text);
bool is_utf8(std::string_view text);

}  // namespace bartizan::settings
