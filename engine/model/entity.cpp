#include "engine/model/entity.h"

#include "engine/model/sign_in.h"

namespace bartizan {
namespace {

constexpr std::uint64_t kEntityDomain = 16;  // plus the entity type

bool is_word(std::string_view text, std::string_view word) { return equals_ignoring_case(text, word); }

/// agentIDuser: an agent's own user account (entra.md 1.5). The value is spelled in several ways in Microsoft's texts.
bool is_agent_user_word(std::string_view w) { return is_word(w, "agentIDuser") || is_word(w, "agentUser"); }

AgentIdentityType identity_type_from(std::string_view w) {
  if (is_agent_user_word(w)) return AgentIdentityType::agent_user;
  if (is_word(w, "agentIdentityBlueprintPrincipal") || is_word(w, "agenticApp")) return AgentIdentityType::blueprint_principal;
  return AgentIdentityType::agent_identity;
}

Id user_of(const SignIn& e) {
  if (e.user_id) return e.user_id;
  return Id::from(e.user_principal_name);
}

EntityRef workload_of(const SignIn& e) {
  const EntityType type =
      e.category == SignInCategory::managed_identity ? EntityType::managed_identity : EntityType::service_principal;
  return {type, e.service_principal_id ? e.service_principal_id : e.app_id};
}

/// The token is about an agent's own user account.
bool is_agent_user(const SignIn& e) { return is_agent_user_word(e.agent.subject_type) || is_agent_user_word(e.agent.type); }

std::string cut(std::string_view text, std::size_t max) { return std::string{text.substr(0, max)}; }

}  // namespace

Key128 entity_key(EntityType type, const Id& id) {
  const auto domain = kEntityDomain + static_cast<std::uint64_t>(type);
  const Key128 k = id.key();
  return Key128{k.hi ^ mix64(domain), k.lo};
}

Key128 entity_key(EntityType type, std::string_view id) { return entity_key(type, Id::from(id)); }

EntityRef agent_of(const SignIn& e) {
  if (!e.is_agent()) return {};
  if (e.is_user_category()) {
    if (is_agent_user(e)) return {EntityType::agent, user_of(e)};
    return {EntityType::agent, e.service_principal_id ? e.service_principal_id : e.app_id};
  }
  return {EntityType::agent, workload_of(e).id};
}

EntityRef actor_of(const SignIn& e) {
  if (e.is_agent() && (!e.is_user_category() || is_agent_user(e))) return agent_of(e);
  if (e.is_user_category()) return {EntityType::user, user_of(e)};
  return workload_of(e);
}

EntityRef subject_of(const SignIn& e) { return actor_of(e); }

Entity describe(const SignIn& e, const EntityRef& ref) {
  Entity out;
  out.type = ref.type;
  out.id = ref.id.str();
  if (ref.type == EntityType::user) {
    out.name = cut(e.user_name, kNameBytesMax);
    out.user_principal_name = cut(e.user_principal_name, kUserPrincipalNameBytesMax);
  } else if (ref.type == EntityType::service_principal || ref.type == EntityType::managed_identity) {
    out.name = cut(e.service_principal_name.empty() ? e.app_name : e.service_principal_name, kNameBytesMax);
    out.app_id = e.app_id.str();
  } else if (ref.type == EntityType::agent) {
    const bool own_account = e.is_user_category() && is_agent_user(e);
    out.name = cut(own_account                        ? e.user_name
                   : e.service_principal_name.empty() ? e.app_name
                                                      : e.service_principal_name,
                   kNameBytesMax);
    if (own_account) out.user_principal_name = cut(e.user_principal_name, kUserPrincipalNameBytesMax);
    out.app_id = e.app_id.str();
    out.identity_type =
        own_account ? AgentIdentityType::agent_user : identity_type_from(e.agent.type.empty() ? e.agent.subject_type : e.agent.type);
    out.blueprint.id = e.agent.parent_app_id.str();
    out.parent.id = e.agent.subject_parent_id.str();
  }
  return out;
}

}  // namespace bartizan
