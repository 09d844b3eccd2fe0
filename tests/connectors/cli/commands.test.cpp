// The program as a user meets it: words in, text and exit codes out.

#include <catch2/catch.hpp>

#include <algorithm>
#include <chrono>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>
#include <vector>

#include <sys/wait.h>
#include <unistd.h>

namespace fs = std::filesystem;

namespace {

struct Ran {
  int code = -1;
  std::string out;
  std::string err;
};

std::string read_file(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

/// A folder of the test's own, gone afterwards.
class Folder {
 public:
  Folder() {
    std::string name = (fs::temp_directory_path() / "bartizan-cli-XXXXXX").string();
    path_ = ::mkdtemp(name.data());
  }
  ~Folder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  fs::path operator/(const std::string& name) const { return path_ / name; }
  const fs::path& path() const { return path_; }
  void write(const std::string& name, const std::string& text) const { std::ofstream(path_ / name, std::ios::binary) << text; }

 private:
  fs::path path_;
};

/// Runs `bartizan ARGUMENTS` in `folder` through the shell. Other tests run beside this one: any free port will do.
Ran bartizan(const Folder& folder, const std::string& arguments) {
  const std::string command = "cd '" + folder.path().string() + "' && BARTIZAN_HTTP__LISTEN=127.0.0.1:0 '" BARTIZAN_BINARY "' " + arguments + " > .out 2> .err < /dev/null";
  const int status = std::system(command.c_str());
  Ran ran;
  ran.code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  ran.out = read_file(folder / ".out");
  ran.err = read_file(folder / ".err");
  fs::remove(folder / ".out");
  fs::remove(folder / ".err");
  return ran;
}

bool holds(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

constexpr const char* kTenant = "3b6a1f7e-52c4-4d0b-9a38-6e1c0f4d7b21";

std::string guid(int n) {
  char text[37];
  std::snprintf(text, sizeof text, "%08x-1c2d-4e3f-9a4b-5c6d7e8f%04x", static_cast<unsigned>(n), static_cast<unsigned>(n) & 0xffff);
  return text;
}

/// One wrong password of user `n` from one address, `second` seconds after 09:00.
std::string wrong_password(int n, int second) {
  char time[40];
  std::snprintf(time, sizeof time, "2026-03-02T09:%02d:%02d.000Z", second / 60, second % 60);
  return std::string("{\"time\":\"") + time + "\",\"category\":\"SignInLogs\",\"tenantId\":\"" + kTenant + "\",\"resultType\":\"50126\",\"properties\":{\"id\":\"" + guid(1000 + n) +
         "\",\"createdDateTime\":\"" + time + "\",\"userId\":\"" + guid(n) + "\",\"userPrincipalName\":\"user" + std::to_string(n) +
         "@example.com\",\"appId\":\"" + guid(9) + "\",\"ipAddress\":\"203.0.113.66\",\"clientAppUsed\":\"Browser\",\"status\":{\"errorCode\":50126},"
         "\"location\":{\"countryOrRegion\":\"NL\"},\"isInteractive\":true}}\n";
}

/// Twenty accounts tried from one address within three minutes.
std::string spray() {
  std::string out;
  for (int n = 1; n <= 20; ++n) out += wrong_password(n, n * 9);
  return out;
}

}  // namespace

TEST_CASE("unknown words get the nearest match and exit code 2", "[cli]") {
  const Folder folder;
  const Ran command = bartizan(folder, "rnu");
  CHECK(command.code == 2);
  CHECK(holds(command.err, "unknown command 'rnu'; did you mean 'run'?"));
  CHECK(command.out.empty());
  const Ran option = bartizan(folder, "replay x --ouput y");
  CHECK(option.code == 2);
  CHECK(holds(option.err, "did you mean '--output'?"));
  const Ran nested = bartizan(folder, "config shwo");
  CHECK(nested.code == 2);
  CHECK(holds(nested.err, "did you mean 'show'?"));
  CHECK(bartizan(folder, "").code == 2);
  CHECK(bartizan(folder, "replay x").code == 2);
  CHECK(bartizan(folder, "--color purple version").code == 2);
}

TEST_CASE("help and version go to standard output with exit code 0", "[cli]") {
  const Folder folder;
  const Ran help = bartizan(folder, "--help");
  CHECK(help.code == 0);
  CHECK(holds(help.out, "Exit codes"));
  CHECK(help.err.empty());
  CHECK(holds(bartizan(folder, "replay --help").out, "Examples:"));
  const Ran version = bartizan(folder, "version --json");
  CHECK(version.code == 0);
  CHECK(holds(version.out, "\"version\":\"0.1.0\""));
}

TEST_CASE("init writes a folder that validates and runs", "[cli]") {
  const Folder folder;
  REQUIRE(bartizan(folder, "init .").code == 0);
  const Ran valid = bartizan(folder, "validate -c bartizan.yaml -o json");
  CHECK(valid.code == 0);
  CHECK(holds(valid.out, "\"result\":\"valid\""));
  const Ran again = bartizan(folder, "init .");
  CHECK(again.code == 3);
  CHECK(holds(again.err, "--force"));
  std::ofstream(folder.path() / "signins/day.ndjson") << spray();
  const Ran run = bartizan(folder, "run -c bartizan.yaml --once");
  INFO(run.err);
  CHECK(run.code == 0);
  CHECK(holds(read_file(folder / "out/alerts.ndjson"), "passwordSpray"));
  const std::string first = read_file(folder / "out/alerts.ndjson");
  CHECK(bartizan(folder, "run -c bartizan.yaml --once").code == 0);
  CHECK(read_file(folder / "out/alerts.ndjson") == first);  // nothing is read or written twice
  const Ran dump = bartizan(folder, "journal dump -c bartizan.yaml -o ndjson");
  CHECK(dump.code == 0);
  CHECK(std::count(dump.out.begin(), dump.out.end(), '\n') >= 21);
  CHECK(holds(dump.out, "\"kind\":\"sign_in\""));
  CHECK(holds(dump.out, "\"source\":{\"file\":\"day.ndjson\",\"line\":1}"));
  CHECK(bartizan(folder, "replay --journal -c bartizan.yaml --output again").code == 0);
  CHECK(read_file(folder / "again/alerts.ndjson") == first);
}

TEST_CASE("every mistake in a configuration is shown at once, with its place", "[cli]") {
  const Folder folder;
  folder.write("bad.yaml", "files:\n  inputs: [x.ndjson]\n  outptu: here\ncommit: {interval: fast}\nhttp: {listen: 0.0.0.0:80}\nhttp: {}\n");
  const Ran ran = bartizan(folder, "validate -c bad.yaml");
  CHECK(ran.code == 3);
  CHECK(holds(ran.err, "bad.yaml:3:3"));
  CHECK(holds(ran.err, "did you mean 'output'?"));
  CHECK(holds(ran.err, "bad.yaml:6:1"));
  CHECK(holds(ran.err, "interval"));
  CHECK(holds(ran.err, "^"));
  CHECK(bartizan(folder, "validate -c .").code == 3);
  CHECK(bartizan(folder, "validate -c missing.yaml").code == 3);
  fs::create_directory(folder / "empty");
  const Ran none = bartizan(folder, "validate --rules empty");
  CHECK(none.code == 3);
  CHECK(holds(none.err, "no rule"));
}

TEST_CASE("the section kafka is checked like everything else, pass-through properties included", "[cli]") {
  const Folder folder;
  folder.write("k.yaml",
               "kafka:\n  brokers: [kafka-1.example.com, 127.0.0.1:9092]\n  grop_id: x\n  inputs: [{topic: signins, generation: -1}, {topc: other}]\n"
               "  security: {protocol: ssl, mechanism: scram-sha512}\n");
  const Ran ran = bartizan(folder, "validate -c k.yaml");
  CHECK(ran.code == 3);
  CHECK(holds(ran.err, "k.yaml:2:13"));
  CHECK(holds(ran.err, "is not HOST:PORT"));
  CHECK(holds(ran.err, "did you mean 'group_id'?"));
  CHECK(holds(ran.err, "did you mean 'topic'?"));
  CHECK(holds(ran.err, "did you mean 'scram-sha-512'?"));
  CHECK(holds(ran.err, "generation"));

  const std::string good = "kafka:\n  brokers: [127.0.0.1:9092]\n  inputs: [{topic: signins}]\n";
  folder.write("good.yaml", good);
  CHECK(bartizan(folder, "validate -c good.yaml").code == 0);
  const auto told = [&](const std::string& more) {
    folder.write("more.yaml", good + more);
    const Ran refused = bartizan(folder, "validate -c more.yaml");
    CHECK(refused.code == 3);
    return refused.err;
  };
  const std::string owned = told("  librdkafka: {enable.auto.commit: \"true\", fetch.min.bites: 1, linger.ms: soon}\n");
  CHECK(holds(owned, "more.yaml:4:16"));
  CHECK(holds(owned, "'enable.auto.commit' cannot be set: "));
  CHECK(holds(owned, "fetch.min.bites"));
  CHECK(holds(owned, "linger.ms"));
  CHECK(holds(told("  security: {protocol: sasl_ssl, mechanism: plain, username: bartizan}\n"), "needs username and password_file"));
  CHECK(holds(told("  security: {protocol: sasl_ssl}\n"), "needs a mechanism"));
  CHECK(holds(told("  security: {ca_file: ca.pem}\n"), "ca_file needs protocol ssl or sasl_ssl"));
  CHECK(holds(told("  security: {protocol: ssl, key_file: key.pem}\n"), "certificate_file and key_file go together"));
  CHECK(holds(told("files: {inputs: [x.ndjson]}\n"), "choose one"));
  CHECK(holds(told("topics: {prefix: 'a b.'}\n"), "is not a topic's name"));
  folder.write("none.yaml", "kafka: {brokers: [127.0.0.1:9092]}\n");
  CHECK(holds(bartizan(folder, "validate -c none.yaml").err, "needs kafka.inputs"));
  folder.write("detect.yaml", "kafka: {brokers: [127.0.0.1:9092]}\nroles: [detect]\n");
  CHECK(bartizan(folder, "validate -c detect.yaml").code == 0);
  folder.write("half.yaml", "files: {inputs: [x.ndjson]}\nroles: [detect]\n");
  CHECK(holds(bartizan(folder, "validate -c half.yaml").err, "one process does both"));
}

TEST_CASE("a broker that is not there is one clear message and exit code 4", "[cli][kafka]") {
  const Folder folder;
  folder.write("c.yaml", "kafka: {brokers: [127.0.0.1:1], inputs: [{topic: signins}]}\nhttp: {listen: 127.0.0.1:0}\n");
  const Ran ran = bartizan(folder, "run -c c.yaml");
  INFO(ran.err);
  CHECK(ran.code == 4);
  CHECK(holds(ran.err, "127.0.0.1:1"));
  CHECK(holds(ran.err, "\"event\":\"waiting\""));
  const std::vector<std::string> commands = {"status", "journal dump", "replay --journal --output out", "dlq list", "validate --environment -o csv",
                                             "risk dismiss user/1 --tenant 3b6a1f7e-52c4-4d0b-9a38-6e1c0f4d7b21", "demo --broker 127.0.0.1:1 --headless --once"};
  std::vector<Ran> ran_all(commands.size());
  const auto begin = std::chrono::steady_clock::now();
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < commands.size(); ++i) {
    threads.emplace_back([&, i] {
      const Folder own;
      own.write("c.yaml", read_file(folder / "c.yaml"));
      ran_all[i] = bartizan(own, commands[i] + " -c c.yaml --timeout 2s");
    });
  }
  for (auto& thread : threads) thread.join();
  CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds{12});
  for (std::size_t i = 0; i < commands.size(); ++i) {
    INFO(commands[i] << "\n" << ran_all[i].err);
    CHECK(ran_all[i].code == 4);
    CHECK(holds(ran_all[i].err, "waiting for an answer from 127.0.0.1:1, at most 2s (--timeout)\n"));
    CHECK(holds(ran_all[i].err + ran_all[i].out, "no broker answered within 2 s"));
    if (commands[i].starts_with("validate")) CHECK(holds(ran_all[i].out, "brokers,false,"));
  }
  CHECK(bartizan(folder, "run --once -c c.yaml").code == 2);
  CHECK(!holds(bartizan(folder, "status -q --timeout 1s -c c.yaml").err, "waiting"));
  CHECK(holds(bartizan(folder, "status --timeout soon -c c.yaml").err, "'soon' is not a time from 1s to 10m"));
  CHECK(bartizan(folder, "status --timeout 1h -c c.yaml").code == 2);
  CHECK(bartizan(folder, "demo --broker 127.0.0.1:1 --output x").code == 2);
  CHECK(bartizan(folder, "demo --keep").code == 2);
  folder.write("files.yaml", "files: {inputs: [a.ndjson]}\n");
  CHECK(bartizan(folder, "demo --broker 127.0.0.1:1 -c files.yaml").code == 3);
}

