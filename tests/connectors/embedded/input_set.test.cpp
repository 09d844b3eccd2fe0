#include "connectors/embedded/input_set.h"

#include <catch2/catch.hpp>

#include "connectors/embedded/published_time.h"
#include "connectors/embedded/replay_input.h"
#include "tests/connectors/embedded/scratch.h"

using namespace bartizan;
using namespace bartizan::embedded;
using bartizan::testing::Scratch;

namespace {

std::string at(int seconds, std::string_view name = "time") {
  return "{\"" + std::string{name} + "\": \"" + format_time(time_from_ms(1'772'000'000'000 + seconds * 1000LL)) + "\"}\n";
}

std::vector<InputPattern> patterns(std::vector<std::string> globs) {
  std::vector<InputPattern> all;
  for (std::string& g : globs) all.push_back({std::move(g), "", false});
  return all;
}

// File name and line of every message, in the order of the merge.
std::vector<std::string> order_of(InputSet& set, std::size_t max) {
  std::vector<std::string> order;
  set.open();
  while (true) {
    std::vector<InputSet::Taken> taken;
    set.take(taken, max);
    for (const auto& t : taken) order.push_back(std::string{t.input->source().file} + ":" + std::to_string(t.message.line));
    if (taken.empty()) break;
  }
  CHECK(set.exhausted());
  return order;
}

}  // namespace

