#include <catch2/catch.hpp>

#include <algorithm>

#include "engine/codec/journal.h"
#include "tests/support/line/fold.h"

using namespace bartizan;
using namespace bartizan::test;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

namespace {

constexpr Time kStart = time_from_ms(1'767'225'600'000);  // 2026-01-01
const Id kTenant = Id::from_guid(1, 1);

/// Feeds single entries.
struct Line {
  Fold fold;
  std::int64_t offset = 0;
  std::int64_t source_offset = 0;
  std::uint64_t next_id = 1;
  std::vector<std::string> all;

  std::vector<std::string> put(JournalEntry entry) {
    JournalWriter writer;
    writer.add(entry);
    auto got = fold.step(MemoryWorld::Message{writer.finish(true), Time{}}, offset++);
    all.insert(all.end(), got.begin(), got.end());
    return got;
  }
  std::vector<std::string> tick(Time append_time) {
    JournalEntry entry;
    entry.append_time = append_time;
    entry.body = Tick{};
    return put(entry);
  }
  std::vector<std::string> activate(char name, Time append_time) {
    const std::string hash = SmallRules::hash(name);
    JournalEntry entry;
    entry.append_time = append_time;
    entry.body = BundleActivation{hash, {}, 3, "operator@example.com"};
    return put(entry);
  }
  SignIn sign_in(Time event_time, std::uint64_t user = 1, bool fails = true) {
    SignIn e;
    e.id = Id::from_guid(0x77, next_id++);
    e.tenant_id = kTenant;
    e.user_id = Id::from_guid(9, user);
    e.user_principal_name = "user@example.com";
    e.event_time = event_time;
    e.published_time = event_time;
    e.ip = IpAddress::v4(0xc6336401);
    e.app_id = Id::from_guid(7, 7);
    if (fails) {
      e.result_code = 50126;
      e.result_class = ResultClass::failure;
      e.failure_class = FailureClass::bad_password;
    }
    return e;
  }
  std::vector<std::string> put(const SignIn& e, Time append_time, int partition = 0) {
    JournalEntry entry;
    entry.source.source.input = "signins";
    entry.source.source.topic = "signins";
    entry.source.source.partition = partition;
    entry.source.offset = source_offset++;
    entry.append_time = append_time;
    entry.body = e;
    return put(entry);
  }
};

std::size_t count(const std::vector<std::string>& lines, std::string_view begin) {
  return static_cast<std::size_t>(std::count_if(lines.begin(), lines.end(), [&](const std::string& l) { return l.rfind(begin, 0) == 0; }));
}

}  // namespace

TEST_CASE("before the first activation no rule runs, and ids are remembered", "[pipeline]") {
  Line line;
  const SignIn first = line.sign_in(kStart);
  for (int i = 0; i < 5; ++i) CHECK(line.put(line.sign_in(kStart), kStart).empty());
  CHECK(line.put(first, kStart).empty());
  line.activate('a', kStart + seconds{1});
  CHECK(line.put(first, kStart + seconds{2}).empty());
  CHECK(line.fold.stats.events_repeated_id.value() == 1);
  CHECK(line.fold.stats.rules.of("testStreak").evaluations.value() == 0);
}

TEST_CASE("an activation is audited once, and says what held before", "[pipeline]") {
  Line line;
  const auto first = line.activate('a', kStart);
  REQUIRE(first.size() == 1);
  CHECK(first[0].find(R"("kind":"bundle_activated")") != std::string::npos);
  CHECK(line.activate('a', kStart).empty());
  const auto second = line.activate('b', kStart);
  REQUIRE(second.size() == 1);
  CHECK(second[0].find(SmallRules::hash('a')) != std::string::npos);
  CHECK(second[0].find(SmallRules::hash('b')) != std::string::npos);
}

TEST_CASE("an unknown bundle stops the fold with a message", "[pipeline]") {
  Fold fold;
  const std::string hash(64, '9');
  JournalEntry entry;
  entry.append_time = kStart;
  entry.body = BundleActivation{hash, {}, 3, {}};
  CollectedOutputs out;
  const Status done = fold.shard.step(entry, JournalPosition{0, 12, 3}, out);
  REQUIRE_FALSE(done.ok());
  CHECK(done.error().code == "unknown_bundle");
  CHECK(done.error().message.find("0-12-3") != std::string::npos);
  CHECK(done.error().message.find(hash) != std::string::npos);
}

TEST_CASE("an unknown journal version stops the fold and folds nothing", "[pipeline]") {
  Line line;
  line.activate('a', kStart);
  JournalWriter writer;
  JournalEntry entry;
  entry.append_time = kStart;
  entry.body = Tick{};
  writer.add(entry);
  std::string message = writer.finish(true);
  message[0] = static_cast<char>(message[0] + 7);
  CollectedOutputs out;
  const std::int64_t before = line.fold.shard.next_offset();
  CHECK_FALSE(line.fold.shard.step_message(message, kStart, line.offset, out).ok());
  CHECK(line.fold.shard.next_offset() == before);
}

