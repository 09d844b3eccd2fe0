#pragma once
// How sure a finding is: the q of algorithms.md 6.2, for risk and for the alert's percent alike.

#include <algorithm>

#include "engine/detect/rule_set.h"
#include "engine/model/finding.h"

namespace bartizan {

/// The finding's own confidence where it brings one, else the rule's default for its severity (critical counts as high); 0..1.
/// An informational finding without a confidence of its own has 0.
inline double confidence_of(const Rule& rule, const Finding& finding) {
  double q = finding.confidence;
  if (!(q > 0)) {
    switch (finding.severity) {
      case Severity::informational: q = 0; break;
      case Severity::low: q = rule.risk[0]; break;
      case Severity::medium: q = rule.risk[1]; break;
      case Severity::high:
      case Severity::critical: q = rule.risk[2]; break;
    }
  }
  return std::clamp(q, 0.0, 1.0);
}

}  // namespace bartizan
