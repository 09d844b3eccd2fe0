#include "tests/bench/evaluation.h"

#include <algorithm>
#include <cstdarg>
#include <cstdio>

#include "engine/model/id.h"

namespace bartizan::bench {
namespace {

using namespace demo;

std::string population_of(const std::string& entity_type) {
  if (entity_type == "agent") return "agent";
  if (entity_type == "service_principal" || entity_type == "managed_identity") return "workload";
  return "user";  // addresses and the tenant stand for sprays on users
}

double quantile(std::vector<double> v, double q) {
  if (v.empty()) return 0;
  std::sort(v.begin(), v.end());
  return v[std::min(v.size() - 1, static_cast<std::size_t>(q * static_cast<double>(v.size())))];
}

[[gnu::format(printf, 2, 3)]] void print(std::string& out, const char* format, ...) {
  char line[512];
  va_list arguments;
  va_start(arguments, format);
  const int n = std::vsnprintf(line, sizeof line, format, arguments);
  va_end(arguments);
  if (n > 0) out.append(line, std::min(static_cast<std::size_t>(n), sizeof line - 1));
}

double days_of(const Report& r, const std::string& population) {
  return population == "agent" ? r.agent_days : population == "workload" ? r.workload_days : r.user_days;
}
double rate(std::uint32_t n, double days) { return days > 0 ? 1000.0 * n / days : 0; }

}  // namespace

void Judge::record(const Draft& d) {
  ++records_;
  if (d.campaign != 0) progress_[d.campaign].published.push_back(d.published_ms);
  if (d.campaign != 0 || d.look_alike != LookAlike::none) labels_[d.id.lo] = {d.campaign, d.look_alike};
}

Judge::Label Judge::label_of(const std::string& event_id) const {
  std::uint64_t hi = 0, lo = 0;
  if (!parse_guid(event_id, hi, lo)) return {};
  const auto found = labels_.find(lo);
  return found == labels_.end() ? Label{} : found->second;
}

void Judge::alert(const AlertLine& a) {
  if (a.state == "suppressed") return;
  Seen& s = alerts_[a.id];
  if (a.severity >= Severity::medium && s.severity < Severity::medium) s.medium_at = a.last_updated;
  s.severity = std::max(s.severity, a.severity);
  for (const std::string& event : a.evidence) {
    const Label label = label_of(event);
    if (label.campaign != 0) s.shown.try_emplace(label.campaign, a.last_updated);
    if (s.look_alike == LookAlike::none) s.look_alike = label.look_alike;
  }
  s.line = a;
}

bool Judge::on_victim(const Seen& s) const {
  std::uint64_t hi = 0, lo = 0;
  if (!parse_guid(s.line.entity_id, hi, lo)) return false;
  const std::int64_t at = to_ms(s.line.first_seen);
  for (const Attack& c : attacker_.campaigns()) {
    if (at < c.first_ms - kHour || at > c.last_ms + kDay) continue;
    for (const Victim& v : c.victims) {
      if (v.id.lo == lo && v.id.hi == hi) return true;
    }
  }
  return false;
}

std::string Judge::miss(const Attack& c, bool low) const {
  const auto minute = [](std::int64_t ms) { return format_time(time_from_ms(ms)).substr(0, 16); };
  std::string text = std::string{info(c.scenario).name} + (low ? " (low)" : "") + " " + minute(c.first_ms) + " to " + minute(c.last_ms) + ", " +
                     std::to_string(c.steps) + " records, tenant seed " + std::to_string(tenant_.world().options().seed) + ", number " + std::to_string(c.number);
  if (!c.victims.empty()) text += ", " + std::string{c.victims.front().name};
  for (const auto& [id, s] : alerts_) {
    if (s.line.rule != info(c.scenario).rule || to_ms(s.line.first_seen) > c.last_ms + kDay || to_ms(s.line.last_updated) < c.first_ms) continue;
    if (s.line.entity_type != "tenant") continue;
    text += "\n    meanwhile " + s.line.entity_type + ": " + s.line.title + " (" + format_time(s.line.first_seen) + ")";
  }
  return text;
}

void Judge::finish(Report& r) const {
  const TenantOptions& o = tenant_.world().options();
  const double days = o.days;
  ++r.tenants;
  r.records += records_;
  r.user_days += days * o.users;
  r.workload_days += days * static_cast<double>(tenant_.workloads().size());
  r.agent_days += days * static_cast<double>(tenant_.agents().size());
  struct Best {
    bool rule = false, rule_medium = false, any_medium = false;
    std::int64_t at = INT64_MAX;
  };
  std::map<std::uint32_t, Best> best;
  for (const auto& [id, s] : alerts_) {
    if (s.severity < Severity::low) continue;
    const bool medium = s.severity >= Severity::medium;
    if (s.shown.empty()) {
      if (on_victim(s)) {
        ++r.aftermath[s.line.rule][medium ? 1 : 0];
        continue;
      }
      const std::string population = population_of(s.line.entity_type);
      const std::string look_alike{to_word(s.look_alike)};
      ++r.false_alerts[{population, s.line.rule, look_alike}][medium ? 1 : 0];
      if (medium && keep_examples_) {
        r.examples.push_back(s.line.rule + " [" + look_alike + "] " + s.line.entity_type + " " + s.line.entity_name + ": " + s.line.title + " (" +
                             format_time(s.line.first_seen) + ", tenant seed " + std::to_string(o.seed) + ")");
      }
      continue;
    }
    // An alert whose evidence comes from several attacks has shown each of them.
    for (const auto& [number, shown_at] : s.shown) {
      const Attack& c = attacker_.campaign(number);
      if (to_ms(shown_at) > c.last_ms + info(c.scenario).window_ms + 15 * kMinute) continue;
      Best& b = best[number];
      b.any_medium = b.any_medium || medium;
      if (s.line.rule != info(c.scenario).rule) continue;
      b.rule = true;
      b.rule_medium = b.rule_medium || medium;
      b.at = std::min(b.at, to_ms(shown_at));
    }
  }
  for (const Attack& c : attacker_.campaigns()) {
    Found& f = r.found[std::string{info(c.scenario).name}];
    ++f.launched;
    const auto found = best.find(c.number);
    if (keep_examples_ && (found == best.end() || !found->second.rule_medium)) r.misses.push_back(miss(c, found != best.end() && found->second.rule));
    const auto progress = progress_.find(c.number);
    if (found == best.end() || progress == progress_.end()) continue;
    f.by_any_medium += found->second.any_medium;
    f.by_rule_medium += found->second.rule_medium;
    if (!found->second.rule) continue;
    ++f.by_rule;
    const auto& published = progress->second.published;
    f.seconds.push_back(std::max(0.0, static_cast<double>(found->second.at - published.front()) / 1000));
    f.steps.push_back(static_cast<double>(std::count_if(published.begin(), published.end(), [&](std::int64_t p) { return p <= found->second.at; })));
  }
}

std::string table(const Report& r) {
  std::string out;
  print(out, "%u tenants, %llu records, %.0f user days, %.0f workload days, %.0f agent days, %llu dead letters\n\n", r.tenants,
        static_cast<unsigned long long>(r.records), r.user_days, r.workload_days, r.agent_days, static_cast<unsigned long long>(r.dead_letters));
  print(out, "False alerts per 1,000 of the population a day (count)\n%-10s %-28s %-22s %18s %18s\n", "of", "rule", "look-alike", "medium or higher", "low");
  std::map<std::string, std::array<std::uint32_t, 2>> totals{{"user", {}}, {"workload", {}}, {"agent", {}}};
  for (const auto& [key, n] : r.false_alerts) {
    const double days = days_of(r, key[0]);
    print(out, "%-10s %-28s %-22s %10.2f (%5u) %10.2f (%5u)\n", key[0].c_str(), key[1].c_str(), key[2].c_str(), rate(n[1], days), n[1], rate(n[0], days), n[0]);
    totals[key[0]][0] += n[0];
    totals[key[0]][1] += n[1];
  }
  for (const auto& [population, n] : totals) {
    const double days = days_of(r, population);
    print(out, "%-10s %-28s %-22s %10.2f (%5u) %10.2f (%5u)\n", population.c_str(), "all", "", rate(n[1], days), n[1], rate(n[0], days), n[0]);
  }
  if (!r.found.empty()) {
    print(out, "\n%-26s %9s %9s %9s %12s %12s %12s %12s\n", "Attack", "launched", "found", "medium+", "any medium+", "seconds p50", "seconds p90", "records p50");
    for (const auto& [scenario, f] : r.found) {
      const double n = std::max(1U, f.launched);
      print(out, "%-26s %9u %8.1f%% %8.1f%% %11.1f%% %12.0f %12.0f %12.0f\n", scenario.c_str(), f.launched, 100.0 * f.by_rule / n, 100.0 * f.by_rule_medium / n,
            100.0 * f.by_any_medium / n, quantile(f.seconds, 0.5), quantile(f.seconds, 0.9), quantile(f.steps, 0.5));
    }
    for (const auto& [rule, n] : r.aftermath) print(out, "on victims within a day, not counted above: %-22s medium+ %u, low %u\n", rule.c_str(), n[1], n[0]);
  }
  for (const std::string& e : r.examples) print(out, "\n%s", e.c_str());
  for (const std::string& m : r.misses) out += "\nmissed: " + m;
  if (!r.examples.empty() || !r.misses.empty()) out.push_back('\n');
  return out;
}

std::string json(const Report& r) {
  std::string out;
  print(out, "{\"schema_version\":1,\"tenants\":%u,\"records\":%llu,\"user_days\":%.0f,\"workload_days\":%.0f,\"agent_days\":%.0f,\"dead_letters\":%llu,\"false_alerts\":[",
        r.tenants, static_cast<unsigned long long>(r.records), r.user_days, r.workload_days, r.agent_days, static_cast<unsigned long long>(r.dead_letters));
  bool first = true;
  for (const auto& [key, n] : r.false_alerts) {
    print(out, "%s{\"population\":\"%s\",\"rule\":\"%s\",\"look_alike\":\"%s\",\"medium\":%u,\"low\":%u,\"medium_per_1000_a_day\":%.3f}", first ? "" : ",", key[0].c_str(),
          key[1].c_str(), key[2].c_str(), n[1], n[0], rate(n[1], days_of(r, key[0])));
    first = false;
  }
  out += "],\"attacks\":[";
  first = true;
  for (const auto& [scenario, f] : r.found) {
    print(out, "%s{\"scenario\":\"%s\",\"launched\":%u,\"found\":%u,\"found_medium\":%u,\"any_rule_medium\":%u,\"seconds_p50\":%.0f,\"seconds_p90\":%.0f,\"records_p50\":%.0f}",
          first ? "" : ",", scenario.c_str(), f.launched, f.by_rule, f.by_rule_medium, f.by_any_medium, quantile(f.seconds, 0.5), quantile(f.seconds, 0.9),
          quantile(f.steps, 0.5));
    first = false;
  }
  return out + "]}\n";
}

}  // namespace bartizan::bench
