// bartizan_audit: do generated attacks betray themselves by how they were made (algorithms.md 7.5)?
//
// For each scenario and each group of features in which the first record of an attack is not meant to differ from ordinary sign-ins, a small
// classifier is trained on half of the attacks and half of the ordinary records of the same period and tried on the other half. Once against all
// ordinary records of the category, once against those that come from an address new to the principal. An area under the ROC curve near
// 0.5 means that nothing gives the attack away.
#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "connectors/demo/attacks.h"

namespace {

using namespace bartizan;
using namespace bartizan::demo;

constexpr std::size_t kFeatures = 6;
enum Feature : std::size_t { kHour, kWeekday, kHistory, kPause, kProgram, kApplication };
struct Group {
  const char* name;
  std::array<Feature, 2> features;
};
constexpr Group kGroups[] = {
    {"time of day and week", {kHour, kWeekday}}, {"length of history", {kHistory, kHistory}}, {"pause since the last", {kPause, kPause}},
    {"how common program and application are", {kProgram, kApplication}}};

struct Row {
  std::array<float, kFeatures> x{};
  bool new_address = false;
};

/// What is known of a principal and of the tenant when a record comes.
class Observer {
 public:
  Row row_of(const Draft& d, std::uint64_t who) {
    Row r;
    const double hour = static_cast<double>(d.event_ms % kDay) / static_cast<double>(kHour);
    r.x[kHour] = static_cast<float>(hour);
    r.x[kWeekday] = World::weekend(d.event_ms) ? 1.0F : 0.0F;
    const auto known = past_.find(who);
    r.x[kHistory] = known == past_.end() ? 0.0F : static_cast<float>(known->second.count);
    r.x[kPause] = known == past_.end() ? 1e9F : static_cast<float>(std::max<std::int64_t>(0, d.event_ms - known->second.last) / kSecond);
    r.x[kProgram] = share(programs_, std::hash<std::string_view>{}(d.user_agent));
    r.x[kApplication] = share(applications_, d.app.id.lo);
    r.new_address = !d.from.empty() && known != past_.end() && !known->second.addresses.contains(address(d));
    return r;
  }
  void see(const Draft& d, std::uint64_t who) {
    Past& p = past_[who];
    ++p.count;
    p.last = std::max(p.last, d.event_ms);
    if (!d.from.empty()) p.addresses.insert(address(d));
    ++programs_[std::hash<std::string_view>{}(d.user_agent)];
    ++applications_[d.app.id.lo];
    ++total_;
  }

 private:
  struct Past {
    std::uint32_t count = 0;
    std::int64_t last = 0;
    std::unordered_set<std::uint64_t> addresses;
  };
  static std::uint64_t address(const Draft& d) { return d.from.hi * 0x9e3779b97f4a7c15ULL ^ d.from.lo; }
  float share(const std::unordered_map<std::uint64_t, std::uint32_t>& counts, std::uint64_t key) const {
    const auto found = counts.find(key);
    return found == counts.end() ? 0.0F : static_cast<float>(found->second) / static_cast<float>(total_);
  }
  std::unordered_map<std::uint64_t, Past> past_;
  std::unordered_map<std::uint64_t, std::uint32_t> programs_, applications_;
  std::uint64_t total_ = 1;
};

/// Cells of a grid over two features, cut at quantiles of the ordinary records, with the log odds of an attack in each.
class Grid {
 public:
  Grid(const Group& g, const std::vector<Row>& attacks, const std::vector<Row>& ordinary) : g_(g) {
    for (std::size_t k = 0; k < 2; ++k) {
      std::vector<float> v;
      for (std::size_t i = 0; i < ordinary.size(); i += 2) v.push_back(ordinary[i].x[g.features[k]]);
      std::sort(v.begin(), v.end());
      for (std::size_t c = 1; c < kCuts && !v.empty(); ++c) cuts_[k].push_back(v[c * v.size() / kCuts]);
    }
    std::array<double, kCuts * kCuts> a{}, b{};
    for (std::size_t i = 0; i < attacks.size(); i += 2) ++a[cell(attacks[i])];
    for (std::size_t i = 0; i < ordinary.size(); i += 2) ++b[cell(ordinary[i])];
    const double attacks_n = static_cast<double>((attacks.size() + 1) / 2), ordinary_n = static_cast<double>((ordinary.size() + 1) / 2);
    for (std::size_t c = 0; c < a.size(); ++c) {
      const double expected = b[c] / ordinary_n * attacks_n;  // smoothed towards "no difference"
      odds_[c] = std::log((a[c] + 4) / (expected + 4));
    }
  }
  double score(const Row& r) const { return odds_[cell(r)]; }

