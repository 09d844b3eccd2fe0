#include "tests/integration/embedded/history.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <tuple>

#include "engine/model/output.h"
#include "tests/integration/embedded/crash_input.h"
#include "tests/integration/embedded/revisions.h"

namespace bartizan::testing {
namespace {

std::int64_t now_us() {
  return std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

pid_t spawn(const std::vector<std::string>& words, const std::string& crash_at, const std::string& log) {
  std::vector<char*> argv;
  for (const std::string& w : words) argv.push_back(const_cast<char*>(w.c_str()));
  argv.push_back(nullptr);
  const std::string order = "BARTIZAN_CRASH_AT=" + crash_at;
  char* envp[] = {const_cast<char*>(order.c_str()), nullptr};
  if (crash_at.empty()) envp[0] = nullptr;
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, log.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0644);
  pid_t pid = -1;
  const int code = ::posix_spawn(&pid, argv[0], &actions, nullptr, argv.data(), envp);
  posix_spawn_file_actions_destroy(&actions);
  return code == 0 ? pid : -1;
}

// Waits at most until `deadline` (0: for ever); false: still running.
bool wait_until(pid_t pid, std::int64_t deadline, int& status) {
  while (true) {
    const pid_t got = ::waitpid(pid, &status, deadline == 0 ? 0 : WNOHANG);
    if (got == pid) return true;
    if (deadline != 0 && now_us() >= deadline) return false;
    if (deadline != 0) ::usleep(200);
  }
}

Outputs outputs_of(const std::string& folder) {
  Outputs out;
  for (std::size_t t = 0; t < kTopicCount; ++t) {
    const std::string name{file_name(static_cast<Topic>(t))};
    if (std::filesystem::exists(folder + "/" + name)) out[name] = read_file(folder + "/" + name);
  }
  return out;
}

}  // namespace

CrashBench::CrashBench(std::string runner, std::uint64_t seed, Shape shape) : runner_(std::move(runner)), shape_(shape) {
  const CrashInput input = make_crash_input(seed);
  write_file(inputs_ / "first.ndjson", input.first);
  // Two members, so that going on in the middle of an archive is part of every history.
  const std::size_t half = input.second.find('\n', input.second.size() / 2) + 1;
  write_file(inputs_ / "second.ndjson.gz", gzip(input.second.substr(0, half)) + gzip(input.second.substr(half)));
  write_file(inputs_ / "commands.ndjson", input.commands);
}

CrashBench::Life CrashBench::new_life(const Scratch& dir) const {
  Life life;
  life.state = dir / "state";
  life.output = dir / "output";
  std::filesystem::create_directory(life.state);
  std::filesystem::copy_file(inputs_ / "commands.ndjson", life.state + "/commands.ndjson");
  return life;
}

// One start of the runner.
CrashBench::End CrashBench::run(Life& life, const std::string& crash_at, std::int64_t kill_after_us, std::string& trouble) const {
  const std::string log = life.state + "/../log";
  const pid_t pid = spawn({runner_, life.state, life.output, std::to_string(shape_.partitions), std::to_string(shape_.threads), inputs_ / "*.ndjson.gz",
                           inputs_ / "first.ndjson"},
                          crash_at, log);
  if (pid < 0) {
    trouble = "cannot start " + runner_ + ": " + std::strerror(errno);
    return End::failed;
  }
  constexpr std::int64_t kHangUs = 120'000'000;
  const bool to_be_killed = kill_after_us > 0;
  int status = 0;
  if (!wait_until(pid, now_us() + (to_be_killed ? kill_after_us : kHangUs), status)) {
    ::kill(pid, SIGKILL);
    wait_until(pid, 0, status);
    if (!to_be_killed) {
      trouble = "hangs";
      return End::failed;
    }
  }
  if (trouble = grown(life); !trouble.empty()) return End::failed;
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return End::done;
  if (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) return End::killed;
  trouble = "ends with " + (WIFSIGNALED(status) ? "signal " + std::to_string(WTERMSIG(status)) : "code " + std::to_string(WEXITSTATUS(status))) + ": " + read_file(log);
  return End::failed;
}

// Output files only grow, and what stood in them stays.
std::string CrashBench::grown(Life& life) {
  Outputs now = outputs_of(life.output);
  for (const auto& [name, before] : life.seen) {
    const auto found = now.find(name);
    if (found == now.end()) return name + " is gone";
    if (found->second.size() < before.size()) return name + " shrank from " + std::to_string(before.size()) + " to " + std::to_string(found->second.size());
    if (found->second.compare(0, before.size(), before) != 0) return name + " changed in what had been written";
  }
  life.seen = std::move(now);
  return {};
}

Verdict CrashBench::reference() {
  const Scratch dir{Scratch::Place::memory};
  Life life = new_life(dir);
  Verdict v;
  const std::int64_t began = now_us();
  if (run(life, "", 0, v.trouble) != End::done) return v;
  whole_us_ = now_us() - began;
  expected_ = life.seen;
  const std::int64_t again = now_us();
  if (run(life, "", 0, v.trouble) != End::done) return v;
  start_us_ = now_us() - again;
  if (life.seen != expected_) v.trouble = "a second start, with nothing left to read, wrote something";
  if (v.ok()) v.trouble = check_revisions(expected_);
  if (v.ok()) v.trouble = compare_with_journal(life);
  for (const char* name : {"alerts.ndjson", "risky-users.ndjson", "risky-sign-ins.ndjson", "audit.ndjson", "dead-letter.ndjson"}) {
    if (v.ok() && expected_[name].empty()) v.trouble = std::string{name} + " is empty: the history tests nothing";
  }
  return v;
}

std::string CrashBench::summary() const {
  std::string text = "uninterrupted: " + std::to_string(whole_us_ / 1000) + " ms, a start alone " + std::to_string(start_us_ / 1000) + " ms;";
  for (const auto& [name, bytes] : expected_) {
    text += " " + name + " " + std::to_string(std::count(bytes.begin(), bytes.end(), '\n'));
  }
  return text;
}

Verdict CrashBench::random_history(std::uint64_t seed, unsigned kills_max) {
  const Scratch dir{Scratch::Place::memory};
  Life life = new_life(dir);
  SplitMix random{seed};
  Verdict v;
  // A life is long enough to begin, and short enough for about ten lives a history.
  const auto span = static_cast<unsigned long long>(start_us_ + whole_us_ / 6);
  while (v.kills < kills_max) {
    const End end = run(life, "", 1 + static_cast<std::int64_t>(random.below(span)), v.trouble);
    if (end == End::failed) return v;
    if (end == End::done) break;
    ++v.kills;
  }
  return finish(life, v.kills);
}

Verdict CrashBench::point_history(const std::string& point) {
  const Scratch dir{Scratch::Place::memory};
  Life life = new_life(dir);
  Verdict v;
  for (const std::string& at : {point, std::string{"journal_recovered:1"}, std::string{"recover_append:1"}, std::string{"recovered:1"}, point}) {
    const End end = run(life, at, 0, v.trouble);
    if (end == End::failed) return v;
    if (end == End::killed) ++v.kills;
    if (end == End::done && &at != &point) break;
  }
  return finish(life, v.kills);
}

Verdict CrashBench::finish(Life& life, unsigned kills) const {
  Verdict v;
  v.kills = kills;
  if (run(life, "", 0, v.trouble) != End::done) return v;
  v.trouble = check_revisions(life.seen);
  if (v.ok()) v.trouble = compare(life);
  if (v.ok()) v.trouble = compare_with_journal(life);
  return v;
}

std::string CrashBench::compare(const Life& life) const {
  for (const auto& [name, bytes] : expected_) {
    const auto found = life.seen.find(name);
    if (found == life.seen.end()) return name + " is missing";
    // Ids of audit records are journal positions, and repeats take up positions.
    const bool audit = name == file_name(Topic::audit);
    const std::string trouble = difference(by_tenant(bytes, audit), by_tenant(found->second, audit));
    if (!trouble.empty()) return name + ": " + trouble;
    if (shape_.partitions == 1 && !audit && bytes != found->second) return name + ": the tenants' records stand in another order";
  }
  return {};
}

std::string CrashBench::compare_with_journal(const Life& life) const {
  const Scratch dir{Scratch::Place::memory};
  const pid_t pid = spawn({runner_, "--fold", life.state, dir.path(), std::to_string(shape_.partitions)}, "", dir / "log");
  int status = 0;
  if (pid < 0 || !wait_until(pid, 0, status) || !WIFEXITED(status) || WEXITSTATUS(status) != 0) return "the journal cannot be folded: " + read_file(dir / "log");
  const Outputs folded = outputs_of(dir.path());
  for (const auto& [name, bytes] : folded) {
    const auto found = life.seen.find(name);
    if (found == life.seen.end()) return name + " is missing";
    if (const std::string trouble = difference(by_tenant(bytes, false), by_tenant(found->second, false)); !trouble.empty()) {
      return name + " and the fold of the journal: " + trouble;
    }
  }
  for (const auto& [name, bytes] : life.seen) {
    if (name != file_name(Topic::dead_letter) && !bytes.empty() && folded.count(name) == 0) return name + ": the fold of the journal has none";
  }
  return {};
}

}  // namespace bartizan::testing
