// unlikelyTravel: two successful sign-ins of one user too far apart for the time between them.
//
// Detects: the atypical one of two sign-ins between which nobody could have travelled (algorithms.md 2).
// Misses: attackers near the user or inside networks that colleagues share, users without any sign-in in the 24 hours around, records
//   without coordinates.
// Evidence: the atypical end first, then the other end.
// Remembers: the last sign-in of each of a user's last three devices, about 45 bytes each, for 26 hours; non-interactive ones where network
//   and country are the user's own.
// Late events: are compared with the anchors on both sides of their time. Repeated findings on one anchor are not made.

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "engine/detect/client_family.h"
#include "engine/detect/event_note.h"
#include "engine/detect/geo.h"
#include "engine/detect/keyed_detector.h"
#include "engine/detect/profiles.h"
#include "engine/model/entity.h"

namespace bartizan {
namespace {

constexpr ParameterSpec kParameters[] = {
    {"speed_kmh", 900, 100, 5'000, "km/h", "Faster than this nobody travels."},
    {"distance_km", 500, 50, 20'000, "km", "Shorter distances, after subtracting both accuracy radii, are never judged."},
    {"learn_logins", 10, 0, 1'000, "logins", "A user is judged after this many interactive sign-ins, or after learn_days."},
    {"learn_days", 14, 0, 365, "days", "See learn_logins."},
    {"learn_hours", 24, 0, 720, "h", "However many sign-ins, not sooner than this after the first: by then shared networks are known."},
    {"shared_users", 5, 2, 16, "users", "A /24 or /48 with this many users in 30 days is shared egress and says nothing about a place."},
    {"known_country_days", 3, 1, 90, "days", "A country seen on this many days is one of the user's places."},
    {"known_asn_days", 2, 1, 90, "days", "An autonomous system seen on this many days is one of the user's places."},
};

constexpr double kGroundHours = 0.75;           // getting to and from an airport: algorithms.md 2.1
constexpr double kPhoneRadiusKm = 300;          // carriers place their customers at a hub
constexpr Duration kRowMemory = std::chrono::hours{26};  // half around the world takes 23 h at 900 km/h
constexpr Duration kLookAgain = std::chrono::minutes{10};
constexpr Duration kNewsFor = std::chrono::hours{24};
constexpr Duration kToldFor = std::chrono::hours{24 * 14};
constexpr std::size_t kAnchorsMax = 3;
/// Microsoft's own networks: on-behalf flows of its services show these, not the user's.
constexpr std::uint32_t kMicrosoftAsns[] = {8068, 8069, 8075, 12076};

// EventNote::mark of an anchor.
constexpr std::uint8_t kPhone = 1;
constexpr std::uint8_t kTrusted = 2;
constexpr std::uint8_t kRegistered = 4;  // the device has an id
constexpr std::uint8_t kReported = 8;    // was the atypical end of a finding
constexpr unsigned kRadiusShift = 4;     // 0: city, 1: region, 2: country

class UnlikelyTravel {
 public:
  struct State {
    PackedNotes anchors;  // at most kAnchorsMax, one per device (tag), in no order that matters
    Stamp newest = 0;
    Stamp told = 0;            // when a medium or higher finding last named told_place
    std::uint32_t told_place = 0;
    Stamp looked = 0;          // at a token renewed from one of the user's places
  };

  explicit UnlikelyTravel(const Parameters& p)
      : speed_kmh_(p.number("speed_kmh")),
        distance_km_(p.number("distance_km")),
        learn_logins_(p.count("learn_logins")),
        learn_days_(p.duration("learn_days")),
        learn_hours_(p.duration("learn_hours")),
        shared_users_(p.count("shared_users")),
        known_country_days_(p.count("known_country_days")),
        known_asn_days_(p.count("known_asn_days")) {}

  void keys(const DetectContext& ctx, const SignIn& e, KeySink& out) const {
    if (!e.success() || !Profiles::concerns(e) || !e.location.has_coordinates) return;
    if (e.ip.empty() || e.ip.is_special() || e.has_flag(kFlagGlobalSecureAccess)) return;
    if (e.category == SignInCategory::interactive_user || from_home(ctx, e)) return out.touch(Profiles::user_key(e));
    if (worth_judging(ctx, e)) out.if_known(Profiles::user_key(e));
  }

  void on_event(const DetectContext& ctx, const StateKey&, const SignIn& e, State& state, FindingSink& out) const {
    const bool is_renewal = e.category != SignInCategory::interactive_user && from_home(ctx, e);
    if (is_renewal && (just_looked(e, state) || at_shared_place(ctx, e))) return;
    EventNote now = anchor_of(e);
    std::vector<EventNote> anchors = state.anchors.unpack();
    const UserProfile* profile = ctx.profiles->user(e, ctx.watermark);
    if (profile != nullptr && learned(*profile, e.event_time)) judge(ctx, e, *profile, now, anchors, state, out);
    if (e.category == SignInCategory::interactive_user || is_renewal) remember(now, anchors);
    state.newest = 0;
    for (const EventNote& a : anchors) state.newest = std::max(state.newest, stamp_of(a.time));
    state.anchors.assign(anchors);
  }

  void on_correction(const DetectContext& ctx, const StateKey& key, const EarlierCopy& before, const SignIn& after, State& state,
                     FindingSink& out) const {
    if (before.result_class != ResultClass::success) on_event(ctx, key, after, state, out);
  }

  Time keep_until(const State& state) const {
    const Time renewals = state.looked == 0 ? Time::min() : time_of(state.looked) + kLookAgain;
    if (state.newest == 0) return renewals;
    const Time anchors = std::max(renewals, time_of(state.newest) + kRowMemory);
    return state.told == 0 ? anchors : std::max(anchors, time_of(state.told) + kToldFor);
  }
  void encode(const State& state, ByteWriter& w) const {
    state.anchors.encode(w);
    w.u32(state.newest);
    w.u32(state.told);
    w.u32(state.told_place);
    if (state.looked != 0) w.u32(state.looked);
  }
  bool decode(ByteReader& r, State& state) const {
    if (!state.anchors.decode(r, kAnchorsMax)) return false;
    state.newest = r.u32();
    state.told = r.u32();
    state.told_place = r.u32();
    state.looked = r.ok() && !r.at_end() ? r.u32() : 0;
    return r.ok();
  }
  std::size_t heap_bytes(const State& state) const { return state.anchors.heap_bytes(); }

 private:
  /// One end of a pair, as far as it is known to the user. The anchor's own sign-in has taught the profile one day of it.
  struct End {
    bool typical = false;        // a place of the user's
    bool asn_known = false;
    bool country_known = false;
    bool at_home = false;        // the country that the user has on most days
    bool device_known = false;   // devices without any property count as known: absence never raises
  };
  struct Pair {
    EventNote* anchor = nullptr;
    double km = 0;
    double hours_needed = 0;
    double hours = 0;
    double rho = 0;
  };

  bool learned(const UserProfile& p, Time now) const {
    const Duration age = now - time_of(p.first_seen);
    return age >= learn_hours_ && (p.logins >= learn_logins_ || age >= learn_days_);
  }

  /// Non-interactive sign-ins are judged only from a network and country that are not the user's (algorithms.md 2.3, 6).
  bool worth_judging(const DetectContext& ctx, const SignIn& e) const {
    if (std::find(std::begin(kMicrosoftAsns), std::end(kMicrosoftAsns), e.asn) != std::end(kMicrosoftAsns)) return false;
    const UserProfile* p = ctx.profiles->user(e, ctx.watermark);
    return p != nullptr && !p->knows_asn(e.asn) && p->country_days(country_code(e.location.country)) == 0;
  }

  /// A token that is renewed from a network and country of the user's tells where the user is as well as a sign-in by hand does.
  bool from_home(const DetectContext& ctx, const SignIn& e) const {
    const UserProfile* p = ctx.profiles->user(e, ctx.watermark);
    return p != nullptr && p->asn_days(e.asn) >= known_asn_days_ && p->country_days(country_code(e.location.country)) >= known_country_days_;
  }

  /// Programs renew tokens every few minutes: one look in kLookAgain tells enough.
  static bool just_looked(const SignIn& e, State& state) {
    if (state.looked != 0 && e.event_time < time_of(state.looked) + kLookAgain) return true;
    state.looked = stamp_of(e.event_time);
    return false;
  }

  /// What colleagues share may lie elsewhere than the user. Phones share their carrier's networks, whose hub lies in the country.
  bool at_shared_place(const DetectContext& ctx, const SignIn& e) const {
    return !is_phone(os_family(e)) && ctx.profiles->shared_by(e.ip, e.event_time, shared_users_);
  }

  static EventNote anchor_of(const SignIn& e) {
    EventNote n = note_of(e);
    n.tag = device_hash(e);
    n.mark = static_cast<std::uint8_t>((is_phone(os_family(e)) ? kPhone : 0) | (e.has_flag(kFlagTrustedLocation) ? kTrusted : 0) |
                                       (e.device.id.empty() ? 0 : kRegistered));
    const double radius = accuracy_km(e.location);
    n.mark = static_cast<std::uint8_t>(n.mark | (radius <= 50 ? 0U : radius <= 150 ? 1U : 2U) << kRadiusShift);
    return n;
  }

  static double radius_km(const EventNote& n) {
    constexpr double kRadii[] = {50, 150, 500};
    return kRadii[std::min(2, n.mark >> kRadiusShift)] + ((n.mark & kPhone) != 0 ? kPhoneRadiusKm : 0);
  }

  std::optional<Pair> pair_of(const EventNote& now, EventNote& anchor) const {
    const int dlat = std::abs(now.place.latitude - anchor.place.latitude);
    const int dlon = std::abs(now.place.longitude - anchor.place.longitude);
    if (dlat < 200 && dlon < 200) return std::nullopt;  // two degrees each way are less than 320 km
    if (now.id == anchor.id && now.id_kind == anchor.id_kind) return std::nullopt;
    if (now.address().neighbourhood() == anchor.address().neighbourhood()) return std::nullopt;
    if ((now.mark & anchor.mark & kRegistered) != 0 && now.tag == anchor.tag) return std::nullopt;
    if ((now.mark & anchor.mark & kTrusted) != 0) return std::nullopt;
    Pair p;
    p.anchor = &anchor;
    p.km = distance_km(now.place, anchor.place);
    const double sure_km = p.km - radius_km(now) - radius_km(anchor);
    if (sure_km < distance_km_) return std::nullopt;
    const Duration apart = now.time > anchor.time ? now.time - anchor.time : anchor.time - now.time;
    p.hours = std::max(static_cast<double>(apart.count()) / 3'600'000.0, 1.0 / 60);
    p.hours_needed = sure_km / speed_kmh_ + kGroundHours;
    p.rho = p.hours_needed / p.hours;
    return p.rho > 1 ? std::optional<Pair>(p) : std::nullopt;
  }

  static std::uint32_t most_days(const UserProfile& p) {
    std::uint32_t most = 0;
    for (const auto& c : p.countries.items()) most = std::max<std::uint32_t>(most, c.days);
    return most;
  }

  End look_at(const UserProfile& p, const EventNote& n, std::uint32_t own_days) const {
    End end;
    end.asn_known = p.asn_days(n.asn) > own_days;
    end.country_known = p.country_days(n.country) > own_days;
    const auto* device = n.tag == 0 ? nullptr : p.devices.find(n.tag);
    end.device_known = n.tag == 0 || (device != nullptr && device->days > own_days);
    end.at_home = p.country_days(n.country) >= most_days(p);
    end.typical = p.country_days(n.country) >= known_country_days_ || p.asn_days(n.asn) >= known_asn_days_;
    return end;
  }

  /// The most impossible pair first; one that is excused does not excuse the others.
  void judge(const DetectContext& ctx, const SignIn& e, const UserProfile& profile, EventNote& now,
             std::vector<EventNote>& anchors, State& state, FindingSink& out) const {
    std::vector<Pair> pairs;
    for (EventNote& a : anchors) {
      if (const std::optional<Pair> p = pair_of(now, a)) pairs.push_back(*p);
    }
    std::stable_sort(pairs.begin(), pairs.end(), [](const Pair& a, const Pair& b) { return a.rho > b.rho; });
    for (const Pair& p : pairs) {
      if (judge_pair(ctx, e, profile, now, p, state, out)) return;
    }
  }

  /// True when the pair was a finding, or is one that was told before.
  bool judge_pair(const DetectContext& ctx, const SignIn& e, const UserProfile& profile, EventNote& now, const Pair& pair, State& state,
                  FindingSink& out) const {
    const bool now_shared = ctx.profiles->shared_by(e.ip, e.event_time, shared_users_);
    const bool anchor_shared = ctx.profiles->shared_by(pair.anchor->address(), e.event_time, shared_users_);
    const End at_now = look_at(profile, now, 0);
    const End at_anchor = look_at(profile, *pair.anchor, 1);

    const bool blame_now = !now_shared && (!at_now.typical || (pair.rho > 5 && !at_now.device_known));
    const bool blame_anchor = !blame_now && !anchor_shared && !at_anchor.typical && (pair.anchor->mark & kReported) == 0 &&
                              pair.anchor->names_event();
    if (!blame_now && !blame_anchor) return false;
    const End& end = blame_now ? at_now : at_anchor;
    EventNote& blamed = blame_now ? now : *pair.anchor;
    const EventNote& other = blame_now ? *pair.anchor : now;
    const End& other_end = blame_now ? at_anchor : at_now;
    const bool by_token = blame_now && e.category == SignInCategory::non_interactive_user;
    const std::optional<Severity> severity = severity_of(pair, blamed, other, end, other_end, blame_now ? anchor_shared : now_shared, by_token);
    if (!severity) return false;
    if (told_before(blamed, *severity, state)) return true;
    blamed.mark = static_cast<std::uint8_t>(blamed.mark | kReported);
    out.add(finding_of(ctx, e, profile, pair, blame_now, *severity));
    return true;
  }

  /// A place that was told a day or more ago is no news for two weeks: it is held back from learning, so that it would be told daily.
  bool told_before(const EventNote& blamed, Severity severity, State& state) const {
    const auto place = static_cast<std::uint32_t>(mix64(static_cast<std::uint64_t>(blamed.asn) << 16 | blamed.country)) | 1U;
    if (state.told_place == place && blamed.time >= time_of(state.told) + kNewsFor && blamed.time < time_of(state.told) + kToldFor) return true;
    if (severity >= Severity::medium && (state.told_place != place || blamed.time >= time_of(state.told) + kToldFor)) {
      state.told_place = place;
      state.told = stamp_of(blamed.time);
    }
    return false;
  }

  /// `other_shared`: the other end is shared egress, which may lie elsewhere than the user; then network and country of the blamed end
  /// must both be new; where it lies in another country than the user's own it is no more than low with a device like the user's: that is a
  /// traveller and the company's way out. `by_token`: the blamed end is a renewed token.
  static std::optional<Severity> severity_of(const Pair& pair, const EventNote& blamed, const EventNote& other, const End& end,
                                             const End& other_end, bool other_shared, bool by_token) {
    const bool own_machine = (blamed.mark & kRegistered) != 0 && end.device_known;
    if (own_machine) return std::nullopt;  // a VPN, or the device travelled with a clock that is wrong
    const bool all_new = !end.asn_known && !end.country_known && !end.device_known;
    if (other_shared && (end.asn_known || end.country_known)) return std::nullopt;
    // Roaming: phones abroad are routed home, the laptop beside them is not. Carriers lead phones out far away in their country, not abroad.
    const bool one_phone = ((blamed.mark ^ other.mark) & kPhone) != 0;
    const bool one_country = blamed.country == other.country && blamed.country != 0;
    const bool roaming = (blamed.mark & kPhone) == 0 || end.country_known || one_country;
    if (one_phone && roaming && end.device_known && other_end.device_known) return std::nullopt;
    if (other_shared && end.device_known && !other_end.at_home) return Severity::low;
    if (pair.rho <= 2 || end.asn_known || (one_country && ((blamed.mark | other.mark) & kPhone) != 0)) return Severity::low;
    if (by_token) return end.device_known ? Severity::low : Severity::medium;
    return all_new ? Severity::high : Severity::medium;
  }

  Finding finding_of(const DetectContext& ctx, const SignIn& e, const UserProfile& profile, const Pair& pair, bool blame_now,
                     Severity severity) const {
    const EventNote& anchor = *pair.anchor;
    Finding f;
    f.entity = describe(e, EntityRef{EntityType::user, e.user_id.empty() ? Id::from(e.user_principal_name) : e.user_id});
    f.severity = severity;
    const bool anchor_first = anchor.time <= e.event_time;
    const Duration apart = anchor_first ? e.event_time - anchor.time : anchor.time - e.event_time;
    const bool one_country = anchor.country == country_code(e.location.country);
    const std::string elsewhere = anchor.country == 0 ? "another place" : (one_country ? "another place in " : "") + country_text(anchor.country);
    f.title = user_title(e) + " signed in from " + place_words(e.location) + " " + duration_words(apart) +
              (anchor_first ? " after " : " before ") + elsewhere + ", " + whole(pair.km) + " km away.";
    add_checks(ctx, e, profile, pair, blame_now ? country_code(e.location.country) : anchor.country, blame_now, f);
    if (blame_now) f.evidence.push_back(evidence_of(e, *ctx.source));
    if (anchor.names_event()) f.evidence.push_back(evidence_of(anchor));
    if (!blame_now) f.evidence.push_back(evidence_of(e, *ctx.source));
    return f;
  }

  void add_checks(const DetectContext& ctx, const SignIn& e, const UserProfile& profile, const Pair& pair, std::uint16_t country,
                  bool blame_now, Finding& f) const {
    const double kmh = pair.km / pair.hours;
    if (kmh > speed_kmh_) f.why.push_back(passed("speed between the two sign-ins", static_cast<double>(static_cast<std::int64_t>(kmh)), CheckOp::gt, speed_kmh_, "km/h"));
    f.why.push_back(passed("travel time needed", minutes(pair.hours_needed), CheckOp::gt, minutes(pair.hours), "min"));
    f.why.push_back(passed("distance", static_cast<double>(static_cast<std::int64_t>(pair.km)), CheckOp::gt, distance_km_, "km"));
    std::vector<CheckScalar> usual;
    for (const auto& c : profile.countries.items()) {
      if (c.last != 0 && c.days >= known_country_days_) usual.emplace_back(country_text(static_cast<std::uint16_t>(c.hash)));
    }
    std::sort(usual.begin(), usual.end());
    if (country != 0 && !usual.empty() && std::find(usual.begin(), usual.end(), CheckScalar(country_text(country))) == usual.end()) {
      Check c = passed("country among the user's usual ones", country_text(country), CheckOp::not_in, usual);
      c.usual = CheckValue(usual);
      f.why.push_back(std::move(c));
    }
    const IpAddress ip = blame_now ? e.ip : pair.anchor->address();
    const double sharing = static_cast<double>(static_cast<int>(ctx.profiles->users_of_neighbourhood(ip, e.event_time) + 0.5));
    f.why.push_back(passed("users sharing the network", std::min(sharing, static_cast<double>(shared_users_) - 1), CheckOp::lt,
                           static_cast<double>(shared_users_), "users"));
  }

  static double minutes(double hours) { return static_cast<double>(static_cast<std::int64_t>(hours * 600)) / 10; }

  /// The newest sign-in of each device; the device longest unseen goes first.
  static void remember(const EventNote& now, std::vector<EventNote>& anchors) {
    anchors.erase(std::remove_if(anchors.begin(), anchors.end(), [&](const EventNote& a) { return a.time + kRowMemory < now.time; }), anchors.end());
    for (EventNote& a : anchors) {
      if (a.tag != now.tag) continue;
      if (now.time >= a.time) a = now;
      return;
    }
    if (anchors.size() < kAnchorsMax) {
      anchors.push_back(now);
      return;
    }
    auto oldest = std::min_element(anchors.begin(), anchors.end(), [](const EventNote& a, const EventNote& b) {
      return a.time != b.time ? a.time < b.time : a.tag < b.tag;
    });
    if (now.time >= oldest->time) *oldest = now;
  }

  double speed_kmh_;
  double distance_km_;
  std::uint32_t learn_logins_;
  Duration learn_days_;
  Duration learn_hours_;
  std::uint32_t shared_users_;
  std::uint32_t known_country_days_;
  std::uint32_t known_asn_days_;
};

}  // namespace

const DetectorType& unlikely_travel() {
  static const DetectorType type{
      "unlikelyTravel", EntityType::user, "user", 1, kParameters, &KeyedDetector<UnlikelyTravel>::make,
  };
  return type;
}

}  // namespace bartizan
