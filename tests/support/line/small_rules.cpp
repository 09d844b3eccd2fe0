#include "tests/support/line/small_rules.h"

#include <algorithm>
#include <array>
#include <stdexcept>
#include <vector>

#include "engine/detect/keyed_detector.h"
#include "engine/detect/profiles.h"
#include "engine/model/entity.h"

namespace bartizan::test {
namespace {

Finding finding_on(const DetectContext& ctx, const SignIn& e, Severity severity, std::string title, double actual, double limit) {
  Finding f;
  f.entity = describe(e, subject_of(e));
  f.severity = severity;
  f.title = std::move(title);
  Check check;
  check.check = "how many";
  check.actual = actual;
  check.op = CheckOp::ge;
  check.limit = limit;
  f.why.push_back(std::move(check));
  static const SourcePosition nowhere;
  f.evidence.push_back(evidence_of(e, ctx.source != nullptr ? *ctx.source : nowhere));
  return f;
}

constexpr std::array<ParameterSpec, 1> kStreakParameters{{{"failures", 3, 1, 100, "", "failures in a row"}}};

/// Failures in a row of one user. Also says, by a timer, when a streak went quiet.
struct Streak {
  struct State {
    std::uint32_t failures = 0;
    Time last{};
    std::vector<Evidence> evidence;  // the last one
    Entity entity;
  };

  explicit Streak(const Parameters& p) : limit(p.count("failures")) {}
  std::uint32_t limit;

  void keys(const DetectContext&, const SignIn& e, KeySink& sink) const {
    const EntityRef who = subject_of(e);
    if (!who.empty()) sink.touch(entity_key(who.type, who.id));
  }
  void on_event(const DetectContext& ctx, const StateKey&, const SignIn& e, State& s, FindingSink& out) const {
    if (e.user_agent == "explode") throw std::runtime_error("a defect");
    if (!e.failure()) {
      if (e.success()) s.failures = 0;
      return;
    }
    ++s.failures;
    s.last = std::max(s.last, e.event_time);
    Finding f = finding_on(ctx, e, s.failures >= 2 * limit ? Severity::high : Severity::medium, "Failures in a row", s.failures, limit);
    f.confidence = 0.5;
    s.entity = f.entity;
    Evidence kept;
    kept.event_id = f.evidence[0].event_id;
    kept.time = f.evidence[0].time;
    kept.ip = f.evidence[0].ip;
    s.evidence.assign(1, std::move(kept));
    if (s.failures >= limit) out.add(std::move(f));
  }
  void on_correction(const DetectContext&, const StateKey&, const EarlierCopy& before, const SignIn& after, State& s, FindingSink&) const {
    if (before.result_class == ResultClass::failure && !after.failure() && s.failures > 0) --s.failures;
  }
  void fact_keys(const Fact& fact, KeySink& sink) const { sink.if_known(entity_key(fact.type, fact.id)); }
  void on_fact(const DetectContext& ctx, const StateKey&, const Fact& fact, State& s, FindingSink& out) const {
    if (fact.kind == Fact::Kind::verdict) s.failures = 0;
    if (fact.kind == Fact::Kind::risk_level_changed && fact.level == RiskLevel::high && !s.evidence.empty()) quiet(ctx, s, "Echo of a rising level", out);
  }
  Time next_due(const State& s) const { return s.failures >= 2 ? s.last + std::chrono::minutes{30} : Time::max(); }
  void on_due(const DetectContext& ctx, const Key128&, State& s, FindingSink& out) const {
    quiet(ctx, s, "A streak went quiet", out);
    s.failures = 0;
  }
  Time keep_until(const State& s) const { return s.last + std::chrono::hours{2}; }

  void quiet(const DetectContext&, const State& s, std::string title, FindingSink& out) const {
    Finding f;
    f.entity = s.entity;
    f.severity = Severity::low;
    f.confidence = 0.2;
    f.title = std::move(title);
    Check check;
    check.check = "failures";
    check.actual = static_cast<double>(s.failures);
    check.limit = 2.0;
    f.why.push_back(std::move(check));
    f.evidence = s.evidence;
    out.add(std::move(f));
  }

