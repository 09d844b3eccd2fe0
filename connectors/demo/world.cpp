#include "connectors/demo/world.h"
#include "connectors/demo/text.h"

#include <algorithm>

namespace bartizan::demo {
namespace {

constexpr std::string_view kApps[] = {
    "Office 365 Exchange Online", "Microsoft Teams", "OfficeHome", "Microsoft Office", "SharePoint Online", "Outlook Mobile", "One Outlook Web",
    "My Apps", "Expense Portal", "Ticket Desk", "Payroll", "Wiki", "Source Hub", "Sales Board", "Azure Portal", "Data Studio", "Travel Desk",
    "Learning", "Time Sheets", "Visitor List", "Signing Service", "Design Board", "Warehouse", "Fleet"};
constexpr std::string_view kResources[] = {
    "Office 365 Exchange Online", "Microsoft Teams Services", "Microsoft Graph", "Office 365 SharePoint Online", "Windows Azure Active Directory",
    "Azure Key Vault", "Windows Azure Service Management API", "Azure Storage", "Azure SQL Database", "Expense API", "Payroll API", "Orders API",
    "Inventory API", "Customer Records", "Ledger API", "Search Index", "Document Store", "Event Hub", "Messaging API", "Reports API", "Audit Vault",
    "HR Records", "Contracts", "Telemetry"};

struct Program {
  std::string_view before, after;
  int first_version;
};
constexpr Program kPrograms[kKinds] = {
    {"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36 Edg/", ".0.0.0", 144},
    {"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/", ".0.0.0 Safari/537.36", 143},
    {"Mozilla/5.0 (iPhone; CPU iPhone OS 18_", " like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148", 3},
    {"Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:145.0) Gecko/20100101 Firefox/", ".0", 145},
    {"Outlook-iOS/4.26", ".0.iphone", 10},
    {"Dalvik/2.1.0 (Linux; U; Android 15; Pixel 9 Build/AP4A.2501", ".002)", 5},
    {"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Teams/25", ".1.0", 140},
    {"Windows-AzureAD-Authentication-Provider/1.", ".19580", 0},
    {"Apple-iPhone16C2/22", ".60", 7},
};

}  // namespace

World::World(const TenantOptions& o) : options_(o), places_(o.seed, o.wide_addresses) {
  Rng rng = Rng::of(o.seed, 1);
  tenant_ = rng.guid();
  for (const std::string_view name : kApps) catalogue_.apps.push_back({rng.guid(), name});
  for (const std::string_view name : kResources) catalogue_.resources.push_back({rng.guid(), name});
  catalogue_.rolled_out_app = {rng.guid(), "Meeting Notes"};
  catalogue_.rolled_out_resource = {rng.guid(), "Meeting Notes API"};

  // The head office is in one of the first countries of the table, so that tenants of different seeds differ.
  const auto total = static_cast<std::uint32_t>(countries().size());
  const auto home = static_cast<std::uint16_t>(rng.below(10));
  country_order_.push_back(home);
  while (country_order_.size() < std::min<std::size_t>(12, total)) {
    const auto c = static_cast<std::uint16_t>(rng.below(total));
    if (std::find(country_order_.begin(), country_order_.end(), c) == country_order_.end()) country_order_.push_back(c);
  }
  main_city_ = cities_of(home)[0];
  const std::uint32_t sites = 1 + rng.below(4);
  for (std::uint32_t s = 0; s < sites; ++s) {
    const auto members = cities_of(country_order_[s < 2 ? 0 : s - 1]);
    sites_.push_back(members[s % members.size()]);
  }

  if (o.look_alikes) {
    const int days = static_cast<int>(o.days);
    const auto workday = [&]() {
      for (int i = 0; i < 50; ++i) {
        const int day = 3 + static_cast<int>(rng.below(static_cast<std::uint32_t>(std::max(1, days - 3))));
        if (!weekend(o.start_ms + day * kDay)) return day;
      }
      return -1;
    };
    calendar_.password_change = workday();
    calendar_.roll_out = workday();
    calendar_.isp_renumbering = workday();
    calendar_.renumbered_country = home;
    calendar_.renumbered_provider = rng.below(3);
    calendar_.runner_move = workday();
    calendar_.region_failover = workday();
    calendar_.tool_roll_out = workday();
    if (const int day = workday(); day >= 0) {
      calendar_.outage_from = o.start_ms + day * kDay + (8 + rng.below(8)) * kHour;
      calendar_.outage_to = calendar_.outage_from + (20 + rng.below(40)) * kMinute;
    }
  }

  const std::uint32_t releases = o.days / 28 + 5;
  user_agents_.resize(kKinds);
  for (std::size_t k = 0; k < kKinds; ++k) {
    for (std::uint32_t r = 0; r < releases; ++r) {
      user_agents_[k].push_back(join({kPrograms[k].before, std::to_string(kPrograms[k].first_version + static_cast<int>(r)), kPrograms[k].after}));
    }
  }
}

std::uint16_t World::draw_city(Rng& rng) const {
  std::uint16_t country = country_order_[0];
  if (!rng.chance(0.7)) {
    const auto others = static_cast<std::uint32_t>(country_order_.size() - 1);
    country = country_order_[1 + rng.zipf(others)];
  }
  const auto members = cities_of(country);
  return members[rng.zipf(static_cast<std::uint32_t>(members.size()))];
}

std::string_view World::user_agent(std::uint8_t kind, std::int64_t at_ms, std::uint32_t lag_days) const {
  const auto& releases = user_agents_[kind];
  // A release every four weeks, the first of the table well before the tenant starts.
  const std::int64_t day = (at_ms - options_.start_ms) / kDay + 70 - lag_days;
  const auto r = static_cast<std::size_t>(std::max<std::int64_t>(0, day / 28));
  return releases[std::min(r, releases.size() - 1)];
}

}  // namespace bartizan::demo
