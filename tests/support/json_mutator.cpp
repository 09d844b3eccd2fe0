#include "tests/support/json_mutator.h"

#include <algorithm>
#include <array>

namespace bartizan::test {
namespace {

using Kind = JsonTree::Kind;

constexpr std::array<std::string_view, 44> kTexts = {
    "", "x", "0", "50126", "-1", "1.5", "true", "False", "null", "US", "usa", "999.1.1.1", "203.0.113.XXX", "2001:db8::1", "198.51.100.7:443",
    "[2001:db8::2]:8080", "2001:db8:XXXX:XXXX", "203.0.*.*", "00000000-0000-0000-0000-000000000000", "5F2C9A1E-7B3D-4C68-9D10-2F4E6A8B0C1D",
    "2026-03-02T00:00:00Z", "9999-12-31T23:59:59Z", "1999-01-01T00:00:00Z", "3/2/2026 1:02:03 PM", "2026-03-02T9:54:27.739Z", "2026-03-02T00:00:00-05:00",
    "notAgentic", "agentIDuser", "SIGNINLOGS", "AuditLogs", "managedIdentitySignInLogs", "Password", "Correct password", "atRisk", "hidden", "[]", "{}",
    "[{\"authenticationMethod\":\"Password\",\"succeeded\":\"True\"}]", "[{\"networkType\":\"trusted\"}]", "{\"id\":\"n\",\"createdDateTime\":\"2026-03-02T00:00:00Z\"}",
    "[1,", "a\"b\\c\n", "Z\xc3\xbcrich \xf0\x9f\x98\x80", "/tenants/abc-1/x"};

JsonTree text_value(std::string_view text) {
  JsonTree v;
  v.kind = Kind::string;
  v.text = text;
  return v;
}

JsonTree number_value(std::string_view text) {
  JsonTree v;
  v.kind = Kind::number;
  v.text = text;
  return v;
}

JsonTree nested_value(std::uint64_t levels, Random& r) {
  JsonTree v = number_value("1");
  for (std::uint64_t i = 0; i < levels; ++i) {
    JsonTree outer;
    outer.kind = r.one_in(2) ? Kind::array : Kind::object;
    if (outer.is_array()) {
      outer.items.push_back(std::move(v));
    } else {
      outer.members.push_back(JsonMember{"a", std::move(v)});
    }
    v = std::move(outer);
  }
  return v;
}

JsonTree random_value(Random& r) {
  constexpr std::array<std::string_view, 10> kNumbers = {"0", "1", "-1", "50126", "4294967296", "1.25", "-0.0", "1e3", "99999999999999999999", "91"};
  switch (r.below(9)) {
    case 0: return JsonTree{};
    case 1: {
      JsonTree v;
      v.kind = Kind::boolean;
      v.text = r.one_in(2) ? "true" : "false";
      return v;
    }
    case 2: case 3: return number_value(kNumbers[r.below(kNumbers.size())]);
    case 4: return nested_value(r.below(4), r);
    case 5: return text_value(std::string(250 + r.below(900), r.one_in(2) ? 'K' : 'k'));
    case 6: {
      std::string s;
      for (std::uint64_t i = 0, n = 120 + r.below(300); i < n; ++i) s += r.one_in(2) ? "\xc3\xa9" : "\xe2\x82\xac";
      return text_value(s);
    }
    default: return text_value(kTexts[r.below(kTexts.size())]);
  }
}

/// Objects of the tree, deepest last.
void objects_of(JsonTree& tree, std::vector<JsonTree*>& out) {
  if (tree.is_object()) out.push_back(&tree);
  for (auto& m : tree.members) objects_of(m.second, out);
  for (auto& i : tree.items) objects_of(i, out);
}

void change_case(std::string& key, Random& r) {
  for (char& c : key) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    if (letter && r.one_in(2)) c = static_cast<char>(c ^ 0x20);
  }
}

void write_text(std::string& out, const std::string& s, bool escape, Random& r) {
  constexpr std::string_view kHex = "0123456789abcdef";
  out += '"';
  for (const char ch : s) {
    const auto c = static_cast<unsigned char>(ch);
    if (c < 0x20 || (escape && c < 0x80 && r.one_in(4))) {
      out += "\\u00";
      out += kHex[c >> 4];
      out += kHex[c & 15];
    } else if (c == '"' || c == '\\') {
      out += '\\';
      out += ch;
    } else if (escape && c == '/') {
      out += "\\/";
    } else {
      out += ch;
    }
  }
  out += '"';
}

struct TreeWriter {
  Random& r;
  bool spaces;
  bool escapes;
  std::string out;

