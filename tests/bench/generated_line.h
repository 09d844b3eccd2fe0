#pragma once
// A generated tenant through the whole line, in process: what evaluation and the end-to-end driver share.

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/detect/rule_set.h"
#include "engine/pipeline/replay.h"

namespace bartizan::bench {

/// "rule.parameter=value".
struct Override {
  std::string rule, parameter;
  double value = 0;
};

/// The built-in pack with changed parameters. Under the pack's own hash: measurements only.
class MeasuredRules : public RuleSetStore {
 public:
  /// Error `invalid`: the pack does not load, or an override names no parameter.
  static Result<std::shared_ptr<MeasuredRules>> make(const std::vector<Override>& overrides);
  std::shared_ptr<const RuleSet> find(std::string_view bundle_hash) const override;
  BundleActivation activation() const;
  const RuleSet& rules() const { return *rules_; }

 private:
  std::shared_ptr<RuleSet> rules_;
};

/// Gives records of one generated file to a replay line, with the padding that the decoder asks for.
class RecordFeeder {
 public:
  explicit RecordFeeder(ReplayLine& line) : line_(line) { position_.source.input = "generated", position_.source.file = "generated.ndjson"; }
  /// One record; a trailing newline is left out.
  Status feed(std::string& record);

 private:
  ReplayLine& line_;
  SourcePosition position_;
};

}  // namespace bartizan::bench
