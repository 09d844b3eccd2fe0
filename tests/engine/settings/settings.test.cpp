#include <catch2/catch.hpp>

#include "engine/settings/binding.h"

namespace bartizan::settings {
namespace {

struct Input {
  std::string topic;
  std::uint32_t generation = 0;
};
enum class Role { ingest, detect };
struct Kafka {
  std::vector<std::string> brokers;
  std::string group_id = "bartizan";
  std::string password;
  std::vector<Input> inputs;
  TextMap librdkafka;
};
struct Commit {
  Duration interval{100};
  ByteSize memory{64u << 20};
  std::uint32_t partitions = 8;
};
struct Root {
  std::optional<Kafka> kafka;
  Commit commit;
  std::vector<Role> roles{Role::ingest, Role::detect};
};

Section<Root> root_section() {
  Section<Input> input("One input topic.");
  input.key("topic", &Input::topic, "Its name.").require().range(1, 249);
  input.key("generation", &Input::generation, "Raised when the topic was made again.");
  Section<Kafka> kafka("Kafka as transport.");
  kafka.key("brokers", &Kafka::brokers, "Where to ask first.").require();
  kafka.key("group_id", &Kafka::group_id, "Consumer group.").check([](std::string_view text) {
    return std::string(text.find(' ') == std::string_view::npos ? "" : "holds a blank");
  });
  kafka.key("password", &Kafka::password, "Secret.").conceal();
  kafka.list("inputs", &Kafka::inputs, input, "Topics to read.");
  kafka.key("librdkafka", &Kafka::librdkafka, "Handed through.");
  Section<Commit> commit("When outputs become visible.");
  commit.key("interval", &Commit::interval, "Longest wait.").range(10, 60'000);
  commit.key("memory", &Commit::memory, "Buffers.");
  commit.key("partitions", &Commit::partitions, "Of the journal.").range(1, 1024);
  Section<Root> root("Everything.");
  root.section("kafka", &Root::kafka, kafka);
  root.section("commit", &Root::commit, commit);
  root.words("roles", &Root::roles, {{"ingest", Role::ingest}, {"detect", Role::detect}}, "What to run.");
  return root;
}

struct Reading {
  std::optional<Root> root;
  Diagnostics diagnostics;
  Document document;
};
Reading read(const std::string& text) {
  Reading r;
  r.document = read_document("bartizan.yaml", text, r.diagnostics);
  r.root = bind(root_section(), r.document, r.diagnostics);
  return r;
}

/// "code line:column-end message" of every diagnostic.
std::vector<std::string> told(const Diagnostics& all) {
  std::vector<std::string> out;
  for (const Diagnostic& d : all.all()) {
    out.push_back(d.code + " " + std::to_string(d.at.line) + ":" + std::to_string(d.at.column) + "-" + std::to_string(d.at.end_column) + " " +
                  d.message);
  }
  return out;
}
using Lines = std::vector<std::string>;

TEST_CASE("a section reads its keys and keeps the defaults of the others", "[settings]") {
  const Reading r = read(
      "# comment\n"
      "kafka:\n"
      "  brokers: [one:9092, two:9092]\n"
      "  inputs:\n"
      "    - {topic: a}\n"
      "    - topic: b\n"
      "      generation: 2\n"
      "  librdkafka: {fetch.wait.max.ms: 5}\n"
      "commit: {interval: 15m, memory: 1GiB}\n"
      "roles: [detect]\n");
  // 15m is above the bound of a minute.
  CHECK(told(r.diagnostics) == Lines{"E0105 9:20-23 'interval' is 15m, but must be between 10ms and 1m"});
  const Reading good = read("kafka: {brokers: [one:9092], inputs: [{topic: a}, {topic: b, generation: 2}]}\ncommit: {interval: 5s}\nroles: [detect]\n");
  REQUIRE(good.diagnostics.ok());
  REQUIRE(good.root->kafka);
  CHECK(good.root->kafka->brokers == std::vector<std::string>{"one:9092"});
  CHECK(good.root->kafka->group_id == "bartizan");
  CHECK(good.root->kafka->inputs.at(1).generation == 2);
  CHECK(good.root->commit.interval == Duration{5000});
  CHECK(good.root->commit.memory.bytes == 64u << 20);
  CHECK(good.root->roles == std::vector<Role>{Role::detect});
}

TEST_CASE("an absent or empty optional section stays absent", "[settings]") {
  CHECK_FALSE(read("").root->kafka);
  CHECK_FALSE(read("kafka:\n").root->kafka);
  CHECK_FALSE(read("commit:\n").root->kafka);
}

TEST_CASE("every mistake is reported at once with its place", "[settings]") {
  const Reading r = read(
      "kafka:\n"
      "  brokers: one\n"
      "  grop_id: bartizan\n"
      "  inputs: [{generation: -1}, {topic: \"\"}]\n"
      "commit:\n"
      "  interval: soon\n"
      "  interval: 1s\n"
      "  partitions: 0\n"
      "roles: [ingset]\n"
      "comit: {}\n");
  CHECK(told(r.diagnostics) == Lines{
                                   "E0103 7:3-11 duplicate key 'interval'",
                                   "E0104 2:12-15 'brokers' must be a list, but is 'one'",
                                   "E0107 3:3-10 unknown key 'grop_id'",
                                   "E0105 4:25-27 'generation' is -1, but must be between 0 and 4294967295",
                                   "E0106 4:12-13 missing key 'topic' in 'inputs'",
                                   "E0105 4:38-40 'topic' must be between 1 and 249 bytes long",
                                   "E0104 6:13-17 'interval' must be a duration such as 100ms, 60s, 15m, 6h or 7d, but is 'soon'",
                                   "E0105 8:15-16 'partitions' is 0, but must be between 1 and 1024",
                                   "E0108 9:9-15 unknown value 'ingset' for 'roles'",
                                   "E0107 10:1-6 unknown key 'comit'",
                               });
  CHECK(r.diagnostics.all()[2].suggestion == "group_id");
  CHECK(r.diagnostics.all()[2].pointer == "/kafka/grop_id");
  CHECK(r.diagnostics.all()[3].pointer == "/kafka/inputs/0/generation");
  CHECK(r.diagnostics.all()[8].suggestion == "ingest");
  CHECK(r.diagnostics.all()[9].suggestion == "commit");
  CHECK_FALSE(r.root);
}

TEST_CASE("a diagnostic shows the line, carets and the nearest name", "[settings]") {
  const Reading r = read("# one\nkafka:\n  grop_id: bartizan\n  brokers: []\n");
  CHECK(render(r.diagnostics, false) ==
        "error[E0107]: unknown key 'grop_id'\n"
        "  --> bartizan.yaml:3:3\n"
        "   |\n"
        " 3 |   grop_id: bartizan\n"
        "   |   ^^^^^^^ did you mean 'group_id'?\n"
        "   = note: keys allowed in 'kafka': brokers, group_id, inputs, librdkafka, password\n");
}

TEST_CASE("columns count characters and a long line is cut around the mistake", "[settings]") {
  const Reading r = read("kafka: {brokers: [\"\xC3\xA4\xC3\xB6\"], foo: 1}\n");
  CHECK(told(r.diagnostics) == Lines{"E0107 1:26-29 unknown key 'foo'"});
  const Reading wide = read("kafka: {brokers: [" + std::string(5000, 'x') + "], foo: 1}\n");
  CHECK(render(wide.diagnostics, false).size() < 600);
}

TEST_CASE("control characters of a hostile file do not reach the terminal", "[settings]") {
  const Reading r = read("\"\\e[31mred\": 1\n");
  CHECK(render(r.diagnostics, false).find('\x1b') == std::string::npos);
}

TEST_CASE("quoted numbers are text and text may look like a number", "[settings]") {
  CHECK(told(read("commit: {partitions: \"8\"}").diagnostics) == Lines{"E0104 1:22-25 'partitions' must be a whole number, but is text '8'"});
  CHECK(read("kafka: {brokers: [a], group_id: 12}").root->kafka->group_id == "12");
  CHECK(told(read("kafka: {brokers: [a], group_id: a b}").diagnostics) == Lines{"E0109 1:33-36 'a b' holds a blank"});
}

TEST_CASE("broken YAML names the place", "[settings]") {
  const auto first = [](const std::string& text) {
    const Reading r = read(text);
    REQUIRE_FALSE(r.diagnostics.ok());
    return r.diagnostics.all().front();
  };
  CHECK(first("kafka: [1, 2\n").code == "E0101");
  CHECK(first("kafka: {brokers: [a]}\n---\nroles: []\n").message == "a second document in one file");
  CHECK(first("- 1\n").code == "E0104");
  CHECK(first("\xff\xfe").code == "E0101");
  CHECK(first(std::string("a: \0b", 5)).code == "E0101");
  CHECK(first("[a, b]: 1\n").message == "a key must be a word");
  CHECK(first("a: &x [*x]\n").code == "E0101");
}

TEST_CASE("size, depth and alias expansion are bounded", "[settings]") {
  Diagnostics big;
  read_document("f", "a: " + std::string(kDocumentBytesMax, 'x'), big);
  CHECK(big.all().front().code == "E0102");

  Diagnostics deep;
  read_document("f", "a: " + std::string(40, '[') + std::string(40, ']'), deep);
  CHECK(deep.all().front().code == "E0102");

  std::string bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 12; ++i) {
    const std::string last = "*a" + std::to_string(i - 1);
    bomb += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + last;
    for (int k = 0; k < 9; ++k) bomb += ", " + last;
    bomb += "]\n";
  }
  Diagnostics laughs;
  read_document("f", bomb, laughs);
  REQUIRE_FALSE(laughs.ok());
  CHECK(laughs.all().front().code == "E0102");

  std::string many;
  for (int i = 0; i < 1000; ++i) many += "k" + std::to_string(i) + ": 1\n";
  const Reading r = read(many);
  CHECK(r.diagnostics.errors() == 1000);
  CHECK(r.diagnostics.all().size() == Diagnostics::kKept);
  CHECK(render(r.diagnostics, false).find("... and 800 more") != std::string::npos);
}

TEST_CASE("later layers win leaf by leaf and every value knows where it came from", "[settings]") {
  Diagnostics diagnostics;
  Document all = read_document("/etc/bartizan/bartizan.yaml", "kafka: {brokers: [a, b], group_id: x, password: hush}\ncommit: {interval: 1s}\n", diagnostics);
  merge(all, read_document("site.yaml", "kafka:\n  brokers: [c]\n", diagnostics));
  merge(all, read_environment({{"BARTIZAN_COMMIT__INTERVAL", "2s"}, {"BARTIZAN_ROLES", "[detect]"}, {"BARTIZAN_SHARED", "/data"}, {"HOME", "/"}},
                              {"roles"}, diagnostics));
  merge(all, read_flag("command line", "commit.partitions", "4", diagnostics));
  const auto root = bind(root_section(), all, diagnostics);
  INFO(render(diagnostics, false));
  REQUIRE(root);
  CHECK(root->kafka->brokers == std::vector<std::string>{"c"});
  CHECK(root->kafka->group_id == "x");
  CHECK(root->commit.interval == Duration{2000});
  CHECK(root->commit.partitions == 4);
  CHECK(root->roles == std::vector<Role>{Role::detect});

  std::vector<std::string> shown;
  const Section<Root> section = root_section();
  for (const ShownValue& v : show_values(section.schema(), all)) {
    shown.push_back(v.path + " = " + v.value + (v.is_default ? " default" : " " + v.at.source->name() + ":" + std::to_string(v.at.line)));
  }
  CHECK(shown == Lines{"kafka.brokers = [c] site.yaml:2", "kafka.group_id = x /etc/bartizan/bartizan.yaml:1",
                       "kafka.password = *** /etc/bartizan/bartizan.yaml:1", "commit.interval = 2s environment:1",
                       "commit.memory = 64MiB default", "commit.partitions = 4 command line:1", "roles = [detect] environment:1"});
}

TEST_CASE("a mistake in the environment shows the variable", "[settings]") {
  Diagnostics diagnostics;
  const Document d = read_environment({{"BARTIZAN_COMMIT__INTERVL", "2s"}, {"BARTIZAN_COMMIT__PARTITIONS", "many"}}, {}, diagnostics);
  CHECK_FALSE(bind(root_section(), d, diagnostics));
  CHECK(render(diagnostics, false).find(" 1 | BARTIZAN_COMMIT__INTERVL=2s\n   | ^^^^^^^^^^^^^^^^^^^^^^^^ did you mean 'interval'?\n") != std::string::npos);
  CHECK(render(diagnostics, false).find("   |                             ^^^^\n") != std::string::npos);
}

TEST_CASE("the JSON schema is made from the same description", "[settings]") {
  const std::string schema = json_schema(root_section().schema(), "urn:bartizan:config", "Bartizan");
  CHECK(schema.find("\"group_id\": {\n          \"description\": \"Consumer group.\",") != std::string::npos);
  CHECK(schema.find("\"enum\": [\"ingest\", \"detect\"]") != std::string::npos);
  CHECK(schema.find("\"required\": [\"topic\"]") != std::string::npos);
  CHECK(schema.find("\"default\": \"100ms\"") != std::string::npos);
}

TEST_CASE("durations and sizes read and write", "[settings]") {
  CHECK(parse_duration("100ms") == Duration{100});
  CHECK(parse_duration("7d") == Duration{7 * 86'400'000});
  CHECK(parse_duration("0") == Duration{0});
  for (const char* bad : {"", "5", "-5s", "5 s", "s", "5S", "1.5h", "99999999999999999999s", "40000d", "5sx"}) CHECK_FALSE(parse_duration(bad));
  CHECK(parse_size("64MiB")->bytes == 64u << 20);
  CHECK(parse_size("10")->bytes == 10);
  for (const char* bad : {"", "MiB", "5MB", "-1", "99999999TiB"}) CHECK_FALSE(parse_size(bad));
  CHECK(format_duration(Duration{90'000}) == "90s");
  CHECK(format_duration(Duration{86'400'000}) == "1d");
  CHECK(format_duration(Duration{0}) == "0ms");
  CHECK(format_size(ByteSize{1536}) == "1536B");
  CHECK(format_number(0.1) == "0.1");
  CHECK(format_number(-3) == "-3");
  CHECK_FALSE(parse_number("1e999"));
  CHECK_FALSE(parse_number("nan"));
}

TEST_CASE("the nearest name is a plausible typing mistake or nothing", "[settings]") {
  CHECK(nearest("lisen", {"listen", "tls"}) == "listen");
  CHECK(nearest("ilsten", {"listen", "tls"}) == "listen");
  CHECK(nearest("colour", {"listen", "tls"}).empty());
  CHECK(nearest(std::string(1000, 'x'), {"x"}).empty());
}

}  // namespace
}  // namespace bartizan::settings