  void space() {
    constexpr std::array<std::string_view, 4> kSpaces = {" ", "\n", "\t", "\r\n  "};
    if (spaces && r.one_in(2)) out += kSpaces[r.below(kSpaces.size())];
  }
  void write(const JsonTree& v) {
    space();
    switch (v.kind) {
      case Kind::null: out += "null"; break;
      case Kind::boolean: case Kind::number: out += v.text; break;
      case Kind::string: write_text(out, v.text, escapes && r.one_in(8), r); break;
      case Kind::array: list(v.items.size(), '[', ']', [&](std::size_t i) { write(v.items[i]); }); break;
      case Kind::object:
        list(v.members.size(), '{', '}', [&](std::size_t i) {
          space();
          write_text(out, v.members[i].first, escapes && r.one_in(8), r);
          space();
          out += ':';
          write(v.members[i].second);
        });
        break;
    }
    space();
  }
  template <class Each>
  void list(std::size_t n, char open, char close, Each each) {
    out += open;
    for (std::size_t i = 0; i < n; ++i) {
      if (i > 0) out += ',';
      each(i);
    }
    if (n == 0) space();
    out += close;
  }
};

}  // namespace

void mutate_tree(JsonTree& tree, Random& r) {
  std::vector<JsonTree*> objects;
  objects_of(tree, objects);
  if (objects.empty()) return;
  // Mostly the record and its properties, where the fields are.
  JsonTree& object = *objects[r.below(r.one_in(3) ? objects.size() : std::min<std::size_t>(objects.size(), 2))];
  if (object.members.empty()) return;
  const std::size_t i = r.below(object.members.size());
  auto& [key, value] = object.members[i];
  switch (r.below(9)) {
    case 0: change_case(key, r); break;
    case 1: value = random_value(r); break;
    case 2: {
      auto copy = object.members[i];
      if (r.one_in(2)) copy.second = random_value(r);
      if (r.one_in(2)) change_case(copy.first, r);
      object.members.insert(object.members.begin() + static_cast<std::ptrdiff_t>(r.below(object.members.size() + 1)), std::move(copy));
      break;
    }
    case 3: object.members.erase(object.members.begin() + static_cast<std::ptrdiff_t>(i)); break;
    case 4: std::swap(object.members[i], object.members[r.below(object.members.size())]); break;
    case 5: value = nested_value(r.one_in(6) ? 60 + r.below(10) : r.below(5), r); break;
    case 6: {
      const std::string as_text = write_tree(value, r);
      value = text_value(as_text);
      break;
    }
    case 7: std::swap(value, object.members[r.below(object.members.size())].second); break;
    default: {
      if (value.kind == Kind::number) value.kind = Kind::string;
      else if (value.kind == Kind::boolean) value.kind = Kind::string;
      else value = random_value(r);
    }
  }
}

std::string write_tree(const JsonTree& tree, Random& r) {
  TreeWriter w{r, r.one_in(3), r.one_in(3), {}};
  w.write(tree);
  return w.out;
}

std::string mutate_text(std::string text, Random& r) {
  if (text.empty()) return text;
  constexpr std::string_view kBytes = "{}[],:\"\\ \n0-.tfnu\x00\x1f\x80\xc3\xed";
  const std::size_t at = r.below(text.size());
  switch (r.below(7)) {
    case 0: text[at] = static_cast<char>(r.below(256)); break;
    case 1: text[at] = kBytes[r.below(kBytes.size())]; break;
    case 2: text.insert(at, 1, kBytes[r.below(kBytes.size())]); break;
    case 3: text.erase(at, 1 + r.below(4)); break;
    case 4: text.resize(at); break;
    case 5: text.insert(r.below(text.size()), text.substr(at, 1 + r.below(80))); break;
    default: text.insert(at, r.one_in(2) ? "{\"a\":[1,{]," : "\\udc00");
  }
  return text;
}

std::string wrap_records(const std::vector<std::string>& records, Random& r) {
  const auto joined = [&](std::string_view separator) {
    std::string out;
    for (std::size_t i = 0; i < records.size(); ++i) out += (i == 0 ? std::string{} : std::string{separator}) + records[i];
    return out;
  };
  switch (r.below(6)) {
    case 0: return "{\"records\":[" + joined(",") + "]}";
    case 1: return "{\"@odata.context\":\"x\",\"value\":[" + joined(", ") + "]}";
    case 2: return "[" + joined(",") + "]";
    case 3: return "[{\"records\":[" + joined(",") + "],\"PartitionId\":1}]";
    case 4: return joined(r.one_in(2) ? "\n" : " \r\n\n") + (r.one_in(2) ? "\n" : "");
    default: return joined(r.one_in(2) ? "\n" : "");
  }
}

}  // namespace bartizan::test
