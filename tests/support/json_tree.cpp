#include "tests/support/json_tree.h"

#include <algorithm>

#include <rapidjson/memorystream.h>
#include <rapidjson/reader.h>

#include "engine/model/id.h"

namespace bartizan::test {
namespace {

/// RapidJSON writes a lone low surrogate (\udc00) as three bytes that are no UTF-8.
bool has_surrogate(std::string_view s) {
  for (std::size_t i = 0; i + 1 < s.size(); ++i) {
    if (static_cast<unsigned char>(s[i]) == 0xed && static_cast<unsigned char>(s[i + 1]) >= 0xa0) return true;
  }
  return false;
}

struct Builder : rapidjson::BaseReaderHandler<rapidjson::UTF8<>, Builder> {
  JsonTree root;
  std::vector<JsonTree> open;
  std::vector<std::string> keys;
  bool sound = true;

  bool put(JsonTree v) {
    if (open.empty()) {
      root = std::move(v);
    } else if (open.back().is_array()) {
      open.back().items.push_back(std::move(v));
    } else {
      open.back().members.push_back(JsonMember{std::move(keys.back()), std::move(v)});
      keys.pop_back();
    }
    return true;
  }
  bool scalar(JsonTree::Kind kind, std::string_view text) {
    JsonTree v;
    v.kind = kind;
    v.text = text;
    return put(std::move(v));
  }
  bool begin(JsonTree::Kind kind) {
    open.emplace_back();
    open.back().kind = kind;
    return true;
  }
  bool end() {
    JsonTree v = std::move(open.back());
    open.pop_back();
    return put(std::move(v));
  }

  bool Null() { return scalar(JsonTree::Kind::null, ""); }
  bool Bool(bool b) { return scalar(JsonTree::Kind::boolean, b ? "true" : "false"); }
  bool RawNumber(const char* s, rapidjson::SizeType n, bool) { return scalar(JsonTree::Kind::number, {s, n}); }
  bool String(const char* s, rapidjson::SizeType n, bool) {
    sound = sound && !has_surrogate({s, n});
    return scalar(JsonTree::Kind::string, {s, n});
  }
  bool Key(const char* s, rapidjson::SizeType n, bool) {
    sound = sound && !has_surrogate({s, n});
    keys.emplace_back(s, n);
    return true;
  }
  bool StartObject() { return begin(JsonTree::Kind::object); }
  bool EndObject(rapidjson::SizeType) { return end(); }
  bool StartArray() { return begin(JsonTree::Kind::array); }
  bool EndArray(rapidjson::SizeType) { return end(); }
};

}  // namespace

bool JsonTree::is_empty() const {
  switch (kind) {
    case Kind::null: return true;
    case Kind::string: return text.empty();
    case Kind::array: return items.empty();
    case Kind::object: return members.empty();
    default: return false;
  }
}

std::size_t JsonTree::depth() const {
  std::size_t deepest = 0;
  for (const auto& m : members) deepest = std::max(deepest, m.second.depth());
  for (const auto& i : items) deepest = std::max(deepest, i.depth());
  return is_object() || is_array() ? deepest + 1 : 0;
}

const JsonTree* JsonTree::find(std::string_view name) const {
  const JsonTree* found = nullptr;
  for (const auto& m : members) {
    if (lower_ascii(m.first) == lower_ascii(name)) found = &m.second;
  }
  return found;
}

std::optional<std::vector<JsonTree>> parse_json_documents(std::string_view text) {
  if (text.find('\0') != std::string_view::npos) return std::nullopt;
  constexpr unsigned kFlags = rapidjson::kParseValidateEncodingFlag | rapidjson::kParseFullPrecisionFlag | rapidjson::kParseIterativeFlag |
                              rapidjson::kParseNumbersAsStringsFlag | rapidjson::kParseStopWhenDoneFlag;
  std::vector<JsonTree> documents;
  std::size_t at = 0;
  for (;;) {
    const std::size_t next = std::min(text.find_first_not_of(" \t\r\n", at), text.size());
    if (next == text.size()) break;
    if (!documents.empty() && text.substr(at, next - at).find('\n') == std::string_view::npos) return std::nullopt;
    rapidjson::MemoryStream stream{text.data() + next, text.size() - next};
    rapidjson::Reader reader;
    Builder builder;
    if (reader.Parse<kFlags>(stream, builder).IsError() || !builder.sound) return std::nullopt;
    at = next + stream.Tell();
    documents.push_back(std::move(builder.root));
  }
  if (documents.empty()) return std::nullopt;
  return documents;
}

}  // namespace bartizan::test
