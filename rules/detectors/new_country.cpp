// newCountry: a user's first successful sign-in from a country.
//
// Detects: a country that is new to the user in 90 days; medium when it is new to the whole tenant too and no registered
//   device of the user's speaks for them.
// Misses: countries that colleagues reach through shared egress, users still being learned, records without a country.
// Evidence: the sign-in.
// Remembers: which country was told for a user, 14 days (16 bytes a row, only for users with a finding).
// Late and repeated events: one finding per user and country in 14 days, whichever event comes first.

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "engine/detect/client_family.h"
#include "engine/detect/event_note.h"
#include "engine/detect/keyed_detector.h"
#include "engine/detect/profiles.h"

namespace bartizan {
namespace {

constexpr ParameterSpec kParameters[] = {
    {"learn_logins", 10, 0, 1'000, "logins", "A user is judged after this many interactive sign-ins, or after learn_days."},
    {"learn_days", 14, 0, 365, "days", "See learn_logins."},
    {"shared_users", 5, 2, 16, "users", "A /24 or /48 with this many users in 30 days is shared egress and says nothing about a place."},
    {"known_asn_days", 2, 1, 90, "days", "An autonomous system that the user has on this many days does not count as a new place."},
    {"rare_percent", 0.05, 0, 100, "%", "A country that fewer users than this have is rare in the tenant."},
    {"repeat_days", 14, 1, 90, "days", "The same country of the same user is told once in this time."},
};

constexpr std::uint32_t kMicrosoftAsns[] = {8068, 8069, 8075, 12076};  // flows on behalf of the user show these

class NewCountry {
 public:
  struct State {
    std::uint16_t country = 0;
    Stamp until = 0;
  };

  explicit NewCountry(const Parameters& p)
      : learn_logins_(p.count("learn_logins")),
        learn_days_(p.duration("learn_days")),
        shared_users_(p.count("shared_users")),
        known_asn_days_(p.count("known_asn_days")),
        rare_share_(p.number("rare_percent") / 100),
        repeat_(p.duration("repeat_days")) {}

  /// Nearly always nothing: the country is one of the user's.
  void keys(const DetectContext& ctx, const SignIn& e, KeySink& out) const {
    const std::uint16_t country = country_code(e.location.country);
    if (country == 0 || !e.success() || !Profiles::concerns(e)) return;
    const UserProfile* p = ctx.profiles->user(e, ctx.watermark);
    if (p == nullptr || p->countries.find(country) != nullptr || p->countries.size() == 0) return;
    if (p->logins < learn_logins_ && e.event_time - time_of(p->first_seen) < learn_days_) return;
    if (e.has_flag(kFlagTrustedLocation) || e.has_flag(kFlagGlobalSecureAccess) || p->asn_days(e.asn) >= known_asn_days_) return;
    if (std::find(std::begin(kMicrosoftAsns), std::end(kMicrosoftAsns), e.asn) != std::end(kMicrosoftAsns)) return;
    if (ctx.profiles->shared_by(e.ip, e.event_time, shared_users_)) return;
    out.touch(combine(Profiles::user_key(e), Key128{country, 0}));
  }

  void on_event(const DetectContext& ctx, const StateKey&, const SignIn& e, State& state, FindingSink& out) const {
    if (state.country != 0 && time_of(state.until) >= e.event_time) return;
    state.country = country_code(e.location.country);
    state.until = stamp_of(e.event_time + repeat_);
    const UserProfile& p = *ctx.profiles->user(e, ctx.watermark);
    const std::uint32_t having = ctx.profiles->users_of_country(state.country);
    const bool rare = having == 0 || having < rare_share_ * ctx.profiles->users();
    // Only a registered device speaks for the user: half of the world has the same system and browser.
    const bool own_device = !e.device.id.empty() && p.knows_device(device_hash(e));
    const bool medium = rare && !own_device && e.category == SignInCategory::interactive_user;
    out.add(finding_of(ctx, e, p, having, rare, medium ? Severity::medium : Severity::low));
  }

  void on_correction(const DetectContext& ctx, const StateKey& key, const EarlierCopy& before, const SignIn& after, State& state,
                     FindingSink& out) const {
    if (before.result_class != ResultClass::success) on_event(ctx, key, after, state, out);
  }

  Time keep_until(const State& state) const { return time_of(state.until); }
  void encode(const State& state, ByteWriter& w) const {
    w.u16(state.country);
    w.u32(state.until);
  }
  bool decode(ByteReader& r, State& state) const {
    state.country = r.u16();
    state.until = r.u32();
    return r.ok();
  }

 private:
  static Finding finding_of(const DetectContext& ctx, const SignIn& e, const UserProfile& p, std::uint32_t having, bool rare,
                            Severity severity) {
    const std::string country(e.location.country_text());
    Finding f;
    f.entity = describe(e, EntityRef{EntityType::user, e.user_id.empty() ? Id::from(e.user_principal_name) : e.user_id});
    f.severity = severity;
    f.title = user_title(e) + " signed in from " + country + " for the first time" + (rare ? ", a country new to the tenant." : ".");
    std::vector<CheckScalar> usual;
    for (const auto& c : p.countries.items()) {
      if (c.last != 0) usual.emplace_back(country_text(static_cast<std::uint16_t>(c.hash)));
    }
    std::sort(usual.begin(), usual.end());
    Check c = passed("country seen for this user in 90 days", country, CheckOp::not_in, usual);
    c.usual = CheckValue(usual);
    f.why.push_back(std::move(c));
    if (rare) {
      Check t = passed("users of the tenant with this country", static_cast<double>(having), CheckOp::lt,
                       std::max(1.0, static_cast<double>(having) + 1), "users");
      f.why.push_back(std::move(t));
    }
    if (severity == Severity::medium) f.why.push_back(passed("registered device of this user", false, CheckOp::eq, false));
    f.evidence.push_back(evidence_of(e, *ctx.source));
    return f;
  }

  std::uint32_t learn_logins_;
  Duration learn_days_;
  std::uint32_t shared_users_;
  std::uint32_t known_asn_days_;
  double rare_share_;
  Duration repeat_;
};

}  // namespace

const DetectorType& new_country() {
  static const DetectorType type{
      "newCountry", EntityType::user, "user and country", 1, kParameters, &KeyedDetector<NewCountry>::make,
  };
  return type;
}

}  // namespace bartizan
