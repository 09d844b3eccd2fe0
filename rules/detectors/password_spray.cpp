// passwordSpray: one source, or one kind of client at many addresses, tries many accounts.
//
// Detects: a sequential test on first contacts (algorithms.md 3.2): each account that a source fails on for the first time in a day is
//   evidence for a spray, each that succeeds evidence against. Sources are addresses, their /24 or /48, the client (network owner,
//   families, application) and the user agent with the application. Beside it, per tenant, failures from addresses that never let anybody
//   in, per hour against their own past (3.3): slow sprays in which every attempt comes from somewhere else. An accepted password of a
//   sprayed account makes the campaign, and the account, high. 50057 (disabled) proves nothing about the password.
// Misses: sprays through networks that the targets sign in from, and fewer than seven accounts a day per source.
// Evidence: the attempt that decided, then the first attempts.
// Remembers: per source that failed on somebody, 24 hours: the accounts (4 bytes each), 20 of them by name, 6 attempts. Per tenant 48
//   hourly baselines.
// Campaigns of the tenant: sources that one attempt has in common belong to one. What no accused source has in common is told apart, so
//   two sprays at one time are two alerts; the slow one is what the others leave unexplained.
// Late events count like others. A correction from failure to success counts as the accepted password, never twice as an attempt.

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "engine/detect/campaign.h"
#include "engine/detect/client_family.h"
#include "engine/detect/event_note.h"
#include "engine/detect/keyed_detector.h"
#include "engine/detect/profiles.h"
#include "engine/detect/tide.h"
#include "engine/model/detmath.h"

namespace bartizan {
namespace {

constexpr ParameterSpec kParameters[] = {
    {"false_alarm_log10", -6, -12, -2, "", "Decimal logarithm of the chance that an innocent source is accused (alpha)."},
    {"miss", 0.01, 0.0001, 0.5, "", "Chance that a spraying source is not accused (beta)."},
    {"spray_failure_rate", 0.95, 0.5, 0.999, "", "Share of first contacts that fail for a spraying source."},
    {"usual_failure_rate", 0.10, 0.01, 0.5, "", "Share of first contacts that fail for other sources, at least; more where the source's own past says so."},
    {"stranger_failure_rate", 0.20, 0.01, 0.8, "", "The same for sign-ins from networks that never let anybody in, by kind of client."},
    {"rotating_addresses", 3, 2, 100, "addresses", "A spray is the tenant's, not one address's, from this many addresses."},
    {"shared_users", 5, 2, 16, "users", "A /24 or /48 with this many users in 30 days is shared, as carriers' and offices' addresses are."},
    {"slow_alarm", 12, 4, 100, "", "Cumulative sum of hourly excess (in standard deviations, less one an hour) that is a slow spray."},
    {"slow_hour_max", 10, 2, 100, "", "The most that one hour adds to it."},
};

constexpr Duration kDay = std::chrono::hours{24};
constexpr Duration kTideMemory = std::chrono::hours{24 * 28};
constexpr double kLn10 = 2.302585092994045684;
constexpr double kNewcomerWeight = 0.25;
constexpr std::uint64_t kFingerprintDomain = 0x737072617966;  // "sprayf"
constexpr std::uint64_t kAgentDomain = 0x7370726179;          // "spray"

enum Kind : std::uint32_t { kAddress, kNeighbourhood, kFingerprint, kAgent, kTide, kRead };  // kRead: what is known before the attempt

class PasswordSpray {
 public:
  struct State {
    double nats = 0;              // the random walk
    Time since = Time::min();     // first contact of the day; of the campaign once accused
    Time last = Time::min();
    Time accused = Time::min();
    DistinctSet contacts;         // accounts contacted today; kTide: hosts of the present hour
    CampaignLog log;
    std::unique_ptr<HourlyTide> tide;  // only kTide
    std::uint64_t thread = 0;          // which of the tenant's campaigns; 0: the one of the tide, or not known yet

    bool is_accused() const { return accused != Time::min(); }
  };

  explicit PasswordSpray(const Parameters& p)
      : theta1_(p.number("spray_failure_rate")),
        theta0_(p.number("usual_failure_rate")),
        stranger_theta0_(p.number("stranger_failure_rate")),
        limit_(detmath::log(1 - p.number("miss")) - p.number("false_alarm_log10") * kLn10),
        innocent_(detmath::log(p.number("miss"))),
        rotating_(p.count("rotating_addresses")),
        shared_users_(p.count("shared_users")),
        slow_({p.number("slow_alarm"), p.number("slow_hour_max")}) {}

