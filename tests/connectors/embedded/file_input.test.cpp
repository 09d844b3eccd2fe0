#include "connectors/embedded/file_input.h"

#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstdio>
#include <filesystem>

#include "engine/model/alert.h"
#include "tests/connectors/embedded/scratch.h"

using namespace bartizan;
using namespace bartizan::embedded;
using bartizan::testing::Scratch;

namespace {

struct Read {
  std::vector<std::string> messages;
  std::vector<std::int64_t> lines;
  FileInput::State end = FileInput::State::unread;
  std::string code;
};

// Takes messages until the input has none at the moment.
void drain(FileInput& input, Read& read) {
  FileInput::State state = input.state();
  while (true) {
    while (state == FileInput::State::message) {
      read.messages.emplace_back(input.front().bytes);
      read.lines.push_back(input.front().line);
      state = input.pop();
    }
    if (state != FileInput::State::unread) break;
    state = input.fill();
  }
  read.end = state;
  if (state == FileInput::State::failed) read.code = input.error().code;
}

// Until nothing comes any more in follow mode: rotation takes a few looks.
void look_again(FileInput& input, Read& read, int times = 4) {
  for (int i = 0; i < times; ++i) {
    if (input.state() == FileInput::State::waiting) input.fill();
    drain(input, read);
  }
}

Read read_all(const std::string& path, FileInputOptions options = {}) {
  FileInput input{path, options};
  input.open(std::nullopt);
  Read read;
  drain(input, read);
  return read;
}

FileInputOptions follow() {
  FileInputOptions options;
  options.follow = true;
  return options;
}

void check_text(std::string_view text, const std::vector<std::string>& messages, const std::vector<std::int64_t>& lines) {
  const Scratch dir;
  testing::write_file(dir / "in", text);
  const Read read = read_all(dir / "in");
  CHECK(read.messages == messages);
  CHECK(read.lines == lines);
  CHECK(read.end == FileInput::State::finished);
}

}  // namespace

TEST_CASE("lines are messages, numbered from 1, without newline and carriage return") {
  check_text("{\"a\":1}\n{\"a\":2}\r\n\n{\"a\":3}\n", {"{\"a\":1}", "{\"a\":2}", "", "{\"a\":3}"}, {1, 2, 3, 4});
  check_text("{\"a\":1}\n{\"a\":2}", {"{\"a\":1}", "{\"a\":2}"}, {1, 2});
  check_text("", {}, {});
  check_text("\n", {""}, {1});
  check_text("\xef\xbb\xbf{\"a\":1}\n", {"{\"a\":1}"}, {1});
  check_text(std::string_view{"\0\0{}\n\0", 6}, {std::string{"\0\0{}", 4}, std::string{"\0", 1}}, {1, 2});
}

TEST_CASE("a JSON document over many lines is one message, numbered by its first line") {
  const std::string graph = "{\n  \"value\": [\n    {\"id\": \"}{\"},\n    {\"id\": \"b\\\"]\"}\n  ]\n}";
  check_text(graph + "\n", {graph}, {1});
  check_text(graph, {graph}, {1});
  check_text("\n" + graph + "\n" + graph + "\n", {"", graph, graph}, {1, 2, 8});
  check_text("[\n{\"a\":1},\n{\"a\":2}\n]\n", {"[\n{\"a\":1},\n{\"a\":2}\n]"}, {1});
  check_text("{\"value\":[\n{\"a\":1}\n]}\n", {"{\"value\":[\n{\"a\":1}\n]}"}, {1});
}

TEST_CASE("a first line that was cut off does not swallow the lines after it") {
  check_text("{\"a\":{\"b\":1,\n{\"a\":2}\n{\"a\":3}\n", {"{\"a\":{\"b\":1,", "{\"a\":2}", "{\"a\":3}"}, {1, 2, 3});
  check_text("{\"a\":\"cut\n{\"a\":2}\n", {"{\"a\":\"cut", "{\"a\":2}"}, {1, 2});
}

TEST_CASE("a document that never closes is one message at the end of the file") {
  check_text("{\n  \"value\": [\n", {"{\n  \"value\": [\n"}, {1});
}