 private:
  static constexpr std::size_t kCuts = 6;
  std::size_t bin(std::size_t k, float x) const {
    return static_cast<std::size_t>(std::upper_bound(cuts_[k].begin(), cuts_[k].end(), x) - cuts_[k].begin());
  }
  std::size_t cell(const Row& r) const { return bin(0, r.x[g_.features[0]]) * kCuts + bin(1, r.x[g_.features[1]]); }
  Group g_;
  std::array<std::vector<float>, 2> cuts_;
  std::array<double, kCuts * kCuts> odds_{};
};

struct Verdict {
  double auc = 0.5, recall = 0;  // recall at 1 % of ordinary records
  std::size_t attacks = 0, ordinary = 0;
};

Verdict judge(const Group& g, const std::vector<Row>& attacks, const std::vector<Row>& ordinary) {
  Verdict v{0.5, 0, attacks.size() / 2, ordinary.size() / 2};
  if (v.attacks == 0 || v.ordinary == 0) return v;
  const Grid grid{g, attacks, ordinary};
  std::vector<double> scores;
  for (std::size_t i = 1; i < ordinary.size(); i += 2) scores.push_back(grid.score(ordinary[i]));
  std::sort(scores.begin(), scores.end());
  const double limit = scores[scores.size() - 1 - scores.size() / 100];
  double area = 0, caught = 0;
  for (std::size_t i = 1; i < attacks.size(); i += 2) {
    const double s = grid.score(attacks[i]);
    const auto [low, high] = std::equal_range(scores.begin(), scores.end(), s);
    area += static_cast<double>(low - scores.begin()) + static_cast<double>(high - low) / 2;
    caught += s > limit;
  }
  v.auc = area / static_cast<double>(v.attacks) / static_cast<double>(scores.size());
  v.recall = caught / static_cast<double>(v.attacks);
  return v;
}

/// Rows by kind: an ordinary record's kind is its category; agents are a kind of their own.
struct Collected {
  std::map<int, std::vector<Row>> ordinary;
  std::map<Scenario, std::pair<int, std::vector<Row>>> attacks;
};

void collect(const TenantOptions& options, std::uint32_t each, Collected& out) {
  Tenant tenant{options};
  Attacker attacker{tenant, options.seed};
  Observer observer;
  const std::int64_t from = tenant.world().start() + 5 * kDay;
  attacker.take_places(from, tenant.world().end() - kHour, each);
  std::uint64_t number = 0;
  std::string record;
  while (true) {
    record.clear();
    const Draft* d = tenant.next(record);
    if (d == nullptr) break;
    if (attacker.takes(*d)) continue;
    attacker.observe(*d);
    const bool agent = !d->agent_type.empty();
    const int kind = agent ? 100 : static_cast<int>(d->category);
    const std::uint64_t who = d->has_principal ? d->principal_id.lo : d->user_id.lo;
    if (d->campaign != 0) {
      if (d->step == 1) {
        auto& [of, rows] = out.attacks[attacker.campaign(d->campaign).scenario];
        of = kind;
        rows.push_back(observer.row_of(*d, who));
      }
      continue;  // what an attack leaves behind is no past of the principal's
    }
    if (d->event_ms >= from && d->code == 0 && (++number % 7 == 0)) out.ordinary[kind].push_back(observer.row_of(*d, who));
    if (d->code == 0) observer.see(*d, who);
  }
}

void print(const Collected& c) {
  std::printf("%-26s %-40s %8s %8s %10s %14s %14s\n", "attack", "features", "attacks", "AUC", "at 1 %", "AUC, new addr.", "at 1 %");
  for (const auto& [scenario, attack] : c.attacks) {
    const auto ordinary = c.ordinary.find(attack.first);
    if (ordinary == c.ordinary.end()) continue;
    std::vector<Row> strange;
    std::copy_if(ordinary->second.begin(), ordinary->second.end(), std::back_inserter(strange), [](const Row& r) { return r.new_address; });
    for (const Group& g : kGroups) {
      const Verdict all = judge(g, attack.second, ordinary->second), fresh = judge(g, attack.second, strange);
      std::printf("%-26s %-40s %8zu %8.2f %9.1f%% %14.2f %13.1f%%\n", std::string{info(scenario).name}.c_str(), g.name, all.attacks, all.auc, 100 * all.recall,
                  fresh.auc, 100 * fresh.recall);
    }
  }
}

}  // namespace

int main(int argc, char** argv) {
  TenantOptions options;
  options.users = 600;
  options.days = 14;
  options.non_interactive_per_workday = 1;
  std::uint32_t tenants = 10, each = 20;
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string_view word = argv[i];
    const auto number = static_cast<std::uint32_t>(std::strtoul(argv[i + 1], nullptr, 10));
    if (word == "--tenants") tenants = number;
    else if (word == "--seed") options.seed = number;
    else if (word == "--users") options.users = number;
    else if (word == "--attacks") each = number;
    else return std::fputs("usage: bartizan_audit [--tenants 10] [--seed 1] [--users 600] [--attacks 20]\n", stderr), 2;
  }
  Collected c;
  const std::uint64_t first = options.seed;
  for (std::uint32_t n = 0; n < tenants; ++n) {
    options.seed = first + n;
    collect(options, each, c);
  }
  print(c);
  return 0;
}
