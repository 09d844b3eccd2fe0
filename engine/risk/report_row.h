#pragma once
// What the ledger remembers of one report of Entra's: so that a copy sent again is a correction, and a state taken back is found.

#include <string>

#include "engine/model/entity.h"
#include "engine/model/hash.h"
#include "engine/model/risk_report.h"
#include "engine/risk/score.h"

namespace bartizan::risk {

/// A row is kept this long after its newest copy: as long as Entra keeps detections.
constexpr Duration kReportKept = std::chrono::days{90};

struct ReportRow {
  ReportKind kind = ReportKind::detection;
  std::string id;
  EntityType entity_type = EntityType::user;
  std::string entity_id;
  std::string request_id;  // its sign-in, if any
  std::string rule_id;     // the contribution that it feeds; empty: none
  std::string alert_id;
  EntraRiskLevel level = EntraRiskLevel::none;
  EntraRiskState state = EntraRiskState::none;
  bool live = false;       // counts now
  double exponent = 0;     // that it brought
  Time updated{};          // Entra's: which copy is newer
  Time touched{};          // journal time of the newest copy
};

inline bool is_live(EntraRiskState s) { return s == EntraRiskState::at_risk || s == EntraRiskState::confirmed_compromised; }

/// The contribution is the one that the report's finding made or renewed.
inline bool feeds(const ReportRow& report, const Part& part) {
  return report.rule_id == part.rule_id && report.alert_id == part.alert_id && !part.alert_id.empty();
}

inline bool is_of_sign_in(const ReportRow& report) { return report.kind == ReportKind::detection && !report.request_id.empty(); }

/// Reports of detections are told apart by their id, states of entities by the entity.
inline Key128 report_key(ReportKind kind, EntityType type, std::string_view id) {
  std::string text = kind == ReportKind::detection ? "report/detection/" : "report/entity/" + std::string{to_word(type)} + '/';
  return stable_hash128(text.append(id));
}

}  // namespace bartizan::risk