TEST_CASE("the published time is read off any dialect, and its absence is no error") {
  const Time t = time_from_ms(1'772'000'000'000);
  CHECK(published_time(R"({"time": "2026-02-25T06:13:20Z","category":"x"})") == t);
  CHECK(published_time(R"({"id":"a","createdDateTime" : "2026-02-25T06:13:20.000Z"})") == t);
  CHECK(published_time(R"({"CreationTime":"2026-02-25T06:13:20"})") == t);
  CHECK(published_time(R"({"TimeGenerated":"2026-02-25T06:13:20Z"})") == t);
  CHECK(published_time(R"({"a":"time","b":["time"],"time":7,"createdDateTime":"2026-02-25T06:13:20Z"})") == t);
  CHECK_FALSE(published_time(R"({"time": 5})"));
  CHECK_FALSE(published_time(R"({"time": "2026-02-25T06:13)"));
  CHECK_FALSE(published_time(R"("time")"));
  CHECK_FALSE(published_time(""));
}

TEST_CASE("files interleave by published time; ties go by the order of the files; a file's own order stays") {
  const Scratch dir;
  testing::write_file(dir / "a", at(10) + at(30) + at(20) + at(40));
  testing::write_file(dir / "b", at(5) + "broken\n" + at(25, "createdDateTime") + at(30));
  testing::write_file(dir / "c.gz", testing::gzip(at(30)));
  for (const std::size_t max : {std::size_t{1}, std::size_t{2}, std::size_t{100}}) {
    InputSet set{patterns({dir / "[ab]", dir / "c*"}), false, {}};
    CHECK(order_of(set, max) == std::vector<std::string>{"b:1", "b:2", "a:1", "b:3", "a:2", "a:3", "b:4", "c.gz:1", "a:4"});
  }
}

TEST_CASE("globs match in byte order and a file is read once, however often it is named") {
  const Scratch dir;
  for (const char* name : {"b", "a", "B", "a1"}) testing::write_file(dir / name, "x\n");
  InputSet set{patterns({dir / "a", dir / "*"}), false, {}};
  CHECK(order_of(set, 10) == std::vector<std::string>{"a:1", "B:1", "a1:1", "b:1"});
}

TEST_CASE("a thousand files of an archive interleave without being open all at once") {
  const Scratch dir;
  std::vector<std::pair<int, std::string>> expected;
  testing::SplitMix random{3};
  for (int i = 0; i < 300; ++i) {
    const std::string name = "f" + std::to_string(1000 + i);
    const int first = static_cast<int>(random.below(100000));
    testing::write_file(dir / name, at(first) + at(first + 50));
    expected.emplace_back(first, name + ":1");
    expected.emplace_back(first + 50, name + ":2");
  }
  std::stable_sort(expected.begin(), expected.end(), [](const auto& a, const auto& b) {
    return a.first != b.first ? a.first < b.first : a.second < b.second;
  });
  std::vector<std::string> names;
  for (const auto& e : expected) names.push_back(e.second);
  InputSet set{patterns({dir / "f*"}), false, {}};
  CHECK(order_of(set, 64) == names);
}

TEST_CASE("the merge goes on from committed positions as if it had not stopped") {
  const Scratch dir;
  testing::SplitMix random{11};
  for (const char* name : {"a", "b", "c"}) {
    std::string text;
    int t = 0;
    for (int i = 0; i < 40; ++i) text += at(t += static_cast<int>(random.below(30)) - 5);
    testing::write_file(dir / name, text);
  }
  InputSet whole{patterns({dir / "*"}), false, {}};
  const auto expected = order_of(whole, 7);
  for (std::size_t stop = 1; stop < expected.size(); ++stop) {
    std::map<std::string, InputPosition, std::less<>> positions;
    std::vector<std::string> order;
    {
      InputSet first{patterns({dir / "*"}), false, {}};
      first.open();
      while (order.size() < stop) {
        std::vector<InputSet::Taken> taken;
        first.take(taken, stop - order.size());
        for (const auto& t : taken) order.push_back(std::string{t.input->source().file} + ":" + std::to_string(t.message.line));
      }
      for (FileInput* input : first.moved()) positions[input->path()] = input->position();
    }
    InputSet second{patterns({dir / "*"}), false, [&](std::string_view path) -> std::optional<InputPosition> {
                      const auto found = positions.find(path);
                      if (found == positions.end()) return std::nullopt;
                      return found->second;
                    }};
    const auto rest = order_of(second, 7);
    order.insert(order.end(), rest.begin(), rest.end());
    REQUIRE(order == expected);
  }
}

TEST_CASE("an input that fails is reported once and the others are read all the same") {
  const Scratch dir;
  testing::write_file(dir / "good", at(1) + at(2));
  const std::string packed = testing::gzip(at(1) + at(3));
  testing::write_file(dir / "cut", packed.substr(0, packed.size() - 9));
  InputSet set{patterns({dir / "cut", dir / "good", dir / "missing", dir.path()}), false, {}};
  const auto order = order_of(set, 10);
  CHECK(std::count(order.begin(), order.end(), "good:2") == 1);
  REQUIRE(set.problems().size() == 3);
  CHECK(set.problems()[0].error.code == "not_found");
  CHECK(set.problems()[1].error.code == "not_a_file");
  CHECK(set.problems()[2].error.code == "truncated_input");
}

TEST_CASE("follow mode finds files that appear later and keeps what is no input out") {
  const Scratch dir;
  testing::write_file(dir / "a", at(1));
  testing::write_file(dir / "alerts.ndjson", "ours\n");
  InputSet set{patterns({dir / "*"}), true, {}, [](const std::string& path) { return path.ends_with("alerts.ndjson"); }};
  set.open();
  std::vector<InputSet::Taken> taken;
  set.take(taken, 10);
  CHECK(taken.size() == 1);
  CHECK(set.inputs() == 1);
  CHECK_FALSE(set.exhausted());
  testing::append_file(dir / "a", at(2));
  taken.clear();
  set.take(taken, 10);
  REQUIRE(taken.size() == 1);
  CHECK(taken[0].message.line == 2);
}

TEST_CASE("replay hands out padded messages with their place, and dead letters for what is too large") {
  class Letters final : public OutputSink {
   public:
    void emit(OutputRecord&& record) override { records.push_back(std::move(record)); }
    std::vector<OutputRecord> records;
  };
  const Scratch dir;
  testing::write_file(dir / "in.ndjson", at(1) + std::string(kMessageBytesMax + 1, 'z') + "\n" + at(2));
  Letters letters;
  ReplayInput replay{patterns({dir / "in.ndjson"}), letters};
  std::vector<std::int64_t> lines;
  while (!replay.exhausted()) {
    for (const RawMessage& m : replay.poll(10, Duration{0})) {
      CHECK(m.position.source.file == "in.ndjson");
      CHECK(m.position.source.input == dir / "in.ndjson");
      CHECK_FALSE(m.arrival.has_value());
      CHECK((m.bytes.data()[m.bytes.size()] == '\n' || m.bytes.data()[m.bytes.size()] == '\0'));
      lines.push_back(m.position.offset);
    }
  }
  CHECK(lines == std::vector<std::int64_t>{1, 3});
  CHECK(replay.too_large_total() == 1);
  REQUIRE(letters.records.size() == 1);
  CHECK(letters.records[0].value.find("\"reason\":\"too_large\"") != std::string::npos);
  CHECK(letters.records[0].value.find("\"line\":2") != std::string::npos);
  CHECK(replay.problems().empty());
}
