// passwordGuessing: many wrong passwords for one user.
//
// Detects: ten wrong passwords in five minutes, four from three addresses in an hour, or twenty in a day from networks new to the user, all
//   from where the user has never signed in; then a right password from one of those addresses (high).
// Misses: guessing through a network the user signs in from or an office of the tenant's, and guessing slower than twenty a day.
// Evidence: the attempt (or right password) that decided, then earlier attempts.
// Remembers: per user the last 20 wrong passwords from unfamiliar places, one hour, and their number by the hour for a day; nothing for users
//   without any.
// Late events: are put in their place in time. A correction from failure to success counts as the success.

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "engine/detect/client_family.h"
#include "engine/detect/event_note.h"
#include "engine/detect/geo.h"
#include "engine/detect/keyed_detector.h"
#include "engine/detect/profiles.h"
#include "engine/detect/window.h"
#include "engine/model/error_codes.h"

namespace bartizan {
namespace {

constexpr ParameterSpec kParameters[] = {
    {"fast_failures", 10, 3, 20, "failures", "Wrong passwords within fast_minutes that are guessing."},
    {"fast_minutes", 5, 1, 60, "min", "See fast_failures."},
    {"wide_failures", 4, 2, 20, "failures", "Wrong passwords within an hour, from wide_addresses addresses, that are guessing."},
    {"wide_addresses", 3, 2, 20, "addresses", "See wide_failures."},
    {"slow_failures", 20, 5, 1'000, "failures", "Wrong passwords within 24 hours from networks and clients new to the user that are guessing."},
    {"success_minutes", 60, 1, 1'440, "min", "A right password within this time after the guessing means that it was found."},
};

constexpr std::size_t kAttemptsMax = 20;
constexpr std::size_t kEvidenceMax = 8;
constexpr Duration kHour = std::chrono::hours{1};
constexpr unsigned kOfficeUsers = 16;  // who sign in from a /24 or /48
constexpr std::uint32_t kOwnCarrier = 1;  // bit of EventNote::tag; the other bits are the host

class PasswordGuessing {
 public:
  struct State {
    std::vector<EventNote> attempts;  // by (time, id); tag is the host, mark how many wrong passwords it stands for
    std::uint32_t total = 0;          // since the row began
    Stamp fired = 0;                  // newest attempt of a finding
    CountRing<24> strange;            // wrong passwords from networks and clients new to the user, by the hour
  };

  explicit PasswordGuessing(const Parameters& p)
      : fast_(p.count("fast_failures")),
        fast_window_(p.duration("fast_minutes")),
        wide_(p.count("wide_failures")),
        wide_hosts_(p.count("wide_addresses")),
        slow_(p.count("slow_failures")),
        success_window_(p.duration("success_minutes")) {}

  void keys(const DetectContext& ctx, const SignIn& e, KeySink& out) const {
    if (!Profiles::concerns(e)) return;
    if (wrong_password(e)) {
      if (!familiar(ctx, e)) out.touch(Profiles::user_key(e));
    } else if (e.category == SignInCategory::interactive_user && password_right(e)) {
      out.if_known(Profiles::user_key(e));
    }
  }

  void on_event(const DetectContext& ctx, const StateKey&, const SignIn& e, State& state, FindingSink& out) const {
    if (wrong_password(e)) {
      on_attempt(ctx, e, state, out);
    } else {
      on_right_password(ctx, e, state, out);
    }
  }

  void on_correction(const DetectContext& ctx, const StateKey&, const EarlierCopy& before, const SignIn& after, State& state,
                     FindingSink& out) const {
    if (before.result_class == ResultClass::failure && password_right(after)) on_right_password(ctx, after, state, out);
  }

  Time keep_until(const State& s) const {
    const Time slow = s.strange.keep_until(kHour);
    return s.attempts.empty() ? slow : std::max(slow, s.attempts.back().time + std::max(kHour, success_window_));
  }
  void encode(const State& s, ByteWriter& w) const {
    w.varint(s.attempts.size());
    for (const EventNote& n : s.attempts) n.encode(w);
    w.u32(s.total);
    w.u32(s.fired);
    if (s.strange.keep_until(kHour) != Time::min()) s.strange.encode(w);
  }
  bool decode(ByteReader& r, State& s) const {
    const std::uint64_t n = r.varint();
    if (n > kAttemptsMax) return false;
    s.attempts.resize(static_cast<std::size_t>(n));
    for (EventNote& note : s.attempts) {
      if (!note.decode(r)) return false;
    }
    s.total = r.u32();
    s.fired = r.u32();
    s.strange = {};
    return r.ok() && (r.at_end() || s.strange.decode(r));
  }
  std::size_t heap_bytes(const State& s) const { return s.attempts.capacity() * sizeof(EventNote) + 16; }

 private:
  struct Counts {
    std::uint32_t fast = 0;
    std::uint32_t wide = 0;
    std::uint32_t hosts = 0;
    std::uint32_t slow = 0;
  };

  static bool wrong_password(const SignIn& e) {
    return e.failure_class == FailureClass::bad_password || e.failure_class == FailureClass::locked;
  }
  static bool password_right(const SignIn& e) { return e.success() || e.password_validated == Tristate::yes; }

  /// A place or registered device of the user's, or an office: expired passwords and forgotten clients fail from there.
  static bool familiar(const DetectContext& ctx, const SignIn& e) {
    if (ctx.profiles->shared_by(e.ip, e.event_time, kOfficeUsers)) return true;
    const UserProfile* p = ctx.profiles->user(e, ctx.watermark);
    if (p == nullptr) return false;
    return p->knows_neighbourhood(host_hash(e.ip)) || (!e.device.id.empty() && p->knows_device(device_hash(e)));
  }

  /// One of the user's network owners, or in one of the user's countries where the record does not name the owner: a phone with an old
  /// password changes its address there all the time, so these addresses are not counted as different ones.
  static bool own_carrier(const DetectContext& ctx, const SignIn& e) {
    const UserProfile* p = ctx.profiles->user(e, ctx.watermark);
    return p != nullptr && (e.asn != 0 ? p->knows_asn(e.asn) : p->country_days(country_code(e.location.country)) > 0);
  }

  /// Not a network of the user's, nor a mail program that the user had before: those try an old password for days.
  static bool strange(const DetectContext& ctx, const SignIn& e) {
    const UserProfile* p = ctx.profiles->user(e, ctx.watermark);
    if (p == nullptr || e.asn == 0 || p->knows_asn(e.asn)) return false;
    const BrowserFamily program = browser_family(e);
    return (program != BrowserFamily::mail_client && program != BrowserFamily::office) || !p->knows_device(device_hash(e));
  }

  static std::uint32_t host_of(const SignIn& e) { return static_cast<std::uint32_t>(mix64(e.ip.host_unit().key().lo)); }

  /// Smart lockout says that there were more attempts than records.
  static std::uint8_t weight_of(const SignIn& e) {
    const std::uint32_t base = e.failure_class == FailureClass::locked && !is_malicious_ip_block(e.result_code, e.failure_reason) ? 2 : 1;
    return static_cast<std::uint8_t>(std::min<std::uint32_t>(base * std::min<std::uint32_t>(e.count, 100), 200));
  }

  void on_attempt(const DetectContext& ctx, const SignIn& e, State& s, FindingSink& out) const {
    EventNote note = note_of(e);
    note.tag = host_of(e) & ~kOwnCarrier;
    if (own_carrier(ctx, e)) note.tag |= kOwnCarrier;
    note.mark = weight_of(e);
    if (!s.attempts.empty() && note.time - s.attempts.back().time > kHour) {
      s.attempts.clear();
      s.total = 0;
      s.fired = 0;
    }
    if (strange(ctx, e)) s.strange.add(e.event_time, kHour, note.mark);
    s.attempts.insert(std::upper_bound(s.attempts.begin(), s.attempts.end(), note, earlier), note);
    if (s.attempts.size() > kAttemptsMax) s.attempts.erase(s.attempts.begin());
    s.total += note.mark;
    const Counts c = count(s, e.event_time);
    const bool is_wide = c.wide >= wide_ && c.hosts >= wide_hosts_;
    if (c.fast < fast_ && !is_wide && c.slow < slow_) return;
    s.fired = std::max(s.fired, stamp_of(e.event_time));
    Finding f = start(e, Severity::medium);
    if (c.fast >= fast_) {
      f.title = std::to_string(c.fast) + " wrong passwords for " + user_title(e) + " within " + duration_words(fast_window_) + ".";
      f.why.push_back(passed("wrong passwords, " + duration_words(fast_window_), c.fast * 1.0, CheckOp::ge, fast_ * 1.0, "failures"));
    } else if (is_wide) {
      f.title = std::to_string(c.wide) + " wrong passwords for " + user_title(e) + " from " + std::to_string(c.hosts) + " addresses within an hour.";
      f.why.push_back(passed("wrong passwords, 1 hour", c.wide * 1.0, CheckOp::ge, wide_ * 1.0, "failures"));
      f.why.push_back(passed("addresses they came from", c.hosts * 1.0, CheckOp::ge, wide_hosts_ * 1.0, "addresses"));
    } else {
      f.title = std::to_string(c.slow) + " wrong passwords for " + user_title(e) + " from networks new to the user within 24 hours.";
      f.why.push_back(passed("wrong passwords, 24 hours", c.slow * 1.0, CheckOp::ge, slow_ * 1.0, "failures"));
    }
    f.why.push_back(passed("network known for this user", false, CheckOp::eq, false));
    add_evidence(ctx, e, s, f);
    out.add(std::move(f));
  }

  void on_right_password(const DetectContext& ctx, const SignIn& e, State& s, FindingSink& out) const {
    if (s.fired == 0 || e.event_time < time_of(s.fired) || e.event_time - time_of(s.fired) > success_window_) return;
    const std::uint32_t host = host_of(e) & ~kOwnCarrier;
    const auto same = [host](const EventNote& n) { return (n.tag & ~kOwnCarrier) == host; };
    if (std::none_of(s.attempts.begin(), s.attempts.end(), same) || familiar(ctx, e)) return;
    Finding f = start(e, Severity::high);
    f.title = "The password of " + user_title(e) + " was guessed from " + (e.ip.empty() ? std::string("an unknown address") : e.ip.str()) +
              " after " + std::to_string(s.total) + " wrong ones.";
    f.why.push_back(passed("password accepted after the guessing", true, CheckOp::eq, true));
    f.why.push_back(passed("wrong passwords before", s.total * 1.0, CheckOp::ge, wide_ * 1.0, "failures"));
    f.why.push_back(passed("network known for this user", false, CheckOp::eq, false));
    add_evidence(ctx, e, s, f);
    out.add(std::move(f));
  }

  static Finding start(const SignIn& e, Severity severity) {
    Finding f;
    f.entity = describe(e, EntityRef{EntityType::user, e.user_id.empty() ? Id::from(e.user_principal_name) : e.user_id});
    f.severity = severity;
    return f;
  }

  static void add_evidence(const DetectContext& ctx, const SignIn& e, const State& s, Finding& f) {
    f.evidence.push_back(evidence_of(e, *ctx.source));
    for (const EventNote& n : s.attempts) {
      if (f.evidence.size() >= kEvidenceMax) break;
      if (n.names_event() && !n.same_event(e)) f.evidence.push_back(evidence_of(n));
    }
    f.evidence_total = std::max<std::uint64_t>(f.evidence.size(), s.total);
  }

  static bool earlier(const EventNote& a, const EventNote& b) { return a.time != b.time ? a.time < b.time : a.id < b.id; }

  Counts count(const State& s, Time now) const {
    Counts c;
    c.slow = s.strange.sum(now, kHour);
    std::vector<std::uint32_t> hosts;
    for (const EventNote& n : s.attempts) {
      if (n.time > now || now - n.time > kHour) continue;
      if (now - n.time <= fast_window_) c.fast += n.mark;
      if ((n.tag & kOwnCarrier) != 0) continue;
      c.wide += n.mark;
      hosts.push_back(n.tag);
    }
    std::sort(hosts.begin(), hosts.end());
    c.hosts = static_cast<std::uint32_t>(std::unique(hosts.begin(), hosts.end()) - hosts.begin());
    return c;
  }

  std::uint32_t fast_;
  Duration fast_window_;
  std::uint32_t wide_;
  std::uint32_t wide_hosts_;
  std::uint32_t slow_;
  Duration success_window_;
};

}  // namespace

const DetectorType& password_guessing() {
  static const DetectorType type{
      "passwordGuessing", EntityType::user, "user", 1, kParameters, &KeyedDetector<PasswordGuessing>::make,
  };
  return type;
}

}  // namespace bartizan
