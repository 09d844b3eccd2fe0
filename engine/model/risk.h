#pragma once
// Risk words of Microsoft Graph and the records that the ledger keeps.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/model/command.h"
#include "engine/model/entity.h"
#include "engine/model/time.h"

namespace bartizan {

enum class RiskLevel : std::uint8_t { none, low, medium, high };
enum class RiskState : std::uint8_t { none, at_risk, confirmed_compromised, confirmed_safe, remediated, dismissed };
/// Graph's riskDetail enum; see docs/formats/risky-entity.v1.schema.json.
enum class RiskDetail : std::uint8_t {
  none, hidden, admin_generated_temporary_password, user_performed_secured_password_change,
  user_performed_secured_password_reset, admin_confirmed_signin_safe, ai_confirmed_signin_safe,
  user_passed_mfa_driven_by_risk_based_policy, admin_dismissed_all_risk_for_user, admin_confirmed_signin_compromised,
  admin_confirmed_user_compromised, admin_confirmed_service_principal_compromised,
  admin_dismissed_all_risk_for_service_principal, m365d_admin_dismissed_detection, user_changed_password_on_premises,
  admin_dismissed_risk_for_sign_in, admin_confirmed_account_safe, admin_confirmed_agent_safe,
  admin_confirmed_agent_compromised, admin_dismissed_risk_for_agent, microsoft_revoked_sessions, unknown_future_value
};
std::string_view to_word(RiskLevel l);
std::string_view to_word(RiskState s);
std::string_view to_word(RiskDetail d);

/// A score in tenths of a point, 0..1000: what is written (one decimal) and what levels are decided on.
using ScoreTenths = std::int32_t;
constexpr ScoreTenths kLowTenths = 100;
constexpr ScoreTenths kMediumTenths = 400;
constexpr ScoreTenths kHighTenths = 800;
constexpr RiskLevel level_of(ScoreTenths s) {
  return s >= kHighTenths ? RiskLevel::high : s >= kMediumTenths ? RiskLevel::medium : s >= kLowTenths ? RiskLevel::low : RiskLevel::none;
}

/// One active reason for an entity's risk, as written to records.
struct Contribution {
  std::string rule_id;
  std::string family;
  ScoreTenths score = 0;        // what it would score alone at the record's last_updated
  Time at{};                    // journal time of its newest finding
  std::optional<Time> expires;  // absent: pinned until a verdict
  std::string alert_id;         // empty: came from a verdict
};

struct Verdict {
  std::string by;
  Time at{};
  CommandAction action = CommandAction::dismiss;
  std::string command_id;
};

struct RiskHistoryItem {
  std::uint64_t revision = 0;
  Time at{};
  RiskLevel level = RiskLevel::none;
  RiskState state = RiskState::none;
  RiskDetail detail = RiskDetail::none;
  ScoreTenths score = 0;
  std::string by;                             // empty: the engine
  std::vector<std::string> risk_event_types;  // rules whose findings caused it
};

/// risky-entity.v1.
struct RiskyEntity {
  std::string tenant_id;
  Entity entity;
  std::uint64_t revision = 0;
  RiskLevel level = RiskLevel::none;
  RiskState state = RiskState::none;
  RiskDetail detail = RiskDetail::none;
  ScoreTenths score = 0;
  Time event_time{};
  Time last_updated{};
  std::vector<Contribution> contributions;  // at most 20, largest first, ties by rule id then alert id
  bool processing = false;  // as Entra says
  bool deleted = false;
  bool disabled = false;
  std::optional<Verdict> verdict;
  std::vector<RiskHistoryItem> history;     // newest 20, oldest first
};

}  // namespace bartizan
