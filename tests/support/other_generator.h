#pragma once
// Records of the other dialects as text: rows of Log Analytics, Microsoft 365 audit records, risk feeds, audit operations. Made up.

#include <cstdint>
#include <string>

#include "tests/support/sign_in_generator.h"

namespace bartizan::test {

enum class OtherKind : std::uint8_t {
  log_analytics, microsoft_365, exported_365, user_risk, risky_user, principal_risk, agent_risk, risky_agent, graph_risk, risk_row, audit,
  audit_row
};
constexpr std::uint64_t kOtherKinds = 12;

std::string make_other_record(OtherKind kind, Random& r);

}  // namespace bartizan::test
