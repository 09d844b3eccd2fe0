#include "connectors/demo/workloads.h"
#include "connectors/demo/text.h"

#include <algorithm>

namespace bartizan::demo {
namespace {

constexpr std::string_view kJobs[] = {"backup", "invoice-sync", "mail-relay", "inventory-import", "report-builder", "ticket-bridge", "hr-export",
                                      "build-runner", "log-shipper", "search-indexer", "payment-batch", "catalog-feed", "alert-router", "crm-sync"};
constexpr std::string_view kLibraries[] = {"azsdk-net-Identity/1.13.1 (.NET 8.0.11; Linux)", "azsdk-python-identity/1.19.0 Python/3.11.9 (Linux)",
                                           "azsdk-java-identity/1.14.2 (17.0.9; Linux)", "python-requests/2.32.3", "Go-http-client/2.0"};

}  // namespace

Workloads::Workloads(const World& world) : world_(world) {
  const TenantOptions& o = world.options();
  service_principals_ = static_cast<std::size_t>(o.users * o.service_principals_per_user + 0.5);
  const auto identities = static_cast<std::size_t>(o.users * o.managed_identities_per_user + 0.5);
  all_.resize(service_principals_ + identities);
  for (std::size_t i = 0; i < all_.size(); ++i) {
    Workload& w = all_[i];
    w.rng = Rng::of(o.seed, 20, i);
    w.id = w.rng.guid();
    w.app = w.rng.guid();
    if (i < service_principals_) {
      make_service_principal(w, static_cast<std::uint32_t>(i));
    } else {
      make_managed_identity(w, static_cast<std::uint32_t>(i - service_principals_));
    }
    w.next = o.start_ms + static_cast<std::int64_t>(w.rng.unit() * static_cast<double>(std::min(w.period, kDay)));
  }
}

void Workloads::make_service_principal(Workload& w, std::uint32_t number) {
  Rng& rng = w.rng;
  w.name = join({kJobs[number % std::size(kJobs)], "-", std::to_string(number)});
  const std::uint32_t kind = rng.below(100);
  w.rhythm = kind < 70 ? Workload::Rhythm::clock : kind < 95 ? Workload::Rhythm::requests : Workload::Rhythm::rare;
  constexpr std::int64_t kPeriods[] = {15 * kMinute, 30 * kMinute, kHour, kHour, 2 * kHour, 6 * kHour, kDay};
  w.period = w.rhythm == Workload::Rhythm::rare ? 5 * kDay : kPeriods[rng.below(std::size(kPeriods))];
  w.per_day = std::min(500.0, rng.log_normal(40, 0.8));
  w.work_hours_only = rng.chance(0.5);
  w.region = rng.zipf(4);
  w.autoscaling = rng.chance(0.03);
  w.runner = number % std::size(kJobs) == 7;
  w.first_address = rng.below(1900);
  w.addresses = w.autoscaling || w.runner ? 512 : 1 + rng.below(4);
  const std::uint32_t credential = rng.below(100);
  w.credential = w.runner ? "federatedIdentityCredential" : credential < 60 ? "clientSecret" : "clientAssertion";
  w.key = rng.guid();
  w.next_key = rng.guid();
  w.resource_count = static_cast<std::uint8_t>(1 + rng.below(3));
  for (std::uint8_t& r : w.resources) r = static_cast<std::uint8_t>(rng.chance(0.4) ? 2 : 2 + rng.below(22));
  w.extra_resource = static_cast<std::uint8_t>(2 + rng.below(22));
  w.library = static_cast<std::uint8_t>(rng.below(std::size(kLibraries)));
  special_days(w);
}

void Workloads::make_managed_identity(Workload& w, std::uint32_t number) {
  Rng& rng = w.rng;
  w.managed = true;
  w.name = join({"vm-", kJobs[number % std::size(kJobs)], "-", std::to_string(number)});
  w.azure_resource = join({"/subscriptions/5ab1e000-0000-4000-8000-0000000000", std::to_string(10 + number % 8), "/resourceGroups/rg-",
                           std::to_string(number % 12), "/providers/Microsoft.Compute/virtualMachines/", w.name});
  w.logs_address = rng.chance(0.3);
  w.rhythm = rng.chance(0.8) ? Workload::Rhythm::clock : Workload::Rhythm::requests;
  constexpr std::int64_t kPeriods[] = {kHour, kHour, 4 * kHour, 12 * kHour, kDay};
  w.period = kPeriods[rng.below(std::size(kPeriods))];
  w.per_day = std::min(200.0, rng.log_normal(20, 0.7));
  w.region = rng.zipf(4);
  w.first_address = rng.below(1900);
  w.addresses = 1 + rng.below(2);
  w.credential = "managedIdentity";
  w.resource_count = static_cast<std::uint8_t>(1 + rng.below(3));
  for (std::uint8_t& r : w.resources) r = static_cast<std::uint8_t>(5 + rng.below(14));
  w.extra_resource = static_cast<std::uint8_t>(5 + rng.below(18));
  special_days(w);
}

void Workloads::special_days(Workload& w) {
  const TenantOptions& o = world_.options();
  if (!o.look_alikes) return;
  Rng& rng = w.rng;
  const double days = static_cast<double>(o.days);
  const auto some_time = [&] { return o.start_ms + static_cast<std::int64_t>(rng.unit() * days * static_cast<double>(kDay)); };
  if (!w.managed && !w.runner && rng.chance(days / 90)) w.rotation = some_time();
  if (!w.managed && w.credential == "clientSecret" && rng.chance(0.01)) {
    w.expiry_from = some_time();
    w.expiry_to = w.expiry_from + rng.between(2, 30) * kHour;
    w.rotation = w.expiry_to;
  }
  if (rng.chance(0.02 * days / 30)) w.new_block_from = some_time();
  // A new release of a program asks for one more resource now and then.
  if (rng.chance(0.0015 * days)) w.new_resource_from = some_time();
}

void Workloads::schedule(Workload& w, std::int64_t after) const {
  Rng& rng = w.rng;
  if (w.rhythm == Workload::Rhythm::requests) {
    const bool quiet = w.work_hours_only && (World::weekend(after) || after / kHour % 24 < 7 || after / kHour % 24 > 18);
    const double mean = static_cast<double>(kDay) / std::max(1.0, w.per_day) * (quiet ? 6 : 0.7);
    w.next = after + kSecond + static_cast<std::int64_t>(rng.exponential(mean));
  } else {
    w.next = after + w.period + rng.between(-20 * kSecond, 20 * kSecond);
  }
  if (w.next >= world_.end()) w.next = INT64_MAX;
}

Draft Workloads::draft_of(const Workload& w, std::int64_t t, std::uint64_t pick) const {
  const TenantOptions& o = world_.options();
  Draft d;
  d.event_ms = t;
  d.category = w.managed ? SignInCategory::managed_identity : SignInCategory::service_principal;
  d.principal_id = w.id;
  d.principal_name = w.name;
  d.has_principal = true;
  d.app = {w.app, w.name};
  d.credential_type = w.credential;
  d.has_credential_key = !w.managed && !w.runner;
  d.credential_key = t >= w.rotation && (pick % 2 == 0 || t >= w.rotation + kDay) ? w.next_key : w.key;
  if (t >= w.rotation && t < w.rotation + 3 * kDay) d.look_alike = LookAlike::secret_rotation;
  d.resource = world_.catalogue().resources[w.resources[pick / 4 % w.resource_count]];
  if (t >= w.new_resource_from && pick % 5 == 0) {
    d.resource = world_.catalogue().resources[w.extra_resource];
    if (t < w.new_resource_from + 2 * kDay) d.look_alike = LookAlike::new_resource;
  }
  d.user_agent = w.managed ? std::string_view{} : kLibraries[w.library];
  d.no_asn = !o.workload_asn;
  d.azure_resource = w.azure_resource;
  if (!w.logs_address) return d;
  std::uint32_t region = w.region;
  const auto day = static_cast<int>((t - o.start_ms) / kDay);
  const Calendar& c = world_.calendar();
  if (w.runner && c.runner_move >= 0 && day >= c.runner_move) {
    region = w.region + 4;
    if (day < c.runner_move + 2) d.look_alike = LookAlike::runner_moved;
  }
  if (w.managed && c.region_failover == day && w.region == 0) {
    region = w.region + 1;
    d.look_alike = LookAlike::region_failover;
  }
  std::uint32_t first = w.first_address;
  if (t >= w.new_block_from) {
    first += 500;
    if (t < w.new_block_from + 2 * kDay) d.look_alike = LookAlike::block_changed;
  }
  if (w.autoscaling && d.look_alike == LookAlike::none) d.look_alike = LookAlike::autoscaling;
  d.from = world_.places().cloud(region, first + static_cast<std::uint32_t>(pick >> 32) % w.addresses);
  return d;
}

void Workloads::act(std::size_t i, DraftSink& out) {
  Workload& w = all_[i];
  const std::int64_t t = w.next;
  schedule(w, t);
  const Calendar& c = world_.calendar();
  const std::uint64_t pick = w.rng.next();
  if (t >= w.expiry_from && t < w.expiry_to) {
    for (std::uint32_t n = 0; n < 6; ++n) {
      Draft d = draft_of(w, t + n * 30 * kSecond, pick);
      d.code = 7000222;
      d.credential_key = w.key;
      d.correlation = w.rng.guid();
      d.look_alike = LookAlike::expired_secret;
      out.add(std::move(d));
    }
    return;
  }
  const std::uint32_t tokens = w.rhythm == Workload::Rhythm::clock ? w.resource_count : 1;
  for (std::uint32_t n = 0; n < tokens; ++n) {
    Draft d = draft_of(w, t + n * 700, n ? w.rng.next() : pick);
    d.correlation = w.rng.guid();
    if (t >= c.outage_from && t < c.outage_to) {
      d.code = 90033;
      d.look_alike = LookAlike::outage;
    }
    out.add(std::move(d));
  }
}

}  // namespace bartizan::demo
