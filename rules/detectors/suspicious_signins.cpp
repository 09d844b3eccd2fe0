// suspiciousSignins: a service principal signs in unlike its own habits.
//
// Detects: use of a stolen secret from elsewhere, a new credential that is used from elsewhere, one credential used from two places, and
//   scanning of resources that the principal never needed (algorithms.md 4.2; W1, W2, W3, W8).
// Misses: identities younger than two days and 48 sign-in hours (or seven days), thieves inside the usual network, Microsoft's own
//   principals, which are not judged.
// Evidence: the sign-in; where a credential is used from two places, the sign-in at the other place too.
// Remembers: per principal up to 53 networks, countries, resources, credentials and clients with their sign-in hours, 0.9 KB, for 90
//   days; per network and country a bitmap of the principals at home there; per credential that the directory says was added, when.
// Late events: are judged by today's habits and teach them; the hour they fall into is not counted again.
//
// One cause alone is an everyday change and stays low: a rotated secret, a moved runner, a new block of addresses, a new resource. A
// credential that an audit record said was added in the last two days surprises half as much; used from elsewhere it is high all the
// same, because a thief who may add credentials leaves that record too.

#include <algorithm>
#include <array>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/detect/event_note.h"
#include "engine/detect/keyed_detector.h"
#include "engine/model/entity.h"
#include "rules/detectors/workload_habits.h"

