#include "connectors/demo/people.h"
#include "connectors/demo/text.h"

#include <algorithm>

#include "engine/model/id.h"

namespace bartizan::demo {
namespace {

constexpr std::string_view kFirst[] = {"Ana",  "Jean", "Elise", "Omar", "Wei",  "Priya", "Lars", "Ingrid", "Mateo", "Sofia", "Yuki", "Noah",
                                       "Emma", "Ravi", "Fatima", "Zoe", "Liam", "Olga",  "Tom",  "Mia",    "Ines",  "Hugo",  "Nina", "Sam"};
constexpr std::string_view kLast[] = {"Dupont", "Muller", "Smith", "Garcia", "Rossi",  "Tanaka", "Singh", "Novak", "Jensen", "Silva", "Kim",    "Nguyen",
                                      "Khan",   "Haddad", "Tan",   "Lee",    "Martin", "Souza",  "Weber", "Costa", "Berg",   "Hall",  "Moreau", "Duarte"};

/// Applications that run outside a browser and are not sent through the cloud proxy.
bool direct(std::size_t app) { return app == 1 || app == 3 || app == 5; }

}  // namespace

People::People(const World& world) : world_(world) {
  users_.resize(world.options().users);
  for (std::uint32_t i = 0; i < users_.size(); ++i) make(users_[i], i);
  Rng rng = Rng::of(world.options().seed, 11);
  kiosk_device_ = make_device(rng, 0, kLaptop, false);
}

Device People::make_device(Rng& rng, std::uint32_t number, std::uint8_t slot, bool registered) const {
  Device d;
  const std::uint32_t kind = rng.below(100);
  if (slot == kPhone) {
    d.phone = true;
    d.os = kind < 60 ? "Ios 18.3" : "Android 15";
    d.browser = kind < 60 ? "Mobile Safari" : "Chrome Mobile 143.0.0";
    d.agent = kind < 60 ? kSafari : kAndroid;
    d.name = join({"PH-", std::to_string(number)});
    d.trust = "Azure AD registered";
  } else {
    d.os = kind < 78 ? "Windows10" : "MacOs";
    d.browser = kind < 60 ? "Edge 144.0.0" : kind < 70 ? "Firefox 145.0" : "Chrome 143.0.0";
    d.agent = kind < 60 ? kEdge : kind < 70 ? kFirefox : kChrome;
    d.name = join({slot == kLaptop ? "LT-" : "HM-", std::to_string(number)});
    d.trust = kind % 2 ? "Azure AD joined" : "Hybrid Azure AD joined";
  }
  if (registered) d.id = rng.guid();
  if (!registered) d.trust = "";
  return d;
}

void People::make(User& u, std::uint32_t number) {
  const TenantOptions& o = world_.options();
  u.rng = Rng::of(o.seed, 10, number);
  Rng& rng = u.rng;
  u.number = number;
  u.id = rng.guid();
  const std::string_view first = kFirst[rng.below(std::size(kFirst))], last = kLast[rng.below(std::size(kLast))];
  u.name = join({first, " ", last});
  u.upn = join({lower_ascii(first), ".", lower_ascii(last), std::to_string(number + 1), "@", world_.domain()});
  u.typo_upn = join({std::string_view{u.upn}.substr(0, 2), "x", std::string_view{u.upn}.substr(2)});
  u.city = world_.draw_city(rng);
  const auto country = country_of(u.city);
  const auto members = cities_of(country);
  const auto other = [&] { return members[rng.below(static_cast<std::uint32_t>(members.size()))]; };
  u.located_city = rng.chance(0.05) ? other() : u.city;
  u.located_city_v6 = rng.chance(0.2) ? other() : u.city;
  u.provider = static_cast<std::uint8_t>(rng.zipf(8));
  u.carrier = static_cast<std::uint8_t>(rng.zipf(3));
  u.has_v6 = rng.chance(0.35);
  u.site = rng.below(world_.sites());
  u.proxy_user = rng.chance(0.25);
  double nearest = 1e9;
  for (std::uint32_t s = 0; s < AddressPlan::kProxySites; ++s) {
    const double km = distance_km(u.city, world_.places().cloud_proxy_city(s));
    if (km < nearest) {
      nearest = km;
      u.proxy_site = s;
    }
  }
  u.vpn_user = rng.chance(0.065);
  u.vpn_exit = rng.below(AddressPlan::kVpnExits);
  u.vpn_from_day = rng.chance(0.4) ? static_cast<int>(rng.below(o.days)) : 0;
  u.update_lag_days = rng.below(30);
  u.interactive = std::min(40.0, rng.log_normal(o.interactive_per_workday, 0.6));
  u.refresh = std::min(600.0, rng.log_normal(o.non_interactive_per_workday, 0.5));
  u.wrong = rng.chance(0.05) ? 0.2 : 0.021;
  constexpr double kOffice[] = {0, 0.4, 0.4, 0.6, 0.8, 1.0};
  u.office_share = u.city == world_.site_city(u.site) ? kOffice[rng.below(6)] : 0;
  u.kiosk_user = o.look_alikes && rng.chance(0.04);
  if (o.look_alikes && (rng.chance(0.002) || number == 7)) {
    u.broken_from = static_cast<int>(rng.below(o.days));
    u.broken_to = u.broken_from + 1 + static_cast<int>(rng.below(5));
  }
  const bool registered = rng.chance(0.6);
  u.devices[kLaptop] = make_device(rng, number, kLaptop, registered || rng.chance(0.3));
  u.devices[kPhone] = make_device(rng, number, kPhone, registered);
  u.device_count = 2;
  if (rng.chance(0.3)) {
    u.devices[kPrivate] = make_device(rng, number, kPrivate, false);
    u.device_count = 3;
  }
  for (std::size_t i = 0; i < u.apps.size(); ++i) {
    u.apps[i] = static_cast<std::uint8_t>(i < 3 ? i + rng.below(2) : rng.below(static_cast<std::uint32_t>(world_.catalogue().apps.size())));
  }
}

std::int64_t People::midnight_of(const User& u, int day) const {
  return world_.start() + day * kDay - cities()[u.city].utc_offset_hours * kHour;
}

std::int64_t People::next_time(std::size_t i) {
  User& u = users_[i];
  for (;;) {
    while (u.next < u.day.size()) {
      const std::int64_t t = midnight_of(u, u.day_number) + u.day[u.next].offset;
      if (t >= world_.end()) return INT64_MAX;
      if (t >= world_.start() && !u.trip.travelling(t)) return t;
      ++u.next;
    }
    if (u.day_number + 1 > static_cast<int>(world_.options().days)) return INT64_MAX;
    plan_day(u);
  }
}

Endpoint People::where(const User& u, std::uint8_t device, std::int64_t t, bool through_browser) const {
  const AddressPlan& p = world_.places();
  const bool phone = u.devices[device].phone;
  const std::int64_t minute = (t - midnight_of(u, u.day_number)) / kMinute % 1440;
  const std::uint64_t mood = mix64(u.id.lo ^ static_cast<std::uint64_t>(t / (2 * kHour)) * 31 ^ device);
  const auto nat = static_cast<std::uint32_t>(mix64(u.id.hi ^ static_cast<std::uint64_t>(t / (4 * kHour))));
  const bool proxied = u.proxy_user && device == kLaptop && through_browser;
  if (u.trip.during(t)) {
    if (phone && u.trip.phone_home_routed) return p.carrier(country_of(u.city), u.carrier, nat);
    if (proxied) {
      std::uint32_t nearest = 0;
      for (std::uint32_t s = 1; s < AddressPlan::kProxySites; ++s) {
        if (distance_km(u.trip.city, p.cloud_proxy_city(s)) < distance_km(u.trip.city, p.cloud_proxy_city(nearest))) nearest = s;
      }
      return p.cloud_proxy(nearest, static_cast<std::uint32_t>(mood));
    }
    if (phone && mood % 10 < 5) return p.carrier(country_of(u.trip.city), static_cast<std::uint32_t>(u.trip.hotel % 3), nat);
    return p.hotel(u.trip.hotel, u.trip.city);
  }
  const bool at_work = u.office_today && minute >= 530 && minute < 1030;
  if (u.vpn_today && minute >= 1080 && device != kLaptop) return p.consumer_vpn(u.vpn_exit, static_cast<std::uint32_t>(mood >> 8));
  if (proxied) return p.cloud_proxy(u.proxy_site_today, static_cast<std::uint32_t>(mood >> 4));
  if (phone) {
    const bool outside = (minute >= 440 && minute < 530) || (minute >= 1030 && minute < 1110) || (minute >= 720 && minute < 780);
    if (mood % 10 < (outside ? 8U : 2U)) return p.carrier(country_of(u.city), u.carrier, nat);
  }
  if (at_work && device != kPrivate) return p.corporate(u.site, static_cast<std::uint32_t>(mood >> 4), world_.site_city(u.site));
  const std::uint32_t block = world_.calendar().isp_renumbering >= 0 && t >= world_.start() + world_.calendar().isp_renumbering * kDay &&
                                      world_.calendar().renumbered_country == country_of(u.city) && world_.calendar().renumbered_provider == u.provider
                                  ? 1
                                  : 0;
  if (u.has_v6 && mood % 10 < 6) {
    return p.home_v6(u.number + 1'000'000ULL * (block + 1), u.located_city_v6, u.provider, u.id.lo ^ device ^ static_cast<std::uint64_t>(u.day_number) << 20);
  }
  return p.home_v4(u.number + 200'000ULL * u.homes, u.located_city, u.provider, block);
}

LookAlike People::class_of(const User& u, std::uint8_t device, const Endpoint& e, std::int64_t t) const {
  if (u.trip.during(t)) return u.devices[device].phone && u.trip.phone_home_routed ? LookAlike::roaming_phone : LookAlike::trip;
  if (u.new_phone_today && device == kPhone) return LookAlike::new_phone;
  switch (e.kind) {
    case NetworkKind::corporate: return LookAlike::shared_egress;
    case NetworkKind::cloud_proxy: return LookAlike::cloud_proxy;
    case NetworkKind::consumer_vpn: return LookAlike::consumer_vpn;
    case NetworkKind::carrier: return LookAlike::carrier;
    case NetworkKind::home: return u.renumbered_today ? LookAlike::isp_renumbering : LookAlike::none;
    default: return LookAlike::none;
  }
}

Draft People::draft_of(const User& u, std::uint8_t device, std::int64_t t, std::size_t app) const {
  Draft d;
  d.event_ms = t;
  d.user_id = u.id;
  d.upn = u.upn;
  d.user_name = u.name;
  d.has_user = true;
  d.app = world_.catalogue().apps[app];
  d.resource = world_.catalogue().resource_of(app);
  d.device = &u.devices[device];
  const bool browser = !direct(app);
  d.client_app = browser ? "Browser" : "Mobile Apps and Desktop clients";
  const std::uint8_t kind = browser ? u.devices[device].agent : u.devices[device].phone ? std::uint8_t{kOutlookPhone} : app == 1 ? std::uint8_t{kTeams} : std::uint8_t{kBroker};
  d.user_agent = world_.user_agent(kind, t, u.update_lag_days);
  d.from = where(u, device, t, browser);
  d.look_alike = class_of(u, device, d.from, t);
  d.session = u.sessions[device];
  return d;
}

}  // namespace bartizan::demo
