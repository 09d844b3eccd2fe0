#include "connectors/demo/tenant.h"

#include <catch2/catch.hpp>

#include <array>
#include <map>
#include <set>
#include <string>

#include "connectors/demo/attacks.h"
#include "engine/codec/record_decoder.h"
#include "engine/model/id.h"

namespace bartizan::demo {
namespace {

TenantOptions small(std::uint64_t seed, RecordSize size = RecordSize::compact) {
  TenantOptions o;
  o.seed = seed;
  o.users = 60;
  o.days = 4;
  o.size = size;
  o.non_interactive_per_workday = 10;
  return o;
}

std::string stream(const TenantOptions& o, std::uint32_t attacks = 0) {
  Tenant tenant{o};
  Attacker attacker{tenant, o.seed};
  const auto plan = plan_attacks(o.seed, tenant.world().start() + kDay, tenant.world().end() - kHour, attacks);
  std::size_t launched = 0;
  std::string out;
  while (true) {
    while (launched < plan.size() && plan[launched].at <= tenant.now()) attacker.launch(plan[launched++].scenario, tenant.now());
    const Draft* d = tenant.next(out);
    if (d == nullptr) return out;
    attacker.observe(*d);
  }
}

/// Decodes one record and keeps what the tests look at.
struct Reader : RecordSink {
  void sign_in(const SignIn& e, const SourcePosition&) override {
    ++sign_ins;
    id = e.id.str();
    category = e.category;
    event_ms = to_ms(e.event_time);
    published_ms = to_ms(e.published_time);
    code = e.result_code;
    asn = e.asn;
    ip = e.ip.str();
    special = !e.ip.empty() && e.ip.is_special();
    country = std::string{e.location.country_text()};
    agent = e.is_agent();
    token_id_differs = !e.unique_token_id.empty();
    user = e.user_id.str();
    principal = e.service_principal_id.str();
  }
  void risk_report(const RiskReport&, const SourcePosition&) override { FAIL("a risk report"); }
  void directory_change(const DirectoryChange&, const SourcePosition&) override { FAIL("a directory change"); }
  void command(const Command&, const SourcePosition&) override { FAIL("a command"); }
  void dead_letter(DeadLetter&& letter) override {
    ++dead_letters;
    UNSCOPED_INFO(to_word(letter.reason) << ": " << letter.detail);
  }
  void ignored(IgnoredReason) override { ++ignored_records; }

  void read(const std::string& line) {
    std::string padded = line;
    padded.resize(line.size() + RecordDecoder::kPadding);
    decoder.decode({padded.data(), line.size()}, position, {}, *this);
  }

