#include "engine/settings/schema.h"

#include <algorithm>

#include "engine/settings/units.h"

namespace bartizan::settings {
namespace {

using Type = Schema::Type;

std::string joined(const std::vector<std::string>& words) {
  std::string out;
  for (const std::string& w : words) out.append(out.empty() ? "" : ", ").append(w);
  return out;
}

std::string pointer_step(const std::string& pointer, std::string_view step) {
  std::string out = pointer + "/";
  for (const char c : step) {
    if (c == '~') out += "~0";
    else if (c == '/') out += "~1";
    else out.push_back(c);
  }
  return out;
}

std::string found_word(const Node& node) {
  if (node.kind != Node::Kind::scalar) return std::string(to_word(node.kind));
  std::string text = node.text.size() > 60 ? node.text.substr(0, 57) + "..." : node.text;
  return (node.quoted ? "text '" : "'") + text + "'";
}

/// The value as a number in the unit of Schema::min and max; no value: it does not read as the type.
std::optional<double> measured(const Node& node, const Schema& schema) {
  if (node.quoted && schema.type != Type::duration && schema.type != Type::size) return std::nullopt;
  switch (schema.type) {
    case Type::integer:
      if (const auto v = parse_integer(node.text)) return static_cast<double>(*v);
      return std::nullopt;
    case Type::number: return parse_number(node.text);
    case Type::duration:
      if (const auto v = parse_duration(node.text)) return static_cast<double>(v->count());
      return std::nullopt;
    case Type::size:
      if (const auto v = parse_size(node.text)) return static_cast<double>(v->bytes);
      return std::nullopt;
    default: return std::nullopt;
  }
}

std::string bound_text(double v, Type type) {
  if (type == Type::duration) return format_duration(Duration{static_cast<std::int64_t>(v)});
  if (type == Type::size) return format_size(ByteSize{static_cast<std::uint64_t>(v)});
  return format_number(v);
}

std::string range_text(const Schema& s) {
  if (s.min && s.max) return "between " + bound_text(*s.min, s.type) + " and " + bound_text(*s.max, s.type);
  if (s.min) return "at least " + bound_text(*s.min, s.type);
  return "at most " + bound_text(*s.max, s.type);
}

bool outside(double v, const Schema& s) { return (s.min && v < *s.min) || (s.max && v > *s.max); }

std::string called(const std::string& name) { return name.empty() ? "the file" : "'" + name + "'"; }

void wrong_type(const Node& node, const Schema& schema, const std::string& name, const std::string& pointer, Diagnostics& out) {
  out.add(code::kWrongType, called(name) + " must be " + schema.type_word() + ", but is " + found_word(node), node.at, pointer);
}

void validate_scalar(const Node& node, const Schema& schema, const std::string& name, const std::string& pointer, Diagnostics& out) {
  if (node.kind != Node::Kind::scalar) return wrong_type(node, schema, name, pointer, out);
  switch (schema.type) {
    case Type::boolean:
      if (node.quoted || (node.text != "true" && node.text != "false")) return wrong_type(node, schema, name, pointer, out);
      break;
    case Type::word:
      if (std::find(schema.words.begin(), schema.words.end(), node.text) == schema.words.end()) {
        Diagnostic& d = out.add(code::kUnknownWord, "unknown value '" + node.text + "' for " + called(name), node.at, pointer);
        d.suggestion = nearest(node.text, schema.words);
        d.notes.push_back("values allowed: " + joined(schema.words));
        return;
      }
      break;
    case Type::text:
      if (outside(static_cast<double>(node.text.size()), schema)) {
        out.add(code::kOutOfRange, called(name) + " must be " + range_text(schema) + " bytes long", node.at, pointer);
        return;
      }
      break;
    default: {
      const std::optional<double> v = measured(node, schema);
      if (!v) return wrong_type(node, schema, name, pointer, out);
      if (outside(*v, schema)) {
        out.add(code::kOutOfRange, called(name) + " is " + node.text + ", but must be " + range_text(schema), node.at, pointer);
        return;
      }
    }
  }
  if (!schema.complaint) return;
  const std::string complaint = schema.complaint(node.text);
  if (!complaint.empty()) out.add(code::kBadValue, "'" + node.text + "' " + complaint, node.at, pointer);
}

void validate_list(const Node& node, const Schema& schema, const std::string& name, const std::string& pointer, Diagnostics& out) {
  if (node.kind != Node::Kind::list) return wrong_type(node, schema, name, pointer, out);
  if (outside(static_cast<double>(node.items.size()), schema)) {
    out.add(code::kOutOfRange, called(name) + " has " + std::to_string(node.items.size()) + " items, but must have " + range_text(schema),
            node.at, pointer);
  }
  for (std::size_t i = 0; i < node.items.size(); ++i) {
    validate(node.items[i], schema.item.front(), name, pointer + "/" + std::to_string(i), out);
  }
}

void validate_words_map(const Node& node, const Schema& schema, const std::string& name, const std::string& pointer, Diagnostics& out) {
  if (node.kind != Node::Kind::map) return wrong_type(node, schema, name, pointer, out);
  for (const Member& m : node.members) {
    if (m.value.kind != Node::Kind::scalar) {
      out.add(code::kWrongType, "'" + m.key + "' must be text, but is " + found_word(m.value), m.value.at, pointer_step(pointer, m.key));
    }
  }
}

void validate_section(const Node& node, const Schema& schema, const std::string& name, const std::string& pointer, Diagnostics& out) {
  if (node.kind != Node::Kind::map && node.kind != Node::Kind::null) return wrong_type(node, schema, name, pointer, out);
  const std::size_t errors_before = out.errors();
  for (const Member& m : node.members) {
    const std::string at = pointer_step(pointer, m.key);
    const Key* key = schema.find(m.key);
    if (key == nullptr) {
      Diagnostic& d = out.add(code::kUnknownKey, "unknown key '" + m.key + "'", m.key_at, at);
      d.suggestion = nearest(m.key, schema.key_names());
      d.notes.push_back("keys allowed in " + called(name) + ": " + joined(schema.key_names()));
      continue;
    }
    if (key->schema.stability == "deprecated") {
      Diagnostic& d = out.add(code::kUnknownKey, "key '" + m.key + "' is deprecated", m.key_at, at);
      d.suggestion = key->schema.replacement;
      out.count_warning(d);
    }
    // `kafka:` with nothing behind it is the same as no such section.
    const bool empty_section = key->schema.type == Type::section && m.value.kind == Node::Kind::null;
    if (!empty_section || key->schema.required) validate(m.value, key->schema, m.key, at, out);
  }
  for (const Key& key : schema.keys) {
    if (!key.schema.required || node.member(key.name) != nullptr) continue;
    out.add(code::kMissingKey, "missing key '" + key.name + "' in " + called(name), node.at, pointer_step(pointer, key.name))
        .notes.push_back("'" + key.name + "' is " + key.schema.type_word());
  }
  if (schema.section_check && out.errors() == errors_before) schema.section_check(node, pointer, out);
}

void show_section(const Schema& schema, const Node* node, const std::string& path, std::vector<ShownValue>& out);

void show_value(const Schema& schema, const Node* node, const std::string& path, std::vector<ShownValue>& out) {
  if (schema.type == Type::section) return show_section(schema, node, path, out);
  if (node == nullptr) {
    if (!schema.default_text.empty()) out.push_back({path, schema.default_text, {}, true, &schema});
    return;
  }
  if (schema.type == Type::list && schema.item.front().type == Type::section) {
    for (std::size_t i = 0; i < node->items.size(); ++i) {
      show_value(schema.item.front(), &node->items[i], path + "[" + std::to_string(i) + "]", out);
    }
    return;
  }
  if (node->kind == Node::Kind::map) {
    for (const Member& m : node->members) out.push_back({path + "." + m.key, schema.secret ? "***" : m.value.text, m.value.at, false, &schema});
    return;
  }
  std::string text;
  if (node->kind == Node::Kind::list) {
    for (const Node& item : node->items) text.append(text.empty() ? "" : ", ").append(item.text);
    text = "[" + text + "]";
  } else {
    text = node->text;
  }
  out.push_back({path, schema.secret ? "***" : text, node->at, false, &schema});
}

void show_section(const Schema& schema, const Node* node, const std::string& path, std::vector<ShownValue>& out) {
  for (const Key& key : schema.keys) {
    const Node* value = node != nullptr ? node->find(key.name) : nullptr;
    show_value(key.schema, value, path.empty() ? key.name : path + "." + key.name, out);
  }
}

}  // namespace

Schema& Schema::range(double low, double high) {
  min = low;
  max = high;
  return *this;
}
Schema& Schema::require() {
  required = true;
  default_text.clear();
  return *this;
}
Schema& Schema::conceal() {
  secret = true;
  return *this;
}
Schema& Schema::incubating() {
  stability = "incubating";
  return *this;
}
Schema& Schema::deprecated(std::string instead) {
  stability = "deprecated";
  replacement = std::move(instead);
  return *this;
}
Schema& Schema::check(std::function<std::string(std::string_view)> f) {
  complaint = std::move(f);
  return *this;
}
Schema& Schema::example(std::string text) {
  examples.push_back(std::move(text));
  return *this;
}

const Key* Schema::find(std::string_view name) const {
  for (const Key& k : keys) {
    if (k.name == name) return &k;
  }
  return nullptr;
}

std::vector<std::string> Schema::key_names() const {
  std::vector<std::string> out;
  for (const Key& k : keys) out.push_back(k.name);
  std::sort(out.begin(), out.end());
  return out;
}

std::string Schema::type_word() const {
  switch (type) {
    case Type::boolean: return "true or false";
    case Type::integer: return "a whole number";
    case Type::number: return "a number";
    case Type::text: return "text";
    case Type::duration: return "a duration such as 100ms, 60s, 15m, 6h or 7d";
    case Type::size: return "a size such as 64MiB";
    case Type::word: return "one of " + joined(words);
    case Type::list: return "a list";
    case Type::words_map:
    case Type::section: return "a mapping (key: value)";
    case Type::any: return "any value";
  }
  return "";
}

void validate(const Node& node, const Schema& schema, const std::string& name, const std::string& pointer, Diagnostics& diagnostics) {
  switch (schema.type) {
    case Type::section: return validate_section(node, schema, name, pointer, diagnostics);
    case Type::list: return validate_list(node, schema, name, pointer, diagnostics);
    case Type::words_map: return validate_words_map(node, schema, name, pointer, diagnostics);
    case Type::any: return;
    default: return validate_scalar(node, schema, name, pointer, diagnostics);
  }
}

std::vector<ShownValue> show_values(const Schema& schema, const Document& document) {
  std::vector<ShownValue> out;
  show_section(schema, &document.root, "", out);
  return out;
}

}  // namespace bartizan::settings
