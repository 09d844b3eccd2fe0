// command.v1: what its schema accepts and refuses.

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "tests/engine/codec/collecting_sink.h"

using namespace bartizan;
using namespace bartizan::test;

namespace {

std::string command(const std::string& replaced, const std::string& by) {
  std::string c =
      R"({"schema":"bartizan.command/v1","id":"0b9d2c1e-3f4a-4b5c-8d6e-7f8091a2b3c4","action":"dismiss","target":{"type":"user","id":"u-1"},"tenant_id":"t-1","author":"analyst@example.com","at":"2026-03-02T08:00:00.000Z","decided_on_revision":3,"note":"known trip"})";
  const std::size_t at = replaced.empty() ? std::string::npos : c.find(replaced);
  if (at != std::string::npos) c.replace(at, replaced.size(), by);
  return c;
}

std::string outcome(const std::string& message) {
  const auto all = decode_all(message, {}, true);
  REQUIRE(all.size() == 1);
  if (all[0].kind == DecodedRecord::Kind::command) return all[0].command;
  return all[0].kind == DecodedRecord::Kind::dead_letter ? std::string{to_word(all[0].letter.reason)} : "ignored";
}

}  // namespace

TEST_CASE("a command is read", "[codec]") {
  CHECK(outcome(command("", "")) == "dismiss user u-1");
  CHECK(outcome(command(",\"decided_on_revision\":3,\"note\":\"known trip\"", "")) == "dismiss user u-1");
  CHECK(outcome(command("\"user\"", "\"agent\"")) == "dismiss agent u-1");
}

TEST_CASE("a command that its schema refuses is unsupported", "[codec]") {
  const std::pair<const char*, const char*> changes[] = {
      {"command/v1", "command/v2"}, {"0b9d2c1e", "0B9D2C1E"}, {"\"dismiss\"", "\"ignore\""}, {"\"user\"", "\"ip\""}, {"\"u-1\"", "\"U-1\""},
      {"\"u-1\"", "\"\""}, {"\"t-1\"", "\"-t\""}, {"\"t-1\"", "5"}, {"analyst@example.com", ""}, {".000Z", "Z"}, {"2026-03-02", "2026-13-02"},
      {":3,", ":0,"}, {":3,", ":1.5,"}, {":3,", ":\"3\","}, {"\"note\":\"known trip\"", "\"note\":5"}, {"\"note\"", "\"notes\""},
      {"\"id\":\"u-1\"", "\"id\":\"u-1\",\"x\":1"}, {"{\"type\":\"user\",\"id\":\"u-1\"}", "[]"}, {"\"author\":\"analyst@example.com\",", ""}};
  for (const auto& [from, to] : changes) {
    INFO(from << " -> " << to);
    CHECK(outcome(command(from, to)) == "unsupported_command");
  }
  CHECK(outcome("[1]") == "unsupported_command");
  std::string safe = command("\"dismiss\"", "\"confirm_safe\"");
  CHECK(outcome(safe) == "confirm_safe user u-1");
  safe.replace(safe.find("\"user\""), 6, "\"service_principal\"");
  CHECK(outcome(safe) == "unsupported_command");
}

TEST_CASE("broken JSON is malformed, not an unsupported command", "[codec]") { CHECK(outcome("{\"schema\":") == "malformed_json"); }

TEST_CASE("published examples of commands are read as the schema says", "[codec]") {
  const std::filesystem::path examples = std::filesystem::path{BARTIZAN_SOURCE_DIR} / "docs" / "formats" / "examples";
  std::size_t read = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator{examples}) {
    const std::string name = entry.path().filename().string();
    if (!entry.is_regular_file() || name.rfind("command", 0) != 0) continue;
    std::ifstream in{entry.path()};
    std::stringstream text;
    text << in.rdbuf();
    const bool invalid = entry.path().parent_path().filename() == "invalid";
    INFO(name);
    CHECK((outcome(text.str()) == "unsupported_command") == invalid);
    ++read;
  }
  CHECK(read > 0);
}
