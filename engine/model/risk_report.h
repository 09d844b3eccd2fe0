#pragma once
// What Entra itself says about risk, and what its directory did: records beside the sign-ins.

#include <cstdint>
#include <span>
#include <string_view>

#include "engine/model/entity.h"
#include "engine/model/id.h"
#include "engine/model/ip.h"
#include "engine/model/risk.h"
#include "engine/model/sign_in.h"
#include "engine/model/time.h"

namespace bartizan {

/// A detection (UserRiskEvents and its kin), or the state of one entity (RiskyUsers and its kin).
enum class ReportKind : std::uint8_t { detection, entity };
/// Graph's detectionTimingType.
enum class DetectionTiming : std::uint8_t { not_defined, realtime, near_realtime, offline };
std::string_view to_word(DetectionTiming t);

/// One record of Entra's risk feeds. A snapshot: the same id comes again when its state changes, and `updated` says which copy is newer.
/// Views live as those of SignIn do.
struct RiskReport {
  ReportKind kind = ReportKind::detection;
  Id id;         // of the detection; of the entity for ReportKind::entity
  Id tenant_id;
  // whose risk
  EntityType entity_type = EntityType::user;  // user, service_principal, agent
  Id entity_id;
  std::string_view name;
  std::string_view user_principal_name;  // lower case
  Id app_id;
  AgentIdentityType identity_type = AgentIdentityType::none;
  Id blueprint_id;
  // what
  std::string_view event_type;  // riskEventType; empty for ReportKind::entity
  std::string_view source;      // IdentityProtection, ...
  EntraRiskLevel level = EntraRiskLevel::none;
  bool level_hidden = false;    // no P2 licence: the level is a secret
  EntraRiskState state = EntraRiskState::none;
  RiskDetail detail = RiskDetail::none;
  DetectionTiming timing = DetectionTiming::not_defined;
  Tristate deleted = Tristate::unknown;
  Tristate processing = Tristate::unknown;
  Tristate enabled = Tristate::unknown;
  // which activity
  Id request_id;      // the sign-in, where there is one
  Id correlation_id;
  IpAddress ip;
  Location location;
  std::string_view user_agent;
  Time event_time{};      // activityDateTime; for entities `updated`
  Time updated{};         // lastUpdatedDateTime: the version of this copy
  Time published_time{};  // envelope `time`; else `updated`
};

/// An operation of the directory that changes risk (AuditLogs).
enum class DirectoryOperation : std::uint8_t {
  password_reset_by_user, password_reset_by_admin, credential_added, account_disabled, account_enabled, account_deleted, account_restored
};
constexpr std::size_t kDirectoryOperations = 7;
std::string_view to_word(DirectoryOperation o);
constexpr std::size_t kNewKeysMax = 8;

struct DirectoryChange {
  DirectoryOperation operation = DirectoryOperation::password_reset_by_user;
  Id id;  // of the audit record
  Id tenant_id;
  EntityType target_type = EntityType::user;  // user, service_principal, agent
  Id target_id;
  std::string_view target_name;
  std::string_view target_principal_name;  // lower case
  std::string_view actor;  // user principal name, else the application's name
  std::span<const Id> new_keys;  // credential_added: identifiers of the keys, at most kNewKeysMax
  Time event_time{};
  Time published_time{};
};

}  // namespace bartizan
