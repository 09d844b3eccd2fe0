#pragma once
// One sign-in, as every part of the engine sees it.

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

#include "engine/model/id.h"
#include "engine/model/ip.h"
#include "engine/model/time.h"

namespace bartizan {

/// Which log a sign-in came from. AD FS and Microsoft 365 records count as interactive; first-party service principals
/// (`MicrosoftServicePrincipalSignInLogs`) as service principals.
enum class SignInCategory : std::uint8_t { interactive_user, non_interactive_user, service_principal, managed_identity };

/// Success; an interrupt (one more step was asked for: not a failure); a failure.
enum class ResultClass : std::uint8_t { success, interrupted, failure };

/// What an error code says (entra.md section 2, classes as there). `error_codes.h` holds the table.
enum class FailureClass : std::uint8_t {
  ok, bad_password, no_user, locked, password_state, disabled, mfa_required, mfa_failed, ca_block, device, interrupt,
  consent, token, app_credential, app_config, risk, infrastructure, other
};

enum class Tristate : std::uint8_t { unknown, no, yes };
enum class UserType : std::uint8_t { unknown, member, guest };
enum class ConditionalAccess : std::uint8_t { unknown, success, failure, not_applied };

/// Entra's own risk words on the record. `hidden` (no P2 licence) and unknown words read as none.
enum class EntraRiskLevel : std::uint8_t { none, low, medium, high };
enum class EntraRiskState : std::uint8_t { none, at_risk, confirmed_compromised, confirmed_safe, remediated, dismissed };

/// Bits set by INGEST; part of the journal.
enum SignInFlag : std::uint32_t {
  kFlagAgent = 1u << 0,              ///< agent object with a type that is not notAgentic
  kFlagAgentIsSubject = 1u << 1,     ///< agentSubjectType says that the token is about an agent
  kFlagFirstParty = 1u << 2,         ///< MicrosoftServicePrincipalSignInLogs
  kFlagAdfs = 1u << 3,               ///< ADFSSignInLogs, or tokenIssuerType ADFederationServices
  kFlagTrustedLocation = 1u << 4,    ///< networkLocationDetails names a trusted (named) location
  kFlagFlaggedForReview = 1u << 5,   ///< the user pressed "flag this failure"
  kFlagGlobalSecureAccess = 1u << 6, ///< isThroughGlobalSecureAccess
  kFlagTimeClamped = 1u << 7,        ///< event time was ahead of arrival and has been clamped
  kFlagInteractive = 1u << 8,        ///< isInteractive was true
  kFlagGraph = 1u << 9,              ///< came in Graph's own shape
  kFlagSummary = 1u << 10,           ///< an aggregated row: `count` sign-ins
};

/// Upper bounds on texts, in bytes; longer ones are cut at a character boundary when read.
constexpr std::size_t kNameBytesMax = 256;
constexpr std::size_t kUserPrincipalNameBytesMax = 320;
constexpr std::size_t kUserAgentBytesMax = 1024;
constexpr std::size_t kResourceIdBytesMax = 512;
constexpr std::size_t kReasonBytesMax = 1024;
constexpr std::size_t kAuthStepsMax = 16;
constexpr std::size_t kRiskEventTypesMax = 20;
constexpr std::size_t kMatchedRulesMax = 64;

struct Location {
  std::string_view city;
  std::string_view state;
  std::array<char, 2> country{};  // ISO 3166-1, upper case; {0,0} unknown
  bool has_coordinates = false;   // 0/0 counts as unknown
  double latitude = 0;            // degrees, rounded to 1e-6
  double longitude = 0;
  std::string_view country_text() const { return {country.data(), country[0] != 0 ? 2u : 0u}; }
};

struct Device {
  std::string_view id;
  std::string_view name;
  std::string_view os;
  std::string_view browser;
  std::string_view trust_type;
  Tristate compliant = Tristate::unknown;
  Tristate managed = Tristate::unknown;
};

/// One authenticationDetails step, in the order in which it happened.
struct AuthStep {
  std::string_view method;         // Password, Mobile app notification, Previously satisfied, ...
  std::string_view detail;         // Password Hash Sync, ...
  std::string_view result_detail;  // Correct password, MFA denied; user declined the authentication, ...
  std::string_view requirement;    // Primary authentication, ...
  Time time{};                     // 0 when absent
  Tristate succeeded = Tristate::unknown;
};

/// The agent object (entra.md 1.5). Words are kept as written; unknown ones too.
struct Agent {
  std::string_view type;          // agentType: the actor
  std::string_view subject_type;  // agentSubjectType
  Id parent_app_id;               // parentAppId: the blueprint's application (older spelling parentID)
  Id subject_parent_id;           // agentSubjectParentId
};

/// A decoded sign-in. Plain data; every view points into the decode arena or the journal message and lives for one step: what
/// state keeps, it copies. Absent text is empty, absent ids are empty, absent numbers are 0 with their `has_` false.
struct SignIn {
  // --- identity and time
  Id id;                 // event id (properties.id), never empty
  Id tenant_id;          // never empty
  Id correlation_id;
  Id session_id;
  Id original_request_id;            // only where it differs from id
  std::string_view unique_token_id;  // only where it is not derivable from id
  Time event_time{};                 // createdDateTime, clamped to arrival + 5 min
  Time published_time{};             // envelope `time`; the version of this copy. Graph: event time
  SignInCategory category = SignInCategory::interactive_user;
  std::uint32_t flags = 0;
  std::uint32_t count = 1;           // sign-ins that this row stands for (aggregated rows)

