// managedIdentityAnomaly: a managed identity's token was requested from outside its cloud, or for a resource it never needed.
//
// Detects: tokens of a managed identity used off its usual networks, where the record carries an address (most do not); a resource that the
//   identity never asked for, medium where its reach is great; both together; one such resource after another (algorithms.md 4.2; W7).
// Misses: identities younger than two days and 24 sign-in hours (or four days), thieves on the identity's own machine.
// Evidence: the sign-in.
// Remembers: per identity up to 26 networks, countries and resources with their sign-in hours, 0.4 KB, for 90 days; per network and country
//   a bitmap of the identities at home there.
// Late events: are judged by today's habits and teach them; the hour they fall into is not counted again.
//
// Failover to another region keeps the network's owner; where the record does not name it, a place where other identities of the tenant
// live is not outside.

#include <algorithm>
#include <memory>
#include <optional>
#include <string>

#include "engine/detect/event_note.h"
#include "engine/detect/keyed_detector.h"
#include "engine/model/entity.h"
#include "rules/detectors/workload_habits.h"

namespace bartizan {
namespace {

constexpr ParameterSpec kParameters[] = {
    {"resource_nats", 4, 1, 100, "nats", "A new resource at least this surprising is a finding."},
    {"network_nats", 2, 1, 100, "nats", "And a new network this surprising: machines do not wander."},
    {"learn_hours", 24, 1, 1'000, "hours", "An identity is judged after this many sign-in hours on two days, or after learn_days."},
    {"learn_days", 4, 1, 60, "days", "See learn_hours."},
    {"scan_resources", 3, 2, 16, "", "So many never used resources within an hour are a scan."},
    {"scan_nats", 9, 1, 100, "nats", "As surprising as this together."},
    {"reach_nats", 5, 1, 100, "nats", "A new resource of great reach (Graph, Resource Manager, Key Vault, Exchange) this surprising is medium by itself."},
    {"peers", 3, 1, 16, "", "A network or country that is usual for this many other managed identities of the tenant is not outside."},
};

constexpr Duration kRowMemory = std::chrono::hours{90 * 24};
constexpr Duration kScanWindow = std::chrono::hours{1};
constexpr std::size_t kScanMax = 16;
constexpr int kSuspectDays = 3;
/// Managed identities of one machine rarely change what they ask for: believed of each as if it had been seen for five hours with a tenth
/// of a change, so that a daily job is judged within a week.
constexpr double kPriorChanges = 0.1;
constexpr double kPriorHours = 5;
constexpr std::uint32_t kHomeHours = 12;  // hours in a network before it counts as one of the identity's homes for others

enum Kind : std::uint32_t { kIdentity, kNetworkRead, kCountryRead, kNetworkLearn, kCountryLearn };

struct Identity {
  Experience experience;
  Habit<6> networks;
  Habit<4> countries;
  Habit<16> resources;
  Stamp scan_start = 0;
  std::uint8_t scanned = 0;    // distinct new resources since then
  float scan_nats = 0;
  Hour told_hour = 0;  // of the last finding, and its severity
  std::uint8_t told_severity = 0;
};

/// What is new about a sign-in, in nats.
struct Novelty {
  double network = 0, country = 0, resource = 0;
  bool outside = false;         // certainly another network owner, or another network in another country
  bool new_network = false, new_country = false, new_resource = false;
  bool far_reaching = false;    // the resource
};

class ManagedIdentityAnomaly {
 public:
  struct State {
    std::unique_ptr<Identity> identity;
    Peers peers;
  };

  explicit ManagedIdentityAnomaly(const Parameters& p)
      : resource_nats_(p.number("resource_nats")), network_nats_(p.number("network_nats")), learn_hours_(p.count("learn_hours")), learn_days_(p.count("learn_days")),
        scan_resources_(p.count("scan_resources")), scan_nats_(p.number("scan_nats")), reach_nats_(p.number("reach_nats")), peers_(p.count("peers")) {}

  void keys(const DetectContext&, const SignIn& e, KeySink& out) const {
    if (e.category != SignInCategory::managed_identity || e.is_agent() || !e.success()) return;
    const EntityRef who = actor_of(e);
    if (who.empty()) return;
    step_ = Step{};
    const std::uint32_t network = network_hash(e);
    if (network != 0) {
      out.if_known(peers_key(network, 1), kNetworkRead);
      out.if_known(peers_key(country_code(e.location.country), 2), kCountryRead);
    }
    out.touch(entity_key(who.type, who.id), kIdentity);
    if (network != 0) {
      out.touch(peers_key(network, 1), kNetworkLearn);
      out.touch(peers_key(country_code(e.location.country), 2), kCountryLearn);
    }
  }

  void on_event(const DetectContext& ctx, const StateKey& key, const SignIn& e, State& state, FindingSink& out) const {
    switch (key.kind) {
      case kNetworkRead: step_.network_shared = state.peers.at_least(peers_, e.event_time); return;
      case kCountryRead: step_.country_shared = state.peers.at_least(peers_, e.event_time); return;
      case kNetworkLearn:
        if (step_.at_home_in_network) state.peers.see(step_.identity, e.event_time);
        return;
      case kCountryLearn:
        if (step_.at_home_in_country) state.peers.see(step_.identity, e.event_time);
        return;
      default: break;
    }
    if (!state.identity) state.identity = std::make_unique<Identity>();
    step_.identity = nonzero(key.id.lo);
    visit(ctx, e, *state.identity, out);
  }

  void fact_keys(const Fact& fact, KeySink& out) const {
    if (fact.kind == Fact::Kind::verdict && fact.type == EntityType::managed_identity && fact.action != CommandAction::confirm_compromised) {
      out.if_known(entity_key(fact.type, fact.id), kIdentity);
    }
  }
  void on_fact(const DetectContext&, const StateKey&, const Fact&, State& state, FindingSink&) const {
    if (state.identity) state.identity->networks.trust_all(), state.identity->countries.trust_all(), state.identity->resources.trust_all();
  }

  Time keep_until(const State& s) const { return s.identity ? s.identity->experience.keep_until(kRowMemory) : s.peers.keep_until(); }
  void encode(const State& s, ByteWriter& w) const {
    w.u8(s.identity ? 1 : 0);
    if (!s.identity) return s.peers.identities.encode(w);
    const Identity& id = *s.identity;
    id.experience.encode(w), id.networks.encode(w), id.countries.encode(w), id.resources.encode(w);
    w.varint(id.scan_start);
    w.u8(id.scanned);
    w.f32(id.scan_nats);
    w.varint(id.told_hour);
    w.u8(id.told_severity);
  }
  bool decode(ByteReader& r, State& s) const {
    if (r.u8() == 0) return s.peers.identities.decode(r);
    s.identity = std::make_unique<Identity>();
    Identity& id = *s.identity;
    if (!id.experience.decode(r) || !id.networks.decode(r) || !id.countries.decode(r) || !id.resources.decode(r)) return false;
    id.scan_start = static_cast<Stamp>(r.varint());
    id.scanned = r.u8();
    id.scan_nats = r.f32();
    id.told_hour = static_cast<Hour>(r.varint());
    id.told_severity = r.u8();
    return r.ok() && id.told_severity <= static_cast<std::uint8_t>(Severity::critical);
  }
  std::size_t heap_bytes(const State& s) const { return s.identity ? sizeof(Identity) + 16 : 0; }

 private:
  /// What one visited state tells the next within one event. Nothing in it outlives the event.
  struct Step {
    bool network_shared = false, country_shared = false;
    bool at_home_in_network = false, at_home_in_country = false;
    std::uint32_t identity = 0;
  };

  static Key128 peers_key(std::uint32_t hash, std::uint64_t domain) { return {mix64(hash + (domain << 32)), 0x4d1910750000ULL + domain}; }

  void visit(const DetectContext& ctx, const SignIn& e, Identity& id, FindingSink& out) const {
    const Day today = day_of(e.event_time);
    const Hour hour = hour_of(e.event_time);
    const std::uint32_t network = network_hash(e);
    const std::uint32_t country = country_code(e.location.country);
    const std::uint32_t resource = hash_of(e.resource_id);
    const bool learned = (id.experience.hours >= learn_hours_ && id.experience.days >= 2) || id.experience.days >= learn_days_;
    std::optional<Severity> severity;
    if (learned) {
      const Novelty n = novelty_of(id, network, country, resource, e, today);
      severity = severity_of(n);
      const bool scan = count_scan(id, resource, n, e.event_time);
      if (scan) severity = std::max(severity.value_or(Severity::low), Severity::medium);
      const auto level = static_cast<std::uint8_t>(severity.value_or(Severity::low));
      if (severity && (hour != id.told_hour || level > id.told_severity)) {
        id.told_hour = hour;
        id.told_severity = level;
        out.add(finding_of(ctx, e, id, n, *severity, scan));
      }
    }
    const Day suspect = severity && *severity >= Severity::medium ? static_cast<Day>(today + kSuspectDays) : Day{0};
    id.experience.see(e.event_time);
    id.networks.see(network, hour, suspect);
    id.countries.see(country, hour, suspect);
    id.resources.see(resource, hour, suspect);
    step_.at_home_in_network = network != 0 && id.networks.known(network, today) && id.networks.hours_of(network) >= kHomeHours;
    step_.at_home_in_country = country != 0 && id.countries.known(country, today) && id.countries.hours_of(country) >= kHomeHours;
  }

  Novelty novelty_of(const Identity& id, std::uint32_t network, std::uint32_t country, std::uint32_t resource, const SignIn& e, Day today) const {
    Novelty n;
    n.network = id.networks.surprise(network, today);
    n.country = network != 0 ? id.countries.surprise(country, today) : 0;
    n.resource = id.resources.surprise(resource, today, kPriorChanges, kPriorHours);
    n.new_network = network != 0 && n.network >= network_nats_ && !id.networks.known(network, today);
    n.new_country = country != 0 && n.country >= network_nats_ && !id.countries.known(country, today);
    n.new_resource = resource != 0 && n.resource >= resource_nats_ && !id.resources.known(resource, today);
    n.far_reaching = n.new_resource && n.resource >= reach_nats_ && far_reaching(e.resource_id);
    n.outside = n.new_network && !step_.network_shared && (e.asn != 0 || (n.new_country && (!step_.country_shared || n.new_resource)));
    return n;
  }

  /// Counts resources never used before within an hour. True when this sign-in makes or continues a scan.
  bool count_scan(Identity& id, std::uint32_t resource, const Novelty& n, Time now) const {
    if (resource == 0 || n.resource <= 0 || id.resources.hours_of(resource) > 0) return false;
    if (id.scan_start == 0 || now < time_of(id.scan_start) || now > time_of(id.scan_start) + kScanWindow) {
      id.scan_start = stamp_of(now);
      id.scanned = 0;
      id.scan_nats = 0;
    }
    if (id.scanned < kScanMax) ++id.scanned;
    id.scan_nats += static_cast<float>(n.resource);
    return id.scanned >= scan_resources_ && id.scan_nats >= scan_nats_;
  }

  static std::optional<Severity> severity_of(const Novelty& n) {
    if (n.outside) return n.new_resource ? Severity::high : Severity::medium;
    if (n.new_resource) return n.far_reaching ? Severity::medium : Severity::low;
    return std::nullopt;
  }

  Finding finding_of(const DetectContext& ctx, const SignIn& e, const Identity& id, const Novelty& n, Severity severity, bool scan) const {
    Finding f;
    f.entity = describe(e, actor_of(e));
    f.severity = severity;
    const std::string network = e.asn != 0 ? "AS" + std::to_string(e.asn) : e.ip.neighbourhood().str();
    f.title = workload_title(e) + " got a token";
    if (n.outside) f.title += " from outside its networks (" + network + (e.location.country[0] != 0 ? ", " + std::string(e.location.country_text()) : "") + ")";
    if (n.new_resource || scan) f.title += " for " + resource_title(e) + ", which it never needed";
    f.title += scan ? ", after others." : ".";
    if (scan) f.why.push_back(passed("never used resources within an hour", static_cast<double>(id.scanned), CheckOp::ge, static_cast<double>(scan_resources_), "resources"));
    if (n.outside) f.why.push_back(novelty_check(e.asn != 0 ? "autonomous system" : "network", network, id.networks.distinct(), id.networks.hours()));
    if (n.outside && n.new_country) f.why.push_back(novelty_check("country", std::string(e.location.country_text()), id.countries.distinct(), id.countries.hours()));
    if (n.new_resource) f.why.push_back(novelty_check("resource", resource_title(e), id.resources.distinct(), id.resources.hours()));
    if (n.outside) f.why.push_back(passed("surprise of the network", rounded(n.network), CheckOp::ge, network_nats_, "nats"));
    if (n.new_resource) f.why.push_back(passed("surprise of the resource", rounded(n.resource), CheckOp::ge, resource_nats_, "nats"));
    f.evidence.push_back(evidence_of(e, *ctx.source));
    return f;
  }

  double resource_nats_, network_nats_;
  std::uint32_t learn_hours_, learn_days_, scan_resources_;
  double scan_nats_, reach_nats_;
  std::uint32_t peers_;
  mutable Step step_;
};

}  // namespace

const DetectorType& managed_identity_anomaly() {
  static const DetectorType type{
      "managedIdentityAnomaly", EntityType::managed_identity, "managed identity", 2, kParameters, &KeyedDetector<ManagedIdentityAnomaly>::make,
  };
  return type;
}

}  // namespace bartizan
