#pragma once
// The rules that stand for the words of Entra's risk feeds (algorithms.md 6.2; entra.md 3.2, 3.3).

#include <string_view>

#include "engine/detect/rule_set.h"
#include "engine/model/entity.h"
#include "engine/model/finding.h"
#include "engine/model/risk_report.h"

namespace bartizan {

/// Whose risk the report tells, as far as it knows the entity.
Entity entity_of(const RiskReport& report);

/// Of a detection by its riskEventType, of a risky entity ("generic"). Confidence by level is ours; where `rules` has a native rule of
/// the same name, family, half-life and dedup window are that rule's, so that both kinds of findings make one alert and one contribution.
Rule entra_rule(const RiskReport& report, const RuleSet& rules);

/// The report as a finding of its rule. Anchor: the sign-in, where there is one, else the report itself.
Finding entra_finding(const RiskReport& report, const Rule& rule, const struct SourcePosition& source);

}  // namespace bartizan
