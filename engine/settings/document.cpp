#include "engine/settings/document.h"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <map>
#include <sstream>

namespace bartizan::settings {
namespace {

using SourcePtr = std::shared_ptr<const SourceText>;

/// Ends a reading whose diagnostic has been written.
struct Stop {};

constexpr std::size_t kCountedColumns = 4096;

Span span_at(const SourcePtr& source, const YAML::Mark& mark, std::size_t points) {
  Span span;
  span.source = source;
  if (mark.is_null()) return span;
  span.line = static_cast<std::uint32_t>(mark.line) + 1;
  // yaml-cpp counts columns in bytes of UTF-8. Far out on a long line (where counting would be quadratic) bytes are good enough.
  const auto bytes = static_cast<std::size_t>(mark.column);
  const std::size_t before = bytes > kCountedColumns ? bytes : code_points(source->line(span.line).substr(0, bytes));
  span.column = static_cast<std::uint32_t>(before) + 1;
  span.end_column = span.column + static_cast<std::uint32_t>(std::max<std::size_t>(points, 1));
  return span;
}

/// How many code points the scalar that starts at `mark` takes on its first line.
std::size_t scalar_points(const SourcePtr& source, const YAML::Mark& mark, std::string_view value) {
  if (mark.is_null()) return 1;
  std::string_view rest = source->line(static_cast<std::uint32_t>(mark.line) + 1);
  rest.remove_prefix(std::min(rest.size(), static_cast<std::size_t>(mark.column)));
  rest = rest.substr(0, value.size() + kCountedColumns);
  if (rest.empty()) return 1;
  if (rest.substr(0, value.size()) == value && !value.empty()) return code_points(value);
  const char quote = rest[0];
  if (quote == '"' || quote == '\'') {
    for (std::size_t i = 1; i < rest.size(); ++i) {
      if (quote == '"' && rest[i] == '\\') {
        ++i;
      } else if (rest[i] == quote) {
        return code_points(rest.substr(0, i + 1));
      }
    }
  }
  return std::max<std::size_t>(1, code_points(rest.substr(0, rest.find_last_not_of(" \t") + 1)));
}

/// Builds the tree from parser events; throws Stop when a bound is passed.
class TreeBuilder : public YAML::EventHandler {
 public:
  TreeBuilder(SourcePtr source, Diagnostics& diagnostics) : source_(std::move(source)), diagnostics_(diagnostics) {}

