// Every rule of the built-in pack against its test file.

#include <catch2/catch.hpp>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "rules/packs/bundle.h"
#include "rules/packs/catalogue.h"
#include "rules/packs/catalogue_text.h"
#include "rules/testing/runner.h"

namespace bartizan {
namespace {

namespace fs = std::filesystem;
const fs::path kSource{BARTIZAN_SOURCE_DIR};

std::string read_file(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

Bundle builtin_bundle() {
  settings::Diagnostics diagnostics;
  auto bundle = Bundle::make(builtin_pack(), EngineSettings{}, diagnostics);
  INFO(settings::render(diagnostics, false));
  REQUIRE(bundle);
  return *bundle;
}

TEST_CASE("every rule of the pack fires and stays silent where its tests say", "[packs]") {
  const Bundle bundle = builtin_bundle();
  std::vector<std::string> tested;
  for (const BundleFile& file : bundle.files()) {
    fs::path path = kSource / "rules/packs" / file.path;
    path.replace_extension(".test.yml");
    INFO(path.string());
    REQUIRE(fs::exists(path));
    settings::Diagnostics diagnostics;
    const auto result = rule_testing::run_test_file("rules/packs/" + fs::path(file.path).replace_extension(".test.yml").string(), read_file(path), bundle, diagnostics);
    INFO(settings::render(diagnostics, false));
    REQUIRE(result);
    INFO(rule_testing::describe_failures(*result));
    CHECK(result->passed());
    CHECK(result->firing_cases() >= 1);
    CHECK(result->silent_cases() >= 1);
    tested.push_back(result->rule);
  }
  std::sort(tested.begin(), tested.end());
  std::vector<std::string> rules;
  for (const PackRule& r : bundle.rules()) rules.push_back(r.rule.alert.id);
  CHECK(tested == rules);
}

TEST_CASE("every detector has a rule in the pack", "[packs]") {
  const Bundle bundle = builtin_bundle();
  for (const DetectorType* type : detector_types()) {
    const bool used = std::any_of(bundle.rules().begin(), bundle.rules().end(), [type](const PackRule& r) { return r.rule.type == type; });
    INFO(type->id);
    CHECK(used);
  }
}

TEST_CASE("docs/detections.md is what the pack says", "[packs][docs]") {
  const std::string text = catalogue_markdown(builtin_bundle().rules());
  const fs::path page = kSource / "docs/detections.md";
  const char* rewrite = std::getenv("BARTIZAN_REWRITE");
  if (rewrite != nullptr && std::string_view(rewrite) == "1") std::ofstream(page, std::ios::binary) << text;
  CHECK(read_file(page) == text);
}

}  // namespace
}  // namespace bartizan
