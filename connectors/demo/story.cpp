#include "connectors/demo/story.h"

#include <algorithm>
#include <chrono>
#include <map>
#include <optional>
#include <thread>
#include <utility>

#include "connectors/demo/alert_line.h"
#include "connectors/demo/attacks.h"
#include "connectors/demo/near_misses.h"
#include "connectors/demo/score.h"
#include "connectors/demo/screen.h"
#include "connectors/demo/tenant.h"
#include "connectors/demo/text.h"
#include "engine/model/time.h"

namespace bartizan::demo {
namespace {

constexpr std::uint32_t kHistoryDays = 14;
constexpr std::int64_t kStoryHour = 9;        // of the day after the history
constexpr std::int64_t kSpacing = 20 * kMinute;
constexpr std::int64_t kTail = 70 * kMinute;  // after the last beginning: attacks end, records arrive
constexpr double kStorySeconds = 30;          // of the default speed
constexpr std::int64_t kSlice = 20 * kSecond, kHeadlessSlice = 5 * kMinute;
constexpr std::size_t kBatchBytes = 4 << 20;

/// One attack per detector, in the order of the story.
constexpr Scenario kAttacks[] = {Scenario::impossible_travel, Scenario::password_spray,           Scenario::password_guessing, Scenario::mfa_flood_approved,
                                 Scenario::new_country,       Scenario::stolen_secret,            Scenario::managed_identity_outside,
                                 Scenario::agent_resource_burst};

/// An attack that takes days has no place in a story of five hours.
bool fits_story(Scenario s) { return s != Scenario::slow_spray; }

TenantOptions tenant_options(std::uint64_t seed) {
  TenantOptions o;
  o.seed = seed;
  o.users = 240;
  o.days = kHistoryDays + 1;
  o.wide_addresses = false;
  o.non_interactive_per_workday = 20;
  o.blueprints_per_user = 0.02;
  o.instances_max = 12;
  return o;
}

std::string_view clock_of(const std::string& rfc3339) { return std::string_view{rfc3339}.substr(11, 8); }

Tint tint_of(Severity s) { return s >= Severity::high ? Tint::red : s == Severity::medium ? Tint::yellow : Tint::cyan; }

std::string seconds_text(std::int64_t ms) {
  const std::int64_t s = ms / 1000;
  if (s == 0) return "at once";
  if (s < 120) return join({"after ", std::to_string(s), " s"});
  return join({"after ", std::to_string(s / 60), " min"});
}

std::string tenths_text(double v) {
  const auto tenths = static_cast<std::int64_t>(v * 10 + 0.5);
  return join({std::to_string(tenths / 10), ".", std::to_string(tenths % 10)});
}

/// One showing of the story.
class Story {
 public:
  Story(const DemoOptions& options, DemoLine& line, std::vector<Scenario> attacks)
      : options_(options), line_(line), attacks_(std::move(attacks)), screen_(options), tenant_(tenant_options(options.seed)), attacker_(tenant_, options.seed) {
    story_start_ = tenant_.world().start() + kHistoryDays * kDay + kStoryHour * kHour;
    attacker_.travel_from_homes_only();
    traveller_ = send_traveller(tenant_, story_start_ - 5 * kDay, story_start_ + 4 * kDay);
  }
  int play();

 private:
  struct Beat {
    std::int64_t at = 0;
    std::optional<Scenario> attack;
    int near_miss = 0;  // 1 roaming phone, 2 shared egress
  };

  std::vector<Beat> beats() const;
  bool replay_until(std::int64_t end, std::string_view what, bool paced);
  bool settle(bool show);
  void begin(const Beat& beat);
  void add_near_miss(NearMiss&& miss);
  void show(const AlertLine& a, const Injected* about);
  bool verdict();
  int score();
  bool failed(const Status& s) {
    if (s.ok()) return false;
    screen_.remark(join({"error: ", s.error().message}));
    return true;
  }
  bool interrupted() const { return options_.interrupted && options_.interrupted(); }

