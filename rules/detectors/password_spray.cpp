// passwordSpray: one source, or one kind of client at many addresses, tries many accounts.
//
// Detects: a sequential test on first contacts (algorithms.md 3.2): each account that a source fails on for the first time in a day is
//   evidence for a spray, each that succeeds evidence against. Sources are addresses, their /24 or /48, the client (network owner,
//   families, application) and the user agent with the application. An accepted password of a sprayed account makes the campaign, and
//   the account, high. 50057 (disabled) proves nothing about the password.
// Misses: sprays through networks that the targets sign in from, and fewer than seven accounts a day per source.
// Evidence: the attempt that decided, then the first attempts.
// Remembers: per source that failed on somebody, 24 hours: the accounts (4 bytes each), 20 of them by name, 6 attempts.
// Late events count like others. A correction from failure to success counts as the accepted password, never twice as an attempt.

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "engine/detect/client_family.h"
#include "engine/detect/distinct.h"
#include "engine/detect/event_note.h"
#include "engine/detect/keyed_detector.h"
#include "engine/detect/profiles.h"
#include "engine/model/detmath.h"

namespace bartizan {
namespace {

constexpr ParameterSpec kParameters[] = {
    {"false_alarm_log10", -6, -12, -2, "", "Decimal logarithm of the chance that an innocent source is accused (alpha)."},
    {"miss", 0.01, 0.0001, 0.5, "", "Chance that a spraying source is not accused (beta)."},
    {"spray_failure_rate", 0.95, 0.5, 0.999, "", "Share of first contacts that fail for a spraying source."},
    {"usual_failure_rate", 0.10, 0.01, 0.5, "", "Share of first contacts that fail for other sources, at least; more where the source's own past says so."},
    {"rotating_addresses", 3, 2, 100, "addresses", "A spray is the tenant's, not one address's, from this many addresses."},
};

constexpr Duration kDay = std::chrono::hours{24};
constexpr std::size_t kNotesMax = 6;
constexpr std::size_t kNamesMax = 20;
constexpr std::size_t kCandidatesMax = 8;
constexpr std::size_t kHostsMax = 8;
constexpr std::uint64_t kFingerprintDomain = 0x737072617966;  // "sprayf"
constexpr std::uint64_t kAgentDomain = 0x7370726179;          // "spray"

enum Kind : std::uint32_t { kAddress, kNeighbourhood, kFingerprint, kAgent };

struct Account {
  std::uint64_t hash = 0;
  std::string id;
  std::string name;
  std::string user_principal_name;
  bool validated = false;

  Entity entity() const {
    Entity e;
    e.type = EntityType::user;
    e.id = id;
    e.name = name;
    e.user_principal_name = user_principal_name;
    return e;
  }
  void encode(ByteWriter& w) const {
    w.u64(hash);
    w.text(id);
    w.text(name);
    w.text(user_principal_name);
    w.u8(validated ? 1 : 0);
  }
  bool decode(ByteReader& r) {
    hash = r.u64();
    id = r.text();
    name = r.text();
    user_principal_name = r.text();
    const std::uint8_t v = r.u8();
    validated = v != 0;
    return r.ok() && v <= 1;
  }
  std::size_t heap_bytes() const { return id.capacity() + name.capacity() + user_principal_name.capacity(); }
};

/// An accepted password of somebody unfamiliar at a source that is not accused yet.
struct Candidate {
  Account account;
  EventNote note;
};

struct HostCount {
  std::uint32_t host = 0;
  std::uint32_t contacts = 0;
};

class PasswordSpray {
 public:
  struct State {
    double nats = 0;          // the random walk
    Time since = Time::min(); // first contact of the day; of the campaign once accused
    Time last = Time::min();
    Time accused = Time::min();
    DistinctSet contacts;     // accounts contacted
    DistinctSet targets;      // accounts whose first contact failed
    DistinctSet hosts;
    std::vector<HostCount> first_hosts;  // at most kHostsMax
    NoteList<kNotesMax> notes;
    std::vector<Account> names;          // of targets, at most kNamesMax
    std::vector<Candidate> candidates;   // at most kCandidatesMax
    DistinctSet validated;

    bool is_accused() const { return accused != Time::min(); }
  };

