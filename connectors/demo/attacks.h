#pragma once
// Labelled attacks on a generated tenant, one kind for each thing that the detectors claim to find.

#include <array>
#include <cstdint>
#include <deque>
#include <span>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "connectors/demo/tenant.h"
#include "engine/model/entity.h"

namespace bartizan::demo {

enum class Scenario : std::uint8_t {
  impossible_travel, password_spray, rotating_spray, credential_stuffing, password_guessing, distributed_guessing, mfa_flood, mfa_flood_approved,
  new_country, stolen_secret, new_key, resource_scan, managed_identity_outside, managed_identity_resource, agent_resource_burst,
  slow_spray
};
constexpr std::size_t kScenarios = 16;

struct ScenarioInfo {
  std::string_view name;   // as in options and labels
  std::string_view title;  // for people
  std::string_view rule;   // id of the rule that has to find it
  std::int64_t window_ms;  // found later than this after the first step counts as missed
};
const ScenarioInfo& info(Scenario s);

struct Victim {
  EntityType type = EntityType::user;
  Guid id;
  std::string_view name;  // user principal name or the workload's name
  bool validated = false;
};

/// One attack. Its drafts carry `number`, and `step` counts from 1.
struct Attack {
  std::uint32_t number = 0;
  Scenario scenario = Scenario::impossible_travel;
  std::int64_t first_ms = 0, last_ms = 0;  // event times
  std::uint32_t steps = 0;
  std::vector<Victim> victims;
};

/// Picks victims, builds the attackers' sign-ins and adds them to the tenant's stream.
///
/// So that attacks do not betray themselves by how they were made: victims are drawn by event (who signs in more is attacked more, the same victim
/// may be drawn twice) and programs are borrowed from other users' sign-ins. With take_places() the first record of an attack stands where an ordinary
/// one would, at the same time and of the same principal, each ordinary record as likely as any other; an attack by launch() begins when the caller says
/// and takes one of the user's own later sign-ins away.
class Attacker {
 public:
  Attacker(Tenant& tenant, std::uint64_t seed);
  /// Shows a background record that has just been generated; victims and programs are drawn from the recent ones.
  void observe(const Draft& d);
  /// Injects one attack that begins at `start` (not before the tenant's now). Null when there is no victim for it yet.
  const Attack* launch(Scenario s, std::int64_t start);
  /// From `from` to `to`, `each` attacks of every scenario (of those named, where any is) in the places of ordinary records.
  void take_places(std::int64_t from, std::int64_t to, std::uint32_t each, std::span<const Scenario> only = {});
  /// Shows a record before anybody else sees it. True: an attack begins in its place, and the record has never been.
  bool takes(const Draft& d);
  const std::deque<Attack>& campaigns() const { return campaigns_; }
  /// REQUIRES: number of a launched attack, and numbers as launch() gives them by itself.
  const Attack& campaign(std::uint32_t number) const { return campaigns_[number - 1]; }
  /// The number of the next attack, where the caller numbers other things too.
  void number_next(std::uint32_t number) { next_number_ = number; }
  /// Journeys only from homes and desks: behind a shared egress a far sign-in is, rightly, no proof of anything.
  void travel_from_homes_only() { homes_only_ = true; }

 private:
  struct Recent {
    std::vector<Draft> drafts;  // ring
    std::size_t next = 0;
    void keep(const Draft& d, std::size_t capacity);
    bool empty() const { return drafts.empty(); }
  };
  /// Ordinary records of one kind, counted: where the attacks on that kind begin.
  struct Places {
    std::uint64_t seen = 0;
    std::vector<std::pair<std::uint64_t, Scenario>> taken;  // number of the record and what begins there, the next one last
  };
  enum PlaceKind : std::size_t { kPerson, kPrincipal, kIdentity, kIdentityWithAddress, kAgentPlace, kPlaceKinds };
  static PlaceKind place_of(Scenario s);
  std::array<PlaceKind, 2> kinds_of(const Draft& d) const;
  void draw_places();
  bool take(PlaceKind kind, const Draft& d);
  /// The present attack's victim: the record in whose place it begins, else any recent one.
  Draft victim(const Recent& from) { return place_ != nullptr ? *place_ : any(from); }
  const Draft& any(const Recent& from) { return from.drafts[rng_.below(static_cast<std::uint32_t>(from.drafts.size()))]; }
  Draft stranger(const User& victim, std::int64_t t, const Endpoint& from);
  void fail(Draft& d, std::int32_t code) const;
  void succeed(Draft& d) const;
  std::vector<std::size_t> draw_users(std::size_t count);
  std::vector<std::size_t> draw_users_in_view(std::size_t count);
  std::uint16_t far_city(std::uint16_t from, double km_min);
  Endpoint machine(std::uint16_t city);
  void add_user(std::size_t user, bool validated);

  bool travel(std::int64_t start);
  bool spray(std::int64_t start, Scenario s);
  bool guess(std::int64_t start, bool distributed);
  bool flood(std::int64_t start, bool approved);
  bool country(std::int64_t start);
  bool workload(std::int64_t start, Scenario s);
  bool managed_identity(std::int64_t start, bool outside);
  bool agent(std::int64_t start);

  Tenant& tenant_;
  Rng rng_;
  Recent sign_ins_, principals_, identities_, identities_with_address_, agents_;
  std::unordered_map<std::uint64_t, std::size_t> user_index_, workload_index_, agent_index_;  // by the id's low half
  std::vector<std::uint8_t> country_seen_;
  std::deque<Device> devices_;
  std::deque<Attack> campaigns_;
  std::uint32_t next_number_ = 1;
  const Draft* place_ = nullptr;  // in which the present attack begins
  std::array<Places, kPlaceKinds> places_;
  std::vector<Scenario> planned_;
  std::int64_t places_from_ = 0, places_to_ = 0;
  std::uint32_t planned_each_ = 0;
  struct LastSignIn {
    std::int64_t event_ms = 0;
    Endpoint from;
    bool phone = false;
  };
  std::unordered_map<std::uint64_t, LastSignIn> last_of_user_;  // ordinary ones, by the id's low half
  bool homes_only_ = false;
  Attack present_;
  std::vector<Draft> drafts_;
};

struct PlannedAttack {
  std::int64_t at = 0;
  Scenario scenario = Scenario::impossible_travel;
};
/// `each` attacks of every scenario, spread over [from, to) in random order of time.
std::vector<PlannedAttack> plan_attacks(std::uint64_t seed, std::int64_t from, std::int64_t to, std::uint32_t each);

}  // namespace bartizan::demo
