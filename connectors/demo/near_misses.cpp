#include "connectors/demo/near_misses.h"

#include <array>
#include <utility>

namespace bartizan::demo {
namespace {

Draft success(const Tenant& tenant, const User& u, std::uint8_t device, std::int64_t at, std::size_t app, Rng& rng) {
  Draft d = tenant.people().draft_of(u, device, at, app);
  d.correlation = rng.guid();
  d.password = PasswordStep::earlier;
  d.mfa = MfaStep::claim;
  return d;
}

constexpr std::size_t kMailOnPhone = 5, kPortal = 2, kMeetings = 1;

}  // namespace

std::optional<std::size_t> send_traveller(Tenant& tenant, std::int64_t leave, std::int64_t back) {
  for (std::size_t i = 0; i < tenant.people().size(); ++i) {
    const User& u = tenant.people()[i];
    if (u.proxy_user || u.vpn_user || u.kiosk_user || u.devices[kPhone].id == Guid{} || u.city != tenant.world().main_city()) continue;
    Trip trip;
    for (std::uint16_t city = 0; city < cities().size(); ++city) {
      const double km = distance_km(u.city, city);
      if (country_of(city) != country_of(u.city) && km > 5000 && km < 10'000) trip.city = city;
    }
    const auto flight = static_cast<std::int64_t>(distance_km(u.city, trip.city) / 800.0 * kHour) + 4 * kHour;
    trip.leave = leave;
    trip.arrive = leave + flight;
    trip.depart = back - flight;
    trip.back = back;
    trip.hotel = 4711;
    trip.phone_home_routed = true;
    tenant.people().set_trip(i, trip);
    return i;
  }
  return std::nullopt;
}

NearMiss roaming_phone(const Tenant& tenant, std::size_t traveller, std::int64_t at) {
  const User& u = tenant.people()[traveller];
  Rng rng = Rng::of(tenant.world().options().seed, 60);
  NearMiss out{"roaming_phone", "a phone on a business trip whose traffic leaves at home", u.upn, {}};
  for (std::int64_t n = 0; n < 2; ++n) {
    out.drafts.push_back(success(tenant, u, kLaptop, at + n * 12 * kMinute, kPortal, rng));
    out.drafts.push_back(success(tenant, u, kPhone, at + (n * 12 + 6) * kMinute, kMailOnPhone, rng));
    // The phone is on the carrier's network, not on the hotel's.
    out.drafts.back().from = tenant.world().places().carrier(country_of(u.city), u.carrier, static_cast<std::uint32_t>(u.number));
  }
  return out;
}

std::optional<NearMiss> shared_egress(const Tenant& tenant, std::int64_t at) {
  const People& people = tenant.people();
  const AddressPlan& places = tenant.world().places();
  std::array<std::size_t, AddressPlan::kProxySites> colleagues{};
  for (std::size_t i = 0; i < people.size(); ++i) {
    if (people[i].proxy_user) ++colleagues[people[i].proxy_site];
  }
  for (std::size_t i = 0; i < people.size(); ++i) {
    const User& u = people[i];
    if (!u.proxy_user || u.kiosk_user || u.trip.during(at) || u.trip.travelling(at) || u.office_today) continue;
    for (std::uint32_t site = 0; site < AddressPlan::kProxySites; ++site) {
      const std::uint16_t city = places.cloud_proxy_city(site);
      if (colleagues[site] < 8 || country_of(city) == country_of(u.city) || distance_km(city, u.city) < 600) continue;
      Rng rng = Rng::of(tenant.world().options().seed, 61);
      NearMiss out{"shared_egress", "the company's proxy in another country", u.upn, {}};
      out.drafts.push_back(success(tenant, u, kLaptop, at, kMeetings, rng));
      for (std::uint32_t n = 0; n < 2; ++n) {
        out.drafts.push_back(success(tenant, u, kLaptop, at + (8 + 7 * n) * kMinute, kPortal, rng));
        out.drafts.back().from = places.cloud_proxy(site, n);
      }
      return out;
    }
  }
  return std::nullopt;
}

}  // namespace bartizan::demo
