#include <array>

#include "engine/settings/schema.h"
#include "engine/settings/units.h"

namespace bartizan::settings {
namespace {

using Type = Schema::Type;

/// Writes pretty JSON: members one a line, two blanks a level.
class JsonLines {
 public:
  explicit JsonLines(std::string& out) : out_(out) {}
  void open(char bracket) {
    out_.push_back(bracket);
    ++level_;
    first_ = true;
  }
  void close(char bracket) {
    --level_;
    if (!first_) line();
    out_.push_back(bracket);
    first_ = false;
  }
  void name(std::string_view n) {
    item();
    append_json_text(out_, n);
    out_ += ": ";
  }
  void item() {
    if (!first_) out_.push_back(',');
    first_ = false;
    line();
  }
  void text(std::string_view n, std::string_view value) {
    name(n);
    append_json_text(out_, value);
  }
  void raw(std::string_view n, std::string_view value) {
    name(n);
    out_ += value;
  }
  void texts(std::string_view n, const std::vector<std::string>& values) {
    name(n);
    out_.push_back('[');
    for (std::size_t i = 0; i < values.size(); ++i) {
      if (i > 0) out_ += ", ";
      append_json_text(out_, values[i]);
    }
    out_.push_back(']');
  }

 private:
  void line() {
    out_.push_back('\n');
    out_.append(static_cast<std::size_t>(level_) * 2, ' ');
  }
  std::string& out_;
  int level_ = 0;
  bool first_ = true;
};

std::string_view json_type(Type type) {
  switch (type) {
    case Type::boolean: return "boolean";
    case Type::integer: return "integer";
    case Type::number: return "number";
    case Type::list: return "array";
    case Type::words_map:
    case Type::section: return "object";
    default: return "string";
  }
}

void write_default(JsonLines& out, const Schema& s) {
  if (s.default_text.empty()) return;
  switch (s.type) {
    case Type::boolean:
    case Type::integer:
    case Type::number: out.raw("default", s.default_text); break;
    case Type::text:
    case Type::duration:
    case Type::size:
    case Type::word: out.text("default", s.default_text); break;
    default: break;
  }
}

void write_bounds(JsonLines& out, const Schema& s) {
  struct Words {
    std::string_view min, max;
  };
  const Words words = s.type == Type::list ? Words{"minItems", "maxItems"}
                      : s.type == Type::text ? Words{"minLength", "maxLength"}
                                             : Words{"minimum", "maximum"};
  if (s.type == Type::duration || s.type == Type::size) return;
  if (s.min) out.raw(words.min, format_number(*s.min));
  if (s.max) out.raw(words.max, format_number(*s.max));
}

void write(JsonLines& out, const Schema& s);

void write_section(JsonLines& out, const Schema& s) {
  out.name("properties");
  out.open('{');
  std::vector<std::string> required;
  for (const Key& key : s.keys) {
    out.name(key.name);
    out.open('{');
    write(out, key.schema);
    out.close('}');
    if (key.schema.required) required.push_back(key.name);
  }
  out.close('}');
  if (!required.empty()) out.texts("required", required);
  out.raw("additionalProperties", "false");
}

void write(JsonLines& out, const Schema& s) {
  if (!s.doc.empty()) out.text("description", s.doc);
  if (s.type == Type::any) return;
  // A bare number of bytes is a size, and 0 is a duration.
  if (s.type == Type::size || s.type == Type::duration) {
    out.texts("type", {"string", "integer"});
    out.text("pattern", s.type == Type::size ? "^[0-9]+(B|KiB|MiB|GiB|TiB)?$" : "^(0|[0-9]+(ms|s|m|h|d))$");
  } else if (s.type == Type::section) {
    out.texts("type", {"object", "null"});
  } else if (s.type == Type::text) {
    out.texts("type", {"string", "number", "boolean"});
  } else {
    out.text("type", json_type(s.type));
  }
  if (!s.words.empty()) out.texts("enum", s.words);
  write_bounds(out, s);
  write_default(out, s);
  if (!s.examples.empty()) out.texts("examples", s.examples);
  if (s.stability == "deprecated") out.raw("deprecated", "true");
  if (s.type == Type::section) write_section(out, s);
  if (s.type == Type::words_map) {
    out.name("additionalProperties");
    out.open('{');
    out.texts("type", {"string", "number", "boolean"});
    out.close('}');
  }
  if (s.type == Type::list) {
    out.name("items");
    out.open('{');
    write(out, s.item.front());
    out.close('}');
  }
}

}  // namespace

void append_json_text(std::string& out, std::string_view text) {
  static constexpr std::array<char, 17> kHex{"0123456789abcdef"};
  out.push_back('"');
  for (const char c : text) {
    const auto u = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out.push_back('\\');
      out.push_back(c);
    } else if (c == '\n') {
      out += "\\n";
    } else if (c == '\t') {
      out += "\\t";
    } else if (u < 0x20) {
      out += "\\u00";
      out.push_back(kHex[u >> 4]);
      out.push_back(kHex[u & 15]);
    } else {
      out.push_back(c);
    }
  }
  out.push_back('"');
}

std::string json_schema(const Schema& schema, std::string_view id, std::string_view title) {
  std::string out;
  JsonLines lines(out);
  lines.open('{');
  lines.text("$schema", "http://json-schema.org/draft-07/schema#");
  lines.text("$id", id);
  lines.text("title", title);
  write(lines, schema);
  lines.close('}');
  out.push_back('\n');
  return out;
}

}  // namespace bartizan::settings
