#pragma once
// Typed sections: a struct's members bound to the keys of a mapping.
//
//   struct HttpSettings { std::string listen = "127.0.0.1:8080"; Duration timeout = std::chrono::seconds{5}; };
//   Section<HttpSettings> http_section() {
//     Section<HttpSettings> s("The HTTP server.");
//     s.key("listen", &HttpSettings::listen, "Address and port.").check(complaint_about_address);
//     s.key("timeout", &HttpSettings::timeout, "Longest request.").range(100, 60'000);   // milliseconds
//     return s;
//   }
//
// Defaults are those of a default-made struct. Members may be bool, integers, double, std::string, Duration, ByteSize, std::vector of
// these, std::optional of these, std::vector<std::pair<std::string, std::string>> (an open mapping, in the order of the text), and
// Node (anything, kept with its places). Enumerations, nested sections and lists of sections have their own calls.

#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "engine/settings/schema.h"
#include "engine/settings/units.h"

namespace bartizan::settings {

using TextMap = std::vector<std::pair<std::string, std::string>>;

namespace detail {

template <class V>
struct Scalar;  // type(), read(node) of a validated node, show(value)

template <class V>
  requires(std::is_integral_v<V> && !std::is_same_v<V, bool>)
struct Scalar<V> {
  static Schema schema() {
    Schema s;
    s.type = Schema::Type::integer;
    // Bounds of the member's own type, so that no value is cut; doubles hold them exactly enough up to 2^53.
    constexpr double kExact = 9007199254740992.0;
    const double low = static_cast<double>(std::numeric_limits<V>::min());
    const double high = static_cast<double>(std::numeric_limits<V>::max());
    s.min = low < -kExact ? -kExact : low;
    s.max = high > kExact ? kExact : high;
    return s;
  }
  static V read(const Node& n) { return static_cast<V>(*parse_integer(n.text)); }
  static std::string show(V v) { return std::to_string(v); }
};
template <>
struct Scalar<bool> {
  static Schema schema() {
    Schema s;
    s.type = Schema::Type::boolean;
    return s;
  }
  static bool read(const Node& n) { return n.text == "true"; }
  static std::string show(bool v) { return v ? "true" : "false"; }
};
template <>
struct Scalar<double> {
  static Schema schema() {
    Schema s;
    s.type = Schema::Type::number;
    return s;
  }
  static double read(const Node& n) { return *parse_number(n.text); }
  static std::string show(double v) { return format_number(v); }
};
template <>
struct Scalar<std::string> {
  static Schema schema() { return {}; }
  static std::string read(const Node& n) { return n.text; }
  static std::string show(const std::string& v) { return v; }
};
template <>
struct Scalar<Duration> {
  static Schema schema() {
    Schema s;
    s.type = Schema::Type::duration;
    return s;
  }
  static Duration read(const Node& n) { return *parse_duration(n.text); }
  static std::string show(Duration v) { return format_duration(v); }
};
template <>
struct Scalar<ByteSize> {
  static Schema schema() {
    Schema s;
    s.type = Schema::Type::size;
    return s;
  }
  static ByteSize read(const Node& n) { return *parse_size(n.text); }
  static std::string show(ByteSize v) { return format_size(v); }
};
template <>
struct Scalar<Node> {
  static Schema schema() {
    Schema s;
    s.type = Schema::Type::any;
    return s;
  }
  static Node read(const Node& n) { return n; }
  static std::string show(const Node&) { return {}; }
};
template <>
struct Scalar<TextMap> {
  static Schema schema() {
    Schema s;
    s.type = Schema::Type::words_map;
    return s;
  }
  static TextMap read(const Node& n) {
    TextMap out;
    for (const Member& m : n.members) out.emplace_back(m.key, m.value.text);
    return out;
  }
  static std::string show(const TextMap&) { return {}; }
};
template <class V>
struct Scalar<std::vector<V>> {
  static Schema schema() {
    Schema s;
    s.type = Schema::Type::list;
    s.item.push_back(Scalar<V>::schema());
    return s;
  }
  static std::vector<V> read(const Node& n) {
    std::vector<V> out;
    for (const Node& item : n.items) out.push_back(Scalar<V>::read(item));
    return out;
  }
  static std::string show(const std::vector<V>& values) {
    if (values.empty()) return {};
    std::string out;
    for (const V& v : values) out.append(out.empty() ? "" : ", ").append(Scalar<V>::show(v));
    return "[" + out + "]";
  }
};
template <class V>
struct Scalar<std::optional<V>> {
  static Schema schema() { return Scalar<V>::schema(); }
  static std::optional<V> read(const Node& n) { return Scalar<V>::read(n); }
  static std::string show(const std::optional<V>& v) { return v ? Scalar<V>::show(*v) : std::string(); }
};

}  // namespace detail

/// The binding of struct T to a mapping.
template <class T>
class Section {
 public:
  explicit Section(std::string doc) {
    schema_.type = Schema::Type::section;
    schema_.doc = std::move(doc);
  }