namespace bartizan {
namespace {

constexpr ParameterSpec kParameters[] = {
    {"low_nats", 6, 1, 100, "nats", "A sign-in this surprising is a low finding."},
    {"medium_nats", 9, 1, 100, "nats", "And this surprising a medium one, when more than one thing changed."},
    {"high_nats", 12, 1, 100, "nats", "And this surprising a high one."},
    {"learn_hours", 48, 1, 1'000, "hours", "A principal is judged after this many sign-in hours on two days, or after learn_days."},
    {"learn_days", 7, 1, 60, "days", "See learn_hours."},
    {"pool_networks", 50, 5, 1'000, "", "With more /24 networks than this it is an autoscaling pool, whose single addresses say nothing."},
    {"peers", 3, 1, 16, "", "A network or country that is usual for this many other principals of the tenant surprises half as much."},
    {"scan_resources", 3, 2, 16, "", "So many never used resources within an hour are a scan."},
    {"first_party", 0, 0, 1, "", "1: judge Microsoft's own service principals too."},
};

constexpr Duration kRowMemory = std::chrono::hours{90 * 24};
constexpr Duration kTwoPlaces = std::chrono::hours{26};  // a daily job is seen once more
constexpr Duration kScanWindow = std::chrono::hours{1};
constexpr std::size_t kScanMax = 16;
constexpr Duration kAnnounced = std::chrono::hours{48};  // a credential is expected to be new for so long after it was added
constexpr int kSuspectDays = 3;          // what came with an alert is no habit for so long
constexpr double kNewNats = 2;           // below, new things are usual for this identity
constexpr std::uint32_t kHomeHours = 12; // hours in a network before it counts as one of the identity's homes for others
/// The tenant that owns Microsoft's own applications (f8cdef31-a31e-4b4a-93e4-5f571e91255a).
constexpr Id kMicrosoftServices = Id::from_guid(0xf8cdef31a31e4b4aULL, 0x93e45f571e91255aULL);

enum Kind : std::uint32_t { kIdentity, kNetworkRead, kCountryRead, kNetworkLearn, kCountryLearn, kKeyRead, kKeyAdded };
/// What stands in a row, as its first byte.
enum class RowKind : std::uint8_t { peers, identity, added };

/// The things that are compared, as hashes.
struct Traits {
  std::uint32_t place = 0, network = 0, country = 0, resource = 0, key = 0, credential = 0, client = 0;
};

Traits traits_of(const SignIn& e) {
  Traits t;
  t.place = neighbourhood_hash(e);
  t.network = network_hash(e);
  t.country = country_code(e.location.country);
  t.resource = hash_of(e.resource_id);
  t.key = e.credential_key_id.empty() ? hash_of(e.credential_thumbprint) : hash_of(e.credential_key_id);
  t.credential = hash_of(e.credential_type);
  t.client = client_hash(e.user_agent);
  return t;
}

/// A sign-in from elsewhere that could be a theft or a move: the next one from home decides.
struct Elsewhere {
  EventNote note;
  std::uint32_t network = 0;  // 0: none open
  std::uint32_t country = 0;
  std::uint32_t key = 0;
  std::uint8_t severity = 0;
};

struct Identity {
  Experience experience;
  Habit<12> places;
  Habit<6> networks;
  Habit<4> countries;
  Habit<16> resources;
  Habit<6> keys;
  Habit<3> credentials;
  Habit<6> clients;
  Elsewhere elsewhere;
  Stamp scan_start = 0;
  std::uint8_t scanned = 0;     // distinct new resources since then
  std::array<std::uint32_t, kScanMax> scan{};  // which; a denied one that is tried again counts once
  float scan_nats = 0;
  Hour told_hour = 0;           // of the last finding, and its severity
  std::uint8_t told_severity = 0;
};

/// How surprising each part of a sign-in is, weighted, in nats.
struct Surprise {
  double place = 0, network = 0, country = 0, resource = 0, key = 0, credential = 0, client = 0;
  bool new_network = false, new_country = false, new_resource = false, new_key = false, new_credential = false, new_client = false;
  bool network_shared = false, country_shared = false;

  double total() const { return place + network + country + resource + key + credential + client; }
  bool elsewhere() const { return new_network && !network_shared; }
  bool other_change() const { return new_resource || new_key || new_credential || new_client; }
};

/// Stolen secrets are used from networks that nobody of the tenant uses. Where the record names no autonomous system, a new /16 alone is
/// too little: addresses change.
bool foreign(const Surprise& s, const SignIn& e) {
  if (!s.elsewhere()) return false;
  return e.asn != 0 || (s.new_country && (!s.country_shared || s.other_change()));
}

class SuspiciousSignins {
 public:
  struct State {
    std::unique_ptr<Identity> identity;
    Peers peers;
    Stamp added = 0;  // of a credential: when, as the directory says
  };

  explicit SuspiciousSignins(const Parameters& p)
      : low_(p.number("low_nats")),
        medium_(p.number("medium_nats")),
        high_(p.number("high_nats")),
        learn_hours_(p.count("learn_hours")),
        learn_days_(p.count("learn_days")),
        pool_networks_(p.count("pool_networks")),
        peers_(p.count("peers")),
        scan_resources_(p.count("scan_resources")),
        first_party_(p.count("first_party") != 0) {}

  void keys(const DetectContext&, const SignIn& e, KeySink& out) const {
    if (e.category != SignInCategory::service_principal || e.is_agent() || !tells(e)) return;
    if (!first_party_ && (e.has_flag(kFlagFirstParty) || e.app_owner_tenant_id == kMicrosoftServices)) return;
    const EntityRef who = actor_of(e);
    if (who.empty()) return;
    step_ = Step{};
    const Key128 network = peers_key(network_hash(e), 1);
    const Key128 country = peers_key(country_code(e.location.country), 2);
    out.if_known(network, kNetworkRead);
    out.if_known(country, kCountryRead);
    if (e.credential_key_id) out.if_known(added_key(e.credential_key_id), kKeyRead);
    out.touch(entity_key(who.type, who.id), kIdentity);
    out.touch(network, kNetworkLearn);
    out.touch(country, kCountryLearn);
  }

  void on_event(const DetectContext& ctx, const StateKey& key, const SignIn& e, State& state, FindingSink& out) const {
    switch (key.kind) {
      case kNetworkRead: step_.network_shared = state.peers.at_least(peers_, e.event_time); return;
      case kCountryRead: step_.country_shared = state.peers.at_least(peers_, e.event_time); return;
      case kKeyRead:
        if (const Time at = time_of(state.added); at <= e.event_time && e.event_time < at + kAnnounced) step_.added = at;
        return;
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
    if (fact.kind == Fact::Kind::verdict && fact.type == EntityType::service_principal && fact.action != CommandAction::confirm_compromised) {
      out.if_known(entity_key(fact.type, fact.id), kIdentity);
    }
    // By the credential alone: the record may name the application, whose id is not the principal's.
    if (fact.kind == Fact::Kind::credential_added && fact.key_id) out.touch(added_key(fact.key_id), kKeyAdded);
  }
  void on_fact(const DetectContext&, const StateKey& key, const Fact& fact, State& state, FindingSink&) const {
    if (key.kind == kKeyAdded) {
      state.added = std::max(state.added, stamp_of(fact.at));
      return;
    }
    if (!state.identity) return;
    Identity& id = *state.identity;
    id.places.trust_all(), id.networks.trust_all(), id.countries.trust_all(), id.resources.trust_all();
    id.keys.trust_all(), id.credentials.trust_all(), id.clients.trust_all();
  }

  Time keep_until(const State& s) const {
    if (s.identity) return s.identity->experience.keep_until(kRowMemory);
    return s.added != 0 ? time_of(s.added) + kAnnounced : s.peers.keep_until();
  }
  void encode(const State& s, ByteWriter& w) const;
  bool decode(ByteReader& r, State& s) const;
  std::size_t heap_bytes(const State& s) const { return s.identity ? sizeof(Identity) + 16 : 0; }

 private:
  /// What one visited state tells the next within one event. Nothing in it outlives the event.
  struct Step {
    bool network_shared = false, country_shared = false;
    bool at_home_in_network = false, at_home_in_country = false;
    std::uint32_t identity = 0;
    std::optional<Time> added;  // the directory told of the credential, then
  };

  static Key128 added_key(const Id& credential) {
    const Key128 id = credential.key();
    return {mix64(id.hi ^ 0x5e5910750003ULL), id.lo};
  }
  static Key128 peers_key(std::uint32_t hash, std::uint64_t domain) { return {mix64(hash + (domain << 32)), 0x5e5910750000ULL + domain}; }

  /// Denied although the credential was right, for a resource or by a policy.
  static bool denied(const SignIn& e) {
    return e.failure_class == FailureClass::ca_block || e.failure_class == FailureClass::consent || e.failure_class == FailureClass::app_config ||
           e.failure_class == FailureClass::risk;
  }
  static bool tells(const SignIn& e) { return e.success() || denied(e); }

  void visit(const DetectContext& ctx, const SignIn& e, Identity& id, FindingSink& out) const {
    const Traits t = traits_of(e);
    std::optional<Severity> severity;
    if (learned(id)) {
      const Surprise s = surprise_of(id, t, e);
      severity = severity_of(s, e);
      const bool scan = count_scan(id, s, t.resource, e);
      if (scan) severity = std::max(severity.value_or(Severity::low), scan_severity(id, s));
      if (severity) tell(ctx, e, id, t, s, *severity, scan, out);
      if (e.success() && !s.new_network) two_places(ctx, e, id, t, out);
    }
    if (e.success()) learn(e, t, severity, id);
  }

  bool learned(const Identity& id) const {
    return (id.experience.hours >= learn_hours_ && id.experience.days >= 2) || id.experience.days >= learn_days_;
  }

  Surprise surprise_of(const Identity& id, const Traits& t, const SignIn& e) const {
    const Day today = day_of(e.event_time);
    const auto novel = [today](const auto& habit, std::uint32_t hash, double nats) { return hash != 0 && nats >= kNewNats && !habit.known(hash, today); };
    Surprise s;
    s.place = id.places.distinct() > pool_networks_ ? 0 : id.places.surprise(t.place, today);
    s.network = id.networks.surprise(t.network, today);
    s.country = id.countries.surprise(t.country, today);
    s.resource = id.resources.surprise(t.resource, today);
    s.key = id.keys.surprise(t.key, today);
    s.credential = id.credentials.surprise(t.credential, today);
    s.client = id.clients.surprise(t.client, today);
    s.new_network = novel(id.networks, t.network, s.network);
    s.new_country = novel(id.countries, t.country, s.country);
    s.new_resource = novel(id.resources, t.resource, s.resource);
    s.new_key = novel(id.keys, t.key, s.key);
    s.new_credential = novel(id.credentials, t.credential, s.credential);
    s.new_client = novel(id.clients, t.client, s.client);
    s.network_shared = step_.network_shared;
    s.country_shared = step_.country_shared;
    // Weights of algorithms.md 4.2; a country counts in full only with another network owner: clouds have many regions.
    s.place *= 0.3;
    s.network *= (e.asn != 0 ? 1.0 : 0.7) * (s.network_shared ? 0.5 : 1);
    s.country *= (s.new_network ? 1.5 : 0.6) * (s.country_shared ? 0.5 : 1);
    s.key *= step_.added ? 1 : 2;
    s.client *= 0.5;
    return s;
  }

  std::optional<Severity> by_nats(double nats) const {
    if (nats >= high_) return Severity::high;
    if (nats >= medium_) return Severity::medium;
    if (nats >= low_) return Severity::low;
    return std::nullopt;
  }

  std::optional<Severity> severity_of(const Surprise& s, const SignIn& e) const {
    if (!e.success() && e.failure_class != FailureClass::ca_block) return std::nullopt;
    const bool far = foreign(s, e);
    if (far && s.new_key) return Severity::high;
    const std::optional<Severity> severity = by_nats(s.total());
    if (!severity) return std::nullopt;
    Severity most = Severity::low;
    if (far && s.other_change()) {
      most = e.success() ? Severity::high : Severity::medium;
    } else if (s.elsewhere() && s.new_key) {
      most = Severity::medium;
    }
    return std::min(*severity, most);
  }

  /// Counts resources never used before within an hour. True when this sign-in makes or continues a scan.
  bool count_scan(Identity& id, const Surprise& s, std::uint32_t resource, const SignIn& e) const {
    if (!s.new_resource || id.resources.hours_of(resource) > 0) return false;
    const Stamp now = stamp_of(e.event_time);
    if (id.scan_start == 0 || e.event_time < time_of(id.scan_start) || e.event_time > time_of(id.scan_start) + kScanWindow) {
      id.scan_start = now;
      id.scanned = 0;
      id.scan_nats = 0;
    }
    const auto end = id.scan.begin() + id.scanned;
    if (id.scanned == kScanMax || std::find(id.scan.begin(), end, resource) != end) return false;
    id.scan[id.scanned++] = resource;
    id.scan_nats += static_cast<float>(s.resource);
    return id.scanned >= scan_resources_ && id.scan_nats >= medium_;
  }
  Severity scan_severity(const Identity& id, const Surprise& s) const {
    const bool much = id.scanned >= 2 * scan_resources_ && id.scan_nats >= 1.5 * high_;
    return much || s.elsewhere() ? Severity::high : Severity::medium;
  }

  void tell(const DetectContext& ctx, const SignIn& e, Identity& id, const Traits& t, const Surprise& s, Severity severity, bool scan,
            FindingSink& out) const {
    const Hour hour = hour_of(e.event_time);
    const auto level = static_cast<std::uint8_t>(severity);
    if (hour == id.told_hour && level <= id.told_severity && !scan) return;
    const bool same_move = t.network == id.elsewhere.network && level <= id.elsewhere.severity && e.event_time <= id.elsewhere.note.time + 2 * kTwoPlaces;
    if (same_move && !scan) return;
    id.told_hour = hour;
    id.told_severity = level;
    out.add(finding_of(ctx, e, id, s, severity, scan));
    const bool open = e.success() && s.elsewhere() && (e.asn != 0 || !s.country_shared) && severity < Severity::high && !scan;
    if (open) id.elsewhere = Elsewhere{note_of(e), t.network, t.country, t.key, level};
  }

  /// The identity is at home again soon after a sign-in from elsewhere: it has not moved, somebody else has its credential.
  void two_places(const DetectContext& ctx, const SignIn& e, Identity& id, const Traits& t, FindingSink& out) const {
    if (id.elsewhere.network == 0) return;
    const Elsewhere was = id.elsewhere;
    const bool late = e.event_time > was.note.time + kTwoPlaces;
    if (e.event_time > was.note.time + 2 * kTwoPlaces) id.elsewhere = Elsewhere{};
    if (late || e.event_time < was.note.time || t.network == was.network) return;
    const bool other_country = was.country != 0 && t.country != was.country;
    const bool at_once = was.note.asn != 0 && e.event_time <= was.note.time + std::chrono::hours{1};
    const bool same_key = t.key == 0 || was.key == 0 || t.key == was.key;
    if (!same_key || !(other_country || at_once) || !was.note.names_event()) return;
    id.elsewhere = Elsewhere{};
    out.add(two_places_finding(ctx, e, was));
  }

  void learn(const SignIn& e, const Traits& t, std::optional<Severity> severity, Identity& id) const {
    const Hour hour = hour_of(e.event_time);
    const Day today = day_of(e.event_time);
    const Day suspect = severity && *severity >= Severity::medium ? static_cast<Day>(today + kSuspectDays) : Day{0};
    // While it is open whether the identity moved, the new place is nobody's home.
    const bool open = id.elsewhere.network != 0 && id.elsewhere.network == t.network;
    const Day away = std::max(suspect, open ? static_cast<Day>(today + 1) : Day{0});
    id.experience.see(e.event_time);
    id.places.see(t.place, hour, suspect);
    id.networks.see(t.network, hour, away);
    id.countries.see(t.country, hour, away);
    id.resources.see(t.resource, hour, suspect);
    id.keys.see(t.key, hour, suspect);
    id.credentials.see(t.credential, hour, suspect);
    id.clients.see(t.client, hour, suspect);
    step_.at_home_in_network = t.network != 0 && id.networks.known(t.network, today) && id.networks.hours_of(t.network) >= kHomeHours;
    step_.at_home_in_country = t.country != 0 && id.countries.known(t.country, today) && id.countries.hours_of(t.country) >= kHomeHours;
  }

  Finding finding_of(const DetectContext& ctx, const SignIn& e, const Identity& id, const Surprise& s, Severity severity, bool scan) const;
  Finding two_places_finding(const DetectContext& ctx, const SignIn& e, const Elsewhere& was) const;

  double low_, medium_, high_;
  std::uint32_t learn_hours_, learn_days_, pool_networks_, peers_, scan_resources_;
  bool first_party_;
  mutable Step step_;
};

std::vector<std::string> country_names(const Habit<4>& countries, Day today) {
  std::vector<std::string> out;
  for (const std::uint32_t code : countries.most_used(today)) out.push_back(country_text(static_cast<std::uint16_t>(code)));
  return out;
}

std::string network_words(const SignIn& e) {
  if (e.asn != 0) return "AS" + std::to_string(e.asn);
  return e.ip.neighbourhood().str() + (e.ip.family() == IpAddress::Family::v6 ? "/48" : "/24");
}

std::string title_of(const SignIn& e, const Surprise& s, bool scan, std::optional<Duration> added) {
  std::string title = workload_title(e);
  if (scan) return title + " asked for one never used resource after another, the last one " + resource_title(e) + ".";
  std::string what;
  const auto add = [&what](const std::string& part) { what.append(what.empty() ? " " : ", ").append(part); };
  if (s.new_country || s.new_network) {
    add("from " + (s.new_country ? place_words(e.location) + " (" + network_words(e) + ")" : network_words(e)) + " for the first time");
  }
  if (s.new_key) add(added ? "with a credential added " + duration_words(*added) + " before" : "with a credential never seen");
  if (s.new_credential) add("with another kind of credential");
  if (s.new_resource) add("to " + resource_title(e) + " for the first time");
  if (s.new_client) add("with another client");
  if (what.empty()) what = " unlike its habits";
  return title + " signed in" + what + ".";
}

Finding SuspiciousSignins::finding_of(const DetectContext& ctx, const SignIn& e, const Identity& id, const Surprise& s, Severity severity,
                                      bool scan) const {
  const Day today = day_of(e.event_time);
  Finding f;
  f.entity = describe(e, actor_of(e));
  f.severity = severity;
  const std::optional<Duration> added = s.new_key && step_.added ? std::optional(e.event_time - *step_.added) : std::nullopt;
  f.title = title_of(e, s, scan, added);
  if (scan) f.why.push_back(passed("never used resources within an hour", static_cast<double>(id.scanned), CheckOp::ge, static_cast<double>(scan_resources_), "resources"));
  std::vector<std::pair<double, Check>> parts;
  const auto part = [&parts](double nats, Check c) {
    if (nats >= 1) parts.emplace_back(nats, std::move(c));
  };
  part(s.country, novelty_check("country", std::string(e.location.country_text()), country_names(id.countries, today)));
  if (s.network >= 1) part(s.network, novelty_check(e.asn != 0 ? "autonomous system" : "network", network_words(e), id.networks.distinct(), id.networks.hours()));
  part(s.key, novelty_check("credential", e.credential_key_id.empty() ? std::string(e.credential_thumbprint) : e.credential_key_id.str(), id.keys.distinct(), id.keys.hours()));
  part(s.credential, novelty_check("kind of credential", std::string(e.credential_type), id.credentials.distinct(), id.credentials.hours()));
  part(s.resource, novelty_check("resource", resource_title(e), id.resources.distinct(), id.resources.hours()));
  part(s.client, novelty_check("user agent without versions", std::string(e.user_agent.substr(0, 200)), id.clients.distinct(), id.clients.hours()));
  if (s.place >= 1) part(s.place, novelty_check("address neighbourhood", e.ip.neighbourhood().str(), id.places.distinct(), id.places.hours()));
  std::stable_sort(parts.begin(), parts.end(), [](const auto& a, const auto& b) { return a.first > b.first; });
  for (auto& [nats, check] : parts) f.why.push_back(std::move(check));
  if (added) {
    f.why.push_back(passed("time since the directory's record of the new credential", static_cast<double>(added->count() / 60'000), CheckOp::lt,
                           static_cast<double>(kAnnounced.count() / 60'000), "min"));
  }
  const double total = s.total();
  const double limit = total >= high_ ? high_ : total >= medium_ ? medium_ : low_;
  if (total >= low_) f.why.push_back(passed("surprise of all this together", rounded(total), CheckOp::ge, limit, "nats"));
  f.evidence.push_back(evidence_of(e, *ctx.source));
  return f;
}

Finding SuspiciousSignins::two_places_finding(const DetectContext& ctx, const SignIn& e, const Elsewhere& was) const {
  Finding f;
  f.entity = describe(e, actor_of(e));
  f.severity = static_cast<Severity>(std::min<int>(was.severity + 1, static_cast<int>(Severity::high)));
  const Duration apart = e.event_time - was.note.time;
  f.title = workload_title(e) + " is used from two places: elsewhere (" + (was.country != 0 ? country_text(static_cast<std::uint16_t>(was.country)) : was.note.address().str()) +
            ") and, " + duration_words(apart) + " later, at home again.";
  f.why.push_back(passed("time between a sign-in from elsewhere and one from home", static_cast<double>(apart.count() / 60'000), CheckOp::le,
                         static_cast<double>(kTwoPlaces.count() / 60'000), "min"));
  f.why.push_back(passed("network of the sign-in at home", network_words(e), CheckOp::ne, was.note.asn != 0 ? "AS" + std::to_string(was.note.asn) : was.note.address().str()));
  f.evidence.push_back(evidence_of(was.note));
  f.evidence.push_back(evidence_of(e, *ctx.source));
  return f;
}

void SuspiciousSignins::encode(const State& s, ByteWriter& w) const {
  const RowKind kind = s.identity ? RowKind::identity : s.added != 0 ? RowKind::added : RowKind::peers;
  w.u8(static_cast<std::uint8_t>(kind));
  if (kind == RowKind::peers) return s.peers.identities.encode(w);
  if (kind == RowKind::added) return w.u32(s.added);
  const Identity& id = *s.identity;
  id.experience.encode(w);
  id.places.encode(w), id.networks.encode(w), id.countries.encode(w), id.resources.encode(w);
  id.keys.encode(w), id.credentials.encode(w), id.clients.encode(w);
  w.u32(id.elsewhere.network);
  if (id.elsewhere.network != 0) {
    id.elsewhere.note.encode(w);
    w.u32(id.elsewhere.country);
    w.u32(id.elsewhere.key);
    w.u8(id.elsewhere.severity);
  }
  w.varint(id.scan_start);
  w.u8(id.scanned);
  for (std::size_t i = 0; i < id.scanned; ++i) w.u32(id.scan[i]);
  w.f32(id.scan_nats);
  w.varint(id.told_hour);
  w.u8(id.told_severity);
}

bool SuspiciousSignins::decode(ByteReader& r, State& s) const {
  const auto kind = static_cast<RowKind>(r.u8());
  if (kind == RowKind::peers) return s.peers.identities.decode(r);
  if (kind == RowKind::added) {
    s.added = r.u32();
    return r.ok() && s.added != 0;
  }
  if (kind != RowKind::identity) return false;
  s.identity = std::make_unique<Identity>();
  Identity& id = *s.identity;
  if (!id.experience.decode(r) || !id.places.decode(r) || !id.networks.decode(r) || !id.countries.decode(r) || !id.resources.decode(r) ||
      !id.keys.decode(r) || !id.credentials.decode(r) || !id.clients.decode(r)) {
    return false;
  }
  id.elsewhere.network = r.u32();
  if (id.elsewhere.network != 0) {
    if (!id.elsewhere.note.decode(r)) return false;
    id.elsewhere.country = r.u32();
    id.elsewhere.key = r.u32();
    id.elsewhere.severity = r.u8();
  }
  id.scan_start = static_cast<Stamp>(r.varint());
  id.scanned = r.u8();
  if (id.scanned > kScanMax) return false;
  for (std::size_t i = 0; i < id.scanned; ++i) id.scan[i] = r.u32();
  id.scan_nats = r.f32();
  id.told_hour = static_cast<Hour>(r.varint());
  id.told_severity = r.u8();
  return r.ok() && id.elsewhere.severity <= static_cast<std::uint8_t>(Severity::critical) && id.told_severity <= static_cast<std::uint8_t>(Severity::critical);
}

}  // namespace

const DetectorType& suspicious_signins() {
  static const DetectorType type{
      "suspiciousSignins", EntityType::service_principal, "service principal", 2, kParameters, &KeyedDetector<SuspiciousSignins>::make,
  };
  return type;
}

}  // namespace bartizan