TEST_CASE("dead letters are sent to an input again", "[cli]") {
  const Folder folder;
  folder.write("in.ndjson", spray() + "{\"a\":1}\n7\n{\"a\":\"" + std::string(300000, 'x') + "\"}\n");
  REQUIRE(bartizan(folder, "replay in.ndjson --output a").code == 0);
  const std::string from = " --file a/dead-letter.ndjson";
  const Ran unsure = bartizan(folder, "dlq replay --to again.ndjson" + from);
  CHECK(unsure.code == 2);
  CHECK(holds(unsure.err, "--yes"));
  CHECK_FALSE(fs::exists(folder / "again.ndjson"));
  CHECK(bartizan(folder, "dlq replay --yes" + from).code == 2);  // where to?
  const Ran one = bartizan(folder, "dlq replay 2 --yes --to again.ndjson" + from);
  CHECK(one.code == 0);
  CHECK(read_file(folder / "again.ndjson") == "7\n");
  const Ran all = bartizan(folder, "dlq replay --yes --to again.ndjson -o ndjson" + from);
  CHECK(all.code == 1);  // of one only the beginning is kept
  CHECK(holds(all.out, "{\"sent\":2,\"cut\":1,"));
  CHECK(read_file(folder / "again.ndjson") == "7\n{\"a\":1}\n7\n");
  CHECK(bartizan(folder, "dlq replay --reason bad_time --yes --to again.ndjson" + from).code == 0);
  CHECK(bartizan(folder, "dlq replay --yes --to nowhere/again.ndjson" + from).code == 4);
}

