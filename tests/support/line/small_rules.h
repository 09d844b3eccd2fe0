#pragma once
// A few small rules that use everything the engine offers rules: keys, timers, corrections, facts, profiles, expiry. The line's own tests
// run on these, so that their golden bytes do not move when a shipped detector is tuned.

#include <map>
#include <memory>
#include <string>

#include "engine/detect/rule_set.h"

namespace bartizan::test {

/// Bundle "a": streak of 3, new address (live), slow (shadow). "b": streak of 4, no new address. "c": as "a", with other settings.
class SmallRules final : public RuleSetStore {
 public:
  SmallRules();
  std::shared_ptr<const RuleSet> find(std::string_view bundle_hash) const override;
  static std::string hash(char name) { return std::string(64, name); }

 private:
  std::map<std::string, std::shared_ptr<const RuleSet>, std::less<>> sets_;
};

}  // namespace bartizan::test