TEST_CASE("plain, gzip and zstd hold the same messages, in one member or in many") {
  std::string text;
  testing::SplitMix random{7};
  std::vector<std::string> expected;
  for (int i = 0; i < 3000; ++i) {
    std::string line = "{\"n\":" + std::to_string(i) + ",\"x\":\"" + std::string(random.below(4000), static_cast<char>('a' + i % 26)) + "\"}";
    text += line + "\n";
    expected.push_back(std::move(line));
  }
  expected.push_back(std::string(3 << 20, 'y'));  // longer than several blocks
  text += expected.back() + "\n";
  const Scratch dir;
  const std::size_t cut = text.size() / 3;
  testing::write_file(dir / "plain", text);
  testing::write_file(dir / "gzip", testing::gzip(text));
  testing::write_file(dir / "zstd", testing::zstd(text));
  testing::write_file(dir / "gzips", testing::gzip(text.substr(0, cut)) + testing::gzip("") + testing::gzip(text.substr(cut)) + std::string(512, '\0'));
  testing::write_file(dir / "zstds", testing::zstd(text.substr(0, cut)) + testing::zstd("") + testing::zstd(text.substr(cut)));
  for (const char* name : {"plain", "gzip", "zstd", "gzips", "zstds"}) {
    INFO(name);
    const Read read = read_all(dir / name);
    CHECK(read.end == FileInput::State::finished);
    CHECK((read.messages == expected));
  }
}

TEST_CASE("a truncated or damaged archive gives what stood before, and an error") {
  std::string text;
  for (std::uint64_t i = 0; i < 20000; ++i) text += "{\"n\":" + std::to_string(i * 2654435761ULL % 1000003) + "}\n";
  const Scratch dir;
  for (const bool is_gzip : {true, false}) {
    const std::string packed = is_gzip ? testing::gzip(text) : testing::zstd(text);
    testing::write_file(dir / "cut", std::string_view{packed}.substr(0, packed.size() * 3 / 4));
    const Read cut = read_all(dir / "cut");
    CHECK(cut.end == FileInput::State::failed);
    CHECK(cut.code == "truncated_input");
    const auto lines = testing::split_lines(text);
    if (is_gzip) CHECK(cut.messages.size() > 10000);
    for (std::size_t i = 0; i + 1 < cut.messages.size(); ++i) REQUIRE(cut.messages[i] == lines[i]);

    std::string damaged = packed + packed;
    damaged[packed.size() + packed.size() / 2] ^= 0x55;
    testing::write_file(dir / "damaged", damaged);
    const Read read = read_all(dir / "damaged");
    CHECK(read.end == FileInput::State::failed);
    CHECK(read.code == "damaged_input");
    CHECK(read.messages.size() >= lines.size());
  }
  testing::write_file(dir / "garbage", testing::gzip("{}\n") + "not an archive");
  const Read garbage = read_all(dir / "garbage");
  CHECK(garbage.messages == std::vector<std::string>{"{}"});
  CHECK(garbage.code == "damaged_input");
  testing::write_file(dir / "head", "\x1f");
  CHECK(read_all(dir / "head").code == "truncated_input");
}

TEST_CASE("a folder, a missing file and one that may not be read are errors with a message") {
  const Scratch dir;
  CHECK(read_all(dir.path()).code == "not_a_file");
  CHECK(read_all(dir / "nothing").code == "not_found");
  testing::write_file(dir / "secret", "{}\n");
  std::filesystem::permissions(dir / "secret", std::filesystem::perms::none);
  constexpr uid_t kNobody = 65534;
  const bool root = ::geteuid() == 0;  // root may read everything
  if (root && ::seteuid(kNobody) != 0) {
    WARN("skipped: cannot stop being root");
    return;
  }
  const std::string code = read_all(dir / "secret").code;
  if (root) REQUIRE(::seteuid(0) == 0);
  CHECK(code == "no_permission");
}

TEST_CASE("a message over the bound keeps its head, size and digest, and the next one follows") {
  const Scratch dir;
  const std::string large(kMessageBytesMax + 12345, 'x');
  for (const std::string& text : {large + "\n{\"a\":2}\n", "{\"a\":0}\n" + large + "\n{\"a\":2}\n", large}) {
    testing::write_file(dir / "in", text);
    FileInput input{dir / "in", {}};
    FileInput::State state = input.open(std::nullopt);
    std::vector<std::string> small;
    std::size_t found = 0;
    while (state != FileInput::State::finished) {
      if (state == FileInput::State::message) {
        if (input.front().too_large) {
          ++found;
          CHECK(input.front().size == large.size());
          CHECK(input.front().sha256 == sha256_hex(large));
          CHECK((input.front().bytes == large.substr(0, kDeadLetterBytesMax)));
        } else {
          small.emplace_back(input.front().bytes);
        }
        state = input.pop();
        continue;
      }
      REQUIRE(state == FileInput::State::unread);
      state = input.fill();
    }
    CHECK(found == 1);
    if (text.size() > large.size()) CHECK(small.back() == "{\"a\":2}");
  }
}

