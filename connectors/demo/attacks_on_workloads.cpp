// Attacks on service principals, managed identities and agents.

#include <algorithm>

#include "connectors/demo/attacks.h"

namespace bartizan::demo {
namespace {

/// Resources that the principal never asks for, in random order.
std::vector<std::size_t> strange_resources(Rng& rng, std::size_t total, auto&& known) {
  std::vector<std::size_t> out;
  for (std::size_t r = 2; r < total; ++r) {
    if (!known(r)) out.push_back(r);
  }
  for (std::size_t i = out.size(); i > 1; --i) std::swap(out[i - 1], out[rng.below(static_cast<std::uint32_t>(i))]);
  return out;
}

}  // namespace

bool Attacker::workload(std::int64_t start, Scenario s) {
  if (principals_.empty()) return false;
  // Programs whose addresses and credentials change all the time cannot be told from a thief by them.
  const auto suited = [&](const Draft& d) {
    const Workload& candidate = tenant_.workloads()[workload_index_[d.principal_id.lo]];
    return !candidate.runner && (!candidate.autoscaling || s == Scenario::resource_scan);
  };
  Draft seen = victim(principals_);
  for (int i = 0; i < 100 && place_ == nullptr && !suited(seen); ++i) seen = any(principals_);
  if (!suited(seen)) return false;
  const Workload& w = tenant_.workloads()[workload_index_[seen.principal_id.lo]];
  const auto& resources = tenant_.world().catalogue().resources;
  const auto strange = strange_resources(rng_, resources.size(), [&](std::size_t r) {
    return r == w.extra_resource || std::find(w.resources.begin(), w.resources.end(), r) != w.resources.end();
  });
  const bool elsewhere = s != Scenario::resource_scan || rng_.chance(0.5);
  const Endpoint from = elsewhere ? machine(far_city(seen.from.city, 0)) : seen.from;
  const Guid key = s == Scenario::new_key ? rng_.guid() : seen.credential_key;
  const std::uint32_t steps = s == Scenario::resource_scan ? 5 + rng_.below(10) : 1 + rng_.below(5);
  std::int64_t t = start;
  for (std::uint32_t n = 0; n < steps; ++n, t += rng_.between(5 * kSecond, 3 * kMinute)) {
    Draft d = tenant_.workloads().draft_of(w, t, rng_.next());
    d.from = from;
    d.credential_key = key;
    if (elsewhere) d.user_agent = rng_.chance(0.5) ? "python-requests/2.32.3" : "azsdk-python-identity/1.19.0 Python/3.11.9 (Linux)";
    if (s == Scenario::resource_scan) {
      d.resource = resources[strange[n % strange.size()]];
      if (rng_.chance(0.4)) d.code = rng_.chance(0.5) ? 500011 : 65001;
    } else if (n > 0 && rng_.chance(0.3)) {
      d.resource = resources[strange[n % strange.size()]];
    }
    drafts_.push_back(std::move(d));
  }
  present_.victims.push_back({EntityType::service_principal, w.id, w.name, true});
  return true;
}

bool Attacker::managed_identity(std::int64_t start, bool outside) {
  const Recent& pool = outside ? identities_with_address_ : identities_;
  if (pool.empty()) return false;
  const Draft seen = victim(pool);
  const Workload& w = tenant_.workloads()[workload_index_[seen.principal_id.lo]];
  const auto& resources = tenant_.world().catalogue().resources;
  const auto strange = strange_resources(rng_, resources.size(), [&](std::size_t r) {
    return r == w.extra_resource || std::find(w.resources.begin(), w.resources.end(), r) != w.resources.end();
  });
  const Endpoint from = outside ? machine(far_city(seen.from.city, 0)) : seen.from;
  std::int64_t t = start;
  for (std::uint32_t n = 1 + rng_.below(4); n > 0; --n, t += rng_.between(5 * kSecond, 4 * kMinute)) {
    Draft d = tenant_.workloads().draft_of(w, t, rng_.next());
    d.from = from;
    d.resource = resources[strange[n % strange.size()]];
    drafts_.push_back(std::move(d));
  }
  present_.victims.push_back({EntityType::managed_identity, w.id, w.name, true});
  return true;
}

bool Attacker::agent(std::int64_t start) {
  if (agents_.empty()) return false;
  const Draft seen = victim(agents_);
  const AgentInstance& a = tenant_.agents()[agent_index_[seen.principal_id.lo]];
  const Blueprint& b = tenant_.agents().blueprint_of(a);
  const auto& resources = tenant_.world().catalogue().resources;
  const auto strange = strange_resources(rng_, resources.size(), [&](std::size_t r) {
    return r == b.tool_resource || std::find(b.resources.begin(), b.resources.end(), r) != b.resources.end();
  });
  std::int64_t t = start;
  const std::uint32_t steps = 5 + rng_.below(8);
  for (std::uint32_t n = 0; n < steps; ++n, t += rng_.between(3 * kSecond, 90 * kSecond)) {
    Draft d = tenant_.agents().draft_of(a, t, strange[n % strange.size()]);
    if (rng_.chance(0.2)) {
      d.code = 65001;
      d.password = PasswordStep::none;
    }
    drafts_.push_back(std::move(d));
  }
  present_.victims.push_back({EntityType::agent, a.id, a.name, true});
  return true;
}

}  // namespace bartizan::demo
