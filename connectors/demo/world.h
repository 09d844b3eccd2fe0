#pragma once
// What all actors of the generated tenant share: options, catalogue, calendar of special days.

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "connectors/demo/draft.h"
#include "connectors/demo/records.h"

namespace bartizan::demo {

constexpr std::int64_t kSecond = 1000;
constexpr std::int64_t kMinute = 60 * kSecond;
constexpr std::int64_t kHour = 60 * kMinute;
constexpr std::int64_t kDay = 24 * kHour;

struct TenantOptions {
  std::uint64_t seed = 1;
  std::uint32_t users = 1000;
  std::uint32_t days = 14;
  std::int64_t start_ms = 1'772'409'600'000;  // 2026-03-02T00:00:00Z, a Monday; must be midnight UTC
  RecordSize size = RecordSize::compact;
  bool wide_addresses = true;             // connectors/demo/places.h
  double interactive_per_workday = 4;     // median of a user
  double non_interactive_per_workday = 60;
  double service_principals_per_user = 0.25;
  double managed_identities_per_user = 0.1;
  double blueprints_per_user = 0.01;      // agents: each blueprint has 1-200 instances
  std::uint32_t instances_max = 200;
  bool look_alikes = true;                // special days, broken clients, kiosk, ...
  bool workload_asn = true;               // false: service principal records carry no autonomous system, as in 2025
};

/// The applications and resources of the tenant.
struct Catalogue {
  std::vector<Application> apps;       // client applications of people; [0] is the most used
  std::vector<Application> resources;  // what tokens are for
  Application rolled_out_app, rolled_out_resource;
  /// The resource that an application asks for, most of the time.
  const Application& resource_of(std::size_t app) const { return resources[app % resources.size()]; }
};

/// Days (0-based) on which something happens to the whole tenant; -1: not in this tenant.
struct Calendar {
  int password_change = -1;
  int roll_out = -1;
  int isp_renumbering = -1;
  std::uint16_t renumbered_country = 0;
  std::uint32_t renumbered_provider = 0;
  int runner_move = -1;
  int region_failover = -1;
  int tool_roll_out = -1;
  std::int64_t outage_from = 0, outage_to = 0;
};


class World {
 public:
  explicit World(const TenantOptions& o);
  const TenantOptions& options() const { return options_; }
  const AddressPlan& places() const { return places_; }
  const Catalogue& catalogue() const { return catalogue_; }
  const Calendar& calendar() const { return calendar_; }
  Guid tenant() const { return tenant_; }
  std::string_view domain() const { return "example.com"; }
  std::int64_t start() const { return options_.start_ms; }
  std::int64_t end() const { return options_.start_ms + options_.days * kDay; }
  /// Country where most people live, and the others by falling share.
  std::uint16_t draw_city(Rng& rng) const;
  std::uint16_t main_city() const { return main_city_; }
  std::uint16_t site_city(std::uint32_t site) const { return sites_[site % sites_.size()]; }
  std::uint32_t sites() const { return static_cast<std::uint32_t>(sites_.size()); }
  static bool weekend(std::int64_t ms) { return (ms / kDay + 3) % 7 >= 5; }  // 1970-01-01 was a Thursday
  /// The user agent of a program `kind` whose owner updates `lag_days` after release.
  std::string_view user_agent(std::uint8_t kind, std::int64_t at_ms, std::uint32_t lag_days) const;

 private:
  TenantOptions options_;
  AddressPlan places_;
  Catalogue catalogue_;
  Calendar calendar_;
  Guid tenant_;
  std::vector<std::uint16_t> country_order_;
  std::vector<std::uint16_t> sites_;
  std::uint16_t main_city_ = 0;
  std::vector<std::vector<std::string>> user_agents_;  // by kind, by release
};

// Rows of World::user_agent.
enum AgentKind : std::uint8_t { kEdge, kChrome, kSafari, kFirefox, kOutlookPhone, kAndroid, kTeams, kBroker, kActiveSync, kKinds };

class DraftSink {
 public:
  virtual ~DraftSink() = default;
  /// Takes a draft; its id is set by the sink if it is zero. Event times may come in any order, never before the moment of the call.
  virtual void add(Draft&& d) = 0;
};

}  // namespace bartizan::demo