TEST_CASE("an array of ten thousand records in one line is one message") {
  std::string line = "{\"records\":[";
  for (int i = 0; i < 10000; ++i) line += "{\"n\":" + std::to_string(i) + "},";
  line.back() = ']';
  line += "}";
  check_text(line + "\n", {line}, {1});
}

TEST_CASE("reading goes on from every position, in every packing") {
  std::string text;
  for (int i = 0; i < 40; ++i) text += (i % 7 == 3 ? "\r\n" : "{\"n\":" + std::to_string(i) + "}\n");
  text += "{\"last\":1}";
  const std::string document = "{\n \"value\": [\n ]\n}\n{\n \"b\": 2\n}\n{\n}";
  const Scratch dir;
  testing::write_file(dir / "plain", text);
  testing::write_file(dir / "gzip", testing::gzip(text.substr(0, 100)) + testing::gzip(text.substr(100)));
  testing::write_file(dir / "zstd", testing::zstd(text));
  testing::write_file(dir / "mark", "\xef\xbb\xbf" + text);
  testing::write_file(dir / "document", document);
  for (const char* name : {"plain", "gzip", "zstd", "mark", "document"}) {
    const Read whole = read_all(dir / name);
    for (std::size_t stop = 0; stop <= whole.messages.size(); ++stop) {
      FileInput first{dir / name, {}};
      FileInput::State state = first.open(std::nullopt);
      Read read;
      while (read.messages.size() < stop) {
        while (state == FileInput::State::unread) state = first.fill();
        read.messages.emplace_back(first.front().bytes);
        read.lines.push_back(first.front().line);
        state = first.pop();
      }
      const InputPosition position = first.position();
      FileInput second{dir / name, {}};
      second.open(position);
      drain(second, read);
      INFO(name << " stopped after " << stop);
      CHECK(second.source().generation == 0);
      CHECK(read.end == FileInput::State::finished);
      CHECK(read.messages == whole.messages);
      CHECK(read.lines == whole.lines);
    }
  }
}

// ---------------------------------------------------------------- follow

TEST_CASE("a growing file is followed, and an unfinished line waits") {
  const Scratch dir;
  testing::write_file(dir / "in", "one\ntw");
  FileInput input{dir / "in", follow()};
  input.open(std::nullopt);
  Read read;
  look_again(input, read);
  CHECK(read.messages == std::vector<std::string>{"one"});
  CHECK(read.end == FileInput::State::waiting);
  testing::append_file(dir / "in", "o\nthree\n");
  look_again(input, read);
  CHECK(read.messages == std::vector<std::string>{"one", "two", "three"});
  CHECK(read.lines == std::vector<std::int64_t>{1, 2, 3});
}

TEST_CASE("a whole JSON value without a newline is taken once the file has been quiet") {
  const Scratch dir;
  testing::write_file(dir / "in", "{\"a\":1}");
  FileInputOptions options = follow();
  options.settle = Duration{1};
  FileInput input{dir / "in", options};
  input.open(std::nullopt);
  Read read;
  for (int i = 0; i < 20 && read.messages.empty(); ++i) {
    ::usleep(2000);
    look_again(input, read);
  }
  CHECK(read.messages == std::vector<std::string>{"{\"a\":1}"});
  // The newline that comes later belongs to that line.
  testing::append_file(dir / "in", "\n{\"a\":2}\n");
  look_again(input, read);
  CHECK(read.messages == std::vector<std::string>{"{\"a\":1}", "{\"a\":2}"});
  CHECK(read.lines == std::vector<std::int64_t>{1, 2});
}

