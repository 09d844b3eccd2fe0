#pragma once
// One sign-in of the generated tenant, before it becomes a record.

#include <cstdint>
#include <string>
#include <string_view>

#include "connectors/demo/places.h"
#include "connectors/demo/random.h"
#include "engine/model/sign_in.h"

namespace bartizan::demo {

/// Benign behaviour that looks like an attack. Each class is reported on its own by the evaluation.
enum class LookAlike : std::uint8_t {
  none, shared_egress, cloud_proxy, carrier, roaming_phone, trip, consumer_vpn, new_phone, wrong_password, expired_password, broken_client,
  unknown_user, password_change_day, mfa_trouble, isp_renumbering, new_application, outage, kiosk, secret_rotation, expired_secret, autoscaling,
  runner_moved, block_changed, new_resource, region_failover, new_instance, tool_roll_out
};
constexpr std::size_t kLookAlikes = 27;
std::string_view to_word(LookAlike l);

/// Somebody's machine, as deviceDetail shows it.
struct Device {
  Guid id;                     // all zeros: not registered
  std::string name;
  std::string_view os;         // Windows10, Ios, ...
  std::string_view browser;    // "Edge 144.0.0"
  std::string_view trust;      // "Azure AD joined", "" when not registered
  std::uint8_t agent = 0;      // row of the user agent table
  bool phone = false;
};

enum class PasswordStep : std::uint8_t { none, correct, wrong, earlier };
enum class MfaStep : std::uint8_t { none, required, completed, denied, timeout, claim };

struct Application {
  Guid id;
  std::string_view name;
};

/// Everything that differs between two records. Texts are views into the tenant (or literals), which outlives the draft.
struct Draft {
  std::int64_t event_ms = 0;
  std::int64_t published_ms = 0;
  SignInCategory category = SignInCategory::interactive_user;
  Guid id, correlation, session;
  // who
  Guid user_id;
  std::string_view upn, user_name;
  bool has_user = false;
  Guid principal_id;  // service principal, managed identity, agent
  std::string_view principal_name;
  bool has_principal = false;
  std::string_view credential_type = "none";
  Guid credential_key;
  bool has_credential_key = false;
  std::string_view agent_type, agent_subject_type;  // empty: no agent
  Guid agent_parent_app, agent_subject_parent;
  bool has_subject_parent = false;
  std::string_view azure_resource;  // ARM id of the resource that owns a managed identity
  // how
  Application app, resource;
  Endpoint from;            // empty: no address logged
  bool no_asn = false;      // service principal logs of 2025 carry none
  const Device* device = nullptr;
  std::string_view user_agent;
  std::string_view client_app = "Browser";
  std::string_view protocol = "none";
  std::string_view incoming_token = "none";
  // what happened
  std::int32_t code = 0;
  PasswordStep password = PasswordStep::none;
  MfaStep mfa = MfaStep::none;
  bool mfa_demanded = true;
  bool blocked_by_policy = false;
  // what the generator knows of it
  LookAlike look_alike = LookAlike::none;
  std::uint32_t campaign = 0;  // 0: background; else attack instance, 1-based
  std::uint16_t step = 0;
};

}  // namespace bartizan::demo
