#pragma once
// A YAML text as a tree in which every key and value knows its place.

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/settings/diagnostic.h"

namespace bartizan::settings {

constexpr std::size_t kDocumentBytesMax = 1 << 20;
constexpr std::size_t kDocumentDepthMax = 32;
constexpr std::size_t kDocumentNodesMax = 100'000;  // after alias expansion

struct Member;

/// One value. Aliases are expanded: no two nodes share anything.
struct Node {
  enum class Kind : std::uint8_t { null, scalar, list, map };
  Kind kind = Kind::null;
  bool quoted = false;  // scalar: written in quotes, so text whatever it looks like
  std::string text;     // scalar
  std::vector<Node> items;
  std::vector<Member> members;  // in the order of the text
  Span at;                      // of the scalar; of a list or map its first line

  const Node* find(std::string_view key) const;
  const Member* member(std::string_view key) const;
};

struct Member {
  std::string key;
  Span key_at;
  Node value;
};

std::string_view to_word(Node::Kind k);  // nothing, a value, a list, a mapping

/// One document. `root` is a map or null (an empty text).
struct Document {
  Node root;
  /// Keys read, for the summary line of `validate`.
  std::size_t keys() const;
};

/// Reads exactly one document. Everything wrong goes to `diagnostics`: bytes that are not UTF-8, syntax, a second document, duplicate
/// keys, keys that are no plain words, a top level that is no mapping, and the bounds above. What could be read is returned.
Document read_document(std::string name, std::string text, Diagnostics& diagnostics);

/// Settings from the environment: BARTIZAN_SECTION__KEY=value sets section.key; the value is YAML. Names without "__" count only if
/// they are one of `top_level` keys. The caller hands in the variables (the engine reads no environment), in any order.
Document read_environment(std::vector<std::pair<std::string, std::string>> variables, const std::vector<std::string>& top_level,
                          Diagnostics& diagnostics);

/// A single setting from a command-line flag: `path` is dotted (http.listen), `source_name` what messages call it.
Document read_flag(std::string source_name, std::string_view path, const std::string& value, Diagnostics& diagnostics);

/// Lays `over` onto `base`: mappings merge key by key, everything else is replaced. Places stay those of the texts.
void merge(Document& base, Document&& over);

}  // namespace bartizan::settings
