#pragma once
// One detection in Microsoft Graph's words.

#include <cstdint>
#include <string>
#include <vector>

#include "engine/model/entity.h"
#include "engine/model/finding.h"
#include "engine/model/risk.h"
#include "engine/model/risk_report.h"
#include "engine/model/time.h"

namespace bartizan {

/// Names of evidence fields that findings made of Entra's own reports carry.
constexpr std::string_view kEntraDetectionField = "entra_detection_id";
constexpr std::string_view kEntraSourceField = "entra_source";
constexpr std::string_view kEntraTimingField = "entra_timing";

/// risk-detection-user.v1, risk-detection-service-principal.v1 or risk-detection-agent.v1, by the entity's type.
struct RiskDetection {
  std::string id;  // of the alert
  std::uint64_t revision = 0;
  std::string tenant_id;
  Entity entity;  // carries risk
  std::string rule_id;
  std::string source = "bartizan";
  RiskLevel level = RiskLevel::low;
  RiskState state = RiskState::at_risk;
  RiskDetail detail = RiskDetail::none;
  DetectionTiming timing = DetectionTiming::offline;
  Time activity_time{};
  Time detected_at{};
  Time last_updated{};
  std::string evidence;  // one sentence
  std::string request_id;  // empty: not tied to one sign-in
  std::string correlation_id;
  std::string session_id;
  std::string app_name;
  std::string ip;
  EvidenceLocation location;
  std::string user_agent;
  std::string entra_detection_id;
  std::string techniques;            // comma separated
  std::vector<std::string> key_ids;  // at most 20
  std::vector<std::string> reasons;  // tests that the rule made and that held, at most 16
};

}  // namespace bartizan
