#pragma once
// Members of a RapidJSON tree, read by the plainest form of the decoder's rules.

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstdlib>
#include <initializer_list>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "engine/codec/record_decoder.h"
#include "tests/support/json_tree.h"

namespace bartizan::test {

inline bool same_word(const std::string& a, const std::string& b) { return lower_ascii(a) == lower_ascii(b); }

inline std::string cut(const std::string& s, std::size_t max) {
  if (s.size() <= max) return s;
  std::size_t n = max;
  while (n > 0 && (static_cast<unsigned char>(s[n]) & 0xc0) == 0x80) --n;
  return s.substr(0, n);
}

inline std::optional<JsonTree> parse_one(const std::string& text) {
  const auto documents = parse_json_documents(text);
  if (!documents || documents->size() != 1) return std::nullopt;
  return documents->front();
}

/// Reads members of one object; every trouble lands in `reasons`.
class ObjectReader {
 public:
  ObjectReader(const JsonTree* object, std::set<DeadLetterReason>& reasons) : object_(object), reasons_(reasons) {}

  const JsonTree* tree() const { return object_; }
  const JsonTree* find(const char* name) const {
    const JsonTree* v = object_ != nullptr && object_->is_object() ? object_->find(name) : nullptr;
    return v == nullptr || v->is_empty() ? nullptr : v;
  }
  bool has(const char* name) const { return find(name) != nullptr; }
  std::string whole_text(const char* name) const {
    const JsonTree* v = find(name);
    if (v == nullptr) return {};
    if (v->is_object() || v->is_array()) {
      reasons_.insert(DeadLetterReason::bad_field);
      return {};
    }
    return v->text;
  }
  std::string text(const char* name, std::size_t max = 256) const { return cut(whole_text(name), max); }
  std::string lower_text(const char* name, std::size_t max = 256) const { return lower_ascii(text(name, max)); }
  /// The GUID of all zeros is none.
  std::string id(const char* name) const {
    const std::string v = any_id(name);
    return v == "00000000-0000-0000-0000-000000000000" ? std::string{} : v;
  }
  std::string any_id(const char* name) const {
    const std::string v = lower_ascii(whole_text(name));
    const bool control = std::any_of(v.begin(), v.end(), [](unsigned char c) { return c < 0x20 || c == 0x7f; });
    if (v.size() > 256 || control) {
      reasons_.insert(DeadLetterReason::bad_field);
      return {};
    }
    return v;
  }
  std::optional<Time> time(const char* name) const {
    const JsonTree* v = find(name);
    if (v == nullptr) return std::nullopt;
    const auto t = v->kind == JsonTree::Kind::string ? parse_time(v->text) : std::nullopt;
    if (!t) reasons_.insert(DeadLetterReason::bad_time);
    return t;
  }
  std::optional<std::int64_t> integer(const char* name, std::int64_t max) const {
    const JsonTree* v = find(name);
    if (v == nullptr) return std::nullopt;
    const bool typed = v->kind == JsonTree::Kind::string || v->kind == JsonTree::Kind::number;
    const bool digits = std::all_of(v->text.begin(), v->text.end(), [](char c) { return c >= '0' && c <= '9'; });
    errno = 0;
    const long long n = typed && digits ? std::strtoll(v->text.c_str(), nullptr, 10) : -1;
    if (!typed || !digits || errno != 0 || n > max) {
      reasons_.insert(DeadLetterReason::bad_field);
      return std::nullopt;
    }
    return n;
  }
  std::optional<double> degrees(const char* name, double limit) const {
    const JsonTree* v = find(name);
    if (v == nullptr) return std::nullopt;
    const bool typed = v->kind == JsonTree::Kind::string || v->kind == JsonTree::Kind::number;
    const bool plain = v->text.find_first_not_of("0123456789.eE+-") == std::string::npos;
    char* end = nullptr;
    errno = 0;
    const double d = std::strtod(v->text.c_str(), &end);
    if (!typed || !plain || v->text[0] == '+' || *end != '\0' || errno != 0 || std::fabs(d) > limit) {
      reasons_.insert(DeadLetterReason::bad_field);
      return std::nullopt;
    }
    return d;
  }
  Tristate boolean(const char* name) const {
    const JsonTree* v = find(name);
    if (v == nullptr) return Tristate::unknown;
    const bool typed = v->kind == JsonTree::Kind::string || v->kind == JsonTree::Kind::boolean;
    if (typed && same_word(v->text, "true")) return Tristate::yes;
    if (typed && same_word(v->text, "false")) return Tristate::no;
    reasons_.insert(DeadLetterReason::bad_field);
    return Tristate::unknown;
  }
  ObjectReader object(const char* name) const {
    const JsonTree* v = find(name);
    if (v != nullptr && !v->is_object()) reasons_.insert(DeadLetterReason::bad_field);
    return {v, reasons_};
  }
  /// An array, or one as JSON text.
  std::vector<JsonTree> list(const char* name) const {
    const JsonTree* v = find(name);
    if (v == nullptr) return {};
    if (v->is_array()) return v->items;
    if (v->kind == JsonTree::Kind::string) {
      const auto nested = parse_one(v->text);
      if (nested && nested->is_array() && nested->depth() <= kRecordDepthMax) return nested->items;
    }
    reasons_.insert(DeadLetterReason::bad_field);
    return {};
  }

 private:
  const JsonTree* object_;
  std::set<DeadLetterReason>& reasons_;
};

/// Two letters in upper case, or nothing.
inline std::string country(const std::string& s) {
  if (s.size() != 2) return {};
  std::string out;
  for (char c : s) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 32);
    if (c < 'A' || c > 'Z') return {};
    out += c;
  }
  return out;
}

/// Place of a word among others, from 1; 0: none of them.
inline int word_place(const std::string& word, std::initializer_list<const char*> words) {
  int i = 0;
  for (const char* w : words) {
    ++i;
    if (same_word(word, w)) return i;
  }
  return 0;
}

}  // namespace bartizan::test
