// The pages that are generated from the program.

#include <catch2/catch.hpp>

#include <cstdlib>
#include <fstream>
#include <sstream>

#include "connectors/cli/app.h"
#include "connectors/cli/config.h"

using namespace bartizan;

namespace {

void compare(const std::string& page, const std::string& text) {
  const std::string path = std::string(BARTIZAN_SOURCE_DIR) + "/docs/" + page;
  if (std::getenv("BARTIZAN_REWRITE") != nullptr) std::ofstream(path) << text;
  std::ifstream in(path, std::ios::binary);
  std::ostringstream now;
  now << in.rdbuf();
  CHECK(now.str() == text);
}

}  // namespace

TEST_CASE("docs/cli.md is the program's own help", "[cli][docs]") { compare("cli.md", cli::help_markdown()); }

TEST_CASE("docs/config.md names every key", "[cli][docs]") { compare("config.md", cli::config_markdown()); }