  Node take() { return std::move(root_); }

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (documents_++ > 0) fail(code::kSyntax, "a second document in one file", mark);
  }
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    Node node;
    node.at = span_at(source_, mark, 1);
    place(std::move(node), anchor, mark);
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const auto found = anchors_.find(anchor);
    if (found == anchors_.end()) fail(code::kSyntax, "an alias to a value that holds it", mark);
    Node copy = found->second.node;
    count(found->second.nodes, mark);
    if (open_.size() + found->second.depth > kDocumentDepthMax) fail(code::kTooBig, depth_message(), mark);
    place(std::move(copy), 0, mark, found->second.nodes, found->second.depth);
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, const std::string& value) override {
    count(1, mark);
    Node node;
    node.kind = Node::Kind::scalar;
    node.quoted = tag != "?" && !tag.empty();
    node.text = value;
    node.at = span_at(source_, mark, scalar_points(source_, mark, value));
    place(std::move(node), anchor, mark);
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor, YAML::EmitterStyle::value) override {
    open(Node::Kind::list, mark, anchor);
  }
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor, YAML::EmitterStyle::value) override {
    open(Node::Kind::map, mark, anchor);
  }
  void OnMapEnd() override { close(); }

 private:
  struct Open {
    Node node;
    YAML::anchor_t anchor = 0;
    YAML::Mark mark;
    bool has_key = false;
    bool bad_key = false;
    Member member;
    std::size_t nodes = 1;
    std::size_t depth = 1;
    std::map<std::string, std::uint32_t, std::less<>> lines;  // key -> its first line
  };
  struct Anchored {
    Node node;
    std::size_t nodes = 1;
    std::size_t depth = 0;
  };

  static std::string depth_message() { return "nested deeper than " + std::to_string(kDocumentDepthMax) + " levels"; }

  [[noreturn]] void fail(std::string_view code, std::string message, const YAML::Mark& mark) {
    diagnostics_.add(code, std::move(message), span_at(source_, mark, 1));
    throw Stop{};
  }
  void count(std::size_t nodes, const YAML::Mark& mark) {
    nodes_ += nodes;
    if (nodes_ > kDocumentNodesMax) {
      fail(code::kTooBig, "more than " + std::to_string(kDocumentNodesMax) + " values, aliases expanded", mark);
    }
  }
  void open(Node::Kind kind, const YAML::Mark& mark, YAML::anchor_t anchor) {
    count(1, mark);
    if (open_.size() >= kDocumentDepthMax) fail(code::kTooBig, depth_message(), mark);
    Open o;
    o.node.kind = kind;
    o.node.at = span_at(source_, mark, 1);
    o.anchor = anchor;
    o.mark = mark;
    open_.push_back(std::move(o));
  }
  void close() {
    Open done = std::move(open_.back());
    open_.pop_back();
    place(std::move(done.node), done.anchor, done.mark, done.nodes, done.depth);
  }
  void place(Node&& node, YAML::anchor_t anchor, const YAML::Mark& mark, std::size_t nodes = 1, std::size_t depth = 0) {
    if (anchor != 0) anchors_[anchor] = Anchored{node, nodes, depth};
    if (open_.empty()) {
      root_ = std::move(node);
      return;
    }
    Open& top = open_.back();
    top.nodes += nodes;
    top.depth = std::max(top.depth, depth + 1);
    if (top.node.kind == Node::Kind::list) {
      top.node.items.push_back(std::move(node));
    } else if (!top.has_key) {
      take_key(top, std::move(node), mark);
    } else {
      top.has_key = false;
      if (top.bad_key) return;
      top.member.value = std::move(node);
      top.node.members.push_back(std::move(top.member));
    }
  }
  void take_key(Open& top, Node&& key, const YAML::Mark& mark) {
    top.has_key = true;
    top.bad_key = false;
    top.member = Member{};
    if (key.kind != Node::Kind::scalar) {
      diagnostics_.add(code::kSyntax, "a key must be a word", span_at(source_, mark, 1));
      top.bad_key = true;
      return;
    }
    top.member.key = std::move(key.text);
    top.member.key_at = key.at;
    const auto [first, is_new] = top.lines.emplace(top.member.key, key.at.line);
    if (is_new) return;
    top.bad_key = true;
    diagnostics_.add(code::kDuplicateKey, "duplicate key '" + top.member.key + "'", key.at)
        .notes.push_back("first given on line " + std::to_string(first->second));
  }

  SourcePtr source_;
  Diagnostics& diagnostics_;
  Node root_;
  std::vector<Open> open_;
  std::map<YAML::anchor_t, Anchored> anchors_;
  std::size_t nodes_ = 0;
  int documents_ = 0;
};

Node read_tree(const SourcePtr& source, const std::string& text, Diagnostics& diagnostics) {
  TreeBuilder builder(source, diagnostics);
  try {
    std::istringstream in(text);
    YAML::Parser parser(in);
    while (parser.HandleNextDocument(builder)) {
    }
  } catch (const Stop&) {
    return {};
  } catch (const YAML::Exception& e) {
    diagnostics.add(code::kSyntax, e.msg, span_at(source, e.mark, 1));
    return {};
  }
  return builder.take();
}

/// The tree of one "PATH=value" line: the value's places are shifted behind the '='.
void shift(Node& node, std::uint32_t line, std::uint32_t columns) {
  node.at.line = line;
  node.at.column += columns;
  node.at.end_column += columns;
  for (Node& item : node.items) shift(item, line, columns);
  for (Member& m : node.members) {
    m.key_at.line = line;
    m.key_at.column += columns;
    m.key_at.end_column += columns;
    shift(m.value, line, columns);
  }
}

std::vector<std::string> split(std::string_view text, std::string_view separator) {
  std::vector<std::string> out;
  for (;;) {
    const std::size_t at = text.find(separator);
    out.emplace_back(text.substr(0, at));
    if (at == std::string_view::npos) return out;
    text.remove_prefix(at + separator.size());
  }
}

