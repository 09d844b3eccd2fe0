#pragma once
// Records that leave the engine (schemas in docs/formats).

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/model/finding.h"
#include "engine/model/risk.h"
#include "engine/model/sign_in.h"

namespace bartizan {

enum class RuleMode : std::uint8_t { live, shadow };
enum class RuleSource : std::uint8_t { native, sigma, entra };
enum class AlertState : std::uint8_t { open, updated, closed, suppressed };
std::string_view to_word(RuleMode m);
std::string_view to_word(RuleSource s);
std::string_view to_word(AlertState s);

struct AttackRef {
  std::string tactic;     // TA0006
  std::string technique;  // T1110.003; may be empty
};

/// What an alert says of its rule.
struct AlertRule {
  std::string id;
  std::string title;
  std::uint32_t version = 0;  // 0: Sigma, which has none
  std::string hash;           // SHA-256 of the rule as loaded, hexadecimal
  RuleMode mode = RuleMode::live;
  RuleSource source = RuleSource::native;
};

/// What an alert revision did to its entity's risk.
struct RiskEffect {
  ScoreTenths score_before = 0;
  ScoreTenths score_after = 0;
  RiskLevel level_before = RiskLevel::none;
  RiskLevel level_after = RiskLevel::none;
  std::vector<Contribution> contributions;
};

struct RelatedAlert {
  std::string alert_id;
  std::string reason;  // campaign, victim, same_session, same_source, acting_for, parent
};

/// alert.v1, one revision.
struct Alert {
  std::string id;
  std::uint64_t revision = 1;
  AlertState state = AlertState::open;
  std::string tenant_id;
  Entity entity;
  AlertRule rule;
  Severity severity = Severity::low;
  std::int32_t confidence = 0;  // percent
  std::string title;
  std::vector<Check> why;
  std::optional<RiskEffect> risk;
  std::vector<AttackRef> attack;
  Time first_seen{};
  Time last_seen{};
  std::uint64_t count = 1;
  Time detected_at{};
  Time last_updated{};
  std::vector<Evidence> evidence;
  std::uint64_t evidence_total = 1;
  std::vector<RelatedAlert> related;
  std::string campaign_id;
  std::optional<Campaign> campaign;
  Suppression suppression = Suppression::none;
  std::string suppressed_by;
  std::vector<std::pair<std::string, std::string>> labels;  // sorted by name
};

/// Crockford base32 of the first 16 bytes of SHA-256 over "v1", tenant, rule, entity type, entity id, anchor event id, joined by NUL;
/// tenant, entity id and anchor lower-cased (schemas README, "Id"). 26 characters.
std::string alert_id(std::string_view tenant_id, std::string_view rule_id, EntityType type, std::string_view entity_id,
                     std::string_view anchor_event_id);

/// A sign-in's own description inside risky-sign-in.v1; owns its text.
struct SignInSummary {
  std::string id;
  Time time{};
  SignInCategory category = SignInCategory::interactive_user;
  bool is_agent = false;
  std::string user_id, user_name, user_principal_name, home_tenant_id;
  UserType user_type = UserType::unknown;
  std::string workload_id, workload_name, workload_app_id, credential_type, credential_key_id, azure_resource_id;
  bool has_user = false, has_workload = false;
  std::string agent_id, agent_name, agent_app_id, agent_type, agent_subject_type;
  AgentIdentityType agent_identity_type = AgentIdentityType::none;
  Named agent_blueprint, agent_parent;
  Named app;
  std::string client_app;
  std::string ip;
  std::uint32_t asn = 0;
  EvidenceLocation location;
  EvidenceDevice device;
  std::string user_agent, auth_requirement, auth_protocol;
  std::vector<std::string> auth_methods;  // at most 16
  ConditionalAccess conditional_access = ConditionalAccess::unknown;
  Named resource;
  EvidenceResult result;
  std::string correlation_id, session_id;
};
SignInSummary summarise(const SignIn& e);

struct SignInDetection {
  std::string alert_id;
  std::string rule_id;
  RuleSource source = RuleSource::native;
  RiskLevel level = RiskLevel::low;
  Time at{};
  bool real_time = true;
};

/// risky-sign-in.v1.
struct RiskySignIn {
  std::string tenant_id;
  std::uint64_t revision = 0;
  Time last_updated{};
  Entity entity;
  SignInSummary sign_in;
  ScoreTenths score = 0;
  RiskLevel level_during_sign_in = RiskLevel::none;
  RiskLevel level_aggregated = RiskLevel::none;
  RiskState state = RiskState::none;
  RiskDetail detail = RiskDetail::none;
  std::vector<SignInDetection> detections;  // at most 20, highest level first, then by at
  std::optional<Verdict> verdict;
};

enum class AuditKind : std::uint8_t { command_accepted, command_rejected, bundle_activated, recovery_range, record_quarantined };
enum class RejectReason : std::uint8_t { none, repeated, stale, unknown_target, no_change };
std::string_view to_word(AuditKind k);
std::string_view to_word(RejectReason r);

struct AuditSnapshot {
  std::uint64_t revision = 0;
  RiskLevel level = RiskLevel::none;
  RiskState state = RiskState::none;
  RiskDetail detail = RiskDetail::none;
  ScoreTenths score = 0;
};

/// audit.v1.
struct AuditRecord {
  std::string id;  // journal position: partition-offset-index
  AuditKind kind = AuditKind::command_accepted;
  Time at{};
  std::string tenant_id;
  std::string by;
  // commands
  std::string command_id;
  CommandAction action = CommandAction::dismiss;
  CommandTarget target = CommandTarget::user;
  std::string target_id;
  std::optional<std::uint64_t> decided_on_revision;
  std::string note;
  RejectReason reason = RejectReason::none;
  std::optional<AuditSnapshot> before, after;
  // bundles
  std::string bundle_hash, bundle_previous;
  std::uint32_t bundle_rule_count = 0;
  // recovery ranges and quarantines
  std::int32_t range_partition = 0;
  std::int64_t range_from = 0, range_to = 0;
  std::uint64_t range_rows = 0;
  std::string detail;
};

enum class DeadLetterReason : std::uint8_t {
  too_large, invalid_utf8, malformed_json, too_deep, not_an_object, unknown_format, missing_id, missing_tenant, missing_entity,
  bad_time, bad_field, unsupported_command, internal_error
};
constexpr std::size_t kDeadLetterReasons = 13;
enum class DeadLetterStage : std::uint8_t { read, parse, normalise, command, detect };
std::string_view to_word(DeadLetterReason r);
std::string_view to_word(DeadLetterStage s);

constexpr std::size_t kRecordBytesMax = 1 << 20;         // larger records are dead letters
constexpr std::size_t kRecordDepthMax = 64;
constexpr std::size_t kDeadLetterBytesMax = 256 * 1024;  // kept of a dead letter's bytes

/// dead-letter.v1. `value` is cut to kDeadLetterBytesMax; size and sha256 are of the whole.
struct DeadLetter {
  DeadLetterReason reason = DeadLetterReason::malformed_json;
  std::string detail;
  DeadLetterStage stage = DeadLetterStage::parse;
  EvidenceSource source;
  std::string value;
  std::uint64_t size = 0;
  std::string sha256;
  Time detected_at{};  // 0: absent
  std::string engine_version;
};

}  // namespace bartizan