  /// The result is for chaining only: it lives until the next key.
  template <class V>
  Schema& key(std::string name, V T::*member, std::string doc) {
    Schema s = detail::Scalar<V>::schema();
    s.default_text = detail::Scalar<V>::show(T{}.*member);
    return add(std::move(name), std::move(s), std::move(doc), [member](const Node& n, T& out) { out.*member = detail::Scalar<V>::read(n); });
  }

  /// One of `words`, each standing for a value.
  template <class V>
  Schema& word(std::string name, V T::*member, std::vector<std::pair<std::string, V>> words, std::string doc) {
    Schema s;
    s.type = Schema::Type::word;
    for (const auto& [text, value] : words) {
      s.words.push_back(text);
      if (value == T{}.*member) s.default_text = text;
    }
    return add(std::move(name), std::move(s), std::move(doc), [member, words](const Node& n, T& out) {
      for (const auto& [text, value] : words) {
        if (text == n.text) out.*member = value;
      }
    });
  }

  /// A list of such words.
  template <class V>
  Schema& words(std::string name, std::vector<V> T::*member, std::vector<std::pair<std::string, V>> words, std::string doc) {
    Schema item;
    item.type = Schema::Type::word;
    for (const auto& w : words) item.words.push_back(w.first);
    Schema s;
    s.type = Schema::Type::list;
    std::string shown;
    const T defaults{};
    for (const V& v : defaults.*member) {
      for (const auto& [text, value] : words) {
        if (value == v) shown.append(shown.empty() ? "" : ", ").append(text);
      }
    }
    if (!shown.empty()) s.default_text = "[" + shown + "]";
    s.item.push_back(std::move(item));
    return add(std::move(name), std::move(s), std::move(doc), [member, words](const Node& n, T& out) {
      (out.*member).clear();
      for (const Node& i : n.items) {
        for (const auto& [text, value] : words) {
          if (text == i.text) (out.*member).push_back(value);
        }
      }
    });
  }

  template <class V>
  Schema& section(std::string name, V T::*member, const Section<V>& inner) {
    return add(std::move(name), inner.schema(), inner.schema().doc, [member, inner](const Node& n, T& out) { inner.read(n, out.*member); });
  }
  /// Present or not: `kafka:` absent means another transport.
  template <class V>
  Schema& section(std::string name, std::optional<V> T::*member, const Section<V>& inner) {
    return add(std::move(name), inner.schema(), inner.schema().doc, [member, inner](const Node& n, T& out) {
      if (n.kind == Node::Kind::null) return;
      inner.read(n, (out.*member).emplace());
    });
  }
  template <class V>
  Schema& list(std::string name, std::vector<V> T::*member, const Section<V>& inner, std::string doc) {
    Schema s;
    s.type = Schema::Type::list;
    s.item.push_back(inner.schema());
    return add(std::move(name), std::move(s), std::move(doc), [member, inner](const Node& n, T& out) {
      (out.*member).clear();
      for (const Node& item : n.items) inner.read(item, (out.*member).emplace_back());
    });
  }

  /// A check over several keys, run when each is right in itself.
  void check(std::function<void(const Node&, const std::string& pointer, Diagnostics&)> f) { schema_.section_check = std::move(f); }

  const Schema& schema() const { return schema_; }
  /// Lays a validated mapping over `out`.
  void read(const Node& node, T& out) const {
    for (const Member& m : node.members) {
      for (std::size_t i = 0; i < schema_.keys.size(); ++i) {
        if (schema_.keys[i].name == m.key) readers_[i](m.value, out);
      }
    }
  }

 private:
  Schema& add(std::string name, Schema s, std::string doc, std::function<void(const Node&, T&)> reader) {
    s.doc = std::move(doc);
    schema_.keys.push_back(Key{std::move(name), std::move(s)});
    readers_.push_back(std::move(reader));
    return schema_.keys.back().schema;
  }
  Schema schema_;
  std::vector<std::function<void(const Node&, T&)>> readers_;
};

/// Checks the document and reads it; no value when anything is wrong (all of it stands in `diagnostics`).
template <class T>
std::optional<T> bind(const Section<T>& section, const Document& document, Diagnostics& diagnostics) {
  const std::size_t errors_before = diagnostics.errors();
  validate(document.root, section.schema(), "", "", diagnostics);
  if (diagnostics.errors() != errors_before) return std::nullopt;
  T out;
  section.read(document.root, out);
  return out;
}

}  // namespace bartizan::settings
