// How a user's day is planned and what happens at each activity.

#include <algorithm>

#include "connectors/demo/people.h"

namespace bartizan::demo {

void People::plan_trip(User& u, std::int64_t midnight) {
  if (midnight < u.trip.back || !u.rng.chance(0.008)) return;
  Rng& rng = u.rng;
  Trip t;
  if (rng.chance(0.5)) {
    const auto members = cities_of(country_of(u.city));
    t.city = members[rng.below(static_cast<std::uint32_t>(members.size()))];
  } else {
    t.city = rng.chance(0.5) ? world_.site_city(rng.below(world_.sites())) : static_cast<std::uint16_t>(rng.below(static_cast<std::uint32_t>(cities().size())));
  }
  if (t.city == u.city) return;
  // Door to door at 800 km/h plus two hours: faster than most, so that the look-alike is a hard one.
  const auto flight = static_cast<std::int64_t>(distance_km(u.city, t.city) / 800.0 * kHour) + 2 * kHour;
  t.leave = midnight + rng.between(6, 19) * kHour;
  t.arrive = t.leave + flight;
  t.depart = t.arrive + rng.between(10, 120) * kHour;
  t.back = t.depart + flight;
  t.hotel = rng.next() & 0xffffff;
  t.phone_home_routed = rng.chance(0.5);
  u.trip = t;
}

std::int32_t People::draw_time(Rng& rng, bool weekend) const {
  const std::uint32_t part = rng.below(100);
  if (weekend) return static_cast<std::int32_t>(rng.between(9 * kHour, 23 * kHour));
  if (part < 80) return static_cast<std::int32_t>(rng.between(8 * kHour + 20 * kMinute, 17 * kHour + 40 * kMinute));
  if (part < 95) return static_cast<std::int32_t>(rng.between(18 * kHour, 23 * kHour));
  return static_cast<std::int32_t>(rng.between(6 * kHour, 8 * kHour + 20 * kMinute));
}

void People::plan_day(User& u) {
  Rng& rng = u.rng;
  const int day = ++u.day_number;
  const std::int64_t midnight = midnight_of(u, day);
  const bool weekend = World::weekend(midnight + 12 * kHour);
  const Calendar& calendar = world_.calendar();
  u.day.clear();
  u.next = 0;
  u.renumbered_today = day == calendar.isp_renumbering && calendar.renumbered_country == country_of(u.city) && calendar.renumbered_provider == u.provider;
  if (rng.chance(1.0 / 43)) {  // exponential hold of a home address, median 30 days
    ++u.homes;
    u.renumbered_today = true;
  }
  u.office_today = !weekend && rng.chance(u.office_share) && !u.trip.during(midnight + 12 * kHour);
  u.vpn_today = u.vpn_user && day >= u.vpn_from_day && rng.chance(0.5);
  u.proxy_site_today = rng.chance(0.05) ? rng.below(AddressPlan::kProxySites) : u.proxy_site;
  u.new_phone_today = day > 0 && rng.chance(0.004);
  plan_trip(u, midnight);

  const auto add = [&](std::int64_t offset, ActivityKind kind, std::uint8_t device) {
    u.day.push_back({static_cast<std::int32_t>(offset), kind, device});
  };
  const auto device = [&]() -> std::uint8_t {
    const std::uint32_t k = rng.below(100);
    return k < 62 ? kLaptop : k < 92 || u.device_count < 3 ? kPhone : kPrivate;
  };
  const double share = weekend ? 0.3 : 1.0;
  for (std::uint32_t n = rng.poisson(u.interactive * share); n > 0; --n) {
    const std::uint8_t d = device();
    const bool at_kiosk_today = u.kiosk_user && !weekend && rng.chance(0.5);  // one draw a statement: the order of arguments is not fixed
    add(draw_time(rng, weekend), at_kiosk_today ? ActivityKind::kiosk : ActivityKind::interactive, d);
  }
  for (std::uint32_t n = rng.poisson(u.refresh * share); n > 0; --n) {
    const std::uint8_t d = device();
    const bool any_hour = d == kPhone && rng.chance(0.4);
    add(any_hour ? rng.between(0, kDay - 1) : draw_time(rng, weekend), ActivityKind::refresh, d);
  }
  if (u.new_phone_today) {
    u.devices[kPhone] = make_device(rng, u.number + 100'000U * static_cast<std::uint32_t>(day), kPhone, u.devices[kPhone].id != Guid{});
    u.session_ends[kPhone] = 0;
    add(rng.between(9 * kHour, 19 * kHour), ActivityKind::interactive, kPhone);
  }
  if (!world_.options().look_alikes) {
    std::sort(u.day.begin(), u.day.end(), [](const Activity& a, const Activity& b) { return a.offset < b.offset; });
    return;
  }
  if (rng.chance(0.003)) add(draw_time(rng, weekend), ActivityKind::expired_password, kLaptop);
  if (day == calendar.password_change && rng.chance(0.6)) {
    const std::int64_t at = rng.between(8 * kHour, 11 * kHour);
    add(at, ActivityKind::changed_password, kLaptop);
    const std::int64_t tries = rng.between(0, 8);
    for (std::int64_t i = 0; i < tries; ++i) add(at + (i + 1) * 15 * kMinute + rng.between(0, kMinute), ActivityKind::old_password, kPhone);
  }
  if (day == calendar.roll_out && rng.chance(0.8)) add(rng.between(8 * kHour, 18 * kHour), ActivityKind::new_application, kLaptop);
  if (day >= u.broken_from && day < u.broken_to) {
    for (std::int64_t t = rng.between(0, 5 * kMinute); t < kDay; t += 5 * kMinute) add(t + rng.between(0, 20 * kSecond), ActivityKind::client_retry, kPhone);
  }
  std::sort(u.day.begin(), u.day.end(), [](const Activity& a, const Activity& b) { return a.offset < b.offset; });
}

void People::act(std::size_t i, DraftSink& out) {
  User& u = users_[i];
  const Activity a = u.day[u.next++];
  const std::int64_t t = midnight_of(u, u.day_number) + a.offset;
  const std::size_t app = u.apps[u.rng.zipf(static_cast<std::uint32_t>(u.apps.size()))];
  switch (a.kind) {
    case ActivityKind::interactive: return sign_in(u, t, a.device, app, LookAlike::none, out);
    case ActivityKind::refresh: return refresh(u, t, a.device, out);
    case ActivityKind::old_password: return retry_with_old_password(u, t, false, out);
    case ActivityKind::client_retry: return retry_with_old_password(u, t, true, out);
    case ActivityKind::kiosk: return at_kiosk(u, t, out);
    case ActivityKind::changed_password: {
      const std::int64_t after =
          wrong_passwords(u, draft_of(u, kLaptop, t, 0), static_cast<std::uint32_t>(u.rng.between(0, 3)), LookAlike::password_change_day, out);
      u.session_ends = {};
      return sign_in(u, after, kLaptop, 0, LookAlike::password_change_day, out);
    }
    case ActivityKind::expired_password: {
      Draft d = draft_of(u, kLaptop, t, 0);
      d.code = 50055;
      d.password = PasswordStep::correct;
      d.correlation = u.rng.guid();
      d.look_alike = LookAlike::expired_password;
      out.add(std::move(d));
      for (int n = 0; n < 3; ++n) {  // a mail client still has the old one
        Draft old = draft_of(u, kPhone, t + 90 * kSecond + n * 5 * kMinute, 5);
        old.code = 50126;
        old.password = PasswordStep::wrong;
        old.correlation = u.rng.guid();
        old.look_alike = LookAlike::expired_password;
        out.add(std::move(old));
      }
      return sign_in(u, t + 80 * kSecond, kLaptop, 0, LookAlike::expired_password, out);
    }
    case ActivityKind::new_application: {
      Draft d = draft_of(u, kLaptop, t, 0);
      d.app = world_.catalogue().rolled_out_app;
      d.resource = world_.catalogue().rolled_out_resource;
      d.password = PasswordStep::earlier;
      d.mfa = MfaStep::claim;
      d.correlation = u.rng.guid();
      d.look_alike = LookAlike::new_application;
      out.add(std::move(d));
      return;
    }
  }
}

bool People::in_outage(User& u, const Draft& d, DraftSink& out) {
  const Calendar& c = world_.calendar();
  if (d.event_ms < c.outage_from || d.event_ms >= c.outage_to) return false;
  const auto tries = 3 + u.rng.below(8);
  std::int64_t t = d.event_ms;
  const bool agent_down = u.rng.chance(0.1);
  for (std::uint32_t n = 0; n < tries && t < c.outage_to; ++n, t += u.rng.between(10 * kSecond, kMinute)) {
    Draft failed = d;
    failed.event_ms = t;
    failed.code = agent_down && d.category == SignInCategory::interactive_user ? 80002 : 90033;
    failed.password = PasswordStep::none;
    failed.mfa = MfaStep::none;
    failed.correlation = u.rng.guid();
    failed.look_alike = LookAlike::outage;
    out.add(std::move(failed));
  }
  return true;
}

std::int64_t People::wrong_passwords(User& u, Draft base, std::uint32_t n, LookAlike why, DraftSink& out) {
  base.category = SignInCategory::interactive_user;
  base.code = 50126;
  base.password = PasswordStep::wrong;
  if (base.correlation == Guid{}) base.correlation = u.rng.guid();
  base.look_alike = why;
  for (std::uint32_t k = 0; k < n; ++k) {
    Draft d = base;
    out.add(std::move(d));
    base.event_ms += u.rng.between(6 * kSecond, 40 * kSecond);
  }
  return base.event_ms;
}

std::int64_t People::second_factor(User& u, Draft base, bool& gave_up, DraftSink& out) {
  Rng& rng = u.rng;
  base.code = base.from.named_location ? 50074 : 50076;
  base.mfa = MfaStep::required;
  Draft asked = base;
  out.add(std::move(asked));
  base.event_ms += rng.between(8 * kSecond, 45 * kSecond);
  const bool trouble = world_.options().look_alikes && rng.chance(0.004);  // a phone without signal
  const std::uint32_t failures = trouble ? 3 + rng.below(2) : rng.chance(0.015) ? 1 + rng.below(2) : 0;
  for (std::uint32_t k = 0; k < failures; ++k) {
    Draft d = base;
    d.code = 500121;
    d.mfa = rng.chance(0.8) ? MfaStep::timeout : MfaStep::denied;
    d.look_alike = LookAlike::mfa_trouble;
    out.add(std::move(d));
    base.event_ms += rng.between(40 * kSecond, 100 * kSecond);
  }
  gave_up = rng.chance(failures ? 0.2 : 0.01);
  return base.event_ms;
}

void People::sign_in(User& u, std::int64_t t, std::uint8_t device, std::size_t app, LookAlike why, DraftSink& out) {
  Rng& rng = u.rng;
  const bool fresh = t >= u.session_ends[device];
  if (fresh) {
    u.sessions[device] = rng.guid();
    u.session_ends[device] = t + (rng.chance(0.5) ? rng.between(8, 24) * kHour : rng.between(24, 14 * 24) * kHour);
  }
  Draft d = draft_of(u, device, t, app);
  if (why != LookAlike::none) d.look_alike = why;
  d.correlation = rng.guid();
  d.protocol = d.client_app == "Browser" ? "oAuth2" : "none";
  if (in_outage(u, d, out)) return;
  if (world_.options().look_alikes && rng.chance(0.004)) {
    Draft typo = d;
    typo.upn = u.typo_upn;
    typo.user_name = u.typo_upn;
    typo.user_id = {};
    typo.code = 50034;
    typo.correlation = rng.guid();
    typo.look_alike = LookAlike::unknown_user;
    out.add(std::move(typo));
    d.event_ms += rng.between(8 * kSecond, 30 * kSecond);
  }
  if (rng.chance(u.wrong)) {
    std::uint32_t n = 1;
    while (n < 6 && rng.chance(0.3)) ++n;
    d.event_ms = wrong_passwords(u, d, n, LookAlike::wrong_password, out);
    if (rng.chance(0.1)) return;
  }
  d.password = fresh || rng.chance(0.2) ? PasswordStep::correct : PasswordStep::earlier;
  d.mfa = MfaStep::claim;
  if (fresh || rng.chance(0.15)) {
    bool gave_up = false;
    d.event_ms = second_factor(u, d, gave_up, out);
    if (gave_up) return;
    d.mfa = MfaStep::completed;
  }
  if (rng.chance(0.004)) {
    d.code = 53003;
    d.blocked_by_policy = true;
  } else if (fresh && d.client_app == "Browser" && rng.chance(0.15)) {
    Draft stay = d;
    stay.code = 50140;
    out.add(std::move(stay));
    d.event_ms += rng.between(2 * kSecond, 6 * kSecond);
  }
  out.add(std::move(d));
}

void People::refresh(User& u, std::int64_t t, std::uint8_t device, DraftSink& out) {
  Rng& rng = u.rng;
  const std::size_t app = u.apps[rng.zipf(static_cast<std::uint32_t>(u.apps.size()))];
  if (t >= u.session_ends[device]) return sign_in(u, t, device, app, LookAlike::none, out);
  Draft d = draft_of(u, device, t, app);
  d.category = SignInCategory::non_interactive_user;
  d.correlation = rng.guid();
  d.client_app = "Mobile Apps and Desktop clients";
  d.password = PasswordStep::earlier;
  d.mfa = MfaStep::claim;
  d.incoming_token = device == kLaptop ? "primaryRefreshToken" : "refreshToken";
  if (rng.chance(0.3)) d.resource = world_.catalogue().resources[2];
  if (in_outage(u, d, out)) return;
  if (rng.chance(0.012)) {
    d.code = rng.chance(0.5) ? 70044 : rng.chance(0.5) ? 50173 : 65001;
    d.password = PasswordStep::none;
    d.mfa = MfaStep::none;
  }
  out.add(std::move(d));
}

void People::retry_with_old_password(User& u, std::int64_t t, bool broken, DraftSink& out) {
  Draft d = draft_of(u, kPhone, t, 5);
  d.category = broken && u.number % 2 == 0 ? SignInCategory::non_interactive_user : SignInCategory::interactive_user;
  d.client_app = "Exchange ActiveSync";
  d.user_agent = world_.user_agent(kActiveSync, t, u.update_lag_days);
  d.code = broken && t / kHour % 6 == 0 ? 50053 : 50126;
  d.password = d.code == 50126 ? PasswordStep::wrong : PasswordStep::none;
  d.mfa_demanded = false;
  d.session = {};
  d.correlation = u.rng.guid();
  d.look_alike = broken ? LookAlike::broken_client : LookAlike::password_change_day;
  out.add(std::move(d));
}

void People::at_kiosk(User& u, std::int64_t t, DraftSink& out) {
  Draft d = draft_of(u, kLaptop, t, 2);
  d.device = &kiosk_device_;
  d.user_agent = world_.user_agent(kEdge, t, 0);
  d.from = world_.places().kiosk(world_.main_city());
  d.look_alike = LookAlike::kiosk;
  d.session = u.rng.guid();
  d.correlation = u.rng.guid();
  if (u.rng.chance(0.06)) d.event_ms = wrong_passwords(u, d, 1 + u.rng.below(2), LookAlike::kiosk, out);
  d.password = PasswordStep::correct;
  d.mfa = MfaStep::none;
  d.mfa_demanded = false;
  out.add(std::move(d));
}

}  // namespace bartizan::demo
