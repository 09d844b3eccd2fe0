#include "connectors/demo/attacks.h"

#include <algorithm>
#include <utility>

namespace bartizan::demo {
namespace {

constexpr std::size_t kRecent = 512;

constexpr ScenarioInfo kInfo[kScenarios] = {
    {"impossible_travel", "sign-in from a rented machine too far away", "unlikelyTravel", 24 * kHour},
    {"password_spray", "one address tries one password on many users", "passwordSpray", kHour},
    {"rotating_spray", "many addresses try one password on many users", "passwordSpray", 24 * kHour},
    {"credential_stuffing", "leaked passwords from a few addresses", "passwordSpray", 24 * kHour},
    {"password_guessing", "many passwords for one user", "passwordGuessing", kHour},
    {"distributed_guessing", "many passwords for one user from many addresses", "passwordGuessing", kHour},
    {"mfa_flood", "prompts until the user gives in", "mfaFatigue", kHour},
    {"mfa_flood_approved", "prompts until the user gives in, who does", "mfaFatigue", kHour},
    {"new_country", "sign-in from a country new to the user", "newCountry", 24 * kHour},
    {"stolen_secret", "a service principal's secret used elsewhere", "suspiciousSignins", 24 * kHour},
    {"new_key", "a new credential used from a new network", "suspiciousSignins", 24 * kHour},
    {"resource_scan", "a service principal tries resource after resource", "suspiciousSignins", 24 * kHour},
    {"managed_identity_outside", "a managed identity's token asked for from outside", "managedIdentityAnomaly", 24 * kHour},
    {"managed_identity_resource", "a managed identity reaches a new resource", "managedIdentityAnomaly", 24 * kHour},
    {"agent_resource_burst", "an agent reaches resources new to it and its kind", "unfamiliarResourceAccess", 24 * kHour},
    {"slow_spray", "an attempt now and then, each from elsewhere", "passwordSpray", 24 * kHour},
};

}  // namespace

const ScenarioInfo& info(Scenario s) { return kInfo[static_cast<std::size_t>(s)]; }

void Attacker::Recent::keep(const Draft& d, std::size_t capacity) {
  if (drafts.size() < capacity) {
    drafts.push_back(d);
    return;
  }
  drafts[next] = d;
  next = (next + 1) % capacity;
}

Attacker::Attacker(Tenant& tenant, std::uint64_t seed) : tenant_(tenant), rng_(Rng::of(seed, 40)), country_seen_(countries().size()) {
  for (std::size_t i = 0; i < tenant.people().size(); ++i) user_index_[tenant.people()[i].id.lo] = i;
  for (std::size_t i = 0; i < tenant.workloads().size(); ++i) workload_index_[tenant.workloads()[i].id.lo] = i;
  for (std::size_t i = 0; i < tenant.agents().size(); ++i) agent_index_[tenant.agents()[i].id.lo] = i;
}

void Attacker::observe(const Draft& d) {
  if (d.campaign != 0) return;
  if (!d.from.empty()) country_seen_[country_of(d.from.city)] = 1;
  if (d.code != 0) return;
  if (!d.agent_type.empty()) {
    agents_.keep(d, kRecent);
  } else if (d.category == SignInCategory::interactive_user && user_index_.contains(d.user_id.lo) && d.device != nullptr) {
    sign_ins_.keep(d, kRecent);
    last_of_user_[d.user_id.lo] = {d.event_ms, d.from, d.device->phone};
  } else if (d.category == SignInCategory::service_principal) {
    principals_.keep(d, kRecent);
  } else if (d.category == SignInCategory::managed_identity) {
    identities_.keep(d, kRecent);
    if (!d.from.empty()) identities_with_address_.keep(d, kRecent);
  }
}

const Attack* Attacker::launch(Scenario s, std::int64_t start) {
  if (sign_ins_.empty()) return nullptr;
  present_ = {};
  present_.number = next_number_;
  present_.scenario = s;
  drafts_.clear();
  bool done = false;
  switch (s) {
    case Scenario::impossible_travel: done = travel(start); break;
    case Scenario::password_spray:
    case Scenario::rotating_spray:
    case Scenario::slow_spray:
    case Scenario::credential_stuffing: done = spray(start, s); break;
    case Scenario::password_guessing: done = guess(start, false); break;
    case Scenario::distributed_guessing: done = guess(start, true); break;
    case Scenario::mfa_flood: done = flood(start, false); break;
    case Scenario::mfa_flood_approved: done = flood(start, true); break;
    case Scenario::new_country: done = country(start); break;
    case Scenario::stolen_secret:
    case Scenario::new_key:
    case Scenario::resource_scan: done = workload(start, s); break;
    case Scenario::managed_identity_outside: done = managed_identity(start, true); break;
    case Scenario::managed_identity_resource: done = managed_identity(start, false); break;
    case Scenario::agent_resource_burst: done = agent(start); break;
  }
  if (!done || drafts_.empty()) return nullptr;
  present_.first_ms = INT64_MAX;
  if (place_ != nullptr) {
    drafts_.front().event_ms = place_->event_ms;
    drafts_.front().published_ms = place_->published_ms;
  }
  for (std::size_t i = 0; i < drafts_.size(); ++i) {
    Draft& d = drafts_[i];
    d.campaign = present_.number;
    d.step = static_cast<std::uint16_t>(i + 1);
    d.look_alike = LookAlike::none;
    if (d.correlation == Guid{}) d.correlation = rng_.guid();
    present_.first_ms = std::min(present_.first_ms, d.event_ms);
    present_.last_ms = std::max(present_.last_ms, d.event_ms);
  }
  present_.steps = static_cast<std::uint32_t>(drafts_.size());
  tenant_.inject(std::move(drafts_));
  drafts_ = {};
  ++next_number_;
  campaigns_.push_back(present_);
  return &campaigns_.back();
}

void Attacker::add_user(std::size_t user, bool validated) {
  const User& u = tenant_.people()[user];
  present_.victims.push_back({EntityType::user, u.id, u.upn, validated});
}

std::vector<std::size_t> Attacker::draw_users(std::size_t count) {
  const std::size_t size = tenant_.people().size();
  count = std::min(count, size * 6 / 10);
  // Who is on the list is drawn by sign-ins: it is people in view whose names leak.
  if (place_ != nullptr) return draw_users_in_view(count);
  // A list of names, not of sign-ins: sprayers buy or guess it.
  std::vector<std::size_t> all(size);
  for (std::size_t i = 0; i < size; ++i) all[i] = i;
  for (std::size_t i = 0; i < count; ++i) std::swap(all[i], all[i + rng_.below(static_cast<std::uint32_t>(size - i))]);
  all.resize(count);
  return all;
}

/// Different users by their sign-ins, the one whose place is taken first. Where too few have been seen lately, anybody.
std::vector<std::size_t> Attacker::draw_users_in_view(std::size_t count) {
  std::vector<std::size_t> out{user_index_[place_->user_id.lo]};
  std::vector<std::uint8_t> known(tenant_.people().size());
  known[out[0]] = 1;
  for (std::size_t tries = 0; out.size() < count && tries < 20 * count; ++tries) {
    const std::size_t user = user_index_[any(sign_ins_).user_id.lo];
    if (std::exchange(known[user], std::uint8_t{1}) == 0) out.push_back(user);
  }
  while (out.size() < count) {
    const std::size_t user = rng_.below(static_cast<std::uint32_t>(known.size()));
    if (std::exchange(known[user], std::uint8_t{1}) == 0) out.push_back(user);
  }
  return out;
}

std::uint16_t Attacker::far_city(std::uint16_t from, double km_min) {
  for (int i = 0; i < 200; ++i) {
    const auto c = static_cast<std::uint16_t>(rng_.below(static_cast<std::uint32_t>(cities().size())));
    if (country_of(c) != country_of(from) && distance_km(from, c) >= km_min) return c;
  }
  return static_cast<std::uint16_t>((from + 20) % cities().size());
}

Endpoint Attacker::machine(std::uint16_t city) {
  return rng_.chance(0.7) ? tenant_.world().places().hosting(rng_.next(), city) : tenant_.world().places().residential(rng_.next(), city);
}

/// A sign-in to the victim's account from somebody else's machine, with a program that some other user has.
Draft Attacker::stranger(const User& victim, std::int64_t t, const Endpoint& from) {
  const Draft donor = any(sign_ins_);
  Device device = *donor.device;
  device.id = {};
  device.name.clear();
  device.trust = "";
  devices_.push_back(std::move(device));
  Draft d;
  d.event_ms = t;
  d.user_id = victim.id;
  d.upn = victim.upn;
  d.user_name = victim.name;
  d.has_user = true;
  d.device = &devices_.back();
  d.user_agent = donor.user_agent;
  d.app = donor.app;
  d.resource = donor.resource;
  d.client_app = donor.client_app;
  d.from = from;
  d.protocol = "oAuth2";
  return d;
}

void Attacker::fail(Draft& d, std::int32_t code) const {
  d.code = code;
  d.mfa = code == 500121 ? MfaStep::denied : MfaStep::none;
  d.password = code == 50126 ? PasswordStep::wrong : code == 500121 ? PasswordStep::correct : PasswordStep::none;
  d.session = {};
}

void Attacker::succeed(Draft& d) const {
  d.code = 0;
  d.password = PasswordStep::correct;
  d.mfa = MfaStep::claim;
}

bool Attacker::travel(std::int64_t start) {
  for (int attempt = 0; attempt < (place_ != nullptr ? 1 : 80); ++attempt) {
    const Draft drawn = victim(sign_ins_);
    const User& u = tenant_.people()[user_index_[drawn.user_id.lo]];
    LastSignIn seen{drawn.event_ms, drawn.from, drawn.device->phone};
    if (place_ != nullptr) {  // the record itself has never been: what counts is the one before
      const auto last = last_of_user_.find(drawn.user_id.lo);
      if (last == last_of_user_.end() || last->second.event_ms >= start) return false;
      seen = last->second;
    }
    // The victim has just signed in; within minutes to hours somebody far away does too.
    if (start - seen.event_ms > (place_ != nullptr ? 10 : 3) * kHour || seen.from.kind == NetworkKind::consumer_vpn) continue;
    // A phone may be abroad with its traffic leaving at home: no proof either.
    if (homes_only_ && (seen.from.kind != NetworkKind::home || seen.phone || u.proxy_user || u.trip.during(start))) continue;
    const double hours = static_cast<double>(start - seen.event_ms) / static_cast<double>(kHour);
    const std::uint16_t city = far_city(seen.from.city, std::max(2000.0, 1300.0 * (hours + 0.75)));
    if (distance_km(city, seen.from.city) < 1200.0 * (hours + 0.75)) continue;
    const Endpoint from = tenant_.world().places().hosting(rng_.next(), city);
    const std::size_t user = user_index_[drawn.user_id.lo];
    std::int64_t t = start;
    Draft base = stranger(u, t, from);
    base.session = rng_.guid();
    for (std::uint32_t n = 1 + rng_.below(3); n > 0; --n, t += rng_.between(20 * kSecond, 5 * kMinute)) {
      Draft d = base;
      d.event_ms = t;
      succeed(d);
      drafts_.push_back(std::move(d));
    }
    if (place_ == nullptr) tenant_.replace_next_of_user(user);
    add_user(user, true);
    return true;
  }
  return false;
}

bool Attacker::country(std::int64_t start) {
  const Draft seen = victim(sign_ins_);
  const std::size_t user = user_index_[seen.user_id.lo];
  std::uint16_t city = far_city(seen.from.city, 0);
  for (int i = 0; i < 200 && country_seen_[country_of(city)] != 0; ++i) city = far_city(seen.from.city, 0);
  if (country_seen_[country_of(city)] != 0) return false;
  country_seen_[country_of(city)] = 1;
  const Endpoint from = tenant_.world().places().residential(rng_.next(), city);
  std::int64_t t = start;
  Draft base = stranger(tenant_.people()[user], t, from);
  base.session = rng_.guid();
  for (std::uint32_t n = 1 + rng_.below(3); n > 0; --n, t += rng_.between(kMinute, 20 * kMinute)) {
    Draft d = base;
    d.event_ms = t;
    succeed(d);
    drafts_.push_back(std::move(d));
  }
  if (place_ == nullptr) tenant_.replace_next_of_user(user);
  add_user(user, true);
  return true;
}

bool Attacker::spray(std::int64_t start, Scenario s) {
  const bool single = s == Scenario::password_spray, slow = s == Scenario::slow_spray, rotating = slow || s == Scenario::rotating_spray;
  const auto targets = draw_users(single ? 15 + rng_.below(135) : rotating ? 60 + rng_.below(120) : 100 + rng_.below(200));
  if (targets.size() < 10) return false;
  const std::size_t addresses = single ? 1 : rotating ? targets.size() : 5 + rng_.below(40);
  constexpr std::uint32_t kPerHour[] = {10, 20, 50, 100}, kSlowPerHour[] = {2, 5, 10, 20};
  const std::uint32_t per_hour = (slow ? kSlowPerHour : kPerHour)[rotating ? rng_.below(4) : 0];
  const std::int64_t span = single ? rng_.between(5, 60) * kMinute
                            : rotating ? static_cast<std::int64_t>(targets.size()) * kHour / per_hour
                                       : rng_.between(60, 180) * kMinute;
  std::vector<Endpoint> from;
  const std::uint16_t origin = far_city(tenant_.world().main_city(), 0);
  for (std::size_t i = 0; i < addresses; ++i) {
    const std::uint16_t city = single ? origin : far_city(tenant_.world().main_city(), 0);  // one draw a statement: the order of arguments is not fixed
    from.push_back(single ? machine(origin) : tenant_.world().places().residential(rng_.next(), city));
  }
  const Draft tool = stranger(tenant_.people()[targets[0]], start, from[0]);
  const bool many_programs = slow && rng_.chance(0.5);  // a different browser with each attempt
  const bool legacy = rng_.chance(0.4);
  const std::size_t hits = s == Scenario::credential_stuffing ? 1 + targets.size() / 100 : rng_.chance(0.8) ? 1 : 0;
  const std::uint32_t tries = single ? 1 + rng_.below(3) : 1;
  for (std::uint32_t round = 0; round < tries; ++round) {
    for (std::size_t i = 0; i < targets.size(); ++i) {
      const User& u = tenant_.people()[targets[i]];
      Draft d = many_programs ? stranger(u, start, from[i]) : tool;
      d.user_id = u.id;
      d.upn = u.upn;
      d.user_name = u.name;
      d.from = from[rotating ? i : rng_.below(static_cast<std::uint32_t>(addresses))];
      d.correlation = {};
      d.event_ms = start + (static_cast<std::int64_t>(round) * span + span * static_cast<std::int64_t>(i) / static_cast<std::int64_t>(targets.size())) / tries +
                   rng_.between(0, 2 * kSecond);
      if (legacy) {
        d.client_app = "Other clients";
        d.protocol = "ropc";
      }
      const bool drawn_unknown = rng_.chance(s == Scenario::credential_stuffing ? 0.3 : 0.05);
      const bool unknown = drawn_unknown && !(place_ != nullptr && i == 0);  // the first name is that of the record whose place is taken
      fail(d, unknown ? 50034 : rng_.chance(0.02) ? 50053 : 50126);
      if (d.code == 50034) d.user_id = {};
      // Validated passwords sit late in the list: the source is known by then.
      const bool hit = round + 1 == tries && i + 1 + hits * 3 > targets.size() && (targets.size() - 1 - i) % 3 == 0 && hits > 0;
      if (hit) {
        d.user_id = u.id;
        succeed(d);
        d.code = legacy || rng_.chance(0.5) ? 0 : 50076;
        d.mfa = d.code == 0 ? MfaStep::none : MfaStep::required;
        d.mfa_demanded = d.code != 0;
        add_user(targets[i], true);
      } else if (d.code != 50034 && round == 0) {
        add_user(targets[i], false);
      }
      drafts_.push_back(std::move(d));
    }
  }
  return true;
}

bool Attacker::guess(std::int64_t start, bool distributed) {
  const Draft seen = victim(sign_ins_);
  const std::size_t user = user_index_[seen.user_id.lo];
  const User& u = tenant_.people()[user];
  const std::size_t addresses = distributed ? 4 + rng_.below(26) : 1;
  std::vector<Endpoint> from;
  const std::uint16_t origin = far_city(seen.from.city, 0);
  for (std::size_t i = 0; i < addresses; ++i) {
    const std::uint16_t city = distributed ? far_city(seen.from.city, 0) : origin;
    from.push_back(distributed ? tenant_.world().places().residential(rng_.next(), city) : machine(origin));
  }
  const std::uint32_t tries = distributed ? 12 + rng_.below(30) : 30 + rng_.below(70);
  const std::int64_t span = distributed ? rng_.between(20, 55) * kMinute : rng_.between(3, 12) * kMinute;
  const Draft base = stranger(u, start, from[0]);
  for (std::uint32_t n = 0; n < tries; ++n) {
    Draft d = base;
    d.event_ms = start + span * n / tries;
    d.from = from[n % addresses];
    fail(d, n >= 20 && n % 3 == 0 ? 50053 : 50126);
    drafts_.push_back(std::move(d));
  }
  const bool found = rng_.chance(0.5);
  if (found) {
    Draft d = base;
    d.event_ms = start + span + 20 * kSecond;
    d.from = from[0];
    succeed(d);
    drafts_.push_back(std::move(d));
  }
  add_user(user, found);
  return true;
}

bool Attacker::flood(std::int64_t start, bool approved) {
  const Draft seen = victim(sign_ins_);
  const std::size_t user = user_index_[seen.user_id.lo];
  const Endpoint from = machine(rng_.chance(0.5) ? far_city(seen.from.city, 0) : seen.from.city);
  const Draft base = stranger(tenant_.people()[user], start, from);
  const std::uint32_t prompts = 6 + rng_.below(15);
  const std::int64_t pace = rng_.between(25 * kSecond, 75 * kSecond);
  std::int64_t t = start;
  for (std::uint32_t n = 0; n < prompts; ++n, t += pace + rng_.between(0, 8 * kSecond)) {
    Draft d = base;
    d.event_ms = t;
    fail(d, 500121);
    d.mfa = rng_.chance(0.6) ? MfaStep::denied : MfaStep::timeout;
    drafts_.push_back(std::move(d));
  }
  if (approved) {
    Draft d = base;
    d.event_ms = t;
    d.session = rng_.guid();
    succeed(d);
    d.mfa = MfaStep::completed;
    drafts_.push_back(std::move(d));
  }
  add_user(user, approved);
  return true;
}

std::vector<PlannedAttack> plan_attacks(std::uint64_t seed, std::int64_t from, std::int64_t to, std::uint32_t each) {
  Rng rng = Rng::of(seed, 41);
  std::vector<PlannedAttack> out;
  for (std::uint32_t n = 0; n < each; ++n) {
    for (std::size_t s = 0; s < kScenarios; ++s) {
      out.push_back({from + static_cast<std::int64_t>(rng.unit() * static_cast<double>(to - from)), static_cast<Scenario>(s)});
    }
  }
  std::stable_sort(out.begin(), out.end(), [](const PlannedAttack& a, const PlannedAttack& b) { return a.at < b.at; });
  return out;
}

}  // namespace bartizan::demo
