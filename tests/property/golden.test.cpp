// The same bytes on every compiler, build type and sanitizer: outputs of fixed histories, committed beside this file.
//
// After a wanted change of outputs write them anew with BARTIZAN_REWRITE=1 and look at the difference before committing it.

#include <catch2/catch.hpp>

#include <algorithm>
#include <cstdlib>
#include <fstream>

#include "engine/codec/record_decoder.h"
#include "engine/pipeline/replay.h"
#include "tests/support/line/fold.h"
#include "tests/support/line/raw_history.h"
#include "tests/support/line/scenario.h"

using namespace bartizan;
using namespace bartizan::test;

namespace {

/// Compares with tests/property/golden/NAME.
void check_golden(const std::string& name, const std::vector<std::string>& lines) {
  const std::string path = std::string{BARTIZAN_SOURCE_DIR} + "/tests/property/golden/" + name;
  if (std::getenv("BARTIZAN_REWRITE") != nullptr) {
    std::ofstream out(path, std::ios::binary);
    for (const std::string& line : lines) out << line << '\n';
  }
  std::ifstream in(path, std::ios::binary);
  REQUIRE(in);
  std::vector<std::string> expected;
  for (std::string line; std::getline(in, line);) expected.push_back(line);
  for (std::size_t i = 0; i < std::min(expected.size(), lines.size()); ++i) {
    INFO(name << " line " << i + 1);
    REQUIRE(lines[i] == expected[i]);
  }
  CHECK(lines.size() == expected.size());
}

}  // namespace

TEST_CASE("golden: a mixed history through the fold", "[property]") {
  const auto messages = Scenario(4711, 350).messages(1, 8);
  Fold fold;
  std::vector<std::string> all;
  for (std::size_t at = 0; at < messages.size(); ++at) {
    for (std::string& line : fold.step(messages[at], static_cast<std::int64_t>(at))) all.push_back(std::move(line));
  }
  all.push_back("hash " + std::to_string(fold.shard.output_hash()));
  check_golden("fold.txt", all);
}

TEST_CASE("golden: raw records through the whole line", "[property]") {
  CollectedOutputs out;
  const std::string bundle = SmallRules::hash('a');
  IngestOptions options;
  options.engine_version = "golden";
  ReplayLine line(std::make_shared<SmallRules>(), BundleActivation{bundle, {}, 3, {}}, out, options);
  for (const auto& [position, text] : raw_history(4712, 150)) {
    const std::string padded = text + std::string(RecordDecoder::kPadding, '\0');
    RawMessage message;
    message.position = position;
    message.bytes = std::string_view{padded}.substr(0, text.size());
    REQUIRE(line.step(message).ok());
  }
  REQUIRE(line.finish().ok());
  check_golden("line.txt", lines(out.records));
}
