#include "connectors/demo/agents.h"
#include "connectors/demo/text.h"

#include <algorithm>

#include "engine/model/detmath.h"

namespace bartizan::demo {
namespace {

constexpr std::string_view kRoles[] = {"expense-bot", "meeting-scribe", "helpdesk-agent", "contract-reader", "sales-briefer", "code-reviewer",
                                       "travel-planner", "onboarding-guide", "invoice-matcher", "policy-checker"};

}  // namespace

Agents::Agents(const World& world, const People& people) : world_(world), people_(people) {
  const TenantOptions& o = world.options();
  const auto count = std::max<std::size_t>(o.blueprints_per_user > 0 ? 2 : 0, static_cast<std::size_t>(o.users * o.blueprints_per_user + 0.5));
  for (std::size_t b = 0; b < count; ++b) {
    Rng rng = Rng::of(o.seed, 30, b);
    Blueprint p;
    p.app = rng.guid();
    p.principal = rng.guid();
    p.name = b < std::size(kRoles) ? std::string{kRoles[b]} : join({kRoles[b % std::size(kRoles)], "-", std::to_string(b)});
    p.region = rng.below(4);
    p.resource_count = static_cast<std::uint8_t>(2 + rng.below(4));
    const std::uint32_t first = rng.below(20), stride = 1 + 2 * rng.below(3);
    for (std::size_t k = 0; k < p.resources.size(); ++k) p.resources[k] = static_cast<std::uint8_t>(k == 0 ? 2 : 3 + (first + k * stride) % 20);
    p.tool_resource = static_cast<std::uint8_t>(3 + (first + 7 * stride) % 20);
    blueprints_.push_back(p);

    const auto instances = static_cast<std::uint32_t>(detmath::exp(rng.unit() * detmath::log(static_cast<double>(o.instances_max))) + 0.5);
    const auto flow = static_cast<AgentFlow>(rng.below(3));
    for (std::uint32_t k = 0; k < std::max(1U, instances); ++k) {
      AgentInstance a;
      a.rng = Rng::of(o.seed, 31, b * 1000 + k);
      a.id = a.rng.guid();
      a.blueprint = static_cast<std::uint32_t>(b);
      a.flow = flow;
      a.name = join({p.name, "-", std::to_string(k + 1)});
      a.upn = join({a.name, "@", world.domain()});
      for (std::uint32_t& u : a.people) u = a.rng.below(static_cast<std::uint32_t>(std::max<std::size_t>(1, people.size())));
      a.address = a.rng.below(6);
      a.bursts_per_day = std::min(60.0, a.rng.log_normal(6, 0.7));
      a.habit = static_cast<std::uint8_t>(a.rng.below(p.resource_count));
      a.session = a.rng.guid();
      // 2 % of the instances appear each day; the others were there before.
      const double new_share = o.look_alikes ? std::min(0.5, 0.02 * o.days) : 0;
      a.born = a.rng.chance(new_share) ? o.start_ms + static_cast<std::int64_t>(a.rng.unit() * o.days * static_cast<double>(kDay)) : o.start_ms;
      schedule(a, a.born);
      all_.push_back(std::move(a));
    }
  }
}

void Agents::schedule(AgentInstance& a, std::int64_t after) const {
  const bool quiet = World::weekend(after) || after / kHour % 24 < 6 || after / kHour % 24 > 19;
  const double mean = static_cast<double>(kDay) / std::max(0.5, a.bursts_per_day) * (quiet ? 3 : 0.7);
  a.next = after + 10 * kSecond + static_cast<std::int64_t>(a.rng.exponential(mean));
  if (a.next >= world_.end()) a.next = INT64_MAX;
}

Draft Agents::draft_of(const AgentInstance& a, std::int64_t t, std::size_t resource) const {
  const Blueprint& b = blueprints_[a.blueprint];
  Draft d;
  d.event_ms = t;
  d.resource = world_.catalogue().resources[resource];
  d.from = world_.places().cloud(b.region, 40 * a.blueprint + a.address);
  d.user_agent = "agent-runtime/2.4 (Linux)";
  d.agent_type = "agenticAppInstance";
  d.agent_subject_type = "agenticAppInstance";
  d.agent_parent_app = b.app;
  d.principal_id = a.id;
  d.principal_name = a.name;
  d.has_principal = true;
  d.app = {a.id, a.name};
  d.session = a.session;
  if (a.born > world_.start() && t < a.born + 2 * kDay) d.look_alike = LookAlike::new_instance;
  switch (a.flow) {
    case AgentFlow::autonomous:
      d.category = SignInCategory::service_principal;
      d.credential_type = "federatedIdentityCredential";
      d.agent_subject_parent = b.principal;
      d.has_subject_parent = true;
      d.no_asn = !world_.options().workload_asn;
      break;
    case AgentFlow::on_behalf_of: {
      const User& u = people_[a.people[mix64(static_cast<std::uint64_t>(t / kHour)) % a.people.size()]];
      d.category = SignInCategory::non_interactive_user;
      d.user_id = u.id;
      d.upn = u.upn;
      d.user_name = u.name;
      d.has_user = true;
      d.agent_subject_type = "notAgentic";
      d.protocol = "onBehalfOf";
      break;
    }
    case AgentFlow::own_account:
      d.category = SignInCategory::non_interactive_user;
      d.user_id = a.id;
      d.upn = a.upn;
      d.user_name = a.name;
      d.has_user = true;
      d.has_principal = false;
      d.app = {b.app, b.name};
      d.agent_subject_type = "agentIDuser";
      d.agent_subject_parent = b.principal;
      d.has_subject_parent = true;
      break;
  }
  if (d.has_user) {
    d.client_app = "Mobile Apps and Desktop clients";
    d.password = PasswordStep::earlier;
    d.incoming_token = "refreshToken";
    d.mfa_demanded = false;
  }
  return d;
}

void Agents::act(std::size_t i, DraftSink& out) {
  AgentInstance& a = all_[i];
  const std::int64_t t = a.next;
  schedule(a, t);
  const Blueprint& b = blueprints_[a.blueprint];
  const Calendar& c = world_.calendar();
  const int day = static_cast<int>((t - world_.start()) / kDay);
  const bool tool = c.tool_roll_out >= 0 && day >= c.tool_roll_out && a.blueprint % 2 == 0;
  std::int64_t at = t;
  for (std::uint32_t n = 1 + a.rng.poisson(3); n > 0; --n, at += a.rng.between(kSecond, 20 * kSecond)) {
    const std::uint32_t rank = a.rng.zipf(b.resource_count);
    const bool with_tool = tool && a.rng.chance(0.2);
    Draft d = draft_of(a, at, with_tool ? b.tool_resource : b.resources[(a.habit + rank) % b.resource_count]);
    if (with_tool && day < c.tool_roll_out + 3) d.look_alike = LookAlike::tool_roll_out;
    d.correlation = a.rng.guid();
    if (a.rng.chance(0.01)) d.code = d.has_user ? 65001 : 90033;
    if (at >= c.outage_from && at < c.outage_to) {
      d.code = 90033;
      d.look_alike = LookAlike::outage;
    }
    if (d.code != 0) d.password = PasswordStep::none;
    out.add(std::move(d));
  }
}

}  // namespace bartizan::demo