  // --- who
  Id user_id;
  std::string_view user_principal_name;  // lower case
  std::string_view user_name;
  UserType user_type = UserType::unknown;
  Id home_tenant_id;       // only where it differs from tenant_id
  Id resource_tenant_id;   // only where it differs from tenant_id
  std::string_view cross_tenant_access;
  Id service_principal_id;
  std::string_view service_principal_name;
  Id app_owner_tenant_id;
  std::string_view credential_type;  // clientCredentialType
  Id credential_key_id;
  std::string_view credential_thumbprint;
  Id federated_credential_id;
  std::string_view managed_identity_type;         // msiType
  std::string_view managed_identity_resource_id;  // associatedResourceId (ARM id)
  std::string_view azure_resource_id;             // ARM id of the resource accessed (Graph beta)
  Agent agent;

  // --- how
  Id app_id;
  std::string_view app_name;
  std::string_view client_app;
  IpAddress ip;
  std::string_view ip_text;      // only where `ip` could not be read (masked "203.0.113.XXX"): as given
  IpAddress resource_provider_ip;
  std::uint32_t asn = 0;         // 0 unknown
  Location location;
  Device device;
  std::string_view user_agent;
  std::string_view auth_requirement;  // singleFactorAuthentication, multiFactorAuthentication
  std::string_view auth_protocol;
  std::string_view original_transfer_method;
  std::string_view incoming_token_type;
  std::span<const AuthStep> auth_steps;  // at most kAuthStepsMax
  ConditionalAccess conditional_access = ConditionalAccess::unknown;
  std::string_view token_issuer_type;
  std::string_view token_issuer_name;

  // --- what
  Id resource_id;
  std::string_view resource_name;
  Id resource_service_principal_id;
  std::int32_t result_code = 0;
  ResultClass result_class = ResultClass::success;
  FailureClass failure_class = FailureClass::ok;
  Tristate password_validated = Tristate::unknown;  // from the steps, else from the error code
  std::string_view failure_reason;
  std::string_view additional_details;

  // --- what Entra itself thinks
  EntraRiskLevel risk_level_during = EntraRiskLevel::none;
  EntraRiskLevel risk_level_aggregated = EntraRiskLevel::none;
  EntraRiskState risk_state = EntraRiskState::none;
  std::string_view risk_detail;
  std::span<const std::string_view> risk_event_types;  // at most kRiskEventTypesMax

  // --- added by INGEST
  std::span<const std::string_view> matched_rules;  // ids of stateless rules that matched, at most kMatchedRulesMax

  bool is_user_category() const { return category <= SignInCategory::non_interactive_user; }
  bool is_agent() const { return (flags & (kFlagAgent | kFlagAgentIsSubject)) != 0; }
  bool has_flag(SignInFlag f) const { return (flags & f) != 0; }
  bool success() const { return result_class == ResultClass::success; }
  bool failure() const { return result_class == ResultClass::failure; }
};

std::string_view to_word(SignInCategory c);  // interactive_user ...
std::string_view to_word(ResultClass c);     // success, interrupted, failure
std::string_view to_word(FailureClass c);    // bad_password ...

}  // namespace bartizan