TEST_CASE("state of a rule survives a bundle that keeps it, parameters changed or not", "[pipeline]") {
  Line line;
  line.activate('a', kStart);  // streak of 3
  line.put(line.sign_in(kStart), kStart);
  line.put(line.sign_in(kStart), kStart);
  line.activate('c', kStart);  // same rule, same parameters
  CHECK(count(line.put(line.sign_in(kStart), kStart), "alerts ") == 1);
  line.activate('b', kStart);  // streak of 4
  line.put(line.sign_in(kStart), kStart);
  const auto news = line.tick(kStart + minutes{16});
  REQUIRE(count(news, "alerts ") == 1);
  CHECK(news[0].find(R"("count":2)") != std::string::npos);
}

TEST_CASE("state of a rule that went away is gone, also from the checkpoint", "[pipeline]") {
  Line line;
  line.activate('a', kStart);
  line.put(line.sign_in(kStart, 1, false), kStart);
  const auto holds = [](const Rows& rows) {
    return std::any_of(rows.begin(), rows.end(), [](const auto& r) { return r.first.second.find("testNewHost") != std::string::npos; });
  };
  Image stored = line.fold.image(true);
  line.fold.shard.saved();
  REQUIRE(holds(stored.rows));
  line.activate('b', kStart);
  line.fold.shard.save(stored, false);
  CHECK_FALSE(holds(stored.rows));
  CHECK(difference(stored.rows, line.fold.image(true).rows) == "");
}

TEST_CASE("a record from the year 9999 is clamped and expires nothing", "[pipeline]") {
  Line line;
  line.activate('a', kStart);
  for (int i = 0; i < 2; ++i) line.put(line.sign_in(kStart), kStart);
  line.put(line.sign_in(time_from_ms(253'402'300'000'000), 2), kStart + seconds{1});
  CHECK(line.fold.stats.events_clamped.value() == 1);
  CHECK(line.fold.shard.watermark() <= kStart);
  CHECK(line.fold.shard.journal_time() == kStart + seconds{1});
  CHECK(count(line.put(line.sign_in(kStart + seconds{2}), kStart + seconds{2}), "alerts ") == 1);
}

TEST_CASE("an event older than the horizon of ids is counted late and judged by nobody", "[pipeline]") {
  Line line;
  line.activate('a', kStart);
  line.put(line.sign_in(kStart, 1, false), kStart);
  const auto before = line.fold.stats.rules.of("testStreak").evaluations.value();
  for (int i = 0; i < 9; ++i) CHECK(line.put(line.sign_in(kStart - hours{25}), kStart).empty());
  CHECK(line.fold.stats.events_late.value() == 9);
  CHECK(line.fold.stats.rules.of("testStreak").evaluations.value() == before);
  const Time watermark = line.fold.shard.watermark();
  line.put(line.sign_in(kStart - hours{23}), kStart);
  CHECK(line.fold.stats.events_late.value() == 9);
  CHECK(line.fold.shard.watermark() == watermark);
}

TEST_CASE("a repeat by position and a repeat by id reach no detector; a correction does once", "[pipeline]") {
  Line line;
  line.activate('a', kStart);
  SignIn e = line.sign_in(kStart);
  line.put(e, kStart);
  line.source_offset = 0;
  line.put(e, kStart);
  line.source_offset = 5;
  line.put(e, kStart);
  auto& rule = line.fold.stats.rules.of("testStreak");
  CHECK(line.fold.stats.events_repeated_position.value() == 1);
  CHECK(line.fold.stats.events_repeated_id.value() == 1);
  CHECK(rule.evaluations.value() == 1);
  e.result_class = ResultClass::success;
  e.failure_class = FailureClass::ok;
  e.result_code = 0;
  e.published_time += minutes{1};
  line.put(e, kStart);
  CHECK(line.fold.stats.events_corrected.value() == 1);
  // The failure was taken back: two more make a streak of two, not three.
  line.put(line.sign_in(kStart), kStart);
  CHECK(count(line.put(line.sign_in(kStart), kStart), "alerts ") == 0);
  CHECK(count(line.put(line.sign_in(kStart), kStart), "alerts ") == 1);
}

TEST_CASE("a defect in one rule costs that rule this event and nothing else", "[pipeline]") {
  Line line;
  line.activate('a', kStart);
  SignIn e = line.sign_in(kStart);
  e.user_agent = "explode";
  CHECK_NOTHROW(line.put(e, kStart));
  CHECK(line.fold.stats.rules.of("testStreak").errors.value() == 1);
  CHECK(line.fold.stats.rules.of("testNewHost").errors.value() == 0);
  for (int i = 0; i < 3; ++i) line.put(line.sign_in(kStart), kStart);
  CHECK(count(line.all, "alerts ") == 1);
}

