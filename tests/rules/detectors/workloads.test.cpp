// The workload detectors: state through bytes changes nothing, corrections and hostile rows do no harm, verdicts free what was held back.

#include <catch2/catch.hpp>

#include <string>
#include <vector>

#include "tests/rules/detectors/stage.h"

namespace bartizan {
const DetectorType& suspicious_signins();
const DetectorType& managed_identity_anomaly();
const DetectorType& unfamiliar_resource_access();
}  // namespace bartizan

namespace bartizan::test {
namespace {

SignIn workload(SignInCategory category, std::uint64_t who, Time t) {
  SignIn e = Event(1, t).e;
  e.user_id = Id{};
  e.flags = 0;
  e.client_app = {};
  e.device = Device{};
  e.category = category;
  e.service_principal_id = Id::from_guid(0x5e5e000000004000ULL, who + 1);
  e.service_principal_name = "job";
  e.resource_id = Id::from_guid(0x4e50000000004000ULL, 1);
  e.resource_name = "Storage";
  e.credential_key_id = Id::from_guid(0x4e79000000004000ULL, who);
  e.user_agent = "azsdk/1.0";
  return e;
}

/// Ordinary life with a strange thing now and then, of a few identities.
SignIn some_event(Random& random, SignInCategory category, bool agent, Time t) {
  SignIn e = workload(category, random.below(4), t);
  if (agent) {
    e.flags = kFlagAgent;
    e.agent.type = "agenticAppInstance";
    e.agent.parent_app_id = Id::from_guid(7, random.below(2) + 1);
  }
  if (random.below(20) == 0) e.resource_id = Id::from_guid(0x4e50000000004000ULL, 2 + random.below(6));
  if (random.below(30) == 0) {
    e.ip = IpAddress::v4(0xCB007100U + static_cast<std::uint32_t>(random.below(250)));
    e.location.country = {'B', static_cast<char>('A' + random.below(4))};
    e.asn = random.below(2) == 0 ? 0 : 64500U + static_cast<std::uint32_t>(random.below(3));
    e.user_agent = "curl/8";
  }
  if (random.below(40) == 0) e.credential_key_id = Id::from_guid(0x4e79000000004000ULL, 100 + random.below(3));
  if (random.below(15) == 0) {
    e.result_code = 53003;
    e.result_class = ResultClass::failure;
    e.failure_class = FailureClass::ca_block;
  }
  return e;
}

void check_restarts(const DetectorType& type, SignInCategory category, bool agent) {
  const std::uint64_t seed = 20260302;
  INFO(type.id << ", seed " << seed);
  Stage straight(type), restarted(type);
  Random random(seed);
  std::size_t found = 0;
  Time t = kMorning;
  for (int i = 0; i < 4000; ++i) {
    t += std::chrono::minutes{1 + random.below(40)};
    Event event(1, t);
    event.e = some_event(random, category, agent, t);
    const std::vector<Finding> a = straight.feed(event);
    const std::vector<Finding> b = restarted.feed(event);
    if (i % 97 == 0) restarted.restart();
    REQUIRE(a.size() == b.size());
    for (std::size_t k = 0; k < a.size(); ++k) {
      CHECK(a[k].title == b[k].title);
      CHECK(a[k].severity == b[k].severity);
      CHECK(a[k].why.size() == b[k].why.size());
      CHECK(a[k].entity == b[k].entity);
    }
    found += a.size();
  }
  CHECK(found >= 5);
  CHECK(all_rows(straight.detector()).rows == all_rows(restarted.detector()).rows);
}

TEST_CASE("a restart in between changes no finding of the workload rules", "[rules]") {
  check_restarts(suspicious_signins(), SignInCategory::service_principal, false);
  check_restarts(managed_identity_anomaly(), SignInCategory::managed_identity, false);
  check_restarts(unfamiliar_resource_access(), SignInCategory::service_principal, true);
  check_restarts(unfamiliar_resource_access(), SignInCategory::non_interactive_user, true);
}

TEST_CASE("cut rows of the workload rules are refused", "[rules]") {
  for (const DetectorType* type : {&suspicious_signins(), &managed_identity_anomaly(), &unfamiliar_resource_access()}) {
    Stage stage(*type);
    Random random(7);
    Time t = kMorning;
    for (int i = 0; i < 600; ++i) {
      t += std::chrono::minutes{20};
      Event event(1, t);
      const bool agent = type == &unfamiliar_resource_access();
      event.e = some_event(random, type == &managed_identity_anomaly() ? SignInCategory::managed_identity : SignInCategory::service_principal, agent, t);
      stage.feed(event);
    }
    const Rows rows = all_rows(stage.detector());
    REQUIRE_FALSE(rows.rows.empty());
    const auto fresh = type->make(Parameters(type->parameters));
    for (const auto& [key, bytes] : rows.rows) {
      for (std::size_t n = 0; n < bytes.size(); ++n) CHECK_FALSE(fresh->load(key, std::string_view(bytes).substr(0, n)));
    }
  }
}

TEST_CASE("what came with an alert is no habit until a verdict says that it was well", "[rules]") {
  Stage stage(suspicious_signins());
  const auto at = [](Time t, bool strange) {
    Event event(1, t);
    event.e = workload(SignInCategory::service_principal, 1, t);
    if (strange) {
      event.at(kSingapore, 0xCB007107, 64501);
      event.e.user_agent = "curl/8";
    }
    return event;
  };
  for (int h = 0; h < 200; ++h) REQUIRE(stage.feed(at(kMorning + std::chrono::hours{h}, false)).empty());
  const Time later = kMorning + std::chrono::hours{200};
  REQUIRE(stage.feed(at(later, true)).size() == 1);
  CHECK(stage.feed(at(later + std::chrono::minutes{5}, true)).empty());  // told this hour
  CHECK(stage.feed(at(later + std::chrono::hours{2}, true)).size() == 1);
  const SignIn e = workload(SignInCategory::service_principal, 1, later);
  Fact fact;
  fact.type = EntityType::service_principal;
  fact.id = e.service_principal_id;
  fact.action = CommandAction::dismiss;
  DetectContext ctx;
  ctx.watermark = later;
  stage.detector().on_fact(ctx, fact, stage);
  CHECK(stage.feed(at(later + std::chrono::hours{4}, true)).empty());
}

/// A principal's new key on the stage, after `hours` hours of ordinary life with the old one.
struct Rotation {
  static constexpr std::uint64_t kNewKey = 77;

