// Attacks in the places of ordinary records (algorithms.md 7.5): neither the hour, nor the pause before it, nor how much is known of the victim gives
// an attack away, because all of them are those of an ordinary record.

#include <algorithm>
#include <string>

#include "connectors/demo/attacks.h"

namespace bartizan::demo {

Attacker::PlaceKind Attacker::place_of(Scenario s) {
  switch (s) {
    case Scenario::stolen_secret:
    case Scenario::new_key:
    case Scenario::resource_scan: return kPrincipal;
    case Scenario::managed_identity_outside: return kIdentityWithAddress;
    case Scenario::managed_identity_resource: return kIdentity;
    case Scenario::agent_resource_burst: return kAgentPlace;
    default: return kPerson;
  }
}

void Attacker::take_places(std::int64_t from, std::int64_t to, std::uint32_t each, std::span<const Scenario> only) {
  places_from_ = from;
  places_to_ = to;
  planned_each_ = each;
  planned_.clear();
  for (std::size_t s = 0; s < kScenarios; ++s) {
    const auto scenario = static_cast<Scenario>(s);
    if (only.empty() || std::find(only.begin(), only.end(), scenario) != only.end()) planned_.push_back(scenario);
  }
  if (each > 0) draw_places();
}

/// Each record of a kind is as likely a place as any other: how many there will be is counted in a rehearsal without attacks.
void Attacker::draw_places() {
  std::array<std::uint64_t, kPlaceKinds> expected{};
  Tenant rehearsal{tenant_.world().options()};
  std::string record;
  while (const Draft* d = rehearsal.next(record)) {
    record.clear();
    if (d->event_ms < places_from_ || d->event_ms >= places_to_) continue;
    for (const PlaceKind k : kinds_of(*d)) {
      if (k != kPlaceKinds) ++expected[k];
    }
  }
  for (std::uint32_t n = 0; n < planned_each_; ++n) {
    for (const Scenario s : planned_) {
      const PlaceKind k = place_of(s);
      places_[k].taken.emplace_back(static_cast<std::uint64_t>(rng_.unit() * static_cast<double>(expected[k])), s);
    }
  }
  for (Places& p : places_) {
    std::stable_sort(p.taken.begin(), p.taken.end(), [](const auto& a, const auto& b) { return a.first > b.first; });
  }
}

/// What an ordinary record may give its place to; kPlaceKinds stands for nothing.
std::array<Attacker::PlaceKind, 2> Attacker::kinds_of(const Draft& d) const {
  if (d.code != 0) return {kPlaceKinds, kPlaceKinds};
  if (!d.agent_type.empty()) return {kAgentPlace, kPlaceKinds};
  const bool person = d.category == SignInCategory::interactive_user && d.device != nullptr && user_index_.contains(d.user_id.lo);
  if (person) return {kPerson, kPlaceKinds};
  if (d.category == SignInCategory::service_principal) return {kPrincipal, kPlaceKinds};
  if (d.category != SignInCategory::managed_identity) return {kPlaceKinds, kPlaceKinds};
  return {kIdentity, d.from.empty() ? kPlaceKinds : kIdentityWithAddress};
}

bool Attacker::takes(const Draft& d) {
  if (planned_.empty() || d.campaign != 0 || d.event_ms < places_from_ || d.event_ms >= places_to_) return false;
  for (const PlaceKind k : kinds_of(d)) {
    if (k != kPlaceKinds && take(k, d)) return true;
  }
  return false;
}

/// Where the record does not suit what is to begin there, the next one of its kind is tried.
bool Attacker::take(PlaceKind kind, const Draft& d) {
  Places& p = places_[kind];
  ++p.seen;
  place_ = &d;
  std::size_t i = p.taken.size();
  while (i > 0 && p.taken[i - 1].first <= p.seen && launch(p.taken[i - 1].second, d.event_ms) == nullptr) --i;
  place_ = nullptr;
  if (i == 0 || p.taken[i - 1].first > p.seen) return false;
  p.taken.erase(p.taken.begin() + static_cast<std::ptrdiff_t>(i - 1));
  return true;
}

}  // namespace bartizan::demo
