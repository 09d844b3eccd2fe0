// Who may include whom. Debian installs every library into one include directory, so a link dependency alone proves nothing.

#include <catch2/catch.hpp>

#include <map>
#include <set>

#include "tests/lint/source_tree.h"

using namespace bartizan::lint;

namespace {

struct Layer {
  std::set<std::string> own;          // project folders
  std::set<std::string> third_party;  // first path component, or file prefix, of <...> includes
};

// docs/ARCHITECTURE.md shows the same table as a picture.
const std::map<std::string, Layer>& layers() {
  static const std::map<std::string, Layer> table = {
      {"engine/model", {{"engine/model"}, {"openssl"}}},
      {"engine/codec", {{"engine/model", "engine/codec"}, {"simdjson.h", "rapidjson", "openssl"}}},
      {"engine/settings", {{"engine/model", "engine/settings"}, {"yaml-cpp"}}},
      {"engine/detect", {{"engine/model", "engine/detect"}, {"absl"}}},
      {"engine/risk", {{"engine/model", "engine/detect", "engine/risk"}, {"absl"}}},
      {"engine/report", {{"engine/model", "engine/detect", "engine/report"}, {"absl"}}},
      {"engine/pipeline",
       {{"engine/model", "engine/codec", "engine/detect", "engine/risk", "engine/report", "engine/pipeline"}, {"absl"}}},
      {"rules/detectors", {{"engine/model", "engine/detect", "rules/detectors"}, {"absl"}}},
      {"rules/packs", {{"engine/model", "engine/detect", "engine/settings", "rules/detectors", "rules/packs"}, {"yaml-cpp"}}},
      {"rules/testing",
       {{"engine/model", "engine/codec", "engine/settings", "engine/detect", "engine/risk", "engine/report", "engine/pipeline", "rules/packs",
         "rules/testing"},
        {}}},
      {"connectors/embedded",
       {{"engine/model", "engine/codec", "engine/pipeline", "connectors/embedded"}, {"sqlite3.h", "zlib.h", "zstd.h"}}},
      {"connectors/kafka", {{"engine/model", "engine/codec", "engine/pipeline", "connectors/kafka"}, {"librdkafka", "rapidjson", "openssl"}}},
      {"connectors/metrics", {{"engine/model", "engine/pipeline", "connectors/metrics"}, {"prometheus"}}},
      {"connectors/http", {{"engine/model", "connectors/http"}, {"boost"}}},
      {"connectors/demo",
       {{"engine/model", "engine/codec", "engine/detect", "engine/risk", "engine/report", "engine/pipeline", "rules/packs",
         "connectors/demo"},
        {"rapidjson"}}},
      {"connectors/cli",
       {{"engine/model", "engine/codec", "engine/settings", "engine/detect", "engine/risk", "engine/report", "engine/pipeline", "rules/detectors",
         "rules/packs", "rules/testing", "connectors/embedded", "connectors/kafka", "connectors/http", "connectors/metrics", "connectors/demo", "connectors/cli"},
        {"CLI", "fmt", "spdlog", "rapidjson"}}},
  };
  return table;
}

// Headers of the system that mean a clock, a file, a socket, a thread or randomness: not below connectors/.
const std::set<std::string>& connector_only() {
  static const std::set<std::string> headers = {"fcntl.h",    "unistd.h", "sys/stat.h", "sys/socket.h", "sys/mman.h", "fstream",
                                                "filesystem", "random",   "thread",     "csignal",      "ctime",      "regex"};
  return headers;
}

bool is_third_party(const std::string& header) {
  static const std::set<std::string> known = {"simdjson.h", "rapidjson", "openssl", "yaml-cpp", "absl",  "sqlite3.h", "zlib.h", "zstd.h", "prometheus",
                                              "boost",      "fmt",       "spdlog",  "CLI",      "re2",   "maxminddb.h", "librdkafka"};
  return known.count(header.substr(0, header.find('/'))) > 0;
}

/// Everything wrong with the includes of one file.
void check_includes(const std::string& path, std::vector<std::string>& wrong) {
  const std::string folder = path.substr(0, path.rfind('/'));
  const auto layer = layers().find(folder);
  if (layer == layers().end()) {
    wrong.push_back(path + ": folder is not in the layer table");
    return;
  }
  const bool is_connector = folder.rfind("connectors/", 0) == 0;
  int number = 0;
  for (const auto& line : lines_of(read_file(std::filesystem::path(BARTIZAN_SOURCE_DIR) / path))) {
    ++number;
    if (line.rfind("#include ", 0) != 0) continue;
    const char close = line[9] == '<' ? '>' : '"';
    const std::string header = line.substr(10, line.find(close, 10) - 10);
    const std::string where = path + ":" + std::to_string(number) + " includes " + header;
    if (line[9] == '"' && !is_third_party(header)) {
      const std::size_t slash = header.rfind('/');
      if (slash == std::string::npos || layer->second.own.count(header.substr(0, slash)) == 0) wrong.push_back(where);
    } else if (is_third_party(header)) {
      if (layer->second.third_party.count(header.substr(0, header.find('/'))) == 0) wrong.push_back(where);
    } else if (!is_connector && connector_only().count(header) > 0) {
      wrong.push_back(where);
    }
  }
}

}  // namespace

TEST_CASE("every include goes in an allowed direction", "[lint]") {
  const auto files = files_below({"engine", "rules", "connectors"}, {".h", ".cpp"});
  REQUIRE(files.size() > 20);
  std::vector<std::string> wrong;
  for (const auto& file : files) check_includes(file, wrong);
  INFO(joined(wrong));
  CHECK(wrong.empty());
}

TEST_CASE("the engine and the rules read no clock, file, environment or randomness, and no libm", "[lint]") {
  static const std::vector<std::string> banned = {
      "system_clock::now", "steady_clock", "getenv(",  "fopen(",     "std::rand",   "random_device", "mt19937",   "std::exp(",  "std::log(",  "std::pow(",
      "std::sin(",         "std::cos(",    "std::hash", "absl::Hash", "std::regex", "std::thread",   "tolower(",  "toupper(",   "strtod(",    "std::stod(",
      "snprintf(",         "localtime",    "gmtime",    "std::lgamma", "std::asin(", "::getpid",      "std::log1p("};
  std::vector<std::string> wrong;
  for (const auto& file : files_below({"engine", "rules"}, {".h", ".cpp"})) {
    int number = 0;
    for (const auto& line : lines_of(read_file(std::filesystem::path(BARTIZAN_SOURCE_DIR) / file))) {
      ++number;
      const std::string code = without_comment(line);
      for (const auto& word : banned) {
        if (code.find(word) != std::string::npos) wrong.push_back(file + ":" + std::to_string(number) + " uses " + word);
      }
    }
  }
  INFO(joined(wrong));
  CHECK(wrong.empty());
}

TEST_CASE("simdjson stays in the codec and is never built with its development checks", "[lint]") {
  const std::string cmake = read_file(std::filesystem::path(BARTIZAN_SOURCE_DIR) / "CMakeLists.txt");
  CHECK(cmake.find("NDEBUG") != std::string::npos);
  CHECK(cmake.find("-ffp-contract=off") != std::string::npos);
#ifndef NDEBUG
  FAIL("NDEBUG must be defined in every unit");
#endif
}