TEST_CASE("timers run in the order of their due times, bounded per entry, and the rest is carried over", "[pipeline]") {
  Line line;
  line.activate('a', kStart);
  constexpr std::uint64_t kUsers = 600;
  for (std::uint64_t user = 0; user < kUsers; ++user) {
    for (int i = 0; i < 2; ++i) line.put(line.sign_in(kStart + seconds{user % 60}, user), kStart + seconds{61});
  }
  // Only the watermark moves these timers: 30 minutes after the last failure. Entries of the same instant from then on.
  const auto quiet = [&](int i) { return line.put(line.sign_in(kStart + hours{1}, 100'000 + static_cast<unsigned>(i), false), kStart + hours{1}); };
  quiet(0);
  std::vector<std::size_t> alerts;
  for (int i = 1; i < 6; ++i) {
    alerts.push_back(count(quiet(i), "alerts"));  // those over the rule's budget stand on alerts.shadow
    if (alerts.size() > 1 && alerts.back() == 0) break;
  }
  REQUIRE(alerts.size() >= 3);
  CHECK(alerts[0] <= Shard::kTimersPerEntry);
  CHECK(alerts[0] > 0);
  std::size_t sum = 0;
  for (const std::size_t n : alerts) sum += n;
  CHECK(sum == kUsers);
  CHECK(line.fold.stats.timers_carried_over.value() >= 2);
  CHECK_FALSE(line.fold.shard.timers_waiting());
}

TEST_CASE("what waits for its turn comes out on ticks alone", "[pipeline]") {
  Line line;
  line.activate('a', kStart);
  for (int i = 0; i < 5; ++i) line.put(line.sign_in(kStart), kStart);
  const std::size_t before = count(line.all, "alerts ");
  CHECK(line.tick(kStart + minutes{14}).empty());
  CHECK(count(line.tick(kStart + minutes{16}), "alerts ") == 1);
  CHECK(count(line.all, "alerts ") == before + 1);
}

TEST_CASE("commands are audited by journal position, and one for an unknown tenant makes no state", "[pipeline]") {
  Line line;
  line.activate('a', kStart);
  for (int i = 0; i < 3; ++i) line.put(line.sign_in(kStart), kStart);
  Command c;
  c.id = Id::from_guid(5, 5);
  c.tenant_id = kTenant;
  c.target = CommandTarget::user;
  c.target_id = Id::from_guid(9, 1);
  c.action = CommandAction::confirm_compromised;
  c.author = "analyst@example.com";
  JournalEntry entry;
  entry.source.source.input = "commands";
  entry.source.source.topic = "commands";
  entry.source.offset = 1;
  entry.append_time = kStart;
  entry.body = c;
  const auto accepted = line.put(entry);
  CHECK(count(accepted, "audit ") == 1);
  CHECK(accepted[0].find(R"("kind":"command_accepted")") != std::string::npos);
  CHECK(accepted[0].find(R"("id":"0-)" + std::to_string(line.offset - 1) + "-0") != std::string::npos);
  CHECK(count(accepted, "risky-users ") == 1);
  c.tenant_id = Id::from_guid(1, 2);
  entry.body = c;
  entry.source.offset = 2;
  const auto rejected = line.put(entry);
  REQUIRE(rejected.size() == 1);
  CHECK(rejected[0].find("unknown_target") != std::string::npos);
  CHECK(line.fold.shard.tenant(Id::from_guid(1, 2).str()) == nullptr);
}

TEST_CASE("a quarantined entry is passed over with an audit record", "[pipeline]") {
  Line line;
  line.activate('a', kStart);
  line.fold.shard.quarantine(line.offset + 1, 0);
  line.put(line.sign_in(kStart), kStart);
  const auto passed = line.put(line.sign_in(kStart), kStart);
  REQUIRE(passed.size() == 1);
  CHECK(passed[0].find("record_quarantined") != std::string::npos);
  CHECK(line.fold.stats.events_quarantined.value() == 1);
  CHECK(line.fold.stats.rules.of("testStreak").evaluations.value() == 1);
}

TEST_CASE("no state crosses tenants", "[pipeline]") {
  Line line;
  line.activate('a', kStart);
  for (int i = 0; i < 2; ++i) line.put(line.sign_in(kStart), kStart);
  SignIn other = line.sign_in(kStart);
  other.tenant_id = Id::from_guid(1, 2);
  CHECK(line.put(other, kStart).empty());
  CHECK(count(line.put(line.sign_in(kStart), kStart), "alerts ") == 1);
}
