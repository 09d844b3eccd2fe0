// unfamiliarResourceAccess: an agent asks for a resource that neither it nor its siblings use.
//
// Detects: agents turned to other ends: several unfamiliar resources within a day, or one that no sibling takes up in the hours that follow
//   (algorithms.md 4.3; A1). Where an agent acts on behalf of a person, the finding is the person's.
// Misses: agents younger than two days and ten sign-in hours whose blueprint is young too; misuse of the usual resources.
// Evidence: the sign-in; for a resource that nobody took up, the sign-in that first asked for it.
// Remembers: per agent up to 16 resources with their sign-in hours, 0.4 KB; per blueprint up to 32, and who took up the newest eight; for 90 days.
// Late events: are judged by today's habits and teach them; the hour they fall into is not counted again.
//
// A new tool reaches many instances within hours, so the first sight of a resource is low, and its taking up by siblings is silent.

#include <algorithm>
#include <array>
#include <bit>
#include <memory>
#include <optional>
#include <string>

#include "engine/detect/event_note.h"
#include "engine/detect/keyed_detector.h"
#include "engine/model/entity.h"
#include "engine/model/entity_bytes.h"
#include "rules/detectors/workload_habits.h"

namespace bartizan {
namespace {

constexpr ParameterSpec kParameters[] = {
    {"low_nats", 6, 1, 100, "nats", "A resource this surprising is a low finding."},
    {"medium_nats", 9, 1, 100, "nats", "Several within a day, or one that no sibling takes up, are medium from here on together."},
    {"high_nats", 18, 1, 200, "nats", "At least three within a day are high from here on together."},
    {"parent_weight", 5, 0.1, 100, "hours", "What the blueprint's other instances do counts as so many hours of the agent's own."},
    {"learn_hours", 10, 1, 1'000, "hours", "An agent is judged after this many sign-in hours on two days; before, by its blueprint alone and at most medium."},
    {"alone_hours", 6, 1, 168, "h", "When no sibling has used the resource after this long, it was no new tool."},
    {"siblings", 3, 2, 16, "instances", "A blueprint with fewer instances tells nothing about new tools."},
};

constexpr Duration kRowMemory = std::chrono::hours{90 * 24};
constexpr Duration kWindow = std::chrono::hours{24};
constexpr int kSuspectDays = 3;
constexpr std::uint32_t kParentHours = 100;  // a blueprint watched so long judges its young instances
constexpr Duration kNewToFamily = std::chrono::hours{7 * 24};
constexpr double kNotable = 3;           // nats from which several resources add up
constexpr std::size_t kRecent = 6;
constexpr std::size_t kAdoptions = 8;

enum Kind : std::uint32_t { kAgent, kParentRead, kParentLearn };

/// A resource that was new to a blueprint, and which instances have used it since.
struct Adoption {
  std::uint32_t resource = 0;  // 0: free
  Stamp since = 0;
  std::uint32_t instances = 0;  // a bit per instance hash
};

struct Parent {
  Experience experience;
  Habit<32> resources;
  DistinctWindow instances;  // periods of 30 days
  std::array<Adoption, kAdoptions> adoptions{};
};

/// A resource nobody of the family used, waiting for siblings to take it up.
struct Waiting {
  std::uint32_t resource = 0;
  EventNote note;
  double nats = 0;
  std::string resource_name;
  Entity entity;  // whose finding it is
};

struct Agent {
  Experience experience;
  Habit<16> resources;
  std::array<std::uint32_t, kRecent> recent{};  // unfamiliar resources of the window, oldest first
  std::array<Stamp, kRecent> recent_at{};
  std::array<float, kRecent> recent_nats{};
  std::array<std::uint8_t, kRecent> recent_points{};  // 2: new to the family, 1: new to it these days
  std::uint8_t recent_count = 0;
  std::unique_ptr<Waiting> waiting;
};

class UnfamiliarResourceAccess {
 public:
  struct State {
    std::unique_ptr<Agent> agent;
    std::unique_ptr<Parent> parent;
  };

  explicit UnfamiliarResourceAccess(const Parameters& p)
      : low_(p.number("low_nats")),
        medium_(p.number("medium_nats")),
        high_(p.number("high_nats")),
        parent_weight_(p.number("parent_weight")),
        learn_hours_(p.count("learn_hours")),
        alone_(p.duration("alone_hours")),
        siblings_(p.count("siblings")) {}

  void keys(const DetectContext&, const SignIn& e, KeySink& out) const {
    if (!e.is_agent() || e.resource_id.empty() || !(e.success() || denied(e))) return;
    const EntityRef agent = agent_of(e);
    if (agent.empty()) return;
    step_ = Step{};
    step_.agent = nonzero(agent.id.key().lo);
    const Id& parent = e.agent.parent_app_id ? e.agent.parent_app_id : e.agent.subject_parent_id;
    const Key128 parent_key{parent.key().hi ^ 0x41676e7450ULL, parent.key().lo};
    if (parent) out.if_known(parent_key, kParentRead);
    out.touch(entity_key(EntityType::agent, agent.id), kAgent);
    if (parent && e.success()) out.touch(parent_key, kParentLearn);
  }

  void on_event(const DetectContext& ctx, const StateKey& key, const SignIn& e, State& state, FindingSink& out) const {
    const std::uint32_t resource = hash_of(e.resource_id);
    if (key.kind == kParentRead) {
      if (state.parent) read_parent(*state.parent, resource, e);
    } else if (key.kind == kParentLearn) {
      if (!state.parent) state.parent = std::make_unique<Parent>();
      teach_parent(*state.parent, resource, e);
    } else {
      if (!state.agent) state.agent = std::make_unique<Agent>();
      visit(ctx, e, resource, *state.agent, out);
    }
  }

  void fact_keys(const Fact& fact, KeySink& out) const {
    if (fact.kind == Fact::Kind::verdict && fact.type == EntityType::agent && fact.action != CommandAction::confirm_compromised) {
      out.if_known(entity_key(fact.type, fact.id), kAgent);
    }
  }
  void on_fact(const DetectContext&, const StateKey&, const Fact&, State& state, FindingSink&) const {
    if (state.agent) state.agent->resources.trust_all();
  }

  Time keep_until(const State& s) const {
    return s.agent ? s.agent->experience.keep_until(kRowMemory) : s.parent ? s.parent->experience.keep_until(kRowMemory) : Time::min();
  }
  void encode(const State& s, ByteWriter& w) const;
  bool decode(ByteReader& r, State& s) const;
  std::size_t heap_bytes(const State& s) const {
    if (s.parent) return sizeof(Parent) + 16;
    return s.agent ? sizeof(Agent) + 16 + (s.agent->waiting ? sizeof(Waiting) + 256 : 0) : 0;
  }

 private:
  /// What the blueprint's state tells the agent's within one event, and the other way round. Nothing in it outlives the event.
  struct Step {
    std::uint32_t agent = 0;
    bool has_parent = false;
    bool parent_learned = false;
    std::uint32_t parent_hours = 0;
    double parent_probability = 0;  // of this resource, among its instances
    bool parent_knows = false;
    unsigned parent_instances = 0;
    std::array<Adoption, kAdoptions> adoptions{};
    bool suspicious = false;
  };

  static bool denied(const SignIn& e) {
    return e.failure_class == FailureClass::ca_block || e.failure_class == FailureClass::consent || e.failure_class == FailureClass::app_config ||
           e.failure_class == FailureClass::risk;
  }
  static std::uint32_t period_of(Time t) { return day_of(t) / 30u; }
  static std::uint32_t bit_of(std::uint32_t agent) { return std::uint32_t{1} << (mix64(agent) % 32); }

  void read_parent(const Parent& p, std::uint32_t resource, const SignIn& e) const {
    const Day today = day_of(e.event_time);
    step_.has_parent = true;
    step_.parent_hours = p.resources.hours();
    step_.parent_learned = step_.parent_hours >= kParentHours && p.experience.days >= 3;
    step_.parent_knows = p.resources.known(resource, today);
    const double n = p.resources.hours() + p.resources.distinct() + 1.0;
    step_.parent_probability = step_.parent_knows ? (p.resources.hours_of(resource) + 0.5) / n
                                                  : detmath::exp(-std::max(0.0, p.resources.surprise(resource, today)));
    step_.parent_instances = p.instances.at_least(period_of(e.event_time));
    step_.adoptions = p.adoptions;
  }

  /// Siblings that used the resource since it was new to the blueprint, without this agent.
  unsigned adopters(std::uint32_t resource) const {
    for (const Adoption& a : step_.adoptions) {
      if (a.resource == resource) return static_cast<unsigned>(std::popcount(a.instances & ~bit_of(step_.agent)));
    }
    return 0;
  }

  void teach_parent(Parent& p, std::uint32_t resource, const SignIn& e) const {
    const Day today = day_of(e.event_time);
    p.experience.see(e.event_time);
    p.instances.see(mix64(step_.agent), period_of(e.event_time));
    Adoption* place = nullptr;
    for (Adoption& a : p.adoptions) {
      if (a.resource == resource) place = &a;
    }
    if (place == nullptr && !p.resources.known(resource, today)) {
      // The oldest goes; ties by resource.
      place = &*std::min_element(p.adoptions.begin(), p.adoptions.end(), [](const Adoption& a, const Adoption& b) {
        return a.since != b.since ? a.since < b.since : a.resource < b.resource;
      });
      *place = Adoption{resource, stamp_of(e.event_time), 0};
    }
    if (place != nullptr) place->instances |= bit_of(step_.agent);
    p.resources.see(resource, hour_of(e.event_time), step_.suspicious ? static_cast<Day>(today + kSuspectDays) : Day{0});
  }

  void visit(const DetectContext& ctx, const SignIn& e, std::uint32_t resource, Agent& agent, FindingSink& out) const {
    const Day today = day_of(e.event_time);
    check_waiting(ctx, e, agent, out);
    if (!agent.resources.known(resource, today)) judge(ctx, e, resource, agent, out);
    if (!e.success()) return;
    agent.experience.see(e.event_time);
    agent.resources.see(resource, hour_of(e.event_time), step_.suspicious ? static_cast<Day>(today + kSuspectDays) : Day{0});
  }

  /// -ln P(resource | agent), the agent's own hours and the blueprint's view mixed: (own + weight * P(parent)) / (hours + weight).
  double surprise_of(const Agent& agent, std::uint32_t resource, Day today) const {
    const double n = agent.resources.hours();
    if (!step_.has_parent) return agent.resources.surprise(resource, today);
    return -detmath::log(std::max(1e-12, parent_weight_ * step_.parent_probability / (n + parent_weight_)));
  }

  /// Points of a resource that the agent does not know: 2 when its family does not either, 1 when the family has taken it up only these
  /// days (a new tool, or a theft that goes from instance to instance), 0 when it is the family's.
  unsigned points_of(std::uint32_t resource, Time now) const {
    for (const Adoption& a : step_.adoptions) {
      if (a.resource == resource && (a.instances & ~bit_of(step_.agent)) != 0 && now <= time_of(a.since) + kNewToFamily) return 1;
    }
    return step_.parent_knows ? 0 : 2;
  }

  void judge(const DetectContext& ctx, const SignIn& e, std::uint32_t resource, Agent& agent, FindingSink& out) const {
    const bool learned = agent.experience.hours >= learn_hours_ && agent.experience.days >= 2;
    if (!learned && !step_.parent_learned) return;
    const unsigned points = points_of(resource, e.event_time);
    if (points == 0) return;
    const double nats = surprise_of(agent, resource, day_of(e.event_time));
    if (nats < kNotable || !remember_recent(agent, resource, e.event_time, nats, points)) return;
    const Severity severity = severity_of(agent, e, nats, learned);
    step_.suspicious = severity >= Severity::medium;
    if (severity == Severity::low && (points == 1 || nats < low_)) return;
    out.add(finding_of(ctx, e, agent, nats, severity));
    const bool can_wait = severity == Severity::low && e.success() && step_.parent_instances >= siblings_;
    if (can_wait) agent.waiting = std::make_unique<Waiting>(Waiting{resource, note_of(e), nats, cut_name(e), describe(e, subject_of(e))});
  }

  Severity severity_of(const Agent& agent, const SignIn& e, double nats, bool learned) const {
    double sum = 0;
    unsigned points = 0;
    for (std::size_t i = 0; i < agent.recent_count; ++i) {
      sum += agent.recent_nats[i];
      points += agent.recent_points[i];
    }
    // A young agent is judged by its family alone, which says less about it.
    if (points >= 6 && sum >= high_ && learned) return Severity::high;
    if (points >= (learned ? 4U : 6U) && sum >= medium_) return Severity::medium;
    // Without siblings to compare with, a resource of great reach is not left to time.
    if (learned && step_.parent_instances < siblings_ && far_reaching(e.resource_id) && nats >= medium_) return Severity::medium;
    return Severity::low;
  }

  /// False when the resource is among the window's already: it has been told.
  static bool remember_recent(Agent& a, std::uint32_t resource, Time now, double nats, unsigned points) {
    std::size_t kept = 0;
    const auto move = [&a](std::size_t from, std::size_t to) {
      a.recent[to] = a.recent[from];
      a.recent_at[to] = a.recent_at[from];
      a.recent_nats[to] = a.recent_nats[from];
      a.recent_points[to] = a.recent_points[from];
    };
    for (std::size_t i = 0; i < a.recent_count; ++i) {
      if (time_of(a.recent_at[i]) + kWindow < now) continue;
      if (a.recent[i] == resource) return false;
      move(i, kept++);
    }
    if (kept == kRecent) {
      for (std::size_t i = 1; i < kRecent; ++i) move(i, i - 1);
      --kept;
    }
    a.recent[kept] = resource;
    a.recent_at[kept] = stamp_of(now);
    a.recent_nats[kept] = static_cast<float>(nats);
    a.recent_points[kept] = static_cast<std::uint8_t>(points);
    a.recent_count = static_cast<std::uint8_t>(kept + 1);
    return true;
  }

  /// Some hours later: has any sibling taken the resource up?
  void check_waiting(const DetectContext& ctx, const SignIn& e, Agent& agent, FindingSink& out) const {
    if (!agent.waiting || e.event_time < agent.waiting->note.time + alone_) return;
    const Waiting was = std::move(*agent.waiting);
    agent.waiting.reset();
    const bool taken_up = adopters(was.resource) > 0;
    if (taken_up || was.nats < medium_ || !was.note.names_event() || e.event_time > was.note.time + 4 * alone_ + kWindow) return;
    Finding f;
    f.entity = was.entity;
    f.severity = Severity::medium;
    const Duration apart = e.event_time - was.note.time;
    f.title = workload_title(e) + " uses " + was.resource_name + ", which none of its siblings has taken up in " + duration_words(apart) + ".";
    f.why.push_back(passed("surprise of the resource", rounded(was.nats), CheckOp::ge, medium_, "nats"));
    f.why.push_back(passed("siblings that use it too", 0.0, CheckOp::lt, 1.0, "instances"));
    f.why.push_back(passed("active instances of the blueprint", static_cast<double>(step_.parent_instances), CheckOp::ge, static_cast<double>(siblings_), "instances"));
    f.evidence.push_back(evidence_of(was.note));
    f.evidence.front().resource.name = was.resource_name;
    f.evidence.push_back(evidence_of(e, *ctx.source));
    out.add(std::move(f));
  }

  static std::string cut_name(const SignIn& e) { return resource_title(e).substr(0, kNameBytesMax); }

  Finding finding_of(const DetectContext& ctx, const SignIn& e, const Agent& agent, double nats, Severity severity) const {
    Finding f;
    f.entity = describe(e, subject_of(e));
    f.severity = severity;
    const bool for_somebody = f.entity.type == EntityType::user;
    f.title = "Agent " + workload_title(e) + (for_somebody ? ", acting for " + user_title(e) + "," : "") + " asked for " + resource_title(e) +
              (step_.has_parent ? ", which neither it nor its siblings use." : ", which it never used.");
    f.why.push_back(novelty_check("resource", resource_title(e), agent.resources.distinct(), agent.resources.hours()));
    if (agent.recent_count > 1) {
      f.why.push_back(passed("unfamiliar resources within a day", static_cast<double>(agent.recent_count), CheckOp::ge, severity == Severity::high ? 3.0 : 2.0, "resources"));
    }
    if (step_.has_parent) f.why.push_back(passed("siblings that use it too", 0.0, CheckOp::lt, 1.0, "instances"));
    f.why.push_back(passed("surprise of the resource", rounded(nats), CheckOp::ge, nats >= low_ ? low_ : kNotable, "nats"));
    f.evidence.push_back(evidence_of(e, *ctx.source));
    return f;
  }

  double low_, medium_, high_, parent_weight_;
  std::uint32_t learn_hours_;
  Duration alone_;
  std::uint32_t siblings_;
  mutable Step step_;
};

void UnfamiliarResourceAccess::encode(const State& s, ByteWriter& w) const {
  w.u8(s.agent ? 1 : s.parent ? 2 : 0);
  if (s.agent) {
    const Agent& a = *s.agent;
    a.experience.encode(w), a.resources.encode(w);
    w.u8(a.recent_count);
    for (std::size_t i = 0; i < a.recent_count; ++i) {
      w.u32(a.recent[i]);
      w.u32(a.recent_at[i]);
      w.f32(a.recent_nats[i]);
      w.u8(a.recent_points[i]);
    }
    w.u8(a.waiting ? 1 : 0);
    if (!a.waiting) return;
    w.u32(a.waiting->resource);
    a.waiting->note.encode(w);
    w.f64(a.waiting->nats);
    w.text(a.waiting->resource_name);
    write_entity(w, a.waiting->entity);
  } else if (s.parent) {
    const Parent& p = *s.parent;
    p.experience.encode(w), p.resources.encode(w), p.instances.encode(w);
    for (const Adoption& a : p.adoptions) {
      w.u32(a.resource);
      w.u32(a.since);
      w.u32(a.instances);
    }
  }
}

bool UnfamiliarResourceAccess::decode(ByteReader& r, State& s) const {
  const std::uint8_t kind = r.u8();
  if (kind == 1) {
    s.agent = std::make_unique<Agent>();
    Agent& a = *s.agent;
    if (!a.experience.decode(r) || !a.resources.decode(r)) return false;
    a.recent_count = r.u8();
    if (a.recent_count > kRecent) return false;
    for (std::size_t i = 0; i < a.recent_count; ++i) {
      a.recent[i] = r.u32();
      a.recent_at[i] = r.u32();
      a.recent_nats[i] = r.f32();
      a.recent_points[i] = r.u8();
    }
    if (!read_bool(r)) return r.ok();
    a.waiting = std::make_unique<Waiting>();
    a.waiting->resource = r.u32();
    if (!a.waiting->note.decode(r)) return false;
    a.waiting->nats = r.f64();
    a.waiting->resource_name = std::string(r.text());
    a.waiting->entity = read_entity(r);
  }
  if (kind == 2) {
    s.parent = std::make_unique<Parent>();
    Parent& p = *s.parent;
    if (!p.experience.decode(r) || !p.resources.decode(r) || !p.instances.decode(r)) return false;
    for (Adoption& a : p.adoptions) {
      a.resource = r.u32();
      a.since = r.u32();
      a.instances = r.u32();
    }
  }
  return r.ok() && kind <= 2;
}

}  // namespace

const DetectorType& unfamiliar_resource_access() {
  static const DetectorType type{
      "unfamiliarResourceAccess", EntityType::agent, "agent and blueprint", 2, kParameters, &KeyedDetector<UnfamiliarResourceAccess>::make,
  };
  return type;
}

}  // namespace bartizan
