#pragma once
// What a stateful rule is to the engine.

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/model/finding.h"
#include "engine/model/risk.h"
#include "engine/model/sign_in.h"
#include "engine/model/source_position.h"
#include "engine/model/state_rows.h"
#include "engine/model/time.h"

namespace bartizan {

class Profiles;

/// Risk of entities of this tenant as the ledger has it now, before the present event.
class RiskView {
 public:
  virtual ~RiskView() = default;
  virtual RiskLevel level(EntityType type, const Id& id) const = 0;
};

/// What a detector may know besides the event and its own state.
struct DetectContext {
  Time journal_time{};  // append time of the present record (running maximum)
  Time watermark{};     // windows and expiry follow it
  const Profiles* profiles = nullptr;   // read-only knowledge of the tenant, as of before this event; never null
  const RiskView* risk = nullptr;       // never null
  const SourcePosition* source = nullptr;  // of the present record; null in timers
};

/// Receives findings in order. Emitting does not fail.
class FindingSink {
 public:
  virtual ~FindingSink() = default;
  virtual void add(Finding&& finding) = 0;
};

/// What the fold remembers of the earlier copy of a corrected event.
struct EarlierCopy {
  ResultClass result_class = ResultClass::success;
  FailureClass failure_class = FailureClass::ok;
};

/// Something other than a sign-in that detectors may care for.
struct Fact {
  enum class Kind : std::uint8_t { verdict, risk_level_changed, credential_added };
  Kind kind = Kind::verdict;
  EntityType type = EntityType::user;
  Id id;
  CommandAction action = CommandAction::dismiss;  // verdict
  RiskLevel level = RiskLevel::none;              // risk_level_changed
  Id key_id;                                      // credential_added: identifier of the new key or secret
  Time at{};                                      // credential_added: event time
};

/// One rule's running instance for one tenant. Called on its shard's thread only; reads no clock; keeps no state outside its rows.
/// Most detectors derive from KeyedDetector (keyed_detector.h), which partitions, expires, bounds and saves for them.
class Detector : public StatePart {
 public:
  virtual void on_event(const DetectContext& ctx, const SignIn& e, FindingSink& out) = 0;
  /// A newer copy of an event that was judged before. Default: ignored; nothing may be counted twice.
  virtual void on_correction(const DetectContext& ctx, const EarlierCopy& before, const SignIn& after, FindingSink& out) {
    static_cast<void>(ctx), static_cast<void>(before), static_cast<void>(after), static_cast<void>(out);
  }
  virtual void on_fact(const DetectContext& ctx, const Fact& fact, FindingSink& out) {
    static_cast<void>(ctx), static_cast<void>(fact), static_cast<void>(out);
  }
  /// Watermark at which `on_due` wants to be called next; Time::max() when never.
  virtual Time next_due() const { return Time::max(); }
  /// Handles timers due at or before the watermark in (due, key) order, at most `limit`; returns how many it handled.
  virtual std::size_t on_due(const DetectContext& ctx, std::size_t limit, FindingSink& out) {
    static_cast<void>(ctx), static_cast<void>(limit), static_cast<void>(out);
    return 0;
  }
  /// Drops rows that no window can see any more. Called by the engine at fixed watermark steps, so it is part of the fold.
  virtual void expire(Time watermark) = 0;
  virtual std::uint64_t evictions() const { return 0; }
  /// The bound on rows from the settings (EngineSettings::rows_max_per_table). Called once, before the first row or event.
  virtual void bound_rows(std::uint32_t rows_max) { static_cast<void>(rows_max); }
};

/// One tunable number of a detector: documentation and bounds in one place. Durations are in seconds.
struct ParameterSpec {
  std::string_view name;  // snake_case, unit last: learn_days, distance_km
  double fallback = 0;
  double min = 0;
  double max = 0;
  std::string_view unit;   // "", "km", "s", "days", ...
  std::string_view meaning;
};

/// Values for a detector's ParameterSpecs, in their order.
class Parameters {
 public:
  Parameters() = default;
  explicit Parameters(std::span<const ParameterSpec> specs);  // fallbacks
  /// REQUIRES: `name` is one of the specs.
  double number(std::string_view name) const;
  std::uint32_t count(std::string_view name) const { return static_cast<std::uint32_t>(number(name)); }
  Duration duration(std::string_view name) const;  // of a parameter in seconds, minutes, hours or days, by its unit
  bool set(std::string_view name, double value);  // false: no such parameter
  std::span<const ParameterSpec> specs() const { return specs_; }

 private:
  std::span<const ParameterSpec> specs_;
  std::vector<double> values_;
};

/// What the catalogue knows of a detector type before any instance exists. One per file in rules/detectors.
struct DetectorType {
  std::string_view id;           // rule id: Entra's riskEventType word or ours
  EntityType subject = EntityType::user;
  std::string_view keyed_by;     // for documentation: "user", "address, /24 and fingerprint"
  std::uint32_t state_version = 1;  // rows of another version are refused
  std::span<const ParameterSpec> parameters;
  std::unique_ptr<Detector> (*make)(const Parameters&) = nullptr;
};

}  // namespace bartizan
