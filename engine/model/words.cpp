// The words of every closed enum, as they stand in records. One table per enum, in the enum's order.

#include <array>
#include <optional>
#include <string_view>

#include "engine/model/alert.h"
#include "engine/model/command.h"
#include "engine/model/entity.h"
#include "engine/model/finding.h"
#include "engine/model/output.h"
#include "engine/model/risk.h"
#include "engine/model/risk_report.h"
#include "engine/model/sign_in.h"

namespace bartizan {
namespace {

using Words = std::string_view;

template <class Enum, std::size_t N>
std::string_view word_of(const std::array<Words, N>& words, Enum value) {
  const auto i = static_cast<std::size_t>(value);
  return i < N ? words[i] : std::string_view{};
}

template <class Enum, std::size_t N>
std::optional<Enum> find_word(const std::array<Words, N>& words, std::string_view word) {
  for (std::size_t i = 0; i < N; ++i) {
    if (words[i] == word) return static_cast<Enum>(i);
  }
  return std::nullopt;
}

constexpr std::array<Words, 4> kCategories = {"interactive_user", "non_interactive_user", "service_principal", "managed_identity"};
constexpr std::array<Words, 3> kResults = {"success", "interrupted", "failure"};
constexpr std::array<Words, 18> kFailureClasses = {
    "ok",        "bad_password", "no_user", "locked",         "password_state", "disabled", "mfa_required",   "mfa_failed", "ca_block",
    "device",    "interrupt",    "consent", "token",          "app_credential", "app_config", "risk",         "infrastructure", "other"};
constexpr std::array<Words, 6> kEntityTypes = {"user", "service_principal", "managed_identity", "agent", "ip", "tenant"};
constexpr std::array<Words, 4> kAgentTypes = {"", "agentIdentity", "agentUser", "agentIdentityBlueprintPrincipal"};
constexpr std::array<Words, 3> kActions = {"dismiss", "confirm_compromised", "confirm_safe"};
constexpr std::array<Words, 5> kTargets = {"user", "service_principal", "managed_identity", "agent", "sign_in"};
constexpr std::array<Words, 4> kRiskLevels = {"none", "low", "medium", "high"};
constexpr std::array<Words, 6> kRiskStates = {"none", "atRisk", "confirmedCompromised", "confirmedSafe", "remediated", "dismissed"};
constexpr std::array<Words, 22> kRiskDetails = {"none",
                                                "hidden",
                                                "adminGeneratedTemporaryPassword",
                                                "userPerformedSecuredPasswordChange",
                                                "userPerformedSecuredPasswordReset",
                                                "adminConfirmedSigninSafe",
                                                "aiConfirmedSigninSafe",
                                                "userPassedMFADrivenByRiskBasedPolicy",
                                                "adminDismissedAllRiskForUser",
                                                "adminConfirmedSigninCompromised",
                                                "adminConfirmedUserCompromised",
                                                "adminConfirmedServicePrincipalCompromised",
                                                "adminDismissedAllRiskForServicePrincipal",
                                                "m365DAdminDismissedDetection",
                                                "userChangedPasswordOnPremises",
                                                "adminDismissedRiskForSignIn",
                                                "adminConfirmedAccountSafe",
                                                "adminConfirmedAgentSafe",
                                                "adminConfirmedAgentCompromised",
                                                "adminDismissedRiskForAgent",
                                                "microsoftRevokedSessions",
                                                "unknownFutureValue"};
constexpr std::array<Words, 4> kTimings = {"notDefined", "realtime", "nearRealtime", "offline"};
constexpr std::array<Words, kDirectoryOperations> kOperations = {"password_reset_by_user", "password_reset_by_admin", "credential_added",
                                                                 "account_disabled",       "account_enabled",         "account_deleted",
                                                                 "account_restored"};
constexpr std::array<Words, 5> kSeverities = {"informational", "low", "medium", "high", "critical"};
constexpr std::array<Words, 12> kOps = {"eq", "ne", "lt", "le", "gt", "ge", "in", "not_in", "contains", "starts_with", "ends_with", "matches"};
constexpr std::array<Words, 2> kModes = {"live", "shadow"};
constexpr std::array<Words, 3> kSources = {"native", "sigma", "entra"};
constexpr std::array<Words, 4> kAlertStates = {"open", "updated", "closed", "suppressed"};
constexpr std::array<Words, 5> kAuditKinds = {"command_accepted", "command_rejected", "bundle_activated", "recovery_range",
                                              "record_quarantined"};
constexpr std::array<Words, 5> kRejects = {"", "repeated", "stale", "unknown_target", "no_change"};
constexpr std::array<Words, kDeadLetterReasons> kReasons = {
    "too_large",      "invalid_utf8",   "malformed_json", "too_deep",  "not_an_object",       "unknown_format", "missing_id",
    "missing_tenant", "missing_entity", "bad_time",       "bad_field", "unsupported_command", "internal_error"};
constexpr std::array<Words, 5> kStages = {"read", "parse", "normalise", "command", "detect"};
constexpr std::array<Words, kTopicCount> kTopics = {"alerts",       "alerts.shadow",  "risk-detections", "risky-users", "risky-workload-identities",
                                                    "risky-agents", "risky-sign-ins", "insights",        "audit",       "dead-letter"};
constexpr std::array<Words, kTopicCount> kFiles = {"alerts.ndjson",
                                                   "alerts-shadow.ndjson",
                                                   "risk-detections.ndjson",
                                                   "risky-users.ndjson",
                                                   "risky-workload-identities.ndjson",
                                                   "risky-agents.ndjson",
                                                   "risky-sign-ins.ndjson",
                                                   "insights.ndjson",
                                                   "audit.ndjson",
                                                   "dead-letter.ndjson"};

}  // namespace

std::string_view to_word(SignInCategory c) { return word_of(kCategories, c); }
std::string_view to_word(ResultClass c) { return word_of(kResults, c); }
std::string_view to_word(FailureClass c) { return word_of(kFailureClasses, c); }
std::string_view to_word(EntityType t) { return word_of(kEntityTypes, t); }
std::optional<EntityType> entity_type_from(std::string_view word) { return find_word<EntityType>(kEntityTypes, word); }
std::string_view to_word(AgentIdentityType t) { return word_of(kAgentTypes, t); }
std::string_view to_word(CommandAction a) { return word_of(kActions, a); }
std::string_view to_word(CommandTarget t) { return word_of(kTargets, t); }
std::optional<CommandAction> command_action_from(std::string_view word) { return find_word<CommandAction>(kActions, word); }
std::optional<CommandTarget> command_target_from(std::string_view word) { return find_word<CommandTarget>(kTargets, word); }
std::string_view to_word(RiskLevel l) { return word_of(kRiskLevels, l); }
std::string_view to_word(RiskState s) { return word_of(kRiskStates, s); }
std::string_view to_word(RiskDetail d) { return word_of(kRiskDetails, d); }
std::string_view to_word(DetectionTiming t) { return word_of(kTimings, t); }
std::string_view to_word(DirectoryOperation o) { return word_of(kOperations, o); }
std::string_view to_word(Severity s) { return word_of(kSeverities, s); }
std::optional<Severity> severity_from(std::string_view word) { return find_word<Severity>(kSeverities, word); }
std::string_view to_word(CheckOp op) { return word_of(kOps, op); }
std::string_view to_word(RuleMode m) { return word_of(kModes, m); }
std::string_view to_word(RuleSource s) { return word_of(kSources, s); }
std::string_view to_word(AlertState s) { return word_of(kAlertStates, s); }
std::string_view to_word(AuditKind k) { return word_of(kAuditKinds, k); }
std::string_view to_word(RejectReason r) { return word_of(kRejects, r); }
std::string_view to_word(DeadLetterReason r) { return word_of(kReasons, r); }
std::string_view to_word(DeadLetterStage s) { return word_of(kStages, s); }
std::string_view topic_name(Topic t) { return word_of(kTopics, t); }
std::string_view file_name(Topic t) { return word_of(kFiles, t); }

}  // namespace bartizan