TEST_CASE("status tells where an embedded line stands, and the environment is looked at without a change", "[cli]") {
  const Folder folder;
  REQUIRE(bartizan(folder, "init .").code == 0);
  CHECK(bartizan(folder, "status -c bartizan.yaml").code == 4);  // nothing has run yet
  const Ran before = bartizan(folder, "validate --environment -c bartizan.yaml -o csv");
  CHECK(before.code == 0);
  CHECK(holds(before.out, "matches nothing yet"));
  CHECK_FALSE(fs::exists(folder / "state"));
  CHECK_FALSE(fs::exists(folder / "out"));
  std::ofstream(folder.path() / "signins/day.ndjson") << spray();
  REQUIRE(bartizan(folder, "run -c bartizan.yaml --once").code == 0);
  const Ran status = bartizan(folder, "status -c bartizan.yaml -o json");
  CHECK(status.code == 0);
  CHECK(holds(status.out, "\"transport\":\"embedded\",\"running\":\"\""));
  CHECK(holds(status.out, "\"clean_stop\":true"));
  CHECK(holds(status.out, "\"lag\":0"));
  CHECK(holds(bartizan(folder, "status -c bartizan.yaml -o csv").out, "detect,journal,0,"));
  folder.write("c.yaml", "files: {inputs: [missing.ndjson], output: bartizan.yaml/out}\n");
  const Ran wrong = bartizan(folder, "validate --environment -c c.yaml -o csv");
  CHECK(wrong.code == 4);
  CHECK(holds(wrong.out, "input missing.ndjson,false,"));
  CHECK(holds(wrong.out, "output,false,"));
}

