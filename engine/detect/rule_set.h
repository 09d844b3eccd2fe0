#pragma once
// The rules and settings that hold from one bundle activation to the next.

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/detect/detector.h"
#include "engine/model/alert.h"

namespace bartizan {

/// One native rule as loaded: pack metadata, parameters and the detector that runs it.
struct Rule {
  AlertRule alert;               // id, title, version, hash, mode, source
  std::vector<AttackRef> attack;
  std::string family;            // risk family: properties travel network credential mfa token workload agent
  std::string description;
  std::vector<std::string> false_positives;
  std::vector<std::pair<std::string, std::string>> labels;
  Duration dedup_window{};       // an alert closes when the watermark passes last_seen + this
  Duration risk_half_life{};     // T_f of algorithms.md 6.2
  /// q by severity (low, medium, high; informational has none): default confidence where a finding brings none.
  std::array<double, 3> risk{};
  const DetectorType* type = nullptr;
  Parameters parameters;
};

/// Numbers of the engine that can change an output. Part of the bundle.
struct EngineSettings {
  Duration lateness{std::chrono::minutes{15}};
  Duration idle_after{std::chrono::minutes{5}};          // a source partition without records for this long of journal time is idle
  Duration remember_ids{std::chrono::hours{24}};
  std::uint32_t rows_max_per_table = 4'000'000;          // keyed rows of one detector or profile in one tenant
  std::uint32_t alerts_per_hour_max = 50;                // alert budget per rule and tenant; then suppressed (cap)
  std::uint32_t open_alerts_max = 100'000;               // per tenant
  double privileged_factor = 1.25;                       // on the exponent of findings about `privileged`
  std::vector<std::string> privileged;                   // ids or user principal names, in any case
  double families_bonus = 1.3;
  std::vector<std::pair<std::string, std::string>> labels;  // of every alert; a rule's own label of that name wins
};

struct RuleSet {
  std::string bundle_hash;  // SHA-256, hexadecimal
  EngineSettings settings;
  std::vector<Rule> rules;  // by id
};

/// Finds the rule set of a bundle hash; null when unknown (the fold then stops with a message, never guesses).
class RuleSetStore {
 public:
  virtual ~RuleSetStore() = default;
  virtual std::shared_ptr<const RuleSet> find(std::string_view bundle_hash) const = 0;
};

}  // namespace bartizan
