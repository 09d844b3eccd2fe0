// The table of source fields: its page, and that each row is what the decoder does.

#include <catch2/catch.hpp>
#include <cstdlib>
#include <fstream>
#include <map>
#include <sstream>

#include "engine/codec/field_table.h"
#include "tests/engine/codec/collecting_sink.h"

using namespace bartizan;
using namespace bartizan::test;

namespace {

std::string value_of(const FieldRow& row) {
  switch (row.kind) {
    case ValueKind::time: return "\"2026-03-02T07:00:00Z\"";
    case ValueKind::boolean: return "true";
    case ValueKind::number: return row.object == SourceObject::step ? "1772438400001" : "50126";
    case ValueKind::count: return "17";
    case ValueKind::coordinate: return "12.5";
    case ValueKind::address: return "\"198.51.100.77\"";
    case ValueKind::country: return "\"PT\"";
    default: break;
  }
  const std::map<std::string_view, const char*> words = {
      {"userType", "\"guest\""}, {"conditionalAccessStatus", "\"failure\""}, {"riskLevelDuringSignIn", "\"high\""},
      {"riskLevelAggregated", "\"high\""}, {"riskState", "\"atRisk\""}, {"networkType", "\"trusted\""}};
  const auto it = words.find(row.name);
  if (it != words.end()) return it->second;
  if (row.kind == ValueKind::list && row.name.substr(0, 4) == "risk") return "[\"unusual\"]";
  return "\"value-of-" + lower_ascii(row.name) + "\"";
}

std::string wrap(const FieldRow& row, const std::string& name) {
  const std::string member = "\"" + name + "\":" + value_of(row);
  switch (row.object) {
    case SourceObject::status: return "\"status\":{" + member + "}";
    case SourceObject::location: return "\"location\":{" + member + "}";
    case SourceObject::coordinates: return "\"location\":{\"geoCoordinates\":{\"latitude\":1,\"longitude\":1," + member + "}}";
    case SourceObject::device: return "\"deviceDetail\":{" + member + "}";
    case SourceObject::agent: return "\"agent\":{" + member + "}";
    case SourceObject::managed_identity: return "\"managedServiceIdentity\":{" + member + "}";
    case SourceObject::step: return "\"authenticationDetails\":[{" + member + "}]";
    case SourceObject::network: return "\"networkLocationDetails\":[{" + member + "}]";
    default: return member;
  }
}

/// A minimal record of the dialect, with `member` behind the rest.
std::string message(Dialect dialect, const std::string& member) {
  const std::string base = R"("id":"e-1","createdDateTime":"2026-03-02T08:00:00Z","appId":"a-1")";
  const std::string extra = member.empty() ? "" : "," + member;
  if (dialect == kGraph) return "{" + base + R"(,"tenantId":"t-1","clientAppUsed":"x")" + extra + "}";
  const bool envelope = dialect == kEnvelope;
  return R"({"category":"SignInLogs","tenantId":"t-1")" + (envelope ? extra : "") + ",\"properties\":{" + base + (envelope ? "" : extra) + "}}";
}

/// Rows that are containers or choose how others are read: tests of the decoder look at those.
bool is_structural(const FieldRow& row) {
  return row.kind == ValueKind::wrapper || row.kind == ValueKind::object || row.name == "category" || row.name == "signInEventTypes" ||
         row.kind == ValueKind::list || row.object == SourceObject::step;
}

}  // namespace

TEST_CASE("docs/fields.md is what the table says", "[codec][docs]") {
  const std::string path = std::string{BARTIZAN_SOURCE_DIR} + "/docs/fields.md";
  if (std::getenv("BARTIZAN_REWRITE") != nullptr) std::ofstream{path, std::ios::binary} << fields_markdown();
  std::ifstream in{path, std::ios::binary};
  std::stringstream text;
  text << in.rdbuf();
  CHECK(text.str() == fields_markdown());
}

TEST_CASE("each row of the field table changes the model, in any case of its name", "[codec]") {
  for (const FieldRow& row : field_rows()) {
    if (is_structural(row)) continue;
    for (const Dialect dialect : {kEnvelope, kProperties, kGraph}) {
      // The envelope's resourceId, tenantId and correlationId stand in for others only.
      if ((row.dialects & dialect) == 0 || (dialect == kEnvelope && (row.name == "resourceId" || row.name == "location"))) continue;
      // Read only where something else is absent.
      if (row.name == "aggregationDateTime" || (row.name == "tenantId" && dialect == kProperties)) continue;
      std::string upper{row.name};
      for (char& c : upper) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
      INFO(row.name << " " << static_cast<int>(dialect));
      const auto plain = decode_all(message(dialect, ""));
      const auto with = decode_all(message(dialect, wrap(row, std::string{row.name})));
      const auto shouted = decode_all(message(dialect, wrap(row, upper)));
      REQUIRE(with.size() == 1);
      INFO(with[0].letter.detail);
      REQUIRE(with[0].kind == DecodedRecord::Kind::sign_in);
      CHECK(differences(plain[0].fields, with[0].fields) != "");
      CHECK(differences(with[0].fields, shouted[0].fields) == "");
    }
  }
}

TEST_CASE("names that differ in a letter, a prefix or a suffix are not found", "[codec]") {
  std::string key(64, '\0');
  const auto find = [&key](std::string_view name) {
    std::fill(key.begin(), key.end(), 'x');
    name.copy(key.data(), name.size());
    return find_field(SourceObject::record, std::string_view{key}.substr(0, name.size()));
  };
  for (const FieldRow& row : field_rows()) {
    if (row.object != SourceObject::record) continue;
    CHECK(find(row.name) == row.field);
    std::string other{row.name};
    other[other.size() / 2] = '?';
    CHECK(find(other) == Field::none);
    CHECK(find(std::string{row.name} + "x") == Field::none);
    other = row.name;
    other[0] = static_cast<char>(other[0] ^ 0x40);  // not a change of case
    CHECK(find(other) == Field::none);
  }
  CHECK(find("") == Field::none);
  CHECK(find(std::string(50, 'a')) == Field::none);
}
