#include "tests/integration/embedded/crash_input.h"

#include <algorithm>
#include <cstdio>
#include <utility>
#include <vector>

#include "connectors/demo/attacks.h"
#include "connectors/demo/tenant.h"
#include "engine/model/id.h"
#include "engine/model/time.h"

namespace bartizan::testing {
namespace {

using namespace bartizan::demo;

constexpr std::int64_t kQuietDays = 2;
constexpr std::size_t kBrokenEvery = 97;
constexpr std::size_t kCommandEvery = 11;

std::string uuid(std::uint64_t seed, std::size_t number) {
  char text[64];
  std::snprintf(text, sizeof text, "%08llx-0000-4000-8000-%012zx", static_cast<unsigned long long>(seed & 0xffffffff), number);
  return text;
}

std::string verdict(const Draft& d, const std::string& tenant, std::int64_t now, const std::string& id, std::size_t number) {
  std::string target;
  append_guid(target, d.user_id);
  constexpr const char* kActions[] = {"confirm_compromised", "dismiss", "confirm_safe"};
  return "{\"schema\":\"bartizan.command/v1\",\"id\":\"" + id + "\",\"action\":\"" + kActions[number % 3] + "\",\"target\":{\"type\":\"user\",\"id\":\"" + target +
         "\"},\"tenant_id\":\"" + tenant + "\",\"author\":\"soc@example.com\",\"at\":\"" + format_time(time_from_ms(now)) + "\"}\n";
}

std::string tenant_of(std::string_view record) {
  constexpr std::string_view kMember = "\"tenantId\":\"";
  const auto at = record.find(kMember);
  return at == std::string_view::npos ? std::string{} : std::string{record.substr(at + kMember.size(), 36)};
}

void generate(std::uint64_t seed, std::string& out, std::vector<std::pair<std::int64_t, std::string>>& commands) {
  TenantOptions options;
  options.seed = seed;
  options.users = 12;
  options.instances_max = 10;
  options.days = 4;
  options.non_interactive_per_workday = 2;
  options.wide_addresses = false;
  Tenant tenant{options};
  Attacker attacker{tenant, seed};
  const auto plan = plan_attacks(seed, tenant.world().start() + kQuietDays * kDay, tenant.world().end() - kHour, 1);
  std::size_t launched = 0;
  std::size_t records = 0;
  std::size_t risky = 0;
  std::string id;
  while (true) {
    while (launched < plan.size() && plan[launched].at <= tenant.now()) attacker.launch(plan[launched++].scenario, tenant.now());
    const std::size_t start = out.size();
    const Draft* d = tenant.next(out);
    if (d == nullptr) return;
    attacker.observe(*d);
    if (id.empty()) id = tenant_of(std::string_view{out}.substr(start));
    if (++records % kBrokenEvery == 0) out += out.substr(start, 200 + records % 300) + "\n";
    if (!d->has_user || (d->campaign == 0 && records % kCommandEvery != 0)) continue;
    if (++risky % 2 == 0) commands.emplace_back(tenant.now(), verdict(*d, id, tenant.now(), uuid(seed, risky), risky));
  }
}

}  // namespace

CrashInput make_crash_input(std::uint64_t seed) {
  CrashInput input;
  std::vector<std::pair<std::int64_t, std::string>> commands;
  generate(seed, input.first, commands);
  generate(seed + 1, input.second, commands);
  std::stable_sort(commands.begin(), commands.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  for (const auto& [at, line] : commands) input.commands += line;
  return input;
}

}  // namespace bartizan::testing
