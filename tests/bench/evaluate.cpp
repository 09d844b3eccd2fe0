// bartizan_evaluate: generated tenants through the whole line in process; counts false alerts and found attacks.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "connectors/demo/attacks.h"
#include "tests/bench/evaluation.h"
#include "tests/bench/generated_line.h"

namespace {

using namespace bartizan;
using namespace bartizan::demo;

struct Arguments {
  TenantOptions tenant;
  std::uint32_t tenants = 3;
  std::uint32_t attacks = 0;
  std::uint32_t quiet_days = 5;
  bool json = false, examples = false;
  std::string dump;
  std::vector<std::string> scenarios;  // empty: all
  std::vector<bench::Override> overrides;
};

void usage() {
  std::fputs(
      "usage: bartizan_evaluate [options]\n"
      "Generates tenants, replays each through INGEST, journal and DETECT with the built-in pack, and compares alerts with labels.\n\n"
      "  --tenants N          3        tenants, with seeds --seed, --seed + 1, ...\n"
      "  --seed N             1        even seeds give service principal records without autonomous system numbers\n"
      "  --users N            1000     --days N   14\n"
      "  --non-interactive X  60       sign-ins without the user, median of a user and workday (less is faster)\n"
      "  --attacks N          0        attacks of each scenario and tenant; with 0 only false alerts are counted\n"
      "  --scenario NAME               only this one, as often as wanted\n"
      "  --quiet-days N       5        days before the first attack\n"
      "  --set RULE.PARAMETER=VALUE    changes a parameter, as often as wanted\n"
      "  --examples                    lists each false alert, medium or higher, and each attack missed\n"
      "  --dump FILE                   all output records, for a closer look\n"
      "  -o table|json        table\n\n"
      "examples: bartizan_evaluate --tenants 2 --examples\n"
      "          bartizan_evaluate --tenants 3 --attacks 10 --non-interactive 20\n",
      stderr);
}

bool parse_override(std::string_view text, std::vector<bench::Override>& out) {
  const auto dot = text.find('.'), equals = text.find('=');
  if (dot == std::string_view::npos || equals == std::string_view::npos || equals < dot) return false;
  out.push_back({std::string{text.substr(0, dot)}, std::string{text.substr(dot + 1, equals - dot - 1)}, std::strtod(text.data() + equals + 1, nullptr)});
  return true;
}

bool parse(int argc, char** argv, Arguments& a) {
  for (int i = 1; i < argc; ++i) {
    const std::string_view word = argv[i];
    const auto value = [&]() -> const char* { return i + 1 < argc ? argv[++i] : "0"; };
    const auto number = [&] { return static_cast<std::uint32_t>(std::strtoul(value(), nullptr, 10)); };
    if (word == "--tenants") a.tenants = number();
    else if (word == "--seed") a.tenant.seed = std::strtoull(value(), nullptr, 10);
    else if (word == "--users") a.tenant.users = number();
    else if (word == "--days") a.tenant.days = number();
    else if (word == "--non-interactive") a.tenant.non_interactive_per_workday = std::strtod(value(), nullptr);
    else if (word == "--attacks") a.attacks = number();
    else if (word == "--quiet-days") a.quiet_days = number();
    else if (word == "--examples") a.examples = true;
    else if (word == "--dump") a.dump = value();
    else if (word == "--scenario") a.scenarios.emplace_back(value());
    else if (word == "-o") a.json = std::string_view{value()} == "json";
    else if (word != "--set" || !parse_override(value(), a.overrides)) return false;
  }
  return a.tenants > 0 && a.tenant.users > 0 && a.tenant.days > a.quiet_days;
}

class Outputs : public OutputSink {
 public:
  Outputs(bench::Judge& judge, std::FILE* dump) : judge_(judge), dump_(dump) {}
  void emit(OutputRecord&& record) override {
    if (record.topic == Topic::dead_letter) ++dead_letters;
    if (record.topic == Topic::alerts) {
      if (const auto line = read_alert(record.value)) judge_.alert(*line);
    }
    if (dump_ != nullptr) std::fprintf(dump_, "%s\n", record.value.c_str());
  }
  std::uint64_t dead_letters = 0;

 private:
  bench::Judge& judge_;
  std::FILE* dump_;
};

Status evaluate(const Arguments& a, std::uint64_t seed, const std::shared_ptr<bench::MeasuredRules>& rules, std::FILE* dump, bench::Report& report) {
  TenantOptions options = a.tenant;
  options.seed = seed;
  options.workload_asn = seed % 2 == 1;
  Tenant tenant{options};
  Attacker attacker{tenant, seed};
  bench::Judge judge{tenant, attacker, a.examples};
  Outputs outputs{judge, dump};
  ReplayLine line{rules, rules->activation(), outputs};
  bench::RecordFeeder feeder{line};
  std::vector<Scenario> only;
  for (std::size_t s = 0; s < kScenarios; ++s) {
    const auto scenario = static_cast<Scenario>(s);
    if (std::find(a.scenarios.begin(), a.scenarios.end(), info(scenario).name) != a.scenarios.end()) only.push_back(scenario);
  }
  attacker.take_places(tenant.world().start() + a.quiet_days * kDay, tenant.world().end() - kHour, a.attacks, only);
  std::string record;
  while (true) {
    record.clear();
    const Draft* d = tenant.next(record);
    if (d == nullptr) break;
    if (attacker.takes(*d)) continue;
    attacker.observe(*d);
    judge.record(*d);
    if (Status done = feeder.feed(record); !done.ok()) return done;
  }
  if (Status done = line.finish(); !done.ok()) return done;
  judge.finish(report);
  report.dead_letters += outputs.dead_letters;
  return Ok{};
}

}  // namespace

int main(int argc, char** argv) {
  Arguments a;
  if (!parse(argc, argv, a)) {
    usage();
    return 2;
  }
  const auto rules = bench::MeasuredRules::make(a.overrides);
  if (!rules.ok()) {
    std::fprintf(stderr, "%s\n", rules.error().message.c_str());
    return 3;
  }
  std::FILE* dump = a.dump.empty() ? nullptr : std::fopen(a.dump.c_str(), "wb");
  bench::Report report;
  for (std::uint32_t n = 0; n < a.tenants; ++n) {
    if (const Status done = evaluate(a, a.tenant.seed + n, rules.value(), dump, report); !done.ok()) {
      std::fprintf(stderr, "%s: %s\n", done.error().code.c_str(), done.error().message.c_str());
      return 5;
    }
    std::fprintf(stderr, "tenant %u of %u: %llu records so far\n", n + 1, a.tenants, static_cast<unsigned long long>(report.records));
  }
  if (dump != nullptr) std::fclose(dump);
  std::fputs((a.json ? json(report) : table(report)).c_str(), stdout);
  return 0;
}
