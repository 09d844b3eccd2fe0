#pragma once
// What a text may say: the one description that checks it, documents it and prints its JSON schema.

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/settings/diagnostic.h"
#include "engine/settings/document.h"

namespace bartizan::settings {

struct Key;

/// Describes one value. Built by Section<T> (binding.h) or by hand.
struct Schema {
  enum class Type : std::uint8_t { boolean, integer, number, text, duration, size, word, list, words_map, section, any };
  Type type = Type::text;
  std::string doc;
  std::string stability = "stable";  // stable, incubating, deprecated
  bool required = false;
  bool secret = false;                  // shown as ***
  std::optional<double> min, max;       // integer, number; duration in milliseconds; size in bytes; list and text: length
  std::vector<std::string> words;       // Type::word
  std::string default_text;             // as one would write it; empty: none
  std::vector<Schema> item;             // list: exactly one
  std::vector<Key> keys;                // section
  /// Own check of a scalar's text: what is wrong with it ("is not an address"), or empty. Becomes E0109 "'x' <text>".
  std::function<std::string(std::string_view)> complaint;
  /// Own check of a section that is right in itself: adds diagnostics.
  std::function<void(const Node&, const std::string& pointer, Diagnostics&)> section_check;

  // For chaining: section.key("port", &T::port, "...").range(1, 65535).require();
  Schema& range(double low, double high);
  Schema& require();
  Schema& conceal();
  Schema& incubating();
  Schema& deprecated(std::string instead);
  Schema& check(std::function<std::string(std::string_view)> f);
  Schema& example(std::string text);  // stands in the documentation and the JSON schema
  std::vector<std::string> examples;
  std::string replacement;            // deprecated: the key to use instead

  const Key* find(std::string_view name) const;
  std::vector<std::string> key_names() const;
  std::string type_word() const;  // "a duration such as 15m"
};

struct Key {
  std::string name;
  Schema schema;
};

/// Checks `node` against `schema`; every problem is reported. `name` is what messages call the value ("kafka"); empty: the whole file.
void validate(const Node& node, const Schema& schema, const std::string& name, const std::string& pointer, Diagnostics& diagnostics);

/// JSON schema (draft 7) of a whole file, pretty-printed, with `id` as $id and `title`.
std::string json_schema(const Schema& schema, std::string_view id, std::string_view title);

/// One row of `config show`.
struct ShownValue {
  std::string path;   // kafka.group_id; list items kafka.inputs[0].topic
  std::string value;  // as one would write it; *** for secrets
  Span at;            // line 0 without a source: the default
  bool is_default = false;
  const Schema* schema = nullptr;
};
/// Every key that has a value or a default, in the order of the schema. A section that is absent shows its defaults; a list of sections shows
/// what is there.
std::vector<ShownValue> show_values(const Schema& schema, const Document& document);

/// Appends `text` as a JSON string.
void append_json_text(std::string& out, std::string_view text);

}  // namespace bartizan::settings