TEST_CASE("a gzip file that is being written is followed member by member") {
  const Scratch dir;
  const std::string second = testing::gzip("three\nfour\n");
  testing::write_file(dir / "in", testing::gzip("one\ntwo\n") + second.substr(0, 12));
  FileInput input{dir / "in", follow()};
  input.open(std::nullopt);
  Read read;
  look_again(input, read);
  testing::append_file(dir / "in", second.substr(12));
  look_again(input, read);
  CHECK(read.messages == std::vector<std::string>{"one", "two", "three", "four"});
}

TEST_CASE("a file that gets shorter stops the input with a message") {
  const Scratch dir;
  testing::write_file(dir / "in", "one\ntwo\nthree\n");
  FileInput input{dir / "in", follow()};
  input.open(std::nullopt);
  Read read;
  look_again(input, read);
  const InputPosition position = input.position();
  testing::write_file(dir / "in", "1\n");
  look_again(input, read);
  CHECK(read.messages.size() == 3);
  CHECK(read.code == "input_shrunk");

  FileInput again{dir / "in", follow()};
  CHECK(again.open(position) == FileInput::State::failed);
  CHECK(again.error().code == "input_shrunk");
}

TEST_CASE("a file with another beginning is not taken for the one that was read, though it is as long") {
  const Scratch dir;
  testing::write_file(dir / "in", "one\ntwo\nthree\n");
  FileInput input{dir / "in", follow()};
  input.open(std::nullopt);
  Read read;
  look_again(input, read);
  const InputPosition position = input.position();
  testing::write_file(dir / "in", "eno\ntwo\nthree\nfour\n");
  FileInput again{dir / "in", follow()};
  CHECK(again.open(position) == FileInput::State::failed);
  CHECK(again.error().code == "input_swapped");
}

TEST_CASE("rotation by rename: the old file is read to its end, then the new one as the next generation") {
  const Scratch dir;
  testing::write_file(dir / "in", "one\ntwo\n");
  FileInput input{dir / "in", follow()};
  input.open(std::nullopt);
  Read read;
  look_again(input, read);
  std::filesystem::rename(dir / "in", dir / "in.1");
  look_again(input, read);
  testing::append_file(dir / "in.1", "three\nfour");  // the writer had it still open
  testing::write_file(dir / "in", "five\n");
  look_again(input, read);
  CHECK(read.messages == std::vector<std::string>{"one", "two", "three", "four", "five"});
  CHECK(read.lines == std::vector<std::int64_t>{1, 2, 3, 4, 1});
  CHECK(input.source().generation == 1);
  CHECK(input.position().generation == 1);
}

TEST_CASE("rotation while nobody was reading: what was added to the old file is read first") {
  const Scratch dir;
  testing::write_file(dir / "in", "one\ntwo\n");
  InputPosition position;
  {
    FileInput input{dir / "in", follow()};
    input.open(std::nullopt);
    Read read;
    look_again(input, read);
    position = input.position();
  }
  testing::append_file(dir / "in", "three\n");
  std::filesystem::rename(dir / "in", dir / "in.1");
  testing::write_file(dir / "in", "four\n");
  FileInput input{dir / "in", follow()};
  input.open(position);
  Read read;
  look_again(input, read);
  CHECK(read.messages == std::vector<std::string>{"three", "four"});
  CHECK(input.source().generation == 1);
}

TEST_CASE("another file under the path, with the old one gone before it was read to its end, stops the input") {
  const Scratch dir;
  testing::write_file(dir / "in", "one\ntwo\nthree\n");
  FileInput input{dir / "in", follow()};
  input.open(std::nullopt);
  input.fill();
  input.pop();
  const InputPosition position = input.position();
  testing::write_file(dir / "other", "four\n");
  std::filesystem::rename(dir / "other", dir / "in");
  FileInput again{dir / "in", follow()};
  CHECK(again.open(position) == FileInput::State::failed);
  CHECK(again.error().code == "input_swapped");

  // Read to its end, it may go: the next file is the next generation.
  testing::write_file(dir / "in", "one\ntwo\nthree\n");
  FileInput whole{dir / "in", follow()};
  whole.open(std::nullopt);
  Read read;
  look_again(whole, read);
  const InputPosition end = whole.position();
  testing::write_file(dir / "other", "four\n");
  std::filesystem::rename(dir / "other", dir / "in");
  FileInput next{dir / "in", follow()};
  next.open(end);
  look_again(next, read);
  CHECK(read.messages.back() == "four");
  CHECK(next.source().generation == 1);
}