  void encode(const State& s, ByteWriter& w) const {
    w.varint(s.failures);
    w.time(s.last);
    w.u8(s.evidence.empty() ? 0 : 1);
    if (s.evidence.empty()) return;
    const Evidence& e = s.evidence[0];
    w.text(e.event_id);
    w.time(e.time);
    w.text(e.ip);
    w.u8(static_cast<std::uint8_t>(s.entity.type));
    w.text(s.entity.id);
    w.text(s.entity.name);
    w.text(s.entity.user_principal_name);
  }
  bool decode(ByteReader& r, State& s) const {
    s.failures = static_cast<std::uint32_t>(r.varint());
    s.last = r.time();
    if (r.u8() == 0) return r.ok();
    Evidence e;
    e.event_id = r.text();
    e.time = r.time();
    e.ip = r.text();
    s.entity.type = static_cast<EntityType>(r.u8());
    s.entity.id = r.text();
    s.entity.name = r.text();
    s.entity.user_principal_name = r.text();
    s.evidence.push_back(std::move(e));
    return r.ok();
  }
};

/// A success from a host that the user's profile does not know.
struct NewHost {
  struct State {
    std::uint32_t seen = 0;
    Time last{};
  };
  explicit NewHost(const Parameters&) {}
  void keys(const DetectContext&, const SignIn& e, KeySink& sink) const {
    if (Profiles::concerns(e) && e.success()) sink.touch(Profiles::user_key(e));
  }
  void on_event(const DetectContext& ctx, const StateKey&, const SignIn& e, State& s, FindingSink& out) const {
    s.last = std::max(s.last, e.event_time);
    ++s.seen;
    const UserProfile* user = ctx.profiles->user(e, ctx.watermark);
    if (user == nullptr || user->knows_host(host_hash(e.ip))) return;
    Finding f = finding_on(ctx, e, Severity::medium, "New host", s.seen, 1);
    f.confidence = 0.3;
    if (s.seen < 5) f.suppression = Suppression::learning;
    out.add(std::move(f));
  }
  Time keep_until(const State& s) const { return s.last + std::chrono::hours{24 * 3}; }
  void encode(const State& s, ByteWriter& w) const {
    w.varint(s.seen);
    w.time(s.last);
  }
  bool decode(ByteReader& r, State& s) const {
    s.seen = static_cast<std::uint32_t>(r.varint());
    s.last = r.time();
    return r.ok();
  }
};

const DetectorType kStreakType{"testStreak", EntityType::user, "user", 1, kStreakParameters, &KeyedDetector<Streak>::make};
const DetectorType kNewHostType{"testNewHost", EntityType::user, "user", 1, {}, &KeyedDetector<NewHost>::make};

Rule rule(const DetectorType& type, std::string id, RuleMode mode) {
  Rule r;
  r.alert.id = std::move(id);
  r.alert.title = "Test rule " + r.alert.id;
  r.alert.version = 1;
  r.alert.hash = std::string(64, 'e');
  r.alert.mode = mode;
  r.attack.push_back(AttackRef{"TA0006", "T1110"});
  r.family = "credential";
  r.dedup_window = std::chrono::hours{1};
  r.risk_half_life = std::chrono::hours{12};
  r.risk = {0.2, 0.5, 0.9};
  r.type = &type;
  r.parameters = Parameters{type.parameters};
  return r;
}

std::shared_ptr<const RuleSet> set(char name, double failures, bool new_host, Duration lateness) {
  auto s = std::make_shared<RuleSet>();
  s->bundle_hash = SmallRules::hash(name);
  s->settings.lateness = lateness;
  if (new_host) s->rules.push_back(rule(kNewHostType, "testNewHost", RuleMode::live));
  s->rules.push_back(rule(kNewHostType, "testShadow", RuleMode::shadow));
  s->rules.push_back(rule(kStreakType, "testStreak", RuleMode::live));
  s->rules.back().parameters.set("failures", failures);
  return s;
}

}  // namespace

SmallRules::SmallRules() {
  sets_[hash('a')] = set('a', 3, true, std::chrono::minutes{15});
  sets_[hash('b')] = set('b', 4, false, std::chrono::minutes{15});
  sets_[hash('c')] = set('c', 3, true, std::chrono::minutes{5});
}

std::shared_ptr<const RuleSet> SmallRules::find(std::string_view bundle_hash) const {
  const auto at = sets_.find(bundle_hash);
  return at == sets_.end() ? nullptr : at->second;
}

}  // namespace bartizan::test
