#include "tests/support/line/scenario.h"

#include <algorithm>

#include "engine/codec/journal.h"
#include "engine/pipeline/journal_partition.h"
#include "tests/support/line/small_rules.h"

namespace bartizan::test {
namespace {

constexpr unsigned kUsers = 12;
constexpr std::uint64_t kTenant = 0x1111'2222'3333'4444ULL;

Id tenant_id(unsigned user) { return Id::from_guid(kTenant, user % 3 == 0 ? 2 : 1); }
Id user_id(unsigned user) { return Id::from_guid(0xaaaa'0000'0000'0000ULL, user + 1); }

}  // namespace

Scenario::Scenario(std::uint64_t seed, std::size_t entries) : random_(seed) {
  for (int p = 0; p < 3; ++p) {
    SourceState s;
    s.source.input = "signins";
    s.source.topic = "signins";
    s.source.partition = p;
    s.behind = p == 2 ? Duration{std::chrono::hours{3}} : Duration{std::chrono::seconds{20 * p}};
    sources_.push_back(s);
  }
  // A little before the first activation: ids and profiles only.
  for (int i = 0; i < 10; ++i) add_sign_in();
  activate('a');
  while (entries_.size() < entries) {
    if (entries_.size() == entries / 3) activate('b');
    if (entries_.size() == entries / 2) activate('a');
    if (entries_.size() == entries / 2 + 20) activate('a');
    if (entries_.size() == entries * 2 / 3) activate('c');
    step();
  }
}

void Scenario::step() {
  const std::uint64_t dice = random_.below(1000);
  now_ += Duration{static_cast<std::int64_t>(random_.below(15'000))};
  if (dice < 5) now_ += std::chrono::minutes{20};
  if (dice == 500) now_ += std::chrono::hours{7};
  if (dice == 501) now_ += std::chrono::hours{30};
  if (dice < 740) return add_sign_in();
  if (dice < 860) return add_copy();
  if (dice < 900) return add_repeat();
  if (dice < 930) return add_command();
  JournalEntry tick;
  tick.append_time = now_ + std::chrono::seconds{random_.below(90)};
  now_ = tick.append_time;
  tick.body = Tick{};
  entries_.push_back(tick);
}

SignIn Scenario::sign_in() {
  if (streak_left_ == 0 && random_.chance(4)) {
    streak_user_ = static_cast<unsigned>(random_.below(kUsers));
    streak_left_ = 2 + static_cast<unsigned>(random_.below(7));
  }
  const bool streak = streak_left_ != 0;
  if (streak) --streak_left_;
  const unsigned user = streak ? streak_user_ : static_cast<unsigned>(random_.below(kUsers));
  SignIn e;
  const std::uint64_t lo = random_.word();  // one draw a statement: the order of arguments is the compiler's choice
  const std::uint64_t hi = random_.word();
  e.id = Id::from_guid(hi, lo);
  e.tenant_id = tenant_id(user);
  e.user_id = user_id(user);
  e.user_principal_name = text("user" + std::to_string(user) + "@example.com");
  e.user_name = text("User " + std::to_string(user));
  e.category = random_.chance(70) ? SignInCategory::interactive_user : SignInCategory::non_interactive_user;
  e.app_id = Id::from_guid(7, 7);
  e.app_name = "Portal";
  e.ip = IpAddress::v4(random_.chance(85) ? 0xc6336400u + user : 0xcb007100u + static_cast<std::uint32_t>(random_.below(40)));
  e.asn = random_.chance(90) ? 64'500 : 64'501;
  e.location.country = {'D', 'E'};
  e.user_agent = random_.below(150) == 0 ? "explode" : "Mozilla/5.0";
  if (streak || random_.chance(8)) {
    e.result_code = 50126;
    e.result_class = ResultClass::failure;
    e.failure_class = FailureClass::bad_password;
  }
  return e;
}

void Scenario::add_sign_in() {
  SignIn e = sign_in();
  SourceState& s = sources_[random_.below(sources_.size())];
  e.event_time = now_ - s.behind - Duration{static_cast<std::int64_t>(random_.below(120'000))};
  e.published_time = now_;
  const std::uint64_t odd = random_.below(200);
  if (odd == 0) e.event_time = now_ - std::chrono::hours{72};
  if (odd == 1) e.event_time = time_from_ms(253'402'300'000'000);  // the year 9999
  if (odd == 2) e.event_time = now_ + std::chrono::minutes{4};
  add(e);
}

void Scenario::add(SignIn e) {
  SourceState& s = sources_[random_.below(sources_.size())];
  JournalEntry entry;
  entry.source.source = s.source;
  entry.source.offset = s.offset++;
  entry.source.index = random_.chance(50) ? -1 : static_cast<std::int32_t>(random_.below(3));
  entry.source.timestamp = now_;
  entry.append_time = now_ - Duration{static_cast<std::int64_t>(random_.chance(10) ? 700 : 0)};
  sent_.push_back(e);
  entry.body = e;
  entries_.push_back(entry);
}

// Another copy of something sent before: equal, newer with another result or risk, or older.
void Scenario::add_copy() {
  if (sent_.empty()) return add_sign_in();
  const std::size_t recent = std::min<std::size_t>(sent_.size(), 120);
  SignIn e = sent_[sent_.size() - 1 - random_.below(recent)];
  switch (random_.below(4)) {
    case 0: break;
    case 1:
      e.published_time += std::chrono::minutes{2};
      e.result_class = ResultClass::success;
      e.failure_class = FailureClass::ok;
      e.result_code = 0;
      break;
    case 2:
      e.published_time += std::chrono::minutes{9};
      e.risk_level_aggregated = EntraRiskLevel::high;
      e.risk_state = EntraRiskState::at_risk;
      break;
    default:
      e.published_time -= std::chrono::minutes{9};
      e.result_code = 50053;
      break;
  }
  add(e);
}

// INGEST crashed and wrote a stretch again: same source positions, later append times.
void Scenario::add_repeat() {
  const std::size_t n = std::min<std::size_t>(entries_.size(), 1 + random_.below(12));
  const std::vector<JournalEntry> stretch(entries_.end() - static_cast<std::ptrdiff_t>(n), entries_.end());
  for (JournalEntry entry : stretch) {
    entry.append_time = std::max(entry.append_time, now_);
    entries_.push_back(entry);
  }
}

void Scenario::add_command() {
  const auto user = static_cast<unsigned>(random_.below(kUsers));
  Command c;
  if (!commands_.empty() && random_.chance(20)) {
    c = commands_[random_.below(commands_.size())];  // sent twice
  } else {
    const std::uint64_t lo = random_.word();
    const std::uint64_t hi = random_.word();
    c.id = Id::from_guid(hi, lo);
    c.tenant_id = random_.chance(95) ? tenant_id(user) : Id::from_guid(kTenant, 99);
    c.target = CommandTarget::user;
    c.target_id = random_.chance(90) ? user_id(user) : Id::from_guid(1, 1);
    if (random_.chance(20) && !sent_.empty()) {
      const SignIn& e = sent_[random_.below(sent_.size())];
      c.tenant_id = e.tenant_id;
      c.target = CommandTarget::sign_in;
      c.target_id = e.id;
    }
    c.action = static_cast<CommandAction>(random_.below(3));
    c.author = "analyst@example.com";
    c.at = now_;
    c.note = random_.chance(50) ? "checked by telephone" : "";
    commands_.push_back(c);
  }
  JournalEntry entry;
  entry.source.source.input = "commands";
  entry.source.source.topic = "bartizan.commands";
  entry.source.offset = command_offset_++;
  entry.append_time = now_;
  entry.body = c;
  entries_.push_back(entry);
}

void Scenario::activate(char name) {
  JournalEntry entry;
  entry.append_time = now_;
  entry.body = BundleActivation{text(SmallRules::hash(name)), {}, 3, "operator@example.com"};
  entries_.push_back(entry);
}

std::vector<MemoryWorld::Message> Scenario::messages(std::uint64_t seed, std::size_t pack_max) const {
  MemoryWorld world;
  fill(world, seed, pack_max);
  return world.journal[0];
}

void Scenario::fill(MemoryWorld& world, std::uint64_t seed, std::size_t pack_max) const {
  Random random(seed);
  const auto partitions = static_cast<std::int32_t>(world.journal.size());
  std::vector<JournalWriter> writers(world.journal.size());
  std::vector<std::size_t> cut(world.journal.size(), 1);
  const auto finish = [&](std::size_t p) {
    if (writers[p].entries() != 0) world.journal[p].push_back(MemoryWorld::Message{writers[p].finish(true), Time{}});
    cut[p] = 1 + random.below(pack_max);
  };
  const auto put = [&](std::size_t p, const JournalEntry& entry) {
    writers[p].add(entry);
    if (writers[p].entries() >= cut[p]) finish(p);
  };
  for (const JournalEntry& entry : entries_) {
    Id tenant;
    if (const auto* e = std::get_if<SignIn>(&entry.body)) tenant = e->tenant_id;
    if (const auto* c = std::get_if<Command>(&entry.body)) tenant = c->tenant_id;
    if (!tenant.empty()) {
      put(static_cast<std::size_t>(journal_partition_of(tenant.str(), partitions)), entry);
    } else {
      for (std::size_t p = 0; p < world.journal.size(); ++p) put(p, entry);
    }
  }
  for (std::size_t p = 0; p < world.journal.size(); ++p) finish(p);
}

}  // namespace bartizan::test
