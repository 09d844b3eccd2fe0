// mfaFatigue: someone who has the password sends prompts until the user gives in.
//
// Detects: five prompts that were declined or not answered within 10 minutes, ten within 24 hours; an approval after that from the same
//   address, or after four prompts from one address of a network new to the user; a prompt that the user reported as fraud; twenty wrong codes in 24 hours.
// Misses: floods that come from an address the user signs in from (those are the user's own trouble with a phone), and prompts that
//   leave no sign-in record.
// Evidence: the prompt (or approval) that decided, then the earlier prompts.
// Remembers: per user the last 12 prompts, 24 hours; only for users with failed strong authentication.
// Late events: are put in their place in time. Repeats never arrive here; corrections count only where they bring the approval.

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/detect/client_family.h"
#include "engine/detect/event_note.h"
#include "engine/detect/keyed_detector.h"
#include "engine/detect/profiles.h"
#include "engine/detect/window.h"

namespace bartizan {
namespace {

constexpr ParameterSpec kParameters[] = {
    {"prompts_fast", 5, 2, 12, "prompts", "Declined or unanswered prompts within fast_minutes that make a flood."},
    {"fast_minutes", 10, 1, 60, "min", "See prompts_fast."},
    {"prompts_slow", 10, 2, 12, "prompts", "Declined or unanswered prompts within 24 hours that make a flood."},
    {"approval_minutes", 30, 1, 1'440, "min", "A sign-in from the prompts' address within this time means that the user gave in."},
    {"approval_prompts", 4, 2, 12, "prompts", "Prompts from one address of a network new to the user that make a flood once one is approved there."},
    {"wrong_codes", 20, 5, 1'000, "codes", "Wrong one-time codes within 24 hours from unknown addresses that are guessing."},
};

constexpr std::size_t kPromptsMax = 12;
constexpr Duration kDay = std::chrono::hours{24};
constexpr Duration kHour = std::chrono::hours{1};
constexpr std::size_t kEvidenceMax = 12;

enum class Prompt : std::uint8_t { none, declined, unanswered, wrong_code, fraud };

/// A text in lower case, made once: many words are looked for in each.
class Lowered {
 public:
  explicit Lowered(std::string_view text) : size_(std::min(text.size(), buffer_.size())) {
    std::copy_n(text.begin(), size_, buffer_.begin());
    lower_ascii(buffer_.data(), size_);
  }
  bool has(std::string_view part) const { return std::string_view(buffer_.data(), size_).find(part) != std::string_view::npos; }

 private:
  std::array<char, kReasonBytesMax> buffer_;
  std::size_t size_;
};

/// Results for texts looked at lately: Entra writes the same few again and again. Changes nothing but the time taken.
class LatelySeen {
 public:
  /// Null: not seen.
  const Prompt* find(std::string_view text) const {
    const Entry& e = entries_[place(text)];
    return e.text == text ? &e.prompt : nullptr;  // a place that is still empty holds the empty text, which tells nothing
  }
  void keep(std::string_view text, Prompt prompt) {
    if (text.size() > kTextBytesMax) return;
    Entry& e = entries_[place(text)];
    e.text.assign(text);
    e.prompt = prompt;
  }

 private:
  static constexpr std::size_t kTextBytesMax = 256;
  struct Entry {
    std::string text;
    Prompt prompt = Prompt::none;
  };
  static std::size_t place(std::string_view text) {
    if (text.empty()) return 0;
    const auto byte = [&](std::size_t i) { return static_cast<std::size_t>(static_cast<unsigned char>(text[i])); };
    return (text.size() * 7 + byte(0) + byte(text.size() / 2) * 3 + byte(text.size() - 1) * 5) % 64;
  }
  std::array<Entry, 64> entries_;
};

/// Entra's result texts (authenticationDetails, status.additionalDetails), matched by their telling words.
Prompt prompt_from_text(std::string_view text) {
  if (text.empty()) return Prompt::none;
  const Lowered lowered(text);
  if (lowered.has("fraud") || lowered.has("reported suspicious")) return Prompt::fraud;
  if (lowered.has("verification code") || lowered.has("wrong code") || lowered.has("invalid code") || lowered.has("code entered") ||
      lowered.has("incorrect code") || lowered.has("one-time")) {
    return Prompt::wrong_code;
  }
  if (lowered.has("blocked") || lowered.has("duplicate") || lowered.has("invalid phone")) return Prompt::none;
  if (lowered.has("respond") || lowered.has("timed out") || lowered.has("timeout") || lowered.has("answer")) return Prompt::unanswered;
  if (lowered.has("declined") || lowered.has("denied") || lowered.has("correct number")) return Prompt::declined;
  return Prompt::none;
}

bool has_code_method(const SignIn& e) {
  return std::any_of(e.auth_steps.begin(), e.auth_steps.end(), [](const AuthStep& s) {
    const Lowered method(s.method);
    return method.has("code") || method.has("text message") || method.has("oath");
  });
}

/// Reads texts, each of the lately seen ones once.
class PromptReader {
 public:
  /// mfa_required is an interrupt, but the same record is also written when the prompt that it led to was not approved.
  Prompt prompt_of(const SignIn& e) {
    if (e.failure_class != FailureClass::mfa_failed && e.failure_class != FailureClass::mfa_required) return Prompt::none;
    Prompt found = read(e.additional_details);
    if (found == Prompt::none) found = read(e.failure_reason);
    for (const AuthStep& s : e.auth_steps) found = std::max(found, read(s.result_detail));
    if (found != Prompt::none) return found;
    // 500121 alone says that strong authentication failed: a prompt, unless the method was a code to type.
    if (e.result_code == 1003033) return Prompt::declined;
    return e.result_code == 500121 ? (has_code_method(e) ? Prompt::wrong_code : Prompt::unanswered) : Prompt::none;
  }

 private:
  Prompt read(std::string_view text) {
    if (const Prompt* known = seen_.find(text)) return *known;
    const Prompt prompt = prompt_from_text(text);
    seen_.keep(text, prompt);
    return prompt;
  }
  LatelySeen seen_;
};

class MfaFatigue {
 public:
  struct State {
    std::vector<EventNote> prompts;  // by (time, id), newest last, at most kPromptsMax
    std::uint32_t prompts_total = 0; // since the row began
    CountRing<24> wrong_codes;
    Stamp flooded = 0;               // event time of the newest prompt that completed a flood
    bool approved = false;
  };

  explicit MfaFatigue(const Parameters& p)
      : fast_(p.count("prompts_fast")),
        fast_window_(p.duration("fast_minutes")),
        slow_(p.count("prompts_slow")),
        approval_(p.duration("approval_minutes")),
        few_(p.count("approval_prompts")),
        codes_(p.count("wrong_codes")) {}

  void keys(const DetectContext&, const SignIn& e, KeySink& out) const {
    if (!Profiles::concerns(e)) return;
    if (e.failure_class == FailureClass::mfa_failed || e.failure_class == FailureClass::mfa_required) {
      if (reader_.prompt_of(e) != Prompt::none) out.touch(Profiles::user_key(e));
    } else if (e.success() && e.category == SignInCategory::interactive_user) {
      out.if_known(Profiles::user_key(e));
    }
  }

  void on_event(const DetectContext& ctx, const StateKey&, const SignIn& e, State& state, FindingSink& out) const {
    if (e.success()) return on_approval(ctx, e, state, out);
    const Prompt prompt = reader_.prompt_of(e);
    if (prompt == Prompt::fraud) return report_fraud(ctx, e, state, out);
    const bool own_place = familiar(ctx, e);
    if (prompt == Prompt::wrong_code) {
      if (!own_place) on_wrong_code(ctx, e, state, out);
      return;
    }
    // The user's own attempts with a phone that has no signal.
    if (own_place && prompt == Prompt::unanswered) return;
    on_prompt(ctx, e, state, out);
  }

  void on_correction(const DetectContext& ctx, const StateKey&, const EarlierCopy& before, const SignIn& after, State& state,
                     FindingSink& out) const {
    if (before.result_class != ResultClass::success && after.success()) on_approval(ctx, after, state, out);
  }

  Time keep_until(const State& s) const {
    const Time codes = s.wrong_codes.keep_until(kHour);
    return s.prompts.empty() ? codes : std::max(codes, s.prompts.back().time + kDay);
  }
  void encode(const State& s, ByteWriter& w) const {
    w.varint(s.prompts.size());
    for (const EventNote& n : s.prompts) n.encode(w);
    w.varint(s.prompts_total);
    s.wrong_codes.encode(w);
    w.u32(s.flooded);
    w.u8(s.approved ? 1 : 0);
  }
  bool decode(ByteReader& r, State& s) const {
    const std::uint64_t n = r.varint();
    if (n > kPromptsMax) return false;
    s.prompts.resize(static_cast<std::size_t>(n));
    for (EventNote& note : s.prompts) {
      if (!note.decode(r)) return false;
    }
    s.prompts_total = static_cast<std::uint32_t>(r.varint());
    if (!s.wrong_codes.decode(r)) return false;
    s.flooded = r.u32();
    const std::uint8_t approved = r.u8();
    s.approved = approved != 0;
    return r.ok() && approved <= 1;
  }
  std::size_t heap_bytes(const State& s) const { return s.prompts.capacity() * sizeof(EventNote) + 16; }

 private:
  /// An address or a registered device that the user succeeded from before.
  static bool familiar(const DetectContext& ctx, const SignIn& e) {
    const UserProfile* p = ctx.profiles->user(e, ctx.watermark);
    if (p == nullptr) return false;
    // A host of today alone may be the attacker's: an approval can be read before the prompts that led to it.
    const auto* host = p->hosts.find(host_hash(e.ip));
    const bool older = host != nullptr && (host->days > 1 || host->last < day_of(e.event_time));
    return older || (!e.device.id.empty() && p->knows_device(device_hash(e)));
  }

  void on_prompt(const DetectContext& ctx, const SignIn& e, State& s, FindingSink& out) const {
    insert(s, note_of(e));
    ++s.prompts_total;
    const std::size_t fast = most_within(s, e.event_time, fast_window_);
    const std::size_t slow = most_within(s, e.event_time, kDay);
    if (fast < fast_ && slow < slow_) return;
    s.flooded = std::max(s.flooded, stamp_of(e.event_time));
    const bool is_fast = fast >= fast_;
    Finding f = start(e, Severity::medium);
    f.title = user_title(e) + " did not approve " + std::to_string(is_fast ? fast : slow) + " MFA prompts within " +
              (is_fast ? duration_words(fast_window_) : std::string("24 hours")) + ".";
    f.why.push_back(passed(is_fast ? "declined or unanswered prompts, " + duration_words(fast_window_) : "declined or unanswered prompts, 24 hours",
                           static_cast<double>(is_fast ? fast : slow), CheckOp::ge, static_cast<double>(is_fast ? fast_ : slow_), "prompts"));
    add_evidence(ctx, e, s, f);
    out.add(std::move(f));
  }

  void on_approval(const DetectContext& ctx, const SignIn& e, State& s, FindingSink& out) const {
    if (equals_ignoring_case(e.auth_requirement, "singleFactorAuthentication") || familiar(ctx, e)) return;
    const auto from_there = [&](const EventNote& n) { return n.time <= e.event_time && n.address().host_unit() == e.ip.host_unit(); };
    const auto same_source = static_cast<std::size_t>(std::count_if(s.prompts.begin(), s.prompts.end(), from_there));
    if (same_source == 0) return;
    const bool flooded = s.flooded != 0 && e.event_time >= time_of(s.flooded) && e.event_time - time_of(s.flooded) <= approval_;
    if (!flooded && !(same_source >= few_ && from_strange_network(ctx, e) && lately(s, e))) return;
    s.approved = true;
    Finding f = start(e, Severity::high);
    f.title = user_title(e) + " approved an MFA prompt after not approving " + std::to_string(s.prompts.size()) + ".";
    const std::uint32_t wanted = flooded ? fast_ : few_;
    f.why.push_back(passed("declined or unanswered prompts before", static_cast<double>(s.prompts.size()), CheckOp::ge,
                           static_cast<double>(wanted), "prompts"));
    f.why.back().pass = s.prompts.size() >= wanted;
    f.why.push_back(passed("approved from the address of the prompts", e.ip.str(), CheckOp::eq, e.ip.str()));
    f.why.push_back(passed("address known for this user", false, CheckOp::eq, false));
    add_evidence(ctx, e, s, f);
    out.add(std::move(f));
  }

  /// The newest prompt from the address of `e` came within the time of an approval.
  bool lately(const State& s, const SignIn& e) const {
    return std::any_of(s.prompts.begin(), s.prompts.end(), [&](const EventNote& n) {
      return n.time <= e.event_time && e.event_time - n.time <= approval_ && n.address().host_unit() == e.ip.host_unit();
    });
  }

  /// The user is known, but not from there.
  static bool from_strange_network(const DetectContext& ctx, const SignIn& e) {
    const UserProfile* p = ctx.profiles->user(e, ctx.watermark);
    return p != nullptr && e.asn != 0 && !p->knows_asn(e.asn);
  }

  void report_fraud(const DetectContext& ctx, const SignIn& e, State& s, FindingSink& out) const {
    insert(s, note_of(e));
    ++s.prompts_total;
    Finding f = start(e, Severity::high);
    f.title = user_title(e) + " reported an MFA prompt as fraud.";
    f.why.push_back(passed("prompt reported as fraud by the user", true, CheckOp::eq, true));
    add_evidence(ctx, e, s, f);
    out.add(std::move(f));
  }

  void on_wrong_code(const DetectContext& ctx, const SignIn& e, State& s, FindingSink& out) const {
    s.wrong_codes.add(e.event_time, kHour);
    const std::uint32_t n = s.wrong_codes.sum(e.event_time, kHour);
    if (n < codes_) return;
    Finding f = start(e, Severity::medium);
    f.title = "Someone typed " + std::to_string(n) + " wrong MFA codes for " + user_title(e) + " within 24 hours.";
    f.why.push_back(passed("wrong codes, 24 hours", static_cast<double>(n), CheckOp::ge, static_cast<double>(codes_), "codes"));
    f.evidence.push_back(evidence_of(e, *ctx.source));
    f.evidence_total = n;
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
    for (const EventNote& n : s.prompts) {
      if (f.evidence.size() >= kEvidenceMax) break;
      if (n.names_event() && !n.same_event(e)) f.evidence.push_back(evidence_of(n));
    }
    f.evidence_total = std::max<std::uint64_t>(f.evidence.size(), s.prompts_total);
  }

  static bool earlier(const EventNote& a, const EventNote& b) { return a.time != b.time ? a.time < b.time : a.id < b.id; }

  static void insert(State& s, const EventNote& note) {
    if (!s.prompts.empty() && note.time - s.prompts.back().time > kDay) {
      s.prompts.clear();
      s.prompts_total = 0;
      s.approved = false;
    }
    s.prompts.insert(std::upper_bound(s.prompts.begin(), s.prompts.end(), note, earlier), note);
    if (s.prompts.size() > kPromptsMax) s.prompts.erase(s.prompts.begin());
  }

  /// The fullest window that `now` is part of: prompts may arrive after later ones.
  static std::size_t most_within(const State& s, Time now, Duration window) {
    std::size_t most = 0;
    for (const EventNote& n : s.prompts) {
      if (n.time >= now && n.time - now <= window) most = std::max(most, count_within(s, n.time, window));
    }
    return most;
  }

  static std::size_t count_within(const State& s, Time now, Duration window) {
    return static_cast<std::size_t>(std::count_if(s.prompts.begin(), s.prompts.end(), [&](const EventNote& n) {
      return n.time <= now && now - n.time <= window;
    }));
  }

  std::uint32_t fast_;
  Duration fast_window_;
  std::uint32_t slow_;
  Duration approval_;
  std::uint32_t few_;
  std::uint32_t codes_;
  mutable PromptReader reader_;  // a cache: no part of the state
};

}  // namespace

const DetectorType& mfa_fatigue() {
  static const DetectorType type{
      "mfaFatigue", EntityType::user, "user", 1, kParameters, &KeyedDetector<MfaFatigue>::make,
  };
  return type;
}

}  // namespace bartizan
