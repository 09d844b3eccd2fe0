#pragma once
// What a reader of the output files sees: alerts and risky-entity rows, read back from their JSON.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/model/finding.h"
#include "engine/model/risk.h"
#include "engine/model/time.h"

namespace bartizan::demo {

/// Parts of alert.v1 (docs/formats/alert.v1.schema.json).
struct AlertLine {
  std::string id, rule, title, state;
  std::string entity_type, entity_id, entity_name;  // name: user principal name, else name, else id
  std::uint64_t revision = 0;
  Severity severity = Severity::low;
  Time first_seen{}, detected_at{}, last_updated{};
  std::vector<std::string> evidence;  // event ids, the anchor first
  std::vector<std::string> reasons;   // of why[]: "check actual unit"
  std::uint64_t count = 0;
};
/// No value: not an alert.v1.
std::optional<AlertLine> read_alert(std::string_view json);

/// Parts of risky-entity.v1.
struct RiskLine {
  std::string entity_type, entity_id, entity_name, level, state, detail;
  double score = 0;
  std::uint64_t revision = 0;
};
std::optional<RiskLine> read_risky_entity(std::string_view json);

}  // namespace bartizan::demo