Document single_setting(std::string source_name, const std::string& name, const std::vector<std::string>& path,
                        const std::string& value, Diagnostics& diagnostics) {
  std::string one_line = value;
  std::replace(one_line.begin(), one_line.end(), '\n', ' ');
  const auto shared = std::make_shared<const SourceText>(std::move(source_name), name + "=" + one_line);
  Span name_at{shared, 1, 1, static_cast<std::uint32_t>(code_points(name)) + 1};
  Document document;
  document.root.kind = Node::Kind::map;
  document.root.at = name_at;
  if (!is_utf8(value)) {
    diagnostics.add(code::kSyntax, "the value of " + name + " is not UTF-8", Span{shared, 0, 0, 0});
    return document;
  }
  // Places are first read from a text that is the value alone, then moved behind the name.
  const auto value_source = std::make_shared<const SourceText>(shared->name(), one_line);
  Diagnostics local;
  Node node = read_tree(value_source, one_line, local);
  shift(node, 1, static_cast<std::uint32_t>(code_points(name)) + 1);
  const auto own = [&shared](auto& self, Node& n) -> void {
    n.at.source = shared;
    for (Node& item : n.items) self(self, item);
    for (Member& m : n.members) {
      m.key_at.source = shared;
      self(self, m.value);
    }
  };
  own(own, node);
  if (!local.ok()) {
    diagnostics.add(code::kSyntax, "the value of " + name + " is not valid: " + local.all().front().message, name_at);
    return document;
  }
  for (std::size_t i = path.size(); i-- > 0;) {
    Member m;
    m.key = path[i];
    m.key_at = name_at;
    m.value = std::move(node);
    node = Node{};
    node.kind = Node::Kind::map;
    node.at = name_at;
    node.members.push_back(std::move(m));
  }
  document.root = std::move(node);
  return document;
}

void merge_node(Node& base, Node&& over) {
  if (base.kind != Node::Kind::map || over.kind != Node::Kind::map) {
    base = std::move(over);
    return;
  }
  for (Member& m : over.members) {
    const auto found = std::find_if(base.members.begin(), base.members.end(), [&m](const Member& b) { return b.key == m.key; });
    if (found == base.members.end()) {
      base.members.push_back(std::move(m));
    } else {
      found->key_at = m.key_at;
      merge_node(found->value, std::move(m.value));
    }
  }
}

std::size_t count_keys(const Node& node) {
  std::size_t n = node.members.size();
  for (const Member& m : node.members) n += count_keys(m.value);
  for (const Node& item : node.items) n += count_keys(item);
  return n;
}

}  // namespace

const Member* Node::member(std::string_view key) const {
  for (const Member& m : members) {
    if (m.key == key) return &m;
  }
  return nullptr;
}

const Node* Node::find(std::string_view key) const {
  const Member* m = member(key);
  return m != nullptr ? &m->value : nullptr;
}

std::string_view to_word(Node::Kind k) {
  switch (k) {
    case Node::Kind::null: return "nothing";
    case Node::Kind::scalar: return "a value";
    case Node::Kind::list: return "a list";
    case Node::Kind::map: return "a mapping";
  }
  return "";
}

std::size_t Document::keys() const { return count_keys(root); }

Document read_document(std::string name, std::string text, Diagnostics& diagnostics) {
  const bool fits = text.size() <= kDocumentBytesMax;
  const auto shared = std::make_shared<const SourceText>(std::move(name), fits ? std::move(text) : std::string());
  Document document;
  const Span whole{shared, 0, 0, 0};
  document.root.at = whole;
  if (!fits) {
    diagnostics.add(code::kTooBig, "larger than " + std::to_string(kDocumentBytesMax) + " bytes", whole);
    return document;
  }
  if (!is_utf8(shared->text()) || shared->text().find('\0') != std::string::npos) {
    diagnostics.add(code::kSyntax, "not UTF-8 text", whole);
    return document;
  }
  document.root = read_tree(shared, shared->text(), diagnostics);
  if (!document.root.at.source) document.root.at = whole;
  if (document.root.kind != Node::Kind::map && document.root.kind != Node::Kind::null) {
    diagnostics.add(code::kWrongType, "the file must be a mapping (key: value), but is " + std::string(to_word(document.root.kind)),
                    document.root.at);
    document.root = Node{};
    document.root.at = whole;
  }
  return document;
}

Document read_environment(std::vector<std::pair<std::string, std::string>> variables, const std::vector<std::string>& top_level,
                          Diagnostics& diagnostics) {
  constexpr std::string_view kPrefix = "BARTIZAN_";
  std::sort(variables.begin(), variables.end());
  Document all;
  all.root.kind = Node::Kind::map;
  for (const auto& [name, value] : variables) {
    if (std::string_view(name).substr(0, kPrefix.size()) != kPrefix) continue;
    std::string key = name.substr(kPrefix.size());
    for (char& c : key) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    const std::vector<std::string> path = split(key, "__");
    if (path.size() == 1 && std::find(top_level.begin(), top_level.end(), key) == top_level.end()) continue;
    merge(all, single_setting("environment", name, path, value, diagnostics));
  }
  return all;
}

Document read_flag(std::string source_name, std::string_view path, const std::string& value, Diagnostics& diagnostics) {
  return single_setting(std::move(source_name), std::string(path), split(path, "."), value, diagnostics);
}

void merge(Document& base, Document&& over) {
  if (over.root.kind == Node::Kind::null) return;
  merge_node(base.root, std::move(over.root));
}

}  // namespace bartizan::settings
