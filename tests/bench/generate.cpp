// bartizan_generate: writes a generated tenant, with or without attacks, as NDJSON files for `bartizan replay`.
//
//   bartizan_generate --output tenant.ndjson [--seed 1] [--users 1000] [--days 14] [--full] [--bytes 2000000000] [--narrow] [--no-look-alikes]
//                     [--interactive 4] [--non-interactive 60] [--no-workload-asn]
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>

#include "connectors/demo/tenant.h"

namespace {

using namespace bartizan::demo;

struct Arguments {
  TenantOptions tenant;
  std::string output;
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
    else if (word == "--output") a.output = value();
    else return false;
  }
  return !a.output.empty() && a.tenant.users > 0 && a.tenant.days > 0;
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
  Tenant tenant{a.tenant};
  std::string buffer;
  std::uint64_t records = 0, bytes = 0;
  bool whole = true;
  while (bytes + buffer.size() < a.bytes_max && tenant.next(buffer) != nullptr) {
    ++records;
    if (buffer.size() < 1 << 20) continue;
    whole = whole && std::fwrite(buffer.data(), 1, buffer.size(), out) == buffer.size();
    bytes += buffer.size();
    buffer.clear();
  }
  whole = whole && std::fwrite(buffer.data(), 1, buffer.size(), out) == buffer.size();
  bytes += buffer.size();
  whole = std::fclose(out) == 0 && whole;
  std::fprintf(stderr, "%llu records, %llu bytes, %.0f a record, %zu users, %zu workloads, %zu agents\n", static_cast<unsigned long long>(records),
               static_cast<unsigned long long>(bytes), records ? static_cast<double>(bytes) / static_cast<double>(records) : 0.0, tenant.people().size(),
               tenant.workloads().size(), tenant.agents().size());
  return whole ? 0 : 4;
}