  RecordDecoder decoder;
  SourcePosition position;
  std::size_t sign_ins = 0, dead_letters = 0, ignored_records = 0;
  std::string id, ip, country, user, principal;
  SignInCategory category{};
  std::int64_t event_ms = 0, published_ms = 0;
  std::int32_t code = 0;
  std::uint32_t asn = 0;
  bool special = false, agent = false, token_id_differs = false;
};

}  // namespace

TEST_CASE("the same seed gives the same bytes, another seed others", "[demo]") {
  const std::string first = stream(small(5), 2);
  CHECK(first == stream(small(5), 2));
  CHECK(first != stream(small(6), 2));
}

TEST_CASE("every generated record decodes to the sign-in that was meant", "[demo]") {
  const auto size = GENERATE(RecordSize::compact, RecordSize::full);
  const TenantOptions o = small(9, size);
  Tenant tenant{o};
  Attacker attacker{tenant, o.seed};
  const auto plan = plan_attacks(o.seed, tenant.world().start() + kDay, tenant.world().end() - kHour, 2);
  std::size_t launched = 0, records = 0;
  Reader reader;
  std::array<std::size_t, 4> by_category{};
  std::size_t agents = 0, bytes = 0;
  std::set<std::string> ids;
  std::map<std::string, std::set<std::pair<std::uint32_t, std::string>>> networks;  // address -> (ASN, country)
  std::int64_t published = 0;
  std::string line;
  while (true) {
    while (launched < plan.size() && plan[launched].at <= tenant.now()) attacker.launch(plan[launched++].scenario, tenant.now());
    line.clear();
    const Draft* d = tenant.next(line);
    if (d == nullptr) break;
    attacker.observe(*d);
    ++records;
    bytes += line.size();
    reader.read(line);
    REQUIRE(reader.sign_ins == records);
    REQUIRE(reader.dead_letters == 0);
    REQUIRE(reader.category == d->category);
    REQUIRE(reader.event_ms == d->event_ms);
    REQUIRE(reader.code == d->code);
    REQUIRE_FALSE(reader.special);           // detectors would pass over private addresses
    REQUIRE_FALSE(reader.token_id_differs);  // uniqueTokenIdentifier is the id in another form
    REQUIRE(reader.agent == !d->agent_type.empty());
    REQUIRE(reader.published_ms - reader.event_ms >= 60'000);
    REQUIRE(reader.published_ms - reader.event_ms <= 750'000);
    REQUIRE(reader.published_ms >= published);
    published = reader.published_ms;
    REQUIRE(ids.insert(reader.id).second);
    ++by_category[static_cast<std::size_t>(d->category)];
    agents += reader.agent;
    if (!d->from.empty() && !d->no_asn) networks[reader.ip].insert({reader.asn, reader.country});
  }
  CHECK(reader.ignored_records == 0);
  for (const std::size_t n : by_category) CHECK(n > 20);
  CHECK(agents > 20);
  const double mean = static_cast<double>(bytes) / static_cast<double>(records);
  if (size == RecordSize::full) CHECK((mean > 5000 && mean < 5800));
  if (size == RecordSize::compact) CHECK((mean > 1800 && mean < 2900));
  for (const auto& [ip, seen] : networks) {
    INFO(ip);
    CHECK(seen.size() == 1);  // an address has one network and one country
  }
}

TEST_CASE("attacks in the places of ordinary records begin when those would have been, with the same principal", "[demo]") {
  TenantOptions o = small(12);
  o.days = 8;
  const auto who_of = [](const Draft& d) { return d.has_principal ? d.principal_id.lo : d.user_id.lo; };
  std::set<std::pair<std::int64_t, std::uint64_t>> ordinary;
  std::size_t alone = 0;
  std::string line;
  {
    Tenant tenant{o};
    while (const Draft* d = tenant.next(line)) {
      line.clear();
      ++alone;
      ordinary.insert({d->event_ms, who_of(*d)});
    }
  }
  Tenant tenant{o};
  Attacker attacker{tenant, o.seed};
  attacker.take_places(tenant.world().start() + 3 * kDay, tenant.world().end() - kHour, 2);
  std::size_t with_attacks = 0, steps = 0;
  std::int64_t published = 0;
  while (const Draft* d = tenant.next(line)) {
    line.clear();
    if (attacker.takes(*d)) continue;
    attacker.observe(*d);
    ++with_attacks;
    CHECK(d->published_ms >= published);
    published = d->published_ms;
    steps += d->campaign != 0;
    if (d->step != 1) continue;
    INFO(info(attacker.campaign(d->campaign).scenario).name);
    CHECK(ordinary.contains({d->event_ms, who_of(*d)}));
  }
  CHECK(attacker.campaigns().size() >= kScenarios * 3 / 2);
  CHECK(with_attacks + attacker.campaigns().size() == alone + steps);  // each takes one ordinary record away
}

TEST_CASE("attack labels say what happened to whom", "[demo]") {
  const TenantOptions o = small(3);
  Tenant tenant{o};
  Attacker attacker{tenant, o.seed};
  const auto plan = plan_attacks(o.seed, tenant.world().start() + kDay, tenant.world().end() - 2 * kDay, 1);
  std::size_t launched = 0;
  std::map<std::uint32_t, std::uint32_t> steps;
  std::string line;
  while (true) {
    while (launched < plan.size() && plan[launched].at <= tenant.now()) attacker.launch(plan[launched++].scenario, tenant.now());
    line.clear();
    const Draft* d = tenant.next(line);
    if (d == nullptr) break;
    attacker.observe(*d);
    if (d->campaign == 0) continue;
    const Attack& a = attacker.campaign(d->campaign);
    ++steps[a.number];
    CHECK(d->event_ms >= a.first_ms);
    CHECK(d->event_ms <= a.last_ms);
    CHECK((d->step >= 1 && d->step <= a.steps));
    if (a.victims.size() > 1 || (d->has_user && d->user_id == Guid{})) continue;  // waves name users and typed-in names
    const Victim& victim = a.victims.front();
    CHECK((victim.type == EntityType::user ? d->user_id : d->principal_id) == victim.id);
  }
  std::set<Scenario> seen;
  for (const Attack& a : attacker.campaigns()) {
    INFO(info(a.scenario).name);
    seen.insert(a.scenario);
    CHECK(steps[a.number] == a.steps);
    CHECK_FALSE(a.victims.empty());
  }
  CHECK(seen.size() >= kScenarios - 2);  // a tenant this small may have no victim for one or the other
}

TEST_CASE("the narrow plan keeps to documentation, benchmarking and private numbers", "[demo]") {
  TenantOptions o = small(4);
  o.wide_addresses = false;
  Tenant tenant{o};
  std::string line;
  while (const Draft* d = tenant.next(line)) {
    line.clear();
    if (d->from.empty()) continue;
    const std::uint64_t a = d->from.lo;
    const bool v6 = d->from.v6() && d->from.hi >> 32 == 0x20010db8;
    const bool v4 = !d->from.v6() && (a >> 8 == 0xc00002 || a >> 8 == 0xc63364 || a >> 8 == 0xcb0071 || a >> 17 == 0xc612 >> 1);
    REQUIRE((v4 || v6));
    REQUIRE(((d->from.asn >= 64496 && d->from.asn <= 64511) || d->from.asn >= 4'200'000'000U));
  }
}

}  // namespace bartizan::demo
