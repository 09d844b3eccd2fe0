#pragma once
// Service principals and managed identities of the generated tenant: schedules, credentials, networks, resources.

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "connectors/demo/world.h"

namespace bartizan::demo {

struct Workload {
  Guid id, app;
  std::string name, azure_resource;
  bool managed = false;
  bool logs_address = true;        // managed identities mostly do not
  enum class Rhythm : std::uint8_t { clock, requests, rare } rhythm = Rhythm::clock;
  std::int64_t period = kHour;     // clock
  double per_day = 24;             // requests
  bool work_hours_only = false;
  std::uint32_t region = 0;
  std::uint32_t first_address = 0, addresses = 1;  // fixed egress
  bool autoscaling = false, runner = false;
  std::string_view credential = "clientSecret";
  Guid key, next_key;
  std::int64_t rotation = INT64_MAX;         // next_key is used from here on, key for a day more
  std::int64_t expiry_from = INT64_MAX, expiry_to = INT64_MAX;  // the secret has expired and nobody has renewed it yet
  std::int64_t new_resource_from = INT64_MAX;
  std::int64_t new_block_from = INT64_MAX;
  std::array<std::uint8_t, 3> resources{};
  std::uint8_t resource_count = 1;
  std::uint8_t extra_resource = 0;
  std::uint8_t library = 0;
  std::int64_t next = 0;
  Rng rng;
};

class Workloads {
 public:
  explicit Workloads(const World& world);
  std::size_t size() const { return all_.size(); }
  const Workload& operator[](std::size_t i) const { return all_[i]; }
  std::size_t service_principals() const { return service_principals_; }  // the first ones; the rest are managed identities
  std::int64_t next_time(std::size_t i) const { return all_[i].next; }
  void act(std::size_t i, DraftSink& out);
  /// A draft as the workload itself would send it at `t`.
  Draft draft_of(const Workload& w, std::int64_t t, std::uint64_t pick) const;

 private:
  void make_service_principal(Workload& w, std::uint32_t number);
  void make_managed_identity(Workload& w, std::uint32_t number);
  void schedule(Workload& w, std::int64_t after) const;
  void special_days(Workload& w);

  const World& world_;
  std::vector<Workload> all_;
  std::size_t service_principals_ = 0;
};

}  // namespace bartizan::demo
