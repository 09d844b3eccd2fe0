#include <rapidjson/document.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <filesystem>
#include <string>
#include <vector>

#include "engine/model/alert.h"
#include "engine/model/sha256.h"
#include "tests/support/json_schema.h"

namespace bartizan {
namespace {

std::vector<std::filesystem::path> json_files(const std::string& folder) {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator{std::string{BARTIZAN_SOURCE_DIR "/docs/formats/"} + folder}) {
    if (entry.path().extension() == ".json") files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  REQUIRE(files.size() > 20);
  return files;
}

/// alert.v1 of alert.v1.travel-open.json.
std::string schema_of_file(const std::filesystem::path& file) {
  const std::string name = file.filename().string();
  return name.substr(0, name.find('.', name.find('.') + 1));
}

TEST_CASE("schemas: every published example is valid, and names its schema", "[schema]") {
  for (const auto& file : json_files("examples")) {
    INFO(file);
    const std::string json = test::read_file(file.string());
    CHECK(test::schema_violation(json, schema_of_file(file)) == "");
    CHECK(test::schema_violation(json) == "");
  }
}

TEST_CASE("schemas: every broken example is refused", "[schema]") {
  for (const auto& file : json_files("examples/invalid")) {
    INFO(file);
    CHECK(test::schema_violation(test::read_file(file.string()), schema_of_file(file)) != "");
  }
}

TEST_CASE("alert ids are those of the published vectors", "[alert_id]") {
  rapidjson::Document document;
  document.Parse(test::read_file("docs/formats/alert-id-vectors.json").c_str());
  REQUIRE_FALSE(document.HasParseError());
  REQUIRE(document["vectors"].Size() > 3);
  for (const auto& v : document["vectors"].GetArray()) {
    const auto text = [&v](const char* name) { return std::string{v[name].GetString(), v[name].GetStringLength()}; };
    INFO(text("about"));
    const auto type = entity_type_from(text("entity_type"));
    REQUIRE(type.has_value());
    CHECK(alert_id(text("tenant_id"), text("rule_id"), *type, text("entity_id"), text("anchor_event_id")) == text("id"));
    std::string input;
    const std::string hex = text("input_hex");
    for (std::size_t i = 0; i + 1 < hex.size(); i += 2) input.push_back(static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16)));
    CHECK(sha256_hex(input) == text("sha256"));
  }
}

}  // namespace
}  // namespace bartizan