TEST_CASE("labels of the configuration are in every alert", "[cli]") {
  const Folder folder;
  folder.write("in.ndjson", spray());
  folder.write("c.yaml", "engine: {labels: {environment: test}}\n");
  REQUIRE(bartizan(folder, "replay in.ndjson -c c.yaml --output a").code == 0);
  CHECK(holds(read_file(folder / "a/alerts.ndjson"), "\"labels\":{\"environment\":\"test\"}"));
  CHECK(bartizan(folder, "schema --check a/alerts.ndjson").code == 0);
}

TEST_CASE("completion under a real bash offers commands, options, words and files", "[cli]") {
  const Folder folder;
  const Ran script = bartizan(folder, "completion bash");
  REQUIRE(script.code == 0);
  folder.write("bartizan.bash", script.out);
  folder.write("bartizan.yaml", "");
  // Completes the last word of the line and prints what is offered.
  folder.write("complete.sh",
               "cd \"$(dirname \"$0\")\"\nsource ./bartizan.bash\nCOMP_WORDS=(\"$@\")\nCOMP_CWORD=$(($# - 1))\n_bartizan\necho \" ${COMPREPLY[*]} \"\n");
  const auto complete = [&](const std::string& words) {
    const std::string command = "bash '" + (folder / "complete.sh").string() + "' " + words + " > '" + (folder / ".out").string() + "' 2>&1";
    CHECK(std::system(command.c_str()) == 0);
    return read_file(folder / ".out");
  };
  CHECK(complete("bartizan re") == " replay \n");
  CHECK(complete("bartizan config ''") == " show schema \n");
  CHECK(complete("bartizan config show --or") == " --origin \n");
  CHECK(holds(complete("bartizan -q replay --fail-on-alert ''"), " critical "));
  CHECK(complete("bartizan completion f") == " fish \n");
  CHECK(complete("bartizan run -c bartizan.y") == " bartizan.yaml \n");
  CHECK(complete("bartizan run --color = al") == " always \n");
  CHECK(complete("bartizan demo --seed ''") == "  \n");
  for (const char* shell : {"zsh", "fish"}) CHECK(holds(bartizan(folder, std::string("completion ") + shell).out, "fail-on-alert"));
  CHECK(bartizan(folder, "completion tcsh").code == 2);
  CHECK(bartizan(folder, "completion").code == 2);
}

