#pragma once
// Public records to bytes, exactly as docs/formats says: members in schema order, no white space, absent fields absent.

#include "engine/model/alert.h"
#include "engine/model/output.h"
#include "engine/model/risk_detection.h"

namespace bartizan {

OutputRecord write_alert(const Alert& alert);
/// REQUIRES: an entity that carries risk, a revision from 1.
OutputRecord write_risk_detection(const RiskDetection& detection);
OutputRecord write_risky_entity(const RiskyEntity& row);
OutputRecord write_risky_sign_in(const RiskySignIn& row);
OutputRecord write_audit(const AuditRecord& record);
OutputRecord write_dead_letter(const DeadLetter& letter);
/// The line for files; on Kafka the value is null. `type` one of user, service_principal, managed_identity, agent.
OutputRecord write_entity_tombstone(std::string_view tenant_id, EntityType type, std::string_view id);
OutputRecord write_sign_in_tombstone(std::string_view tenant_id, std::string_view id);
Topic topic_of(EntityType type);  // risky_users, risky_workload_identities, risky_agents

}  // namespace bartizan
