// bartizan_generate: writes a generated tenant, with or without attacks, as NDJSON files for `bartizan replay`.
//
//   bartizan_generate --output tenant.ndjson [--seed 1] [--users 1000] [--days 14] [--full] [--bytes 2000000000] [--narrow] [--no-look-alikes]
//                     [--interactive 4] [--non-interactive 60] [--no-workload-asn] [--attacks 3 --labels labels.ndjson]
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>

#include "connectors/demo/attacks.h"
#include "connectors/demo/tenant.h"
#include "engine/model/entity.h"

namespace {

using namespace bartizan::demo;

struct Arguments {
  TenantOptions tenant;
  std::string output, labels;
  std::uint32_t attacks = 0;
  std::uint32_t quiet_days = 5;
  std::uint64_t bytes_max = UINT64_MAX;
};

void usage() {
  std::fputs(
      "usage: bartizan_generate --output FILE [options]\n"
      "Writes a generated tenant as Azure Monitor records, one a line, in the order of publication.\n\n"
      "  --seed N             1        --users N            1000     --days N   14\n"
      "  --interactive X      4        median interactive sign-ins of a user and workday\n"
      "  --non-interactive X  60       the same, without the user\n"
      "  --full                        records of about 5.3 KB (default: compact, about 2 KB)\n"
      "  --bytes N                     stop after about N bytes\n"
      "  --narrow                      documentation and benchmarking addresses only (default: homes in 240.0.0.0/4)\n"
      "  --no-look-alikes              without special days, broken clients, kiosk\n"
      "  --no-workload-asn             service principal records carry no autonomous system number\n"
      "  --attacks N          0        attacks of each scenario, after the quiet days\n"
      "  --quiet-days N       5        days before the first attack\n"
      "  --labels FILE                 one line per attack sign-in and per benign look-alike:\n"
      "                                {event_id, scenario, campaign, step, role, victim}\n"
      "  --output FILE                 '-' for standard output\n",
      stderr);
}

bool parse(int argc, char** argv, Arguments& a) {
  for (int i = 1; i < argc; ++i) {
    const std::string_view word = argv[i];
    const auto value = [&]() -> const char* { return i + 1 < argc ? argv[++i] : "0"; };
    if (word == "--seed") a.tenant.seed = std::strtoull(value(), nullptr, 10);
    else if (word == "--users") a.tenant.users = static_cast<std::uint32_t>(std::strtoul(value(), nullptr, 10));
    else if (word == "--days") a.tenant.days = static_cast<std::uint32_t>(std::strtoul(value(), nullptr, 10));
    else if (word == "--interactive") a.tenant.interactive_per_workday = std::strtod(value(), nullptr);
    else if (word == "--non-interactive") a.tenant.non_interactive_per_workday = std::strtod(value(), nullptr);
    else if (word == "--bytes") a.bytes_max = std::strtoull(value(), nullptr, 10);
    else if (word == "--full") a.tenant.size = RecordSize::full;
    else if (word == "--narrow") a.tenant.wide_addresses = false;
    else if (word == "--no-look-alikes") a.tenant.look_alikes = false;
    else if (word == "--no-workload-asn") a.tenant.workload_asn = false;
    else if (word == "--attacks") a.attacks = static_cast<std::uint32_t>(std::strtoul(value(), nullptr, 10));
    else if (word == "--quiet-days") a.quiet_days = static_cast<std::uint32_t>(std::strtoul(value(), nullptr, 10));
    else if (word == "--labels") a.labels = value();
    else if (word == "--output") a.output = value();
    else return false;
  }
  return !a.output.empty() && a.tenant.users > 0 && a.tenant.days > 0;
}

void label(const Draft& d, const Attacker& attacker, std::string& out) {
  if (d.campaign == 0 && d.look_alike == LookAlike::none) return;
  out += "{\"event_id\":\"";
  append_guid(out, d.id);
  out += "\",\"scenario\":\"";
  if (d.campaign == 0) {
    out.append(to_word(d.look_alike)).append("\",\"role\":\"benign-lookalike\"}\n");
    return;
  }
  const Attack& c = attacker.campaign(d.campaign);
  out.append(info(c.scenario).name).append("\",\"campaign\":").append(std::to_string(c.number)).append(",\"step\":").append(std::to_string(d.step));
  out += ",\"role\":\"attack\",\"victim\":\"";
  append_guid(out, d.has_user ? d.user_id : d.principal_id);
  out += "\"}\n";
}

bool flush(std::string& buffer, std::FILE* out) {
  const bool whole = std::fwrite(buffer.data(), 1, buffer.size(), out) == buffer.size();
  buffer.clear();
  return whole;
}

}  // namespace

int main(int argc, char** argv) {
  Arguments a;
  if (!parse(argc, argv, a)) {
    usage();
    return 2;
  }
  std::FILE* out = a.output == "-" ? stdout : std::fopen(a.output.c_str(), "wb");
  if (out == nullptr) {
    std::perror(a.output.c_str());
    return 4;
  }
  std::FILE* labels = a.labels.empty() ? nullptr : std::fopen(a.labels.c_str(), "wb");
  if (!a.labels.empty() && labels == nullptr) {
    std::perror(a.labels.c_str());
    return 4;
  }
  Tenant tenant{a.tenant};
  Attacker attacker{tenant, a.tenant.seed};
  const auto plan = plan_attacks(a.tenant.seed, tenant.world().start() + a.quiet_days * kDay, tenant.world().end() - kHour, a.attacks);
  std::string buffer, label_buffer;
  std::uint64_t records = 0, bytes = 0;
  std::size_t launched = 0;
  bool whole = true;
  while (bytes + buffer.size() < a.bytes_max) {
    while (launched < plan.size() && plan[launched].at <= tenant.now()) attacker.launch(plan[launched++].scenario, tenant.now());
    const Draft* d = tenant.next(buffer);
    if (d == nullptr) break;
    if (a.attacks > 0) attacker.observe(*d);
    if (labels != nullptr) label(*d, attacker, label_buffer);
    ++records;
    if (buffer.size() < 1 << 20) continue;
    bytes += buffer.size();
    whole = flush(buffer, out) && (labels == nullptr || flush(label_buffer, labels)) && whole;
  }
  bytes += buffer.size();
  whole = flush(buffer, out) && (labels == nullptr || flush(label_buffer, labels)) && whole;
  whole = std::fclose(out) == 0 && (labels == nullptr || std::fclose(labels) == 0) && whole;
  std::fprintf(stderr, "%llu records, %llu bytes, %.0f a record, %zu users, %zu workloads, %zu agents\n", static_cast<unsigned long long>(records),
               static_cast<unsigned long long>(bytes), records ? static_cast<double>(bytes) / static_cast<double>(records) : 0.0, tenant.people().size(),
               tenant.workloads().size(), tenant.agents().size());
  return whole ? 0 : 4;
}