  const DemoOptions& options_;
  DemoLine& line_;
  std::vector<Scenario> attacks_;
  Screen screen_;
  Tenant tenant_;
  Attacker attacker_;
  Score score_;
  std::optional<std::size_t> traveller_;
  std::int64_t story_start_ = 0;
  std::uint64_t records_ = 0;
  std::string batch_;
  std::optional<Draft> waiting_;  // generated, but later than the present slice
  std::string waiting_bytes_;
  std::map<std::string, Severity> shown_;              // by alert id
  std::map<std::string, RiskLine> risk_;               // by type/id
  std::vector<OutputLine> lines_;
};

std::vector<Story::Beat> Story::beats() const {
  std::vector<Beat> out;
  std::int64_t at = story_start_ + 4 * kMinute;
  for (std::size_t i = 0; i < attacks_.size(); ++i) {
    out.push_back({at, attacks_[i], 0});
    at += kSpacing;
    if (i == 0 || i == 3 || (i + 1 == attacks_.size() && i < 3)) {
      if (i == 0) out.push_back({at, std::nullopt, 1}), at += kSpacing;
      if (i != 0 || attacks_.size() == 1) out.push_back({at, std::nullopt, 2}), at += kSpacing;
    }
  }
  return out;
}

bool Story::replay_until(std::int64_t end, std::string_view what, bool paced) {
  const std::int64_t from = std::max(tenant_.now(), tenant_.world().start());
  const double speed = options_.speed > 0 ? options_.speed : static_cast<double>(kSpacing * static_cast<std::int64_t>(attacks_.size() + 2) + kTail) / 1000 / kStorySeconds;
  const auto clock_start = std::chrono::steady_clock::now();
  const bool sleep = paced && !options_.headless;
  const std::int64_t slice = paced ? (options_.headless ? kHeadlessSlice : kSlice) : INT64_MAX;
  std::int64_t slice_end = paced ? from + slice : end;
  while (true) {
    if (!waiting_) {
      waiting_bytes_.clear();
      const Draft* d = tenant_.next(waiting_bytes_);
      if (d == nullptr) break;
      waiting_ = *d;
    }
    if (waiting_->published_ms >= std::min(slice_end, end)) {
      if (paced && !settle(true)) return false;
      if (waiting_->published_ms >= end) break;
      if (interrupted()) return false;
      if (paced) {
        const std::string clock = format_time(time_from_ms(slice_end));
        screen_.ticker(clock_of(clock), records_);
      }
      if (sleep) {
        const double seconds = static_cast<double>(slice_end - from) / 1000 / speed;
        std::this_thread::sleep_until(clock_start + std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::duration<double>(seconds)));
      }
      slice_end += slice;
      continue;
    }
    attacker_.observe(*waiting_);
    score_.record(*waiting_);
    batch_ += waiting_bytes_;
    waiting_.reset();
    ++records_;
    if (batch_.size() < kBatchBytes) continue;
    if (!settle(paced) || interrupted()) return false;
    screen_.progress(what, static_cast<std::uint64_t>(tenant_.now() - from), static_cast<std::uint64_t>(end - from), records_);
  }
  return settle(paced);
}

bool Story::settle(bool show_alerts) {
  if (!batch_.empty() && failed(line_.put(batch_))) return false;
  batch_.clear();
  lines_.clear();
  if (failed(line_.settle(lines_))) return false;
  for (const OutputLine& l : lines_) {
    if (l.topic == Topic::alerts) {
      const auto a = read_alert(l.value);
      if (!a) continue;
      const Injected* about = score_.alert(*a);
      const auto known = shown_.find(a->id);
      if (known != shown_.end() && known->second >= a->severity) continue;
      shown_[a->id] = a->severity;
      if (show_alerts && (about != nullptr || a->severity >= Severity::medium)) show(*a, about);
    } else if (l.topic == Topic::risky_users || l.topic == Topic::risky_workload_identities || l.topic == Topic::risky_agents) {
      if (auto r = read_risky_entity(l.value)) risk_[join({r->entity_type, "/", r->entity_id})] = std::move(*r);
    }
  }
  return true;
}

void Story::show(const AlertLine& a, const Injected* about) {
  const std::string at = format_time(a.last_updated);
  const std::string_view note = about == nullptr ? " (background)" : about->near_miss ? " (a near miss: should be silent)" : "";
  screen_.event(clock_of(at), to_word(a.severity), tint_of(a.severity), a.rule, a.entity_name, join({a.title, note}));
}

void Story::add_near_miss(NearMiss&& miss) {
  const auto number = static_cast<std::uint32_t>(
      score_.inject({.name = miss.name, .title = miss.title, .rule = {}, .who = std::string{miss.user}, .near_miss = true}));
  const std::string at = format_time(time_from_ms(miss.drafts.front().event_ms));
  screen_.event(clock_of(at), "harmless", Tint::green, miss.name, miss.user, join({"begins: ", miss.title}));
  for (Draft& d : miss.drafts) d.campaign = number;
  tenant_.inject(std::move(miss.drafts));
}

void Story::begin(const Beat& beat) {
  const std::int64_t now = std::max(beat.at, tenant_.now());
  if (beat.near_miss == 1 && traveller_) add_near_miss(roaming_phone(tenant_, *traveller_, now));
  if (beat.near_miss == 2) {
    if (auto miss = shared_egress(tenant_, now)) add_near_miss(std::move(*miss));
  }
  if (!beat.attack) return;
  // Numbers of the score and of the attacker must agree: near misses take numbers too.
  const ScenarioInfo& what = info(*beat.attack);
  attacker_.number_next(static_cast<std::uint32_t>(score_.injected().size()) + 1);
  const Attack* attack = attacker_.launch(*beat.attack, now);
  if (attack == nullptr) {
    screen_.remark(join({"no victim for ", what.name, " in this tenant: left out"}));
    return;
  }
  const bool wave = attack->victims.size() > 1;
  const std::string who = wave ? join({std::to_string(attack->victims.size()), " users"}) : std::string{attack->victims.front().name};
  score_.inject({.name = what.name, .title = what.title, .rule = what.rule, .who = who});
  const std::string at = format_time(time_from_ms(attack->first_ms));
  screen_.event(clock_of(at), "attack", Tint::magenta, what.name, who, join({"begins: ", what.title}));
}

bool Story::verdict() {
  const RiskLine* worst = nullptr;
  for (const auto& [key, r] : risk_) {
    if (r.entity_type == "user" && r.state == "atRisk" && (worst == nullptr || r.score > worst->score)) worst = &r;
  }
  if (worst == nullptr) return true;
  const RiskLine before = *worst;
  const auto state_of = [](const RiskLine& r) { return join({"risk ", r.level, " (", tenths_text(r.score), "), ", r.state}); };
  const std::string at = format_time(time_from_ms(tenant_.now()));
  std::string id, tenant;
  Rng rng = Rng::of(options_.seed, 62);
  append_guid(id, rng.guid());
  append_guid(tenant, tenant_.world().tenant());
  const std::string command = join({"{\"schema\":\"bartizan.command/v1\",\"id\":\"", id, "\",\"action\":\"confirm_compromised\",\"target\":{\"type\":\"user\",\"id\":\"",
                                    before.entity_id, "\"},\"tenant_id\":\"", tenant, "\",\"author\":\"analyst@example.com\",\"at\":\"", at,
                                    "\",\"decided_on_revision\":", std::to_string(before.revision), ",\"note\":\"The user did not approve these sign-ins.\"}"});
  screen_.blank();
  screen_.event(clock_of(at), "verdict", Tint::blue, "before", before.entity_name, state_of(before));
  screen_.event(clock_of(at), "verdict", Tint::blue, "confirm_compromised", before.entity_name, "an analyst's command, through the journal like any record");
  if (failed(line_.put_command(command)) || !settle(false)) return false;
  const RiskLine& after = risk_[join({"user/", before.entity_id})];
  screen_.event(clock_of(at), "verdict", Tint::blue, "after", after.entity_name, state_of(after));
  return true;
}

int Story::score() {
  screen_.blank();
  screen_.fact("Score", "");
  for (const Injected& i : score_.injected()) {
    const bool good = i.alerted != i.near_miss;
    const std::string_view result = i.near_miss ? (i.alerted ? "ALARMED" : "silent") : (i.alerted ? "detected" : "MISSED");
    const std::string after = i.near_miss || !i.alerted ? std::string{} : seconds_text(std::max<std::int64_t>(0, i.alerted_at - i.first_published));
    screen_.row(i.name, i.who, result, good ? Tint::green : Tint::red, i.alerted ? to_word(i.severity) : std::string_view{"-"}, i.near_miss ? i.title : after);
  }
  const Score::Sum s = score_.sum();
  const double per_day = 1000.0 * s.false_medium / (tenant_.world().options().users * static_cast<double>(kHistoryDays + 1));
  screen_.blank();
  screen_.fact("", join({"injected ", std::to_string(s.injected), ", detected ", std::to_string(s.detected), ", missed ", std::to_string(s.injected - s.detected),
                         ", near misses silent ", std::to_string(s.silent), " of ", std::to_string(s.near_misses)}));
  screen_.fact("", join({"false alerts on the background: ", std::to_string(s.false_medium), " medium or higher (", tenths_text(per_day),
                         " per 1,000 users a day), ", std::to_string(s.false_low), " low"}));
  for (const std::string& text : score_.false_alerts()) screen_.fact("", text);
  return s.perfect() ? 0 : 1;
}

int Story::play() {
  const TenantOptions& o = tenant_.world().options();
  const std::size_t principals = tenant_.workloads().service_principals();
  screen_.fact("Tenant", join({tenant_.world().domain(), ": ", std::to_string(o.users), " users, ", std::to_string(principals), " service principals, ",
                               std::to_string(tenant_.workloads().size() - principals), " managed identities, ", std::to_string(tenant_.agents().size()), " agents"}));
  if (!replay_until(story_start_, "History", false)) return interrupted() ? 130 : 5;
  screen_.fact("History", join({std::to_string(kHistoryDays), " days replayed: ", grouped(records_), " sign-ins"}));
  screen_.remark(join({"          in ", tenths_text(screen_.seconds()), " s"}));
  screen_.fact("Story", join({format_time(time_from_ms(story_start_)).substr(0, 10), ", times in UTC; ", std::to_string(attacks_.size()),
                              attacks_.size() == 1 ? " attack" : " attacks", " and two harmless look-alikes among normal sign-ins"}));
  screen_.blank();
  const auto plan = beats();
  for (const Beat& beat : plan) {
    if (!replay_until(beat.at, "Story", true)) return interrupted() ? 130 : 5;
    begin(beat);
  }
  if (!replay_until(plan.back().at + kTail, "Story", true) || !verdict()) return interrupted() ? 130 : 5;
  const int code = score();
  if (failed(line_.close())) return 5;
  if (!options_.output.empty()) screen_.remark(join({"          output files: ", options_.output}));
  screen_.blank();
  screen_.fact("Next", "");
  screen_.command("bartizan init", "write an example configuration");
  screen_.command("bartizan validate -c bartizan.yaml", "check the configuration and the rules");
  screen_.command("bartizan run -c bartizan.yaml", "detect on your own sign-in logs");
  return code;
}

}  // namespace

std::vector<std::string_view> demo_scenarios() {
  std::vector<std::string_view> out;
  for (std::size_t s = 0; s < kScenarios; ++s) {
    if (fits_story(static_cast<Scenario>(s))) out.push_back(info(static_cast<Scenario>(s)).name);
  }
  for (const Scenario s : kAttacks) out.push_back(info(s).rule);
  return out;
}

int run_demo(const DemoOptions& options, DemoLine& line) {
  std::vector<Scenario> attacks;
  for (const Scenario s : kAttacks) {
    if (options.scenario == "all" || options.scenario == info(s).rule) attacks.push_back(s);
  }
  for (std::size_t s = 0; s < kScenarios && attacks.empty(); ++s) {
    if (fits_story(static_cast<Scenario>(s)) && options.scenario == info(static_cast<Scenario>(s)).name) attacks.push_back(static_cast<Scenario>(s));
  }
  if (attacks.empty()) return 2;
  Story story{options, line, std::move(attacks)};
  return story.play();
}

}  // namespace bartizan::demo