TEST_CASE("config show tells where a value comes from, the environment included", "[cli]") {
  const Folder folder;
  folder.write("a.yaml", "commit:\n  interval: 250ms\n");
  const std::string command = "config show --origin -c a.yaml -o ndjson";
  CHECK(holds(bartizan(folder, command).out, "{\"key\":\"commit.interval\",\"value\":\"250ms\",\"origin\":\"a.yaml:2:13\"}"));
  ::setenv("BARTIZAN_COMMIT__INTERVAL", "300ms", 1);
  const Ran ran = bartizan(folder, command);
  ::unsetenv("BARTIZAN_COMMIT__INTERVAL");
  CHECK(holds(ran.out, "\"value\":\"300ms\""));
  CHECK(holds(bartizan(folder, "config schema").out, "draft-07"));
}

TEST_CASE("replay writes one file per topic, the same bytes every time", "[cli]") {
  const Folder folder;
  folder.write("in.ndjson", spray() + "{broken\n\n");
  const Ran first = bartizan(folder, "replay in.ndjson --output a");
  INFO(first.err);
  CHECK(first.code == 0);
  CHECK(first.out.empty());
  CHECK(holds(first.err, "dead letters: 1 (1 malformed_json)\n"));
  CHECK(!holds(first.err, "hint"));
  CHECK(holds(first.err, "; alerts: "));
  CHECK(bartizan(folder, "replay in.ndjson --output b").code == 0);
  for (const auto* name : {"alerts.ndjson", "alerts-shadow.ndjson", "risky-users.ndjson", "risky-sign-ins.ndjson", "audit.ndjson", "dead-letter.ndjson"}) {
    INFO(name);
    CHECK(fs::exists(folder / ("a/" + std::string(name))));
    CHECK(read_file(folder / ("a/" + std::string(name))) == read_file(folder / ("b/" + std::string(name))));
    CHECK(bartizan(folder, "schema --check a/" + std::string(name)).code == 0);
  }
  folder.write("graph.ndjson", R"({"id":"66ea54eb-6301-4ee5-be62-ff5a759b0100","createdDateTime":"2026-03-02T08:00:00Z","userId":"8c1d2e3f-4a5b-4c6d-8e7f-901a2b3c4d5e","status":{"errorCode":0}})");
  const Ran graph = bartizan(folder, "replay graph.ndjson --output g");
  CHECK(holds(graph.err, "dead letters: 1 (1 missing_tenant)\n"));
  CHECK(holds(graph.err, "hint: records that do not name their tenant (Microsoft Graph) were not judged; say whose they are with --tenant ID\n"));
  CHECK(holds(bartizan(folder, "replay graph.ndjson --output h --tenant 3b6a1f7e-52c4-4d0b-9a38-6e1c0f4d7b21").err, "1 sign-ins judged"));
  CHECK(bartizan(folder, "replay in.ndjson --output a").code == 2);  // not empty
  CHECK(bartizan(folder, "replay in.ndjson --output a --force --fail-on-alert medium -q").code == 1);
  CHECK(bartizan(folder, "replay in.ndjson --output a --force --fail-on-alert critical -q").code == 0);
  CHECK(bartizan(folder, "replay nowhere.ndjson --output c").code == 4);
  const Ran letters = bartizan(folder, "dlq list --file a/dead-letter.ndjson -o csv");
  CHECK(letters.code == 0);
  CHECK(holds(letters.out, "malformed_json"));
  CHECK(holds(bartizan(folder, "dlq show 1 --raw --file a/dead-letter.ndjson").out, "{broken"));
  CHECK(bartizan(folder, "dlq show 2 --file a/dead-letter.ndjson").code == 2);
}