  explicit PasswordSpray(const Parameters& p)
      : theta1_(p.number("spray_failure_rate")),
        theta0_(p.number("usual_failure_rate")),
        limit_(detmath::log(1 - p.number("miss")) - p.number("false_alarm_log10") * kLn10),
        innocent_(detmath::log(p.number("miss"))),
        rotating_(p.count("rotating_addresses")) {}

  void keys(const DetectContext& ctx, const SignIn& e, KeySink& out) const {
    if (!Profiles::concerns(e) || e.ip.empty()) return;
    const bool wrong = wrong_password(e);
    if (!wrong && (e.category != SignInCategory::interactive_user || !password_right(e))) return;
    const UserProfile* p = ctx.profiles->user(e, ctx.watermark);
    const std::uint32_t host = host_hash(e.ip);
    // The morning's first contact of a known user weighs; the rest of the day does not.
    if (!wrong && p != nullptr && p->hosts.seen_since(host, day_of(e.event_time))) return;
    const bool familiar = is_familiar(p, e, host);
    if (wrong && familiar) return;
    if (wrong || !familiar) {
      out.touch(address_key(e), kAddress);
    } else {
      out.if_known(address_key(e), kAddress);
    }
    if (!wrong) return wider_keys(e, out, false);
    out.touch(neighbourhood_key(e), kNeighbourhood);
    const bool stranger = !ctx.profiles->shared_by(e.ip, e.event_time, 1) && !(p != nullptr && p->knows_asn(e.asn));
    if (stranger) wider_keys(e, out, true);
  }

  void on_event(const DetectContext& ctx, const StateKey& key, const SignIn& e, State& s, FindingSink& out) const {
    begin_day(ctx, key, e, s);
    s.last = std::max(s.last, e.event_time);
    if (wrong_password(e)) {
      on_wrong_password(ctx, key, e, s, out);
    } else {
      on_right_password(ctx, key, e, s, out);
    }
  }

  void on_correction(const DetectContext& ctx, const StateKey& key, const EarlierCopy& before, const SignIn& after, State& s,
                     FindingSink& out) const {
    if (before.result_class != ResultClass::success && password_right(after) && s.since != Time::min()) {
      on_right_password(ctx, key, after, s, out);
    }
  }

  Time keep_until(const State& s) const { return s.last == Time::min() ? Time::min() : s.last + kDay; }
  void encode(const State& s, ByteWriter& w) const;
  bool decode(ByteReader& r, State& s) const;
  std::size_t heap_bytes(const State& s) const;

 private:
  static constexpr double kLn10 = 2.302585092994045684;

  static bool wrong_password(const SignIn& e) {
    return e.failure_class == FailureClass::bad_password || e.failure_class == FailureClass::no_user || e.failure_class == FailureClass::locked;
  }
  static bool password_right(const SignIn& e) { return e.success() || e.password_validated == Tristate::yes; }

  static bool is_familiar(const UserProfile* p, const SignIn& e, std::uint32_t host) {
    return p != nullptr && (p->knows_neighbourhood(host) || (!e.device.id.empty() && p->knows_device(device_hash(e))));
  }

  static std::uint64_t account_hash(const SignIn& e) {
    const Key128 k = Profiles::user_key(e);
    return mix64(k.hi) ^ k.lo;
  }
  static std::uint64_t host_of(const SignIn& e) { return e.ip.host_unit().key().lo; }

  static Key128 address_key(const SignIn& e) { return combine(e.ip.host_unit().key(), Key128{1, kAddress}); }
  static Key128 neighbourhood_key(const SignIn& e) { return combine(e.ip.neighbourhood().key(), Key128{2, kNeighbourhood}); }

  static void wider_keys(const SignIn& e, KeySink& out, bool make) {
    const auto put = [&](const Key128& k, Kind kind) { make ? out.touch(k, kind) : out.if_known(k, kind); };
    if (!make) put(neighbourhood_key(e), kNeighbourhood);
    const std::uint64_t where = e.asn != 0 ? e.asn : std::uint64_t{country_code(e.location.country)} << 32;
    const std::uint64_t families = static_cast<std::uint64_t>(os_family(e)) << 8 | static_cast<std::uint64_t>(browser_family(e));
    if (where != 0) put(combine(e.app_id.key(), Key128{where ^ kFingerprintDomain << 40, families}), kFingerprint);
    if (!e.user_agent.empty()) put(combine(e.app_id.key(), stable_hash128(e.user_agent, kAgentDomain)), kAgent);
  }