  void keys(const DetectContext& ctx, const SignIn& e, KeySink& out) const {
    if (!Profiles::concerns(e) || e.ip.empty()) return;
    const bool wrong = wrong_password(e);
    if (!wrong && (e.category != SignInCategory::interactive_user || !password_right(e))) return;
    step_ = Step{};
    const UserProfile* p = ctx.profiles->user(e, ctx.watermark);
    const std::uint32_t host = host_hash(e.ip);
    // The morning's first contact of a known user weighs; the rest of the day does not.
    if (!wrong && p != nullptr && p->hosts.seen_since(host, day_of(e.event_time))) return;
    const bool familiar = is_familiar(ctx, p, e);
    if (wrong && familiar) return;
    // Kinds of clients are judged by strangers alone: what fails and what succeeds from networks that never let anybody in.
    const bool stranger = !ctx.profiles->shared_by(e.ip, e.event_time, 1) && !(p != nullptr && p->knows_asn(e.asn));
    out.if_known(neighbourhood_key(e), kRead);
    if (stranger) wider_keys(e, [&](const Key128& k, Kind) { out.if_known(k, kRead); });
    // A known user at a strange place may turn out to be a victim; without a past everybody's first sign-in would be one.
    if (wrong || (!familiar && p != nullptr)) {
      out.touch(address_key(e), kAddress);
    } else {
      out.if_known(address_key(e), kAddress);
    }
    if (wrong) {
      out.touch(neighbourhood_key(e), kNeighbourhood);
    } else {
      out.if_known(neighbourhood_key(e), kNeighbourhood);
    }
    if (stranger) wider_keys(e, [&](const Key128& k, Kind kind) { wrong ? out.touch(k, kind) : out.if_known(k, kind); });
  }

  void on_event(const DetectContext& ctx, const StateKey& key, const SignIn& e, State& s, FindingSink& out) const {
    if (key.kind == kRead) return read(s);
    const bool wrong = wrong_password(e);
    if (key.kind == kTide) {
      if (wrong && step_.thread != 0) return;  // explained
      follow_tide(e, wrong, s);
    } else {
      begin_day(ctx, key, e, s);
      if (key.kind != kAddress) join(s);
    }
    s.last = std::max(s.last, e.event_time);
    if (wrong) {
      on_wrong_password(ctx, key, e, s, out);
    } else {
      on_right_password(ctx, key, e, s, out);
    }
  }

  void on_correction(const DetectContext& ctx, const StateKey& key, const EarlierCopy& before, const SignIn& after, State& s,
                     FindingSink& out) const {
    if (key.kind == kRead) return read(s);
    if (before.result_class != ResultClass::success && password_right(after) && s.since != Time::min()) {
      on_right_password(ctx, key, after, s, out);
    }
  }

  Time keep_until(const State& s) const { return s.last == Time::min() ? Time::min() : s.last + (s.tide ? kTideMemory : kDay); }
  void encode(const State& s, ByteWriter& w) const {
    w.f64(s.nats);
    w.time(s.since);
    w.time(s.last);
    w.time(s.accused);
    s.contacts.encode(w);
    s.log.encode(w);
    w.u8(static_cast<std::uint8_t>((s.tide ? 1 : 0) | (s.thread != 0 ? 2 : 0)));
    if (s.tide) s.tide->encode(w);
    if (s.thread != 0) w.u64(s.thread);
  }
  bool decode(ByteReader& r, State& s) const {
    s.nats = r.f64();
    s.since = r.time();
    s.last = r.time();
    s.accused = r.time();
    if (!s.contacts.decode(r) || !s.log.decode(r)) return false;
    const std::uint8_t parts = r.u8();
    if ((parts & 1) != 0) s.tide = std::make_unique<HourlyTide>();
    if (s.tide && !s.tide->decode(r)) return false;
    if ((parts & 2) != 0) s.thread = r.u64();
    return parts <= 3 && r.ok() && (s.thread != 0) == ((parts & 2) != 0);
  }
  std::size_t heap_bytes(const State& s) const {
    return s.contacts.heap_bytes() + s.log.heap_bytes() + (s.tide ? sizeof(HourlyTide) + 16 : 0);
  }

 private:
  // ---------------------------------------------------------------- sources

  static bool wrong_password(const SignIn& e) {
    return e.failure_class == FailureClass::bad_password || e.failure_class == FailureClass::no_user || e.failure_class == FailureClass::locked;
  }
  static bool password_right(const SignIn& e) { return e.success() || e.password_validated == Tristate::yes; }

