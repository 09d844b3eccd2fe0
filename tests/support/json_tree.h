#pragma once
// A plain JSON tree, built by RapidJSON: what tests compare our readers with.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace bartizan::test {

struct JsonMember;

struct JsonTree {
  enum class Kind { null, boolean, number, string, array, object };
  Kind kind = Kind::null;
  std::string text;  // string: its value; number: as written; boolean: true or false
  std::vector<JsonMember> members;
  std::vector<JsonTree> items;

  bool is_object() const { return kind == Kind::object; }
  bool is_array() const { return kind == Kind::array; }
  /// null, "", {} or []
  bool is_empty() const;
  /// Containers on the deepest path; 0 for a scalar.
  std::size_t depth() const;
  /// The last member called so in any case, or null.
  const JsonTree* find(std::string_view name) const;
};

struct JsonMember {
  std::string first;
  JsonTree second;
};

/// The documents of a text, each behind the first on a line of its own. No value: RapidJSON refuses the text (encoding validated), it has
/// NUL bytes, or an escape stands for half a surrogate pair.
std::optional<std::vector<JsonTree>> parse_json_documents(std::string_view text);

}  // namespace bartizan::test
