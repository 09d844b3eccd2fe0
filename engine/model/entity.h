#pragma once
// Who or what a finding is about.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "engine/model/id.h"

namespace bartizan {

struct SignIn;

enum class EntityType : std::uint8_t { user, service_principal, managed_identity, agent, ip, tenant };
constexpr bool carries_risk(EntityType t) { return t <= EntityType::agent; }
std::string_view to_word(EntityType t);  // user, service_principal ...
std::optional<EntityType> entity_type_from(std::string_view word);

/// Graph's word for the kind of agent; none when the entity is no agent.
enum class AgentIdentityType : std::uint8_t { none, agent_identity, agent_user, blueprint_principal };
std::string_view to_word(AgentIdentityType t);  // agentIdentity ...

struct Named {
  std::string id;
  std::string name;
  bool empty() const { return id.empty() && name.empty(); }
  friend bool operator==(const Named&, const Named&) = default;
};

/// An entity with what is known of it for people. Owns its text: findings, alerts and risk rows keep it.
struct Entity {
  EntityType type = EntityType::user;
  std::string id;  // lower case
  std::string name;
  std::string user_principal_name;  // user, and agent with a user account of its own
  std::string app_id;               // service principal, managed identity, agent
  AgentIdentityType identity_type = AgentIdentityType::none;
  Named blueprint;
  Named parent;
  std::string sponsor;
  friend bool operator==(const Entity&, const Entity&) = default;
};

/// Identity of an entity inside its tenant.
Key128 entity_key(EntityType type, const Id& id);
Key128 entity_key(EntityType type, std::string_view id);

/// A reference without text: type and id of whom a sign-in concerns.
struct EntityRef {
  EntityType type = EntityType::user;
  Id id;
  bool empty() const { return id.empty(); }
};

/// Who signed in, by what the log says: the user of a user category (user principal name where there is no object id); the
/// agent identity where an agent signed in by itself (`is_agent` and no human user); else service principal or managed
/// identity (application id where the principal's id is missing).
EntityRef actor_of(const SignIn& e);
/// Whose risk a finding on this sign-in is: in on-behalf-of flows (an agent acts, the subject is a human) the user; an agent's own
/// user account counts as the agent.
EntityRef subject_of(const SignIn& e);
/// The agent on this sign-in (acting or subject), if any: in on-behalf-of flows the client.
EntityRef agent_of(const SignIn& e);
/// With names, for a finding on `ref`.
Entity describe(const SignIn& e, const EntityRef& ref);

}  // namespace bartizan
