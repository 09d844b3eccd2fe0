// What an ordinary sign-in costs: the user detectors and profiles, 100,000 users, ten silent renewals for each interactive sign-in.

#include <benchmark/benchmark.h>

#include <memory>
#include <vector>

#include "engine/detect/profiles.h"
#include "rules/packs/catalogue.h"

namespace {

using namespace bartizan;

constexpr std::uint64_t kUsers = 100'000;
constexpr std::string_view kAgent =
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36 Edg/126.0.0.0";

class Ignore : public FindingSink {
 public:
  void add(Finding&&) override { ++findings; }
  std::uint64_t findings = 0;
};
class NoRisk : public RiskView {
 public:
  RiskLevel level(EntityType, const Id&) const override { return RiskLevel::none; }
};

SignIn sign_in(std::uint64_t n, Time t) {
  const std::uint64_t r = mix64(n);
  const std::uint64_t user = r % kUsers;
  SignIn e;
  e.id = Id::from_guid(r, n);
  e.tenant_id = Id::from_guid(1, 1);
  e.user_id = Id::from_guid(mix64(user + 1), user);
  e.app_id = Id::from_guid(3, r >> 60);
  e.event_time = t;
  const bool interactive = n % 11 == 0;
  e.category = interactive ? SignInCategory::interactive_user : SignInCategory::non_interactive_user;
  const bool phone = (r >> 40) % 3 == 0;
  e.ip = IpAddress::v4(static_cast<std::uint32_t>(0xC6120000U + (phone ? user * 7 % 4096 : user)));
  e.asn = 64496 + static_cast<std::uint32_t>(user % 7) + (phone ? 7 : 0);
  e.location.country = {'P', 'T'};
  e.location.city = "Lisbon";
  e.location.has_coordinates = true;
  e.location.latitude = 38.72;
  e.location.longitude = -9.14;
  e.user_agent = kAgent;
  e.device.os = phone ? "Ios 17.4" : "Windows 11";
  e.device.browser = phone ? "Safari" : "Edge 126.0";
  return e;
}

void user_side(benchmark::State& state) {
  Profiles profiles;
  const NoRisk risk;
  const SourcePosition source;
  std::vector<std::unique_ptr<Detector>> detectors;
  for (const DetectorType* type : detector_types()) {
    if (type->subject == EntityType::user || type->subject == EntityType::ip) detectors.push_back(type->make(Parameters(type->parameters)));
  }
  Ignore out;
  DetectContext ctx;
  ctx.profiles = &profiles;
  ctx.risk = &risk;
  ctx.source = &source;
  const Time start = time_from_ms(1'772'438'400'000);
  std::uint64_t n = 0;
  const auto one = [&](const SignIn& e) {
    ctx.journal_time = ctx.watermark = e.event_time;
    for (const auto& d : detectors) d->on_event(ctx, e, out);
    profiles.learn(e, ctx.watermark, false);
  };
  const auto time = [&](std::uint64_t i) { return start + Duration{static_cast<std::int64_t>(i * 14)}; };  // about 60 a day and user
  for (; n < 2'000'000; ++n) one(sign_in(n, time(n)));
  std::vector<SignIn> batch(256);
  for (auto _ : state) {
    state.PauseTiming();
    for (SignIn& e : batch) e = sign_in(n, time(n)), ++n;
    state.ResumeTiming();
    for (const SignIn& e : batch) one(e);
  }
  // What the events themselves cost to read is not measured: they are hot in the real line too.
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(batch.size()));
  std::size_t bytes = profiles.bytes();
  for (const auto& d : detectors) bytes += d->bytes();
  state.counters["bytes_per_user"] = static_cast<double>(bytes) / static_cast<double>(kUsers);
  state.counters["profile_bytes_per_user"] = static_cast<double>(profiles.bytes()) / static_cast<double>(kUsers);
  state.counters["findings"] = static_cast<double>(out.findings);
}
BENCHMARK(user_side)->Unit(benchmark::kMillisecond);

}  // namespace
