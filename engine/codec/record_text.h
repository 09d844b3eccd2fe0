#pragma once
// A record written anew in Azure Monitor's shape, from pieces of another dialect.

#include <string>
#include <string_view>

#include "engine/codec/json_index.h"

namespace bartizan {

/// Builds one JSON object. Values are pieces of JSON text that has been checked, so the result needs no checking but its own syntax.
class RecordText {
 public:
  void begin() { text_.assign(1, '{'); }
  void open(std::string_view name) {
    key(name);
    text_ += '{';
  }
  void close() { text_ += '}'; }
  /// `value`: JSON as written.
  void raw(std::string_view name, std::string_view value) {
    key(name);
    text_ += value;
  }
  /// `value`: the body of a JSON string, escapes as written.
  void string(std::string_view name, std::string_view value) {
    key(name);
    text_ += '"';
    text_ += value;
    text_ += '"';
  }
  /// The finished text, readable for 64 bytes behind its end.
  std::string_view finish() {
    close();
    const std::size_t size = text_.size();
    text_.append(kPadding, ' ');
    return std::string_view{text_}.substr(0, size);
  }

 private:
  static constexpr std::size_t kPadding = 64;
  void key(std::string_view name) {
    if (text_.back() != '{') text_ += ',';
    text_ += '"';
    text_ += name;
    text_ += "\":";
  }
  std::string text_;
};

/// The value at `t` as written. REQUIRES: walked over.
inline std::string_view written(JsonIndex& json, Token t) {
  return json.raw_value(t, json.behind(t));
}

}  // namespace bartizan