  /// Innocent walks end here and start again: lower for sources that let many users in, so that a day's typing errors at a busy
  /// office never add up.
  double floor_of(const DetectContext& ctx, const StateKey& key, const SignIn& e) const {
    double good = 0;
    if (key.kind <= kNeighbourhood) good = ctx.profiles->users_of_neighbourhood(e.ip, e.event_time);
    if (key.kind == kFingerprint) good = ctx.profiles->users_of_asn(e.asn);
    return innocent_ - success_step(theta0_) * -std::min(20.0, good / 5);
  }
  double failure_step(double theta0) const { return detmath::log(theta1_ / theta0); }
  double success_step(double theta0) const { return detmath::log((1 - theta1_) / (1 - theta0)); }

  double usual_rate(const DetectContext& ctx, const StateKey& key, const SignIn& e) const {
    if (key.kind > kNeighbourhood) return theta0_;
    return std::clamp(3 * ctx.profiles->contact_failure_rate(e.ip, e.event_time), theta0_, 0.8);
  }

  void begin_day(const DetectContext& ctx, const StateKey& key, const SignIn& e, State& s) const {
    if (s.since != Time::min() && (s.is_accused() || e.event_time - s.since <= kDay)) return;
    s = State{};
    s.since = e.event_time;
    const double floor = floor_of(ctx, key, e);
    if (floor < 1.5 * innocent_) s.nats = floor;
  }

  void on_wrong_password(const DetectContext& ctx, const StateKey& key, const SignIn& e, State& s, FindingSink& out) const {
    s.notes.add(note_of(e));
    if (!s.contacts.insert(account_hash(e))) return;
    // Without a past of the account, the wider sources know too little to tell a stranger from a newcomer.
    const bool newcomer = key.kind >= kFingerprint && ctx.profiles->user(e, ctx.watermark) == nullptr;
    s.nats += failure_step(usual_rate(ctx, key, e)) * (newcomer ? 0.25 : 1.0);
    s.targets.insert(account_hash(e));
    note_host(e, s);
    if (s.names.size() < kNamesMax) s.names.push_back(account_of(e));
    if (s.is_accused()) {
      out.add(campaign(ctx, key, e, s));
    } else if (s.nats >= limit_ && rotates_enough(key, s)) {
      accuse(ctx, key, e, s, out);
    }
  }

  void accuse(const DetectContext& ctx, const StateKey& key, const SignIn& e, State& s, FindingSink& out) const {
    s.accused = e.event_time;
    std::vector<Candidate> candidates;
    candidates.swap(s.candidates);
    for (Candidate& c : candidates) {
      if (key.kind >= kFingerprint && !s.targets.contains(c.account.hash)) continue;
      if (s.validated.insert(c.account.hash)) mark_validated(c.account, s);
    }
    out.add(campaign(ctx, key, e, s));
    for (const Candidate& c : candidates) {
      if (!s.validated.contains(c.account.hash)) continue;
      Finding f = victim(key, e, s, c.account, c.note.address());
      f.evidence.push_back(evidence_of(c.note));
      out.add(std::move(f));
    }
  }

  void on_right_password(const DetectContext& ctx, const StateKey& key, const SignIn& e, State& s, FindingSink& out) const {
    const std::uint64_t hash = account_hash(e);
    const bool first = s.contacts.insert(hash);
    if (first && e.success()) {
      s.nats = std::max(s.nats + success_step(usual_rate(ctx, key, e)), s.is_accused() ? limit_ : floor_of(ctx, key, e));
    }
    const UserProfile* p = ctx.profiles->user(e, ctx.watermark);
    if (is_familiar(p, e, host_hash(e.ip))) return;
    const bool sprayed = s.targets.contains(hash);
    if (key.kind != kAddress && !sprayed && !s.hosts.contains(host_of(e))) return;
    if (!s.is_accused()) return add_candidate(e, s);
    if (!s.validated.insert(hash)) return;
    const Account account = account_of(e);
    mark_validated(account, s);
    out.add(campaign(ctx, key, e, s));
    Finding f = victim(key, e, s, account, e.ip);
    f.evidence.push_back(evidence_of(e, *ctx.source));
    out.add(std::move(f));
  }