  explicit Rotation(int hours) : now(kMorning + std::chrono::hours{hours}) {
    for (int h = 0; h < hours; ++h) REQUIRE(stage.feed(at(kMorning + std::chrono::hours{h}, false)).empty());
  }
  static Event at(Time t, bool new_key) {
    Event event(1, t);
    event.e = workload(SignInCategory::service_principal, 1, t);
    if (new_key) event.e.credential_key_id = Id::from_guid(0x4e79000000004000ULL, kNewKey);
    return event;
  }
  /// The directory's record names the application: another id than the principal's.
  void announce(Time t) {
    Fact fact;
    fact.kind = Fact::Kind::credential_added;
    fact.type = EntityType::service_principal;
    fact.id = Id::from_guid(0xa0000000000040ULL, 9);
    fact.key_id = Id::from_guid(0x4e79000000004000ULL, kNewKey);
    fact.at = t;
    DetectContext ctx;
    ctx.watermark = t;
    stage.detector().on_fact(ctx, fact, stage);
  }
  Stage stage{suspicious_signins()};
  Time now;
};

const Check* check_named(const Finding& f, std::string_view part) {
  for (const Check& c : f.why) {
    if (c.check.find(part) != std::string::npos) return &c;
  }
  return nullptr;
}

TEST_CASE("a credential that the directory said was added surprises half as much for two days", "[rules]") {
  constexpr std::string_view kAdded = "record of the new credential";
  Rotation silent(60);
  const std::vector<Finding> unknown = silent.stage.feed(Rotation::at(silent.now, true));
  REQUIRE(unknown.size() == 1);
  CHECK(unknown[0].severity == Severity::low);
  CHECK(check_named(unknown[0], kAdded) == nullptr);

  Rotation announced(60);
  announced.announce(announced.now - std::chrono::hours{3});
  announced.stage.restart();
  CHECK(announced.stage.feed(Rotation::at(announced.now, true)).empty());

  Rotation long_ago(60);
  long_ago.announce(long_ago.now - std::chrono::hours{48});
  CHECK(long_ago.stage.feed(Rotation::at(long_ago.now, true)).size() == 1);

  Rotation later(60);  // a record of the future says nothing about this sign-in
  later.announce(later.now + std::chrono::minutes{1});
  CHECK(later.stage.feed(Rotation::at(later.now, true)).size() == 1);
}

TEST_CASE("a credential just added and used from elsewhere is high, and the finding says when it was added", "[rules]") {
  Rotation theft(60);
  theft.announce(theft.now - std::chrono::hours{3});
  Event event = Rotation::at(theft.now, true);
  event.at(kSingapore, kAttacker, 64501);
  const std::vector<Finding> found = theft.stage.feed(event);
  REQUIRE(found.size() == 1);
  CHECK(found[0].severity == Severity::high);
  CHECK(found[0].title.find("with a credential added 3 hours before") != std::string::npos);
  const Check* added = check_named(found[0], "record of the new credential");
  REQUIRE(added != nullptr);
  CHECK(added->actual == CheckValue{180.0});
}

TEST_CASE("what the directory said of a credential is forgotten after two days", "[rules]") {
  Rotation one(60);
  const std::size_t before = one.stage.detector().rows();
  one.announce(one.now);
  CHECK(one.stage.detector().rows() == before + 1);
  one.stage.expire(one.now + std::chrono::hours{49});
  CHECK(one.stage.detector().rows() == before);
}

}  // namespace
}  // namespace bartizan::test