TEST_CASE("what cannot be written or bound is one clear message and exit code 4", "[cli]") {
  const Folder folder;
  folder.write("in.ndjson", spray());
  folder.write("taken", "a file, not a folder");
  const Ran ran = bartizan(folder, "replay in.ndjson --output taken/out");
  CHECK(ran.code == 4);
  CHECK(holds(ran.err, "taken/out"));
  folder.write("c.yaml", "files: {inputs: [in.ndjson], output: taken/out}\n");
  CHECK(bartizan(folder, "run --once -c c.yaml").code == 4);
}

TEST_CASE("a verdict changes a user's state and is audited", "[cli]") {
  const Folder folder;
  REQUIRE(bartizan(folder, "init .").code == 0);
  std::ofstream(folder.path() / "signins/day.ndjson") << spray();
  REQUIRE(bartizan(folder, "run -c bartizan.yaml --once").code == 0);
  const std::string target = "user/" + guid(1);
  const std::string flags = " --tenant " + std::string(kTenant) + " --author soc@example.com -c bartizan.yaml";
  const Ran confirmed = bartizan(folder, "risk confirm-compromised " + target + flags);
  CHECK(confirmed.code == 0);
  CHECK(holds(confirmed.out, "\"action\":\"confirm_compromised\""));
  REQUIRE(bartizan(folder, "run -c bartizan.yaml --once").code == 0);
  const std::string audit = read_file(folder / "out/audit.ndjson");
  INFO(audit);
  CHECK(holds(audit, "\"by\":\"soc@example.com\""));
  CHECK(bartizan(folder, "risk dismiss usr/1" + flags).code == 2);
  CHECK(bartizan(folder, "risk confirm-safe service_principal/" + guid(2) + flags).code == 2);
}

TEST_CASE("schemas are listed, printed and used", "[cli]") {
  const Folder folder;
  CHECK(holds(bartizan(folder, "schema -o csv").out, "alert.v1,"));
  CHECK(holds(bartizan(folder, "schema alert.v1").out, "urn:bartizan:schema:alert.v1"));
  const Ran near = bartizan(folder, "schema allert.v1");
  CHECK(near.code == 2);
  CHECK(holds(near.err, "did you mean 'alert.v1'?"));
  folder.write("bad.ndjson", "{\"schema\":\"bartizan.alert/v1\"}\n");
  CHECK(bartizan(folder, "schema --check bad.ndjson").code == 1);
}