  /// Where the user succeeded before, on a registered device of theirs, or at their carrier behind addresses that colleagues share.
  bool is_familiar(const DetectContext& ctx, const UserProfile* p, const SignIn& e) const {
    if (p == nullptr) return false;
    if (p->knows_neighbourhood(host_hash(e.ip)) || (!e.device.id.empty() && p->knows_device(device_hash(e)))) return true;
    return p->knows_asn(e.asn) && ctx.profiles->shared_by(e.ip, e.event_time, shared_users_);
  }

  /// Nothing about the sign-in is the user's, and nobody else comes from there. Sprayed users move about like others do, so a campaign
  /// that has no address of its own claims only such sign-ins.
  static bool all_new(const DetectContext& ctx, const SignIn& e) {
    if (ctx.profiles->shared_by(e.ip, e.event_time, 1)) return false;
    const UserProfile* p = ctx.profiles->user(e, ctx.watermark);
    return p == nullptr || (!p->knows_asn(e.asn) && !p->knows_device(device_hash(e)));
  }

  static Key128 address_key(const SignIn& e) { return combine(e.ip.host_unit().key(), Key128{1, kAddress}); }
  static Key128 neighbourhood_key(const SignIn& e) { return combine(e.ip.neighbourhood().key(), Key128{2, kNeighbourhood}); }
  static Key128 tide_key() { return Key128{3, kTide}; }

  template <class Put>
  static void wider_keys(const SignIn& e, Put&& put) {
    const std::uint64_t where = e.asn != 0 ? e.asn : std::uint64_t{country_code(e.location.country)} << 32;
    const std::uint64_t families = static_cast<std::uint64_t>(os_family(e)) << 8 | static_cast<std::uint64_t>(browser_family(e));
    if (where != 0) put(combine(e.app_id.key(), Key128{where ^ kFingerprintDomain << 40, families}), kFingerprint);
    if (!e.user_agent.empty()) put(combine(e.app_id.key(), stable_hash128(e.user_agent, kAgentDomain)), kAgent);
    put(tide_key(), kTide);
  }

  // ---------------------------------------------------------------- which campaign

  /// What one visited state tells the next within one event. Nothing in it outlives the event.
  struct Step {
    Time accused = Time::max();     // of the earliest accused source of this attempt
    std::uint64_t thread = 0;       // its campaign
    Time tide_accused = Time::max();
  };

  /// Before anything else sees the attempt: its accused sources belong together, and the earliest accusation names the campaign.
  void read(const State& s) const {
    if (!s.is_accused()) return;
    if (s.tide) {
      step_.tide_accused = s.accused;
    } else if (s.accused < step_.accused) {
      step_.accused = s.accused;
      step_.thread = s.thread;
    }
  }

  /// A source of an attempt that is part of a campaign is part of it, if it is ever accused.
  void join(State& s) const {
    if (step_.accused != Time::max()) s.thread = step_.thread;
  }

  /// A source that stands alone has a campaign of its own, unless it was at work when the slow test accused the tenant's strangers:
  /// then it is what that test has seen.
  void name_campaign(const StateKey& key, const SignIn& e, State& s) const {
    if (key.kind == kAddress || key.kind == kTide) return;
    if (step_.accused == Time::max() && s.thread == 0 && !(step_.tide_accused != Time::max() && s.since <= step_.tide_accused)) {
      s.thread = std::max<std::uint64_t>(1, mix64(e.id.key().lo ^ mix64(key.id.lo)));
    }
    step_.accused = std::min(step_.accused, s.accused);
    step_.thread = s.thread;
  }

  // ---------------------------------------------------------------- the sequential test

  /// Innocent walks end here and start again: lower for sources that let many users in, so that a day's typing errors at a busy
  /// office never add up.
  double floor_of(const DetectContext& ctx, const StateKey& key, const SignIn& e) const {
    double good = 0;
    if (key.kind <= kNeighbourhood) good = ctx.profiles->users_of_neighbourhood(e.ip, e.event_time);
    return innocent_ + success_step(theta0_) * std::min(20.0, good / 5);
  }
  double failure_step(double theta0) const { return detmath::log(theta1_ / theta0); }
  double success_step(double theta0) const { return detmath::log((1 - theta1_) / (1 - theta0)); }

  double usual_rate(const DetectContext& ctx, const StateKey& key, const SignIn& e) const {
    if (key.kind > kNeighbourhood) return std::max(theta0_, stranger_theta0_);
    return std::clamp(3 * ctx.profiles->contact_failure_rate(e.ip, e.event_time), theta0_, 0.8);
  }

  void begin_day(const DetectContext& ctx, const StateKey& key, const SignIn& e, State& s) const {
    if (s.since != Time::min() && (s.is_accused() || e.event_time - s.since <= kDay)) return;
    s = State{};
    s.since = e.event_time;
    const double floor = floor_of(ctx, key, e);
    if (floor < 1.5 * innocent_) s.nats = floor;
  }

