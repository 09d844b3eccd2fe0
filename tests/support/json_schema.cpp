#include "tests/support/json_schema.h"

#include <rapidjson/document.h>
#include <rapidjson/schema.h>
#include <rapidjson/stringbuffer.h>

#include <array>
#include <fstream>
#include <map>
#include <memory>
#include <sstream>
#include <stdexcept>
#include <utility>

namespace bartizan::test {
namespace {

const rapidjson::SchemaDocument& schema(const std::string& name) {
  static std::map<std::string, std::unique_ptr<rapidjson::SchemaDocument>> cache;
  auto& held = cache[name];
  if (held == nullptr) {
    rapidjson::Document text;
    text.Parse(read_file("docs/formats/" + name + ".schema.json").c_str());
    if (text.HasParseError()) throw std::runtime_error(name + ": not JSON");
    held = std::make_unique<rapidjson::SchemaDocument>(text);
  }
  return *held;
}

std::string violation(const rapidjson::Document& document, const std::string& name) {
  rapidjson::SchemaValidator validator{schema(name)};
  if (document.Accept(validator)) return {};
  rapidjson::StringBuffer at;
  validator.GetInvalidDocumentPointer().StringifyUriFragment(at);
  return std::string{at.GetString()} + " breaks " + validator.GetInvalidSchemaKeyword() + " of " + name;
}

std::string schema_named_by(const rapidjson::Document& document) {
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 3> kGraph = {
      {{"#microsoft.graph.riskDetection", "risk-detection-user.v1"},
       {"#microsoft.graph.servicePrincipalRiskDetection", "risk-detection-service-principal.v1"},
       {"#microsoft.graph.agentRiskDetection", "risk-detection-agent.v1"}}};
  const auto member = [&document](const char* name) -> std::string {
    const auto at = document.FindMember(name);
    return at != document.MemberEnd() && at->value.IsString() ? at->value.GetString() : "";
  };
  const std::string type = member("@odata.type");
  for (const auto& [word, name] : kGraph) {
    if (type == word) return std::string{name};
  }
  // bartizan.alert/v1 -> alert.v1
  constexpr std::string_view kPrefix = "bartizan.";
  std::string name = member("schema");
  const std::size_t slash = name.find('/');
  if (name.compare(0, kPrefix.size(), kPrefix) != 0 || slash == std::string::npos) return {};
  name[slash] = '.';
  return name.substr(kPrefix.size());
}

}  // namespace

std::string schema_violation(std::string_view json, const std::string& name) {
  rapidjson::Document document;
  document.Parse(json.data(), json.size());
  return document.HasParseError() ? "not JSON" : violation(document, name);
}

std::string schema_violation(std::string_view json) {
  rapidjson::Document document;
  document.Parse(json.data(), json.size());
  if (document.HasParseError() || !document.IsObject()) return "not a JSON object";
  const std::string name = schema_named_by(document);
  return name.empty() ? "the record names no schema" : violation(document, name);
}

std::string compact(std::string_view json) {
  std::string out;
  bool in_text = false;
  for (std::size_t i = 0; i < json.size(); ++i) {
    const char c = json[i];
    if (in_text && c == '\\') {
      out.append(json.substr(i++, 2));
      continue;
    }
    if (c == '"') in_text = !in_text;
    if (in_text || (c != ' ' && c != '\n' && c != '\r' && c != '\t')) out.push_back(c);
  }
  return out;
}

std::string read_file(const std::string& path) {
  const std::string full = path.starts_with('/') ? path : std::string{BARTIZAN_SOURCE_DIR "/"} + path;
  std::ifstream in{full, std::ios::binary};
  if (!in) throw std::runtime_error("cannot read " + full);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

}  // namespace bartizan::test
