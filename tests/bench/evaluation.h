#pragma once
// Alerts against labels: what was found, what was missed, what was false (algorithms.md 7.6).

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <unordered_map>
#include <vector>

#include "connectors/demo/alert_line.h"
#include "connectors/demo/attacks.h"

namespace bartizan::bench {

/// Severity classes of the report: medium counts high and critical too.
enum class Level : std::uint8_t { low, medium };

struct Found {
  std::uint32_t launched = 0;
  std::uint32_t by_rule = 0;         // an alert of the rule that has to find it, any severity from low
  std::uint32_t by_rule_medium = 0;
  std::uint32_t by_any_medium = 0;   // an alert of any rule, medium or higher
  std::vector<double> seconds;       // from the publication of the first step to the alert of by_rule
  std::vector<double> steps;         // attack records published by then
};

/// Counts over any number of tenants.
struct Report {
  std::uint32_t tenants = 0;
  double user_days = 0, workload_days = 0, agent_days = 0;
  std::uint64_t records = 0, dead_letters = 0;
  /// (population: user, workload, agent; rule; look-alike class of the first piece of evidence that has one) -> alerts by level.
  std::map<std::array<std::string, 3>, std::array<std::uint32_t, 2>> false_alerts;
  std::map<std::string, std::array<std::uint32_t, 2>> aftermath;  // by rule: on a victim within a day of the attack, without its sign-ins
  std::map<std::string, Found> found;                             // by scenario
  std::vector<std::string> examples;                              // of false alerts, medium or higher
  std::vector<std::string> misses;                                // attacks without an alert, medium or higher, of their rule
};

/// Watches one tenant's records and alerts.
class Judge {
 public:
  Judge(const demo::Tenant& tenant, const demo::Attacker& attacker, bool keep_examples) : tenant_(tenant), attacker_(attacker), keep_examples_(keep_examples) {}
  void record(const demo::Draft& d);
  void alert(const demo::AlertLine& a);
  /// Adds this tenant's outcome.
  void finish(Report& report) const;

 private:
  struct Seen {
    demo::AlertLine line;  // newest revision
    Severity severity = Severity::informational;  // highest
    std::map<std::uint32_t, Time> shown;  // attacks whose events are its evidence, and since when
    demo::LookAlike look_alike = demo::LookAlike::none;
    Time medium_at{};
  };
  struct Label {
    std::uint32_t campaign = 0;
    demo::LookAlike look_alike = demo::LookAlike::none;
  };
  struct Progress {
    std::vector<std::int64_t> published;
  };
  Label label_of(const std::string& event_id) const;
  bool on_victim(const Seen& s) const;
  /// What to know of an attack that was missed: when, how much, which alerts of its rule were told in its time.
  std::string miss(const demo::Attack& c, bool low) const;

  const demo::Tenant& tenant_;
  const demo::Attacker& attacker_;
  bool keep_examples_;
  std::uint64_t records_ = 0;
  std::unordered_map<std::uint64_t, Label> labels_;  // by the event id's low half; only what is labelled
  std::map<std::string, Seen> alerts_;
  std::map<std::uint32_t, Progress> progress_;
};

std::string table(const Report& r);
std::string json(const Report& r);

}  // namespace bartizan::bench
