#pragma once
// The risk of one sign-in: its detections, without decay.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "engine/model/alert.h"
#include "engine/model/hash.h"
#include "engine/model/risk.h"

namespace bartizan::risk {

constexpr std::size_t kDetectionsMax = 20;
/// A row is kept this long after its newest finding, verdict or correction.
constexpr Duration kSignInKept = std::chrono::days{30};

/// A detection as written, and what its score and a later verdict need.
struct Detection {
  SignInDetection shown;
  std::string family;
  double exponent = 0;
  EntityType entity_type = EntityType::user;  // whose risk the finding raised
  std::string entity_id;
  std::uint64_t since = 0;         // first revision of this row that shows it
  std::uint64_t entity_since = 0;  // first revision of the entity's row that knows of it
};

/// One sign-in with findings. All members are in its state row.
struct SignInRow {
  std::string id;
  Entity entity;        // whose risk it is: of the first finding
  std::string summary;  // SignInSummary, encoded (row_codec.h)
  std::uint64_t revision = 0;
  ScoreTenths score = 0;
  RiskLevel during = RiskLevel::none;  // real-time, frozen once the step of the first reading has ended
  bool frozen = false;
  RiskLevel level = RiskLevel::none;
  RiskState state = RiskState::none;
  RiskDetail detail = RiskDetail::none;
  double bonus = 1;
  std::vector<Detection> detections;  // highest level first, then by `at`, rule and alert
  std::optional<Verdict> verdict;
  std::uint64_t verdict_revision = 0;
  Time touched{};
  bool emit = false;
  Time changed_at{};

  bool visible() const { return revision > 0 || state != RiskState::none; }
  std::uint64_t coming_revision() const { return revision + 1; }
  bool confirmed() const { return state == RiskState::confirmed_compromised; }
};

/// Adds or renews a detection and judges the sign-in again.
void detect(SignInRow& row, Detection&& detection, Time now);
/// Forgets detections of one entity (any, when `type` is absent) that the revision named knew of. Gives those forgotten.
struct ForgetWhich {
  std::optional<std::uint64_t> revision;         // of this row
  std::optional<std::uint64_t> entity_revision;  // of the entity's row
  const Entity* entity = nullptr;                // null: of every entity
};
std::vector<Detection> forget(SignInRow& row, const ForgetWhich& which);
/// A verdict: its state where no risk is left, else atRisk with what survives. `confirm_compromised` always wins.
void decide(SignInRow& row, RiskState state, RiskDetail detail, const Verdict& verdict, Time now);
/// Entra's or the directory's word, which is no verdict: its state where no risk is left.
void reassess(SignInRow& row, RiskState state, RiskDetail detail, Time now);
/// Marks a change for flush() where the row is one that readers see.
void changed(SignInRow& row, Time now);
/// Ends the step: counts the revision and returns the record. REQUIRES: emit.
RiskySignIn publish(SignInRow& row, std::string_view tenant_id);

}  // namespace bartizan::risk