  static void add_candidate(const SignIn& e, State& s) {
    Candidate c{account_of(e), note_of(e)};
    if (!c.note.names_event() || s.candidates.size() >= kCandidatesMax) return;
    const auto same = [&](const Candidate& other) { return other.account.hash == c.account.hash; };
    if (std::none_of(s.candidates.begin(), s.candidates.end(), same)) s.candidates.push_back(std::move(c));
  }

  static void mark_validated(Account account, State& s) {
    account.validated = true;
    const auto known = std::find_if(s.names.begin(), s.names.end(), [&](const Account& a) { return a.hash == account.hash; });
    if (known != s.names.end()) s.names.erase(known);
    const auto first_other = std::find_if(s.names.begin(), s.names.end(), [](const Account& a) { return !a.validated; });
    s.names.insert(first_other, std::move(account));
    if (s.names.size() > kNamesMax) s.names.pop_back();
  }

  static Account account_of(const SignIn& e) {
    const Entity who = describe(e, EntityRef{EntityType::user, e.user_id.empty() ? Id::from(e.user_principal_name) : e.user_id});
    return Account{account_hash(e), who.id, who.name, who.user_principal_name, false};
  }

  static void note_host(const SignIn& e, State& s) {
    const std::uint64_t host = host_of(e);
    s.hosts.insert(host);
    const auto h = static_cast<std::uint32_t>(host);
    for (HostCount& c : s.first_hosts) {
      if (c.host == h) {
        ++c.contacts;
        return;
      }
    }
    if (s.first_hosts.size() < kHostsMax) s.first_hosts.push_back(HostCount{h, 1});
  }

  /// Wider sources speak only when no single address does most of it: that address is accused itself.
  bool rotates_enough(const StateKey& key, const State& s) const {
    if (key.kind == kAddress) return true;
    std::uint32_t most = 0;
    for (const HostCount& c : s.first_hosts) most = std::max(most, c.contacts);
    return s.hosts.count() >= rotating_ && most * 2 <= s.targets.count() + 1;
  }

  static Entity campaign_entity(const StateKey& key, const SignIn& e) {
    Entity entity;
    entity.type = key.kind == kAddress ? EntityType::ip : EntityType::tenant;
    entity.id = key.kind == kAddress ? e.ip.host_unit().str() : e.tenant_id.str();
    return entity;
  }

  Finding campaign(const DetectContext& ctx, const StateKey& key, const SignIn& e, const State& s) const {
    const std::uint64_t targets = std::max<std::uint64_t>(s.targets.count(), s.names.size());
    const std::uint64_t validated = s.validated.count();
    Finding f;
    f.entity = campaign_entity(key, e);
    f.severity = validated > 0 ? Severity::high : Severity::medium;
    f.title = source_words(key, e, s) + " tried " + std::to_string(targets) + " accounts in " + duration_words(s.last - s.since) +
              (validated == 0 ? "." : " and validated the password of " + std::to_string(validated) + ".");
    const double nats = std::max(s.nats, limit_);
    f.why.push_back(passed("evidence for spraying", static_cast<double>(static_cast<std::int64_t>(nats * 10)) / 10, CheckOp::ge,
                           static_cast<double>(static_cast<std::int64_t>(limit_ * 10)) / 10, "nats"));
    f.why.push_back(passed("accounts failed on at first contact, 24 hours", static_cast<double>(s.targets.count()), CheckOp::ge, 1.0, "accounts"));
    if (key.kind != kAddress) f.why.push_back(passed("addresses", static_cast<double>(s.hosts.count()), CheckOp::ge, rotating_ * 1.0, "addresses"));
    if (validated > 0) f.why.push_back(passed("passwords validated", static_cast<double>(validated), CheckOp::ge, 1.0, "accounts"));
    f.evidence.push_back(evidence_of(e, *ctx.source));
    for (const EventNote& n : s.notes.items()) {
      if (!n.same_event(e)) f.evidence.push_back(evidence_of(n));
    }
    f.evidence_total = std::max<std::uint64_t>(f.evidence.size(), targets + validated);
    f.first_seen = s.since;
    Campaign c;
    c.targets_total = targets;
    c.validated_total = validated;
    c.sources_total = std::max<std::uint64_t>(1, s.hosts.count());
    for (const Account& a : s.names) c.targets.push_back(CampaignTarget{a.entity(), a.validated});
    f.campaign = std::move(c);
    return f;
  }

