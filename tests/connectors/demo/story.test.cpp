#include "connectors/demo/story.h"

#include <catch2/catch.hpp>

#include <fstream>
#include <sstream>
#include <string>

#include "connectors/demo/memory_line.h"
#include "connectors/demo/screen.h"

namespace bartizan::demo {
namespace {

struct Shown {
  int code = 0;
  std::string out, err;
};

Shown play(const std::string& scenario, std::uint32_t width = 0, bool colour = false) {
  Shown shown;
  DemoOptions o;
  o.scenario = scenario;
  o.headless = true;
  o.width = width;
  o.colour = colour;
  o.out = [&shown](std::string_view text) { shown.out += text; };
  o.err = [&shown](std::string_view text) { shown.err += text; };
  const auto line = make_memory_line();
  shown.code = run_demo(o, *line);
  return shown;
}

}  // namespace

TEST_CASE("the demo finds everything that it injects and is silent on the near misses", "[demo]") {
  const Shown shown = play("all");
  INFO(shown.out << shown.err);
  CHECK(shown.code == 0);
  CHECK(shown.out.find("injected 8, detected 8, missed 0, near misses silent 2 of 2") != std::string::npos);
  CHECK(shown.out.find("confirmedCompromised") != std::string::npos);

  // The same seed gives the same bytes, here and through files: the golden file is what `bartizan demo --headless` prints.
  std::ifstream file{BARTIZAN_SOURCE_DIR "/tests/connectors/demo/story.golden.txt"};
  REQUIRE(file);
  std::ostringstream golden;
  golden << file.rdbuf();
  CHECK(shown.out == golden.str());
}

TEST_CASE("no line of the demo is wider than the terminal", "[demo]") {
  const Shown shown = play("all", 80);
  std::istringstream lines{shown.out};
  for (std::string line; std::getline(lines, line);) {
    INFO(line);
    CHECK(columns_of(line) <= 80);
  }
}

TEST_CASE("one scenario can be played by its name or its rule", "[demo]") {
  CHECK(play("mfaFatigue").out.find("injected 1, detected 1") != std::string::npos);
  CHECK(play("password_spray").out.find("injected 1, detected 1") != std::string::npos);
}

TEST_CASE("an unknown scenario is a usage error and prints nothing", "[demo]") {
  const Shown shown = play("mfaFatige");
  CHECK(shown.code == 2);
  CHECK(shown.out.empty());
}

TEST_CASE("colour comes on top of words, never instead of them", "[demo]") {
  std::string plain;
  for (const char c : play("mfaFatigue", 0, true).out) plain.push_back(c);
  std::string without;
  for (std::size_t i = 0; i < plain.size(); ++i) {
    if (plain[i] == '\x1b') {
      i = plain.find('m', i);
    } else {
      without.push_back(plain[i]);
    }
  }
  CHECK(plain.size() > without.size());
  CHECK(without == play("mfaFatigue").out);
}

TEST_CASE("texts are cut at whole characters and cleared of control characters", "[demo]") {
  CHECK(fitted("Zürich", 0) == "Zürich");
  CHECK(fitted("Zürich", 6) == "Zürich");
  CHECK(fitted("Zürich", 3) == "Zü…");
  CHECK(fitted("a\x1b[2Jb", 0) == "a [2Jb");
  CHECK(wrapped("one two three", 7) == std::vector<std::string>{"one two", "three"});
  CHECK(wrapped("one two three four", 8) == std::vector<std::string>{"one two", "three f…"});
  CHECK(wrapped("one two", 0) == std::vector<std::string>{"one two"});
  CHECK(wrapped("donaudampfschiff", 5) == std::vector<std::string>{"dona…"});
  CHECK(grouped(1234567) == "1,234,567");
  CHECK(grouped(12) == "12");
}

}  // namespace bartizan::demo
