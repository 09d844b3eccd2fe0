#pragma once
// A rule file of a pack (docs/rules.md): YAML text to a Rule.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/detect/rule_set.h"
#include "engine/settings/schema.h"

namespace bartizan {

/// Diagnostics of rule files, beside those of settings::code.
namespace rule_code {
inline constexpr std::string_view kUnknownDetector = "E0201";
inline constexpr std::string_view kDuplicateRule = "E0202";
inline constexpr std::string_view kNoRules = "E0203";
inline constexpr std::string_view kRiskOrder = "E0204";  // a higher severity may not be worth less
}  // namespace rule_code

enum class RuleStatus : std::uint8_t { experimental, test, stable, deprecated };
std::string_view to_word(RuleStatus s);

/// A rule with what only people need of it.
struct PackRule {
  Rule rule;
  std::string file;  // as read
  RuleStatus status = RuleStatus::stable;
  EntityType entity = EntityType::user;  // whose risk a finding is
  std::string response;
  std::vector<std::string> references;
  bool off = false;  // mode: off
};

/// Reads and checks one rule file; no value when anything is wrong. `file` is what messages call it.
std::optional<PackRule> read_rule(std::string file, std::string text, settings::Diagnostics& diagnostics);

/// What a rule file may say, without `parameters`, which hang on the detector.
const settings::Schema& rule_schema();

/// The rule in one text that is equal exactly when nothing that can change an output differs: one `field=value` line each, sorted, all
/// parameters resolved. Its SHA-256 is the rule's hash.
std::string canonical_rule(const Rule& rule);

}  // namespace bartizan
