#pragma once
// Risk detections in Graph's words: one per alert that people see, with a revision count of its own (docs/formats/README.md).

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "engine/model/alert.h"
#include "engine/model/risk_detection.h"
#include "engine/model/state_rows.h"

namespace bartizan {

class DetectionSink {
 public:
  virtual ~DetectionSink() = default;
  virtual void risk_detection(const RiskDetection& detection) = 0;
};

/// Closed alerts whose detections a verdict can still reach: the rest has made room, the longest untouched first.
constexpr std::size_t kClosedDetectionsMax = 50'000;
/// As long as Entra keeps its own.
constexpr Duration kDetectionKept = std::chrono::days{90};

/// The detections of one tenant. A fold of its calls.
class DetectionBook : public StatePart {
 public:
  DetectionBook();
  ~DetectionBook() override;

  /// A revision of an alert on `alerts`: written where the entity carries risk and the severity is low or higher. A finding that came
  /// since the last revision puts the detection at risk again. `real_time`: the finding was made at first reading of its sign-in.
  void on_alert(const Alert& alert, bool real_time, DetectionSink& out);
  /// A verdict, or a report of Entra's, changed what counts. Unknown ids and states that hold already write nothing.
  void on_state(std::string_view alert_id, RiskState state, RiskDetail detail, Time journal_time, DetectionSink& out);
  /// Forgets closed detections that are old; at most `limit`. Returns how many.
  Time next_due() const;
  std::size_t advance(Time journal_time, std::size_t limit);
  /// Closed detections that made room since the start of this process.
  std::uint64_t evictions() const;

  void save(RowSink& sink, bool all) const override;
  void saved() override;
  bool load(std::string_view key, std::string_view bytes) override;
  std::size_t bytes() const override;
  std::size_t rows() const override;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace bartizan
