// Documentation that says what is not there is worse than none.

#include <catch2/catch.hpp>

#include <set>

#include "tests/lint/source_tree.h"

using namespace bartizan::lint;

namespace {

std::filesystem::path root() { return BARTIZAN_SOURCE_DIR; }

std::vector<std::string> markdown() {
  auto files = files_below({"docs"}, {".md"});
  files.insert(files.end(), {"README.md", "CHANGELOG.md"});
  return files;
}

/// Targets of [text](target) links, without anchors and without web addresses.
std::vector<std::string> local_links(const std::string& text) {
  std::vector<std::string> out;
  for (std::size_t at = text.find("]("); at != std::string::npos; at = text.find("](", at + 2)) {
    const std::size_t end = text.find(')', at);
    if (end == std::string::npos) break;
    std::string target = text.substr(at + 2, end - at - 2);
    target = target.substr(0, target.find('#'));
    if (!target.empty() && target.find("://") == std::string::npos) out.push_back(target);
  }
  return out;
}

}  // namespace

TEST_CASE("every local link in the documentation leads to a file", "[lint][docs]") {
  std::vector<std::string> wrong;
  for (const auto& file : markdown()) {
    REQUIRE(std::filesystem::exists(root() / file));
    for (const auto& link : local_links(read_file(root() / file))) {
      if (!std::filesystem::exists((root() / file).parent_path() / link)) wrong.push_back(file + " -> " + link);
    }
  }
  INFO(joined(wrong));
  CHECK(wrong.empty());
}

TEST_CASE("README gives the two set-up commands and they exist", "[lint][docs]") {
  const std::string readme = read_file(root() / "README.md");
  for (const auto* script : {"deploy/demo.sh", "tests/run.sh"}) {
    CHECK(readme.find(std::string("bash ") + script) != std::string::npos);
    CHECK(std::filesystem::exists(root() / script));
  }
  CHECK(read_file(root() / ".ci/run").find("bash tests/run.sh") != std::string::npos);
}

TEST_CASE("every folder of code is named in docs/ARCHITECTURE.md", "[lint][docs]") {
  const std::string text = read_file(root() / "docs/ARCHITECTURE.md");
  std::set<std::string> folders;
  for (const auto& file : files_below({"engine", "rules", "connectors"}, {".cpp"})) folders.insert(file.substr(0, file.rfind('/')));
  std::vector<std::string> wrong;
  for (const auto& folder : folders) {
    if (text.find(folder + "/") == std::string::npos && text.find(folder + "`") == std::string::npos) wrong.push_back(folder);
  }
  INFO(joined(wrong));
  CHECK(wrong.empty());
}

TEST_CASE("nothing in the tree is left unfinished or copied from a machine", "[lint]") {
  // Spelled in pieces so that this file does not find itself.
  static const std::vector<std::string> words = {std::string("TO") + "DO", std::string("FIX") + "ME", std::string("/work") + "/",
                                                 std::string("/root") + "/", std::string("/tmp") + "/b-"};
  std::vector<std::string> wrong;
  auto files = files_below({"engine", "rules", "connectors", "tests", "deploy"}, {".h", ".cpp", ".sh", ".py", ".yml", ".txt", ".cmake"});
  for (const auto& file : markdown()) files.push_back(file);
  for (const auto& file : files) {
    const std::string text = read_file(root() / file);
    for (const auto& word : words) {
      if (text.find(word) != std::string::npos) wrong.push_back(file + " holds " + word);
    }
  }
  INFO(joined(wrong));
  CHECK(wrong.empty());
}
