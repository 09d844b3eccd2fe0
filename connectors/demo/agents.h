#pragma once
// Agents of the generated tenant: blueprints and their instances, in the three flows of entra.md 1.5.

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "connectors/demo/people.h"
#include "connectors/demo/world.h"

namespace bartizan::demo {

enum class AgentFlow : std::uint8_t { autonomous, on_behalf_of, own_account };

struct Blueprint {
  Guid app, principal;
  std::string name;
  std::uint32_t region = 0;
  std::array<std::uint8_t, 5> resources{};  // what its instances use
  std::uint8_t resource_count = 3;
  std::uint8_t tool_resource = 0;           // added for all instances on the tool roll-out day
};

struct AgentInstance {
  Guid id;
  std::string name, upn;
  std::uint32_t blueprint = 0;
  AgentFlow flow = AgentFlow::autonomous;
  std::array<std::uint32_t, 4> people{};  // users it acts for
  std::uint32_t address = 0;
  double bursts_per_day = 6;
  std::uint8_t habit = 0;                 // rotates the blueprint's resources: [habit] is the most used
  std::int64_t born = 0;
  std::int64_t next = 0;
  Guid session;
  Rng rng;
};

class Agents {
 public:
  Agents(const World& world, const People& people);
  std::size_t size() const { return all_.size(); }
  const AgentInstance& operator[](std::size_t i) const { return all_[i]; }
  const Blueprint& blueprint_of(const AgentInstance& a) const { return blueprints_[a.blueprint]; }
  std::int64_t next_time(std::size_t i) const { return all_[i].next; }
  void act(std::size_t i, DraftSink& out);
  /// A draft as the agent itself would send it at `t`, for a resource of the catalogue.
  Draft draft_of(const AgentInstance& a, std::int64_t t, std::size_t resource) const;

 private:
  void schedule(AgentInstance& a, std::int64_t after) const;

  const World& world_;
  const People& people_;
  std::vector<Blueprint> blueprints_;
  std::vector<AgentInstance> all_;
};

}  // namespace bartizan::demo
