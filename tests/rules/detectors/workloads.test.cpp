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

}  // namespace
}  // namespace bartizan::test