  static std::string source_words(const StateKey& key, const SignIn& e, const State& s) {
    switch (key.kind) {
      case kAddress: return e.ip.str();
      case kNeighbourhood: return e.ip.neighbourhood().str() + (e.ip.family() == IpAddress::Family::v4 ? "/24" : "/48");
      default: return std::to_string(s.hosts.count()) + " addresses with one kind of client";
    }
  }

  Finding victim(const StateKey& key, const SignIn& e, const State& s, const Account& account, const IpAddress& ip) const {
    Finding f;
    f.entity = account.entity();
    f.severity = Severity::high;
    const std::string who = account.name.empty() ? (account.user_principal_name.empty() ? account.id : account.user_principal_name) : account.name;
    f.title = "A password spray from " + ip.str() + " found the password of " + who + ".";
    f.why.push_back(passed("password accepted from a spraying source", true, CheckOp::eq, true));
    f.why.push_back(passed("accounts sprayed by the source", static_cast<double>(s.targets.count()), CheckOp::ge, 1.0, "accounts"));
    f.why.push_back(passed("network known for this user", false, CheckOp::eq, false));
    f.campaign_entity = campaign_entity(key, e);
    return f;
  }

  double theta1_;
  double theta0_;
  double limit_;
  double innocent_;
  std::uint32_t rotating_;
};

void PasswordSpray::encode(const State& s, ByteWriter& w) const {
  w.f64(s.nats);
  w.time(s.since);
  w.time(s.last);
  w.time(s.accused);
  s.contacts.encode(w);
  s.targets.encode(w);
  s.hosts.encode(w);
  w.varint(s.first_hosts.size());
  for (const HostCount& h : s.first_hosts) {
    w.u32(h.host);
    w.varint(h.contacts);
  }
  s.notes.encode(w);
  w.varint(s.names.size());
  for (const Account& a : s.names) a.encode(w);
  w.varint(s.candidates.size());
  for (const Candidate& c : s.candidates) {
    c.account.encode(w);
    c.note.encode(w);
  }
  s.validated.encode(w);
}

bool PasswordSpray::decode(ByteReader& r, State& s) const {
  s.nats = r.f64();
  s.since = r.time();
  s.last = r.time();
  s.accused = r.time();
  if (!s.contacts.decode(r) || !s.targets.decode(r) || !s.hosts.decode(r)) return false;
  const std::uint64_t hosts = r.varint();
  if (hosts > kHostsMax) return false;
  s.first_hosts.resize(static_cast<std::size_t>(hosts));
  for (HostCount& h : s.first_hosts) {
    h.host = r.u32();
    h.contacts = static_cast<std::uint32_t>(r.varint());
  }
  if (!s.notes.decode(r)) return false;
  const std::uint64_t names = r.varint();
  if (names > kNamesMax) return false;
  s.names.resize(static_cast<std::size_t>(names));
  for (Account& a : s.names) {
    if (!a.decode(r)) return false;
  }
  const std::uint64_t candidates = r.varint();
  if (candidates > kCandidatesMax) return false;
  s.candidates.resize(static_cast<std::size_t>(candidates));
  for (Candidate& c : s.candidates) {
    if (!c.account.decode(r) || !c.note.decode(r)) return false;
  }
  return s.validated.decode(r);
}

std::size_t PasswordSpray::heap_bytes(const State& s) const {
  std::size_t n = s.contacts.heap_bytes() + s.targets.heap_bytes() + s.hosts.heap_bytes() + s.validated.heap_bytes() + s.notes.heap_bytes();
  n += s.first_hosts.capacity() * sizeof(HostCount) + s.names.capacity() * sizeof(Account) + s.candidates.capacity() * sizeof(Candidate);
  for (const Account& a : s.names) n += a.heap_bytes();
  for (const Candidate& c : s.candidates) n += c.account.heap_bytes();
  return n;
}

}  // namespace

const DetectorType& password_spray() {
  static const DetectorType type{
      "passwordSpray", EntityType::ip, "address, /24 or /48, client fingerprint, user agent", 1, kParameters, &KeyedDetector<PasswordSpray>::make,
  };
  return type;
}

}  // namespace bartizan