  /// The test's step; false when the account was contacted before.
  bool walk(const DetectContext& ctx, const StateKey& key, const SignIn& e, State& s) const {
    if (!s.contacts.insert(CampaignAccount::hash_of(e))) return false;
    const double theta0 = usual_rate(ctx, key, e);
    if (e.success()) {
      s.nats = std::max(s.nats + success_step(theta0), s.is_accused() ? limit_ : floor_of(ctx, key, e));
      return true;
    }
    // Without a past of the account, the wider sources know too little to tell a stranger from a newcomer.
    const bool newcomer = key.kind >= kFingerprint && ctx.profiles->user(e, ctx.watermark) == nullptr;
    s.nats += failure_step(theta0) * (newcomer ? kNewcomerWeight : 1.0);
    return true;
  }

  // ---------------------------------------------------------------- the slow spray

  /// Counts addresses, not attempts: one busy address has a test of its own.
  void follow_tide(const SignIn& e, bool wrong, State& s) const {
    if (!s.tide) s.tide = std::make_unique<HourlyTide>();
    const std::uint32_t before = s.tide->hour();
    s.tide->advance(e.event_time, slow_);
    if (s.tide->hour() != before) s.contacts.clear();
    if (wrong && s.contacts.insert(CampaignLog::host_of(e))) s.tide->count();
    const Time since = s.tide->rising_since(slow_);
    if (since == Time::min()) {  // low tide: what came before is nobody's campaign
      s.log = CampaignLog{};
      s.accused = Time::min();
    }
    s.since = since == Time::min() ? e.event_time : since;
    s.nats = s.tide->level(slow_);
  }

  // ---------------------------------------------------------------- accusations

  double limit_of(const StateKey& key) const { return key.kind == kTide ? slow_.alarm : limit_; }

  /// Wider sources speak only when no single address does most of it: that address is accused itself.
  bool rotates_enough(const StateKey& key, const State& s) const {
    if (key.kind == kAddress) return true;
    return s.log.hosts.count() >= rotating_ && s.log.most_of_one_host() * 2 <= s.log.targets.count() + 1;
  }

  void on_wrong_password(const DetectContext& ctx, const StateKey& key, const SignIn& e, State& s, FindingSink& out) const {
    s.log.notes.add(note_of(e));
    const bool first = key.kind == kTide ? !s.log.targets.contains(CampaignAccount::hash_of(e)) : walk(ctx, key, e, s);
    if (!first) return;
    s.log.add_target(e);
    if (s.is_accused()) {
      out.add(campaign(ctx, key, e, s));
    } else if (s.nats >= limit_of(key) && rotates_enough(key, s)) {
      accuse(ctx, key, e, s, out);
    }
  }

  void accuse(const DetectContext& ctx, const StateKey& key, const SignIn& e, State& s, FindingSink& out) const {
    s.accused = e.event_time;
    name_campaign(key, e, s);
    std::vector<CampaignLog::Candidate> candidates = std::exchange(s.log.candidates, {});
    std::erase_if(candidates, [&](const CampaignLog::Candidate& c) {
      const bool concerned = key.kind == kAddress || s.log.targets.contains(c.account.hash);
      return !concerned || !s.log.add_validated(c.account);
    });
    out.add(campaign(ctx, key, e, s));
    for (const CampaignLog::Candidate& c : candidates) {
      Finding f = victim(key, e, s, c.account, c.note.address());
      f.evidence.push_back(evidence_of(c.note));
      out.add(std::move(f));
    }
  }

  void on_right_password(const DetectContext& ctx, const StateKey& key, const SignIn& e, State& s, FindingSink& out) const {
    if (key.kind != kTide && e.success()) walk(ctx, key, e, s);
    if (is_familiar(ctx, ctx.profiles->user(e, ctx.watermark), e)) return;
    const bool sprayed = s.log.targets.contains(CampaignAccount::hash_of(e));
    if (key.kind != kAddress && !sprayed && !s.log.hosts.contains(CampaignLog::host_of(e))) return;
    if (key.kind != kAddress && !all_new(ctx, e)) return;
    if (!s.is_accused()) return s.log.add_candidate(e);
    const CampaignAccount account = CampaignAccount::of(e);
    if (!s.log.add_validated(account)) return;
    out.add(campaign(ctx, key, e, s));
    Finding f = victim(key, e, s, account, e.ip);
    f.evidence.push_back(evidence_of(e, *ctx.source));
    out.add(std::move(f));
  }

  // ---------------------------------------------------------------- findings

  static Entity campaign_entity(const StateKey& key, const SignIn& e) {
    Entity entity;
    entity.type = key.kind == kAddress ? EntityType::ip : EntityType::tenant;
    entity.id = key.kind == kAddress ? e.ip.host_unit().str() : e.tenant_id.str();
    return entity;
  }

  Finding campaign(const DetectContext& ctx, const StateKey& key, const SignIn& e, const State& s) const {
    Finding f;
    f.campaign = s.log.summary();
    f.campaign_thread = s.thread;
    f.entity = campaign_entity(key, e);
    f.severity = f.campaign->validated_total > 0 ? Severity::high : Severity::medium;
    f.title = source_words(key, e, s) + " tried " + std::to_string(f.campaign->targets_total) + " accounts in " + duration_words(s.last - s.since) +
              (f.campaign->validated_total == 0 ? "." : " and validated the password of " + std::to_string(f.campaign->validated_total) + ".");
    add_checks(key, s, f);
    f.evidence.push_back(evidence_of(e, *ctx.source));
    for (const EventNote& n : s.log.notes.items()) {
      if (!n.same_event(e)) f.evidence.push_back(evidence_of(n));
    }
    f.evidence_total = std::max<std::uint64_t>(f.evidence.size(), f.campaign->targets_total + f.campaign->validated_total);
    f.first_seen = std::min(s.since, e.event_time);
    return f;
  }

  void add_checks(const StateKey& key, const State& s, Finding& f) const {
    const double limit = limit_of(key);
    f.why.push_back(passed(key.kind == kTide ? "cumulative excess over the usual hours" : "evidence for spraying", tenths(std::max(s.nats, limit)),
                           CheckOp::ge, tenths(limit), key.kind == kTide ? "standard deviations" : "nats"));
    if (key.kind == kTide && s.tide->usual() >= 0) {
      Check c = passed("addresses that failed and never let anybody in, this hour", static_cast<double>(s.tide->present()), CheckOp::ge, 1.0, "addresses");
      c.usual = CheckValue(tenths(s.tide->usual()));
      f.why.push_back(std::move(c));
    }
    f.why.push_back(passed("accounts failed on at first contact", static_cast<double>(s.log.targets.count()), CheckOp::ge, 1.0, "accounts"));
    if (key.kind != kAddress) f.why.push_back(passed("addresses", static_cast<double>(s.log.hosts.count()), CheckOp::ge, rotating_ * 1.0, "addresses"));
    const auto validated = static_cast<double>(f.campaign->validated_total);
    if (validated > 0) f.why.push_back(passed("passwords validated", validated, CheckOp::ge, 1.0, "accounts"));
  }

  static double tenths(double x) { return static_cast<double>(static_cast<std::int64_t>(x * 10)) / 10; }

  static std::string source_words(const StateKey& key, const SignIn& e, const State& s) {
    const std::string hosts = std::to_string(s.log.hosts.count());
    switch (key.kind) {
      case kAddress: return e.ip.str();
      case kNeighbourhood: return hosts + " addresses of " + e.ip.neighbourhood().str() + (e.ip.family() == IpAddress::Family::v4 ? "/24" : "/48");
      case kTide: return hosts + " addresses that never let anybody in";
      default: return hosts + " addresses with one kind of client";
    }
  }

  Finding victim(const StateKey& key, const SignIn& e, const State& s, const CampaignAccount& account, const IpAddress& ip) const {
    Finding f;
    f.entity = account.entity();
    f.severity = Severity::high;
    f.title = "A password spray from " + ip.str() + " found the password of " + account.title() + ".";
    f.why.push_back(passed("password accepted from a spraying source", true, CheckOp::eq, true));
    f.why.push_back(passed("accounts tried by the source", static_cast<double>(s.log.targets.count()), CheckOp::ge, 1.0, "accounts"));
    f.why.push_back(passed("network known for this user", false, CheckOp::eq, false));
    f.campaign_entity = campaign_entity(key, e);
    f.campaign_thread = s.thread;
    return f;
  }

  double theta1_;
  double theta0_;
  double stranger_theta0_;
  double limit_;
  double innocent_;
  std::uint32_t rotating_;
  std::uint32_t shared_users_;
  HourlyTide::Limits slow_;
  mutable Step step_;
};

}  // namespace

const DetectorType& password_spray() {
  static const DetectorType type{
      "passwordSpray", EntityType::ip, "address, /24 or /48, client fingerprint, user agent, tenant", 1, kParameters,
      &KeyedDetector<PasswordSpray>::make,
  };
  return type;
}

}  // namespace bartizan
